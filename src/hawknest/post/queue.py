"""The queue: letters that leave for other servers, each recipient tried until it is delivered, refused or too old.

The rows in the database are the truth (`store.outgoing`). This process claims those that are due with a lease, so that no
other worker or machine takes them too; a lease that is not renewed because its worker died runs out, and the row is
due again. What is claimed is put into lanes, one for each destination or smart host, and couriers carry it. An outcome is written in
the transaction that also writes the journey and the report that it causes: after kill -9 at any moment nothing is lost,
and twice delivered is at most what the other side took while our transaction was still on its way to the disk.

Nothing polls. The queue sleeps until the next row is due or `poke` wakes it; since other workers may have queued something
without a word, it looks again every minute.
"""

import asyncio
import contextlib
import math
from typing import Final

from hawknest.post import waiting
from hawknest.post.clerk import PAUSE, Clerk
from hawknest.post.courier import Courier
from hawknest.post.hand import CLAIM, STUCK, Hand
from hawknest.post.lane import Batch, batches
from hawknest.post.rooms import Rooms, Settings
from hawknest.post.settle import suspended
from hawknest.store import Connection, StoreError, outgoing
from hawknest.store.outgoing import Waiting

__all__ = ["Queue", "Rooms", "Settings"]

LEAST: Final = 0.05  # seconds between two looks that found nothing


class Queue:
    """The queue of one worker."""

    def __init__(self, settings: Settings, rooms: Rooms) -> None:
        self._settings = settings
        self._rooms = rooms
        self._hand = Hand(settings, rooms)
        self._clerk = Clerk(settings, rooms, self._hand, self._wake_at)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._wake = asyncio.Event()
        self._awake_at = 0.0  # until when we sleep: seconds since the epoch
        self._stopping = False

    async def run(self) -> None:
        """Deliver until `stop`, or until cancelled; what was claimed and not begun is put back then."""
        try:
            await self._hand.abandon()
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(self._renew())
                async with asyncio.TaskGroup() as couriers:
                    while not self._stopping:
                        self._wake.clear()
                        self._awake_at = math.inf  # whatever happens while we look is news
                        await self._sleep(await self._look(couriers))
                    await self._hand.put_back_all()
                renewing.cancel()
        finally:
            await asyncio.shield(self._hand.abandon())

    def poke(self) -> None:
        """Look at the queue now: something was added or changed."""
        self._wake.set()

    async def stop(self) -> None:
        """Begin to stop: conversations under way finish, nothing new begins, `run` returns."""
        self._stopping = self._hand.closing = True
        await self._hand.put_back_all()
        self.poke()

    async def suspend(self) -> None:
        """Pause the delivery, here and on every worker, until `resume`; conversations under way finish."""
        await self._rooms.store.write(waiting.suspend)
        await self._hand.put_back_all()

    async def resume(self) -> None:
        """Go on with the delivery."""
        await self._rooms.store.write(waiting.resume)
        self.poke()

    async def _look(self, couriers: asyncio.TaskGroup) -> float | None:
        """Claim what is due, and send couriers. Returns when to look again; None: when poked."""
        now = self._rooms.clock()
        if not self._hand.room:
            return now if await self._hand.make_room(now) else now + STUCK
        self._hand.full_since = None
        try:
            claimed, due = await self._claim(now)
        except StoreError as error:
            self._rooms.log.system.error("queue not read", error=str(error))
            return now + PAUSE
        if claimed is None:
            await self._hand.put_back_all()
            return None
        for batch in batches(claimed, now, self._lane):
            self._send(batch, couriers)
        if claimed:
            return now
        return None if due is None else max(due, now + LEAST)

    async def _claim(self, now: float) -> tuple[list[Waiting] | None, float | None]:
        """Claim what is due; where that is nothing, say when something will be. None for claims: delivery is paused."""
        until = self._hand.lease(now)

        def job(connection: Connection) -> tuple[list[Waiting] | None, float | None]:
            if suspended(connection):
                return None, None
            claimed = outgoing.claim(connection, self._settings.owner, now, until, CLAIM)
            return claimed, None if claimed else outgoing.next_due(connection)

        return await self._rooms.store.write(job)

    def _lane(self, destination: str) -> str:
        """The lane of a destination; where it cannot be told now, the attempt will meet the same trouble and say so."""
        try:
            return self._rooms.remote.lane(destination)
        except Exception as error:  # noqa: BLE001 (a password file that is gone must not end the queue)
            self._rooms.log.system.error("way out unknown", destination=destination, error=str(error))
            return destination

    def _send(self, batch: Batch, couriers: asyncio.TaskGroup) -> None:
        """Put a batch into its lane, with one more courier where those there are busy."""
        lane = self._hand.take(batch)
        if lane.backlog and lane.couriers < self._settings.per_destination:
            lane.couriers += 1
            courier = Courier(self._settings, self._rooms, self._hand, self._clerk, lane, self._slots)
            couriers.create_task(courier.run())

    async def _sleep(self, due: float | None) -> None:
        """Sleep until the next row is due, or something happens."""
        now = self._rooms.clock()
        span = self._settings.look if due is None else min(self._settings.look, due - now)
        if span <= 0:
            await asyncio.sleep(0)
            return
        self._awake_at = now + span
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(span):
                await self._wake.wait()

    def _wake_at(self, due: float) -> None:
        """Wake where something is due before we meant to."""
        if due < self._awake_at:
            self._wake.set()

    async def _renew(self) -> None:
        """Keep our claims while we work on them."""
        while True:
            await asyncio.sleep(self._settings.lease / 3)
            await self._hand.renew()
