"""The coach by the API: how the lines of a domain stand, once or as they turn, and the settings of well-known smart hosts."""

import asyncio
import time
from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from hawknest.accounts import domains
from hawknest.doors.web.api import rights
from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import change
from hawknest.doors.web.api.language import Language, language
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import Problem, refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.doors.web.session import asker
from hawknest.post.coach import echo
from hawknest.post.coach.providers import listed
from hawknest.post.coach.watching import Busy, Watcher
from hawknest.store import StoreError

SILENCE: Final = 15.0  # seconds until a comment is sent
HOLDS: Final = 5.0  # seconds between two looks whether who watches still may
CALM: Final = 10.0  # seconds until it is told that nothing has turned, and when was looked last
GATHER: Final = 0.2  # seconds in which lines that turn are told together


async def look(ask: Ask) -> dict[str, Any]:
    """Look at every line of a domain once."""
    name = await _domain(ask)
    try:
        return (await ask.rooms.coaching.once(name)).data(language(ask))
    except Busy:
        raise _crowded() from None


async def again(ask: Ask) -> None:
    """Let the lines look again now, for those who watch."""
    ask.rooms.coaching.hurry(await _domain(ask))


class EchoLetter(Body):
    """A letter to an address that answers."""

    to: Annotated[str, Meta(description="An address elsewhere that answers every letter")]


async def echo_letter(ask: Ask) -> None:
    """Send a real letter, whose answer the line `echo` waits for."""
    name, rooms = await _domain(ask), ask.rooms
    job = partial(
        echo.begin,
        domain=name,
        to=ask.body.to,
        host=rooms.steward.house().hostname,
        now=rooms.clock(),
        utc_offset=time.localtime().tm_gmtoff,
    )
    await change(ask, "coach.echo", name, job)
    rooms.queue.poke()
    rooms.coaching.hurry(name)


async def smart_hosts(ask: Ask) -> list[Any]:
    """List the settings of well-known smart hosts."""
    return [*listed(language(ask))]


async def events(ask: Ask) -> Response:
    """Tell how the lines stand whenever one has looked, until somebody has enough."""
    stream = _stream(ask, await _domain(ask), language(ask))
    first = await anext(stream)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_all(first, stream), headers=headers, media_type="text/event-stream")


async def _domain(ask: Ask) -> str:
    name = rights.over_domain(ask, ask.path["name"])
    found = (await ask.rooms.store.read(partial(domains.get, text=name))).name
    if found.startswith("["):
        raise refused(f"{found} is an IP address: there is nothing to enter for it")
    return found


async def _all(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    try:
        yield first
        async for chunk in rest:
            yield chunk
    finally:
        await rest.aclose()


async def _stream(ask: Ask, name: str, words: Language) -> AsyncGenerator[bytes]:
    try:
        with ask.rooms.coaching.watching(ask.who.account_id, name) as watcher:
            yield b": watching\n\n"
            async for chunk in _news(ask, watcher, words):
                yield chunk
    except Busy:
        raise _crowded() from None


async def _news(ask: Ask, watcher: Watcher, words: Language) -> AsyncGenerator[bytes]:
    loop = asyncio.get_running_loop()
    looked = spoke = loop.time()
    told: list[Any] = []
    while not ask.stopping.is_set() and ask.rooms.coaching.alive(watcher):
        try:
            async with asyncio.timeout(1.0):
                await watcher.news.wait()
            await asyncio.sleep(GATHER)
        except TimeoutError:
            pass
        standing = watcher.take()
        if standing is not None and (standing.found != told or loop.time() - spoke > CALM):
            told, spoke = standing.found, loop.time()
            yield b"event: coach\ndata: %b\n\n" % msgspec.json.encode(standing.data(words))
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


def _crowded() -> Problem:
    return Problem(
        429,
        "Too many watch",
        "The coach is at work for too many pages already: close one",
        headers={"retry-after": "30"},
    )


_COACH: Final = "/api/v1/domains/{name}/coach"
_WORDS: Final = {"language": "Of the words: en or ja"}
ROUTES: Final = (
    Route(
        method="GET",
        path=_COACH,
        handler=look,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS,
        summary="Look once what is missing until others find, reach and believe the domain, line by line",
        answer=dict[str, Any],
        query=_WORDS,
    ),
    Route(
        method="GET",
        path=f"{_COACH}/events",
        handler=events,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS,
        summary="Server-sent events `coach`: the same, whenever a line has turned",
        query=_WORDS,
    ),
    Route(
        method="POST",
        path=f"{_COACH}/again",
        handler=again,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS,
        summary="Let the lines look again now, for those who watch the events",
    ),
    Route(
        method="POST",
        path=f"{_COACH}/echo",
        handler=echo_letter,
        need=Need.DOMAINS,
        scope=Scope.TESTS,
        summary="Send a letter from the postmaster of the domain to an address that answers; the line `echo` tells how it fares",
        body=EchoLetter,
    ),
    Route(
        method="GET",
        path="/api/v1/smart-hosts",
        handler=smart_hosts,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS,
        summary="List the settings of well-known smart hosts, for where port 25 is blocked",
        answer=list[dict[str, Any]],
        query=_WORDS,
    ),
)
