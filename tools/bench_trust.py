"""Letters in with all checks on, beside Postfix with what is put beside it for the same: ./dev bench trust [--quick].

Hawknest looks at SPF, DKIM, DMARC, ARC and the host's name; Postfix has policyd-spf, OpenDKIM and OpenDMARC, and Dovecot behind it.
Both ask one resolver on this machine, which is warm. The load comes from a host that its sender's domain allows, with a good
signature: before anything is measured, one letter is looked at on each side, whether everything was found to be in order.
What a signature costs, made and looked at, is told besides. Root, and Debian's packages (python tools/peers.py install).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bench
import bench_dkim
import benchpeers
import benchtables
import trustpeers

TOOLS = Path(__file__).parent
SETTINGS = [(10, 10, 0), (10, 50, 0), (10, 10, 1), (100, 10, 0)]
QUICK = [(10, 10, 0)]
Row = dict[str, Any]
Setting = tuple[int, int, int]


def load(peer: Any, letter: Path, setting: Setting, seconds: float, messages: int = 0) -> Row:
    """Send signed letters until time is up, and wait until they can be read."""
    size, sessions, one = setting
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        words = [
            bench.BENCH,
            letter,
            trustpeers.HOST,
            "--json",
            file.name,
            "--port",
            peer.smtp,
            "--size",
            size * 1024,
        ]
        words += [
            "--sessions",
            sessions,
            "--per-conn",
            one,
            "--seconds",
            seconds,
            "--rcpt",
            "user%d@bench.local",
        ]
        words += ["--users", 1 if messages else benchpeers.USERS, "--sender", f"sender@{trustpeers.SENDER}"]
        words += [
            "--server",
            peer.target,
            "--label",
            peer.name,
            *peer.wait,
            *(["--messages", messages] if messages else []),
        ]
        command = [sys.executable, str(TOOLS / "signedload.py"), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        print(done.stdout.strip() or done.stderr[-500:], flush=True)
        lines = file.read().splitlines()
    return json.loads(lines[-1]) if lines else {}


def prove(peer: Any, letter: Path) -> None:
    """See that a letter is found in order by all checks. Raises SystemExit."""
    peer.wipe()
    load(peer, letter, (10, 1, 0), 5, messages=1)
    header = trustpeers.delivered(peer).lower()
    wanted = ["spf=pass", "dkim=pass", "dmarc=pass"] if "unchecked" not in peer.name else []
    if missing := [word for word in wanted if word not in header]:
        raise SystemExit(f"{peer.name} did not find {', '.join(missing)}: {header[:1500]}")
    print(
        f"{peer.name}: one letter was looked over: {', '.join(wanted) or 'nothing was to be found'}",
        flush=True,
    )
    peer.stop()


def measure(peers: Sequence[Any], letters: dict[int, Path], options: argparse.Namespace) -> list[Row]:
    """Measure the peers in turn."""
    rows: list[Row] = []
    for run in range(options.runs):
        for setting in QUICK if options.quick else SETTINGS:
            print(f"run {run + 1} of {options.runs}: {setting[0]} KB, {setting[1]} sessions", flush=True)
            for peer in peers:
                peer.wipe()
                load(
                    peer, letters[setting[0]], setting, 1.0, messages=20
                )  # warm: names are known, programs are up
                found = load(peer, letters[setting[0]], setting, options.seconds)
                rate = found.get("deliver_rate") or found["accept_rate"]
                rows.append(
                    {"peer": peer.name, "setting": setting, "rate": rate, "cpu": found["cpu_per_1000"]}
                )
                peer.stop()
    return rows


def table(peers: Sequence[str], rows: list[Row]) -> str:
    """Draw the medians, and how many times better Hawknest is than the last of the peers."""
    lines = [["letter, sessions, mode", *peers, "x letters/s", "x CPU"], ["---"] * (len(peers) + 3)]
    for setting in dict.fromkeys(tuple(row["setting"]) for row in rows):

        def median(name: str, what: str, key: Any = setting) -> float:
            return statistics.median(
                row[what] for row in rows if row["peer"] == name and tuple(row["setting"]) == key
            )

        size, sessions, one = setting
        cells = [f"{median(name, 'rate'):,.0f}/s, {median(name, 'cpu'):.2f} s" for name in peers]
        ratios = [
            median(peers[0], "rate") / median(peers[-1], "rate"),
            median(peers[-1], "cpu") / median(peers[0], "cpu"),
        ]
        label = f"{size} KB, {sessions}, {'one a connection' if one else 'many'}"
        lines.append([label, *cells, *(f"**{ratio:.1f}**" for ratio in ratios)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    """Prove, measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="10 KB letters, ten sessions only")
    parser.add_argument(
        "--prove", action="store_true", help="only see that every side finds its letter in order"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each setting (medians are taken)")
    parser.add_argument("--seconds", type=float, default=2.5, help="seconds of load in a run")
    parser.add_argument("--write", action="store_true", help="write the tables to docs/bench.md")
    options = parser.parse_args()
    if not (bench.BENCH / "smtpload.py").exists():
        sys.exit(f"the load tools are not in {bench.BENCH}; set HAWKNEST_BENCH to where they are")
    if missing := trustpeers.available():
        sys.exit(f"missing: {', '.join(missing)}")
    costs = bench_dkim.table()
    print(costs + "\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="hawknest-trust-", dir=os.environ.get("TMPDIR", "/tmp")) as name:
        directory = Path(name)
        directory.chmod(0o755)
        signer = trustpeers.signer()
        letters = {size: directory / f"{size}.eml" for size in (10, 100)}
        for size, file in letters.items():
            file.write_bytes(trustpeers.letter(size * 1024, signer))
        resolver = trustpeers.Resolver(directory, signer)
        peers: list[Any] = [
            trustpeers.Checking(directory, checks=True),
            trustpeers.Checking(directory, checks=False),
            trustpeers.Milters(directory, bench.BENCH),
        ]
        try:
            resolver.start()
            for peer in peers:
                prove(peer, letters[10])
            rows = [] if options.prove else measure(peers, letters, options)
        finally:
            for peer in peers:
                peer.stop()
            resolver.stop()
    if rows:
        drawn = table([peer.name for peer in peers], rows)
        print("\n" + drawn)
        if options.write:
            benchtables.write_trust(TOOLS.parent, f"{drawn}\n\n{costs}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
