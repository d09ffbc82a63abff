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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from hawknest.log import Log
from hawknest.post import retry, waiting
from hawknest.post.bounce import Report, Reporter, Unsent
from hawknest.post.lane import Batch, Lane, batches
from hawknest.post.local import Stale, Terms
from hawknest.post.outcome import Deferred, Failed, Outcome
from hawknest.post.remote import Remote, Session
from hawknest.post.settle import Change, Lost, Settled, judge, settle, suspended
from hawknest.post.traceid import trace_id
from hawknest.store import Connection, Statement, Store, StoreError, letters, outgoing
from hawknest.store.outgoing import Waiting

CLAIM: Final = 250  # recipients claimed at once, at most
STALE: Final = 5.0  # seconds in hand after which a row is looked at again before it is delivered
STUCK: Final = 5.0  # seconds without room to claim more, after which slow destinations have to wait
AGAIN: Final = 30.0  # seconds that they wait
LEAST: Final = 0.05  # seconds between two looks that found nothing
GRACE: Final = 10.0  # seconds to write outcomes down when this worker is told to end at once
PAUSE: Final = 5.0  # seconds to wait when the database has trouble

GIVEN_BACK: Final = Failed("5.7.1", "The postmaster of this server took the letter out of the queue")

_PUT_BACK: Final = Statement(
    """UPDATE outgoing_recipient SET claimed_by = '', claimed_until = 0, next_at = :next_at
       WHERE id = :id AND claimed_by = :owner"""
)

