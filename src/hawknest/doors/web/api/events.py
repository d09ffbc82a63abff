"""What happens now, by server-sent events: the state of the server when it changes, lines of the log, changes by others.

An event is `status`, `log`, `audit`, or `dropped` with the number of lines that were lost because they were read too slowly.
"""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Final

from starlette.responses import Response

from hawknest.doors.web.api.log import FILTERS, wanted_of
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import Problem, forbidden, refused
from hawknest.doors.web.live import TOPICS, Crowded, Watcher
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.doors.web.stream import news, streamed
from hawknest.log.reading import Filter

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
    return await streamed(_stream(ask, frozenset(asked or allowed), wanted))


async def _stream(ask: Ask, topics: frozenset[str], wanted: Filter) -> AsyncGenerator[bytes]:
    try:
        with ask.rooms.live.watching(ask.who.account_id, topics, wanted) as watcher:
            yield b"retry: %d\n\n" % AGAIN
            async for chunk in news(ask, watcher.news, partial(_told, watcher)):
                yield chunk
    except Crowded:
        raise Problem(
            429,
            "Too many watch",
            "Too many pages watch this server already: close one",
            headers={"retry-after": "30"},
        ) from None


def _told(watcher: Watcher, _silent: float) -> bytes:
    return b"".join(b"event: %b\ndata: %b\n\n" % (topic.encode(), data) for topic, data in watcher.take())


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
