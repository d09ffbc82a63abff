"""The queue by the API: letters that wait to leave, held, let go, tried now, taken out, or sent by another way."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from hawknest.doors.web.api import paging
from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import change
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import not_found, refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.post import waiting
from hawknest.store import Connection, outgoing


class Deed(Body):
    """How something is to be done to what waits."""

    tell_sender: Annotated[
        bool, Meta(description="drop: return it to its sender, who otherwise hears nothing")
    ] = False
    to: Annotated[
        str, Meta(max_length=300, description="reroute: the domain, host or [address] that takes it")
    ] = ""


class Done(msgspec.Struct, kw_only=True):
    """How many recipients something was done to."""

    count: int


async def listing(ask: Ask) -> Page[dict[str, Any]]:
    """List what waits, what is due first at the top."""
    before, count, wanted = paging.skip(ask), paging.limit(ask), paging.search(ask)
    now = ask.rooms.clock()

    def question(connection: Connection) -> Page[dict[str, Any]]:
        if wanted:
            return paging.cut([waiting.plain(row, now) for row in waiting.chosen(connection, wanted)], ask)
        rows = [waiting.plain(row, now) for row in outgoing.listing(connection, count, before)]
        return paging.portion(rows, before, count, outgoing.count(connection, now)[0])

    return await ask.rooms.store.read(question)


async def deed(ask: Ask) -> Done:
    """Hold, release, retry, drop or reroute what is called by a number, a letter's id, an address, a domain, or `all`."""
    which, what, body = ask.path["id"], ask.path["act"], ask.body
    change_of = _DEEDS.get(what)
    if change_of is None:
        raise not_found()
    if what == "reroute" and not body.to:
        raise refused("say to which domain or host it shall go", "to")
    now = ask.rooms.clock()

    def job(connection: Connection) -> tuple[int, list[str]]:
        ids = waiting.find(connection, which)
        if not ids and which != waiting.EVERYTHING:
            raise not_found()
        return change_of(connection, ids, now, body)

    count, places = await change(ask, f"queue.{what}", f"{which} {body.to}".strip()[:300], job)
    for place in places:
        await asyncio.to_thread(ask.rooms.store.blobs.remove, place)
    ask.rooms.queue.poke()
    return Done(count=count)


def _plainly(act: Callable[[Connection, list[int], float], int]) -> "_Act":
    def done(connection: Connection, ids: list[int], now: float, _body: Deed) -> tuple[int, list[str]]:
        return act(connection, ids, now), []

    return done


def _drop(connection: Connection, ids: list[int], now: float, body: Deed) -> tuple[int, list[str]]:
    if body.tell_sender:
        return waiting.give_back(connection, ids, now), []
    return waiting.drop(connection, ids, now)


def _reroute(connection: Connection, ids: list[int], now: float, body: Deed) -> tuple[int, list[str]]:
    return waiting.reroute(connection, ids, body.to, now), []


_Act = Callable[[Connection, list[int], float, Deed], tuple[int, list[str]]]
_DEEDS: Final[dict[str, _Act]] = {
    "hold": _plainly(waiting.hold),
    "release": _plainly(waiting.release),
    "retry": _plainly(waiting.retry_now),
    "drop": _drop,
    "reroute": _reroute,
}

ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/queue",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.QUEUE,
        summary="List what waits to leave, what is due first at the top, with the other server's words",
        answer=Page[dict[str, Any]],
        query=paging.PARAMETERS | {"search": "A number, a letter's id, an address or a domain"},
    ),
    Route(
        method="POST",
        path="/api/v1/queue/{id}/{act}",
        handler=deed,
        need=Need.ADMIN,
        scope=Scope.QUEUE_CHANGE,
        summary="hold, release, retry, drop or reroute what is called by a number, a letter's id, an address, a domain, or all",
        body=Deed,
        answer=Done,
    ),
)
