"""Where the pages of a nest are to be found, and a one-time link there with its picture for the camera of a phone."""

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterator
from typing import Any, Final, cast

import segno

from hawknest.cli.words import tell
from hawknest.config import Config, Listener
from hawknest.net.control import ControlError, ask

#: Light and dark of the upper and the lower half of a sign; light is what is drawn, for most terminals are dark.
_HALVES: Final = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
_COLOURS: Final = ("\033[97;40m", "\033[0m")  # whatever the terminal's own are

Ports = dict[tuple[str, str, int], int]


def link(settings: Config, secret: str, *, admin: bool) -> list[str]:
    """Name the addresses that a one-time link may be opened at, the best first; none where no pages are given.

    `admin` says that they should be where the nest can be administered.
    """
    return [f"{base}/welcome#{secret}" for base in bases(settings, admin=admin)]


def bases(settings: Config, *, admin: bool) -> list[str]:
    """Name the beginnings of the addresses of pages, the best first."""
    ports = _ports(settings)
    wanted = [e for e in settings.listeners if e.service in {"http", "https"} and (e.admin or not admin)]
    found = dict.fromkeys(_plain(wanted, ports)) or dict.fromkeys(_secure(wanted, ports, settings.hostname))
    return list(found)


def _plain(wanted: list[Listener], ports: Ports) -> Iterator[str]:
    """On this machine itself no browser has to ask whether to trust a certificate."""
    for entry in wanted:
        if entry.service == "http" and _loopback(entry) and (port := _port(entry, ports)):
            yield f"http://127.0.0.1:{port}"


def _secure(wanted: list[Listener], ports: Ports, hostname: str) -> Iterator[str]:
    for entry in wanted:
        if entry.service == "https" and (port := _port(entry, ports)):
            end = "" if port == 443 else f":{port}"
            if _loopback(entry):
                yield f"https://127.0.0.1{end}"
                continue
            yield f"https://{hostname}{end}"
            if own := _own_address():
                yield f"https://{own}{end}"


def words(links: list[str], hours: float) -> list[str]:
    """Say what to do with a link, and draw the first one."""
    if not links:
        return [tell("link-nowhere")]
    span = (
        tell("span-hours", count=round(hours))
        if hours >= 2
        else tell("span-minutes", count=round(hours * 60))
    )
    lines = [tell("link-open", span=span), f"  {links[0]}"]
    if len(links) > 1:
        lines += [tell("link-or"), *(f"  {one}" for one in links[1:])]
    return [*lines, "", *drawn(links[0], colour=sys.stdout.isatty())]


def drawn(text: str, *, colour: bool) -> Iterator[str]:
    """Draw a QR code with the signs of a terminal, two rows of squares a line (ISO/IEC 18004)."""
    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    before, after = _COLOURS if colour else ("", "")
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        squares = "".join(_HALVES[int(up), int(low)] for up, low in zip(upper, lower, strict=True))
        yield f"  {before}{squares}{after}"


def _ports(settings: Config) -> Ports:
    """The ports that the running server took where any free one was asked for."""
    if all(entry.port for entry in settings.listeners):
        return {}
    with contextlib.suppress(ControlError):
        told = cast("dict[str, Any]", ask(settings.socket, "status", timeout=2.0))
        return {(e["service"], e["address"], 0): e["port"] for e in told["listeners"]}
    return {}


def _port(entry: Listener, ports: Ports) -> int:
    return entry.port or ports.get((entry.service, entry.address, 0), 0)


def _loopback(entry: Listener) -> bool:
    return ipaddress.ip_address(entry.address).is_loopback


def _own_address() -> str:
    """The address by which this machine is known in its own house, '' where it is alone."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("192.0.2.1", 9))  # nothing is sent: the system only chooses the way (RFC 5737 §3)
        return str(sock.getsockname()[0])
    return ""
