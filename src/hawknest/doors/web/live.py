"""What happens now, for all who watch: looked at once for everybody, and only while somebody does.

Each watcher has a short queue of its own. Who reads too slowly loses lines of the log and is told how many; the state of the
server is never queued, only its newest is kept.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from hawknest.accounts import audit
from hawknest.doors.web.errors import Problem
from hawknest.log import Log
from hawknest.log.lines import printable
from hawknest.log.reading import Filter, Growth
from hawknest.store import Store, StoreError

PERIOD: Final = 0.5  # seconds between two looks
STATUS: Final = 2  # looks from one look at the state to the next
QUEUE: Final = 500  # lines that wait for a watcher
WATCHERS: Final = 100
EACH: Final = 10  # of one account

TOPICS: Final = ("status", "log", "audit")
#: What of the state changes by itself, and is no news.
_ALWAYS: Final = frozenset({"uptime"})


class Crowded(Exception):
    """So many watch that nobody more may."""


@dataclass(eq=False, slots=True)
class Watcher:
    """Somebody who watches."""

    account_id: int
    topics: frozenset[str]
    wanted: Filter
    state: bytes | None = None  # the newest that was not told yet
    lines: deque[tuple[str, bytes]] = field(default_factory=deque[tuple[str, bytes]])
    dropped: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> list[tuple[str, bytes]]:
        """Give what there is to tell, once."""
        told = [*self.lines]
        if self.dropped:
            told.append(("dropped", b"%d" % self.dropped))
        if self.state is not None:
            told.append(("status", self.state))
        self.lines.clear()
        self.state, self.dropped = None, 0
        self.news.clear()
        return told

    def offer(self, topic: str, data: bytes) -> None:
        """Take a line to tell, if there is room for it."""
        if len(self.lines) >= QUEUE:
            self.dropped += 1
        else:
            self.lines.append((topic, data))
        self.news.set()


@dataclass(slots=True)
class Live:
    """The looking, in one worker; `status` gives the state, `logs` is where the log's files are."""

    store: Store
    log: Log
    status: Callable[[], Any]
    logs: Callable[[], Path]
    _watchers: set[Watcher] = field(default_factory=set[Watcher])
    _task: asyncio.Task[None] | None = None
    _state: dict[str, Any] = field(default_factory=dict[str, Any])

    @contextlib.contextmanager
    def watching(self, account_id: int, topics: frozenset[str], wanted: Filter) -> Generator[Watcher]:
        """Watch while the block lasts. Raises Crowded."""
        each = Counter(watcher.account_id for watcher in self._watchers)
        if len(self._watchers) >= WATCHERS or each[account_id] >= EACH:
            raise Crowded
        watcher = Watcher(account_id, topics, wanted)
        self._watchers.add(watcher)
        if self._state and "status" in topics:
            watcher.state = _json(self._state)
            watcher.news.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def _look(self) -> None:
        """Look while anybody watches."""
        growth = await asyncio.to_thread(Growth, self.logs())
        last = await self._newest()
        turn = 0
        while self._watchers:
            try:
                if turn % STATUS == 0:
                    await self._tell_state()
                    last = await self._tell_audit(last)
                if self._wanting("log"):
                    self._tell_log(await asyncio.to_thread(growth.news))
            except (StoreError, Problem) as error:
                self.log.system.error("state not told", error=str(error))
            turn += 1
            await asyncio.sleep(PERIOD)
        self._state = {}

    async def _newest(self) -> int:
        try:
            return await self.store.read(audit.newest)
        except StoreError:
            return audit.NEWEST

    def _wanting(self, topic: str) -> list[Watcher]:
        return [watcher for watcher in self._watchers if topic in watcher.topics]

    async def _tell_state(self) -> None:
        if not (wanting := self._wanting("status")):
            return
        state: dict[str, Any] = await self.status()
        if {k: v for k, v in state.items() if k not in _ALWAYS} == {
            k: v for k, v in self._state.items() if k not in _ALWAYS
        }:
            return
        self._state, data = state, _json(state)
        for watcher in wanting:
            watcher.state = data
            watcher.news.set()

    async def _tell_audit(self, last: int) -> int:
        if not (wanting := self._wanting("audit")):
            return await self._newest()
        for entry in await self.store.read(partial(audit.since, above=last)):
            last = entry.id
            data = _json(entry)
            for watcher in wanting:
                watcher.offer("audit", data)
        return last

    def _tell_log(self, lines: list[dict[str, Any]]) -> None:
        wanting = self._wanting("log")
        for record in lines:
            data = _json(record)
            text = data.decode()
            for watcher in wanting:
                if watcher.wanted.wants(record, text):
                    watcher.offer("log", data)


def _json(value: Any) -> bytes:
    """A value in one line of JSON."""
    try:
        return msgspec.json.encode(value, enc_hook=str)
    except UnicodeEncodeError:
        return msgspec.json.encode(printable(str(value)))
