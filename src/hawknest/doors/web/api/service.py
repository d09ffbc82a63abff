"""The main window by the API: how the server is, start and stop, and the two pauses."""

from typing import Any, Final

from hawknest.doors.web.api.changing import note
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import not_found
from hawknest.doors.web.route import Ask, Need, Route


async def status(ask: Ask) -> dict[str, Any]:
    """Tell how the server is."""
    return await ask.rooms.steward.status()


async def service(ask: Ask) -> dict[str, Any]:
    """Open or close all listeners, until the next start; those of the administration stay open."""
    steward = ask.rooms.steward
    match ask.path["act"]:
        case "start":
            await steward.start_all()
        case "stop":
            await steward.stop_all()
        case _:
            raise not_found()
    await note(ask, f"service.{ask.path['act']}", "all listeners")
    return await status(ask)


async def delivery(ask: Ask) -> dict[str, Any]:
    """Pause the sending of letters to other servers, or go on with it."""
    return await _pause(ask, "delivery")


async def receiving(ask: Ask) -> dict[str, Any]:
    """Pause the taking in of letters of others, or go on with it."""
    return await _pause(ask, "receiving")


async def _pause(ask: Ask, what: str) -> dict[str, Any]:
    steward = ask.rooms.steward
    match ask.path["act"]:
        case "suspend":
            await steward.suspend(what)
        case "resume":
            await steward.resume(what)
        case _:
            raise not_found()
    await note(ask, f"{what}.{ask.path['act']}", what)
    return await status(ask)


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/status",
        handler=status,
        need=Need.ADMIN,
        scope=Scope.STATUS,
        summary="How the server is: delivery, connections, letters pending and being delivered, listeners",
        answer=dict[str, Any],
    ),
    Route(
        method="POST",
        path="/api/v1/service/{act}",
        handler=service,
        need=Need.ADMIN,
        scope=Scope.SERVICE,
        summary="start or stop all listeners but those of the administration, until the next start of the server",
        answer=dict[str, Any],
    ),
    Route(
        method="POST",
        path="/api/v1/delivery/{act}",
        handler=delivery,
        need=Need.ADMIN,
        scope=Scope.SERVICE,
        summary="suspend or resume the delivery to other servers; letters are accepted all the while",
        answer=dict[str, Any],
    ),
    Route(
        method="POST",
        path="/api/v1/receiving/{act}",
        handler=receiving,
        need=Need.ADMIN,
        scope=Scope.SERVICE,
        summary="suspend or resume receiving; other servers are told to try again later",
        answer=dict[str, Any],
    ),
)
