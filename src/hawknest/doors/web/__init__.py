"""The web door: pages, sign-in, administration and the API behind them. RFC 9110, RFC 9112."""

from collections.abc import Callable

from hawknest.doors.web.application import Application
from hawknest.doors.web.errors import Problem
from hawknest.doors.web.live import Live
from hawknest.doors.web.rooms import Entry, House, MachineKey, Rooms, Site, Steward
from hawknest.doors.web.static import Shelf
from hawknest.doors.web.visit import Doorkeeper, Visit, visits

__all__ = [
    "Entry",
    "House",
    "Live",
    "MachineKey",
    "Problem",
    "Rooms",
    "Shelf",
    "Site",
    "Steward",
    "Visit",
    "serve",
]


def serve(site: Site, rooms: Rooms, shelf: Shelf, keeper: Doorkeeper) -> Callable[[], Visit]:
    """Make what makes the connections of one listener."""
    return visits(Application(site, rooms, shelf), keeper)
