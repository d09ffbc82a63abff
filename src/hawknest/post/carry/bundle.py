"""The octets of one letter held between reading and writing: in memory while small, else in an unnamed file."""

import contextlib
import tempfile
from collections.abc import AsyncGenerator, Iterator
from typing import Final

from hawknest.post.carry.letter import BLOCK, Letter
from hawknest.post.carry.lines import Lossless, ToFile

MEMORY: Final = 1 << 20  # octets of a letter that stay in memory


class Bundle:
    """A letter that was read to its end."""

    __slots__ = ("_file", "_lossless", "size")

    def __init__(self, file: tempfile.SpooledTemporaryFile[bytes]) -> None:
        self.size = 0
        self._file = file
        self._lossless = Lossless()

    async def gather(self, letter: Letter) -> None:
        """Read all of a letter."""
        async for block in letter.blocks:
            self.size += len(block)
            self._lossless.see(block)
            self._file.write(block)

    @property
    def file_size(self) -> int:
        """Octets in the form of files."""
        return self.size - self._lossless.ends if self._lossless.so_far else self.size

    def blocks(self) -> Iterator[bytes]:
        """Give the letter as it came."""
        self._file.seek(0)
        while block := self._file.read(BLOCK):
            yield block

    def file_blocks(self) -> Iterator[bytes]:
        """Give the letter in the form of files, or as it came where that form would lose something."""
        if not self._lossless.so_far:
            yield from self.blocks()
            return
        lean = ToFile()
        for block in self.blocks():
            yield lean.write(block)
        yield lean.end()


@contextlib.asynccontextmanager
async def bundled(letter: Letter) -> AsyncGenerator[Bundle]:
    """Read all of a letter and hold it for as long as the block lasts."""
    with tempfile.SpooledTemporaryFile(MEMORY) as file:
        bundle = Bundle(file)
        await bundle.gather(letter)
        yield bundle
