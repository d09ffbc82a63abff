"""Detours by the API: destinations that letters go to by the smart host for a while, and their end."""

from hawknest.doors.web.api import paging
from hawknest.doors.web.api.changing import change
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import not_found
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.post import failover_memory
from hawknest.post.failover_memory import Barrier
from hawknest.store import Connection


async def listing(ask: Ask) -> Page[Barrier]:
    """List what keeps letters from going straight."""
    return paging.cut(await ask.rooms.store.read(failover_memory.listing), ask)


async def remove(ask: Ask) -> None:
    """Let letters to a destination go straight again."""
    destination = ask.path["id"]

    def job(connection: Connection) -> None:
        if not failover_memory.end(connection, destination):
            raise not_found()

    await change(ask, "detour.end", destination, job)
    await ask.rooms.barriers.look()


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/detours",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.QUEUE,
        summary="List the destinations that letters go to by the smart host for a while, and why",
        query=paging.PARAMETERS,
        answer=Page[Barrier],
    ),
    Route(
        method="DELETE",
        path="/api/v1/detours/{id}",
        handler=remove,
        need=Need.ADMIN,
        scope=Scope.QUEUE_CHANGE,
        summary="Let letters to a destination, or to all of them with *, go straight again",
    ),
)
