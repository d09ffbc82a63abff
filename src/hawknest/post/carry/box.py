"""What an export is written into: a directory, a tar or a zip archive.

An archive is made under another name and gets its own when it is whole, so none is ever half there.
"""

import io
import os
import tarfile
import time
import zipfile
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, Final, Literal, Protocol

from hawknest.post.carry.archives import forget
from hawknest.post.carry.letter import BLOCK

Words = tuple[str, ...]

_PARTIAL: Final = ".partial"
_ZIP_EPOCH: Final = 315532800.0  # zip knows no time before 1980
_PACKED: Final[dict[str, Literal["w|", "w|gz", "w|bz2", "w|xz"]]] = {
    ".tar": "w|",
    ".tar.gz": "w|gz",
    ".tgz": "w|gz",
    ".tar.bz2": "w|bz2",
    ".tar.xz": "w|xz",
}


class Box(Protocol):
    """Where files are written to."""

    def folder(self, words: Words) -> None:
        """Make a directory."""
        ...

    def put(self, words: Words, blocks: Iterable[bytes], size: int, at: float) -> None:
        """Write a file of so many octets; `at` is its time, seconds since the epoch."""
        ...

    def numbers(self, words: Words, number: Callable[[str], int]) -> "Numbers":
        """Find the numbers of the files that a directory holds from earlier; 0 is none."""
        ...

    def rename(self, words: Words, new_name: Callable[[str], str]) -> None:
        """Give the files of a directory other names; '' lets one keep its own."""
        ...

    def close(self) -> None:
        """Make it whole."""
        ...


class Numbers:
    """Many numbers in little room."""

    def __init__(self, found: Iterable[int] = ()) -> None:
        self._sorted = array("Q", sorted(array("Q", found)))

    def __contains__(self, number: int) -> bool:
        """Whether a number is among them."""
        at = bisect_left(self._sorted, number)
        return at < len(self._sorted) and self._sorted[at] == number


class DirectoryBox:
    """A directory, which may hold an earlier export."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True)

    def folder(self, words: Words) -> None:
        self._path.joinpath(*words).mkdir(parents=True, exist_ok=True)

    def put(self, words: Words, blocks: Iterable[bytes], size: int, at: float) -> None:
        del size
        path = self._path.joinpath(*words)
        # A Maildir has a place for what is not whole yet; elsewhere the name says so.
        inside = path.parent.name == "cur" and (path.parent.parent / "tmp").is_dir()
        partial = path.parent.parent / "tmp" / path.name if inside else path.with_name(path.name + _PARTIAL)
        with partial.open("wb") as file:
            for block in blocks:
                file.write(block)
        os.utime(partial, (at, at))
        partial.replace(path)

    def numbers(self, words: Words, number: Callable[[str], int]) -> Numbers:
        with os.scandir(self._path.joinpath(*words)) as inside:
            return Numbers(found for entry in inside if (found := number(entry.name)))

    def rename(self, words: Words, new_name: Callable[[str], str]) -> None:
        path = self._path.joinpath(*words)
        with os.scandir(path) as inside:
            names = [(entry.name, new) for entry in inside if (new := new_name(entry.name))]
        for name, new in names:
            (path / name).replace(path / new)

    def close(self) -> None:
        os.sync()  # an export is often the last thing before something is taken away


class _Archive:
    """What both kinds of archive have in common: nothing is in them from earlier."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(path.name + _PARTIAL)

    def numbers(self, words: Words, number: Callable[[str], int]) -> Numbers:
        del words, number
        return Numbers()

    def rename(self, words: Words, new_name: Callable[[str], str]) -> None:
        del words, new_name

    def _whole(self) -> None:
        with self._partial.open("rb") as file:
            os.fsync(file.fileno())
        self._partial.replace(self._path)


class TarBox(_Archive):
    """A tar archive, with everything in it below one directory."""

    def __init__(self, path: Path, top: str, mode: Literal["w|", "w|gz", "w|bz2", "w|xz"]) -> None:
        super().__init__(path)
        self._top = top
        self._archive = tarfile.open(str(self._partial), mode, format=tarfile.PAX_FORMAT)  # noqa: SIM115 (see close)

    def folder(self, words: Words) -> None:
        member = tarfile.TarInfo("/".join((self._top, *words)))
        member.type, member.mode, member.mtime = tarfile.DIRTYPE, 0o700, int(time.time())
        self._archive.addfile(member)
        forget(self._archive)

    def put(self, words: Words, blocks: Iterable[bytes], size: int, at: float) -> None:
        member = tarfile.TarInfo("/".join((self._top, *words)))
        member.size, member.mode, member.mtime = size, 0o600, int(at)
        self._archive.addfile(member, _Reading(blocks))
        forget(self._archive)

    def close(self) -> None:
        self._archive.close()
        self._whole()


class ZipBox(_Archive):
    """A zip archive, with everything in it below one directory."""

    def __init__(self, path: Path, top: str) -> None:
        super().__init__(path)
        self._top = top
        self._archive = zipfile.ZipFile(self._partial, "w", zipfile.ZIP_DEFLATED)

    def folder(self, words: Words) -> None:
        self._archive.writestr(self._member((*words, ""), time.time()), b"")

    def put(self, words: Words, blocks: Iterable[bytes], size: int, at: float) -> None:
        member = self._member(words, at)
        member.file_size = size
        with self._archive.open(member, "w", force_zip64=size > 1 << 30) as file:
            for block in blocks:
                file.write(block)

    def close(self) -> None:
        self._archive.close()
        self._whole()

    def _member(self, words: Words, at: float) -> zipfile.ZipInfo:
        moment = time.localtime(max(at, _ZIP_EPOCH + 86400))
        member = zipfile.ZipInfo("/".join((self._top, *words)), moment[:6])
        member.compress_type = zipfile.ZIP_DEFLATED
        member.external_attr = 0o600 << 16
        return member


class _Reading(io.RawIOBase):
    """Blocks as a file that is read from beginning to end."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        super().__init__()
        self._blocks = iter(blocks)
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        while len(self._rest) < size and (block := next(self._blocks, None)) is not None:
            self._rest += block
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def open_box(path: Path, top: str) -> Box:
    """Make what the end of a name asks for; `top` is the directory inside an archive. Raises OSError."""
    name = path.name.lower()
    if name.endswith(".zip"):
        return ZipBox(_new(path), top)
    for ending, mode in _PACKED.items():
        if name.endswith(ending):
            return TarBox(_new(path), top, mode)
    return DirectoryBox(path)


def _new(path: Path) -> Path:
    if path.exists():
        raise FileExistsError(17, "is there already", str(path))
    return path


def copied(file: BinaryIO) -> Iterable[bytes]:
    """Give a file from its beginning, block by block."""
    file.seek(0)
    while block := file.read(BLOCK):
        yield block
