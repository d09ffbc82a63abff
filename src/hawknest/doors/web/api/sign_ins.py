"""The log of sign-ins by the API: everybody's own, and of a user for who administers."""

from hawknest.accounts import sign_ins
from hawknest.accounts.sign_ins import WayIn
from hawknest.doors.web.api import paging, rights
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.store import Connection


async def own(ask: Ask) -> Page[WayIn]:
    """List sign-ins to the own account."""
    return await _listing(ask, "")


async def of_user(ask: Ask) -> Page[WayIn]:
    """List sign-ins to a user's account."""
    return await _listing(ask, rights.over_address(ask, ask.path["address"]))


async def _listing(ask: Ask, address: str) -> Page[WayIn]:
    skip, count = paging.skip(ask), paging.limit(ask)

    def question(connection: Connection) -> Page[WayIn]:
        account = rights.found(connection, address).id if address else ask.who.account_id
        found = sign_ins.listing(connection, account, count, skip)
        return paging.portion(found, skip, count, sign_ins.count(connection, account))

    return await ask.rooms.store.read(question)


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/me/sign-ins",
        handler=own,
        need=Need.USER,
        scope=Scope.ME,
        summary="List who signed in to the own account, and who tried; what was alike on one day is one row",
        query=paging.PARAMETERS,
        answer=Page[WayIn],
    ),
    Route(
        method="GET",
        path="/api/v1/users/{address}/sign-ins",
        handler=of_user,
        need=Need.DOMAINS,
        scope=Scope.USERS,
        summary="List who signed in to a user's account, and who tried; what was alike on one day is one row",
        query=paging.PARAMETERS,
        answer=Page[WayIn],
    ),
)
