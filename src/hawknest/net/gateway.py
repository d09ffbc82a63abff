"""The routers of this machine, as Linux tells them: a peer with such an address may be anybody.

A router that translates addresses in both directions ("hair-pin NAT", and the proxy of some container programs) makes
whoever comes from outside look as if the router itself had connected.
"""

import contextlib
import ipaddress
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

REMEMBERED: Final = 60.0  # seconds
# In hexadecimal digits: "Iface Destination Gateway Flags …", in the machine's order of octets; and
# "destination length source length next-hop metric references use flags interface"
_IPV4: Final = Path("/proc/net/route")
_IPV6: Final = Path("/proc/net/ipv6_route")
_ROUTED: Final = 0x1 | 0x2  # flags: the route is up, and leads to a router
_NOWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 (no router: the network is the machine's own)


def routers(ipv4: str, ipv6: str) -> frozenset[str]:
    """Read the routers out of the two tables of Linux, each of which may be empty."""
    found: set[str] = set()
    for words in (line.split() for line in ipv4.splitlines()[1:]):
        with contextlib.suppress(IndexError, ValueError, OverflowError):
            if int(words[3], 16) & _ROUTED == _ROUTED:
                found.add(str(ipaddress.IPv4Address(int(words[2], 16).to_bytes(4, sys.byteorder))))
    for words in (line.split() for line in ipv6.splitlines()):
        with contextlib.suppress(IndexError, ValueError):
            if int(words[8], 16) & _ROUTED == _ROUTED:
                found.add(str(ipaddress.IPv6Address(bytes.fromhex(words[4]))))
    return frozenset(found - _NOWHERE)


class Gateways:
    """Gives the routers' addresses when called; looks again when that was last done more than a minute ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked = float("-inf")
        self._found: frozenset[str] = frozenset()

    def __call__(self) -> frozenset[str]:
        """Give the addresses of the routers; none where the system does not tell."""
        if self._clock() - self._looked > REMEMBERED:
            self._found = routers(_read(_IPV4), _read(_IPV6))
            self._looked = self._clock()
        return self._found


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return ""
