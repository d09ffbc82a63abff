"""Hawknest beside Postfix + Dovecot and Postfix alone on this machine, in the same run: ./dev bench [--quick] [--write].

Runs are interleaved, so that a noisy minute hits everybody, and medians are taken. A letter counts when it can be read in
its mailbox: Hawknest says 250 only then; Postfix + Dovecot are asked over IMAP, Postfix's own delivery is looked for in the
maildir. Everything that was measured is a row of a file (--rows), so that a long measurement can be made in parts and the
tables be drawn from all of it. The load tools are those of ../shared/bench, or of $HAWKNEST_BENCH. Postfix and Dovecot need
root and Debian's packages (python tools/peers.py install); without them Hawknest is measured alone.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import benchpeers
import benchtables

ROOT = Path(__file__).parents[1]
BENCH = Path(os.environ.get("HAWKNEST_BENCH", ROOT.parent / "shared" / "bench"))
FULL = [(size, sessions, one) for size in (1, 10, 100, 1024) for sessions in (1, 10, 50) for one in (0, 1)]
QUICK = [(10, 10, 0), (10, 50, 0), (10, 10, 1)]
PARTS = ("smtp", "pop3", "relay", "big", "start")

Row = dict[str, Any]
Keep = Callable[[Row], None]


def tool(name: str, *words: object, timeout: float = 600) -> str:
    """Run one of the load tools and give what it printed."""
    command = [sys.executable, str(BENCH / name), *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=False
    ).stdout.strip()


def smtp(peer: Any, setting: tuple[int, int, int], seconds: float, keep: Keep) -> None:
    """Measure letters in until they can be read; a setting is KB, sessions, and whether each letter has its own connection."""
    size, sessions, one = setting
    peer.wipe()
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        words = ["--json", file.name, "--port", peer.smtp, "--size", size * 1024, "--sessions", sessions]
        words += ["--per-conn", one, "--seconds", seconds, "--rcpt", "user%d@bench.local"]
        words += ["--users", benchpeers.USERS, "--server", peer.target, "--label", peer.name]
        print(tool("smtpload.py", *words, *peer.wait), flush=True)
        for line in file:
            found = json.loads(line)
            keep(
                {
                    "size": size,
                    "sessions": sessions,
                    "one": one,
                    "rate": found.get("deliver_rate") or found["accept_rate"],
                    "cpu": found["cpu_per_1000"],
                    "memory": found["peak_pss_mb"],
                    "idle": found["idle_pss_mb"],
                }
            )
    peer.stop()


def pop3(peer: Any, keep: Keep, letters: int = 1000) -> None:
    """Measure RETR of a full mailbox, one by one and pipelined."""
    if not peer.pop3:
        return
    peer.wipe()
    words = ["--port", peer.smtp, "--size", 10240, "--sessions", 10, "--messages", letters, "--seconds", 60]
    tool("smtpload.py", *words, "--rcpt", "user0@bench.local", "--users", 1, *peer.wait)
    words = ["--port", peer.pop3, "--user", "user0@bench.local", "--pass", "x", "--runs", 5]
    for way, extra in (("one by one", ()), ("pipelined", ("--pipeline",))):
        said = tool("popload.py", *words, *extra)
        print(f"{peer.name}: {said}", flush=True)
        if found := re.search(r"= (\d+) msg/s", said):
            keep({"way": way, "rate": int(found[1])})
    peer.stop()


def big(peer: Any, keep: Keep, megabytes: int) -> None:
    """Measure one huge letter in, until it can be read, and out."""
    if not peer.pop3:
        return
    peer.wipe()
    words = ["--smtp-port", peer.smtp, "--rcpt", "user0@bench.local", "--mb", megabytes]
    words += ["--pop-port", peer.pop3, "--user", "user0@bench.local", "--pass", "x", "--server", peer.target]
    said = tool("bigmsg.py", *words, *(["--imap-port", peer.imap] if peer.imap else []))
    print(f"{peer.name}: {said}", flush=True)
    pattern = r"(SMTP in|POP3)[^:]*: [\d.]+ MB in ([\d.]+) s .*?CPU ([\d.]+) s.*?peak (\d+) MB"
    for way, seconds, cpu, memory in re.findall(pattern, said):
        row = {"way": "in" if way == "SMTP in" else "out", "mb": megabytes, "seconds": float(seconds)}
        keep({**row, "cpu": float(cpu), "memory": int(memory)})
    peer.stop()


def relay(peer: Any, keep: Keep, letters: int = 4000) -> None:
    """Measure letters in by SMTP and out again to a sink, until the sink has the last one."""
    if not peer.relays:
        return
    peer.wipe()
    command = [sys.executable, str(ROOT / "tests" / "smtpsink.py"), str(benchpeers.SINK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sink:
        assert sink.stdout is not None
        sink.stdout.readline()
        began = time.perf_counter()
        words = ["--port", peer.smtp, "--size", 10240, "--sessions", 10, "--messages", letters]
        tool("smtpload.py", *words, "--seconds", 60, "--rcpt", "user%d@out.local", "--users", 100)
        count = 0
        while count < letters and time.perf_counter() - began < 120:
            count = int(sink.stdout.readline())
        rate = count / (time.perf_counter() - began)
        sink.kill()
    print(f"{peer.name}: {count} letters in and out, {rate:.0f}/s", flush=True)
    keep({"rate": rate})
    peer.stop()


def start_up(peer: Any, keep: Keep) -> None:
    """Measure the cold start until the port answers."""
    if peer.name != "hawknest":
        return
    peer.wipe()
    for _ in range(5):
        peer.stop()
        began = time.perf_counter()
        peer.start()
        keep({"seconds": time.perf_counter() - began})
    peer.stop()


def measure(peers: Sequence[Any], options: argparse.Namespace, rows: Path) -> None:
    """Measure all that is asked for, peer by peer in turn, and add it to the file of rows."""

    def keeping(part: str, peer: Any) -> Keep:
        def keep(row: Row) -> None:
            with rows.open("a") as file:
                file.write(json.dumps({"part": part, "peer": peer.name, **row}) + "\n")

        return keep

    settings = QUICK if options.quick else [s for s in FULL if not options.sizes or s[0] in options.sizes]
    for run in range(options.runs):
        for setting in settings if "smtp" in options.parts else ():
            print(f"run {run + 1} of {options.runs}: {setting[0]} KB, {setting[1]} sessions", flush=True)
            for peer in peers:
                smtp(peer, setting, options.seconds, keeping("smtp", peer))
        for peer in peers:
            if "pop3" in options.parts:
                pop3(peer, keeping("pop3", peer))
            if "relay" in options.parts:
                relay(peer, keeping("relay", peer))
            if "big" in options.parts and options.big:
                big(peer, keeping("big", peer), options.big)
            if "start" in options.parts:
                start_up(peer, keeping("start", peer))


def main() -> int:
    """Measure, print, and with --write keep the tables for the README and docs/bench.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="10 KB letters and three settings only")
    parser.add_argument(
        "--parts", nargs="*", default=PARTS, choices=PARTS, help="what is measured; nothing named: only draw"
    )
    parser.add_argument("--sizes", nargs="*", type=int, help="KB of the letters: of 1, 10, 100, 1024")
    parser.add_argument("--runs", type=int, default=3, help="runs of each setting (medians are taken)")
    parser.add_argument("--seconds", type=float, default=2.5, help="seconds of load in a run")
    parser.add_argument("--workers", type=int, default=1, help="worker processes of Hawknest")
    parser.add_argument("--big", type=int, default=1024, help="MB of the huge letter; 0: leave it out")
    parser.add_argument("--rows", type=Path, help="the file that rows are added to, and tables drawn from")
    parser.add_argument(
        "--write", action="store_true", help="write the tables to docs/bench.md and README.md"
    )
    options = parser.parse_args()
    if not (BENCH / "smtpload.py").exists():
        sys.exit(f"the load tools are not in {BENCH}; set HAWKNEST_BENCH to where they are")
    with tempfile.TemporaryDirectory(prefix="hawknest-bench-", dir=os.environ.get("TMPDIR", "/tmp")) as name:
        directory = Path(name)
        directory.chmod(0o755)
        rows = options.rows or directory / "rows.jsonl"
        peers: list[Any] = [benchpeers.Hawknest(directory, workers=options.workers)]
        if missing := benchpeers.available():
            print(f"the peers are left out; missing: {', '.join(missing)}")
        else:
            peers += [benchpeers.PostfixDovecot(directory, BENCH), benchpeers.PostfixMaildir(directory)]
        try:
            measure(peers, options, rows)
        finally:
            for peer in peers:
                peer.stop()
        found = [json.loads(line) for line in rows.read_text().splitlines()] if rows.exists() else []
    print("\n" + benchtables.page(found))
    if options.write:
        benchtables.write(ROOT, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
