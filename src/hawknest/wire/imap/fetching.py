"""What FETCH asks for. RFC 9051 §6.4.5, §9, RFC 3516 §4, RFC 7162 §3.1.4.

fetch     = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
section   = "[" [section-spec] "]"
partial   = "<" number64 "." nz-number64 ">"
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from hawknest.wire.imap.cursor import CommandError, Cursor
from hawknest.wire.imap.sets import NumberSet
from hawknest.wire.imap.strings import astring


class Attribute(Enum):
    """An attribute of a message, by its name in the language."""

    FLAGS = "FLAGS"
    UID = "UID"
    INTERNALDATE = "INTERNALDATE"
    SIZE = "RFC822.SIZE"
    ENVELOPE = "ENVELOPE"
    BODY = "BODY"  # the structure without extension data
    BODYSTRUCTURE = "BODYSTRUCTURE"
    MODSEQ = "MODSEQ"  # RFC 7162
    EMAILID = "EMAILID"  # RFC 8474
    THREADID = "THREADID"
    SAVEDATE = "SAVEDATE"  # RFC 8514
    PREVIEW = "PREVIEW"  # RFC 8970


class Text(Enum):
    """What of a part is meant."""

    ALL = auto()
    HEADER = auto()
    FIELDS = auto()
    FIELDS_NOT = auto()
    TEXT = auto()
    MIME = auto()


@dataclass(frozen=True, slots=True)
class Section:
    """Octets of a message that are asked for."""

    label: bytes  # how the answer names it, without the partial
    numbers: tuple[int, ...] = ()
    text: Text = Text.ALL
    fields: tuple[bytes, ...] = ()  # names of header fields
    peek: bool = True  # False: to read it sets \Seen
    partial: tuple[int, int] | None = None  # first octet, how many at the most
    binary: bool = False  # decoded (RFC 3516)
    size: bool = False  # only how many octets that would be


@dataclass(frozen=True, slots=True)
class Fetch:
    """Give attributes of messages."""

    numbers: NumberSet
    by_uid: bool
    attributes: tuple[Attribute, ...] = ()
    sections: tuple[Section, ...] = ()
    changed_since: int | None = None  # RFC 7162 §3.1.4.1
    vanished: bool = False  # RFC 7162 §3.2.6
    partial: tuple[int, int] | None = None  # RFC 9394: from the start, or negative from the end


_FAST: Final = (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE)
_ALL: Final = (*_FAST, Attribute.ENVELOPE)
MACROS: Final = {"ALL": _ALL, "FAST": _FAST, "FULL": (*_ALL, Attribute.BODY)}

_OLD: Final = {  # RFC 3501 §6.4.5
    "RFC822": Section(b"RFC822", peek=False),
    "RFC822.HEADER": Section(b"RFC822.HEADER", text=Text.HEADER),
    "RFC822.TEXT": Section(b"RFC822.TEXT", text=Text.TEXT, peek=False),
}
_NAMES: Final = {attribute.value: attribute for attribute in Attribute}
_NAME: Final = re.compile(rb"[A-Za-z0-9.]+")
_NUMBERS: Final = re.compile(rb"[1-9][0-9]{0,8}(?:\.[1-9][0-9]{0,8})*")
_TEXTS: Final = {
    "HEADER": Text.HEADER,
    "HEADER.FIELDS": Text.FIELDS,
    "HEADER.FIELDS.NOT": Text.FIELDS_NOT,
    "TEXT": Text.TEXT,
    "MIME": Text.MIME,
}
LEVELS: Final = 100  # numbers of a part
SECTIONS: Final = 1000  # of one command: a digest of a hundred letters has some hundreds of parts


def read(cursor: Cursor, *, by_uid: bool) -> Fetch:
    """Read what follows FETCH. Raises CommandError."""
    numbers = cursor.set()
    cursor.space()
    named, sections = attributes(cursor)
    since, vanished, partial = None, False, None
    if cursor.take(b" ") and not cursor.over():
        since, vanished, partial = modifiers(cursor)
    cursor.end()
    if vanished and (since is None or not by_uid):
        raise CommandError("VANISHED goes with UID FETCH and CHANGEDSINCE")
    wanted = dict.fromkeys(named)
    if by_uid:
        wanted.setdefault(Attribute.UID)
    if since is not None:
        wanted.setdefault(Attribute.MODSEQ)
    return Fetch(numbers, by_uid, tuple(wanted), sections, since, vanished, partial)


def attributes(cursor: Cursor) -> tuple[tuple[Attribute, ...], tuple[Section, ...]]:
    """Read the attributes that are asked for, each once. Raises CommandError."""
    named: dict[Attribute, None] = {}
    sections: dict[Section, None] = {}

    def item() -> None:
        match _item(cursor):
            case Section() as section:
                sections[section] = None
            case found:
                named.update(dict.fromkeys(found))

    cursor.one_or_listed(item)
    if len(sections) > SECTIONS:
        raise CommandError(f"{SECTIONS} sections at once, at the most", "LIMIT")
    return tuple(named), tuple(sections)


def modifiers(cursor: Cursor) -> tuple[int | None, bool, tuple[int, int] | None]:
    """Read `fetch-modifiers`: CHANGEDSINCE, VANISHED (RFC 7162 §7), PARTIAL (RFC 9394 §4). Raises CommandError."""
    since: int | None = None
    vanished = False
    partial: tuple[int, int] | None = None

    def one() -> None:
        nonlocal since, vanished, partial
        match cursor.word():
            case "CHANGEDSINCE":
                cursor.space()
                since = cursor.number()
            case "VANISHED":
                vanished = True
            case "PARTIAL":
                cursor.space()
                partial = partial_range(cursor)
            case other:
                raise CommandError(f"I do not know {other} here")

    cursor.listed(one)
    return since, vanished, partial


def partial_range(cursor: Cursor) -> tuple[int, int]:
    """Read `partial-range-first = nz-number ":" nz-number`, or both negative: from the end. RFC 9394 §4."""
    minus = cursor.take(b"-")
    first = cursor.number(1)
    cursor.expect(b":")
    if minus:
        cursor.expect(b"-")
    last = cursor.number(1)
    low, high = min(first, last), max(first, last)
    return (-high, -low) if minus else (low, high)


def _item(cursor: Cursor) -> Section | tuple[Attribute, ...]:
    found = _NAME.match(cursor.text, cursor.at)
    if found is None:
        raise CommandError("The name of an attribute is expected")
    cursor.at = found.end()
    name = found[0].upper().decode("ascii")
    if name in MACROS:
        return MACROS[name]
    if name in _OLD:
        return _OLD[name]
    if cursor.peek(b"["):
        return _section(cursor, name)
    if name == "PREVIEW" and cursor.peek(b" ("):  # RFC 8970 §3.1: LAZY asks for what is at hand, and it is
        cursor.at += 1
        if cursor.listed(cursor.word) != ["LAZY"]:
            raise CommandError("PREVIEW may only be LAZY")
    if name not in _NAMES:
        raise CommandError(f"I do not know {name}")
    return (_NAMES[name],)


def _section(cursor: Cursor, name: str) -> Section:
    """Read `"BODY" [".PEEK"] section [partial]`, `"BINARY" [".PEEK"] section-binary [partial]`, `BINARY.SIZE`."""
    kind, _, rest = name.partition(".")
    if (kind, rest) not in {
        ("BODY", ""),
        ("BODY", "PEEK"),
        ("BINARY", ""),
        ("BINARY", "PEEK"),
        ("BINARY", "SIZE"),
    }:
        raise CommandError(f"I do not know {name}")
    start = cursor.at
    cursor.expect(b"[")
    binary = kind == "BINARY"
    numbers = _numbers(cursor)
    text, fields = Text.ALL, ()
    if not cursor.peek(b"]") and not binary:
        text, fields = _text(cursor)
    if text is Text.MIME and not numbers:
        raise CommandError("MIME needs the number of a part")
    cursor.expect(b"]")
    label = (
        kind.encode() + (b".SIZE" if rest == "SIZE" else b"") + _shown(cursor.text[start : cursor.at], fields)
    )
    partial: tuple[int, int] | None = None
    if cursor.peek(b"<") and rest != "SIZE":
        cursor.at += 1
        first = cursor.number()
        cursor.expect(b".")
        partial = (first, cursor.number(1))
        cursor.expect(b">")
    return Section(label, numbers, text, fields, bool(rest), partial, binary=binary, size=rest == "SIZE")


def _numbers(cursor: Cursor) -> tuple[int, ...]:
    found = _NUMBERS.match(cursor.text, cursor.at)
    if found is None:
        return ()
    cursor.at = found.end()
    numbers = tuple(int(number) for number in found[0].split(b"."))
    if len(numbers) > LEVELS:
        raise CommandError(f"Parts are {LEVELS} deep at the most")
    if not cursor.peek(b"]"):
        cursor.expect(b".")
    return numbers


def _text(cursor: Cursor) -> tuple[Text, tuple[bytes, ...]]:
    found = _NAME.match(cursor.text, cursor.at)
    text = _TEXTS.get(found[0].upper().decode("ascii")) if found else None
    if found is None or text is None:
        raise CommandError("HEADER, TEXT or MIME is expected")
    cursor.at = found.end()
    if text not in {Text.FIELDS, Text.FIELDS_NOT}:
        return text, ()
    cursor.space()
    return text, tuple(cursor.listed(cursor.astring))


def _shown(spec: bytes, fields: tuple[bytes, ...]) -> bytes:
    """Write a section as the answer names it: as it was asked, with literals made strings."""
    if not fields:
        return spec.upper()
    return b"%b (%b)]" % (
        spec.partition(b"(")[0].rstrip(b" ").upper(),
        b" ".join([astring(f) for f in fields]),
    )
