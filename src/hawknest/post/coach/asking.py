"""What the coach asks the DNS: first who speaks for a name, then the resolvers that others use, to see who still has the old answer.

An answer is kept for a second, so that lines that look at the same record do not ask twice.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from hawknest.dns import AAAA, TXT, A, Answer, DnsError, IpAddress, Kind, Nothing, Resolver, Unknown
from hawknest.post.coach.values import Note

R = TypeVar("R")

FRESH: Final = 1.0  # seconds
KEPT: Final = 256  # answers
OLD: Final = 60  # minutes that an absence may be remembered by others (RFC 2308 §5)


class Authority(Resolver, Protocol):
    """Who asks the servers that speak for a name, past all caches."""

    async def zone(self, name: str) -> str:
        """Find the zone that a name lies in; '' where nobody could tell."""
        ...


class Asker:
    """Who asks, for one coach."""

    def __init__(
        self,
        authority: Authority,
        usual: Resolver,
        others: Mapping[str, Resolver],
        monotonic: Callable[[], float],
    ) -> None:
        self._authority = authority
        self.usual = usual
        self._others = {"": usual, **others}
        self._monotonic = monotonic
        self._known: dict[tuple[str, int], tuple[float, asyncio.Future[Any]]] = {}

    async def ask(self, name: str, kind: Kind[R]) -> Answer[R] | Nothing | Unknown:
        """Ask who speaks for the name; where they cannot be reached, the usual resolver."""
        now, key = self._monotonic(), (name, kind.number)
        at, under_way = self._known.get(key, (0.0, None))
        if under_way is None or now - at > FRESH or under_way.cancelled():
            if len(self._known) >= KEPT:
                self._known.clear()
            under_way = asyncio.ensure_future(self._found(name, kind))
            self._known[key] = now, under_way
        return await asyncio.shield(under_way)

    @property
    def direct(self) -> Resolver:
        """The same as a resolver, which raises what it did not find."""
        return _Direct(self)

    async def texts(self, name: str, start: bytes) -> Sequence[bytes] | Unknown:
        """The TXT records of a name that begin like this, in any case and with any spaces."""
        found = await self.ask(name, TXT)
        if isinstance(found, Unknown):
            return found
        records = found.records if isinstance(found, Answer) else ()
        return [text for text in records if text.lower().replace(b" ", b"").startswith(start)]

    async def addresses(self, name: str) -> Sequence[IpAddress] | Unknown:
        """Both kinds of address; a failure only where none was learnt because of it."""
        parts = await asyncio.gather(self.ask(name, A), self.ask(name, AAAA))
        found: list[IpAddress] = [one for part in parts if isinstance(part, Answer) for one in part.records]
        failure = next((part for part in parts if isinstance(part, Unknown)), None)
        return failure if failure is not None and not found else found

    async def zone(self, name: str) -> str:
        """Find the zone that a name lies in; '' where nobody could tell."""
        return await self._authority.zone(name)

    async def spread(self, name: str, kind: Kind[Any]) -> tuple[Note, ...]:
        """Say which resolvers do not know yet what the name's own servers say."""
        right = await self.ask(name, kind)
        if isinstance(right, Unknown):
            return ()
        wanted = _values(right)
        late: list[str] = []
        minutes = 0
        for label, found in zip(
            self._others,
            await asyncio.gather(*(_asked(one, name, kind) for one in self._others.values())),
            strict=True,
        ):
            if isinstance(found, Unknown) or _values(found) == wanted:
                continue
            late.append(
                found.resolver if isinstance(found, Answer) and not label else label or found.resolver
            )
            minutes = max(minutes, -(-found.ttl // 60) if isinstance(found, Answer) else OLD)
        if not late:
            return ()
        return (Note("spreading", {"resolvers": ", ".join(late), "minutes": str(max(minutes, 1))}),)

    async def _found(self, name: str, kind: Kind[R]) -> Answer[R] | Nothing | Unknown:
        found = await _asked(self._authority, name, kind)
        return await _asked(self.usual, name, kind) if isinstance(found, Unknown) else found


class _Direct:
    """An asker as those want it who expect a resolver."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def ask(self, name: str, kind: Kind[R]) -> Answer[R]:
        """Ask for the records of a kind that a name has: see `hawknest.dns.Resolver.ask`."""
        found = await self._asker.ask(name, kind)
        if isinstance(found, DnsError):
            raise found
        return found


async def _asked(resolver: Resolver, name: str, kind: Kind[R]) -> Answer[R] | Nothing | Unknown:
    try:
        return await resolver.ask(name, kind)
    except (Nothing, Unknown) as error:
        return error


def _values(found: Answer[Any] | Nothing) -> frozenset[Any]:
    return frozenset(found.records) if isinstance(found, Answer) else frozenset()
