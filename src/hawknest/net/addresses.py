"""The addresses on the Internet that this machine has itself: none where a router has them. RFC 1918, RFC 4193."""

import socket
from ipaddress import ip_address
from typing import Final

from hawknest.dns import IpAddress

#: Addresses of documentation (RFC 5737, RFC 3849): the way there is the way to everywhere, and nothing is sent.
_FAR: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def own_addresses() -> list[IpAddress]:
    """Name the addresses that this machine would go out with, as far as they are its own on the Internet."""
    found: list[IpAddress] = []
    for family, far in _FAR:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect((far, 9))
                address = ip_address(str(sock.getsockname()[0]).partition("%")[0])
        except OSError:
            continue
        if address.is_global:
            found.append(address)
    return found
