"""The octets of a letter that a section of FETCH means. RFC 9051 §6.4.5.1, RFC 3516 §4."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hawknest.mail import brief, decode, section
from hawknest.mail.mime import HEADER_LIMIT, Octets, Part
from hawknest.wire.imap.fetching import Attribute, Section, Text
from hawknest.wire.imap.strings import NIL, literal

STREAMED: Final = 1 << 20  # octets from which on a piece of a file is sent block by block


class UnknownEncoding(Exception):
    """A part is in a transfer encoding that nobody knows (RFC 3516 §4.3)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Octets of a file that are sent as a literal, block by block."""

    place: str
    start: int
    end: int


def value(wanted: Section, root: Part, data: Octets, place: str | None) -> bytes | Piece:
    """Write what a section is: a literal, NIL where there is no such part, the piece of a file where that is long.

    `place` is the letter's file, or None. Raises UnknownEncoding.
    """
    if wanted.binary:
        return _binary(wanted, root, data)
    if wanted.text in {Text.FIELDS, Text.FIELDS_NOT}:
        span = section.header(root, wanted.numbers)
        if span is None:
            return NIL
        octets = section.fields(
            data[span.start : min(span.end, span.start + HEADER_LIMIT)],
            wanted.fields,
            exclude=wanted.text is Text.FIELDS_NOT,
        )
        return literal(_cut(octets, wanted))
    span = _span(wanted, root)
    if span is None:
        return NIL
    found = cut(wanted, data, place, *span)
    return found if isinstance(found, Piece) else literal(found)


def cut(wanted: Section, data: Octets, place: str | None, start: int, end: int) -> bytes | Piece:
    """Give the octets from a start to an end, as far as they are wanted: as they are, or the piece of a file."""
    if wanted.partial is not None:
        start = min(start + wanted.partial[0], end)
        end = min(start + wanted.partial[1], end)
    if place is not None and end - start >= STREAMED:
        return Piece(place, start, end)
    octets = data[start:end]
    return octets.replace(b"\0", b"\x80") if b"\0" in octets else octets


def is_whole(wanted: Section | Attribute) -> bool:
    """Whether a section is the letter as it is."""
    return (
        isinstance(wanted, Section) and wanted.text is Text.ALL and not wanted.numbers and not wanted.binary
    )


def is_fields(wanted: Section | Attribute) -> bool:
    """Whether a section is fields of the letter's header of which a copy is kept (`mail.brief`)."""
    return (
        isinstance(wanted, Section)
        and wanted.text is Text.FIELDS
        and not wanted.numbers
        and not any(brief.leaves_out(name) for name in wanted.fields)
    )


def from_fields(wanted: Section, copies: Iterable[bytes]) -> list[bytes]:
    """Write a section that `is_fields` of letters after one another, from the copies that are kept of their headers."""
    choose = section.chooser(wanted.fields)
    return [literal(_cut(choose(copy), wanted)) for copy in copies]


def label(wanted: Section) -> bytes:
    """Name a section as the answer does: of a part of its octets, where that begins."""
    return wanted.label if wanted.partial is None else b"%b<%d>" % (wanted.label, wanted.partial[0])


def _span(wanted: Section, root: Part) -> section.Span | None:
    match wanted.text:
        case Text.ALL:
            return section.body(root, wanted.numbers)
        case Text.HEADER:
            return section.header(root, wanted.numbers)
        case Text.TEXT:
            return section.text(root, wanted.numbers)
        case _:
            return section.mime(root, wanted.numbers)


def _binary(wanted: Section, root: Part, data: Octets) -> bytes:
    """Write a part decoded, or how long it would be."""
    if not wanted.numbers:
        span = section.body(root, ())
        octets = data[span.start : span.end] if span else b""
    else:
        part = section.find(root, wanted.numbers)
        if part is None:
            return b"0" if wanted.size else NIL
        if wanted.size:
            size = decode.size(part, data)
            if size is None:
                raise UnknownEncoding
            return b"%d" % size
        found = decode.decoded(part, data)
        if found is None:
            raise UnknownEncoding
        octets = found
    if wanted.size:
        return b"%d" % len(octets)
    octets = _cut(octets, wanted)
    if b"\0" in octets:
        return b"~{%d}\r\n%b" % (len(octets), octets)
    return literal(octets)


def _cut(octets: bytes, wanted: Section) -> bytes:
    if wanted.partial is None:
        return octets
    start, count = wanted.partial
    return octets[start : start + count]
