"""A courier carries the letters of one lane to their destination, one after another over one connection.

The outcome of a letter is being made durable while the next one is under way, and never more than one: so the disk's
pace is not added to the network's, and a crash repeats two letters for a connection at the most.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from hawknest.post import waiting
from hawknest.post.clerk import Clerk
from hawknest.post.hand import Hand
from hawknest.post.lane import Batch, Lane
from hawknest.post.outcome import Deferred, Failed, Outcome
from hawknest.post.rooms import Rooms, Settings
from hawknest.post.session import Session
from hawknest.post.traceid import trace_id

STALE: Final = 5.0  # seconds in hand after which a row is looked at again before it is delivered
GRACE: Final = 10.0  # seconds to write an outcome down when this worker is told to end at once

GIVEN_BACK: Final = Failed("5.7.1", "The postmaster of this server took the letter out of the queue")


@dataclass(slots=True)
class Courier:
    """One courier on one lane; `slots` bounds how many deliver at once."""

    settings: Settings
    rooms: Rooms
    hand: Hand
    clerk: Clerk
    lane: Lane
    slots: asyncio.Semaphore
    session: Session | None = None
    settling: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Carry until there is nothing more to carry."""
        try:
            while batch := await self.lane.take(self._patience()):
                async with self.slots:
                    began = self.rooms.clock()
                    if began - batch.claimed_at > STALE and not (batch := await self.hand.still_ours(batch)):
                        continue
                    outcomes = await self._deliver(batch)
                if self.settling is not None:
                    await self.settling
                self.settling = asyncio.create_task(self.clerk.settle(batch, outcomes, began))
                if all(isinstance(outcome, Deferred) and outcome.everyone for outcome in outcomes):
                    await self._spare(outcomes[0])
        finally:
            self.hand.leave(self.lane)
            if self.session is not None:
                self.session.quit()
            if self.settling is not None:
                async with asyncio.timeout(GRACE):
                    await self.settling

    def _patience(self) -> float:
        """How long to wait for the next letter: only as long as the connection is of use."""
        if self.hand.closing or self.session is None or not self._fresh(self.session):
            return 0.0
        return self.settings.keep_open

    def _fresh(self, session: Session) -> bool:
        return session.usable and session.letters < self.settings.letters

    async def _deliver(self, batch: Batch) -> list[Outcome]:
        """Attempt to deliver one letter; whatever happens, every recipient has an outcome."""
        session, self.session = self.session, None
        if session is not None and not self._fresh(session):
            session.quit()
            session = None
        if batch.letter.attempts == waiting.RETURNED:
            self.session = session
            return [GIVEN_BACK for _ in batch.recipients]
        try:
            outcomes, self.session = await self.rooms.remote.deliver(batch.recipients, session)
        except Exception as error:  # noqa: BLE001 (a bug must cost one attempt, not the queue)
            incident = trace_id(self.rooms.clock())
            self.rooms.log.system.error(
                "internal error",
                incident=incident,
                letter=batch.letter.letter_id,
                error=repr(error),
                exc=error,
            )
            if session is not None:
                session.abort()
            words = f"An error inside this server; its log has it under {incident}"
            return [Deferred("4.3.0", words) for _ in batch.recipients]
        return outcomes

    async def _spare(self, outcome: Outcome) -> None:
        """Defer what waits for a destination that nobody can reach now, instead of knocking once a letter."""
        now = self.rooms.clock()
        spared = self.lane.clear()
        await asyncio.gather(
            *(self.clerk.settle(batch, [outcome for _ in batch.recipients], now) for batch in spared)
        )
