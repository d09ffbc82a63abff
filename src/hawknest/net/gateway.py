"""The routers of this machine's networks, as Linux knows them.

Behind a router that hides where its connections come from, everybody on the Internet has the router's address: it must not be
trusted like a neighbour's.
"""

import ipaddress
import struct
from pathlib import Path
from typing import Final

TABLE: Final = Path("/proc/net/route")
_UP, _GATEWAY = 0x1, 0x2  # flags of a route


def gateways(table: Path = TABLE) -> list[ipaddress.IPv4Address]:
    """Read the addresses of the routers; none where the system does not tell."""
    try:
        rows = table.read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeDecodeError):
        return []
    found: list[ipaddress.IPv4Address] = []
    for fields in (row.split() for row in rows):
        try:
            if int(fields[3], 16) & (_UP | _GATEWAY) == _UP | _GATEWAY:
                found.append(ipaddress.IPv4Address(struct.pack("=L", int(fields[2], 16))))
        except (IndexError, ValueError, struct.error):
            continue
    return list(dict.fromkeys(found))
