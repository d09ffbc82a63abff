"""Addresses of hosts: which of them can be meant, and in which order they are tried. RFC 6890 §2.2, RFC 8305 §4."""

import ipaddress
from collections.abc import Callable, Sequence
from enum import Enum, auto
from itertools import chain, zip_longest
from typing import Any, Final

from hawknest.dns import IpAddress

#: Puts a list into random order.
Shuffle = Callable[[list[Any]], None]

# Where no stranger's host can be: this machine, private networks, providers' own, one cable. RFC 6890 §2.2. The networks
# for documentation are not among them, so that examples work.
_PRIVATE: Final = [
    ipaddress.ip_network(net)
    for net in "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 "
    "::/127 fc00::/7 fe80::/10".split()
]


class Family(Enum):
    """Which addresses of a host are tried, and which first; of both kinds, one and the other in turn.

    IPv4 first is the safe choice: large hosts refuse letters for ever that come from an IPv6 address without a name.
    """

    IPV4_FIRST = auto()
    IPV6_FIRST = auto()
    IPV4_ONLY = auto()
    IPV6_ONLY = auto()


def is_public(address: IpAddress) -> bool:
    """Whether strangers can have a way to the address."""
    return not any(address.version == net.version and address in net for net in _PRIVATE)


def is_possible(address: IpAddress) -> bool:
    """Whether another host can have the address; those of private networks can, behind one's own router."""
    plain = (address.version == 6 and address.ipv4_mapped) or address
    nowhere = plain.is_loopback or plain.is_unspecified or plain.is_multicast or plain.is_link_local
    return not nowhere and not (plain.version == 4 and (plain.is_reserved or plain.packed[0] == 0))


def in_turn(addresses: Sequence[IpAddress], family: Family, shuffle: Shuffle) -> list[IpAddress]:
    """One address of each family in turn, so that a family that does not work is soon passed over: RFC 8305 §4."""
    shuffled = list(addresses)
    shuffle(shuffled)
    first = 6 if family in {Family.IPV6_FIRST, Family.IPV6_ONLY} else 4
    preferred = [address for address in shuffled if address.version == first]
    others = [address for address in shuffled if address.version != first]
    turns = chain.from_iterable(zip_longest(preferred, others))
    return [address for address in turns if address is not None]


def read_address(text: str) -> IpAddress | None:
    """An IP address in brackets, or bare; None for a name."""
    bare = text.removeprefix("[").removesuffix("]")
    bare = bare[5:] if bare[:5].lower() == "ipv6:" else bare
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        return None


def is_numeric(host: str) -> bool:
    """Whether a host's name is an IP address: no domain ends in a number, RFC 3696 §2."""
    return host.rpartition(".")[2].isdigit() or ":" in host
