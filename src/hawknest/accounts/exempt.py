"""Addresses that need not log in: one, a network, a range or a wildcard, as an owner writes them.

    192.0.2.7   192.0.2.0/24   192.168.1.2-254   192.168.1.2-192.168.1.9   192.168.1.2~254   192.168.1.*   2001:db8::/64

A host name is refused with a message: the original ignored it silently. Whatever is wider than a /16 (IPv6: a /48), or
reaches beyond private networks, needs to be confirmed, for everybody there may then send through this server. So does
the address of this machine's router: behind it anybody may be (hair-pin NAT), so that no range makes it exempt.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hawknest.accounts.changes import changed
from hawknest.accounts.errors import AccountError
from hawknest.store import Connection, Statement

NOTE: Final = 250  # characters
WIDE: Final = {4: 1 << 16, 6: 1 << 80}  # addresses

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Net = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Range:
    """Addresses from one to another, both included."""

    first: Ip
    last: Ip

    def __contains__(self, address: Ip) -> bool:
        """Whether an address lies in it."""
        return address.version == self.first.version and int(self.first) <= int(address) <= int(self.last)

    @property
    def count(self) -> int:
        """How many addresses it has."""
        return int(self.last) - int(self.first) + 1

    @property
    def private(self) -> bool:
        """Whether all of it lies within private networks."""
        networks: Iterable[Net] = ipaddress.summarize_address_range(self.first, self.last)  # type: ignore[type-var]
        return all(network.is_private for network in networks)


@dataclass(frozen=True, slots=True)
class Exemption:
    """An entry of the list."""

    id: int
    spec: str
    note: str
    expires_at: float | None  # seconds since the epoch


_DASH: Final = re.compile(r"\s*[-~\u301c\uff5e\u2013]\s*")  # also the wave dashes of Japanese keyboards
_LAST: Final = re.compile(r"[0-9]{1,3}", re.ASCII)
_WILDCARD: Final = re.compile(r"(?=(?:[^.]+\.){0,3}[^.]+$)((?:[0-9]{1,3}\.){1,3})\*(?:\.\*)*", re.ASCII)
_BRACKETED: Final = re.compile(r"\[(?:IPv6:)?([^\[\]]+)\]", re.IGNORECASE)  # as in an address literal


def parse(text: str) -> Range:
    """Read an entry. Raises AccountError in the words of who typed it."""
    spec = unicodedata.normalize("NFKC", text).strip()  # full-width digits and dots are digits and dots
    if bracketed := _BRACKETED.fullmatch(spec):
        spec = bracketed[1]
    try:
        if "/" in spec:
            network = ipaddress.ip_network(re.sub(r"\s*/\s*", "/", spec), strict=False)
            return Range(network[0], network[-1])
        if wild := _WILDCARD.fullmatch(spec):
            fixed = wild[1].rstrip(".").split(".")
            return Range(
                *(ipaddress.IPv4Address(".".join(fixed + [end] * (4 - len(fixed)))) for end in ("0", "255"))
            )
        ends = _DASH.split(spec)
        if len(ends) == 2:
            return _between(*ends)
        if len(ends) == 1:
            address = ipaddress.ip_address(spec)
            return Range(address, address)
    except ValueError:
        pass
    typed = text.strip()[:80]
    if re.search(r"[^\W\d_]", spec) and ":" not in spec:
        raise AccountError(
            f"{typed} looks like a host name; only addresses can be listed, such as 192.168.1.7"
        )
    raise AccountError(
        f"{typed} is no address, network (192.168.1.0/24), range (192.168.1.2-254) or 192.168.1.*"
    )


def _between(first: str, last: str) -> Range:
    start = ipaddress.ip_address(first)
    if start.version == 4 and _LAST.fullmatch(last):
        last = f"{first.rpartition('.')[0]}.{last}"
    found = Range(start, ipaddress.ip_address(last))
    if found.last.version != start.version or found.count < 1:
        raise ValueError
    return found


def add(
    connection: Connection,
    text: str,
    note: str = "",
    expires_at: float | None = None,
    *,
    confirmed: bool = False,
    gateways: Collection[str] = (),
) -> Exemption:
    """Add an entry, for ever or until a time in seconds since the epoch.

    `gateways` are the routers of this machine. Raises AccountError.
    """
    found = parse(text)
    if len(note) > NOTE or not note.isprintable():
        raise AccountError(f"the note must be one line of at most {NOTE} characters")
    if not confirmed and not (found.private and found.count <= WIDE[found.first.version]):
        raise AccountError(
            f"{text.strip()} covers {found.count:,} addresses, some of them beyond a home network: everybody there could "
            f"send through this server. Confirm it with --confirm if that is what you want"
        )
    router = next((one for one in gateways if ipaddress.ip_address(one) in found), None)
    if router is not None and not confirmed:
        raise AccountError(
            f"{router} is this network's router: where it hides who comes from outside, all the Internet has its address and "
            f"could send through this server. Leave it out (such as 192.168.1.2-254), or confirm it (--confirm)"
        )
    if (same := _listed(connection, found)) is not None:
        raise AccountError(f"{text.strip()} is listed already, as {same.spec}")
    row = connection.one(_ADD, spec=text.strip(), note=note, expires=expires_at)
    assert row is not None
    changed(connection)
    return Exemption(row[0], text.strip(), note, expires_at)


def remove(connection: Connection, text: str) -> None:
    """Remove an entry, in whichever spelling. Raises AccountError."""
    entry = _listed(connection, parse(text))
    if entry is None:
        raise AccountError(f"{text.strip()} is not listed")
    connection.run(_REMOVE, id=entry.id)
    changed(connection)


def listing(connection: Connection) -> list[Exemption]:
    """List the entries."""
    return [Exemption(*row) for row in connection.all(_LIST)]


def active(connection: Connection, now: float) -> list[Exemption]:
    """List the entries that hold at a time in seconds since the epoch."""
    return [entry for entry in listing(connection) if entry.expires_at is None or entry.expires_at > now]


def _listed(connection: Connection, wanted: Range) -> Exemption | None:
    return next((entry for entry in listing(connection) if parse(entry.spec) == wanted), None)


def is_exempt(
    peer: str, entries: Iterable[tuple[Range, float | None]], now: float, *, alone: bool = False
) -> bool:
    """Tell whether a peer need not log in; entries are ranges and when they end.

    `alone` asks for an entry that names this one address and no other.
    """
    address = _read(peer)
    return address is not None and any(
        address in found and (ends is None or ends > now) and not (alone and found.count > 1)
        for found, ends in entries
    )


@lru_cache(1024)  # a peer is asked about at every letter
def _read(peer: str) -> Ip | None:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address


def hidden_in(entries: Sequence[Exemption], gateways: Iterable[str]) -> list[str]:
    """Name the routers that lie in an entry with others, and are not exempt for that."""
    listed = ranges(entries)
    return [
        router
        for router in sorted(gateways)
        if is_exempt(router, listed, 0.0) and not is_exempt(router, listed, 0.0, alone=True)
    ]


def ranges(entries: Sequence[Exemption]) -> list[tuple[Range, float | None]]:
    """Read the entries of the list for `is_exempt`."""
    return [(parse(entry.spec), entry.expires_at) for entry in entries]


_ADD: Final = Statement(
    "INSERT INTO exemption (spec, note, expires_at) VALUES (:spec, :note, :expires) RETURNING id"
)
_REMOVE: Final = Statement("DELETE FROM exemption WHERE id = :id")
_LIST: Final = Statement("SELECT id, spec, note, expires_at FROM exemption ORDER BY id")
