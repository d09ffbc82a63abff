"""The self-test by the API: the server tries itself, by its own ports, from a thread of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from msgspec import Meta

from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import note
from hawknest.doors.web.api.language import language
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import Problem
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.store import Connection, Store

T = TypeVar("T")


class SelfTest(Body):
    """How to test."""

    to: Annotated[str, Meta(description="Where the test letter goes; '': to the first administrator")] = ""


@dataclass(frozen=True, slots=True)
class _House:
    """The nest as a thread beside the loop has it."""

    directory: Path
    _store: Store
    _loop: asyncio.AbstractEventLoop
    _listeners: Sequence[Mapping[str, Any]]

    def read(self, question: Callable[[Connection], T]) -> T:
        return self._await(partial(self._store.read, question))

    def write(self, job: Callable[[Connection], T]) -> T:
        return self._await(partial(self._store.write, job))

    def listeners(self) -> Sequence[Mapping[str, Any]]:
        return self._listeners

    def _await(self, begin: Callable[[], Awaitable[T]]) -> T:
        async def done() -> T:
            return await begin()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result()


_under_way: set[int] = set()


async def run(ask: Ask) -> dict[str, Any]:
    """Try the running server."""
    from hawknest.post import selftest  # noqa: PLC0415 (Python's own mail clients, for who tests)

    rooms, name = ask.rooms, id(ask.rooms.store)
    if name in _under_way:
        raise Problem(409, "Not now", "A self-test is under way: wait until it is done")
    listeners = (await rooms.steward.status())["listeners"]
    directory = rooms.steward.house().directory
    house = _House(directory, rooms.store, asyncio.get_running_loop(), listeners)
    _under_way.add(name)
    try:
        trial = await asyncio.to_thread(selftest.run, house, ask.body.to)
    finally:
        _under_way.discard(name)
    await note(ask, "selftest.run", ask.body.to[:300] or "selftest", {"ok": trial.ok})
    return trial.plain(language(ask))


ROUTES: Final = (
    Route(
        method="POST",
        path="/api/v1/selftest",
        handler=run,
        need=Need.ADMIN,
        scope=Scope.TESTS,
        summary="Try the running server, step by step, with a letter of its own; no address need be exempt for it",
        body=SelfTest,
        answer=dict[str, Any],
        query={"language": "Of the words: en or ja"},
    ),
)
