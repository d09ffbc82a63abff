"""One connection: the only loop in which bytes meet a protocol engine.

A link stands on asyncio.Protocol, not on streams: five times the round trips were measured. It feeds what arrives to
its engine, and hands the engine's events to a door one at a time. Three rules hold:

- Replies coalesce. The outbox is sent only when the engine has no further event, so a pipelined group of commands is
  answered in one write.
- Neither side can fill our memory. While the door is busy and the peer sends on, reading pauses past `BACKLOG` octets;
  while the peer reads too slowly, `flush` waits.
- A wait ends. Each wait for the peer has a time limit, and ends early when the server stops; `ended` then says why.
"""

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Generic, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

from cryptography import x509

E_co = TypeVar("E_co", covariant=True)
E = TypeVar("E")

BACKLOG: Final = 256 * 1024  # octets the peer may be ahead of the door before reading pauses
HANDSHAKE: Final = 30.0  # seconds for a TLS handshake
_DER: Final = 2  # OpenSSL's word for it in Python's own certificates


class Engine(Protocol[E_co]):
    """A protocol without I/O, as `wire` writes it."""

    def feed(self, data: bytes) -> None:
        """Take octets from the peer."""
        ...

    def eof(self) -> None:
        """Learn that the peer has sent its last octet."""
        ...

    def next_event(self) -> E_co | None:
        """Give the next event, or None where more octets are needed."""
        ...

    def outbox(self) -> bytes:
        """Give, once, everything that is to be sent now."""
        ...

    def drop(self) -> int:
        """Forget the octets that were received and not yet parsed, and say how many they were."""
        ...


class Ended(Enum):
    """Why `Link.event` gave None."""

    GONE = auto()  # the peer closed, or the network did
    IDLE = auto()  # the peer was silent for longer than the time limit
    STOPPING = auto()  # this server is about to stop


@dataclass(frozen=True, slots=True)
class Tls:
    """What TLS agreed on."""

    version: str  # TLSv1.3
    cipher: str  # TLS_AES_256_GCM_SHA384
    server_end_point: (
        bytes  # channel binding of the server's certificate (RFC 5929 §4.1); empty where unknown
    )


def server_end_point(certificate: bytes) -> bytes:
    """Compute the channel binding `tls-server-end-point` of a certificate in DER (RFC 5929 §4.1)."""
    algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    name = "sha256" if algorithm is None or algorithm.name in {"md5", "sha1"} else algorithm.name
    return hashlib.new(name, certificate).digest()


#: The channel binding of each server context that `net.tls` made, by the context, for as long as anybody uses it.
BINDINGS: WeakKeyDictionary[ssl.SSLContext, bytes] = WeakKeyDictionary()


