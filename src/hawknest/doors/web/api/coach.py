"""The coach by the API: how the lines of a domain stand, once or as they turn, and the settings of well-known smart hosts."""

import time
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from hawknest.accounts import domains
from hawknest.doors.web.api import rights
from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import change
from hawknest.doors.web.api.language import Language, language
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import Problem, refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.doors.web.stream import news, streamed
from hawknest.post.coach import echo
from hawknest.post.coach.providers import listed
from hawknest.post.coach.watching import Busy, Watcher

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
    return await streamed(_stream(ask, await _domain(ask), language(ask)))


async def _domain(ask: Ask) -> str:
    name = rights.over_domain(ask, ask.path["name"])
    found = (await ask.rooms.store.read(partial(domains.get, text=name))).name
    if found.startswith("["):
        raise refused(f"{found} is an IP address: there is nothing to enter for it")
    return found


async def _stream(ask: Ask, name: str, words: Language) -> AsyncGenerator[bytes]:
    try:
        with ask.rooms.coaching.watching(ask.who.account_id, name) as watcher:
            yield b": watching\n\n"
            alive = partial(ask.rooms.coaching.alive, watcher)
            async for chunk in news(ask, watcher.news, _teller(watcher, words), alive=alive, gather=GATHER):
                yield chunk
    except Busy:
        raise _crowded() from None


def _teller(watcher: Watcher, words: Language) -> Callable[[float], bytes]:
    """Tell how the lines stand when one has turned, and now and then when none has."""
    told: list[Any] = []

    def tell(silent: float) -> bytes:
        nonlocal told
        standing = watcher.take()
        if standing is None or (standing.found == told and silent <= CALM):
            return b""
        told = standing.found
        return b"event: coach\ndata: %b\n\n" % msgspec.json.encode(standing.data(words))

    return tell


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
