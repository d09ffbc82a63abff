"""Hawknest's IMAP beside Dovecot's on this machine, in the same run: ./dev bench imap [--quick] [--write].

One mailbox of 10,000 and one of 100,000 letters, the same in every server. Runs are interleaved, so that a noisy minute hits
everybody, and medians are taken. Cold: just started, with nothing derived from the letters (Dovecot) and none of its files in
memory (everybody). Dovecot runs with its own defaults: it syncs what APPEND brings, but not what STORE changes, so STORE is
measured on a Dovecot that does, too. Every figure is a row of a file (--rows), so that a long measurement can be made in
parts. The load tools are those of ../shared/bench, or of $HAWKNEST_BENCH; Dovecot needs root and Debian's packages.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BENCH = Path(os.environ.get("HAWKNEST_BENCH", ROOT.parent / "shared" / "bench"))
if not (BENCH / "imapload.py").exists():
    sys.exit(f"the load tools are not in {BENCH}; set HAWKNEST_BENCH to where they are")
sys.path.append(str(BENCH))

import imapcli  # noqa: E402 (one of the load tools)
import msggen  # noqa: E402
import procstat  # noqa: E402

import benchpeers  # noqa: E402 (stands beside this file)
import benchtables  # noqa: E402
import imappeers  # noqa: E402
from imappeers import PASSWORD, USER  # noqa: E402

Row = dict[str, Any]
Keep = Callable[..., None]

WARM = "login,select,flags,env,hdr,body,subject,searchbody,searchtext,searchabsent,unseen,store1,storeall"
#: What imapload.py has no word for.
COMMANDS = {
    "searchcommon": f"SEARCH BODY {msggen.NEEDLE_COMMON}",
    "searchinside": f"SEARCH BODY {msggen.NEEDLE_RARE[3:-3]}",
    "sort": "SORT (REVERSE DATE) UTF-8 ALL",
    "sortsubject": "SORT (SUBJECT) UTF-8 ALL",
    "thread": "THREAD REFERENCES UTF-8 ALL",
}
#: What each row of the table is called, in its order.
LABELS = {
    "login": "connect, LOGIN, LOGOUT",
    "select": "SELECT",
    "selectcold": "SELECT, cold",
    "flags": "FETCH 1:* (FLAGS UID)",
    "env": "FETCH 1:* (ENVELOPE BODYSTRUCTURE)",
    "envcold": "SELECT and FETCH 1:* (ENVELOPE BODYSTRUCTURE), cold",
    "hdr": "FETCH 1:* BODY.PEEK[HEADER.FIELDS (…)]",
    "body_rate": "FETCH 1:* BODY.PEEK[]",
    "bodycold_rate": "FETCH 1:* BODY.PEEK[], cold",
    "subject": "SEARCH SUBJECT word",
    "searchbody": "SEARCH BODY word, in 1 of 1,000",
    "searchcommon": "SEARCH BODY word, in most",
    "searchinside": "SEARCH BODY part of a word",
    "searchabsent": "SEARCH BODY word, in none",
    "searchtext": "SEARCH TEXT word",
    "unseen": "SEARCH UNSEEN",
    "sort": "SORT (REVERSE DATE)",
    "sortsubject": "SORT (SUBJECT)",
    "thread": "THREAD REFERENCES",
    "store1": "STORE one letter's flag",
    "store1synced": "STORE one letter's flag, synced everywhere",
    "storeall": "STORE 1:* ±FLAGS.SILENT",
    "append1": "APPEND of 10 KB, 1 connection",
    "append10": "APPEND of 10 KB, 10 connections",
    "idle_sent_to_exists_p50": "letter sent until EXISTS in IDLE, median",
    "idle_sent_to_exists_p99": "letter sent until EXISTS in IDLE, p99",
    "memory": "memory of an idle connection",
    "fill": "filling the mailbox by APPEND",
    "settle": "from then until it rests, everything indexed",
}
MAILBOXES = ("append1", "append10", "idle", "memory", "login")  # no matter of the mailbox's size


def load(peer: Any, mailbox: str, ops: str, keep: Keep, *words: object) -> None:
    """Run imapload.py once and keep what it found."""
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        command = [sys.executable, BENCH / "imapload.py", "--port", peer.imap, "--user", USER]
        command += ["--pass", PASSWORD, "--mailbox", mailbox, "--runs", 1, "--ops", ops, "--json", file.name]
        command += ["--server", peer.target, "--label", peer.name, *words]
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=1200, check=False)
        print((done.stdout + done.stderr).rstrip(), flush=True)
        for line in file:
            for name, found in json.loads(line)["results"].items():
                for number, value in enumerate(found.get("v", ())):
                    cpu = found["cpu"][number] if found["cpu"] else None
                    keep(name, value, found["unit"], cpu)


def connection(peer: Any) -> Any:
    return imapcli.IMAP("127.0.0.1", peer.imap, USER, PASSWORD)


def fill(peer: Any, mailbox: str, count: int) -> float:
    """Append letters 0 to count of msggen by one connection, a hundred at a time, and give the seconds it took."""
    client = connection(peer)
    offered = client.cmd("CAPABILITY")[2].upper().split()
    plus = b"+" if b"LITERAL+" in offered else b""
    batch = 100 if b"MULTIAPPEND" in offered else 1
    client.cmd(f"CREATE {mailbox}")
    seconds = 0.0
    for start in range(0, count, batch):
        letters = [msggen.message(number) for number in range(start, min(start + batch, count))]
        began = time.perf_counter()
        tag = client.tag()
        said = bytearray(tag + b" APPEND " + mailbox.encode())
        for number, letter in enumerate(letters, start):
            said += b" (%b) {%d%b}\r\n" % (b"\\Seen" if number % 3 else b"", len(letter), plus)
            if not plus:
                client.s.sendall(said)
                said.clear()
                if not (answer := client.line()).startswith(b"+"):
                    sys.exit(f"{peer.name} does not take a literal: {answer!r}")
            said += letter
        client.s.sendall(said + b"\r\n")
        ok, _, text = client.wait(tag)
        if not ok:
            sys.exit(f"{peer.name}: {text[-300:]!r}")
        seconds += time.perf_counter() - began
    client.logout()
    return seconds


def settle(peer: Any, limit: float = 900.0) -> float:
    """Wait until a server rests, with whatever it does behind its answers (indexing), and give the seconds it took."""
    target = procstat.Target(peer.target)
    began = time.monotonic()
    before, calm = sum(target.cpu()), 0
    while calm < 2 and time.monotonic() < began + limit:
        time.sleep(0.5)
        now = sum(target.cpu())
        calm = calm + 1 if now - before < 0.03 else 0
        before = now
    return max(0.0, time.monotonic() - began - 1.0)


def timed(peer: Any, mailbox: str, keep: Keep) -> None:
    """Measure the searches, sorts and threads that imapload.py does not know, and SELECT of a mailbox that was in use before."""
    client = connection(peer)
    client.cmd(f"SELECT {mailbox}")
    for name, command in COMMANDS.items():
        began = time.perf_counter()
        ok, octets, text = client.cmd(command)
        if not ok:
            print(f"{peer.name}: {command}: {text[-200:]!r}", flush=True)
            continue
        seconds = time.perf_counter() - began
        print(f"{peer.name:<12} {name:<26} {seconds:10.3f} s  {octets} octets", flush=True)
        keep(name, seconds, "s")
    client.logout()


def idle_memory(peer: Any, keep: Keep, count: int) -> None:
    """Measure memory (PSS) of each of many connections that have selected INBOX and wait in IDLE."""

    def wait() -> Any:
        client = connection(peer)
        client.cmd("SELECT INBOX")
        client.send("IDLE")
        while not client.line().startswith(b"+"):
            pass
        return client

    peer.stop()  # memory that earlier work gives back would be counted against it
    peer.start()
    settle(peer)
    target = procstat.Target(peer.target)
    waiting = [wait() for _ in range(20)]  # what is allocated once is not counted
    before = target.pss()
    waiting += [wait() for _ in range(count)]
    kilobytes = (target.pss() - before) * 1000 / count
    print(f"{peer.name:<12} memory of an idle connection {kilobytes:.0f} KB", flush=True)
    keep("memory", kilobytes, "KB")
    for client in waiting:
        client.s.close()


def cold(peer: Any, mailbox: str, ops: str, keep: Keep) -> None:
    """Start a server that has forgotten what it can, and measure."""
    peer.stop()
    peer.chill()
    peer.start()
    if ops == "select":
        load(peer, mailbox, ops, lambda name, *values: keep(name + "cold", *values))
    else:
        load(peer, mailbox, ops, keep, "--cold-cmd", "true")


def measure(peer: Any, count: int, keep: Keep, options: argparse.Namespace) -> None:
    """Measure everything once on one server and one size of mailbox."""
    mailbox = f"M{count}"
    for ops in ("select", "envcold", "bodycold"):
        cold(peer, mailbox, ops, keep)
    settle(peer)
    load(peer, mailbox, WARM, keep, "--seconds", options.seconds)
    timed(peer, mailbox, keep)
    if count == options.sizes[0]:
        load(peer, "INBOX", "append1,append10", keep, "--seconds", options.seconds)
        waits = ["--deliver", peer.deliver, "--rcpt", USER, "--idle-n", options.idle]
        load(peer, "INBOX", "idle", keep, *waits)
        idle_memory(peer, keep, options.connections * peer.crowd)
    peer.stop()
    if isinstance(peer, imappeers.Dovecot):
        peer.start("mail_fsync = always")
    else:
        peer.start()
    synced = ["--seconds", options.seconds]
    load(peer, mailbox, "store1", lambda name, *values: keep(name + "synced", *values), *synced)
    peer.stop()


def shown(value: float, unit: str) -> str:
    """A figure with its unit, as a person reads it."""
    match unit:
        case "s" if value < 1:
            return f"{value * 1000:,.1f} ms" if value < 0.01 else f"{value * 1000:,.0f} ms"
        case "s":
            return f"{value:,.2f} s"
        case "/s" | "MB/s" | "KB":
            return f"{value:,.0f}{'' if unit == '/s' else ' '}{unit}"
        case _:
            return f"{value:,.1f} {unit.removesuffix(' each')}"


def table(rows: list[Row], count: int | None) -> str:
    """Draw the rows of one size of mailbox (None: what has to do with none): how much better than each peer is bold."""
    chosen = [row for row in rows if row["count"] == count]
    names = [*dict.fromkeys(row["peer"] for row in chosen)]
    others = [name for name in names if name != benchtables.OURS and benchtables.OURS in names]
    title = f"{count:,} letters" if count else "whatever the mailbox holds"
    lines = [[title, *names, *(f"x {name}" for name in others)], ["---"] * (1 + len(names) + len(others))]
    for op, label in LABELS.items():
        found = {name: [r for r in chosen if r["peer"] == name and r["op"] == op] for name in names}
        if not any(found.values()):
            continue
        unit = next(one[0]["unit"] for one in found.values() if one)
        medians = {name: statistics.median(r["value"] for r in one) for name, one in found.items() if one}
        cells = [shown(medians[name], unit) if name in medians else "-" for name in names]
        compared = medians if op != "settle" else {}
        lines.append([label, *cells, *ratios(compared, others, rate=unit.endswith("/s"))])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ratios(medians: dict[str, float], others: Iterable[str], *, rate: bool) -> list[str]:
    """How many times better Hawknest is than each of the others: above 1 is faster, or less."""
    ours = medians.get(benchtables.OURS)
    found: list[str] = []
    for name in others:
        if not ours or not medians.get(name):
            found.append("-")
            continue
        better = ours / medians[name] if rate else medians[name] / ours
        found.append(f"**{better:,.0f}**" if better >= 20 else f"**{better:.2g}**")
    return found


def page(rows: list[Row]) -> str:
    """All tables for which there are rows."""
    counts = sorted({row["count"] for row in rows if row["count"]})
    kinds = [*counts, *([None] if any(row["count"] is None for row in rows) else [])]
    return "\n\n".join(table(rows, count) for count in kinds)


def main() -> int:
    """Measure, print, and with --write keep the tables in docs/bench.md."""
    parser = argparse.ArgumentParser(
        prog="./dev bench imap", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="10,000 letters, one run, Dovecot with mdbox only"
    )
    parser.add_argument(
        "--sizes", nargs="*", type=int, default=[10_000, 100_000], help="letters in the mailbox"
    )
    parser.add_argument("--peers", nargs="*", help="only these: hawknest dovecot-mdbox dovecot-maildir")
    parser.add_argument("--runs", type=int, default=3, help="runs of everything (medians are taken)")
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds of STORE and of APPEND in a run")
    parser.add_argument("--idle", type=int, default=40, help="letters sent to a client in IDLE in a run")
    parser.add_argument(
        "--connections",
        type=int,
        default=200,
        help="idle connections whose memory is looked at (of Hawknest five times as many)",
    )
    parser.add_argument("--workers", type=int, default=1, help="worker processes of Hawknest")
    parser.add_argument("--rows", type=Path, help="the file that rows are added to, and tables drawn from")
    parser.add_argument("--draw", action="store_true", help="only draw what the file of rows holds")
    parser.add_argument("--write", action="store_true", help="write the tables to docs/bench.md")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.runs = [10_000], 1
        options.peers = options.peers or ["hawknest", "dovecot-mdbox"]
    with tempfile.TemporaryDirectory(prefix="hawknest-bench-", dir=os.environ.get("TMPDIR", "/tmp")) as name:
        directory = Path(name)
        directory.chmod(0o755)
        rows = options.rows or directory / "rows.jsonl"
        if not options.draw:
            run(directory, rows, options)
        found = [json.loads(line) for line in rows.read_text().splitlines()] if rows.exists() else []
    print("\n" + page(found))
    if options.write:
        benchtables.write_imap(ROOT, page(found))
    return 0


def run(directory: Path, rows: Path, options: argparse.Namespace) -> None:
    """Fill the mailboxes of every server, and measure each in turn."""
    peers: list[Any] = [imappeers.Hawknest(directory, workers=options.workers)]
    if missing := benchpeers.available():
        print(f"Dovecot is left out; missing: {', '.join(missing)}")
    else:
        peers += [imappeers.Dovecot(directory, BENCH, kind) for kind in ("mdbox", "maildir")]
    peers = [peer for peer in peers if not options.peers or peer.name in options.peers]

    def keeping(peer: Any, count: int) -> Keep:
        def keep(op: str, value: float, unit: str, cpu: float | None = None) -> None:
            size = None if op.startswith(MAILBOXES) else count
            row = {"peer": peer.name, "count": size, "op": op, "value": value, "unit": unit, "cpu": cpu}
            with rows.open("a") as file:
                file.write(json.dumps(row) + "\n")

        return keep

    try:
        for peer in peers:
            peer.start()
            for count in options.sizes:
                seconds = fill(peer, f"M{count}", count)
                print(f"{peer.name:<12} {count:,} letters appended in {seconds:.1f} s", flush=True)
                keeping(peer, count)("fill", count / seconds, "/s")
                seconds = settle(peer)
                print(f"{peer.name:<12} rests {seconds:.1f} s later", flush=True)
                keeping(peer, count)("settle", seconds, "s")
            peer.stop()
        for number in range(options.runs):
            for count in options.sizes:
                print(f"run {number + 1} of {options.runs}: {count:,} letters", flush=True)
                for peer in peers:
                    measure(peer, count, keeping(peer, count), options)
    finally:
        for peer in peers:
            peer.stop()


if __name__ == "__main__":
    sys.exit(main())