_LATER: Final = Statement(
    """UPDATE outgoing_recipient SET next_at = :later
       WHERE destination = :destination AND held = 0 AND next_at < :now AND claimed_until <= :now"""
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is done at once; spans are seconds.

    `owner` names this worker, different from every other that shares the database. `concurrency` letters are delivered at
    once, `per_destination` of them to one destination or smart host; `in_hand` recipients are claimed at most; a claim holds for `lease`
    and is renewed. `keep_open` is how long a connection waits for a next letter, `letters` how many it carries.
    """

    owner: str
    concurrency: int = 50
    per_destination: int = 4
    in_hand: int = 1000
    lease: float = 300.0
    look: float = 60.0  # the longest sleep
    keep_open: float = 3.0
    letters: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What the queue works with. The functions are asked each time, so that a changed policy holds at once."""

    store: Store
    remote: Remote
    reporter: Reporter
    log: Log
    retry: Callable[[], retry.Settings]
    terms: Callable[[], Terms]
    clock: Callable[[], float]
    random: Callable[[], float]


class Queue:
    """The queue of one worker."""

    def __init__(self, settings: Settings, rooms: Rooms) -> None:
        self._settings = settings
        self._rooms = rooms
        self._lanes: dict[str, Lane] = {}
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._wake = asyncio.Event()
        self._in_hand = 0
        self._full_since: float | None = None  # since when there is no room to claim more
        self._until = 0.0  # the newest lease
        self._awake_at = 0.0  # until when we sleep
        self._stopping = False

    async def run(self) -> None:
        """Deliver until `stop`, or until cancelled; what was claimed and not begun is put back then."""
        try:
            await self._write(self._abandon)  # a predecessor of the same name that died
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(self._renew())
                async with asyncio.TaskGroup() as couriers:
                    while not self._stopping:
                        self._wake.clear()
                        due = await self._look(couriers)
                        await self._sleep(due)
                    for lane in self._lanes.values():
                        lane.dismiss()
                renewing.cancel()
        finally:
            self._lanes.clear()
            await asyncio.shield(self._write(self._abandon))

    def poke(self) -> None:
        """Look at the queue now: something was added or changed."""
        self._wake.set()

    async def stop(self) -> None:
        """Begin to stop: conversations under way finish, nothing new begins, `run` returns."""
        self._stopping = True
        await self._put_back_all()
        self._wake.set()

    async def suspend(self) -> None:
        """Pause the delivery, here and on every worker, until `resume`; conversations under way finish."""
        await self._rooms.store.write(waiting.suspend)
        await self._put_back_all()

    async def resume(self) -> None:
        """Go on with the delivery."""
        await self._rooms.store.write(waiting.resume)
        self.poke()

    # Claiming

    async def _look(self, couriers: asyncio.TaskGroup) -> float | None:
        """Claim what is due, and start couriers for it. Returns when to look again; None: when poked."""
        now = self._rooms.clock()
        if not self._room:
            return await self._full(now)
        self._full_since = None
        until = self._lease(now)
        owner = self._settings.owner

        def job(connection: Connection) -> tuple[list[Waiting] | None, float | None]:
            if suspended(connection):
                return None, None
            claimed = outgoing.claim(connection, owner, now, until, CLAIM)
            return claimed, None if claimed else outgoing.next_due(connection)

        try:
            claimed, due = await self._rooms.store.write(job)
        except StoreError as error:
            self._rooms.log.system.error("queue not read", error=str(error))
            return now + PAUSE
        if claimed is None:
            await self._put_back_all()
            return None
        self._in_hand += len(claimed)
        found = batches(claimed, now, self._rooms.remote.lane)
        if self._stopping:
            await self._put_back(found)
            return None
        for batch in found:
            self._put(batch, couriers)
        if claimed:
            return now
        return None if due is None else max(due, now + LEAST)

    @property
    def _room(self) -> bool:
        """Whether as many as are claimed at once can be taken in hand."""
        return self._in_hand + CLAIM <= self._settings.in_hand

    async def _full(self, now: float) -> float:
        """Wait for room; if it does not come, let slow destinations wait, so that they do not stop all others."""
        if self._full_since is None:
            self._full_since = now
        if now - self._full_since >= STUCK:
            share = self._settings.in_hand // (2 * max(len(self._lanes), 1))
            surplus = [batch for lane in self._lanes.values() for batch in lane.clear(share)]
            slow = {row.destination for batch in surplus for row in batch.recipients}
            self._full_since = now

            def job(connection: Connection) -> None:
                for destination in slow:
                    connection.run(_LATER, destination=destination, now=now, later=now + AGAIN)

            await self._put_back(surplus, now + AGAIN)
            await self._write(job)
            if self._room:
                return now
        return now + STUCK

    def _lease(self, now: float) -> float:
        """The end of a new lease; it is later than every one before, for rows are found by it."""
        self._until = max(now + self._settings.lease, self._until + 0.001)
        return self._until

    def _put(self, batch: Batch, couriers: asyncio.TaskGroup) -> None:
        lane = self._lanes.get(batch.lane)
        if lane is None:
            lane = self._lanes[batch.lane] = Lane(batch.lane)
        lane.put(batch)
        if lane.backlog and lane.couriers < self._settings.per_destination:
            lane.couriers += 1
            couriers.create_task(self._courier(lane))

    async def _sleep(self, due: float | None) -> None:
        """Sleep until the next row is due, or something happens."""
        span = self._settings.look
        if due is not None:
            span = min(span, max(due - self._rooms.clock(), 0.0))
        if span <= 0:
            await asyncio.sleep(0)
            return
        self._awake_at = self._rooms.clock() + span
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(span):
                await self._wake.wait()

    async def _renew(self) -> None:
        """Keep our claims while we work on them."""
        owner = self._settings.owner
        while True:
            await asyncio.sleep(self._settings.lease / 3)
            if self._in_hand:
                now = self._rooms.clock()
                until = self._lease(now)
                await self._write(lambda connection: outgoing.renew(connection, owner, now, until))  # noqa: B023 (run before the next round)

    # Delivering

    async def _courier(self, lane: Lane) -> None:
        """Carry the letters of one lane, over one connection as long as it lasts.

        The outcome of a letter is being made durable while the next one is under way, and never more than one.
        """
        session: Session | None = None
        settling: asyncio.Task[None] | None = None
        try:
            while batch := await lane.take(self._patience(session)):
                async with self._slots:
                    began = self._rooms.clock()
                    if began - batch.claimed_at > STALE and not (batch := await self._still(batch)):
                        continue
                    outcomes, session = await self._deliver(batch, session)
                if settling is not None:
                    await settling
                settling = asyncio.create_task(self._settle(batch, outcomes, began))
                if all(isinstance(outcome, Deferred) and outcome.everyone for outcome in outcomes):
                    await self._spare(lane, outcomes[0])
        finally:
            lane.couriers -= 1
            if not lane.couriers and not lane.backlog and self._lanes.get(lane.name) is lane:
                del self._lanes[lane.name]
            if session is not None:
                session.quit()
            if settling is not None:
                async with asyncio.timeout(GRACE):
                    await settling

    async def _still(self, batch: Batch) -> Batch | None:
        """Look whether a batch that was in hand for long is still to be delivered: the owner may have held or dropped it."""

        def question(connection: Connection) -> list[Waiting | None]:
            return [outgoing.get(connection, recipient.id) for recipient in batch.recipients]

        try:
            rows = await self._rooms.store.read(question)
        except StoreError:
            return batch
        ours = [r for r in rows if r and not r.held and r.claimed_by == self._settings.owner]
        gone = [r for r in batch.recipients if r.id not in {our.id for our in ours}]
        if gone:
            await self._put_back([replace(batch, recipients=tuple(gone))])
        return replace(batch, recipients=tuple(ours)) if ours else None

    def _patience(self, session: Session | None) -> float:
        """How long a courier waits for the next letter: only as long as its connection is of use."""
        if (
            self._stopping
            or session is None
            or not session.usable
            or session.letters >= self._settings.letters
        ):
            return 0.0
        return self._settings.keep_open

    async def _deliver(self, batch: Batch, session: Session | None) -> tuple[list[Outcome], Session | None]:
        """Attempt to deliver one letter; whatever happens, every recipient has an outcome."""
        if session is not None and (not session.usable or session.letters >= self._settings.letters):
            session.quit()
            session = None
        if any(w.attempts == waiting.RETURNED for w in batch.recipients):
            return [GIVEN_BACK for _ in batch.recipients], session
        try:
            return await self._rooms.remote.deliver(batch.recipients, session)
        except Exception as error:  # noqa: BLE001 (a bug must cost one attempt, not the queue)
            surprise = trace_id(self._rooms.clock())
            self._rooms.log.system.error(
                "surprise in delivery", id=surprise, letter=batch.letter.letter_id, error=repr(error)
            )
            if session is not None:
                session.quit()
            words = f"An error inside this server; its log has it under {surprise}"
            return [Deferred("4.3.0", words) for _ in batch.recipients], None

    async def _spare(self, lane: Lane, outcome: Outcome) -> None:
        """Defer what waits for a destination that nobody can reach now, instead of knocking once a letter."""
        now = self._rooms.clock()
        await asyncio.gather(
            *(self._settle(batch, [outcome for _ in batch.recipients], now) for batch in lane.clear())
        )

    # Writing down

    async def _settle(self, batch: Batch, outcomes: Sequence[Outcome], began: float) -> None:
        """Write the outcome down, however long the database takes to take it."""
        rooms = self._rooms
        now = rooms.clock()
        changes = [
            judge(recipient, outcome, rooms.retry(), now=now, random=rooms.random(), seconds=now - began)
            for recipient, outcome in zip(batch.recipients, outcomes, strict=True)
        ]
        settled = await self._written(changes, now)
        self._in_hand -= len(batch.recipients)
        for place in settled.files:
            await asyncio.to_thread(rooms.store.blobs.remove, place)
        for change in changes:
            self._tell(change)
        if settled.suspended:
            await self._put_back_all()
        again = min((change.next_at for change in changes if change.next_at is not None), default=None)
        sooner = again is not None and again < self._awake_at
        if sooner or settled.queued or (self._full_since is not None and self._room):
            self._wake.set()

    async def _written(self, changes: list[Change], now: float) -> Settled:
        rooms, owner = self._rooms, self._settings.owner
        refusal: Unsent | None = None
        while changes:
            try:
                report = refusal or await self._report(changes, now)
                job = partial(
                    settle, changes=tuple(changes), owner=owner, report=report, terms=rooms.terms(), now=now
                )
                return await rooms.store.write(job)
            except Lost as lost:
                changes = [change for change in changes if change.waiting.id not in lost.ids]
            except Stale:
                rooms.reporter.router.refresh()
            except (letters.OverQuota, letters.NoSuchAccount) as error:
                refusal = Unsent(str(error))
            except StoreError as error:
                rooms.log.system.error("outcome not written yet", error=str(error))
                await asyncio.sleep(PAUSE)
        return Settled((), 0, suspended=False)

    async def _report(self, changes: Sequence[Change], now: float) -> Report | Unsent | None:
        fates = [change.fate for change in changes if change.fate is not None]
        return await self._rooms.reporter.report(fates, trace_id(now), now) if fates else None

    def _tell(self, change: Change) -> None:
        """Write the attempt into the log."""
        row, step = change.waiting, change.step
        say = self._rooms.log.delivery.info if change.delivered else self._rooms.log.delivery.warning
        say(step.event, letter=row.letter_id, to=row.address, size=row.size, **step.detail)
        self._rooms.log.count(f"outgoing_{step.event}")

    async def _put_back_all(self) -> None:
        """Put back what no courier has begun with."""
        taken = [batch for lane in self._lanes.values() for batch in lane.clear()]
        for lane in self._lanes.values():
            lane.dismiss()
        await self._put_back(taken)

    async def _put_back(self, taken: Sequence[Batch], next_at: float | None = None) -> None:
        """Let go of claims, to be due when they were or at `next_at` (seconds since the epoch)."""
        rows = [row for batch in taken for row in batch.recipients]
        if not rows:
            return
        self._in_hand -= len(rows)

        def job(connection: Connection) -> None:
            for row in rows:
                again = row.next_at if next_at is None else next_at
                connection.run(_PUT_BACK, id=row.id, owner=self._settings.owner, next_at=again)

        await self._write(job)

    def _abandon(self, connection: Connection) -> int:
        return outgoing.abandon(connection, self._settings.owner)

    async def _write(self, job: Callable[[Connection], object]) -> None:
        """Write what matters little if it fails: claims run out by themselves."""
        try:
            await self._rooms.store.write(job)
        except StoreError as error:
            self._rooms.log.system.error("queue not written", error=str(error))
