"""What one worker does once a night: files that belong to no letter are put aside, and forgotten a month later.

A machine that is off at night gets it done when it has been up for a day.
"""

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Final

from hawknest.app import mark
from hawknest.doors.imap import manage
from hawknest.log import Log
from hawknest.store import Store, StoreError, leases, mailboxes, strays
from hawknest.store.strays import Shelf

QUIET: Final = range(2, 5)  # hours of the local day
HELD: Final = 3600.0  # seconds that the lease lasts; it is renewed with the worker's others while it lives
_LEASE: Final = "night"


class Night:
    """The nightly round of one worker, of whom the one with the lease makes it."""

    def __init__(self, store: Store, directory: Path, owner: str, log: Log, started: float) -> None:
        self._store = store
        self._directory = directory
        self._shelf = Shelf(directory, store.blobs)
        self._owner = owner
        self._log = log
        self._last = started

    async def round(self, now: float) -> int:
        """Sweep if it is time to; asked every hour, `now` in seconds since the epoch. Returns how many files went."""
        await self._change_mark(now)
        await self._finish_deleting()
        if not self._due(now):
            return 0
        self._last = now
        try:
            take = partial(leases.take, name=_LEASE, owner=self._owner, now=now, until=now + HELD)
            if not await self._store.write(take):
                return 0
            return await self._sweep(now)
        except (StoreError, OSError) as error:
            self._log.system.error("files not swept", error=str(error))
            return 0

    async def _change_mark(self, now: float) -> None:
        """Change the mark that tells a copy of the database from itself; of several workers, one does."""
        take = partial(leases.take, name="mark", owner=self._owner, now=now, until=now + HELD)
        try:
            if await self._store.write(take):
                await mark.change(self._store, self._directory)
        except (StoreError, OSError) as error:
            self._log.system.error("mark not changed", error=str(error))

    async def _finish_deleting(self) -> None:
        """Empty deleted mailboxes that a crash has left with letters in them."""
        try:
            for mailbox in await self._store.read(mailboxes.condemned):
                await manage.empty(self._store, mailbox)
        except (StoreError, OSError) as error:
            self._log.system.error("deleted mailboxes not emptied", error=str(error))

    def _due(self, now: float) -> bool:
        since = now - self._last
        return since >= strays.DAY or (since >= strays.DAY / 4 and time.localtime(now).tm_hour in QUIET)

    async def _sweep(self, now: float) -> int:
        """Compare files and rows, some hundred at a time, so that readers are not kept waiting. Raises StoreError."""
        count = 0
        portions = strays.candidates(self._shelf, now - strays.UNTOUCHED)
        while (portion := await asyncio.to_thread(next, portions, None)) is not None:
            count += await self._store.read(partial(strays.sweep, shelf=self._shelf, strays=portion, now=now))
        forgotten = await asyncio.to_thread(self._shelf.forget, now - strays.KEPT)
        if count or forgotten:
            self._log.system.warning("files that belong to no letter", put_aside=count, forgotten=forgotten)
        return count
