"""The commands of POP3 as values, and how their lines are read. RFC 1939 §3, RFC 2449, RFC 2595, RFC 5034, RFC 6856."""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hawknest.wire.errors import ProtocolError


class CommandError(ProtocolError):
    """A line that is no command of ours; the message is fit to be sent."""


@dataclass(frozen=True, slots=True)
class User:
    """The name of who wants to read. RFC 1939 §7."""

    name: str


@dataclass(frozen=True, slots=True)
class Pass:
    """The password that goes with it. RFC 1939 §7."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Auth:
    """Another way to say who one is; without a mechanism, the question which there are. RFC 5034 §4."""

    mechanism: str = ""
    initial: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Stls:
    """The wish to speak TLS. RFC 2595 §4."""


@dataclass(frozen=True, slots=True)
class Capa:
    """What can be done here? RFC 2449 §5."""


@dataclass(frozen=True, slots=True)
class Stat:
    """How many letters, how many octets? RFC 1939 §5."""


@dataclass(frozen=True, slots=True)
class List:
    """How large is a letter, or each of them? RFC 1939 §5."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Uidl:
    """What is a letter's name that stays, or each one's? RFC 1939 §7."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Retr:
    """Give a letter. RFC 1939 §5."""

    number: int


@dataclass(frozen=True, slots=True)
class Top:
    """Give the header of a letter and some lines. RFC 1939 §7."""

    number: int
    lines: int


@dataclass(frozen=True, slots=True)
class Dele:
    """Mark a letter to be deleted. RFC 1939 §5."""

    number: int


@dataclass(frozen=True, slots=True)
class Rset:
    """Unmark all letters. RFC 1939 §5."""


@dataclass(frozen=True, slots=True)
class Noop:
    """Say something. RFC 1939 §5."""


@dataclass(frozen=True, slots=True)
class Utf8:
    """Names, passwords and letters may be UTF-8 from now on. RFC 6856 §2.1."""


@dataclass(frozen=True, slots=True)
class Lang:
    """The language of our words, or which there are. RFC 6856 §3."""

    tag: str = ""


@dataclass(frozen=True, slots=True)
class Quit:
    """Delete what is marked, and leave. RFC 1939 §4, §6."""


Command = (
    User
    | Pass
    | Auth
    | Stls
    | Capa
    | Stat
    | List
    | Uidl
    | Retr
    | Top
    | Dele
    | Rset
    | Noop
    | Utf8
    | Lang
    | Quit
)

_NUMBER: Final = re.compile(r"[0-9]{1,10}", re.ASCII)
_MECHANISM: Final = re.compile(r"[A-Za-z0-9_-]{1,20}", re.ASCII)
_TAG: Final = re.compile(r"[A-Za-z0-9-]{1,40}|\*", re.ASCII)


def parse(line: bytes) -> Command:
    """Read a command line, without its CRLF. Raises CommandError."""
    verb, _, rest = line.partition(b" ")
    read = GRAMMAR.get(verb.upper())
    if read is None:
        raise CommandError("I do not know this command")
    try:
        return read(rest.decode("utf-8"))
    except UnicodeDecodeError:
        raise CommandError("The arguments must be UTF-8") from None


def base64(text: str) -> bytes:
    """Read a base64 string of a SASL exchange; "=" stands for an empty one (RFC 5034 §4). Raises CommandError."""
    if text == "=":
        return b""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CommandError("That is not base64") from None


def _nothing(command: Command) -> Callable[[str], Command]:
    def read(rest: str) -> Command:
        if rest.strip(" "):
            raise CommandError("This command has no arguments")
        return command

    return read


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise CommandError("A number is expected")
    return int(text)


def _optional(make: Callable[[int | None], Command]) -> Callable[[str], Command]:
    def read(rest: str) -> Command:
        rest = rest.strip(" ")
        return make(_number(rest) if rest else None)

    return read


def _user(rest: str) -> User:
    if not rest.strip(" "):
        raise CommandError("A name is expected")
    return User(rest.strip(" "))


def _top(rest: str) -> Top:
    number, _, lines = rest.strip(" ").partition(" ")
    return Top(_number(number), _number(lines.strip(" ")))


def _auth(rest: str) -> Auth:
    """Read AUTH: `auth-command = "AUTH" SP sasl-mech [SP initial-response]`; RFC 5034 §5."""
    mechanism, _, initial = rest.strip(" ").partition(" ")
    if mechanism and not _MECHANISM.fullmatch(mechanism):
        raise CommandError("That is no way of authentication")
    return Auth(mechanism.upper(), base64(initial.strip(" ")) if initial else None)


def _lang(rest: str) -> Lang:
    tag = rest.strip(" ")
    if tag and not _TAG.fullmatch(tag):
        raise CommandError("That is no language tag")
    return Lang(tag)


#: One row a command: its keyword, and how its arguments are read.
GRAMMAR: Final[dict[bytes, Callable[[str], Command]]] = {
    b"USER": _user,
    b"PASS": Pass,  # all of the rest: a password may have spaces (RFC 1939 §7)
    b"AUTH": _auth,
    b"STLS": _nothing(Stls()),
    b"CAPA": _nothing(Capa()),
    b"STAT": _nothing(Stat()),
    b"LIST": _optional(List),
    b"UIDL": _optional(Uidl),
    b"RETR": lambda rest: Retr(_number(rest.strip(" "))),
    b"TOP": _top,
    b"DELE": lambda rest: Dele(_number(rest.strip(" "))),
    b"RSET": _nothing(Rset()),
    b"NOOP": _nothing(Noop()),
    b"UTF8": _nothing(Utf8()),
    b"LANG": _lang,
    b"QUIT": _nothing(Quit()),
}
