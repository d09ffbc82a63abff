"""Reading the log's files again: the newest lines first, a page at a time, and what is written from now on.

A place in the log is a day and an octet in its file, `2026-12-31.4711`; nothing else names a file, so that nobody can ask for
another one.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec

from hawknest.log.events import Level
from hawknest.log.files import SUFFIX
from hawknest.log.lines import printable, safe

BLOCK: Final = 64 * 1024  # octets that are read at once
EFFORT: Final = 16 * 1024 * 1024  # octets that are looked through for one page
LINE: Final = 64 * 1024  # octets of a line that are looked at
NEWS: Final = 1024 * 1024  # octets of news that are given at once; of more, the last

_LEVELS: Final = [str(level) for level in Level]
_PLACE: Final = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{1,15})", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
#: Where a line names the person whom it is about.
_PERSON: Final = ("login", "name", "user", "account", "person")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which lines are wanted; '' wants all."""

    category: str = ""
    level: Level = Level.DEBUG
    session: str = ""
    letter: str = ""
    person: str = ""  # part of a login name
    address: str = ""  # part of any address, of a person or a machine, that the line names
    text: str = ""

    def wants(self, record: dict[str, Any], line: str) -> bool:
        """Whether a line is wanted."""
        level = str(record.get("level", "info"))
        return (
            (not self.category or record.get("category") == self.category)
            and (level not in _LEVELS or _LEVELS.index(level) >= _LEVELS.index(self.level))
            and (not self.session or record.get("session") == self.session)
            and (not self.letter or record.get("letter") == self.letter)
            and (not self.person or self._names(record))
            and (not self.address or self._addresses(record))
            and (not self.text or self.text.lower() in line.lower())
        )

    def _names(self, record: dict[str, Any]) -> bool:
        wanted = self.person.lower()
        return any(wanted in str(record.get(name, "")).lower() for name in _PERSON)

    def _addresses(self, record: dict[str, Any]) -> bool:
        wanted = self.address.lower()
        return any(
            wanted in value.lower()
            for name, value in record.items()
            if isinstance(value, str) and name not in {"time", "category", "level", "event", "text"}
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, the newest first, and the place before which the older ones are; '' where there are none."""

    lines: list[dict[str, Any]]
    next: str


def record_of(line: bytes) -> dict[str, Any]:
    """Read a line of the file; no secret is in it, whoever wrote it."""
    try:
        found: Any = msgspec.json.decode(line[:LINE] if len(line) > LINE else line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if not isinstance(found, dict):
        return {"event": printable(line[:LINE].decode("utf-8", "backslashreplace").rstrip("\n"))}
    return safe(cast("dict[str, Any]", found))


def page(directory: Path, wanted: Filter, count: int, before: str = "", day: str = "") -> Page:
    """Give the newest lines that are wanted, at most `count` of them, from before a place, or of one day.

    It looks through so much and no more: a page may hold fewer lines than there are, and even none, and still name a next
    place. Raises ValueError where `before` is no place or `day` no day.
    """
    effort = EFFORT
    lines: list[dict[str, Any]] = []
    for name, end in _files(directory, before, day):
        with contextlib.suppress(FileNotFoundError), (directory / f"{name}{SUFFIX}").open("rb") as file:
            for start, line in _backwards(file, end):
                effort -= len(line)
                record = record_of(line)
                if wanted.wants(record, line.decode("utf-8", "replace")):
                    lines.append(record)
                if (len(lines) >= count or effort <= 0) and (start or not day):
                    return Page(lines, f"{name}.{start}")
    return Page(lines, "")


def every(directory: Path, wanted: Filter, day: str) -> Iterator[bytes]:
    """Give the lines of a day that are wanted, the oldest first, as they stand in the file. Raises ValueError."""
    if not _DAY.fullmatch(day):
        raise ValueError(f"{day[:20]} is not a day such as 2026-12-31")
    with contextlib.suppress(FileNotFoundError), (directory / f"{day}{SUFFIX}").open("rb") as file:
        for line in file:
            record = record_of(line)
            if wanted.wants(record, line.decode("utf-8", "replace")):
                yield msgspec.json.encode(record) + b"\n"


def days(directory: Path) -> list[str]:
    """Name the days that there are lines of, the newest first."""
    found = (path.stem for path in directory.glob("????-??-??" + SUFFIX))
    return sorted((day for day in found if _DAY.fullmatch(day)), reverse=True)


class Growth:
    """What is written into the log from now on, by whichever process."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self._directory = directory
        self._clock = clock
        self._day = self._today()
        self._at = self._size(self._day)
        self._rest = b""  # the beginning of a line that is being written

    def news(self) -> list[dict[str, Any]]:
        """Give the lines that were written since the last time."""
        found = self._more()
        if self._day != (today := self._today()):
            self._day, self._at, self._rest = today, 0, b""
            found += self._more()
        return found

    def _more(self) -> list[dict[str, Any]]:
        size = self._size(self._day)
        if size < self._at:  # somebody has cut it short
            self._at, self._rest = 0, b""
        if size == self._at:
            return []
        if size - self._at > NEWS:
            self._at, self._rest = size - NEWS, b""
        with contextlib.suppress(OSError), (self._directory / f"{self._day}{SUFFIX}").open("rb") as file:
            file.seek(self._at)
            data = file.read(NEWS)
            self._at += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            self._rest = self._rest[-LINE:]
            return [record_of(line) for line in lines if line]
        return []

    def _today(self) -> str:
        return time.strftime("%Y-%m-%d", time.localtime(self._clock()))

    def _size(self, day: str) -> int:
        try:
            return (self._directory / f"{day}{SUFFIX}").stat().st_size
        except OSError:
            return 0


def _files(directory: Path, before: str, day: str) -> Iterator[tuple[str, int | None]]:
    """Name the days to look through, and where in the first to begin."""
    if day and not _DAY.fullmatch(day):
        raise ValueError(f"{day[:20]} is not a day such as 2026-12-31")
    place = _PLACE.fullmatch(before)
    if before and place is None:
        raise ValueError("that is no place in the log")
    for name in days(directory):
        if day and name != day:
            continue
        if place is None or name < place[1]:
            yield name, None
        elif name == place[1]:
            yield name, int(place[2])


def _backwards(file: BinaryIO, end: int | None) -> Iterator[tuple[int, bytes]]:
    """The lines of a file from its end, or from an octet on, each with where it begins."""
    size = file.seek(0, 2)
    at = size if end is None else min(end, size)
    rest = b""  # the end of a line whose beginning is not read yet
    while at > 0:
        count = min(BLOCK, at)
        at -= count
        file.seek(at)
        block = file.read(count) + rest
        first, *others = block.split(b"\n")
        place = at + len(block)
        for line in reversed(others):
            place -= len(line)
            if line:
                yield place, line
            place -= 1
        rest = first[:LINE]
    if rest:
        yield 0, rest
