"""Who watches which domain's coach: one coach for all watchers of a domain, at work only while somebody watches, and few at once."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final

from hawknest.post.coach.engine import Coach
from hawknest.post.coach.standing import Standing
from hawknest.store import StoreError

DOMAINS: Final = 8  # that are coached at once
WATCHERS: Final = 40
EACH: Final = 4  # of one account
LOOKS: Final = 4  # at once, by those who do not watch


class Busy(Exception):
    """So many watch that nobody more may."""


@dataclass(eq=False, slots=True)
class Watcher:
    """Somebody who watches a domain; only the newest is kept."""

    account_id: int
    domain: str
    news: asyncio.Event = field(default_factory=asyncio.Event)
    newest: Standing | None = None

    def take(self) -> Standing | None:
        """Give the newest that was not told yet, once."""
        found, self.newest = self.newest, None
        self.news.clear()
        return found

    def tell(self, standing: Standing) -> None:
        """Keep how it stands now."""
        self.newest = standing
        self.news.set()


@dataclass(slots=True)
class _Work:
    """A coach at work."""

    coach: Coach
    task: asyncio.Task[None]
    watchers: set[Watcher] = field(default_factory=set[Watcher])
    last: Standing | None = None


class Watching:
    """The coaches at work in one worker; `make` gives one for a domain."""

    def __init__(self, make: Callable[[str], Coach]) -> None:
        self._make = make
        self._works: dict[str, _Work] = {}
        self._looks = 0

    async def once(self, domain: str) -> Standing:
        """Look at everything once, or tell what those see who watch. Raises Busy, StoreError."""
        work = self._works.get(domain)
        if work is not None and work.last is not None and work.last.looked:
            return work.last
        if self._looks >= LOOKS:
            raise Busy
        self._looks += 1
        try:
            return await self._make(domain).once()
        finally:
            self._looks -= 1

    @contextlib.contextmanager
    def watching(self, account_id: int, domain: str) -> Generator[Watcher]:
        """Watch a domain while the block lasts. Raises Busy."""
        everybody = [one for work in self._works.values() for one in work.watchers]
        if len(everybody) >= WATCHERS or Counter(w.account_id for w in everybody)[account_id] >= EACH:
            raise Busy
        work = self._works.get(domain)
        if work is None or work.task.done():
            if len(self._works) >= DOMAINS and work is None:
                raise Busy
            work = self._works[domain] = self._begin(domain)
        watcher = Watcher(account_id, domain)
        work.watchers.add(watcher)
        if work.last is not None:
            watcher.tell(work.last)
        try:
            yield watcher
        finally:
            work.watchers.discard(watcher)
            if not work.watchers:
                work.task.cancel()
                if self._works.get(domain) is work:
                    del self._works[domain]

    def alive(self, watcher: Watcher) -> bool:
        """Whether the coach of a watcher is still at work; it ends when the house cannot be asked any more."""
        work = self._works.get(watcher.domain)
        return work is not None and watcher in work.watchers and not work.task.done()

    def hurry(self, domain: str) -> None:
        """Let the lines of a domain look again now."""
        if (work := self._works.get(domain)) is not None:
            work.coach.hurry()

    def _begin(self, domain: str) -> _Work:
        coach = self._make(domain)

        def told(standing: Standing) -> None:
            work.last = standing
            for watcher in work.watchers:
                watcher.tell(standing)

        work = _Work(coach, asyncio.create_task(coach.watch(told), name=f"coach {domain}"))
        work.task.add_done_callback(_end)
        return work


def _end(task: asyncio.Task[None]) -> None:
    """Take note of how a coach ended: where the store is gone, who watches sees the stream end, and asks again."""
    if (
        not task.cancelled()
        and isinstance(error := task.exception(), Exception)
        and not isinstance(error, StoreError)
    ):
        raise error
