"""How lines end: files on Unix have LF, letters on the wire CRLF. RFC 5322 §2.1.

A letter whose first line ends with a lone LF is in the form of files, and is brought into that of the wire; any other
stays as it is, whatever is in it. Written to a file, a letter takes the form of files where that can be undone.
"""

import hashlib
import re
from typing import Final

_LONE: Final = re.compile(rb"(?<!\r)\n")


class ToWire:
    """Brings a letter that comes block by block into the form of the wire."""

    __slots__ = ("_cr", "_unix")

    def __init__(self) -> None:
        self._unix: bool | None = None  # unknown while no line has ended
        self._cr = False  # the last octet was a CR

    def write(self, block: bytes) -> bytes:
        """Take the next block, and give what it becomes."""
        after_cr = self._cr
        self._cr = block.endswith(b"\r")
        if self._unix is None:
            end = block.find(b"\n")
            if end < 0:
                return block
            self._unix = not (block[end - 1] == 0x0D if end else after_cr)
        if not self._unix:
            return block
        if after_cr and block.startswith(b"\n"):
            return b"\n" + _LONE.sub(b"\r\n", block[1:])
        return _LONE.sub(b"\r\n", block) if b"\r" in block else block.replace(b"\n", b"\r\n")


class ToFile:
    """Brings a letter of the wire into the form of files; `lossless` says beforehand whether that can be undone."""

    __slots__ = ("_cr",)

    def __init__(self) -> None:
        self._cr = b""  # a CR whose next octet is still to come

    def write(self, block: bytes) -> bytes:
        """Take the next block, and give what it becomes."""
        block = self._cr + block
        self._cr = b"\r" if block.endswith(b"\r") else b""
        return (block[:-1] if self._cr else block).replace(b"\r\n", b"\n")

    def end(self) -> bytes:
        """Give what is left."""
        return self._cr


class Lossless:
    """Watches a letter for what the form of files cannot hold: a lone LF, or a CR before a CRLF."""

    __slots__ = ("_end", "ends", "so_far")

    def __init__(self) -> None:
        self.so_far = True
        self.ends = 0  # line ends: octets that the form of files saves
        self._end = b""

    def see(self, block: bytes) -> None:
        """Look at the next block."""
        text = self._end + block
        ends = text.count(b"\r\n")
        self.ends += ends
        if text.count(b"\n") != ends or b"\r\r\n" in text:
            self.so_far = False
        self._end = text[-2:] if text.endswith(b"\r\r") else text[-1:] if text.endswith(b"\r") else b""


class Digest:
    """A hash over the lines of a letter, whichever way they end; a last line without an end counts as one with it."""

    __slots__ = ("_hash", "_last", "_lean", "octets")

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._lean = ToFile()
        self._last = b"\n"
        self.octets = 0  # of the letter as it came

    def see(self, block: bytes) -> None:
        """Look at the next block."""
        self.octets += len(block)
        lean = self._lean.write(block)
        self._hash.update(lean)
        self._last = lean[-1:] or self._last

    def value(self) -> bytes:
        """Give the hash, once; nothing may come after it."""
        rest = self._lean.end()
        self._hash.update(rest if rest or self._last == b"\n" else b"\n")
        return self._hash.digest()[:16]
