"""One HTTP connection: uvicorn's protocol in our loop, with our own limits around it. RFC 9112.

Uvicorn reads and writes HTTP/1.1 and bounds what it keeps of bodies; what it leaves open is bounded here: how long and how large
the head of a request may be, how long a peer may read nothing, and who may come in at all. A visit counts among the
connections like a link of any other door, and ends with them.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from hawknest.doors.web.application import Application
from hawknest.doors.web.gate import SECURITY
from hawknest.net import listen

HEAD: Final = 64 * 1024  # octets of a request's head
SILENCE: Final = 20.0  # seconds for a head to come
IDLE: Final = 75  # seconds between two requests
STALLED: Final = 60.0  # seconds that a peer may read nothing of an answer

for _name in ("uvicorn.error", "uvicorn.access", "uvicorn.asgi"):  # what matters of it, our own log tells
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


class Visitor(listen.Visitor, Protocol):
    """A connection as a doorkeeper sees it."""

    @property
    def local_port(self) -> int:
        """The port that it came to."""
        ...


class Doorkeeper(Protocol):
    """Who stands before the door."""

    def admit(self, visitor: Visitor, /) -> bool | None:
        """Count somebody in: True; False where there are too many; None for who may not come here at all."""
        ...

    def farewell(self, visitor: Visitor, /) -> None:
        """Count somebody out."""
        ...


class Visit(HttpToolsProtocol):
    """One connection of a browser."""

    def __init__(self, config: Config, keeper: Doorkeeper) -> None:
        self.stopping = asyncio.Event()
        super().__init__(config, ServerState(), {"stopping": self.stopping})
        self.peer = self.local = ""
        self.peer_port = self.local_port = 0
        self._keeper = keeper
        self._head = 0  # octets of a head that is under way, about
        self._in_head = True
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    # What the connections' keeper calls

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What answers a request now."""
        return next(iter(self.tasks), None)

    def stop(self) -> None:
        """End when the request that is under way has its answer."""
        self.stopping.set()
        if self.transport is not None:  # pyright: ignore[reportUnnecessaryComparison] (uvicorn's type forgets the time before)
            self.shutdown()

    def abort(self) -> None:
        """Drop the connection at once."""
        if self.transport is not None:  # pyright: ignore[reportUnnecessaryComparison]
            self.transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Learn who is there, and whether to talk."""
        super().connection_made(transport)
        self.peer, self.peer_port = self.client or ("127.0.0.1", 0)
        self.local, self.local_port = cast("tuple[str, int]", self.server or ("127.0.0.1", 0))
        self.peer = self.peer.removeprefix("::ffff:").partition("%")[0]
        match self._keeper.admit(self):
            case None:
                transport.abort()
            case False:
                self._end(
                    b"503 Service Unavailable",
                    b"There are too many connections; please try again in a moment.",
                )
            case True:
                self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the connection is no more."""
        super().connection_lost(exc)
        for timer in (self._timer, self._stalled):
            if timer is not None:
                timer.cancel()
        self.stopping.set()
        self._keeper.farewell(self)

    def data_received(self, data: bytes) -> None:
        """Take octets, of a head only so many."""
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head += len(data)
        if self._timer is None and self._waiting:
            self._watch()
        super().data_received(data)
        if self._in_head and self._head > HEAD:
            self._end(b"431 Request Header Fields Too Large", b"The head of the request is too long.")

    def pause_writing(self) -> None:
        """Give a peer that reads too slowly some time."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALLED, self.abort)

    def resume_writing(self) -> None:
        """Go on: the peer has read."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    # What the parser calls

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._head = True, 1

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._in_head = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        del msg
        self._end(b"400 Bad Request", b"This is not HTTP as this server understands it.")

    # Inside

    @property
    def _waiting(self) -> bool:
        """Whether it is the peer's turn."""
        cycle: Any = self.cycle
        return cycle is None or cycle.response_complete

    def _watch(self) -> None:
        self._timer = self.loop.call_later(SILENCE, self._too_slow)

    def _too_slow(self) -> None:
        self._timer = None
        if self._head:
            self._end(b"408 Request Timeout", b"The request did not come to its end.")
        else:
            self.transport.close()

    def _end(self, status: bytes, words: bytes) -> None:
        """Say why no request is taken, and close."""
        lines = [b"HTTP/1.1 " + status, b"content-type: text/plain; charset=utf-8"]
        lines += [f"{name}: {value}".encode() for name, value in SECURITY.items()]
        lines += [b"content-length: %d" % len(words), b"connection: close", b"", words]
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()


def visits(application: Application, keeper: Doorkeeper) -> Callable[[], Visit]:
    """Make what makes the visit of a new connection."""
    config = Config(
        cast("Any", application),
        http=Visit,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=IDLE,
    )
    config.load()
    return lambda: Visit(config, keeper)
