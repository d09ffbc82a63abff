"""Where people find the pages: who administers often comes by a door that nobody else may use."""

from ipaddress import ip_address
from typing import Final

from hawknest.doors.web.rooms import Entry
from hawknest.doors.web.route import Ask

HTTPS: Final = 443


def pages(ask: Ask) -> str:
    """Give the beginning of the address to pass on: of a listener for everybody, else of the one that was asked by."""
    house = ask.rooms.steward.house()
    port = next((entry.open_port for entry in house.listeners if _for_everybody(entry)), 0)
    if port:
        return f"https://{house.hostname}" + ("" if port == HTTPS else f":{port}")
    return f"{ask.request.url.scheme}://{ask.request.headers['host'].strip()}"


def _for_everybody(entry: Entry) -> bool:
    there = entry.service == "https" and entry.open_port and not entry.admin
    return bool(there) and not ip_address(entry.address).is_loopback
