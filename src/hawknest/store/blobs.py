"""The octets of letters: small ones travel into the database, large ones lie in files.

A letter gathers in a `Spool`: in memory up to the inline limit, beyond it in a file, so that a letter of 1 GB costs a
few MB of memory. `finish` makes it durable as a `Content`, before any row points to it. A file is named by the hash of its
octets and the letter's id: two letters never share a file, so a file goes with its row and no race can take another's.
"""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from hawknest.store.errors import FileGone, StoreFull, StoreGone

BLOCK: Final = 1024 * 1024  # octets written or read at once
_CRLF: Final = b"\r\n"


@dataclass(frozen=True, slots=True)
class Content:
    """The octets of a letter, durable if they lie in a file."""

    size: int
    data: bytes | None = field(repr=False)  # None: they lie in the file `place`
    place: str | None = None  # relative to the directory of blobs
    lacks: int = 0  # octets of the CRLF that the end lacks: protocols that speak in lines add it


class Blobs:
    """The files below one data directory."""

    def __init__(self, directory: Path) -> None:
        self.files = directory / "blobs"
        self.spools = directory / "spool"
        for path in (self.files, self.spools):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def spool(self, letter_id: str, inline: int) -> "Spool":
        """Begin to gather a letter; `letter_id` must be a name of our own making, `inline` is in octets."""
        return Spool(self.files, self.spools / letter_id, letter_id, inline)

    async def read(self, place: str, offset: int = 0) -> AsyncGenerator[bytes]:
        """Read a file block by block, from an offset.

        Raises FileGone where the file is not there, StoreGone where it cannot be read.
        """
        try:
            file = await asyncio.to_thread(open, self.files / place, "rb")
        except FileNotFoundError as error:
            raise FileGone(f"the file {self.files / place} of a letter is gone") from error
        except OSError as error:
            raise self._unreadable(place, error) from error
        with contextlib.closing(file):
            file.seek(offset)
            while block := await asyncio.to_thread(self._next, file, place):
                yield block

    def _next(self, file: BinaryIO, place: str) -> bytes:
        try:
            return file.read(BLOCK)
        except OSError as error:
            raise self._unreadable(place, error) from error

    def _unreadable(self, place: str, error: OSError) -> StoreGone:
        return StoreGone(f"cannot read the letter in {self.files / place}: {error.strerror}")

    def remove(self, place: str) -> None:
        """Remove a file that no row points to any more."""
        (self.files / place).unlink(missing_ok=True)

    def sweep(self, older_than: float) -> int:
        """Remove what a crash left in the spool, untouched since `older_than` (seconds since the epoch).

        Returns how many files went.
        """
        count = 0
        for path in self.spools.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < older_than:
                    path.unlink()
                    count += 1
        return count


class Spool:
    """A letter that is coming in."""

    __slots__ = ("_blobs", "_file", "_gathered", "_hash", "_inline", "_letter_id", "_parts", "_path", "size")

    def __init__(self, blobs: Path, path: Path, letter_id: str, inline: int) -> None:
        self.size = 0
        self._blobs = blobs
        self._path = path
        self._letter_id = letter_id
        self._inline = inline
        self._parts: list[bytes] = []
        self._gathered = 0
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()

    async def write(self, data: bytes) -> None:
        """Take the next octets. Raises StoreFull."""
        self.size += len(data)
        self._parts.append(data)
        self._gathered += len(data)
        if self._gathered >= BLOCK or (self._file is None and self._gathered > self._inline):
            await asyncio.to_thread(self._spill)

    async def finish(self, head: bytes = b"") -> Content:
        """Make the letter durable; `head` is what stands before all that was taken. Raises StoreFull."""
        self.size += len(head)
        if self._file is None:
            data = b"".join([head, *self._parts])
            return Content(self.size, data, lacks=_lacks(data))
        return await asyncio.to_thread(self._settle, self._file, head)

    def discard(self) -> None:
        """Forget the letter, if it was not finished."""
        self._parts.clear()
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)

    def _spill(self) -> None:
        """Move what gathered in memory into the file."""
        try:
            if self._file is None:
                self._file = self._path.open("x+b", buffering=0)
            for part in self._parts:
                self._hash.update(part)
                written = 0
                while written < len(part):
                    written += self._file.write(part[written:] if written else part)
        except OSError as error:
            raise StoreFull(f"cannot write the letter: {error.strerror}") from error
        self._parts.clear()
        self._gathered = 0

    def _settle(self, file: BinaryIO, head: bytes) -> Content:
        self._spill()
        if head:
            file = self._headed(file, head)
        name = self._hash.hexdigest()
        folder = self._blobs / name[:2]
        place = f"{name[:2]}/{name[2:]}.{self._letter_id}"
        try:
            os.fsync(file.fileno())
            lacks = _lacks(os.pread(file.fileno(), len(_CRLF), max(self.size - len(_CRLF), 0)))
            file.close()
            new = not folder.exists()
            folder.mkdir(mode=0o700, exist_ok=True)
            self._path.rename(self._blobs / place)
            _fsync_directory(folder)
            if new:
                _fsync_directory(self._blobs)
        except OSError as error:
            raise StoreFull(f"cannot keep the letter: {error.strerror}") from error
        self._file = None
        return Content(self.size, None, place, lacks)

    def _headed(self, file: BinaryIO, head: bytes) -> BinaryIO:
        """Write the file anew with a head: what is known of a letter only at its end stands at its beginning."""
        self._hash = hashlib.sha256()
        try:
            self._path.unlink()
            self._file = None
            with contextlib.closing(file):
                self._parts.append(head)
                self._spill()
                file.seek(0)
                while block := file.read(BLOCK):
                    self._parts.append(block)
                    self._spill()
        except OSError as error:
            raise StoreFull(f"cannot write the letter: {error.strerror}") from error
        assert self._file is not None
        return self._file


def _lacks(end: bytes) -> int:
    """How many octets protocols that speak in lines add to a letter with this end."""
    return 0 if end.endswith(_CRLF) else len(_CRLF)


def _fsync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
