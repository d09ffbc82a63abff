"""A directory or an archive as a row of entries, so that whatever lies in either is read in the same way.

Entries are read one after another and never written anywhere by their names: what a name in an archive says cannot become a
path. Only plain files are looked at, no link is followed.
"""

import bz2
import contextlib
import gzip
import itertools
import lzma
import os
import shutil
import stat
import tarfile
import tempfile
import time
import zipfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, Protocol, cast

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


class Zip:
    """A zip archive."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def survey(self) -> Survey:
        found = Survey()
        with zipfile.ZipFile(self._path) as archive:
            for member in archive.infolist():
                words = _words(member.filename)
                _see(found, words, directory=member.is_dir())
                if words[-1:] == (maildir.KEYWORDS,):
                    with archive.open(member) as file:
                        found.lists[words[:-1]] = maildir.listed(file.read(LISTS))
        return found

    def entries(self) -> Iterator[Entry]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                for member in archive.infolist():
                    if not member.is_dir():
                        moment = time.mktime((*member.date_time, 0, 0, -1))
                        yield Entry(
                            _words(member.filename), member.file_size, moment, self._opener(archive, member)
                        )
        except (
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
        ) as error:  # encrypted, or a rare method
            raise TreeError(f"{self._path} cannot be read on: {error}") from error

    def _opener(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
        return lambda: cast("BinaryIO", archive.open(member))


class Tar:
    """A tar archive, which may be compressed; it is read as a stream."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def survey(self) -> Survey:
        found = Survey()
        with contextlib.suppress(tarfile.TarError, EOFError, OSError), self._stream() as archive:
            for member in archive:
                words = _words(member.name)
                _see(found, words, directory=member.isdir())
                if words[-1:] == (maildir.KEYWORDS,) and (file := archive.extractfile(member)):
                    found.lists[words[:-1]] = maildir.listed(file.read(LISTS))
                forget(archive)
        return found

    def entries(self) -> Iterator[Entry]:
        try:
            with self._stream() as archive:
                for member in archive:
                    forget(archive)
                    if member.isreg():
                        opener = self._opener(archive, member)
                        yield Entry(_words(member.name), member.size, float(member.mtime), opener)
        except (tarfile.TarError, EOFError, OSError) as error:
            raise TreeError(f"{self._path} cannot be read on: {error}") from error

    def _stream(self) -> tarfile.TarFile:
        return tarfile.open(self._path, "r|*", errorlevel=1)

    def _opener(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], BinaryIO]:
        return lambda: cast("BinaryIO", archive.extractfile(member))


def forget(archive: Any) -> None:
    """Let a tar archive that is read or written as a stream forget the members that have passed: it would keep them all."""
    archive.members.clear()


def _words(name: str) -> Words:
    """The words of a name in an archive, without what would lead out of it."""
    return tuple(
        word for word in PurePosixPath(name.replace("\\", "/")).parts if word not in {"/", "..", "."}
    )


def _see(found: Survey, words: Words, *, directory: bool) -> None:
    found.tops.add(words[0] if words else "")
    found.flat = found.flat or (len(words) == 1 and not directory)
    for at, word in enumerate(words):
        if word in {"cur", "new"} and (directory or at == len(words) - 2):
            found.folders.add(words[:at])


def open_tree(path: Path) -> Tree:
    """Find out what a path is. Raises TreeError, OSError."""
    if path.is_dir():
        return Directory(path)
    with path.open("rb") as file:
        beginning = file.read(6)
    if beginning.startswith(b"PK"):
        if zipfile.is_zipfile(path):
            return Zip(path)
        raise TreeError(f"{path} is a broken zip archive")
    try:
        if tarfile.is_tarfile(path):
            return Tar(path)
    except (EOFError, OSError) as error:
        raise TreeError(f"{path} cannot be read: {error}") from error
    return Single(path)
