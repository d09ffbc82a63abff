"""Counting how well TLS protected what left: in memory as it happens, written down once a minute. RFC 8460 §4.

A delivery costs an addition. What a crash takes with it is a minute of statistics, which a transaction of its own for each letter
would not be worth.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from hawknest.log import Log
from hawknest.store import Connection, Store, StoreError, tls_results
from hawknest.store.tls_results import TlsResult

FLUSH: Final = 60.0  # seconds
ROWS: Final = 10_000  # different ones that are held at the most
KEPT: Final = 40  # days


@dataclass(slots=True)
class Ledger:
    """Who counts, in one worker."""

    store: Store
    log: Log
    clock: Callable[[], float]
    _counted: Counter[tuple[int, TlsResult]] = field(default_factory=Counter[tuple[int, TlsResult]])

    def note(self, result: TlsResult) -> None:
        """Count one session, or whatever kept it from coming about."""
        key = tls_results.day_of(self.clock()), result
        if key in self._counted or len(self._counted) < ROWS:
            self._counted[key] += 1

    async def run(self) -> None:
        """Write down what was counted, every minute until cancelled, and then what is left."""
        try:
            while True:
                await asyncio.sleep(FLUSH)
                await self.flush()
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Write down what was counted; where that fails it stays counted."""
        if not self._counted:
            return
        counted, self._counted = self._counted, Counter()
        try:
            await self.store.write(partial(_written, counted=counted))
        except StoreError as error:
            self.log.system.warning("TLS results not written yet", error=str(error))
            self._counted.update(counted)


def _written(connection: Connection, counted: Counter[tuple[int, TlsResult]]) -> None:
    days: dict[int, list[TlsResult]] = {}
    for (day, result), sessions in counted.items():
        days.setdefault(day, []).append(replace(result, sessions=sessions))
    for day, results in days.items():
        tls_results.count(connection, day, results)
        tls_results.forget(connection, day - KEPT)
