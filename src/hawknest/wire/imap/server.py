"""The server's side of an IMAP session, without any I/O. RFC 9051, RFC 3501.

Bytes go in with `feed`; `next_event` gives one command at a time, the next only when the one before was answered, so that
pipelined commands need no care; answers go in with `untagged`, `ok`, `no` and `bad`; bytes come out of `outbox`. What the
language itself settles (CAPABILITY, LOGOUT, a command that may not come now) is answered here.

Literals belong to their line: the client is told to go on, or is not, here; only the letters of APPEND and REPLACE are handed
to the door as they come (`appending`).
"""

import re
from base64 import b64encode
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final

from hawknest.wire.errors import LineTooLong
from hawknest.wire.imap.appending import Abort, Appending, Part, is_streamed
from hawknest.wire.imap.capability import Offers, State, capabilities
from hawknest.wire.imap.command import (
    Authenticate,
    Capability,
    Close,
    Command,
    Compress,
    Copy,
    Create,
    Delete,
    Done,
    Enable,
    Expunge,
    GetAcl,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    Id,
    Idle,
    List,
    ListRights,
    Login,
    Logout,
    Lsub,
    MyRights,
    Namespace,
    Noop,
    Notify,
    Rename,
    Select,
    SetAcl,
    SetMetadata,
    SetQuota,
    StartTls,
    Status,
    Store,
    Subscribe,
    Unauthenticate,
    Unselect,
)
from hawknest.wire.imap.cursor import CommandError, Cursor, NotSupported
from hawknest.wire.imap.deflate import Deflate
from hawknest.wire.imap.fetching import Fetch
from hawknest.wire.imap.grammar import GRAMMAR, base64
from hawknest.wire.imap.searching import OF_SELECTED, Search, Sort, Thread
from hawknest.wire.lines import Inbox, Parse
from hawknest.wire.witness import Witness

LINE_EARLY: Final = 4096  # octets of a line before somebody is known; a password may have 1,024
LINE: Final = 64 * 1024  # octets of a line afterwards (RFC 7162 §4 asks for 8,192)
TEXT_EARLY: Final = 8192  # octets of a command with its literals
TEXT: Final = 256 * 1024
AUTH_LIMIT: Final = 12288  # octets of AUTHENTICATE and of a line in its exchange: a token may be long
ERRORS: Final = 50  # mistakes after which the session ends

_ANY: Final = frozenset({Capability, Noop, Logout, Id})
_AUTHENTICATED: Final = _ANY | {
    *(Enable, Select, Create, Delete, Rename, Subscribe, List, Lsub, Namespace, Status, Idle),
    *(GetQuota, GetQuotaRoot, SetQuota, SetAcl, GetAcl, ListRights, MyRights, GetMetadata, SetMetadata),
    *(Notify, Compress, Unauthenticate),
}
#: The commands that each state hears; any other is refused (RFC 9051 §6). ESEARCH needs no mailbox where it names some.
HEARD: Final[dict[State, frozenset[type[Command]]]] = {
    State.NOT_AUTHENTICATED: _ANY | {StartTls, Authenticate, Login},
    State.AUTHENTICATED: _AUTHENTICATED,
    State.SELECTED: _AUTHENTICATED | {Close, Unselect, Expunge, Search, Sort, Thread, Fetch, Store, Copy},
    State.OVER: frozenset(),
}


