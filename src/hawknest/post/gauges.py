"""What the graphs show, written down once a minute: what was counted since the last time, and how much there is now.

Each worker adds what it counted itself; what is the same for all is written by whoever comes.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from hawknest.accounts import audit
from hawknest.log import Log
from hawknest.post import webhooks
from hawknest.store import Connection, Store, StoreError, leases, outgoing, samples

PERIOD: Final = 60.0  # seconds
HOUR: Final = 3600.0
AUDIT: Final = 2 * 366 * 86400.0  # seconds that the lines of who changed what are kept
_LEASE: Final = "samples"

#: Which counters of the log each series is made of.
COUNTERS: Final = {
    "letters_in": "letters_in",
    "letters_out": "outgoing_delivered",
    "refused": "refused",
    "junk": "junk",
    "bounced": "outgoing_failed",
    "deferred": "outgoing_deferred",
    "sign_in_failed": "sign_in_failed",
}


@dataclass(slots=True)
class Gauges:
    """The reading of the counters, in one worker."""

    store: Store
    log: Log
    owner: str
    directory: Path
    connections: Callable[[], int]
    clock: Callable[[], float]
    _last: dict[str, int] = field(default_factory=dict[str, int])
    _thinned: float = 0.0

    async def run(self) -> None:
        """Write a minute down each minute, until cancelled."""
        try:
            while True:
                await asyncio.sleep(PERIOD)
                with contextlib.suppress(StoreError, OSError):  # the next minute tells it all the same
                    await self.look()
        finally:
            with contextlib.suppress(StoreError, OSError):
                await self.look()

    async def look(self) -> None:
        """Write down what there is. Raises StoreError, OSError."""
        now = self.clock()
        seen = {series: self.log.counters[counter] for series, counter in COUNTERS.items()}
        counts = {series: value - self._last.get(series, 0) for series, value in seen.items()}
        levels = {"connections": float(self.connections()), **disk(self.directory)}
        await self.store.write(partial(_put, now=now, counts=counts, levels=levels))
        self._last = seen
        if now - self._thinned >= HOUR:
            self._thinned = now
            take = partial(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HOUR / 2)
            if await self.store.write(take):
                await self.store.write(partial(_forget, now=now))

    def disk(self) -> dict[str, float]:
        """How full the disk is, in octets; nothing where the system does not tell."""
        try:
            return disk(self.directory)
        except OSError:
            return {}

    def fresh(self) -> dict[str, int]:
        """What this worker has counted since it last wrote."""
        return {
            series: self.log.counters[counter] - self._last.get(series, 0)
            for series, counter in COUNTERS.items()
        }


def disk(directory: Path) -> dict[str, float]:
    """How full the disk is that a directory lies on, in octets. Raises OSError."""
    found = os.statvfs(directory)
    return {
        "disk_used": float((found.f_blocks - found.f_bfree) * found.f_frsize),
        "disk_free": float(found.f_bavail * found.f_frsize),
    }


def _put(connection: Connection, now: float, counts: dict[str, int], levels: dict[str, float]) -> None:
    pending, held, delivering = outgoing.count(connection, now)
    queue = {"pending": float(pending), "held": float(held), "delivering": float(delivering)}
    samples.put(connection, now, counts, levels | queue)


def _forget(connection: Connection, now: float) -> None:
    samples.thin(connection, now)
    webhooks.forget(connection, now - webhooks.TAIL)
    audit.forget(connection, now - AUDIT)
