r"""A door without rooms for the SMTP server's engine: it says yes to all but a few names, and writes down what it saw.

refuse@…   as sender 550, as recipient 550        busy@…   as recipient 452
AUTH PLAIN `\0mia\0right` is right, LOGIN asks twice; STARTTLS is agreed to, TLS itself pretended.
"""

import itertools
from collections.abc import Iterable, Sequence

from hawknest.wire.smtp import replies
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import (
    Auth,
    AuthAnswer,
    AuthCancelled,
    Begin,
    Chunk,
    End,
    Event,
    Hello,
    Kind,
    Limits,
    Mail,
    Offers,
    Over,
    Rcpt,
    Server,
    StartTls,
)

REFUSED = Reply(550, (5, 7, 1), "Not this one")
BUSY = Reply(452, (4, 2, 2), "Full")
WRONG = Reply(535, (5, 7, 8), "Wrong name or password")
SECRET = b"\0mia\0right"


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """Cut octets anywhere."""
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


class Door:
    """Leads one session; `seen` is what it was asked, `letters` what it received whole."""

    def __init__(
        self,
        kind: Kind = Kind.MX,
        offers: Offers | None = None,
        limits: Limits | None = None,
        *,
        refuse_letter: Reply | None = None,
    ) -> None:
        self.server = Server(kind, "mx.example", offers or Offers(), limits or Limits())
        self.server.reply(Reply(220, None, "mx.example ESMTP"))
        self.refuse_letter = refuse_letter
        self.seen: list[object] = []
        self.letters: list[bytes] = []
        self.said = b""
        self.over = False
        self._letter = b""
        self._recipients = 0
        self._auth: list[bytes] = []

    def hear(self, data: bytes) -> bytes:
        """Take octets, lead the session as far as they go, and give the answers."""
        self.server.feed(data)
        return self.go_on()

    def go_on(self) -> bytes:
        """Lead the session on."""
        while not self.over and (event := self.server.next_event()) is not None:
            self._note(event)
            self._answer(event)
        said = self.server.outbox()
        self.said += said
        return said

    def tell(self, data: bytes, cuts: Sequence[int] = ()) -> bytes:
        """Take octets in pieces, to the end; gives all answers with the greeting."""
        self.go_on()
        for piece in pieces(data, cuts):
            self.hear(piece)
        self.server.eof()
        self.go_on()
        return self.said

    def _note(self, event: Event) -> None:
        """Write down what the door was asked; chunks that follow each other are one."""
        if isinstance(event, Chunk) and self.seen and isinstance(self.seen[-1], Chunk):
            event = Chunk(self.seen.pop().data + event.data)  # type: ignore[attr-defined]
        self.seen.append(event)

    def _answer(self, event: Event) -> None:
        server = self.server
        match event:
            case Hello():
                server.hello()
            case Mail():
                self._recipients = 0
                refused = event.sender is not None and event.sender.local == "refuse"
                server.reply(REFUSED if refused else replies.SENDER_OK)
            case Rcpt():
                reply = {"refuse": REFUSED, "busy": BUSY}.get(event.recipient.local, replies.RECIPIENT_OK)
                self._recipients += reply.positive
                server.reply(reply)
            case Begin():
                self._letter = b""
                if self.refuse_letter is not None:
                    server.reply(self.refuse_letter)
                else:
                    server.go_ahead()
            case Chunk(data):
                self._letter += data
            case End():
                self._end(event)
            case StartTls():
                server.reply(replies.GO_AHEAD_TLS)
                server.drop()
                server.secured()
            case Auth(mechanism, initial):
                self._auth = [mechanism.encode()] if initial is None else [mechanism.encode(), initial]
                self._log_in()
            case AuthAnswer(data):
                self._auth.append(data)
                self._log_in()
            case Over():
                self.over = True
            case AuthCancelled():
                pass

    def _end(self, end: End) -> None:
        if end.aborted:
            return
        if end.defect is None:
            self.letters.append(self._letter)
            assert end.size == len(self._letter)
        reply = end.defect or replies.OK
        self.server.replies([reply] * (self._recipients if self.server.kind is Kind.LMTP else 1))

    def _log_in(self) -> None:
        match self._auth:
            case [b"PLAIN"]:
                self.server.challenge(b"")
            case [b"LOGIN"]:
                self.server.challenge(b"Username:")
            case [b"LOGIN", _]:
                self.server.challenge(b"Password:")
            case [b"PLAIN", said]:
                self.server.reply(replies.AUTHENTICATED if said == SECRET else WRONG)
            case [_, *words]:
                self.server.reply(replies.AUTHENTICATED if words == [b"mia", b"right"] else WRONG)
            case _:
                raise AssertionError(self._auth)
