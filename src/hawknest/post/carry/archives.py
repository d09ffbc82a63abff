"""Zip and tar archives as trees; which of them, or what else, a path is. Entries are read and never unpacked."""

import contextlib
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from hawknest.post.carry import maildir
from hawknest.post.carry.tree import LISTS, Directory, Entry, Single, Survey, Tree, TreeError, Words


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
