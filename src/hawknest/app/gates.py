"""The open listeners of one worker, and how a reload changes them: all of it, or nothing and the reason.

A listener that stays as it is is not touched. One that changes on its own port keeps its socket, so that nobody who knocks
at that moment is turned away. Sessions that are under way go on, whatever becomes of the listener they came by.
"""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from hawknest.app.nest import Bound, Nest
from hawknest.config import Listener, Tls
from hawknest.net import listen


@dataclass(frozen=True, slots=True)
class Gate:
    """A listener that is served."""

    bound: Bound
    serving: contextlib.AsyncExitStack = field(repr=False)


class Gates:
    """The listeners that are served now."""

    def __init__(self, nest: Nest) -> None:
        self._nest = nest
        self._open: list[Gate] = []
        self._resting: list[Listener] = []  # closed by their owner until told otherwise

    @property
    def bound(self) -> list[Bound]:
        """What is listened on, in the order of the configuration."""
        return [gate.bound for gate in self._open]

    async def open(self, bound: Bound) -> None:
        """Serve a listener."""
        nest, entry = self._nest, bound.entry
        context = nest.certificate.context if entry.tls is Tls.IMPLICIT else None
        serving = contextlib.AsyncExitStack()
        await serving.enter_async_context(listen.serving(bound.sock, nest.door(entry), context))
        self._open.append(Gate(bound, serving))
        nest.log.system.info("listening", service=entry.service, address=bound.address, port=bound.port)

    async def follow(self, wanted: Sequence[Listener], fresh: Sequence[Bound]) -> None:
        """Serve these listeners, of which the fresh ones were bound beforehand, and no others."""
        leaving = [gate for gate in self._open if gate.bound.entry not in wanted]
        self._open = [gate for gate in self._open if gate.bound.entry in wanted]
        for bound in fresh:
            await self.open(bound)
        self._open.sort(key=lambda gate: wanted.index(gate.bound.entry))
        for gate in leaving:
            await self._close(gate)

    def bind(self, wanted: Sequence[Listener]) -> list[Bound]:
        """Bind those that are not served yet: all of them, or none. Raises BindError."""
        served = [bound.entry for bound in self.bound]
        held = {(b.entry.address, b.entry.port): b.sock for b in self.bound if b.entry.port}
        bound: list[Bound] = []
        try:
            for entry in wanted:
                if entry in served or entry in self._resting:
                    continue
                assert entry.port is not None  # config fills it in
                own = held.get((entry.address, entry.port))
                sock = own.dup() if own is not None else listen.bind(entry.address, entry.port)
                bound.append(Bound(entry, sock))
        except listen.BindError:
            give_up(bound)
            raise
        return bound

    async def rest(self, entries: Sequence[Listener]) -> None:
        """Serve nobody new by these listeners, until `wake`."""
        leaving = [gate for gate in self._open if gate.bound.entry in entries]
        self._open = [gate for gate in self._open if gate not in leaving]
        for gate in leaving:
            self._resting.append(gate.bound.entry)
            await self._close(gate)

    async def wake(self, entries: Sequence[Listener]) -> None:
        """Serve these listeners again: all of them, or none. Raises BindError."""
        resting, self._resting = self._resting, [entry for entry in self._resting if entry not in entries]
        try:
            fresh = self.bind(entries)
        except listen.BindError:
            self._resting = resting
            raise
        for bound in fresh:
            await self.open(bound)

    async def _close(self, gate: Gate) -> None:
        entry, port = gate.bound.entry, gate.bound.port
        self._nest.log.system.info(
            "no longer listening", service=entry.service, address=entry.address, port=port
        )
        await gate.serving.aclose()

    async def close(self) -> None:
        """Serve nobody new any more."""
        while self._open:
            await self._open.pop().serving.aclose()


def give_up(bound: Sequence[Bound]) -> None:
    """Close sockets that are not to be served after all."""
    for one in bound:
        one.sock.close()


@contextlib.asynccontextmanager
async def opened(nest: Nest) -> AsyncGenerator[Gates]:
    """Be ready to serve listeners for as long as the block lasts."""
    gates = Gates(nest)
    try:
        yield gates
    finally:
        await gates.close()
