"""Files of letters that no row names, and rows whose file is gone: the two sides compared.

A running server writes a file before its row, so a file without a row may be a letter that is just coming in: only what
has lain untouched for a day is a stray. A stray is not deleted but put aside, into `swept/`, for a month: where an older
copy of the database was put back, it may be somebody's letter, and then it is put back from there.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from hawknest.store.blobs import Blobs
from hawknest.store.engine import Connection, Statement

DAY: Final = 86400.0
UNTOUCHED: Final = DAY  # seconds after which a file without a row is nobody's
KEPT: Final = 30 * DAY  # seconds that it is kept aside
ASKED: Final = 500  # files that the database is asked for at once

_OURS: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}\.[0-9a-z-]{1,40}")  # the name that blobs.Spool gives

_NAMED: Final = Statement("SELECT 1 FROM blob WHERE place = :place")
_PLACES: Final = Statement("SELECT id, place, size FROM blob WHERE place IS NOT NULL ORDER BY place")
_STILL: Final = Statement("SELECT 1 FROM blob WHERE id = :id AND place = :place")
_MARK: Final = Statement(
    """INSERT INTO lost (place, octets, found_at) VALUES (:place, :octets, :now)
       ON CONFLICT (place) DO UPDATE SET octets = excluded.octets"""
)
_MARKS: Final = Statement("SELECT place, octets FROM lost")
_UNMARK: Final = Statement("DELETE FROM lost WHERE place = :place")


@dataclass(frozen=True, slots=True)
class Stray:
    """A file in the directory of letters."""

    place: str  # relative to that directory
    size: int  # octets
    ours: bool  # named as we name files


@dataclass(frozen=True, slots=True)
class Lost:
    """A row whose file is gone or has another size."""

    blob_id: int
    place: str
    size: int  # octets that it should have
    octets: int  # that it has; -1: there is no file


class Shelf:
    """The files below one data directory, as far as they can be strays."""

    def __init__(self, directory: Path, blobs: Blobs) -> None:
        self._files = blobs.files
        self._spools = blobs.spools
        self._aside = directory / "swept"

    def untouched(self, older_than: float) -> Iterator[Stray]:
        """Give the files of letters that were last written before a time in seconds since the epoch."""
        for folder in sorted(self._files.iterdir()):
            if not folder.is_dir():
                yield Stray(folder.name, folder.lstat().st_size, ours=False)
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        found = entry.stat(follow_symlinks=False)
                        if found.st_mtime < older_than:
                            place = f"{folder.name}/{entry.name}"
                            ours = bool(_OURS.fullmatch(place)) and entry.is_file(follow_symlinks=False)
                            yield Stray(place, found.st_size, ours)

    def leftovers(self, older_than: float) -> int:
        """Count what a crash left of letters that were never accepted."""
        count = 0
        for path in self._spools.iterdir():
            with contextlib.suppress(FileNotFoundError):
                count += path.stat().st_mtime < older_than
        return count

    def octets(self, place: str) -> int:
        """Tell how many octets a file has; -1: there is none."""
        try:
            return (self._files / place).stat().st_size
        except FileNotFoundError:
            return -1

    def put_aside(self, place: str, now: float) -> None:
        """Put a file aside."""
        target = self._aside / place
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            (self._files / place).rename(target)
            os.utime(target, (now, now))  # its time aside begins

    def is_aside(self, place: str) -> bool:
        """Tell whether a file lies aside."""
        return (self._aside / place).exists()

    def put_back(self, place: str) -> None:
        """Put a file back that was put aside."""
        target = self._files / place
        target.parent.mkdir(mode=0o700, exist_ok=True)
        (self._aside / place).rename(target)

    def forget(self, older_than: float) -> int:
        """Delete what was put aside before a time in seconds since the epoch. Returns how many files went."""
        count = 0
        for path in self._aside.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < older_than:
                    path.unlink()
                    count += 1
        return count


def candidates(shelf: Shelf, older_than: float) -> Iterator[tuple[Stray, ...]]:
    """Give the untouched files in portions that the database can be asked for."""
    strays = shelf.untouched(older_than)
    while portion := tuple(islice(strays, ASKED)):
        yield portion


def unnamed(connection: Connection, strays: Iterable[Stray]) -> list[Stray]:
    """Leave out the files that a row names."""
    return [stray for stray in strays if connection.one(_NAMED, place=stray.place) is None]


def sweep(connection: Connection, shelf: Shelf, strays: Iterable[Stray], now: float) -> int:
    """Put those aside that are ours and that no row names; inside a transaction or not. Returns how many."""
    gone = [stray for stray in unnamed(connection, strays) if stray.ours]
    for stray in gone:
        shelf.put_aside(stray.place, now)
    return len(gone)


def lost(connection: Connection, shelf: Shelf) -> list[Lost]:
    """List the rows whose file is gone or has another size, but for those that are marked already."""
    known: dict[str, int] = dict(connection.all(_MARKS))  # type: ignore[arg-type]
    found: list[Lost] = []
    for blob_id, place, size in connection.all(_PLACES):
        octets = shelf.octets(place)
        if octets != size and known.get(place) != octets:
            found.append(Lost(blob_id, place, size, octets))
    # A letter may have been deleted, row and file, since its row was read.
    return [one for one in found if connection.one(_STILL, id=one.blob_id, place=one.place) is not None]


def mark(connection: Connection, one: Lost, now: float) -> None:
    """Note that the owner knows of a lost file."""
    connection.run(_MARK, place=one.place, octets=one.octets, now=now)


def healed(connection: Connection, shelf: Shelf) -> list[str]:
    """List the marks of files that are back, or that no row names any more."""
    sizes: dict[str, int] = {place: size for _, place, size in connection.all(_PLACES)}
    return [
        place
        for place, _ in connection.all(_MARKS)
        if place not in sizes or shelf.octets(place) == sizes[place]
    ]


def unmark(connection: Connection, place: str) -> None:
    """Take a mark away."""
    connection.run(_UNMARK, place=place)
