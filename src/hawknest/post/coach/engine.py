"""Asks each line again at its own pace while somebody watches: often while something is to be done, seldom when all is well.

A line whose answer matters to others wakes those at once, so that one record that is entered turns all that wait for it. What is
under way at the same moment is bounded, and every look ends.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from hawknest.post.coach.asking import Asker
from hawknest.post.coach.desk import Desk
from hawknest.post.coach.lines import LINES, Line
from hawknest.post.coach.probes import Probes
from hawknest.post.coach.situation import Situation
from hawknest.post.coach.standing import Standing, Told
from hawknest.post.coach.values import Outcome, State

AT_ONCE: Final = 6  # lines
PATIENCE: Final = 45.0  # seconds that a look may take
HOUSE: Final = 2.0  # seconds for which the situation is believed
OFTEN: Final = 10.0  # seconds: what looks as often may look again at any time
REST: Final = 0.25  # seconds between two thoughts


class Coach:
    """The coach of one domain; `situation` tells of the house as it is now."""

    def __init__(
        self,
        situation: Callable[[], Awaitable[Situation]],
        asker: Asker,
        probes: Probes,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._situation = situation
        self._asker = asker
        self._probes = probes
        self._clock = clock
        self._monotonic = monotonic
        self._outcomes: dict[str, Outcome] = {}
        self._times: dict[str, tuple[float, float]] = {}  # when it looked, and since when it stands so
        self._due: dict[str, float] = dict.fromkeys((line.key for line in LINES), 0.0)
        self._desk: Desk | None = None
        self._house_until = 0.0

    async def once(self) -> Standing:
        """Look at everything once."""
        room = asyncio.Semaphore(AT_ONCE)
        left = list(LINES)
        while left:
            known = {*self._outcomes}
            ready = [line for line in left if known.issuperset(line.after)]

            async def look(line: Line) -> None:
                async with room:
                    await self._look(line)

            await self._house()
            await asyncio.gather(*map(look, ready))
            left = [line for line in left if line not in ready]
        return self.standing()

    async def watch(self, told: Callable[[Standing], None]) -> None:
        """Look again and again, and tell whenever a line has looked, until cancelled."""
        running: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                await self._house()
                for line in self._next(running):
                    running[line.key] = asyncio.create_task(self._look(line), name=f"coach {line.key}")
                await asyncio.wait(running.values(), timeout=REST) if running else await asyncio.sleep(REST)
                for key in [key for key, task in running.items() if task.done()]:
                    running.pop(key).result()
                    told(self.standing())
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)

    def hurry(self) -> None:
        """Let every line look again now, but for those that would bother others with it."""
        self._due |= {line.key: 0.0 for line in LINES if line.pace.busy <= OFTEN}

    def standing(self) -> Standing:
        """How everything stands."""
        assert self._desk is not None
        situation = self._desk.situation
        lines = tuple(
            Told(line, line.weighs(situation), self._outcomes.get(line.key), *self._times.get(line.key, ()))
            for line in LINES
            if not line.asked_for or situation.echo or situation.wishes.echo
        )
        return Standing(situation.domain, situation.host, self._clock(), lines)

    def _next(self, running: dict[str, asyncio.Task[None]]) -> list[Line]:
        """The lines whose turn it is, and whom all that they build on have looked for."""
        now = self._monotonic()
        due = [
            line
            for line in LINES
            if line.key not in running
            and self._due[line.key] <= now
            and all(key in self._outcomes for key in line.after)
        ]
        return due[: AT_ONCE - len(running)]

    async def _house(self) -> None:
        """Look at the situation again, where that is some time ago."""
        now = self._monotonic()
        if self._desk is not None and now < self._house_until:
            return
        self._house_until = now + HOUSE
        situation = await self._situation()
        if self._desk is None:
            self._desk = Desk(situation, self._asker, self._probes, self._clock, self._outcomes)
            return
        before, self._desk.situation = self._desk.situation, situation
        if _house_of(situation) != _house_of(before):
            self.hurry()

    async def _look(self, line: Line) -> None:
        """Let a line look, keep what it found, and wake those that build on it where that has changed."""
        assert self._desk is not None
        try:
            async with asyncio.timeout(PATIENCE):
                found = await line.look(self._desk)
        except TimeoutError:
            found = Outcome(State.UNKNOWN, "too-slow")
        before = self._outcomes.get(line.key)
        now = self._clock()
        same = before is not None and before.state is found.state
        self._times[line.key] = now, self._times[line.key][1] if same else now
        self._outcomes[line.key] = found
        pace = line.pace
        self._due[line.key] = self._monotonic() + (pace.calm if found.state is State.GREEN else pace.busy)
        if found != before:
            for other in LINES:
                if line.key in other.after:
                    self._due[other.key] = 0.0


def _house_of(situation: Situation) -> Situation:
    """A situation without what changes with every letter."""
    return replace(situation, heard_at=None, sent_at=None, echo=None)
