"""The server's side of an SMTP or LMTP session, without any I/O. RFC 5321, RFC 2033.

Bytes go in with `feed`; `next_event` gives what the door must decide, one thing at a time and the next only when the one
before was answered, so that pipelined commands (RFC 2920) need no care; answers go in with `reply`; bytes come out of
`outbox`. What the language itself settles (an unknown command, one that may not come now, NOOP, a letter that is too
big) is answered here and never seen by the door. A whole conversation, as a door leads it:

    server.reply(Reply(220, None, "mail.example ESMTP"))
    Hello("client.example")      server.hello()                     -> 250-mail.example … (the table of offers)
    Mail(sender)                 server.reply(SENDER_OK)
    Rcpt(recipient)              server.reply(RECIPIENT_OK)
    Begin()                      server.go_ahead()                  -> 354, or nothing after BDAT
    Chunk(octets) …
    End(size, None)              server.reply(OK)
    Over()                       (QUIT was answered)

Which commands each state hears is a table in `states`, what is offered one in `offers`, what a door is asked stands in `events`.
"""

from base64 import b64encode
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

from hawknest.mail.envelope import Body
from hawknest.wire.errors import LineTooLong
from hawknest.wire.lines import Inbox
from hawknest.wire.smtp import replies
from hawknest.wire.smtp.body import DotReader, Newlines
from hawknest.wire.smtp.command import (
    Auth,
    Bdat,
    Command,
    Data,
    Ehlo,
    Helo,
    Help,
    Lhlo,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Unimplemented,
    Vrfy,
)
from hawknest.wire.smtp.events import (
    AuthAnswer,
    AuthCancelled,
    Begin,
    Chunk,
    End,
    Event,
    Hello,
    Over,
)
from hawknest.wire.smtp.grammar import CommandError, base64, parse
from hawknest.wire.smtp.offers import Offers, keywords
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.states import HEARD, LEADS, Kind, State
from hawknest.wire.witness import Witness

LINE_LIMIT: Final = 2048  # octets; RFC 5321 §4.5.3.1.4 asks for 512, each extension for some more
AUTH_LIMIT: Final = 12288  # octets of AUTH and of a line in its exchange, RFC 4954 §4
SIZE_LIMIT: Final = 2**63 - 1  # octets that any letter may have
CHUNK: Final = 256 * 1024  # octets of a letter that one event carries at most


@dataclass(frozen=True, slots=True)
class Limits:
    """How much patience the session has."""

    errors: int = 20  # commands answered with 5xx by the language before it ends
    mend_newlines: bool = (
        False  # make bare CR and LF in DATA CRLF instead of refusing the letter (old clients)
    )
    endless: int = 1 << 30  # octets of a refused letter that are listened to before the session ends


class _Endless(Exception):
    """A letter that is too big anyway goes on and on."""


