"""The server's side of a POP3 session, without any I/O. RFC 1939, RFC 2449.

Bytes go in with `feed`; `next_event` gives one command at a time, the next only when the one before was answered, so that
pipelined commands need no care; answers go in with `ok`, `err`, `lines` and the body methods; bytes come out of `outbox`.
What the language itself settles (CAPA, NOOP, a command that may not come now) is answered here.
"""

import re
from base64 import b64encode
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Final

from hawknest.wire.errors import LineTooLong
from hawknest.wire.lines import Inbox
from hawknest.wire.pop3.capability import Offers, State, capabilities
from hawknest.wire.pop3.command import (
    Auth,
    Capa,
    Command,
    CommandError,
    Dele,
    Lang,
    List,
    Noop,
    Pass,
    Quit,
    Retr,
    Rset,
    Stat,
    Stls,
    Top,
    Uidl,
    User,
    Utf8,
    base64,
    parse,
)
from hawknest.wire.pop3.stuffing import Stuffer
from hawknest.wire.witness import Witness

LINE_LIMIT: Final = 1100  # octets; RFC 2449 §4 says 255, a password in UTF-8 may have 1,024
AUTH_LIMIT: Final = 12288  # octets of AUTH and of a line in its exchange (RFC 5034 §4 leaves it open)
ERRORS: Final = 20  # mistakes after which the session ends


#: The commands that each state hears; any other is refused. RFC 1939 §4-6.
HEARD: Final[dict[State, frozenset[type[Command]]]] = {
    State.AUTHORIZATION: frozenset({User, Pass, Auth, Stls, Capa, Noop, Utf8, Lang, Quit}),
    State.TRANSACTION: frozenset({Stat, List, Uidl, Retr, Top, Dele, Rset, Noop, Capa, Lang, Quit}),
    State.OVER: frozenset(),
}


#: The languages of our words (RFC 6856 §3).
LANGUAGES: Final = ("en English",)


