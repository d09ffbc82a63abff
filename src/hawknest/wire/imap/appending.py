"""APPEND and REPLACE: the one command whose literals are letters and stream by. RFC 9051 §6.3.12, RFC 3502, RFC 4469, RFC 8508.

    append         = "APPEND" SP mailbox 1*append-message
    append-message = [SP flag-list] [SP date-time] SP append-data
    append-data    = literal / literal8 / "UTF8" SP "(" literal8 ")" / "CATENATE" SP "(" cat-part *(SP cat-part) ")"
    cat-part       = "TEXT" SP literal / "URL" SP astring
    replace        = "REPLACE" SP seq-number SP mailbox append-message

Its parts come as events of their own, in this order for each message: `Begin`, then `Size` with its `Octets`, or a `Url`,
once or several times, then `End`; after the last message `Commit`. The door may say no at any of them: what the client sends
all the same is passed over, and nothing more of this command is told. `Abort` tells of a mistake or of a peer that is gone.
"""

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final, Protocol

from hawknest.wire.imap.command import Replace
from hawknest.wire.imap.cursor import CommandError, Cursor
from hawknest.wire.lines import Inbox, Parse

BLOCK: Final = 64 * 1024  # octets of a letter in one event
LINE: Final = 8192  # octets of a line between letters
MESSAGES: Final = 1000  # of one command
URLS: Final = 100  # of one message


@dataclass(frozen=True, slots=True)
class Begin:
    """A message is to be appended to a mailbox."""

    mailbox: str
    flags: tuple[str, ...] = ()
    at: float | None = None  # internal date, seconds since the epoch
    replace: Replace | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """So many octets of it follow, unless the door says no."""

    octets: int
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Octets:
    """Octets of it."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Url:
    """A part of another message is a part of it (RFC 4469)."""

    url: str


@dataclass(frozen=True, slots=True)
class End:
    """The message is whole."""


@dataclass(frozen=True, slots=True)
class Commit:
    """All messages of the command are whole: keep them, and answer."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Nothing of the command counts; the client has its answer already, or is gone."""


Part = Begin | Size | Octets | Url | End | Commit | Abort


class Teller(Protocol):
    """What the reading of an APPEND needs of its engine."""

    @property
    def answered(self) -> bool:
        """Whether the door has answered the command already."""
        ...

    @property
    def utf8(self) -> bool:
        """Whether names are sent in UTF-8."""
        ...

    def go_ahead(self) -> None:
        """Tell the client that its literal may come."""
        ...

    def heard_letter(self, octets: int) -> None:
        """Note that octets of a letter came."""
        ...


_LITERAL: Final = re.compile(rb"(~?)\{([0-9]{1,19})(\+?)\}\Z")
_NAME_IS_LITERAL: Final = re.compile(rb"(?i)\A(?:APPEND|(?:UID )?REPLACE [0-9*]{1,10}) ~?\{[0-9]{1,4}\+?\}\Z")


def is_streamed(text: bytes) -> bool:
    """Whether a command, without its tag, is one that is read here."""
    return re.match(rb"(?i)(?:APPEND|REPLACE|UID REPLACE) ", text) is not None


