"""The client's side of an IMAP session, without any I/O: what a server says, and what to say to it. RFC 9051, RFC 3501.

Each method that sends a command returns its tag, a number; the `Condition` with that tag ends it. Commands may be sent before
earlier ones are answered (RFC 9051 §5.5); then the end of one may come after what the next ones yield. Letters come and go as blocks, however long they are:

    client.fetch_letter(17)                 Body(17, 5000) Chunk(…) … Fetched(…)      Condition(OK, tag)
    client.append(…); Go; client.octets(…) …; client.end_append()               Condition(OK APPENDUID, tag)

A greeting is due from the start. An answer that is none raises `ProtocolError`; after it the session is of no use.
"""

import re
from base64 import b64encode
from collections.abc import Generator, Iterable
from typing import Final

from hawknest.wire.errors import ProtocolError
from hawknest.wire.imap import answers
from hawknest.wire.imap.answers import Answer, Body, Chunk, Condition, Go
from hawknest.wire.imap.strings import astring
from hawknest.wire.lines import Inbox, Parse

LINE_LIMIT: Final = 256 * 1024  # octets of a line
ANSWER_LIMIT: Final = 1024 * 1024  # octets of an answer, letters apart
LITERALS: Final = 1000  # in one answer
BLOCK: Final = 256 * 1024  # octets of a letter that are given at once

# literal = "{" number64 ["+"] "}" CRLF *CHAR8          ; RFC 9051 §4.3
_LITERAL: Final = re.compile(rb"(?s:(.*?))(~?)\{(\d{1,18})\+?\}")
_TAGGED: Final = re.compile(rb"H(\d{1,18}) (.*)", re.DOTALL)
_FETCH: Final = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_LETTER: Final = re.compile(rb"(?:BODY\[\]|RFC822) $", re.IGNORECASE)
_UID: Final = re.compile(rb"[( ]UID (\d{1,10})[ )]", re.IGNORECASE)