class Link(asyncio.Protocol, Generic[E]):
    """One connection, server's or client's side.

    `engine` is the protocol; `door`, on the server's side, the conversation that is started as a task when the
    connection is made; `timeout` the seconds that the peer may be silent while we wait for it.
    """

    __slots__ = (
        "_backlog",
        "_deadline",
        "_door",
        "_loop",
        "_may_write",
        "_paused",
        "_timer",
        "_transport",
        "_waiter",
        "ended",
        "engine",
        "local",
        "local_port",
        "on_close",
        "peer",
        "peer_port",
        "stopping",
        "task",
        "timeout",
        "tls",
        "tls_error",
    )

    def __init__(
        self, engine: Engine[E], timeout: float, door: Callable[["Link[E]"], Awaitable[None]] | None = None
    ) -> None:
        self.engine = engine
        self.timeout = timeout
        self.tls: Tls | None = None
        self.tls_error: Exception | None = None  # what a handshake failed of
        self.ended: Ended | None = None
        self.stopping = False
        self.peer = self.local = ""
        self.peer_port = self.local_port = 0
        self.on_close: Callable[[Link[E]], None] | None = None
        self.task: asyncio.Task[None] | None = None
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None  # the door waits for octets
        self._may_write: asyncio.Future[None] | None = None  # the door waits for a slow reader
        self._backlog = 0
        self._paused = False
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    # What a door calls

    async def event(self, *, through_stop: bool = False) -> E | None:
        """Give the next event of the engine.

        `through_stop` keeps waiting while the server stops: for the rest of a letter that has begun.
        Returns None when there will be none; `ended` then says why.
        """
        engine = self.engine
        while True:
            if (event := engine.next_event()) is not None:
                return event
            self._backlog = 0
            await self.flush()
            if self.ended is not None:
                return None
            if self.stopping and not through_stop:
                self.ended = Ended.STOPPING
                return None
            await self._octets()

    async def flush(self) -> None:
        """Send what the engine has to say, and wait while the peer reads too slowly."""
        data = self.engine.outbox()
        if data and self._transport is not None:
            self._transport.write(data)
            if self._may_write is not None:
                self._watch()
                await self._may_write

    async def start_tls(self, context: ssl.SSLContext, server_hostname: str | None = None) -> bool:
        """Send what is to be said in the clear, forget what came before its time, and shake hands.

        `server_hostname` is given on the client's side, and makes this link the client of the handshake.
        Returns whether TLS now holds; the link is closed where it does not (RFC 3207 §4.1).
        """
        transport = self._transport
        if transport is None or self.ended is not None:
            return False
        transport.write(self.engine.outbox())
        self.engine.drop()  # what was sent before the handshake is nobody's word (RFC 3207 §6)
        try:
            upgraded = await self._loop.start_tls(
                transport,
                self,
                context,
                server_side=server_hostname is None,
                server_hostname=server_hostname,
                ssl_handshake_timeout=HANDSHAKE,
            )
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError) as error:
            upgraded, self.tls_error = None, error
        if upgraded is None:
            self.ended = self.ended or Ended.GONE
            transport.abort()
            return False
        self._transport = upgraded  # what the engine holds by now came through TLS
        self._learn_tls(upgraded)
        return True

    def certificates(self) -> list[bytes]:
        """Give the certificates that the server showed, in DER and its own first; on the client's side, verified or not."""
        shown = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        if shown is None:
            return []
        if hasattr(shown, "get_unverified_chain"):  # Python 3.13
            return list(shown.get_unverified_chain())
        chain = shown._sslobj.get_unverified_chain()  # noqa: SLF001 (Python 3.11 and 3.12 have no other way)
        return [one.public_bytes(_DER) for one in chain or ()]

    def close(self) -> None:
        """Send what is left to say and close the connection."""
        if self._transport is not None and not self._transport.is_closing():
            if data := self.engine.outbox():
                self._transport.write(data)
            self._transport.close()

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    # What the server calls

    def stop(self) -> None:
        """Ask the door to end: a wait for a command ends now, a letter under way may finish."""
        self.stopping = True
        self.wake()

    def wake(self) -> None:
        """Let a door that waits look at its engine: something else than octets may have come."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn who is there, and start the door."""
        self._transport = cast("asyncio.Transport", transport)
        if self.peer:  # asyncio calls again after an upgrade to TLS
            return
        self._loop = asyncio.get_running_loop()
        self.peer, self.peer_port = _address(transport.get_extra_info("peername"))
        self.local, self.local_port = _address(transport.get_extra_info("sockname"))
        if transport.get_extra_info("ssl_object") is not None:
            self._learn_tls(self._transport)
        if self._door is not None:
            self.task = asyncio.ensure_future(self._run(self._door))

    def data_received(self, data: bytes) -> None:
        """Feed the engine, and wake the door if it waits."""
        self.engine.feed(data)
        if self._waiter is not None:
            self.wake()
            return
        self._backlog += len(data)
        if self._backlog > BACKLOG and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Learn that the peer sends no more; what it is owed is still sent."""
        self.engine.eof()
        self.ended = self.ended or Ended.GONE
        self.wake()
        return self.tls is None  # TLS has no half-closed state

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        """Learn that the connection is no more."""
        self.engine.eof()
        self.ended = self.ended or Ended.GONE
        self._transport = None
        self.wake()
        self.resume_writing()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.on_close is not None and self._door is None:
            self.on_close(self)

    def pause_writing(self) -> None:
        """Make `flush` wait."""
        if self._may_write is None:
            self._may_write = self._loop.create_future()

    def resume_writing(self) -> None:
        """Let `flush` go on."""
        if self._may_write is not None:
            if not self._may_write.done():
                self._may_write.set_result(None)
            self._may_write = None

    # Inside

    async def _run(self, door: Callable[["Link[E]"], Awaitable[None]]) -> None:
        try:
            await door(self)
        finally:
            self.close()
            if self.on_close is not None:
                self.on_close(self)

    async def _octets(self) -> None:
        """Wait until octets came, or the wait is over."""
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        self._waiter = self._loop.create_future()
        self._watch()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _watch(self) -> None:
        """Push the deadline; one timer a connection looks at it, not one a wait."""
        self._deadline = self._loop.time() + self.timeout
        if self._timer is not None and self._timer.when() > self._deadline:  # the limit became a shorter one
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None and self._may_write is None:
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._look)
            return
        self.ended = self.ended or Ended.IDLE
        if self._may_write is not None:
            self.abort()
        self.wake()

    def _learn_tls(self, transport: asyncio.Transport) -> None:
        tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
        binding = BINDINGS.get(tls.context, b"")
        if not binding and (certificate := tls.getpeercert(binary_form=True)):
            binding = server_end_point(certificate)
        cipher = tls.cipher()
        self.tls = Tls(tls.version() or "", cipher[0] if cipher else "", binding)


def _address(name: Any) -> tuple[str, int]:
    """Read a socket's name; a Unix socket's peer is ourselves."""
    if isinstance(name, tuple):
        host = cast("str", name[0])
        return host.removeprefix("::ffff:").partition("%")[0], cast("int", name[1])
    return "127.0.0.1", 0


async def connect(
    engine: Engine[E],
    address: str,
    port: int,
    *,
    timeout: float,  # noqa: ASYNC109 (the link keeps it for its later waits)
    source: str | None = None,
    context: ssl.SSLContext | None = None,
    server_hostname: str | None = None,
) -> Link[E]:
    """Open a connection as a client.

    `timeout` is in seconds, for the connection itself and then for each wait; `source` is the local address to use;
    `context` with `server_hostname` makes TLS hold from the first octet (RFC 8314 §3).
    Raises OSError (TimeoutError, ssl.SSLError among them) where no connection came about.
    """
    link: Link[E] = Link(engine, timeout)
    async with asyncio.timeout(timeout):
        await asyncio.get_running_loop().create_connection(
            lambda: link,
            address,
            port,
            local_addr=(source, 0) if source else None,
            ssl=context,
            server_hostname=server_hostname if context else None,
        )
    return link
