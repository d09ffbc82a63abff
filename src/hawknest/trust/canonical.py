"""The forms of a letter in which DKIM signs it: as it is (simple), or without what servers change on the way (relaxed). RFC 6376 §3.4.

A body is taken in blocks, cut anywhere, and never held: what is kept from one block to the next is what might turn out to be the
end of a line, or of the letter.
"""

import re
from enum import StrEnum
from typing import Final, Protocol


class Form(StrEnum):
    """A canonicalisation. RFC 6376 §3.4."""

    SIMPLE = "simple"
    RELAXED = "relaxed"


class Hash(Protocol):
    """What `hashlib` makes."""

    def update(self, data: bytes, /) -> None:
        """Take more octets."""
        ...

    def digest(self) -> bytes:
        """Give the hash of what was taken."""
        ...


LINE: Final = 64 * 1024  # octets of a line that are held, before it is taken in pieces

_FIELD: Final = re.compile(rb"([^\r\n:]*+):([^\n]*+(?:\n[ \t][^\n]*+)*+\n?+)")
_SPACES: Final = re.compile(rb"[ \t]+")
_LINE_ENDS: Final = re.compile(rb"\r?\n")


def fields(header: bytes) -> list[tuple[bytes, bytes]]:
    """Divide a header section into its fields: each one's name in lower case, and the field as it stands, with its line end."""
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(header):
        field = _FIELD.match(header, at)
        if field is not None:
            found.append((field[1].rstrip(b" \t").lower(), field[0]))
            at = field.end()
            continue
        end = header.find(b"\n", at)  # a line that is no field
        at = len(header) if end < 0 else end + 1
    return found


def field(raw: bytes, form: Form) -> bytes:
    """Write one field in a form, with its line end."""
    if form is Form.SIMPLE:
        return raw if raw.endswith(b"\r\n") else raw.removesuffix(b"\n") + b"\r\n"
    name, _, value = raw.partition(b":")
    value = _SPACES.sub(b" ", _LINE_ENDS.sub(b"", value)).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value + b"\r\n"


class Body:
    """The hash of a body in a form; `limit` is how many octets of it count, None: all (RFC 6376 §3.5, l=)."""

    __slots__ = ("_any", "_ends", "_form", "_hash", "_held", "_limit", "length")

    def __init__(self, form: Form, algorithm: Hash, limit: int | None = None) -> None:
        self._form = form
        self._hash = algorithm
        self._limit = limit
        self._held = b""  # the beginning of a line that is not over
        self._ends = 0  # line ends that may be the last ones of the letter
        self._any = False  # something was hashed
        self.length = 0  # octets of the body in this form, so far

    def update(self, block: bytes) -> None:
        """Take more of the body."""
        data = self._held + block
        cut = data.rfind(b"\n") + 1
        whole, self._held = data[:cut], data[cut:]
        if whole:
            self._lines(whole)
        if len(self._held) > LINE:
            self._piece()

    def digest(self) -> bytes:
        """End the body, and give the hash."""
        if self._held:
            last = self._relaxed(self._held) if self._form is Form.RELAXED else self._held
            last = last.rstrip(b" ") if self._form is Form.RELAXED else last
            self._held = b""
            if last:
                self._content(last)
                self._ends = 1
        if self._any or self._form is Form.SIMPLE:
            self._take(b"\r\n")
        return self._hash.digest()

    def _lines(self, lines: bytes) -> None:
        """Take whole lines."""
        if self._form is Form.RELAXED:
            lines = self._relaxed(lines)
            if b" \r\n" in lines:
                lines = lines.replace(b" \r\n", b"\r\n")
        end = len(lines)
        while lines[end - 2 : end] == b"\r\n" and end:
            end -= 2
        if end:
            self._content(lines[:end])
            self._ends = 0
        self._ends += (len(lines) - end) // 2

    @staticmethod
    def _relaxed(octets: bytes) -> bytes:
        """Make every run of spaces and tabs one space."""
        if b"\t" in octets:
            octets = octets.replace(b"\t", b" ")
        while b"  " in octets:
            octets = octets.replace(b"  ", b" ")
        return octets

    def _piece(self) -> None:
        """Take of a long line what cannot be its end."""
        carriage = b"\r" if self._held.endswith(b"\r") else b""
        piece = self._held.removesuffix(b"\r")
        spaces = b""
        if self._form is Form.RELAXED:
            text = piece.rstrip(b" \t")
            spaces = b" " if len(text) < len(piece) else b""
            piece = self._relaxed(text)
        self._held = spaces + carriage
        if piece:
            self._content(piece)
            self._ends = 0

    def _content(self, octets: bytes) -> None:
        if self._ends:
            self._take(b"\r\n" * self._ends)
        self._take(octets)
        self._any = True

    def _take(self, octets: bytes) -> None:
        self.length += len(octets)
        if self._limit is not None:
            octets = octets[: self._limit]
            self._limit -= len(octets)
        self._hash.update(octets)
