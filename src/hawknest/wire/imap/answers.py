"""What an IMAP server says, as a client reads it: values of it, and their grammar. RFC 9051 §7, §9.

response-data = "*" SP (resp-cond-state / mailbox-data / message-data / capability-data / …) CRLF
response-done = tag SP ("OK" / "NO" / "BAD") SP resp-text CRLF
resp-text     = ["[" resp-text-code "]" SP] [text]

What is not asked about is passed over. Names are kept as the server wrote them, so that they can be said back.
"""

import calendar
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from hawknest.wire.errors import ProtocolError

DEPTH: Final = 40  # brackets in brackets


@dataclass(frozen=True, slots=True)
class Condition:
    """How something stands: the greeting, the end of a command (`tag` is its number), or a word in between (`tag` 0)."""

    kind: str  # OK NO BAD BYE PREAUTH
    code: str  # such as UIDVALIDITY, or ''
    arguments: tuple[str, ...]  # what follows in the brackets
    text: str
    tag: int = 0


@dataclass(frozen=True, slots=True)
class Go:
    """The server waits for what comes next."""

    text: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server can do, in capitals."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A mailbox."""

    attributes: frozenset[str]  # in lower case
    delimiter: str  # between the levels of its name; '': it has one
    name: bytes


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Where mailboxes are: prefix and delimiter, one's own first (RFC 2342 §5)."""

    own: tuple[tuple[bytes, str], ...]
    others: tuple[tuple[bytes, str], ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """The number of letters in the mailbox."""

    count: int


@dataclass(frozen=True, slots=True)
class Expunged:
    """A letter went away; the numbers behind it are one less now."""

    number: int


@dataclass(frozen=True, slots=True)
class Body:
    """The octets of a letter begin; they come as `Chunk`s."""

    uid: int  # 0: it is not known yet
    size: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Octets of a letter."""

    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was said of a letter; where its octets were asked for, they came before."""

    number: int
    uid: int = 0
    flags: tuple[str, ...] = ()
    at: float | None = None  # internal date, seconds since the epoch


Answer = Condition | Go | Capabilities | Listed | Namespaces | Exists | Expunged | Body | Chunk | Fetched

_CONDITION: Final = re.compile(rb"(OK|NO|BAD|BYE|PREAUTH)(?: (.*))?", re.DOTALL | re.IGNORECASE)
_CODE: Final = re.compile(rb"\[([^\] ]+)(?: ([^\]]*))?\] ?(.*)", re.DOTALL)
_NUMBERED: Final = re.compile(rb"(\d{1,20}) (EXISTS|EXPUNGE|FETCH)(?: |$)", re.IGNORECASE)
_QUOTED: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PAIR: Final = re.compile(rb"\\(.)", re.DOTALL)
# quirk_brackets: BODY[HEADER.FIELDS (A B)] is one word, spaces and all.
_WORD: Final = re.compile(rb"[^\s()\"\[\]]*(?:\[[^\]]*\](?:<\d+>)?)?[^\s()\"]*")
_DATE: Final = re.compile(rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS: Final = b"jan feb mar apr may jun jul aug sep oct nov dec".split()

#: A value of a response: a word or string, NIL, or several in brackets.
Value: TypeAlias = "bytes | list[Value] | None"


def condition(text: bytes, tag: int) -> Condition | None:
    """Read how a command, or the session, stands; None: it is something else."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        return None
    rest = found[2] or b""
    code, arguments = b"", b""
    if (inside := _CODE.fullmatch(rest)) is not None:
        code, arguments, rest = inside[1], inside[2] or b"", inside[3]
    return Condition(
        found[1].decode().upper(),
        code.decode("ascii", "replace").upper(),
        tuple(arguments.decode("utf-8", "replace").split()),
        rest.decode("utf-8", "replace"),
        tag,
    )


def untagged(text: bytes, literals: list[bytes]) -> Answer | None:
    """Read what follows `* `; each literal's place is marked by `{}`. None: it is nothing that we look at.

    Raises ProtocolError.
    """
    if (found := _NUMBERED.match(text)) is not None:
        number, what = int(found[1]), found[2].upper()
        if what == b"FETCH":
            return _fetched(number, values(text[found.end() :], literals))
        return Exists(number) if what == b"EXISTS" else Expunged(number)
    name, _, rest = text.partition(b" ")
    match name.upper():
        case b"CAPABILITY":
            return Capabilities(frozenset(rest.decode("ascii", "replace").upper().split()))
        case b"LIST":
            return _listed(values(rest, literals))
        case b"NAMESPACE":
            return _namespaces(values(rest, literals))
        case _:
            return condition(text, 0)


def values(text: bytes, literals: list[bytes]) -> list[Value]:
    """Read words, strings and lists of them. Raises ProtocolError."""
    stack: list[list[Value]] = [[]]
    waiting = iter(literals)
    at = 0
    while at < len(text):
        mark = text[at : at + 1]
        if mark == b"(":
            stack.append([])
            if len(stack) > DEPTH:
                raise ProtocolError("the server's answer has too many brackets")
            at += 1
        elif mark == b")":
            if len(stack) == 1:
                raise ProtocolError("the server's answer has a bracket too many")
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif mark == b'"':
            found = _QUOTED.match(text, at)
            if found is None:
                raise ProtocolError("the server's answer has a string without an end")
            stack[-1].append(_PAIR.sub(rb"\1", found[1]))
            at = found.end()
        elif text.startswith(b"{}", at):
            stack[-1].append(next(waiting, b""))
            at += 2
        elif mark.isspace():
            at += 1
        else:
            found = _WORD.match(text, at)
            word = found[0] if found is not None else b""
            if not word:
                raise ProtocolError("the server's answer cannot be understood")
            stack[-1].append(None if word.upper() == b"NIL" else word)
            at += len(word)
    if len(stack) > 1:
        raise ProtocolError("the server's answer lacks a bracket")
    return stack[0]


def _listed(found: list[Value]) -> Listed | None:
    match found:
        case [list(attributes), bytes() | None as delimiter, bytes(name), *_]:
            marks = frozenset(_text(mark).lower() for mark in _octets(attributes))
            return Listed(marks, _text(delimiter or b""), name)
        case _:
            return None


def _namespaces(found: list[Value]) -> Namespaces:
    groups = [_spaces(group) for group in found]
    return Namespaces(groups[0] if groups else (), tuple(space for group in groups[1:] for space in group))


def _spaces(group: Value) -> tuple[tuple[bytes, str], ...]:
    spaces: list[tuple[bytes, str]] = []
    for space in group if isinstance(group, list) else ():
        match space:
            case [bytes(prefix), bytes() | None as delimiter, *_]:
                spaces.append((prefix, _text(delimiter or b"")))
            case _:
                pass
    return tuple(spaces)


def _fetched(number: int, found: list[Value]) -> Fetched:
    items: dict[bytes, Value] = {}
    match found:
        case [list(pairs)]:
            for name, value in zip(pairs[::2], pairs[1::2], strict=False):
                if isinstance(name, bytes):
                    items[name.upper()] = value
        case _:
            raise ProtocolError("the server's answer to FETCH cannot be understood")
    flags = items.get(b"FLAGS")
    return Fetched(
        number,
        _number(items.get(b"UID")),
        tuple(_text(flag) for flag in _octets(flags)) if isinstance(flags, list) else (),
        _date(items.get(b"INTERNALDATE")),
    )


def body_of(text: bytes, literals: list[bytes]) -> bytes | None:
    """The octets of a letter where a FETCH response has them as a quoted string; None where it has none."""
    found = values(text[text.find(b"(") :], literals)
    match found:
        case [list(pairs)]:
            for name, value in zip(pairs[::2], pairs[1::2], strict=False):
                if isinstance(name, bytes) and name.upper() == b"BODY[]" and isinstance(value, bytes):
                    return value
        case _:
            pass
    return None


def _octets(found: list[Value]) -> list[bytes]:
    return [value for value in found if isinstance(value, bytes)]


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _number(value: Value) -> int:
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) < 20 else 0


def _date(value: Value) -> float | None:
    """Read date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE."""
    found = _DATE.fullmatch(value) if isinstance(value, bytes) else None
    if found is None or found[2].lower() not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    ahead = (int(found[8]) * 60 + int(found[9])) * 60
    try:
        moment = calendar.timegm(
            (year, _MONTHS.index(found[2].lower()) + 1, day, hour, minute, second, 0, 0, 0)
        )
    except (ValueError, OverflowError):
        return None
    return float(moment - ahead if found[7] == b"+" else moment + ahead)


def date_time(at: float) -> bytes:
    """Write an internal date; `at` is in seconds since the epoch."""
    moment = _EPOCH + timedelta(seconds=int(at))
    month = _MONTHS[moment.month - 1].capitalize().decode()
    return f'"{moment.day:2}-{month}-{moment.year:04} {moment:%H:%M:%S} +0000"'.encode()
