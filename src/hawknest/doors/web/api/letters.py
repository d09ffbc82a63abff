"""Journeys by the API: what became of each letter. Who administers sees all of them, everybody else their own."""

from typing import Any, Final

from hawknest.doors.web.api import paging
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import not_found, refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.mail.address import parse_address
from hawknest.post import tracing
from hawknest.post.tracing import Journey
from hawknest.store import Connection, journey

STATES: Final = (
    "filed",
    "junk",
    "refused",
    "put off",
    "queued",
    "delivered",
    "deferred",
    "failed",
    "waiting",
    "held",
    "dropped",
    "answered",
)


async def listing(ask: Ask) -> Page[dict[str, Any]]:
    """List journeys, the newest letter first."""
    count, state = paging.limit(ask), ask.query.get("state", "")
    who, wanted, below = (
        ask.query.get("who", ""),
        ask.query.get("search", "").strip(),
        ask.query.get("after", ""),
    )
    if state and state not in STATES:
        raise refused(f"state must be one of {', '.join(STATES)}", "state")
    if below and not (below.isascii() and below.isalnum() and len(below) == 16):
        raise refused("after must be what the page before named as next", "after")
    own = "" if _sees_all(ask) else parse_address(ask.who.address).key

    def question(connection: Connection) -> Page[dict[str, Any]]:
        if wanted:
            found = tracing.trace(connection, wanted, count)
            return Page(items=_told(found, own))
        key = own or tracing.folded(who)
        letters = journey.listing(connection, key, state, below or journey.ABOVE, count)
        told = _told([tracing.of_letter(connection, letter) for letter in letters], own)
        return Page(items=told, next=letters[-1].id if len(letters) == count else None)

    return await ask.rooms.store.read(question)


async def look(ask: Ask) -> dict[str, Any]:
    """Tell the journey of one letter."""
    trace, own = ask.path["trace"], "" if _sees_all(ask) else parse_address(ask.who.address).key

    def question(connection: Connection) -> list[dict[str, Any]]:
        return _told([one for one in tracing.trace(connection, trace, 1) if one.letter.id == trace], own)

    if not (found := await ask.rooms.store.read(question)):
        raise not_found()
    return found[0]


def _sees_all(ask: Ask) -> bool:
    """Whether who asks sees everybody's: by a listener that the nest is administered by."""
    return ask.who.whole and ask.site.admin


def _told(found: list[Journey], own: str) -> list[dict[str, Any]]:
    shown = [tracing.own(one, own) for one in found] if own else found
    return [one.plain() for one in shown if one is not None]


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/letters",
        handler=listing,
        need=Need.USER,
        scope=Scope.LETTERS,
        summary="The journeys of letters, the newest first: all for who administers the nest, else one's own",
        answer=Page[dict[str, Any]],
        query=paging.PARAMETERS
        | {
            "search": "A letter's id, its Message-ID, or an address",
            "who": "Letters from or to this address",
            "state": f"Letters to which this happened: {', '.join(STATES)}",
        },
    ),
    Route(
        method="GET",
        path="/api/v1/letters/{trace}",
        handler=look,
        need=Need.USER,
        scope=Scope.LETTERS,
        summary="The journey of one letter",
        answer=dict[str, Any],
    ),
)
