"""The log by the API: its lines, the newest first, found by who, what and when; and a day of it to take away."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from hawknest.doors.web.api import paging
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.log import CATEGORIES, Level, reading
from hawknest.log.reading import Filter

LINES: Final = 500  # of a day that are given at once
LONGEST: Final = 200  # characters of what is searched for

#: What lines can be asked for by.
FILTERS: Final = {
    "protocol": f"One of {', '.join(CATEGORIES)}",
    "level": f"The least that is wanted: {', '.join(Level)}",
    "session": "A session, as lines name it",
    "letter": "A letter's id",
    "person": "A part of a login name",
    "address": "A part of any address that a line names",
    "search": "A part of the line",
}


class Lines(msgspec.Struct, kw_only=True):
    """Lines of the log, the newest first."""

    items: list[dict[str, Any]]
    next: str | None  # what to ask `after`: with a search, also where this page holds few lines or none
    days: list[str]


async def listing(ask: Ask) -> Lines:
    """Give lines of the log."""
    directory, wanted = ask.rooms.steward.house().logs, wanted_of(ask)
    await asyncio.to_thread(ask.rooms.log.flush)
    count, after, day = paging.limit(ask), ask.query.get("after", ""), ask.query.get("day", "")
    try:
        page = await asyncio.to_thread(reading.page, directory, wanted, count, after, day)
    except ValueError as error:
        raise refused(str(error), "day" if day else "after") from None
    days = await asyncio.to_thread(reading.days, directory)
    return Lines(items=page.lines, next=page.next or None, days=days)


async def export(ask: Ask) -> Response:
    """Give a day of the log as JSON lines."""
    directory, wanted = ask.rooms.steward.house().logs, wanted_of(ask)
    await asyncio.to_thread(ask.rooms.log.flush)
    days = await asyncio.to_thread(reading.days, directory)
    day = ask.query.get("day", "") or (days[0] if days else "")
    if day not in days:
        raise refused("there is no log of that day", "day")
    headers = {
        "content-disposition": f'attachment; filename="hawknest-{day}.jsonl"',
        "cache-control": "no-store",
    }
    return StreamingResponse(
        _chunks(reading.every(directory, wanted, day)), headers=headers, media_type="application/x-ndjson"
    )


def wanted_of(ask: Ask) -> Filter:
    """Read which lines are wanted. Raises Problem."""
    asked = {name: ask.query.get(name, "").strip()[:LONGEST] for name in FILTERS}
    if asked["protocol"] and asked["protocol"] not in CATEGORIES:
        raise refused(f"protocol must be one of {', '.join(CATEGORIES)}", "protocol")
    if asked["level"] and asked["level"] not in list(Level):
        raise refused(f"level must be one of {', '.join(Level)}", "level")
    return Filter(
        category=asked["protocol"],
        level=Level(asked["level"] or Level.DEBUG),
        session=asked["session"],
        letter=asked["letter"],
        person=asked["person"],
        address=asked["address"],
        text=asked["search"],
    )


def _chunks(lines: Iterator[bytes]) -> Iterator[bytes]:
    while chunk := b"".join(islice(lines, LINES)):
        yield chunk


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/log",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.LOG,
        summary="Lines of the log, the newest first; secrets are stars",
        answer=Lines,
        query=paging.PARAMETERS | {"day": "A day such as 2026-12-31; all unless said"} | FILTERS,
    ),
    Route(
        method="GET",
        path="/api/v1/log/export",
        handler=export,
        need=Need.ADMIN,
        scope=Scope.LOG,
        summary="A day of the log as JSON lines, the oldest first",
        query={"day": "A day such as 2026-12-31; the newest unless said"} | FILTERS,
    ),
)
