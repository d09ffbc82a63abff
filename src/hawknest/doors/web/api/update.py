"""New versions by the API: what is known of them, and a look now."""

from typing import Final

from hawknest.doors.web.api.changing import note
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.post.updates import NewVersions


async def look(ask: Ask) -> NewVersions:
    """Tell what is known of new versions."""
    return await ask.rooms.updates.standing()


async def check(ask: Ask) -> NewVersions:
    """Look now."""
    standing = await ask.rooms.updates.standing()
    if not standing.enabled:
        raise refused("Looking for new versions is off: set the policy update_check first")
    await note(ask, "update.check", "")
    return await ask.rooms.updates.look()


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/update",
        handler=look,
        need=Need.ADMIN,
        scope=Scope.STATUS,
        summary="Tell what is known of new versions; it is looked for only while the policy update_check is on",
        answer=NewVersions,
    ),
    Route(
        method="POST",
        path="/api/v1/update/check",
        handler=check,
        need=Need.ADMIN,
        scope=Scope.SERVICE,
        summary="Look now whether there is a new version",
        answer=NewVersions,
    ),
)
