"""The client's side of an SMTP or LMTP session, without any I/O: what another server says, and what to say to it.

Commands go out with the methods in RFC terms, each of which has a reply; `next_event` gives the replies in the order of the
commands, so a pipelined group (RFC 2920) is just several calls before the first reply is read:

    client.mail(…); client.rcpt(…); client.rcpt(…); client.data()
    Reply … Reply … Reply … Reply(354)
    client.body(octets) …; client.end_body()
    Reply(250)

A greeting is due from the start. The words of the other server are kept as they came, within bounds. A reply that is none
raises `ProtocolError`; after that the session is of no use.
"""

import re
from base64 import b64encode
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from hawknest.mail.address import Address
from hawknest.mail.envelope import (
    Body,
    Envelope,
    Recipient,
    encode_xtext,
    format_notify,
    format_orcpt,
)
from hawknest.wire.errors import ProtocolError
from hawknest.wire.lines import Inbox
from hawknest.wire.smtp.body import DotWriter
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.witness import Witness

LINE_LIMIT: Final = 4096  # octets; RFC 5321 §4.5.3.1.5 allows 512
LINES_LIMIT: Final = 200  # of one reply

# Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF   ; RFC 5321 §4.2
# quirk_bare_code: some servers send the three digits alone.
_LINE: Final = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED: Final = re.compile(r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?: |$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a server offered in its answer to EHLO: keyword and arguments."""

    keywords: dict[str, str]

    def __contains__(self, keyword: str) -> bool:
        """Whether a keyword was offered."""
        return keyword in self.keywords

    @property
    def size(self) -> int:
        """Octets that a letter may have, as far as the server said so (RFC 1870); 0: it did not."""
        text = self.keywords.get("SIZE", "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms (RFC 4954)."""
        return tuple(self.keywords.get("AUTH", "").upper().split())


NOTHING: Final = Extensions({})


def extensions(reply: Reply) -> Extensions:
    """Read the answer to EHLO (RFC 5321 §4.1.1.1)."""
    keywords: dict[str, str] = {}
    for line in reply.text.split("\n")[1:]:
        # quirk_auth_equals: old servers write AUTH=LOGIN.
        keyword, _, rest = line.replace("AUTH=", "AUTH ", 1).strip().partition(" ")
        keywords.setdefault(keyword.upper(), rest)
    return Extensions(keywords)


class Client:
    """One session with another server."""

    def __init__(self, *, lmtp: bool = False) -> None:
        self.lmtp = lmtp
        self.extensions = NOTHING
        self._inbox = Inbox()
        self._out = bytearray()
        self._writer = DotWriter()
        self._replies = self._read()

    # What the link calls

    def feed(self, data: bytes) -> None:
        """Take octets from the server."""
        self._inbox.feed(data)

    def eof(self) -> None:
        """Learn that the server sends no more."""
        self._inbox.closed = True

    def drop(self) -> int:
        """Forget what was received and not yet parsed (RFC 3207 §6)."""
        return self._inbox.drop()

    def outbox(self) -> bytes:
        """Give what is to be sent."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def next_event(self) -> Reply | None:
        """Give the next reply, or None while more octets are needed. Raises ProtocolError."""
        return next(self._replies, None)

    def observe(self, witness: Witness | None) -> None:
        """Have somebody told of what is said from now on."""
        self._inbox.witness = witness

    # What delivery calls

    def hello(self, name: str) -> None:
        """Introduce ourselves: EHLO, or LHLO."""
        self._say(f"{'LHLO' if self.lmtp else 'EHLO'} {name}")

    def helo(self, name: str) -> None:
        """Introduce ourselves to a server that does not know EHLO."""
        self.extensions = NOTHING
        self._say(f"HELO {name}")

    def start_tls(self) -> None:
        """Ask for TLS; on 220 shake hands, then say hello again."""
        self._say("STARTTLS")

    def auth(self, mechanism: str, initial: bytes | None) -> None:
        """Begin to log in (RFC 4954 §4)."""
        self._say(f"AUTH {mechanism}" + (f" {_base64(initial)}" if initial is not None else ""))

    def auth_answer(self, data: bytes) -> None:
        """Answer a challenge."""
        self._say(_base64(data) if data else "", secret=True)

    def auth_cancel(self) -> None:
        """Give the exchange up."""
        self._say("*")

    def mail(self, envelope: Envelope, size: int) -> None:
        """Name the sender, with the parameters that the server knows; `size` is the letter's octets."""
        words = [f"MAIL FROM:<{envelope.reverse_path or ''}>"]
        if "SIZE" in self.extensions:
            words.append(f"SIZE={size}")
        if envelope.body is Body.BINARY and "BINARYMIME" in self.extensions and "CHUNKING" in self.extensions:
            words.append("BODY=BINARYMIME")
        elif envelope.body is not Body.SEVEN_BIT and "8BITMIME" in self.extensions:
            words.append("BODY=8BITMIME")
        if envelope.smtputf8 and "SMTPUTF8" in self.extensions:
            words.append("SMTPUTF8")
        if envelope.requiretls and "REQUIRETLS" in self.extensions:
            words.append("REQUIRETLS")
        if "DSN" in self.extensions:
            if envelope.ret is not None:
                words.append(f"RET={envelope.ret}")
            if envelope.envid:
                words.append(f"ENVID={encode_xtext(envelope.envid)}")
        self._say(" ".join(words))

    def rcpt(self, recipient: Recipient) -> None:
        """Name a recipient."""
        words = [f"RCPT TO:<{recipient.address}>"]
        if "DSN" in self.extensions:
            if recipient.notify is not None:
                words.append(f"NOTIFY={format_notify(recipient.notify)}")
            if recipient.orcpt is not None:
                words.append(f"ORCPT={format_orcpt(recipient.orcpt)}")
        self._say(" ".join(words))

    def data(self) -> None:
        """Ask to send the letter."""
        self._writer = DotWriter()
        self._say("DATA")

    def body(self, octets: bytes) -> None:
        """Send octets of the letter after 354."""
        self._out += self._writer.write(octets)
        self._letter(octets)

    def end_body(self) -> None:
        """End the letter; a reply is due, in LMTP one for each accepted recipient."""
        self._out += self._writer.end()

    def bdat(self, octets: bytes, *, last: bool) -> None:
        """Send octets of the letter as they are (RFC 3030 §2); a reply is due for each chunk."""
        self._say(f"BDAT {len(octets)}{' LAST' if last else ''}")
        self._out += octets
        self._letter(octets)

    def rset(self) -> None:
        """Forget the letter."""
        self._say("RSET")

    def quit(self) -> None:
        """Leave."""
        self._say("QUIT")

    @property
    def pipelining(self) -> bool:
        """Whether commands may be sent before the replies to earlier ones (RFC 2920)."""
        return "PIPELINING" in self.extensions

    def _say(self, line: str, *, secret: bool = False) -> None:
        # An address cannot hold a line end; should one ever get here, it must not become a command.
        if "\r" in line or "\n" in line:
            raise ValueError("a command of more than one line")
        octets = line.encode() + b"\r\n"
        self._out += octets
        if self._inbox.witness is not None:
            self._inbox.witness.said(octets, secret=secret)

    def _letter(self, octets: bytes) -> None:
        if self._inbox.witness is not None:
            self._inbox.witness.said_letter(len(octets))

    def _read(self) -> Generator[Reply | None]:
        try:
            while True:
                lines: list[str] = []
                while True:
                    found = _LINE.fullmatch((yield from self._inbox.line(LINE_LIMIT, pass_over=False)))
                    if found is None or len(lines) >= LINES_LIMIT:
                        raise ProtocolError("the server's answer is no SMTP reply")
                    lines.append((found[3] or b"").decode("utf-8", "replace"))
                    if found[2] != b"-":
                        break
                yield _reply(int(found[1]), lines)
        except EOFError:
            return


def _reply(code: int, lines: list[str]) -> Reply:
    """Make a reply of its lines; the enhanced code, which each line repeats, is taken out (RFC 2034 §4)."""
    found = _ENHANCED.match(lines[0])
    if found is None or int(found[1]) != code // 100:
        return Reply(code, None, "\n".join(lines))
    enhanced = (int(found[1]), int(found[2]), int(found[3]))
    return Reply(code, enhanced, "\n".join(line.removeprefix(found[0].strip()).lstrip(" ") for line in lines))


def _base64(data: bytes) -> str:
    return b64encode(data).decode() if data else "="


def needs_smtputf8(reverse_path: Address | None, recipients: tuple[Address, ...]) -> bool:
    """Whether an envelope cannot be said in ASCII: a domain can, a local part cannot (RFC 6531 §3.3)."""
    return any(address is not None and address.needs_smtputf8 for address in (reverse_path, *recipients))
