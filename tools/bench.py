"""Hawknest beside Postfix + Dovecot and Postfix alone on this machine, in the same run: ./dev bench [--quick] [--write].

Runs are interleaved, so that a noisy minute hits everybody, and medians are taken. A letter counts when it can be read in
its mailbox: Hawknest says 250 only then; Postfix + Dovecot are asked over IMAP, Postfix's own delivery is looked for in the
maildir. The load tools are those of ../shared/bench, or of $HAWKNEST_BENCH. Postfix and Dovecot need root and Debian's packages
(python tools/peers.py install); without them Hawknest is measured alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import benchpeers

ROOT = Path(__file__).parents[1]
BENCH = Path(os.environ.get("HAWKNEST_BENCH", ROOT.parent / "shared" / "bench"))
TABLE = ROOT / "docs" / "bench.md"
FULL = [
    (size, sessions, one)
    for size in (1024, 10240, 102400, 1048576)
    for sessions in (1, 10, 50)
    for one in (0, 1)
]
QUICK = [(10240, 10, 0), (10240, 50, 0), (10240, 10, 1)]


def tool(name: str, *words: str, timeout: float = 300) -> str:
    """Run one of the load tools and give what it printed."""
    command = [sys.executable, str(BENCH / name), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False).stdout


def smtp(
    peers: Iterable[Any], settings: list[tuple[int, int, int]], runs: int, seconds: float
) -> list[dict[str, Any]]:
    """Measure letters in, each setting at each peer in turn."""
    rows: list[dict[str, Any]] = []
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        for run in range(runs):
            for size, sessions, one in settings:
                for peer in peers:
                    peer.wipe()
                    words = [
                        "--label",
                        peer.name,
                        "--json",
                        file.name,
                        "--port",
                        str(peer.smtp),
                        "--size",
                        str(size),
                    ]
                    words += ["--sessions", str(sessions), "--per-conn", str(one), "--seconds", str(seconds)]
                    words += [
                        "--rcpt",
                        "user%d@bench.local",
                        "--users",
                        str(benchpeers.USERS),
                        "--server",
                        peer.target,
                    ]
                    print(f"run {run + 1}: {tool('smtpload.py', *words, *peer.wait).strip()}", flush=True)
                    peer.stop()
        rows += [json.loads(line) for line in file]
    return rows


def smtp_table(rows: list[dict[str, Any]], names: list[str]) -> str:
    """Medians as a Markdown table, with the ratios of letters per second to each peer."""
    found: dict[tuple[int, int, int], dict[str, tuple[float, float, float]]] = {}
    for key in sorted({(r["size"], r["sessions"], r["per_conn"]) for r in rows}):
        for name in names:
            mine = [
                r for r in rows if (r["size"], r["sessions"], r["per_conn"]) == key and r["label"] == name
            ]
            if mine:
                rate = statistics.median(r.get("deliver_rate") or r["accept_rate"] for r in mine)
                cpu = statistics.median(r["cpu_per_1000"] for r in mine)
                memory = statistics.median(r["peak_pss_mb"] for r in mine)
                found.setdefault(key, {})[name] = rate, cpu, memory
    others = names[1:]
    lines = [
        "| letter, sessions, mode | "
        + " | ".join(names)
        + " | "
        + " | ".join(f"x {name}" for name in others)
        + " |",
        "|" + "---|" * (1 + len(names) + len(others)),
    ]
    for (size, sessions, one), by_name in found.items():
        mode = "one a connection" if one else "many"
        cells = [
            f"{r:,.0f}/s, {c:.2f} s, {m:.0f} MB" for r, c, m in (by_name.get(n, (0, 0, 0)) for n in names)
        ]
        mine = by_name[names[0]][0]
        ratios = [
            f"**{mine / by_name[n][0]:.1f}**" if n in by_name and by_name[n][0] else "-" for n in others
        ]
        lines.append(f"| {size // 1024} KB, {sessions}, {mode} | " + " | ".join(cells + ratios) + " |")
    return "\n".join(lines)


def pop3(peers: Iterable[Any], letters: int = 1000) -> str:
    """Measure RETR of a full mailbox, one by one and pipelined."""
    lines = ["| POP3 RETR of 1,000 letters of 10 KB | one by one | pipelined |", "|---|---|---|"]
    for peer in [p for p in peers if p.pop3]:
        peer.wipe()
        words = ["--port", str(peer.smtp), "--size", "10240", "--sessions", "10", "--messages", str(letters)]
        tool(
            "smtpload.py",
            *words,
            "--seconds",
            "60",
            "--rcpt",
            "user0@bench.local",
            "--users",
            "1",
            *peer.wait,
        )
        words = ["--port", str(peer.pop3), "--user", "user0@bench.local", "--pass", "x", "--runs", "5"]
        said = [tool("popload.py", *words), tool("popload.py", *words, "--pipeline")]
        print(said, flush=True)
        lines.append(
            f"| {peer.name} | "
            + " | ".join(text.strip().splitlines()[-1] if text.strip() else "-" for text in said)
            + " |"
        )
        peer.stop()
    return "\n".join(lines)


def big(peers: Iterable[Any], megabytes: int) -> str:
    """Measure one huge letter in and out."""
    lines = [f"| {megabytes} MB in and out | |", "|---|---|"]
    for peer in [p for p in peers if p.pop3]:
        peer.wipe()
        words = [
            "--smtp-port",
            str(peer.smtp),
            "--rcpt",
            "user0@bench.local",
            "--mb",
            str(megabytes),
            "--pop-port",
            str(peer.pop3),
        ]
        said = tool(
            "bigmsg.py",
            *words,
            "--user",
            "user0@bench.local",
            "--pass",
            "x",
            "--server",
            peer.target,
            timeout=600,
        )
        print(said, flush=True)
        lines.append(f"| {peer.name} | {'; '.join(said.strip().splitlines())} |")
        peer.stop()
    return "\n".join(lines)


def relay(peers: Iterable[Any], letters: int = 4000) -> str:
    """Measure letters into Hawknest by SMTP and out again to a sink, until the sink has the last one."""
    lines = [f"| {letters:,} letters of 10 KB relayed, 10 sessions | letters/s in and out |", "|---|---|"]
    for peer in [p for p in peers if p.name == "hawknest"]:
        peer.wipe()
        sink = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "smtpsink.py"), str(benchpeers.SINK)],
            stdout=subprocess.PIPE,
        )
        assert sink.stdout is not None
        sink.stdout.readline()
        began = time.perf_counter()
        words = [
            "--port",
            str(peer.smtp),
            "--size",
            "10240",
            "--sessions",
            "10",
            "--messages",
            str(letters),
            "--seconds",
            "60",
        ]
        print(
            tool(
                "smtpload.py", *words, "--rcpt", "user%d@out.local", "--users", "100", "--server", peer.target
            ).strip(),
            flush=True,
        )
        count = 0
        while count < letters and time.perf_counter() - began < 120:
            count = int(sink.stdout.readline())
        rate = count / (time.perf_counter() - began)
        lines.append(f"| {peer.name} | {rate:,.0f} |")
        print(lines[-1], flush=True)
        sink.kill()
        sink.wait()
        peer.stop()
    return "\n".join(lines)


def start_up(hawknest: benchpeers.Hawknest) -> str:
    """Measure the cold start until the port answers."""
    times = []
    hawknest.wipe()
    for _ in range(5):
        hawknest.stop()
        began = time.perf_counter()
        hawknest.start()
        times.append(time.perf_counter() - began)
    hawknest.stop()
    return f"Cold start until the SMTP port answers: {statistics.median(times):.2f} s (median of 5)."


def main() -> int:
    """Measure, print, and with --write keep the table for the README."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="10 KB letters and three settings only")
    parser.add_argument("--runs", type=int, default=3, help="runs of each setting (medians are taken)")
    parser.add_argument("--seconds", type=float, default=2.5, help="seconds of load in a run")
    parser.add_argument("--workers", type=int, default=1, help="worker processes of Hawknest")
    parser.add_argument("--big", type=int, default=1024, help="MB of the huge letter; 0: leave it out")
    parser.add_argument("--write", action="store_true", help=f"write the table to {TABLE.relative_to(ROOT)}")
    a = parser.parse_args()
    if not (BENCH / "smtpload.py").exists():
        sys.exit(f"the load tools are not in {BENCH}; set HAWKNEST_BENCH to where they are")
    with tempfile.TemporaryDirectory(prefix="hawknest-bench-", dir=os.environ.get("TMPDIR", "/tmp")) as name:
        directory = Path(name)
        directory.chmod(0o755)
        mine = benchpeers.Hawknest(directory, workers=a.workers)
        peers: list[Any] = [mine]
        if missing := benchpeers.available():
            print(f"the peers are left out; missing: {', '.join(missing)}")
        else:
            peers += [benchpeers.PostfixDovecot(directory, BENCH), benchpeers.PostfixMaildir(directory)]
        try:
            rows = smtp(peers, QUICK if a.quick else FULL, a.runs, a.seconds)
            parts = [
                smtp_table(rows, [peer.name for peer in peers]),
                pop3(peers),
                relay(peers),
                start_up(mine),
            ]
            if a.big:
                parts.insert(3, big(peers, a.big))
        finally:
            for peer in peers:
                peer.stop()
    text = "\n\n".join(parts)
    print("\n" + text)
    if a.write:
        head = f"# Measured\n\n{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, all servers and the load on the same machine, durable on all sides.\n"
        note = "Letters per second until they can be read, CPU seconds of all server processes per 1,000 letters, peak memory (PSS).\n"
        TABLE.write_text(f"{head}{note}\n{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
