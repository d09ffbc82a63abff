"""The octets of a letter between DATA and the line with a single dot, in and out. RFC 5321 §4.5.2.

Only CRLF ends a line and only CRLF.CRLF ends the letter. Whatever looks like an end but is none (a dot between bare CRs or
LFs) must never end it: two servers that disagree about the end of a letter can be made to smuggle one (N21).

The reader works on whole chunks with find, count and replace, never line by line. It pretends that the letter is preceded
by a CRLF, so that a dot at its very start is a dot at the start of a line like any other; and it keeps back the few octets
at the end of a chunk that may be the beginning of the end.
"""

import re
from typing import Final

_END: Final = b"\r\n.\r\n"
_DOT: Final = b"\r\n."
_NEWLINE: Final = re.compile(rb"\r\n|\r|\n")
_OTHERS: Final = bytes(octet for octet in range(256) if octet not in b"\r\n")


def has_bare(data: bytes) -> bool:
    """Tell whether a CR or LF stands alone."""
    return len(data.translate(None, _OTHERS)) != 2 * data.count(b"\r\n")


class DotReader:
    """Takes the octets of DATA as they come, and gives those of the letter."""

    __slots__ = ("_kept", "_start", "bare", "done", "rest")

    def __init__(self) -> None:
        self._kept = b"\r\n"
        self._start = 2  # octets of the CRLF that we pretend
        self.bare = False  # a CR or LF stood alone
        self.done = False
        self.rest = b""  # what came after the end

    def read(self, data: bytes) -> bytes:
        """Take the next octets and give those of the letter, without the stuffed dots."""
        whole = self._kept + data
        dot = whole.find(_DOT)
        end = whole.find(_END, dot) if dot >= 0 else -1
        if end >= 0:
            self.done = True
            self.rest = whole[end + 5 :]
            part = whole[: end + 2]
        else:
            keep = _beginning_of_end(whole)
            self._kept = whole[len(whole) - keep :]
            part = whole[: len(whole) - keep]
        self.bare = self.bare or has_bare(part)
        if dot != end:
            part = part.replace(_DOT, b"\r\n")
        if self._start and part:
            part = part[self._start :]
            self._start = 0
        return part


def _beginning_of_end(whole: bytes) -> int:
    """Count the octets at the end of a chunk that the next one may make an end of the letter."""
    for length in (4, 3, 2, 1):
        if whole.endswith(_END[:length]):
            return length
    return 0


def crlf(data: bytes) -> bytes:
    """Make every line end CRLF. A chunk that ends in CR must be continued with care: see `Newlines`."""
    if not has_bare(data):  # nearly every letter
        return data
    return _NEWLINE.sub(b"\r\n", data)


class Newlines:
    """Makes every line end of a streamed letter CRLF."""

    __slots__ = ("_cr",)

    def __init__(self) -> None:
        self._cr = False

    def mend(self, data: bytes) -> bytes:
        """Mend a chunk; a CR at its end waits for what follows."""
        if self._cr:
            data = b"\r" + data
        self._cr = data.endswith(b"\r")
        return crlf(data[:-1] if self._cr else data)

    def end(self) -> bytes:
        """Give the line end that was waiting, if one was."""
        waiting, self._cr = self._cr, False
        return b"\r\n" if waiting else b""


class DotWriter:
    """Takes the octets of a letter and gives those to send after DATA: dots stuffed, every line end CRLF."""

    __slots__ = ("_at_line_start", "_newlines")

    def __init__(self) -> None:
        self._newlines = Newlines()
        self._at_line_start = True

    def write(self, data: bytes) -> bytes:
        """Stuff a chunk."""
        data = self._newlines.mend(data)
        if not data:
            return b""
        stuffed = data.replace(_DOT, b"\r\n..") if _DOT in data else data
        if self._at_line_start and data.startswith(b"."):
            stuffed = b"." + stuffed
        self._at_line_start = data.endswith(b"\r\n")
        return stuffed

    def end(self) -> bytes:
        """End the letter: with the line end that it lacks, and the dot."""
        waiting = self._newlines.end()
        at_start = self._at_line_start or bool(waiting)
        return waiting + (b".\r\n" if at_start else _END)
