"""Asks the DNS through resolvers: several with fail-over, a cache, and one question at a time where many ask the same. RFC 1035 §7.

    resolver = Resolver(Settings())            # the system's resolvers
    answer = await resolver.ask("example.org", MX)

It is a stub (RFC 1035 §5.3.1): the work is done by full resolvers, and DNSSEC is checked by them. What they say of
it is believed only where nobody can come between (`trusted`, and loopback): RFC 4035 §4.9.3, RFC 6698 §A.3.
"""

import asyncio
import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, Final, Self, TypeVar, cast

from hawknest.dns import (
    AAAA,
    Answer,
    DnsError,
    Kind,
    NoData,
    NotAName,
    Nothing,
    Silent,
    Unreachable,
    canonical_name,
)
from hawknest.dns import A as IPV4
from hawknest.log import Log
from hawknest.net.resolver_cache import Cache
from hawknest.net.resolver_exchange import exchange
from hawknest.net.resolver_message import Inquiry, Reply
from hawknest.net.resolver_servers import SYSTEM, Server, Servers, State

__all__ = ["Resolver", "Settings", "State"]

R = TypeVar("R")

AT_ONCE: Final = 128  # questions under way; the small resolvers of home routers take little more


@dataclass(frozen=True, slots=True)
class Settings:
    """Whom to ask, and how patiently.

    `servers` are addresses and ports in the order in which they are asked, none: those of the file `system`; `trusted` the
    addresses whose AD flag is believed besides loopback; `timeout` seconds until one is given up; `rounds` how often a
    silent one is asked; `lifetime` seconds for a question in all; `entries` what the cache holds.
    """

    servers: tuple[tuple[str, int], ...] = ()
    trusted: frozenset[str] = frozenset()
    timeout: float = 5.0
    rounds: int = 2
    lifetime: float = 20.0
    entries: int = 4096
    system: Path = SYSTEM


class Resolver:
    """Answers questions; keeps the protocol `hawknest.dns.Resolver`. Use it in one event loop, and close it there."""

    def __init__(
        self,
        settings: Settings | None = None,
        log: Log | None = None,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin; nothing is asked yet.

        Args:
            settings: whom to ask, and how patiently.
            log: where it is noted that a resolver goes down or comes back.
            clock: seconds since the epoch, for the states.
            monotonic: seconds that never go back, for the cache and the fail-over.
        """
        self._settings = settings or Settings()
        self._log = log or Log()
        self._clock = clock
        self._monotonic = monotonic
        self._servers = Servers(self._settings.servers, self._settings.trusted, self._settings.system)
        self._cache = Cache(self._settings.entries)
        self._under_way: dict[tuple[str, int], asyncio.Task[Answer[Any] | DnsError]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._closed = False

    async def ask(self, name: str, kind: Kind[R]) -> Answer[R]:
        """Ask for the records of a kind that a name has: see `hawknest.dns.Resolver.ask`."""
        asked = canonical_name(name)
        if asked is None:
            raise NotAName(name, kind.name)
        key = asked, kind.number
        outcome = self._cache.get(key, self._monotonic())
        if outcome is None:
            outcome = await self._shared(key, kind)
        if isinstance(outcome, DnsError):
            raise copy.copy(outcome)  # the kept one must not gather the tracebacks of all who ask
        return cast("Answer[R]", outcome)

    def states(self) -> tuple[State, ...]:
        """How each resolver is doing, for status pages and the log."""
        return self._servers.states()

    def forget(self) -> None:
        """Empty the cache, so that the next questions are asked afresh."""
        self._cache.clear()

    async def close(self) -> None:
        """End the questions under way; whoever waits for one hears that there was no answer."""
        self._closed = True
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        """Give the resolver itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()

    async def _shared(self, key: tuple[str, int], kind: Kind[Any]) -> Answer[Any] | DnsError:
        """Ask, or wait with those who asked the same already; who gives up waiting takes nothing from the others."""
        task = self._under_way.get(key)
        if task is None:
            if self._closed:
                return Silent(key[0], kind.name, detail="the server is stopping")
            task = asyncio.create_task(self._find(key, kind), name=f"dns {kind.name} {key[0]}")
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        outcome = await asyncio.wait([task])
        done = outcome[0].pop()
        if done.cancelled():
            return Silent(key[0], kind.name, detail="the server is stopping")
        return done.result()

    async def _find(self, key: tuple[str, int], kind: Kind[Any]) -> Answer[Any] | DnsError:
        """Ask resolver after resolver, the silent ones again, until one answers or time is up."""
        name = key[0]
        if name == "localhost" or name.endswith(".localhost"):
            return _localhost(name, kind)
        now = self._monotonic()
        until = now + self._settings.lifetime
        failure: DnsError = Unreachable(name, kind.name, detail="no resolver is known")
        servers = self._servers.in_order(now)
        for _ in range(self._settings.rounds):
            silent: list[Server] = []
            for server in servers:
                left = until - self._monotonic()
                if left <= 0:
                    return failure
                outcome = await self._ask_one(server, name, kind, min(self._settings.timeout, left))
                if isinstance(outcome, Answer | Nothing):
                    return outcome
                if isinstance(outcome, Silent):
                    silent.append(server)
                if not isinstance(outcome, Silent | Unreachable) or isinstance(failure, Silent | Unreachable):
                    failure = outcome  # what a resolver said tells more than that another said nothing
            servers = silent
        return failure

    async def _ask_one(
        self,
        server: Server,
        name: str,
        kind: Kind[Any],
        timeout: float,  # noqa: ASYNC109 - it ends in a value
    ) -> Answer[Any] | DnsError:
        """Ask one resolver, note how it did, and keep what it said."""
        async with self._room:
            began = self._monotonic()
            inquiry = Inquiry(name, kind, edns=server.edns)
            asked = name, kind.name, server.name
            reply = await exchange(inquiry, (server.address, server.port), asked, timeout)
            if isinstance(reply, Reply) and reply.knows_no_edns and inquiry.edns:
                plain = Inquiry(name, kind, edns=False)
                again = await exchange(plain, (server.address, server.port), asked, timeout)
                if isinstance(again, Reply) and not again.knows_no_edns:
                    server.edns = False
                reply = again
        now = self._monotonic()
        if isinstance(reply, Reply):
            outcome, ttl = reply.outcome(inquiry, server.name, trusted=server.trusted)
            if isinstance(outcome, Answer | Nothing):
                self._cache.put((name, kind.number), outcome, ttl, reply.octets, now)
        else:
            outcome = reply
        self._note(server, outcome, began, now)
        return outcome

    def _note(self, server: Server, outcome: Answer[Any] | DnsError, began: float, now: float) -> None:
        error = outcome if isinstance(outcome, DnsError) else None
        if server.note(error, began, now, self._clock()):
            if server.down:
                self._log.system.warning("resolver down", resolver=server.name, why=server.last_error)
            else:
                self._log.system.info("resolver back", resolver=server.name)


def _localhost(name: str, kind: Kind[Any]) -> Answer[Any] | DnsError:
    """The name that never leaves this machine: RFC 6761 §6.3."""
    if kind.number == IPV4.number:
        return Answer((IPv4Address("127.0.0.1"),), name, 0)
    if kind.number == AAAA.number:
        return Answer((IPv6Address("::1"),), name, 0)
    return NoData(name, kind.name)