@dataclass(frozen=True, slots=True)
class AuthAnswer:
    """The peer's answer to a challenge."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthCancelled:
    """The peer gave up the exchange, or said nonsense; it has its answer already."""


@dataclass(frozen=True, slots=True)
class Over:
    """The session is over, and the peer has been told so."""


Event = (
    User
    | Pass
    | Auth
    | AuthAnswer
    | AuthCancelled
    | Stls
    | Stat
    | List
    | Uidl
    | Retr
    | Top
    | Dele
    | Rset
    | Quit
    | Over
)

_HTTP: Final = re.compile(rb"(?:GET|POST|HEAD|PUT|OPTIONS|CONNECT|DELETE|PATCH|TRACE) ")
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Server:
    """One session."""

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.state = State.AUTHORIZATION
        self.utf8 = False
        self._inbox = Inbox()
        self._out = bytearray()
        self._errors = 0
        self._challenged = False
        self._body = Stuffer()
        self._dialogue = self._talk()

    # What the link calls

    def feed(self, data: bytes) -> None:
        """Take octets from the peer."""
        self._inbox.feed(data)

    def eof(self) -> None:
        """Learn that the peer sends no more."""
        self._inbox.closed = True

    def drop(self) -> int:
        """Forget what was received and not yet parsed (RFC 2595 §4)."""
        return self._inbox.drop()

    def outbox(self) -> bytes:
        """Give what is to be sent."""
        if not self._out:
            return b""
        data = bytes(self._out)
        self._out.clear()
        return data

    def next_event(self) -> Event | None:
        """Give the next command that the door must answer, or None while more octets are needed."""
        return next(self._dialogue, None)

    def observe(self, witness: Witness | None) -> None:
        """Have somebody told of what is said from now on."""
        self._inbox.witness = witness

    # What the door calls

    @property
    def owed(self) -> int:
        """How many octets wait to be sent: who pipelines must not make them grow without end."""
        return len(self._out)

    def ok(self, text: str = "") -> None:
        """Say yes."""
        self._say(b"+OK " + _safe(text) + b"\r\n" if text else b"+OK\r\n")

    def err(self, text: str, code: str = "") -> None:
        """Say no; `code` is a response code such as AUTH or IN-USE (RFC 2449 §8, RFC 3206)."""
        self._say(b"-ERR " + (f"[{code}] ".encode() if code else b"") + _safe(text) + b"\r\n")

    def opened(self, text: str) -> None:
        """Say yes to who wants to read: the maildrop is open."""
        self.state = State.TRANSACTION
        self.ok(text)

    def bye(self, text: str = "Goodbye") -> None:
        """Say yes to QUIT."""
        self.state = State.OVER
        self.ok(text)

    def end(self, text: str, code: str = "") -> None:
        """Say no and end the session."""
        self.state = State.OVER
        self.err(text, code)

    def challenge(self, data: bytes) -> None:
        """Ask the peer for the next step of the exchange (RFC 5034 §4)."""
        self._say(b"+ " + b64encode(data) + b"\r\n")
        self._challenged = True

    def lines(self, lines: Iterable[str], text: str = "") -> None:
        """Answer with several short lines."""
        self.ok(text)
        self._say(b"".join([_safe(line) + b"\r\n" for line in lines]) + b".\r\n")

    def begin_body(self, text: str = "") -> None:
        """Begin to give a letter; then `body` and `end_body`."""
        self.ok(text)
        self._body = Stuffer()

    def body(self, octets: bytes) -> None:
        """Give octets of a letter."""
        self._out += self._body.write(octets)
        if self._inbox.witness is not None:
            self._inbox.witness.said_letter(len(octets))

    def end_body(self) -> None:
        """End the letter."""
        self._out += self._body.end()

    def whole(self, octets: bytes, size: int) -> None:
        """Give a whole letter at once; `size` is what is said of it, with the line end that it may lack."""
        self.begin_body(f"{size} octets")
        self.body(octets)
        self.end_body()

    def secured(self) -> None:
        """Begin anew: TLS holds, and what was said before is forgotten (RFC 2595 §4)."""
        self.state = State.AUTHORIZATION
        self.utf8 = False

    def turn_away(self) -> None:
        """Say that there are too many connections."""
        self.end("Too many connections at once; please come back later", "SYS/TEMP")

    def fault(self, incident: str) -> None:
        """Say that something went wrong here, which the log tells of under the same name."""
        self.end(f"Something went wrong here ({incident}); please try again later", "SYS/TEMP")

    # The dialogue

    def _say(self, octets: bytes) -> None:
        self._out += octets
        if self._inbox.witness is not None:
            self._inbox.witness.said(octets)

    def _talk(self) -> Generator[Event | None]:
        try:
            while self.state is not State.OVER:
                try:
                    line = yield from self._inbox.line(AUTH_LIMIT)
                    if len(line) > LINE_LIMIT and line[:5].upper() != b"AUTH ":  # a token may be long
                        raise LineTooLong(LINE_LIMIT)
                    if _HTTP.match(line):
                        self.end("This is a mail server, not a web server")
                    else:
                        yield from self._hear(parse(line))
                except (CommandError, LineTooLong) as error:
                    self._mistake(str(error))
        except EOFError:
            self.state = State.OVER
        else:
            yield Over()

    def _hear(self, command: Command) -> Generator[Event | None]:
        if type(command) not in HEARD[self.state]:
            raise CommandError("Not now")
        match command:
            case Capa():
                self.lines(capabilities(self.offers, self.state), "This is what I can do")
            case Noop():
                self.ok()
            case Utf8():
                self.utf8 = True
                self.ok("UTF-8 it is")
            case Lang(tag):
                self._language(tag)
            case Auth():
                yield from self._auth(command)
            case Stls() if not self.offers.stls:
                raise CommandError("TLS is not to be had, or holds already")
            case _:
                yield command

    def _language(self, tag: str) -> None:
        if not tag:
            self.lines(LANGUAGES, "These are my languages")
        elif tag == "*" or tag.lower().partition("-")[0] == "en":
            self.ok("en It is English")
        else:
            self.err("I do not speak that language")

    def _auth(self, auth: Auth) -> Generator[Event | None]:
        """An exchange of challenges and answers (RFC 5034 §4)."""
        if not auth.mechanism:
            self.lines(self.offers.auth, "These are the ways")
            return
        if auth.mechanism not in self.offers.auth:
            raise CommandError(
                "I do not offer this way of authentication" if self.offers.auth else "Use TLS first"
            )
        event: Event = auth
        while True:
            self._challenged = False
            yield event
            if not self._challenged:
                return
            try:
                line = yield from self._inbox.line(AUTH_LIMIT, secret=True)
                if line == b"*":
                    raise CommandError("Authentication cancelled")
                event = AuthAnswer(base64(line.decode("ascii", "replace")))
            except (CommandError, LineTooLong) as error:
                self._mistake(str(error))
                yield AuthCancelled()
                return

    def _mistake(self, text: str) -> None:
        self._errors += 1
        if self._errors > ERRORS:
            self.end("Too many errors: goodbye")
        else:
            self.err(text)


def _safe(text: str) -> bytes:
    return (text if text.isprintable() else _UNSAFE.sub("?", text)).encode("utf-8", "replace")[:500]
