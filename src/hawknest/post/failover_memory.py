"""Which destinations are reached by way of the smart host for now: kept in the database, remembered by each worker.

What one worker found out, others hear when they look again (`LOOK`), or when they meet the same refusal themselves. An entry
whose time is over stays until a letter has gone the direct way: until then the destination is on trial.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from hawknest.post.failover_cause import Cause
from hawknest.store import Connection, Statement, Store, StoreError

LOOK: Final = 60.0  # seconds between two looks at what other workers wrote
ALL: Final = "*"  # in place of a destination: every one
WORDS: Final = 1000  # characters of the other side's words that are kept
#: Seconds without an answer from anybody at all after which that, and not the destinations, is the trouble.
SPAN: Final = 3600.0
MANY: Final = 3  # destinations that make "all"

_NOTE: Final = Statement(
    """INSERT INTO failover (destination, cause, host, words, since, until)
       VALUES (:destination, :cause, :host, :words, :since, :until)
       ON CONFLICT (destination) DO UPDATE SET cause = excluded.cause, host = excluded.host, words = excluded.words,
         until = excluded.until"""
)
_END: Final = Statement("DELETE FROM failover WHERE destination = :destination")
_LIST: Final = Statement(
    "SELECT destination, cause, host, words, since, until FROM failover ORDER BY destination"
)


@dataclass(frozen=True, slots=True)
class Barrier:
    """What keeps letters from going straight to a destination."""

    destination: str  # `ALL`: every one
    cause: Cause
    host: str  # who said no, or did not answer
    words: str
    since: float  # seconds since the epoch
    until: float  # likewise: from then on the straight way is tried again


def note(connection: Connection, barrier: Barrier) -> None:
    """Write a barrier down, or that it is still there."""
    connection.run(
        _NOTE,
        destination=barrier.destination,
        cause=barrier.cause.value,
        host=barrier.host,
        words=barrier.words[:WORDS],
        since=barrier.since,
        until=barrier.until,
    )


def end(connection: Connection, destination: str) -> bool:
    """Forget a barrier: the next letter goes straight. Returns whether there was one."""
    return connection.run(_END, destination=destination) > 0


def listing(connection: Connection) -> list[Barrier]:
    """List the barriers."""
    return [Barrier(destination, Cause(cause), *rest) for destination, cause, *rest in connection.all(_LIST)]


@dataclass(slots=True)
class Memory:
    """What one worker knows of barriers."""

    store: Store
    clock: Callable[[], float]
    known: dict[str, Barrier] = field(default_factory=dict)
    _silent: dict[str, float] = field(
        default_factory=dict
    )  # destinations that could not be connected to, when

    async def watch(self) -> None:
        """Look at what others wrote, again and again, until cancelled."""
        while True:
            with contextlib.suppress(StoreError):  # next time, then
                await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Look at what others wrote. Raises StoreError."""
        found = await self.store.read(listing)
        self.known = {barrier.destination: barrier for barrier in found}

    def standing(self, destination: str) -> Barrier | None:
        """Give what keeps letters from a destination now."""
        now = self.clock()
        both = (self.known.get(destination), self.known.get(ALL))
        return next((barrier for barrier in both if barrier and now < barrier.until), None)

    async def meet(self, barrier: Barrier) -> Barrier:
        """Keep a barrier that was met. Returns it as it is kept. Raises StoreError."""
        before = self.known.get(barrier.destination)
        kept = replace(barrier, since=before.since) if before else barrier
        self.known[barrier.destination] = kept
        await self.store.write(partial(note, barrier=kept))
        return kept

    async def passed(self, destination: str) -> list[Barrier]:
        """Forget what kept letters from a destination: one was taken there. Returns what it was. Raises StoreError."""
        self._silent.clear()
        gone = [b for key in (destination, ALL) if (b := self.known.get(key))]
        for barrier in gone:
            del self.known[barrier.destination]
            await self.store.write(partial(end, destination=barrier.destination))
        return gone

    def heard(self) -> None:
        """Take note that somebody answered, were it a no."""
        self._silent.clear()

    def silence(self, destination: str) -> bool:
        """Take note that a destination could not be connected to. Returns whether that goes for all that were tried."""
        now = self.clock()
        self._silent[destination] = now
        self._silent = {name: at for name, at in self._silent.items() if now - at < SPAN}
        return len(self._silent) >= MANY