class Client:
    """One session with an IMAP server."""

    def __init__(self) -> None:
        self._inbox = Inbox()
        self._out = bytearray()
        self._tag = 0
        self._answers = self._read()

    # What the link calls

    def feed(self, data: bytes) -> None:
        """Take octets from the server."""
        self._inbox.feed(data)

    def eof(self) -> None:
        """Learn that the server sends no more."""
        self._inbox.closed = True

    def drop(self) -> int:
        """Forget what was received and not yet parsed (RFC 9051 §6.2.1)."""
        return self._inbox.drop()

    def outbox(self) -> bytes:
        """Give what is to be sent."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def next_event(self) -> Answer | None:
        """Give the next answer, or None while more octets are needed. Raises ProtocolError."""
        return next(self._answers, None)

    # What sends commands

    def capability(self) -> int:
        """Ask what the server can do."""
        return self._say(b"CAPABILITY")

    def start_tls(self) -> int:
        """Ask for TLS; on OK shake hands, then ask anew what the server can do."""
        return self._say(b"STARTTLS")

    def login(self, user: str, password: str) -> int:
        """Log in; both must be ASCII without line ends. Raises ValueError where they are not."""
        words = [astring(word.encode("ascii")) for word in (user, password)]
        return self._say(b"LOGIN " + b" ".join(words))

    def authenticate(self, mechanism: str) -> int:
        """Begin to log in with SASL; `answer` follows each `Go`."""
        return self._say(b"AUTHENTICATE " + mechanism.encode("ascii"))

    def answer(self, data: bytes) -> None:
        """Answer a challenge."""
        self._out += b64encode(data) + b"\r\n"

    def cancel(self) -> None:
        """Give a login up."""
        self._out += b"*\r\n"

    def namespace(self) -> int:
        """Ask where mailboxes are (RFC 2342 §5)."""
        return self._say(b"NAMESPACE")

    def list_all(self, *, special_use: bool) -> int:
        """List all mailboxes, with what they are for (RFC 6154 §2) where the server can tell."""
        return self._say(b'LIST "" "*"' + (b" RETURN (SPECIAL-USE)" if special_use else b""))

    def examine(self, name: bytes) -> int:
        """Open a mailbox to read it only."""
        return self._say(b"EXAMINE " + astring(name))

    def create(self, name: bytes) -> int:
        """Make a mailbox."""
        return self._say(b"CREATE " + astring(name))

    def subscribe(self, name: bytes) -> int:
        """Subscribe to a mailbox."""
        return self._say(b"SUBSCRIBE " + astring(name))

    def overview(self, first: int, last: int) -> int:
        """Ask for UIDs, flags and dates of the letters with these numbers."""
        return self._say(b"FETCH %d:%d (UID FLAGS INTERNALDATE)" % (first, last))

    def fetch_letter(self, uid: int) -> int:
        """Ask for the octets of a letter."""
        return self._say(b"UID FETCH %d (UID BODY.PEEK[])" % uid)

    def append(
        self, name: bytes, flags: Iterable[str], at: float, size: int, *, waits: bool, binary: bool
    ) -> int:
        """Begin to add a letter of so many octets to a mailbox.

        `waits`: send none of it before `Go` has come; `binary`: it has NUL in it (RFC 3516 §4.4). `at` is its internal date in
        seconds since the epoch.
        """
        words = " ".join(flags).encode("ascii", "replace")
        date = answers.date_time(at)
        mark = b"%b{%d%b}" % (b"~" if binary else b"", size, b"" if waits else b"+")
        return self._say(b"APPEND %b (%b) %b %b" % (astring(name), words, date, mark))

    def octets(self, block: bytes) -> None:
        """Send octets of the letter."""
        self._out += block

    def end_append(self) -> None:
        """End the letter."""
        self._out += b"\r\n"

    def logout(self) -> int:
        """Leave."""
        return self._say(b"LOGOUT")

    def _say(self, command: bytes) -> int:
        # No name holds a line end; should one ever get here, it must not become a command.
        if b"\r" in command or b"\n" in command:
            raise ValueError("a command of more than one line")
        self._tag += 1
        self._out += b"H%d %b\r\n" % (self._tag, command)
        return self._tag

    # What is read

    def _read(self) -> Generator[Answer | None]:
        try:
            while True:
                yield from self._answer()
        except EOFError:
            return

    def _answer(self) -> Generator[Answer | None]:
        """Read one answer, and give what is in it."""
        text = b""
        literals: list[bytes] = []
        room = ANSWER_LIMIT
        streamed = False
        while True:
            line = yield from self._inbox.line(LINE_LIMIT, pass_over=False)
            room -= len(line)
            found = _LITERAL.fullmatch(line) if line.endswith(b"}") else None
            if found is None:
                text += line
                break
            text += found[1]
            size = int(found[3])
            if not streamed and _FETCH.match(text) and _LETTER.search(text):
                uid = _UID.search(text)
                yield Body(int(uid[1]) if uid else 0, size)
                yield from self._chunks(size)
                literals.append(b"")
                streamed = True
            else:
                room -= size
                if room < 0:
                    raise ProtocolError("the server's answer is too long")
                literals.append((yield from self._literal(size)))
            text += b"{}"
            if room < 0 or len(literals) > LITERALS:
                raise ProtocolError("the server's answer is too long")
        if not streamed and _FETCH.match(text) and b"BODY[]" in text.upper():
            octets = answers.body_of(text, literals)
            if octets is not None:
                yield Body(0, len(octets))
                yield Chunk(octets)
        if (answer := self._understood(text, literals)) is not None:
            yield answer

    def _understood(self, text: bytes, literals: list[bytes]) -> Answer | None:
        if text.startswith(b"* "):
            return answers.untagged(text[2:], literals)
        if text.startswith(b"+"):
            return Go(text[1:].decode("ascii", "replace").strip())
        found = _TAGGED.fullmatch(text)
        result: Condition | None = answers.condition(found[2], int(found[1])) if found else None
        if result is None:
            raise ProtocolError("the server's answer is no IMAP")
        return result

    def _chunks(self, size: int) -> Generator[Answer | None]:
        while size:
            block = yield from self._inbox.some(min(size, BLOCK))
            size -= len(block)
            yield Chunk(block)

    def _literal(self, size: int) -> Parse[bytes]:
        octets = b""
        while len(octets) < size:
            octets += yield from self._inbox.some(size - len(octets))
        return octets
