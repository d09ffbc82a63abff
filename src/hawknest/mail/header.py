"""The header section of a letter, read from any bytes. RFC 5322 §2.2, RFC 6532.

Whatever arrives is read in one pass and without complaint: a line that is no field is left out, a header without an
end ends with the bytes. So it works on the first kilobytes of a letter that is still arriving as well. CRLF ends a
line; so does a bare LF, as letters that came with a length (BDAT, APPEND) may have; a bare CR does not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from hawknest.mail.words import decode_words

# field      = field-name ":" unstructured CRLF          ; RFC 5322 §2.2
# field-name = 1*ftext ; %d33-57 / %d59-126              ; obs-optional (§4.5.8) has WSP before the colon
_FIELD: Final = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?", re.MULTILINE)
_LINE_END: Final = re.compile(rb"(?<!\r)\r*+\n")  # looked for where a run of CRs begins: linear time
# msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]    ; RFC 5322 §3.6.4; looser: any text without spaces
_MESSAGE_ID: Final = re.compile(rb"<([!-;=?-~\x80-\xff]{1,900}+)>")


class Split(NamedTuple):
    """Where a header section ends and the body begins."""

    #: Octets of the header section, with the line end of its last line.
    header_end: int
    #: Where the body begins: after the blank line; the same as `header_end` when there is none.
    body_start: int


def split(letter: bytes) -> Split:
    """Find the blank line after the header section.

    Args:
        letter: a letter, or its first octets.

    Returns:
        The two offsets; both are the length when no blank line was seen.
    """
    if letter.startswith((b"\r\n", b"\n")):
        return Split(0, letter.index(b"\n") + 1)
    crlf = letter.find(b"\n\r\n")
    lf = letter.find(b"\n\n", 0, crlf if crlf >= 0 else len(letter))
    if lf >= 0:
        return Split(lf + 1, lf + 2)
    if crlf >= 0:
        return Split(crlf + 1, crlf + 3)
    return Split(len(letter), len(letter))


def unfold(value: bytes) -> bytes:
    """A value on one line, without the spaces around it. RFC 5322 §2.2.3."""
    return _LINE_END.sub(b"", value).strip() if b"\n" in value else value.strip()


def message_ids(value: bytes) -> list[str]:
    """The message identifiers in the value of Message-ID, In-Reply-To or References, with their brackets."""
    return [found[0].decode("utf-8", "replace") for found in _MESSAGE_ID.finditer(value)]


def hops(header: bytes) -> int:
    """How many Received fields a header section has: how many servers the letter went through. RFC 5321 §6.3."""
    lower = header.lower()
    return lower.count(b"\nreceived:") + lower.startswith(b"received:")


_MESSAGE_ID_FIELD: Final = re.compile(
    rb"^message-id[ \t]*+:(?:[ \t]|\r?\n[ \t])*+([^\r\n]{1,998})", re.IGNORECASE | re.MULTILINE
)


def find_message_id(header: bytes) -> str | None:
    """The text of the first Message-ID field, without indexing the others: for every letter that comes in."""
    found = _MESSAGE_ID_FIELD.search(header)
    return found[1].decode("utf-8", "replace").strip() if found else None


@dataclass(frozen=True, slots=True)
class Field:
    """One header field, as it stands in the letter."""

    #: The name as it was written.
    name: str
    #: What follows the colon, folding and all, without the last line end.
    raw: bytes
    #: Where the field begins and ends (after its line end) in the header section.
    start: int
    end: int

    @property
    def value(self) -> bytes:
        """The value on one line."""
        return unfold(self.raw)

    @property
    def text(self) -> str:
        """The value as people read it."""
        return decode_words(unfold(self.raw))


class Header:
    """A header section, indexed once."""

    __slots__ = ("_index", "octets")

    def __init__(self, octets: bytes) -> None:
        """Index a header section.

        Args:
            octets: the section, without the blank line; see `Header.of` for a whole letter.
        """
        self.octets = octets
        self._index: dict[str, list[Field]] | None = None

    @classmethod
    def of(cls, letter: bytes) -> "Header":
        """The header section of a letter, or of a letter's first octets."""
        return cls(letter[: split(letter).header_end])

    def __iter__(self) -> Iterator[Field]:
        """Every field, from the top."""
        for found in _FIELD.finditer(self.octets):
            raw = found[2]
            yield Field(found[1].decode("ascii"), raw.removesuffix(b"\r"), found.start(), found.end())

    def every(self, name: str) -> list[Field]:
        """Every field of a name, in any case, from the top."""
        if self._index is None:
            self._index = {}
            for field in self:
                self._index.setdefault(field.name.lower(), []).append(field)
        return self._index.get(name.lower(), [])

    def count(self, name: str) -> int:
        """How many fields have that name."""
        return len(self.every(name))

    def first(self, name: str) -> bytes | None:
        """The value of the first field of that name on one line; None when there is none."""
        fields = self.every(name)
        return fields[0].value if fields else None

    def text(self, name: str) -> str:
        """The first field of that name as people read it; empty when there is none."""
        fields = self.every(name)
        return fields[0].text if fields else ""

    @property
    def message_id(self) -> str | None:
        """The Message-ID with its brackets, or None when there is none that can be used."""
        ids = message_ids(self.first("Message-ID") or b"")
        return ids[0] if ids else None