@dataclass(frozen=True, slots=True)
class AuthAnswer:
    """The peer's answer to a challenge."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthCancelled:
    """The peer gave up the exchange, or said nonsense; it has its answer already."""


@dataclass(frozen=True, slots=True)
class Nudged:
    """No command: the door asked to be woken while none is under way."""


@dataclass(frozen=True, slots=True)
class Over:
    """The session is over, and the peer has been told so."""


Event = Command | Part | Done | AuthAnswer | AuthCancelled | Nudged | Over

_LINE: Final = re.compile(
    rb"([^\x00-\x20\x7f-\xff(){%*\"\\+]{1,200}) +((?:UID +)?[A-Za-z]{1,20})(?= |\Z)", re.IGNORECASE
)
_LITERAL: Final = re.compile(rb"~?\{([0-9]{1,19})(\+?)\}\Z")
_HTTP: Final = re.compile(rb"(?:GET|POST|HEAD|PUT|OPTIONS|CONNECT|DELETE|PATCH|TRACE) /")
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SECRET: Final = frozenset({"LOGIN", "AUTHENTICATE"})
#: Commands that may come while an earlier one is still wanted; nothing of a letter, no secret.
_NAMED: Final = frozenset(GRAMMAR) | {"APPEND", "REPLACE", "UID REPLACE"}


class Server:
    """One session."""

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.state = State.NOT_AUTHENTICATED
        self.tag = ""
        self.utf8 = False  # names and headers may be UTF-8 (RFC 6855 §3, RFC 9051 §5.1)
        self.answered = True
        self._inbox = Inbox()
        self._out: list[bytes] = []
        self.owed = 0  # octets that wait to be sent
        self._witness: Witness | None = None
        self._errors = 0
        self._challenged = False
        self._idling = False
        self._nudged = False
        self._between = False  # no command is under way
        self._deflate: Deflate | None = None
        self._eof = False
        self._over = False
        self._dialogue = self._talk()

    # What the link calls

    def feed(self, data: bytes) -> None:
        """Take octets from the peer."""
        if self._deflate is None:
            self._inbox.feed(data)
        else:
            self._deflate.take(data)

    def eof(self) -> None:
        """Learn that the peer sends no more."""
        self._eof = True
        self._inbox.closed = self._deflate is None

    def drop(self) -> int:
        """Forget what was received and not yet parsed (RFC 9051 §6.2.1)."""
        return self._inbox.drop()

    def outbox(self) -> bytes:
        """Give what is to be sent."""
        if not self._out:
            return b""
        data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
        self._out.clear()
        self.owed = 0
        if self._deflate is not None:
            data = self._deflate.compress(data)
        return data

    def next_event(self) -> Event | None:
        """Give the next event that the door must answer, or None while more octets are needed."""
        while True:
            if (event := next(self._dialogue, None)) is not None:
                return event
            if self._over:
                return Over()
            if self._deflate is not None and not self._inbox.closed:
                if self._deflate.waits:
                    self._expand(self._deflate)
                    continue
                if self._eof:
                    self._inbox.closed = True
                    continue
            if self._nudged and self._between:
                self._nudged = False
                return Nudged()
            return None

    def observe(self, witness: Witness | None) -> None:
        """Have somebody told of what is said from now on."""
        self._witness = witness

    # What the door calls

    def nudge(self) -> None:
        """Ask for a `Nudged` event as soon as no command is under way."""
        self._nudged = True

    def untagged(self, data: bytes) -> None:
        """Tell something: what stands between `* ` and the line's end."""
        self._say(b"* %b\r\n" % data)

    def write(self, octets: bytes) -> None:
        """Send octets of an answer as they are, of letters too."""
        self._out.append(octets)
        self.owed += len(octets)
        if self._witness is not None:
            self._witness.said_letter(len(octets))

    def lines(self, octets: bytes) -> None:
        """Send whole lines that were made beforehand."""
        self._say(octets)

    def ok(self, text: str, code: str = "") -> None:
        """Say that the command was done; `code` is a response code (RFC 9051 §7.1)."""
        self._answer(b"OK", text, code)

    def no(self, text: str, code: str = "") -> None:
        """Say that the command was not done."""
        self._answer(b"NO", text, code)

    def bad(self, text: str, code: str = "") -> None:
        """Say that the command is none."""
        self._answer(b"BAD", text, code)

    def note(self, text: str, code: str = "") -> None:
        """Tell something in words, in between."""
        self._say(b"* OK " + _coded(text, code))

    def greet(self, text: str) -> None:
        """Say hello, and what can be done here."""
        words = " ".join(capabilities(self.offers, self.state))
        self._say(b"* OK " + _coded(text, f"CAPABILITY {words}"))

    def admit(self, text: str) -> None:
        """Say yes to who wants to get in, and what can be done now."""
        self.state = State.AUTHENTICATED
        self.ok(text, f"CAPABILITY {' '.join(capabilities(self.offers, self.state))}")

    def end(self, text: str, code: str = "") -> None:
        """Say goodbye, and end the session."""
        self._say(b"* BYE " + _coded(text, code))
        self.state = State.OVER

    def challenge(self, data: bytes) -> None:
        """Ask the peer for the next step of the exchange."""
        self._say(b"+ " + b64encode(data) + b"\r\n")
        self._challenged = True

    def idling(self) -> None:
        """Say that the client will be told what is new, until it says DONE."""
        self._say(b"+ idling\r\n")
        self._idling = True

    def secured(self) -> None:
        """Begin anew: TLS holds, and what was said before is forgotten (RFC 9051 §6.2.1)."""
        self.state = State.NOT_AUTHENTICATED

    def compress(self) -> None:
        """Send what waits, and compress from the next octet on; the peer does likewise (RFC 4978 §3)."""
        self._deflate = Deflate()
        self._deflate.take(bytes(self._inbox.buffer))
        self._inbox.drop()
        self._inbox.closed = False

    def forget(self) -> None:
        """Be as at the beginning: nobody is known, and nothing compressed after this answer (RFC 8437 §4.1)."""
        self.state = State.NOT_AUTHENTICATED
        self.utf8 = False
        if self._deflate is not None:
            self._out[:] = [self._deflate.finish(b"".join(self._out))]
            self._inbox.feed(self._deflate.rest())
            self._deflate = None
            self._inbox.closed = self._eof

    def turn_away(self) -> None:
        """Say that there are too many connections."""
        self.end("Too many connections at once; please come back later", "UNAVAILABLE")

    def fault(self, incident: str) -> None:
        """Say that something went wrong here, which the log tells of under the same name."""
        if not self.answered:
            self.no(f"Something went wrong here ({incident}); please try again later", "SERVERBUG")
        self.end(f"Something went wrong here ({incident})", "UNAVAILABLE")

    # What the reading of an APPEND calls

    def go_ahead(self) -> None:
        """Tell the client that its literal may come."""
        self._say(b"+ Go ahead\r\n")

    def heard_letter(self, octets: int) -> None:
        """Note that octets of a letter came."""
        if self._witness is not None:
            self._witness.heard_letter(octets)

    # The dialogue

    def _say(self, octets: bytes) -> None:
        self._out.append(octets)
        self.owed += len(octets)
        if self._witness is not None:
            self._witness.said(octets)

    def _answer(self, word: bytes, text: str, code: str) -> None:
        self.answered = True
        self._say(b"%b %b %b" % (self.tag.encode(), word, _coded(text, code)))

    def _expand(self, deflate: Deflate) -> None:
        try:
            self._inbox.feed(deflate.expand())
        except ValueError:
            self._say(b"* BYE This is not compressed as agreed\r\n")
            self._inbox.closed = True

    def _talk(self) -> Generator[Event | None]:
        try:
            while self.state is not State.OVER:
                try:
                    yield from self._command()
                except LineTooLong:
                    self._mistake("", "The line is too long", "LIMIT")
        except EOFError:
            self.state = State.OVER
            self._over = not self._eof  # else the link knows
        else:
            self._over = True

    def _command(self) -> Generator[Event | None]:
        """Read one command and have it answered."""
        early = self.state is State.NOT_AUTHENTICATED
        self._between = True
        line = yield from self._inbox.line(AUTH_LIMIT if early else LINE)
        self._between = False
        found = _LINE.match(line)
        if early and len(line) > LINE_EARLY and (found is None or found[2].upper() != b"AUTHENTICATE"):
            raise LineTooLong(LINE_EARLY)
        if found is None:
            yield from self._nonsense(line, early=early)
            return
        tag = found[1].decode("ascii")
        name = " ".join(found[2].upper().decode("ascii").split())
        text = line[found.start(2) :]
        known = name in _NAMED
        self._heard(line, secret=name in _SECRET or (early and not known), shown=found.end())
        try:
            if not known:
                yield from self._gathered(text, early=early, sure=False)
                raise CommandError(f"I do not know {name}")
            self.tag, self.answered = tag, False
            if is_streamed(text):
                yield from self._append(text)
                return
            cursor = yield from self._gathered(text, early=early, sure=name in GRAMMAR)
            if name not in GRAMMAR:  # APPEND, and nothing else
                raise CommandError("A space is expected")
            cursor.at = found.end(2) - found.start(2)
            yield from self._hear(GRAMMAR[name](cursor))
        except NotSupported as error:
            self.tag = tag
            self.no(str(error), error.code)
        except CommandError as error:
            self._mistake(tag, str(error), error.code)

    def _nonsense(self, line: bytes, *, early: bool) -> Generator[Event | None]:
        """Answer what is no command."""
        http = early and _HTTP.match(line)
        self._heard(line, secret=early and not http)
        if http:
            self.end("This is a mail server, not a web server")
            return
        try:
            yield from self._gathered(line, early=early, sure=False)
            raise CommandError("A command begins with a tag and a name")
        except CommandError as error:
            self._mistake("", str(error), error.code)

    def _gathered(self, text: bytes, *, early: bool, sure: bool) -> Parse[Cursor]:
        """Read the literals of a command and the lines behind them; not `sure`: the client is not told to send any."""
        literals: dict[int, bytes] = {}
        limit = TEXT_EARLY if early else TEXT
        total = len(text)
        while (found := _LITERAL.search(text)) is not None:
            size, waits = int(found[1]), not found[2]
            total += size
            if waits and not sure:
                break
            if total > limit:
                if not waits:
                    self.end("Too much at once: goodbye", "TOOBIG")
                raise CommandError(f"A command has {limit} octets at the most", "TOOBIG")
            if waits:
                self.go_ahead()
            parts: list[bytes] = []
            while size:
                data = yield from self._inbox.some(size)
                parts.append(data)
                size -= len(data)
            literals[found.start()] = b"".join(parts)
            line = yield from self._inbox.line(limit)
            total += len(line)
            text += b"\r\n" + line
        return Cursor(text, literals, utf8=self.utf8)

    def _append(self, text: bytes) -> Generator[Event | None]:
        if self.state not in {State.AUTHENTICATED, State.SELECTED}:
            yield from self._gathered(text, early=True, sure=False)
            raise CommandError("Not now")
        if self.state is State.AUTHENTICATED and text[:6].upper() != b"APPEND":
            yield from self._gathered(text, early=True, sure=False)
            raise CommandError("Not now")
        begun = False
        try:
            for part in Appending(self._inbox, self).read(text):
                begun = begun or part is not None
                yield part
        except EOFError:
            if begun and not self.answered:
                yield Abort()
            raise
        except (CommandError, LineTooLong) as error:
            if self.answered:  # the door has said no before
                return
            code = error.code if isinstance(error, CommandError) else "LIMIT"
            self._mistake(self.tag, str(error) if code != "LIMIT" else "The line is too long", code)
            if begun:
                yield Abort()

    def _hear(self, command: Command) -> Generator[Event | None]:
        heard = type(command) in HEARD[self.state]
        if isinstance(command, Search) and self.state is State.AUTHENTICATED:
            heard = any(one.scope not in OF_SELECTED for one in command.where)
        if not heard:
            raise CommandError("Not now")
        match command:
            case Capability():
                self.untagged(b"CAPABILITY " + " ".join(capabilities(self.offers, self.state)).encode())
                self.ok("That is what I can do")
            case Logout():
                self.end("Goodbye")
                self.ok("Goodbye")
            case StartTls() if not self.offers.starttls:
                raise CommandError("TLS is not to be had, or holds already")
            case Authenticate():
                yield from self._auth(command)
            case Idle():
                yield from self._idle(command)
            case _:
                yield command

    def _idle(self, idle: Idle) -> Generator[Event | None]:
        """IDLE, until DONE (RFC 9051 §6.3.13)."""
        yield idle
        if not self._idling:
            return
        self._idling = False
        self._between = True
        try:
            line = yield from self._inbox.line(LINE_EARLY)
            self._heard(line)
        except LineTooLong:
            line = b""
        self._between = False
        if line.upper() != b"DONE":
            self._mistake(self.tag, "DONE ends IDLE", "")
        yield Done()

    def _auth(self, auth: Authenticate) -> Generator[Event | None]:
        """An exchange of challenges and answers (RFC 9051 §6.2.2)."""
        if auth.mechanism not in self.offers.auth:
            why = "I do not offer this way of authentication" if self.offers.auth else "Use TLS first"
            self.no(why, "" if self.offers.auth else "PRIVACYREQUIRED")
            return
        event: Event = auth
        while True:
            self._challenged = False
            yield event
            if not self._challenged:
                return
            try:
                line = yield from self._inbox.line(AUTH_LIMIT)
                self._heard(line, secret=True)
                if line == b"*":
                    raise CommandError("Authentication cancelled")
                event = AuthAnswer(base64(line))
            except (CommandError, LineTooLong) as error:
                self._mistake(self.tag, str(error), "")
                yield AuthCancelled()
                return

    def _heard(self, line: bytes, *, secret: bool = False, shown: int = 0) -> None:
        """Tell of a line; of a secret one, only so much as is none."""
        if self._witness is not None:
            self._witness.heard(
                line[:shown] + b" ***" if secret and shown else line, secret=secret and not shown
            )

    def _mistake(self, tag: str, text: str, code: str) -> None:
        self._errors += 1
        if self.state is State.OVER:
            return
        self.tag = tag or "*"
        self.bad(text, code)
        if self._errors > ERRORS:
            self.end("Too many errors: goodbye")


def _coded(text: str, code: str) -> bytes:
    words = text if text.isprintable() else _UNSAFE.sub("?", text)
    shown = words.encode("utf-8", "replace")[:500] or b"?"
    return (b"[%b] %b\r\n" % (code.encode(), shown)) if code else shown + b"\r\n"
