"""What commands print: tables for people, JSON for programs. No stored text can move the cursor of a terminal."""

import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from hawknest.cli.words import tell
from hawknest.log.lines import printable

Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON for programs.")]


def show(value: Any, as_json: bool, words: Callable[[], str]) -> None:
    """Print a value, as JSON or in words."""
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())
    elif text := words():
        print(text)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> str:
    """Set rows in columns, or say that there are none."""
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    if not cells:
        return empty
    lines = [list(heads), *cells]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def when(at: float | None) -> str:
    """A time of the clock on the wall here."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) if at else "-"


def octets(size: int) -> str:
    """A size as people read it."""
    number = float(size)
    for unit in ("octets", "KB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "octets" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def span(seconds: float) -> str:
    """A length of time as people read it."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return tell(f"span-{unit}", count=round(seconds / length))
    return tell("span-seconds", count=round(max(seconds, 0)))


def _width(text: str) -> int:
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text
    )
