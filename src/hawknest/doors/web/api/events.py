"""What happens now, by server-sent events: the state of the server when it changes, lines of the log, changes by others.

An event is `status`, `log`, `audit`, or `dropped` with the number of lines that were lost because they were read too slowly. A
comment every while keeps the connection alive. The stream ends when the session or token it was asked with does, and when the
server stops; a browser then asks again by itself.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from starlette.responses import Response, StreamingResponse

from hawknest.doors.web.api.log import FILTERS, wanted_of
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import Problem, forbidden, refused
from hawknest.doors.web.live import TOPICS, Crowded, Watcher
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.doors.web.session import asker
from hawknest.log.reading import Filter
from hawknest.store import StoreError

SILENCE: Final = 15.0  # seconds until a comment is sent
HOLDS: Final = 5.0  # seconds between two looks whether who watches still may
AGAIN: Final = 2000  # milliseconds after which a browser asks again

#: The scope that a token needs for each topic.
_SCOPES: Final = {"status": Scope.STATUS, "log": Scope.LOG, "audit": Scope.AUDIT}


async def events(ask: Ask) -> Response:
    """Tell what happens, until somebody has enough."""
    wanted = wanted_of(ask)
    asked = [topic.strip() for topic in ask.query.get("topics", "").split(",") if topic.strip()]
    if unknown := [topic for topic in asked if topic not in TOPICS]:
        raise refused(f"there is no topic {unknown[0][:40]}; there are {', '.join(TOPICS)}", "topics")
    allowed = [t for t in TOPICS if ask.who.scopes is None or _SCOPES[t] in ask.who.scopes]
    if denied := set(asked) - set(allowed):
        raise forbidden(f"This needs the scope {_SCOPES[min(denied)]}")
    stream = _stream(ask, frozenset(asked or allowed), wanted)
    first = await anext(stream)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_all(first, stream), headers=headers, media_type="text/event-stream")


async def _all(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    try:
        yield first
        async for chunk in rest:
            yield chunk
    finally:
        await rest.aclose()


async def _stream(ask: Ask, topics: frozenset[str], wanted: Filter) -> AsyncGenerator[bytes]:
    try:
        with ask.rooms.live.watching(ask.who.account_id, topics, wanted) as watcher:
            yield b"retry: %d\n\n" % AGAIN
            async for chunk in _news(ask, watcher):
                yield chunk
    except Crowded:
        raise Problem(
            429,
            "Too many watch",
            "Too many pages watch this server already: close one",
            headers={"retry-after": "30"},
        ) from None


async def _news(ask: Ask, watcher: Watcher) -> AsyncGenerator[bytes]:
    loop = asyncio.get_running_loop()
    looked = spoke = loop.time()
    while not ask.stopping.is_set():
        try:
            async with asyncio.timeout(1.0):
                await watcher.news.wait()
        except TimeoutError:
            pass
        if told := watcher.take():
            spoke = loop.time()
            yield b"".join(b"event: %b\ndata: %b\n\n" % (topic.encode(), data) for topic, data in told)
        elif loop.time() - spoke > SILENCE:
            spoke = loop.time()
            yield b": still here\n\n"
        if loop.time() - looked > HOLDS:
            looked = loop.time()
            if not await _still_may(ask):
                return


async def _still_may(ask: Ask) -> bool:
    """Whether who watches would still be let in."""
    try:
        return (await asker(ask.request, ask.rooms, ask.peer)).who == ask.who
    except StoreError:
        return True  # it is asked again soon


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/events",
        handler=events,
        need=Need.ADMIN,
        scope=Scope.STATUS,
        summary="Server-sent events: the state when it changes, lines of the log, changes by others",
        query={"topics": f"Of {', '.join(TOPICS)}, with commas between; all unless said"} | FILTERS,
    ),
)
