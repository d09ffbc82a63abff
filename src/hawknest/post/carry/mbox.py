r"""Letters one behind the other in one file: mbox, in its common kinds. RFC 4155.

    From mia@example.org Tue Nov 24 09:00:00 2026      the postmark, after an empty line or at the beginning
    header, with Status and the like                   what the mail program noted; it is no part of the letter
                                                       an empty line, as always
    body                                               mboxrd, mboxo: a line `From ` or `>From ` has one > more
                                                       an empty line

Where a Content-Length leads exactly to the next postmark (mboxcl2), nothing in the body is a postmark and nothing has a `>`
more. What a mail program noted is taken out where it stands last, since there a program put it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from hawknest.post.carry import notes
from hawknest.post.carry.letter import BLOCK
from hawknest.store.letters import Flag

HEADER: Final = 1 << 20  # octets of a header that are looked at for notes
LINE: Final = 1 << 16  # octets of a line that are read at once

#: quirk_bare_postmark: Thunderbird writes `From - ` and a date, older ones `From ` alone.
_POSTMARK: Final = re.compile(
    rb"From (?:[^\r\n]*\d\d?:\d\d(?::\d\d)?[^\r\n]*\d{4}[^\r\n]*|-?[ \t]*)\r?\n?", re.DOTALL
)
#: quirk_no_empty_line: some programs write none before it, so one that leaves no doubt is a postmark anywhere.
_FULL_POSTMARK: Final = re.compile(
    rb"From \S+ +[A-Z][a-z]{2} [A-Z][a-z]{2} +\d\d? +\d\d:\d\d(?::\d\d)?(?: +[+A-Z-][\dA-Z]{2,4})? +\d{4}"
    rb"(?: +[+-]\d{4})?[ \t]*\r?\n?"
)
_QUOTED: Final = re.compile(rb">+From ")
_EMPTY: Final = frozenset((b"\n", b"\r\n"))


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before a letter's octets."""

    flags: Flag
    keywords: tuple[str, ...]
    at: float | None  # by the postmark, seconds since the epoch


def is_mbox(beginning: bytes) -> bool:
    """Tell from the first line of a file whether it may be an mbox."""
    return _POSTMARK.match(beginning) is not None


class Reader:
    """Reads the letters of an mbox; the file must be one that can be sought in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._postmark = self._first()

    def letters(self) -> Iterator[tuple[Head, Iterator[bytes]]]:
        """Give the letters; the octets of one are to be read before the next."""
        while self._postmark:
            at = notes.postmark_time(self._postmark)
            header, empty = self._header()
            found = notes.read(header, self._leads_on)
            blocks = self._counted(found, empty) if found.length is not None else self._quoted(found, empty)
            if not found.internal:
                yield Head(found.flags, found.keywords, at), blocks
            for _ in blocks:
                pass

    def _first(self) -> bytes:
        while (line := self._file.readline(LINE)) in _EMPTY:
            pass
        return line if line.startswith(b"From ") else b""

    def _header(self) -> tuple[list[bytes], bytes]:
        """Read the lines of a header, and the empty line behind it."""
        lines: list[bytes] = []
        size = 0
        while size < HEADER and (line := self._file.readline(LINE)):
            if line in _EMPTY:
                return lines, line
            lines.append(line)
            size += len(line)
        return lines, b""

    def _leads_on(self, length: int) -> bool:
        """Whether so many octets from here the next postmark comes, or the end."""
        here = self._file.tell()
        try:
            if here + length > self._file.seek(0, 2):
                return False
            self._file.seek(here + length)
            line = self._file.readline(LINE)
            for _ in range(2):  # one that ends the last line, one that is empty
                line = self._file.readline(LINE) if line in _EMPTY else line
            return not line or _POSTMARK.fullmatch(line) is not None
        finally:
            self._file.seek(here)

    def _counted(self, found: notes.Notes, empty: bytes) -> Iterator[bytes]:
        """Give a letter whose length is known."""
        length = found.length or 0
        after = b"" if length else self._file.readline(LINE)
        if after.startswith(b"From ") or not (
            length or after
        ):  # the empty line was the one before a postmark
            yield b"".join(found.header)
            self._postmark = after
            return
        yield b"".join(found.header) + empty
        while length and (block := self._file.read(min(length, BLOCK))):
            length -= len(block)
            yield block
        self._postmark = self._first()

    def _quoted(self, found: notes.Notes, empty: bytes) -> Iterator[bytes]:
        """Give a letter up to the next postmark, with what was quoted in it as it was."""
        read = self._file.readline
        gathered = found.header
        held = empty  # an empty line, which may be the one before a postmark
        size = 0
        whole = True  # the last line was read to its end
        self._postmark = b""
        while line := read(LINE):
            if whole and line[:5] == b"From " and (_POSTMARK if held else _FULL_POSTMARK).fullmatch(line):
                self._postmark = line
                break
            if held:
                gathered.append(held)
                held = b""
            if whole and line in _EMPTY:
                held = line
                continue
            if whole and line[:1] == b">" and _QUOTED.match(line):
                line = line[1:]
            gathered.append(line)
            size += len(line)
            whole = line.endswith(b"\n")
            if size >= BLOCK:
                yield b"".join(gathered)
                gathered.clear()
                size = 0
        yield b"".join(gathered)
