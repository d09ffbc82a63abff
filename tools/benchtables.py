"""The rows that the benchmark measured, as the tables of docs/bench.md and of the README: medians, and ratios to each peer."""

import os
import re
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
OURS = "hawknest"
PEERS = (OURS, "postfix+dovecot-lmtp", "postfix-virtual")
_IN_README = re.compile(r"(?<=<!-- bench -->\n).*?(?=<!-- /bench -->)", re.DOTALL)


def median(rows: Iterable[Row], field: str) -> float:
    """The median of a field; 0 where nothing was measured."""
    values = [row[field] for row in rows]
    return statistics.median(values) if values else 0.0


def table(
    title: str,
    lines: Sequence[tuple[str, Callable[[Row], bool]]],
    cell: Callable[[list[Row]], str],
    rows: list[Row],
) -> str:
    """Draw a table: a line for each label and which rows it is about, a column for each peer that was measured."""
    names = [name for name in PEERS if any(row["peer"] == name for row in rows)]
    others = [name for name in names if name != OURS and "rate" in rows[0]]
    drawn = [[title, *names, *(f"x {name}" for name in others)], ["---"] * (1 + len(names) + len(others))]
    for label, chosen in lines:
        by_name = {name: [r for r in rows if r["peer"] == name and chosen(r)] for name in names}
        ours = median(by_name.get(OURS, []), "rate") if others else 0.0
        theirs = [median(by_name[name], "rate") for name in others]
        ratios = [f"**{ours / rate:.1f}**" if rate else "-" for rate in theirs]
        drawn.append([label, *(cell(found) if found else "-" for found in by_name.values()), *ratios])
    return "\n".join(f"| {' | '.join(line)} |" for line in drawn)


def smtp_table(rows: list[Row]) -> str:
    """Letters in."""
    settings = sorted({(r["size"], r["sessions"], r["one"]) for r in rows})
    lines = [
        (
            f"{size // 1024} MB" * (size >= 1024)
            + f"{size} KB" * (size < 1024)
            + f", {sessions}, {'one a connection' if one else 'many'}",
            lambda r, key=(size, sessions, one): (r["size"], r["sessions"], r["one"]) == key,
        )
        for size, sessions, one in settings
    ]

    def cell(found: list[Row]) -> str:
        memory = f"{median(found, 'idle'):.0f}-{median(found, 'memory'):.0f} MB"
        return f"{median(found, 'rate'):,.0f}/s, {median(found, 'cpu'):.2f} s, {memory}"

    return table("letter, sessions, mode", lines, cell, rows)


def page(rows: list[Row]) -> str:
    """All tables for which there are rows."""
    by_part: dict[str, list[Row]] = {}
    for row in rows:
        by_part.setdefault(row["part"], []).append(row)
    parts: list[str] = []
    if found := by_part.get("smtp"):
        parts.append(smtp_table(found))
    if found := by_part.get("pop3"):
        ways = [(way, lambda r, way=way: r["way"] == way) for way in ("one by one", "pipelined")]
        parts.append(
            table("POP3 RETR of 1,000 letters of 10 KB", ways, lambda f: f"{median(f, 'rate'):,.0f}/s", found)
        )
    if found := by_part.get("relay"):
        line = [("4,000 letters, 10 sessions", lambda _: True)]
        parts.append(
            table(
                "10 KB in by SMTP and out to another server",
                line,
                lambda f: f"{median(f, 'rate'):,.0f}/s",
                found,
            )
        )
    if found := by_part.get("big"):
        ways = [
            ("in, until readable", lambda r: r["way"] == "in"),
            ("out by POP3", lambda r: r["way"] == "out"),
        ]
        parts.append(
            table(
                f"one letter of {found[0]['mb']:,} MB",
                ways,
                lambda f: (
                    f"{median(f, 'seconds'):.1f} s, {median(f, 'cpu'):.1f} s of CPU, {max(r['memory'] for r in f)} MB"
                ),
                found,
            )
        )
    if found := by_part.get("start"):
        parts.append(f"Cold start until the SMTP port answers: {median(found, 'seconds'):.2f} s.")
    return "\n\n".join(parts)


def write(root: Path, rows: list[Row]) -> None:
    """Write docs/bench.md, and the lines for letters of 10 KB into the README."""
    head = (
        f"# Measured\n\n{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, all servers and the load on the same machine, "
        "durable on all sides, medians of interleaved runs, made by\n`./dev bench`. Letters per second until they can be read, "
        "CPU seconds of all server processes per 1,000 letters, memory (PSS) before and at its peak.\n"
        "The machine is shared: read the ratios, not the figures.\n\n"
    )
    measured = root / "docs" / "bench.md"
    _put(measured, f"{head}{page(rows)}\n", _parts(measured)[1])
    mine = [r for r in rows if r["part"] == "smtp" and r["size"] == 10 and r["sessions"] > 1]
    readme = root / "README.md"
    readme.write_text(_IN_README.sub(lambda _: smtp_table(mine) + "\n", readme.read_text()))


def write_imap(root: Path, tables: str) -> None:
    """Write the part about IMAP of docs/bench.md."""
    _write_part(
        root,
        "IMAP",
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, made by `./dev bench imap`: the same letters in "
        "every server, medians of interleaved runs, all with one client\non the same machine. Cold: just started, nothing derived "
        "from the letters (Dovecot), no file in memory (all). Dovecot runs as it comes: it does not sync\nflags, so that row is there "
        f"twice. How many times better Hawknest is stands bold: read these ratios, not the figures.\n\n{tables}\n",
    )


def write_trust(root: Path, tables: str) -> None:
    """Write the part about checks of docs/bench.md."""
    _write_part(
        root,
        "With all checks",
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, made by `./dev bench trust`: letters that a stranger brings, each with a good signature (RSA-2048), "
        "from a host that SPF allows, for a\ndomain that asks DMARC for refusal. Postfix asks policyd-spf and hands to OpenDKIM and OpenDMARC, then to Dovecot by LMTP; "
        "all ask one resolver on the machine. Letters a second until they\ncan be read, and CPU seconds of all server processes (not the resolver's) per 1,000 letters; "
        f"medians of interleaved runs. Read the ratios.\n\n{tables}\n",
    )


def _write_part(root: Path, heading: str, text: str) -> None:
    """Put a part into docs/bench.md, in the place of the one that was there."""
    measured = root / "docs" / "bench.md"
    before, parts = _parts(measured)
    _put(measured, before, parts | {heading: text})


def _parts(measured: Path) -> tuple[str, dict[str, str]]:
    """What stands before the first heading of a part, and the parts by their headings."""
    text = measured.read_text() if measured.exists() else ""
    before, *rest = text.split("\n## ")
    return before, {heading: part.lstrip() for heading, _, part in (one.partition("\n") for one in rest)}


def _put(measured: Path, before: str, parts: dict[str, str]) -> None:
    measured.write_text(
        before.rstrip() + "\n" + "".join(f"\n## {name}\n\n{part.rstrip()}\n" for name, part in parts.items())
    )
