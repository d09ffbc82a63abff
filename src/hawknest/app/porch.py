"""Before a door: who may come in at all, what is written down, and a polite word where something breaks."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from hawknest.accounts.exempt import Range, is_exempt
from hawknest.log import Channel, Log
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

    async def _converse(
        self, link: Link[Any], engine: Host, talk: Callable[[Link[Any]], Awaitable[None]]
    ) -> None:
        """Lead a conversation; one place turns a surprise into a polite goodbye and a line in the log."""
        if self._allowed and not is_exempt(link.peer, self._allowed, 0.0):
            self._log.system.info("not allowed here", peer=link.peer, port=link.local_port)
            link.abort()
            return
        if not self._connections.add(link):
            self._log.system.warning("too many connections", peer=link.peer)
            engine.turn_away()
            return
        self._log.count("connections")
        engine.observe(self._log.conversation(self._channel, f"{link.peer}:{link.peer_port}"))
        try:
            await talk(link)
        except Exception as error:  # noqa: BLE001 (whatever it is, the others must go on)
            incident = secrets.token_hex(4)
            self._log.system.error("internal error", incident=incident, peer=link.peer, error=repr(error))
            engine.fault(incident)
