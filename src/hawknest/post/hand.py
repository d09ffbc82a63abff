"""What this worker has in hand: recipients it has claimed, in the lanes on which they wait for a courier.

A claim is a lease: it is renewed while the worker lives, given back when the letter is not to be delivered now, and runs
out by itself when the worker dies.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from hawknest.post.lane import Batch, Lane
from hawknest.post.rooms import Rooms, Settings
from hawknest.store import Connection, Statement, StoreError, outgoing
from hawknest.store.outgoing import Waiting

CLAIM: Final = 250  # recipients claimed at once, at most
STUCK: Final = 5.0  # seconds without room to claim more, after which slow destinations have to wait
AGAIN: Final = 30.0  # seconds that they wait

_PUT_BACK: Final = Statement(
    """UPDATE outgoing_recipient SET claimed_by = '', claimed_until = 0, next_at = :next_at
       WHERE id = :id AND claimed_by = :owner"""
)

_LATER: Final = Statement(
    """UPDATE outgoing_recipient SET next_at = :later
       WHERE destination = :destination AND held = 0 AND next_at < :now AND claimed_until <= :now"""
)


class Hand:
    """The claims of one worker."""

    def __init__(self, settings: Settings, rooms: Rooms) -> None:
        self.lanes: dict[str, Lane] = {}
        self.count = 0  # recipients
        self.full_since: float | None = None  # since when there is no room to claim more
        self.closing = False  # nobody need wait for more
        self._settings = settings
        self._rooms = rooms
        self._until = 0.0  # the newest lease

    @property
    def room(self) -> bool:
        """Whether as many as are claimed at once can be taken in hand."""
        return self.count + CLAIM <= self._settings.in_hand

    def lease(self, now: float) -> float:
        """The end of a new lease; it is later than every one before, for rows are found by it."""
        self._until = max(now + self._settings.lease, self._until + 0.001)
        return self._until

    def take(self, batch: Batch) -> Lane:
        """Put a batch into its lane."""
        self.count += len(batch.recipients)
        lane = self.lanes.get(batch.lane)
        if lane is None:
            lane = self.lanes[batch.lane] = Lane(batch.lane)
        lane.put(batch)
        return lane

    def leave(self, lane: Lane) -> None:
        """A courier goes home; the last one closes the lane."""
        lane.couriers -= 1
        if not lane.couriers and not lane.backlog and self.lanes.get(lane.name) is lane:
            del self.lanes[lane.name]

    async def make_room(self, now: float) -> bool:
        """Where there has been no room for long, let slow destinations wait, so that they do not stop all others.

        Returns whether there is room now.
        """
        if self.full_since is None:
            self.full_since = now
        if now - self.full_since < STUCK:
            return False
        self.full_since = now
        share = self._settings.in_hand // (2 * max(len(self.lanes), 1))
        surplus = [batch for lane in self.lanes.values() for batch in lane.clear(share)]
        slow = {row.destination for batch in surplus for row in batch.recipients}

        def job(connection: Connection) -> None:
            for destination in slow:
                connection.run(_LATER, destination=destination, now=now, later=now + AGAIN)

        await self.put_back(surplus, now + AGAIN)
        await self.write(job)
        return self.room

    async def still_ours(self, batch: Batch) -> Batch | None:
        """What of a batch that was in hand for long is still to be delivered: the owner may have held or dropped it."""

        def question(connection: Connection) -> list[Waiting | None]:
            return [outgoing.get(connection, recipient.id) for recipient in batch.recipients]

        try:
            rows = await self._rooms.store.read(question)
        except StoreError:
            return batch
        ours = {r.id: r for r in rows if r and not r.held and r.claimed_by == self._settings.owner}
        gone = tuple(r for r in batch.recipients if r.id not in ours)
        await self.put_back([replace(batch, recipients=gone)])
        return replace(batch, recipients=tuple(ours.values())) if ours else None

    async def renew(self) -> None:
        """Keep our claims."""
        if self.count:
            now = self._rooms.clock()
            until = self.lease(now)
            await self.write(lambda connection: outgoing.renew(connection, self._settings.owner, now, until))

    async def put_back_all(self) -> None:
        """Put back what no courier has begun with, and send home who waits for more."""
        taken = [batch for lane in self.lanes.values() for batch in lane.clear()]
        for lane in self.lanes.values():
            lane.dismiss()
        await self.put_back(taken)

    async def put_back(self, taken: Sequence[Batch], next_at: float | None = None) -> None:
        """Let go of claims, to be due when they were or at `next_at` (seconds since the epoch)."""
        rows = [row for batch in taken for row in batch.recipients]
        if not rows:
            return
        self.count -= len(rows)

        def job(connection: Connection) -> None:
            for row in rows:
                again = row.next_at if next_at is None else next_at
                connection.run(_PUT_BACK, id=row.id, owner=self._settings.owner, next_at=again)

        await self.write(job)

    async def abandon(self) -> None:
        """Let go of everything, also of what a predecessor of the same name had claimed."""
        await self.write(lambda connection: outgoing.abandon(connection, self._settings.owner))

    async def write(self, job: Callable[[Connection], object]) -> None:
        """Write what matters little if it fails: claims run out by themselves."""
        try:
            await self._rooms.store.write(job)
        except StoreError as error:
            self._rooms.log.system.error("queue not written", error=str(error))