class Appending:
    """One APPEND or REPLACE as it comes in."""

    def __init__(self, inbox: Inbox, teller: Teller) -> None:
        self._inbox = inbox
        self._teller = teller
        self._literals: dict[int, bytes] = {}
        self._announced = 0  # octets of a literal that comes without being asked for, and was not read yet

    def read(self, text: bytes) -> Generator[Part | None]:
        """Read the command from its first line, without tag.

        Where it is none, or the door has said no, the literals that the client sends without asking are passed over, so that no
        octet of a letter is ever taken for a command. Raises CommandError, EOFError, LineTooLong.
        """
        self._announced = _announced(text)
        mistake: CommandError | None = None
        try:
            yield from self._read(text)
        except CommandError as error:
            mistake = error
        while self._announced:
            yield from self._pass_over()
        if mistake is not None:
            raise mistake

    def _read(self, text: bytes) -> Generator[Part | None]:
        if _NAME_IS_LITERAL.match(text):
            text = yield from self._name(text)
        cursor = Cursor(text, self._literals, utf8=self._teller.utf8)
        replace = _command(cursor)
        name = cursor.mailbox()
        cursor.space()
        for _ in range(MESSAGES):
            cursor = yield from self._message(cursor, name, replace)
            if self._teller.answered:
                return
            if cursor.over() or replace is not None:
                break
            cursor.space()
            if cursor.over():  # quirk_trailing_space
                break
        else:
            raise CommandError(f"{MESSAGES} messages at once, at the most", "LIMIT")
        cursor.end()
        yield Commit()

    def _name(self, text: bytes) -> Parse[bytes]:
        """Read a mailbox's name that comes as a literal, and the line behind it."""
        found = _LITERAL.search(text)
        assert found is not None
        if not found[3]:
            self._teller.go_ahead()
        self._literals[found.start()] = yield from self._exactly(int(found[2]))
        return text + b"\r\n" + (yield from self._line())

    def _message(
        self, cursor: Cursor, name: str, replace: Replace | None
    ) -> Generator[Part | None, None, Cursor]:
        """Read one message. Returns the place behind it."""
        flags: list[str] = []
        at: float | None = None
        if cursor.peek(b"("):
            flags = cursor.flags()
            cursor.space()
        if cursor.peek(b'"'):
            at = cursor.date_time()
            cursor.space()
        yield Begin(name, tuple(flags), at, replace)
        if cursor.text[cursor.at : cursor.at + 10].upper() == b"CATENATE (":
            cursor.at += 10
            cursor = yield from self._parts(cursor)
        elif cursor.text[cursor.at : cursor.at + 6].upper() == b"UTF8 (":  # RFC 6855 §4
            cursor.at += 6
            cursor = yield from self._literal(cursor)
            cursor.expect(b")")
        else:
            cursor = yield from self._literal(cursor)
        if not self._teller.answered:
            yield End()
        return cursor

    def _parts(self, cursor: Cursor) -> Generator[Part | None, None, Cursor]:
        for _ in range(URLS):
            word = cursor.word()
            cursor.space()
            if word == "TEXT":
                cursor = yield from self._literal(cursor)
            elif word == "URL":
                cursor = yield from self._url(cursor)
            else:
                raise CommandError("TEXT or URL is expected")
            if cursor.take(b")"):
                return cursor
            cursor.space()
        raise CommandError(f"A message has {URLS} parts at the most", "LIMIT")

    def _url(self, cursor: Cursor) -> Generator[Part | None, None, Cursor]:
        found = _LITERAL.match(cursor.text, cursor.at)
        if found is not None:
            if int(found[2]) > LINE:
                raise CommandError("The URL is too long")
            if not found[3]:
                self._teller.go_ahead()
            url = yield from self._exactly(int(found[2]))
            cursor = Cursor((yield from self._line()), {}, utf8=cursor.utf8)
        else:
            url = cursor.astring()
        if not self._teller.answered:
            yield Url(url.decode("utf-8", "replace"))
        return cursor

    def _literal(self, cursor: Cursor) -> Generator[Part | None, None, Cursor]:
        """Hand a literal on. Returns the place behind it, which is at the beginning of a line."""
        found = _LITERAL.match(cursor.text, cursor.at)
        if found is None:
            raise CommandError("A literal is expected")
        size, waits = int(found[2]), not found[3]
        if not self._teller.answered:
            yield Size(size, bool(found[1]))
        if self._teller.answered and waits:  # the client sends nothing of it, and the command is over
            return Cursor(b"", {})
        if waits:
            self._teller.go_ahead()
        self._announced, left = 0, size
        while left:
            data = yield from self._inbox.some(min(left, BLOCK))
            left -= len(data)
            self._teller.heard_letter(len(data))
            if not self._teller.answered:
                yield Octets(data)
        return Cursor((yield from self._line()), {}, utf8=cursor.utf8)

    def _line(self) -> Parse[bytes]:
        line = yield from self._inbox.line(LINE)
        self._announced = _announced(line)
        return line

    def _pass_over(self) -> Parse[None]:
        """Forget a literal, and the line behind it."""
        while self._announced:
            self._announced -= len((yield from self._inbox.some(min(self._announced, BLOCK))))
        yield from self._line()

    def _exactly(self, size: int) -> Parse[bytes]:
        self._announced = 0
        parts: list[bytes] = []
        while size:
            data = yield from self._inbox.some(size)
            parts.append(data)
            size -= len(data)
        return b"".join(parts)


def _announced(line: bytes) -> int:
    """Tell how many octets of a literal follow a line, whatever is said to it."""
    found = _LITERAL.search(line)
    return int(found[2]) if found is not None and found[3] else 0


def _command(cursor: Cursor) -> Replace | None:
    """Read what stands before the mailbox."""
    word = cursor.word()
    by_uid = word == "UID"
    cursor.space()
    if by_uid:
        word = cursor.word()
        cursor.space()
    if word == "APPEND":
        return None
    numbers = cursor.set()
    cursor.space()
    return Replace(numbers, by_uid)
