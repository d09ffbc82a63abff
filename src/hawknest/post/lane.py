"""The letters in hand for one destination or smart host, and the couriers that take them there.

A lane hands out batches: one letter with those of its recipients that go to the same place, for one transaction. A courier
whose connection is still open waits a moment for the next batch before it says goodbye, so that a connection carries
many letters.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hawknest.post.waiting import RETURNED
from hawknest.store.outgoing import Waiting

#: Recipients in one transaction at most: every server must take as many (RFC 5321 §4.5.3.1.8).
RECIPIENTS: Final = 100


@dataclass(frozen=True, slots=True)
class Batch:
    """A letter and the recipients that it is taken to in one transaction."""

    recipients: tuple[Waiting, ...]
    lane: str
    claimed_at: float  # seconds since the epoch

    @property
    def letter(self) -> Waiting:
        """One of the recipients, for what they share: the letter and its envelope."""
        return self.recipients[0]


def batches(claimed: Iterable[Waiting], now: float, lane: Callable[[str], str]) -> list[Batch]:
    """Put claimed recipients together by letter and lane, in the order in which they came.

    `now` is in seconds since the epoch; `lane` names the lane of a destination.
    """
    groups: dict[tuple[int, str, bool], list[Waiting]] = {}
    for waiting in claimed:
        key = (waiting.outgoing_id, lane(waiting.destination), waiting.attempts == RETURNED)
        groups.setdefault(key, []).append(waiting)
    return [
        Batch(tuple(group[start : start + RECIPIENTS]), key[1], now)
        for key, group in groups.items()
        for start in range(0, len(group), RECIPIENTS)
    ]


class Lane:
    """One way out."""

    __slots__ = ("_batches", "_idle", "couriers", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.couriers = 0
        self._batches: deque[Batch] = deque()
        self._idle: deque[asyncio.Future[Batch | None]] = (
            deque()
        )  # couriers that wait with an open connection

    @property
    def backlog(self) -> int:
        """Batches that no courier has taken yet."""
        return len(self._batches)

    def put(self, batch: Batch) -> None:
        """Add a batch, or hand it to a courier that waits."""
        while self._idle:
            waiter = self._idle.pop()  # the one with the freshest connection
            if not waiter.done():
                waiter.set_result(batch)
                return
        self._batches.append(batch)

    async def take(self, patience: float) -> Batch | None:
        """Take the next batch, waiting up to so many seconds for one; None: there is none."""
        if self._batches:
            return self._batches.popleft()
        if patience <= 0:
            return None
        waiter: asyncio.Future[Batch | None] = asyncio.get_running_loop().create_future()
        self._idle.append(waiter)
        timer = asyncio.get_running_loop().call_later(patience, _give_up, waiter)
        try:
            batch = await waiter
        finally:
            timer.cancel()
            if waiter in self._idle:
                self._idle.remove(waiter)
        if batch is None and self._batches:  # it came when the time was just up
            return self._batches.popleft()
        return batch

    def clear(self, keep: int = 0) -> Sequence[Batch]:
        """Take out the last batches, until no more than `keep` recipients are left."""
        taken: list[Batch] = []
        waiting = sum(len(batch.recipients) for batch in self._batches)
        while waiting > keep:
            taken.append(self._batches.pop())
            waiting -= len(taken[-1].recipients)
        return taken

    def dismiss(self) -> None:
        """Let the couriers that wait go home."""
        while self._idle:
            _give_up(self._idle.pop())


def _give_up(waiter: "asyncio.Future[Batch | None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
