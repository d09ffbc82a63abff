"""What peers and we say to each other, line by line, with passwords and letters left out.

A conversation is tapped where octets pass: `heard` gets what came, `said` what goes. What follows a 354, the octets of
BDAT, and the lines of a letter that POP3 hands out are told by their number only; so is every answer in a SASL exchange
(RFC 4954 §4, RFC 5034 §4), the password of PASS and the digest of APOP (RFC 1939 §7).
"""

import re
from collections.abc import Callable
from typing import Final

LINE: Final = 1000  # octets of a line that are written down
LINES: Final = 100  # lines of one answer of ours that are written down

_LOGIN: Final = re.compile(rb"(?i)\AAUTH\b")
_DATA: Final = re.compile(rb"(?i)\ADATA *\Z")
_SECRET: Final = re.compile(rb"(?i)\A(AUTH +\S+ +|PASS |APOP +\S+ +).+", re.DOTALL)
_BDAT: Final = re.compile(rb"(?i)\ABDAT +(\d{1,18})\b")
_MULTILINE: Final = re.compile(rb"(?i)\A(RETR|TOP)\b")
_ASKING: Final = re.compile(rb"\A(334|\+)( |\Z)")


class Conversation:
    """One session as it is written down; `write` takes the side, C or S, and the text."""

    __slots__ = ("_chunk", "_content", "_data", "_letter", "_partial", "_secret", "_write")

    def __init__(self, write: Callable[[str, str], None]) -> None:
        self._write = write
        self._partial = b""  # of a line of the client
        self._secret = False  # a login is under way: every line of the client is part of it
        self._data = False  # between DATA and the answer to the letter
        self._content = 0  # octets of a letter that were not told yet
        self._letter = False  # the answer holds a letter
        self._chunk = 0  # octets of a chunk that are still to come (BDAT)

    def heard(self, data: bytes) -> None:
        """Take octets of the client."""
        while data:
            if self._data:
                self._content += len(data)
                return
            if self._chunk:
                took = min(self._chunk, len(data))
                self._chunk -= took
                data = data[took:]
                if not self._chunk:
                    self._tell_content()
                continue
            line, end, data = data.partition(b"\n")
            if len(self._partial) < LINE:
                self._partial += line
            if not end:
                return
            line, self._partial = self._partial.rstrip(b"\r"), b""
            self._line(line)

    def said(self, data: bytes) -> None:
        """Take octets of ours."""
        if not data:
            return
        if self._data and self._content:
            self._tell_content()
        lines = data.split(b"\r\n")
        if self._letter:
            self._letter = False
            self._write("S", _text(lines[0]))
            self._write("S", f"({max(len(data) - len(lines[0]) - 2, 0)} octets)")
            return
        told = [line for line in lines[:LINES] if line]
        for line in told:
            self._write("S", _text(line))
        if len(lines) > LINES:
            self._write("S", f"({len(lines) - LINES} more lines)")
        last = told[-1] if told else b""
        self._secret = _ASKING.match(last) is not None
        self._data = last.startswith(b"354")

    def _line(self, line: bytes) -> None:
        if self._secret:
            self._write("C", "***")
            return
        if bdat := _BDAT.match(line):
            self._chunk = self._content = int(bdat[1])
        self._secret = _LOGIN.match(line) is not None
        self._data = _DATA.match(line) is not None
        self._letter = _MULTILINE.match(line) is not None
        self._write("C", _text(_SECRET.sub(rb"\1***", line)))

    def _tell_content(self) -> None:
        self._write("C", f"({self._content} octets of the letter)")
        self._content = 0


def _text(line: bytes) -> str:
    return line[:LINE].decode("utf-8", "backslashreplace")
