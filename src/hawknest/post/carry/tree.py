"""A directory or an archive as a row of entries, so that whatever lies in either is read in the same way.

Entries are read one after another and never written anywhere by their names: what a name in an archive says cannot become a
path. Only plain files are looked at, no link is followed.
"""

import bz2
import gzip
import itertools
import lzma
import os
import shutil
import stat
import tempfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from hawknest.post.carry import maildir

PORTION: Final = 20_000  # names of one directory that are held at once
LISTS: Final = 1 << 16  # octets of a folder's list of keywords

Words = tuple[str, ...]


class TreeError(Exception):
    """What was named cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file."""

    words: Words  # its name, and the directories before it
    size: int  # octets
    at: float  # when it was changed, seconds since the epoch
    open: Callable[[], BinaryIO]  # to be read before the next entry is asked for


@dataclass(slots=True)
class Survey:
    """What was seen in a look through all names."""

    folders: set[Words] = field(default_factory=set)  # directories that hold a Maildir's `cur` or `new`
    lists: dict[Words, dict[str, str]] = field(default_factory=dict)  # keywords of folders, by their letters
    tops: set[str] = field(default_factory=set)  # the first words of all names
    flat: bool = False  # a file lies outside of all directories


class Tree(Protocol):
    """A directory or an archive."""

    def survey(self) -> Survey:
        """Look through all names."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Give the files, those of a directory in the order in which letters came. Raises TreeError."""
        ...


class Directory:
    """A directory on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def survey(self) -> Survey:
        found = Survey(flat=True)
        self._look(self._path, (), found)
        return found

    def entries(self) -> Iterator[Entry]:
        yield from self._below(self._path, ())

    def _look(self, path: Path, words: Words, found: Survey) -> None:
        with os.scandir(path) as inside:
            for entry in inside:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name in {"cur", "new"}:
                        found.folders.add(words)
                    elif entry.name != "tmp":
                        self._look(path / entry.name, (*words, entry.name), found)
                elif entry.name == maildir.KEYWORDS and entry.is_file(follow_symlinks=False):
                    with Path(entry.path).open("rb") as file:
                        found.lists[words] = maildir.listed(file.read(LISTS))

    def _below(self, path: Path, words: Words) -> Iterator[Entry]:
        directories: list[str] = []
        for name in _in_order(path):
            whole = path / name
            try:
                status = os.lstat(whole)
            except FileNotFoundError:  # a mail program moved it from `new` to `cur`
                continue
            if stat.S_ISDIR(status.st_mode):
                directories.append(name)
            elif stat.S_ISREG(status.st_mode):
                yield Entry((*words, name), status.st_size, status.st_mtime, _opener(whole))
        for name in sorted(directories):
            yield from self._below(path / name, (*words, name))


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _in_order(path: Path) -> Iterator[str]:
    """Give the names in a directory by the time that they begin with, and else by the alphabet.

    A directory of many letters is looked through several times, so that never all of its names are held at once.
    """
    with os.scandir(path) as inside:
        times = array("d", sorted(maildir.born(entry.name) for entry in inside))
    bounds = sorted({*times[::PORTION], float("inf")})
    del times
    for first, end in itertools.pairwise(bounds):
        with os.scandir(path) as inside:
            names = [entry.name for entry in inside if first <= maildir.born(entry.name) < end]
        yield from sorted(names, key=maildir.order)


class Single:
    """One file, which may be compressed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def survey(self) -> Survey:
        return Survey(flat=True)

    def entries(self) -> Iterator[Entry]:
        status = self._path.stat()
        yield Entry((self._path.name,), status.st_size, status.st_mtime, self._open)

    def _open(self) -> BinaryIO:
        plain = self._path.open("rb")
        opener = _compressed(plain.read(6))
        plain.seek(0)
        if opener is None:
            return plain
        with plain, opener(plain) as packed:
            return spooled(packed)


def _compressed(magic: bytes) -> Callable[[BinaryIO], BinaryIO] | None:
    """Choose what unpacks a file by its first octets."""
    if magic.startswith(b"\x1f\x8b"):
        return lambda file: cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if magic.startswith(b"BZh"):
        return lambda file: cast("BinaryIO", bz2.BZ2File(file))
    if magic.startswith(b"\xfd7zXZ"):
        return lambda file: cast("BinaryIO", lzma.LZMAFile(file))
    return None


def spooled(file: BinaryIO, beginning: bytes = b"") -> BinaryIO:
    """Copy what can only be read from beginning to end, and was read so far, into an unnamed file that can be sought in."""
    copy = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 (whoever asked for it closes it)
    copy.write(beginning)
    shutil.copyfileobj(file, copy, 1 << 20)
    copy.seek(0)
    return copy