class Server:
    """One session."""

    __slots__ = (
        "_answer",
        "_asked",
        "_binary",
        "_challenged",
        "_defect",
        "_dialogue",
        "_errors",
        "_inbox",
        "_out",
        "_size",
        "_unfinished",
        "_utf8",
        "authenticated",
        "extended",
        "hostname",
        "kind",
        "limits",
        "offers",
        "secure",
        "state",
    )

    def __init__(self, kind: Kind, hostname: str, offers: Offers, limits: Limits) -> None:
        self.kind = kind
        self.hostname = hostname
        self.offers = offers
        self.limits = limits
        self.state = State.CONNECTED
        self.extended = False  # EHLO or LHLO was said: enhanced codes may be shown
        self.authenticated = False
        self.secure = False
        self._inbox = Inbox()
        self._out = bytearray()
        self._asked: Command | None = None  # the command that the door is to answer
        self._answer: Reply = replies.OK  # what the door answered last
        self._challenged = False  # it asked for the next step of an AUTH exchange instead
        self._binary = False  # the letter was announced as BINARYMIME
        self._utf8 = False  # it was announced with SMTPUTF8, and so may answers be more than ASCII
        self._size = 0  # octets of the letter so far
        self._defect: Reply | None = None
        self._unfinished = False  # chunks of it are here, and the door waits for its end
        self._errors = 0
        self._dialogue = self._talk()

    # What the link calls

    def feed(self, data: bytes) -> None:
        """Take octets from the peer."""
        self._inbox.feed(data)

    def eof(self) -> None:
        """Learn that the peer sends no more."""
        self._inbox.closed = True

    def drop(self) -> int:
        """Forget what was received and not yet parsed."""
        return self._inbox.drop()

    def outbox(self) -> bytes:
        """Give what is to be sent."""
        if not self._out:
            return b""
        data = bytes(self._out)
        self._out.clear()
        return data

    def next_event(self) -> Event | None:
        """Give the next thing that the door must decide, or None while more octets are needed."""
        return next(self._dialogue, None)

    def observe(self, witness: Witness | None) -> None:
        """Have somebody told of what is said from now on."""
        self._inbox.witness = witness

    # What the door calls

    def reply(self, reply: Reply) -> None:
        """Answer the event that was given last."""
        self._say(reply.encode(enhanced=self.extended, utf8=self._utf8))
        self._answer = reply
        if reply.code == 421:
            self.state = State.OVER
        elif self._asked is not None and reply.code < 300:
            self.state = LEADS.get(type(self._asked), self.state)
        self._asked = None

    def replies(self, answers: Sequence[Reply]) -> None:
        """Answer the end of a letter once for each accepted recipient (RFC 2033 §4.2)."""
        for answer in answers:
            self.reply(answer)

    def hello(self) -> None:
        """Accept the peer's introduction; after EHLO, with the table of what is offered."""
        self.state = State.READY
        lines = [self.hostname, *(keywords(self.offers) if self.extended else ())]
        self._say(Reply(250, None, "\n".join(lines)).encode())
        self._asked = None

    def go_ahead(self) -> None:
        """Let the peer send the letter."""
        if isinstance(self._asked, Data):
            self._say(replies.GO_AHEAD.encode())
        self._answer = replies.GO_AHEAD
        self._asked = None

    def challenge(self, data: bytes) -> None:
        """Ask the peer for the next step of the exchange (RFC 4954 §4)."""
        self._say(b"334 " + b64encode(data) + b"\r\n")
        self._challenged = True

    def secured(self) -> None:
        """Begin anew: TLS holds, and what was said before is forgotten (RFC 3207 §4.2)."""
        self.secure = True
        self.state = State.CONNECTED
        self.extended = self.authenticated = False

    def turn_away(self) -> None:
        """Say that there are too many connections."""
        self.reply(replies.TOO_MANY_CONNECTIONS)

    def fault(self, incident: str) -> None:
        """Say that something went wrong here, which the log tells of under the same name."""
        self.reply(Reply(421, (4, 3, 0), f"Something went wrong here ({incident}); please try again later"))

    @property
    def talked_early(self) -> bool:
        """Whether the peer spoke before it was greeted, as only programs that spread junk do."""
        return self.state is State.CONNECTED and bool(self._inbox.buffer)

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
                    if len(line) > LINE_LIMIT and line[:5].upper() != b"AUTH ":
                        raise LineTooLong(LINE_LIMIT)
                    yield from self._hear(parse(line))
                except CommandError as error:
                    self._refuse(error.reply)
                except LineTooLong:
                    self._refuse(replies.LINE_TOO_LONG)
                except _Endless:
                    self._unfinished = True
                    self.reply(replies.ENDLESS)
        except EOFError:
            self.state = State.OVER
        else:
            if self._unfinished:
                yield End(self._size, aborted=True)
            yield Over()

    def _hear(self, command: Command) -> Generator[Event | None]:
        """Take one command to its answer."""
        if isinstance(command, Bdat):  # its octets follow, whatever we think of it
            yield from self._bdat(command)
            return
        if type(command) not in HEARD[self.state]:
            raise CommandError(self._out_of_turn(command))
        self._asked = command
        match command:
            case Mail():
                self._mail(command)
                yield command
            case Rcpt():
                if command.recipient.needs_smtputf8 and not self._utf8:  # RFC 6531 §3.5
                    raise CommandError(replies.NEEDS_SMTPUTF8)
                yield command
            case Data():
                yield from self._data()
            case Ehlo(name) | Helo(name) | Lhlo(name):
                if isinstance(command, Lhlo) is not (self.kind is Kind.LMTP):  # RFC 2033 §4.1
                    raise CommandError(replies.UNKNOWN_COMMAND)
                self.extended = not isinstance(command, Helo)
                yield Hello(name, self.extended)
            case Rset():
                yield from self._reset()
            case StartTls():
                if not self.offers.starttls:
                    raise CommandError(replies.NOT_IMPLEMENTED if not self.secure else replies.BAD_SEQUENCE)
                yield command
            case Auth():
                yield from self._auth(command)
            case Noop():
                self.reply(replies.OK)
            case Help():
                self.reply(replies.HELP)
            case Vrfy():
                self.reply(replies.CANNOT_VERIFY)
            case Unimplemented():
                raise CommandError(replies.NOT_IMPLEMENTED)
            case Quit():
                self.reply(replies.BYE)
                self.state = State.OVER

    def _out_of_turn(self, command: Command) -> Reply:
        """Say that a command may not come now: RFC 5321 §3.3 lets DATA be told the reason, RFC 2033 §4.2 does not."""
        lonely = self.state is State.MAIL and isinstance(command, Data) and self.kind is not Kind.LMTP
        return replies.NO_RECIPIENTS if lonely else replies.BAD_SEQUENCE

    def _mail(self, mail: Mail) -> None:
        if mail.size > (self.offers.size or SIZE_LIMIT):  # RFC 1870 §6.1
            raise CommandError(replies.TOO_BIG)
        if mail.requiretls and not self.offers.requiretls:  # RFC 8689 §2
            raise CommandError(replies.PARAMETER_UNKNOWN if self.secure else replies.REQUIRETLS_NEEDS_TLS)
        self._utf8 = mail.smtputf8
        self._binary = mail.body is Body.BINARY
        self._size = 0
        self._defect = None

    def _reset(self) -> Generator[Event | None]:
        """Forget the letter; one of which chunks are here is aborted."""
        if self._unfinished:
            self._unfinished = False
            yield End(self._size, aborted=True)
        if self.state is not State.CONNECTED:
            self.state = State.READY
        self.reply(replies.OK)

    def _data(self) -> Generator[Event | None]:
        """The letter, up to the line with a single dot."""
        if self._binary:  # RFC 3030 §3
            raise CommandError(replies.BINARY_NEEDS_BDAT)
        yield Begin()
        if self._answer is not replies.GO_AHEAD:
            return
        reader = DotReader()
        newlines = Newlines() if self.limits.mend_newlines else None
        while not reader.done:
            part = reader.read((yield from self._inbox.some(CHUNK)))
            if newlines is not None:
                part = newlines.mend(part) + (newlines.end() if reader.done else b"")
            elif reader.bare:
                self._defect = self._defect or replies.BARE_NEWLINE
            yield from self._octets(part)
            if self._over():
                return
        self._inbox.unread(reader.rest)
        self.state = State.READY
        yield End(self._size, self._defect)

    def _bdat(self, bdat: Bdat) -> Generator[Event | None]:
        """One chunk of the letter, of a size told beforehand (RFC 3030 §2)."""
        first = self.state is State.RCPT
        wanted = first or self.state is State.BDAT
        if first:
            self._asked = bdat
            yield Begin()
            wanted = self._answer is replies.GO_AHEAD
            if not wanted and self.state is State.RCPT:  # the next chunk must not begin the letter anew
                self.state = State.READY
        if not wanted and bdat.size > self.limits.endless:
            self.reply(replies.ENDLESS)
        left = bdat.size
        while left and not self._over():
            data = yield from self._inbox.some(min(left, CHUNK))
            left -= len(data)
            if wanted:
                yield from self._octets(data)
            elif self._inbox.witness is not None:
                self._inbox.witness.heard_letter(len(data))
        if self._over():
            return
        if not wanted:
            if not first:
                self.reply(replies.BAD_SEQUENCE)  # not counted: others may have been on their way
        elif bdat.last or self._defect is not None:
            self._unfinished = False
            self.state = State.READY
            yield End(self._size, self._defect)
        else:
            self._unfinished = True
            self.state = State.BDAT
            self.reply(replies.CHUNK_OK)

    def _over(self) -> bool:
        """Whether the door ended the session in the middle of something."""
        return self.state is State.OVER

    def _octets(self, data: bytes) -> Generator[Event | None]:
        """Give octets of the letter to the door, as long as it can be accepted."""
        self._size += len(data)
        if self._inbox.witness is not None:
            self._inbox.witness.heard_letter(len(data))
        if self.offers.size and self._size > self.offers.size:
            self._defect = replies.TOO_BIG  # whatever else is wrong with it, and wherever the chunks end
            if self._size > self.offers.size + self.limits.endless:
                raise _Endless
        if data and self._defect is None:
            yield Chunk(data)

    def _auth(self, auth: Auth) -> Generator[Event | None]:
        """An exchange of challenges and answers (RFC 4954 §4)."""
        if self.authenticated:
            raise CommandError(replies.BAD_SEQUENCE)
        if auth.mechanism not in self.offers.auth:
            overheard = not self.offers.auth and not self.secure
            raise CommandError(replies.NEEDS_TLS if overheard else replies.NO_SUCH_MECHANISM)
        event: Event = auth
        while True:
            self._challenged = False
            yield event
            if not self._challenged:
                self.authenticated = self._answer.code == 235
                return
            try:
                line = yield from self._inbox.line(AUTH_LIMIT, secret=True)
                if line == b"*":
                    raise CommandError(replies.AUTH_CANCELLED)
                event = AuthAnswer(base64(line.decode("ascii", "replace")))
            except (CommandError, LineTooLong) as error:
                self._refuse(error.reply if isinstance(error, CommandError) else replies.AUTH_TOO_LONG)
                yield AuthCancelled()
                return

    def _refuse(self, reply: Reply) -> None:
        """Answer a mistake of the peer; too many of them end the session."""
        self._errors += 1
        if self._errors > self.limits.errors and reply.code != 421:
            reply = replies.TOO_MANY_ERRORS
        self.reply(reply)
