"""`hawknest log …`: the log's lines, found and followed."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from hawknest.accounts import audit
from hawknest.cli.nest import DEFAULT, Data, load, nest
from hawknest.cli.say import Json, show, table, when
from hawknest.cli.trace import trace
from hawknest.cli.words import tell
from hawknest.log import Level
from hawknest.log.lines import printable, short_line
from hawknest.log.reading import Filter, record_of

app = App(name="log", help="The log, and the journey of a letter.", help_format="markdown")
app.command(trace)

POLL: Final = 0.25  # seconds between looks at a growing file


@app.command(name="show")
def look(
    text: str = "",
    *,
    category: Annotated[
        str, Parameter(help="Only this category: smtp, pop3, imap, finger, auth, delivery, system.")
    ] = "",
    level: Annotated[Level, Parameter(help="The least level.")] = Level.DEBUG,
    session: Annotated[str, Parameter(help="Only this session.")] = "",
    letter: Annotated[str, Parameter(help="Only this letter, by its id.")] = "",
    day: Annotated[str, Parameter(help="The day, as 2026-12-31; without it: today.")] = "",
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Show the lines of a day.

    Example: `hawknest log show --category delivery tom@example.org`

    Args:
        text: Only lines that hold this.
    """
    wanted = Filter(category=category, level=level, session=session, letter=letter, text=text)
    path = _file(data, day or time.strftime("%Y-%m-%d"))
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                _print(line, wanted, as_json=json)


@app.command
def tail(
    text: str = "",
    *,
    category: Annotated[
        str, Parameter(help="Only this category: smtp, pop3, imap, finger, auth, delivery, system.")
    ] = "",
    level: Annotated[Level, Parameter(help="The least level.")] = Level.DEBUG,
    session: Annotated[str, Parameter(help="Only this session.")] = "",
    letter: Annotated[str, Parameter(help="Only this letter, by its id.")] = "",
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Follow the log as it grows, until Ctrl-C.

    Example: `hawknest log tail --category auth`

    Args:
        text: Only lines that hold this.
    """
    wanted = Filter(category=category, level=level, session=session, letter=letter, text=text)
    for line in _growing(data):
        _print(line, wanted, as_json=json)


@app.command
def changes(text: str = "", *, count: int = 100, data: Data = DEFAULT, json: Json = False) -> None:
    """Tell who changed what: by the pages, by a program with a token, at the command line; the newest last.

    Example: `hawknest log changes tom@example.org`

    Args:
        text: Only changes by whom, of what or to what holds this.
        count: How many at the most; the newest ones.
    """
    with nest(data) as here:
        found = here.read(lambda c: audit.listing(c, text, count))[::-1]
    rows = [(when(e.at), e.who, e.way, e.action, e.subject, _different(e.detail)) for e in found]
    heads = ("WHEN", "WHO", "BY", "WHAT", "OF", "NOW")
    show(found, json, lambda: table(heads, rows, tell("changes-none")))


def _different(detail: dict[str, Any]) -> str:
    """What is so since a change, in a line."""
    after: dict[str, Any] = detail.get("after", {})
    return ", ".join(f"{name}: {value}" for name, value in after.items())[:100]


def _growing(data: Path) -> Iterator[bytes]:
    """The lines that are written from now on, over midnight too."""
    day, start = time.strftime("%Y-%m-%d"), True
    while True:
        path = _file(data, day)
        if path.exists():
            with path.open("rb") as file:
                if start:
                    file.seek(0, 2)
                partial = b""
                while True:
                    partial += file.readline()
                    if partial.endswith(b"\n"):
                        yield partial
                        partial = b""
                    elif time.strftime("%Y-%m-%d") != day:
                        break
                    else:
                        time.sleep(POLL)
        else:
            time.sleep(POLL)
        day, start = time.strftime("%Y-%m-%d"), False


def _file(data: Path, day: str) -> Path:
    time.strptime(day, "%Y-%m-%d")
    directory = load(data).log().directory
    assert directory is not None
    return directory / f"{day}.log"


def _print(line: bytes, wanted: Filter, *, as_json: bool) -> None:
    text = line.decode("utf-8", "backslashreplace").rstrip("\n")
    record = record_of(line)
    if wanted.wants(record, text):
        print(printable(text) if as_json else short_line(record).rstrip("\n"), flush=True)
