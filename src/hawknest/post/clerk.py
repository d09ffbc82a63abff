"""Writing down what came of an attempt, however long the database takes to take it.

Until it is written, the letter counts as being delivered: a letter that was delivered is not offered again because a disk
is full for a while.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from hawknest.post.bounce import Report, Unsent
from hawknest.post.hand import Hand
from hawknest.post.lane import Batch
from hawknest.post.local import Stale
from hawknest.post.outcome import Outcome
from hawknest.post.rooms import Rooms, Settings
from hawknest.post.settle import Change, Lost, Settled, judge, settle
from hawknest.post.traceid import trace_id
from hawknest.store import StoreError, letters

PAUSE: Final = 5.0  # seconds to wait when the database has trouble


@dataclass(frozen=True, slots=True)
class Clerk:
    """Writes outcomes down; `wake` is called with the time at which something is due again because of one."""

    settings: Settings
    rooms: Rooms
    hand: Hand
    wake: Callable[[float], None]

    async def settle(self, batch: Batch, outcomes: Sequence[Outcome], began: float) -> None:
        """Write the outcomes of a batch down; the attempt began at `began` (seconds since the epoch)."""
        rooms = self.rooms
        now = rooms.clock()
        changes = [
            judge(recipient, outcome, rooms.retry(), now=now, random=rooms.random(), seconds=now - began)
            for recipient, outcome in zip(batch.recipients, outcomes, strict=True)
        ]
        settled = await self._written(changes, now)
        self.hand.count -= len(batch.recipients)
        for place in settled.files:
            await asyncio.to_thread(rooms.store.blobs.remove, place)
        for change in changes:
            self._tell(change)
        if settled.calls:
            rooms.told()
        if settled.suspended:
            await self.hand.put_back_all()
        if settled.queued or (self.hand.full_since is not None and self.hand.room):
            self.wake(now)
        for change in changes:
            if change.next_at is not None:
                self.wake(change.next_at)

    async def _written(self, changes: list[Change], now: float) -> Settled:
        """Write changes of one letter, with the report that they cause, in one transaction."""
        rooms = self.rooms
        refusal: Unsent | None = None
        while changes:
            try:
                report = refusal or await self._report(changes, now)
                job = partial(
                    settle,
                    changes=tuple(changes),
                    owner=self.settings.owner,
                    report=report,
                    terms=rooms.terms(),
                    now=now,
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
        if not fates:
            return None
        try:
            return await self.rooms.reporter.report(fates, trace_id(now), now)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 (a report that cannot be made must not keep the outcome from the disk)
            incident = trace_id(now)
            self.rooms.log.system.error("internal error", incident=incident, error=repr(error), exc=error)
            return Unsent(f"An error inside this server; its log has it under {incident}")

    def _tell(self, change: Change) -> None:
        """Write the attempt into the log."""
        row, step = change.waiting, change.step
        say = self.rooms.log.delivery.info if change.delivered else self.rooms.log.delivery.warning
        delay = round(step.at - row.created_at, 1)
        say(step.event, letter=row.letter_id, to=row.address, size=row.size, delay=delay, **step.detail)
        self.rooms.log.count(f"outgoing_{step.event}")
