"""Finds the servers that speak for a name, and asks them: what is entered there is seen at once, whoever still keeps the old. RFC 1034 §4.2, §5.3.3.

Who they are is learnt through a resolver and remembered for a minute; what they say is not.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from hawknest.dns import (
    AAAA,
    NS,
    SOA,
    A,
    Answer,
    Kind,
    NotAName,
    Nothing,
    NotInCharge,
    Resolver,
    Unknown,
    canonical_name,
)
from hawknest.net.resolver_direct import ask_at

R = TypeVar("R")

KEPT: Final = 60.0  # seconds for which it is remembered who speaks for a zone
ZONES: Final = 256  # that are remembered
SERVERS: Final = 4  # of a zone that are asked, one after the other
PATIENCE: Final = 2.5  # seconds until one is given up
STEPS: Final = 12  # labels that are walked up

Server = tuple[str, int]


class Authority:
    """Answers questions as the servers that speak for the names do; keeps the protocol `hawknest.dns.Resolver`."""

    def __init__(self, resolver: Resolver, monotonic: Callable[[], float], port: int = 53) -> None:
        """Begin; nothing is asked yet.

        Args:
            resolver: who knows where those servers are.
            monotonic: seconds that never go back.
            port: where they are asked, 53 except in a laboratory.
        """
        self._resolver = resolver
        self._monotonic = monotonic
        self._port = port
        self._zones: dict[str, tuple[float, str]] = {}  # by name: until when, and which zone it lies in
        self._servers: dict[str, tuple[float, Sequence[Server]]] = {}

    async def ask(self, name: str, kind: Kind[R]) -> Answer[R]:
        """Ask for the records of a kind that a name has: see `hawknest.dns.Resolver.ask`."""
        asked = canonical_name(name)
        if asked is None:
            raise NotAName(name, kind.name)
        zone = await self.zone(asked)
        failure: Unknown = NotInCharge(asked, kind.name, detail="nobody is known who does")
        for server in await self._speaking(zone):
            try:
                return await ask_at(server, asked, kind, PATIENCE)
            except Unknown as error:
                failure = error
        if isinstance(failure, NotInCharge):  # the zone may have been divided, or have moved
            self._zones.pop(asked, None)
            self._servers.pop(zone, None)
        raise failure

    async def zone(self, name: str) -> str:
        """Find the zone that a name lies in; '' where nobody could tell."""
        asked = canonical_name(name) or ""
        until, known = self._zones.get(asked, (0.0, ""))
        if until > self._monotonic():
            return known
        found = await self._walk(asked)
        if found:
            _room(self._zones)
            self._zones[asked] = self._monotonic() + KEPT, found
        return found

    async def _walk(self, name: str) -> str:
        """Walk up until a name has an SOA record of its own (RFC 1034 §4.2.1)."""
        place = name
        for _ in range(STEPS):
            if not place:
                break
            try:
                found = await self._resolver.ask(place, SOA)
            except Nothing:
                found = None
            except Unknown:
                return ""
            if found is not None and found.name == place:
                return place
            place = place.partition(".")[2]
        return ""

    async def _speaking(self, zone: str) -> Sequence[Server]:
        """The servers of a zone; none where nobody could tell."""
        if not zone:
            return ()
        until, known = self._servers.get(zone, (0.0, ()))
        if until > self._monotonic():
            return known
        try:
            names = (await self._resolver.ask(zone, NS)).records[:SERVERS]
        except (Nothing, Unknown):
            return ()
        led = await asyncio.gather(*(self._address(name) for name in names))
        found = [(address, self._port) for address in dict.fromkeys(led) if address]
        if found:
            _room(self._servers)
            self._servers[zone] = self._monotonic() + KEPT, found
        return found

    async def _address(self, name: str) -> str:
        """An address of a server, of IPv4 before IPv6, for not every house has that; '' where there is none."""
        for kind in (A, AAAA):
            try:
                return str((await self._resolver.ask(name, kind)).records[0])
            except (Nothing, Unknown):
                continue
        return ""


class Freshly:
    """Answers as the servers that speak for the names do, and where none of them can be reached as the resolver does."""

    def __init__(self, authority: Authority, resolver: Resolver) -> None:
        self._authority = authority
        self._resolver = resolver

    async def ask(self, name: str, kind: Kind[R]) -> Answer[R]:
        """Ask for the records of a kind that a name has: see `hawknest.dns.Resolver.ask`."""
        try:
            return await self._authority.ask(name, kind)
        except Unknown:
            return await self._resolver.ask(name, kind)


def _room(kept: dict[str, tuple[float, str]] | dict[str, tuple[float, Sequence[Server]]]) -> None:
    """Forget everything where that has become much."""
    if len(kept) >= ZONES:
        kept.clear()
