"""Before a door: who may come in at all, what is written down, and a polite word where something breaks."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from hawknest.accounts.exempt import Range, is_exempt
from hawknest.log import Channel, Log
from hawknest.net import listen
from hawknest.net.link import Link
from hawknest.net.listen import Connections
from hawknest.wire.witness import Witness


class Host(Protocol):
    """What a server's engine can say when its door cannot."""

    def observe(self, witness: Witness | None) -> None:
        """Have somebody told of what is said."""
        ...

    def turn_away(self) -> None:
        """Say that there are too many connections."""
        ...

    def fault(self, incident: str) -> None:
        """Say that something went wrong here, which the log tells of under the same name."""
        ...


class Visitor(listen.Visitor, Protocol):
    """A connection that asks to come in."""

    @property
    def local_port(self) -> int:
        """The port that it came to."""
        ...


class Porch:
    """The porch of one listener; `allowed` are the networks that may connect, none: everybody."""

    def __init__(
        self, connections: Connections, log: Log, channel: Channel, allowed: Sequence[Range]
    ) -> None:
        self._connections = connections
        self._log = log
        self._channel = channel
        self._allowed = [(network, None) for network in allowed]

    def link(self, engine: Any, silence: float, talk: Callable[[Link[Any]], Awaitable[None]]) -> Link[Any]:
        """Make the link of a new connection; `silence` is the seconds that the peer may be silent."""
        link: Link[Any] = Link(engine, silence, partial(self._converse, engine=engine, talk=talk))
        link.on_close = self._connections.discard
        return link

    def admit(self, visitor: Visitor, /) -> bool | None:
        """Count a connection in: True; False where there are too many, None where it may not come here at all."""
        if self._allowed and not is_exempt(visitor.peer, self._allowed, 0.0):
            self._log.system.info("not allowed here", peer=visitor.peer, port=visitor.local_port)
            return None
        if not self._connections.add(visitor):
            self._log.system.warning("too many connections", peer=visitor.peer)
            return False
        self._log.count("connections")
        return True

    def farewell(self, visitor: Visitor, /) -> None:
        """Count a connection out."""
        self._connections.discard(visitor)

    async def _converse(
        self, link: Link[Any], engine: Host, talk: Callable[[Link[Any]], Awaitable[None]]
    ) -> None:
        """Lead a conversation; one place turns a surprise into a polite goodbye and a line in the log."""
        match self.admit(link):
            case None:
                link.abort()
                return
            case False:
                engine.turn_away()
                return
            case True:
                pass
        engine.observe(self._log.conversation(self._channel, f"{link.peer}:{link.peer_port}"))
        try:
            await talk(link)
        except Exception as error:  # noqa: BLE001 (whatever it is, the others must go on)
            incident = secrets.token_hex(4)
            self._log.system.error("internal error", incident=incident, peer=link.peer, error=repr(error))
            engine.fault(incident)
