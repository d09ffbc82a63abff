"""Who changed what, by the API."""

from typing import Final

from hawknest.accounts import audit
from hawknest.accounts.audit import Entry
from hawknest.doors.web.api import paging
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.store import Connection


async def listing(ask: Ask) -> Page[Entry]:
    """List changes, the newest first."""
    count, wanted = paging.limit(ask), paging.search(ask)
    below = paging.number(ask, "after", audit.NEWEST, 0, 10**15)

    def question(connection: Connection) -> Page[Entry]:
        found = audit.listing(connection, wanted, count, below)
        more = str(found[-1].id) if len(found) == count else None
        return Page(items=found, next=more, total=None if wanted else audit.count(connection))

    return await ask.rooms.store.read(question)


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/audit",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.AUDIT,
        summary="Who changed what, the newest first: by the pages, by a token, at the command line",
        answer=Page[Entry],
        query=paging.PARAMETERS | {"search": "A part of who, of the action or of what was changed"},
    ),
)
