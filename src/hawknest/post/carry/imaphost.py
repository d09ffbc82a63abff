"""A session with another IMAP server, which is asked one thing after another. RFC 9051."""

import ipaddress
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from hawknest.net.link import Ended, Link
from hawknest.wire.errors import ProtocolError
from hawknest.wire.imap.answers import (
    Answer,
    Body,
    Capabilities,
    Chunk,
    Condition,
    Exists,
    Expunged,
    Fetched,
    Go,
)
from hawknest.wire.imap.client import Client

T = TypeVar("T")

PATIENCE: Final = 120.0  # seconds that the server may be silent
AHEAD: Final = 20  # letters that are asked for before they are read


class Security(StrEnum):
    """How a connection is secured."""

    TLS = "tls"  # from the first octet (RFC 8314 §3)
    STARTTLS = "starttls"
    NONE = "none"


PORTS: Final = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}


class ImapError(Exception):
    """The other server said no, or cannot be talked with; the text says why."""


class Broken(ImapError):
    """The connection is gone: another one may do better."""


@dataclass(frozen=True, slots=True)
class Server:
    """Another server, and who logs in there."""

    host: str
    user: str
    password: str = field(repr=False)
    port: int = 0  # 0: the usual one
    security: Security = Security.TLS
    verify: bool = True  # its certificate

    @property
    def name(self) -> str:
        """What later runs know it by."""
        return f"imap://{self.user}@{self.host}:{self.port or PORTS[self.security]}"


class Session:
    """An open session. `exists` counts the letters of the open mailbox, `expunged` gathers numbers that went away."""

    def __init__(self, link: Link[Answer], client: Client) -> None:
        self.client = client
        self.capabilities: frozenset[str] = frozenset()
        self.exists = 0
        self.expunged: list[int] = []
        self._link = link
        self._done: dict[int, Condition] = {}  # ends of commands that nobody has waited for yet

    async def event(self) -> Answer:
        """Wait for the next answer; what changes the state of the session is noted. Raises Broken."""
        try:
            answer = await self._link.event(through_stop=True)
        except ProtocolError as error:
            self.abort()
            raise ImapError(str(error)) from None
        match answer:
            case None:
                idle = self._link.ended is Ended.IDLE
                raise Broken(
                    f"the server said nothing for {PATIENCE:.0f} seconds"
                    if idle
                    else "the server closed the connection"
                )
            case Condition(kind="BYE", text=text):
                raise Broken(f"the server ends the session: {text}")
            case Capabilities(words):
                self.capabilities = words
            case Condition(code="CAPABILITY", arguments=arguments):
                self.capabilities = frozenset(word.upper() for word in arguments)
            case Exists(count):
                self.exists = count
            case Expunged(number):
                self.exists -= 1
                self.expunged.append(number)
            case _:
                pass
        return answer

    async def flush(self) -> None:
        """Send what is to be said, and wait while the server reads too slowly. Raises Broken."""
        await self._link.flush()
        if self._link.ended is not None:
            raise Broken("the server closed the connection")

    async def result(self, tag: int, hear: Callable[[Answer], None] | None = None) -> Condition:
        """Wait for the end of a command; `hear` is told of what is said before. Raises ImapError."""
        while tag not in self._done:
            answer = await self.event()
            if isinstance(answer, Condition) and answer.tag:
                self._done[answer.tag] = answer
            elif hear is not None:
                hear(answer)
        return self._done.pop(tag)

    async def ask(self, tag: int, kind: type[T]) -> list[T]:
        """Wait for the end of a command that has to succeed, and give the answers of one kind. Raises ImapError."""
        found: list[T] = []

        def hear(answer: Answer) -> None:
            if isinstance(answer, kind):
                found.append(answer)

        done = await self.result(tag, hear)
        if done.kind != "OK":
            raise ImapError(f"the server says: {done.text or done.kind}")
        return found

    async def ready(self) -> Go | Condition:
        """Wait until the server wants what comes next, or has ended the command instead. Raises ImapError."""
        while True:
            match await self.event():
                case Go() as go:
                    return go
                case Condition(tag=tag) as condition if tag:
                    return condition
                case _:
                    pass

    async def examine(self, name: bytes) -> str | None:
        """Open a mailbox to read it. Returns its UIDVALIDITY; None: it cannot be opened. Raises ImapError."""
        self.exists = 0
        found: list[str] = []

        def hear(answer: Answer) -> None:
            match answer:
                case Condition(code="UIDVALIDITY", arguments=(validity,)):
                    found.append(validity)
                case _:
                    pass

        done = await self.result(self.client.examine(name), hear)
        self.expunged.clear()
        return (found[-1] if found else "0") if done.kind == "OK" else None

    async def overview(self, first: int, last: int) -> list[Fetched]:
        """Look at letters by their numbers. Raises ImapError."""
        rows = await self.ask(self.client.overview(first, last), Fetched)
        return [row for row in rows if row.uid]

    async def bodies(self, uids: Sequence[int]) -> AsyncGenerator[tuple[int, AsyncIterator[bytes]]]:
        """Give the octets of letters by their UIDs, those that are still there, in the order in which the server sends them.

        Several are asked for ahead of the one that is read. The octets of one are to be read before the next.
        Raises ImapError.
        """
        waiting: dict[int, None] = {}  # UIDs that were asked for
        asked: dict[int, int] = {}  # likewise, by the tag
        rest = iter(uids)
        while True:
            while len(waiting) < AHEAD and (uid := next(rest, 0)):
                waiting[uid] = None
                asked[self.client.fetch_letter(uid)] = uid
            if not asked:
                return
            match await self.event():
                case Body(uid):
                    uid = uid or next(
                        iter(waiting), 0
                    )  # quirk_late_uid: some name the letter behind its octets
                    blocks = self._blocks(uid)
                    if uid in waiting:
                        del waiting[uid]
                        yield uid, blocks
                    async for _ in blocks:  # what was not read of it
                        pass
                case Condition(tag=tag) if tag in asked:
                    waiting.pop(asked.pop(tag), None)  # nothing came: it is gone
                case _:
                    pass

    async def _blocks(self, uid: int) -> AsyncIterator[bytes]:
        while True:
            match await self.event():
                case Chunk(octets):
                    yield octets
                case Fetched(uid=its):
                    if its not in {0, uid}:
                        raise ImapError("the server sent another letter than it said")
                    return
                case _:
                    raise ImapError("the server's answer to FETCH cannot be understood")

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS (RFC 9051 §6.2.1); nothing of what was said before counts after it. Raises ImapError."""
        await self.ask(self.client.start_tls(), Condition)
        if not await self._link.start_tls(context, host):
            raise ImapError("the TLS handshake failed: is the certificate one that is known here?")
        self.capabilities = frozenset()

    @property
    def private(self) -> bool:
        """Whether nobody can listen."""
        try:
            return self._link.tls is not None or ipaddress.ip_address(self._link.peer).is_loopback
        except ValueError:
            return False

    def close(self) -> None:
        """Say goodbye and close."""
        if self._link.ended is None:
            self.client.logout()
        self._link.close()

    def abort(self) -> None:
        """Drop the connection."""
        self._link.abort()
