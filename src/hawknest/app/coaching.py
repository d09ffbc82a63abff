"""Puts the coach together: what the configuration, the database and the running server tell about a domain, and whom to ask."""

import asyncio
import ipaddress
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

from hawknest.app.premises import premises
from hawknest.config import Config, Profile
from hawknest.dns import IpAddress
from hawknest.net.authority import Authority
from hawknest.net.probe import Probe
from hawknest.net.resolver import Resolver, Settings
from hawknest.post import records
from hawknest.post.coach import Coach, Situation, Wishes, echo
from hawknest.post.coach.asking import Asker
from hawknest.post.coach.echo import Echo
from hawknest.post.coach.providers import of_host
from hawknest.post.coach.situation import Key, SmartHost
from hawknest.post.destination_address import is_public
from hawknest.post.facts import Premises, gather
from hawknest.store import Connection, evidence

T = TypeVar("T")

#: Whom the coach may ask where the owner names nobody, and has not forbidden it.
GREETERS: Final = ("gmail.com", "outlook.com", "yahoo.co.jp")
BLOCKLISTS: Final = ("zen.spamhaus.org", "bl.spamcop.net", "psbl.surriel.com")
TIME: Final = "https://acme-v02.api.letsencrypt.org/directory"
PATIENCE: Final = 3.0  # seconds for a resolver
#: Services that others, or mail programs elsewhere, have to reach.
_OPEN: Final = ("smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "https")

#: Asks the database.
Read = Callable[[Callable[[Connection], T]], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class House:
    """What the coach asks about the house; `ports` gives the open port of each service that runs."""

    config: Callable[[], Config]
    read: Read[Situation]
    ports: Callable[[], Awaitable[Mapping[str, int]]]
    settled: dict[str, Echo] = field(default_factory=dict[str, Echo])  # letters to echoes that came to an end

    async def situation(self, domain: str) -> Situation:
        """Tell how things are for a domain now. Raises StoreError."""
        ports = {name: port for name, port in (await self.ports()).items() if name in _OPEN}
        config = self.config()
        known = await asyncio.to_thread(premises, config, ports.items())
        return await self.read(
            partial(_situation, config=config, domain=domain, ports=ports, known=known, settled=self.settled)
        )


def wishes(config: Config) -> Wishes:
    """Tell whom the owner lets the coach ask."""
    coach = config.contents.coach
    free = coach.strangers and config.contents.profile is Profile.INTERNET
    return Wishes(
        checker=coach.checker,
        greeters=tuple(coach.greeters) or (GREETERS if free else ()),
        blocklists=tuple(coach.blocklists) or (BLOCKLISTS if free else ()),
        time=coach.time or (TIME if free else ""),
        echo=coach.echo,
    )


def _situation(
    connection: Connection,
    *,
    config: Config,
    domain: str,
    ports: Mapping[str, int],
    known: Premises,
    settled: dict[str, Echo],
) -> Situation:
    laboratory = config.contents.profile is Profile.LOCAL
    smart_host = _smart_host(config)
    facts = gather(connection, domain, known)
    if smart_host and smart_host.spf and not facts.spf:
        facts = replace(facts, spf=tuple(smart_host.spf.split()), elsewhere=False)
    return Situation(
        domain=domain,
        host=facts.host,
        laboratory=laboratory,
        addresses=_listened(config) if laboratory else frozenset(facts.addresses),
        here=frozenset(known.addresses),
        ports=ports,
        wanted=tuple(records.wanted(facts)),
        keys=tuple(Key(selector=selector, record=record) for selector, record in facts.dkim),
        smart_host=smart_host,
        mx_port=config.contents.outbound.port,
        heard_at=evidence.came_at(connection, partial(_elsewhere, laboratory=laboratory)),
        sent_at=evidence.left_at(connection),
        echo=echo.look(connection, domain, time.time(), config.directory / "blobs", settled),
        wishes=wishes(config),
    )


def _smart_host(config: Config) -> SmartHost | None:
    """Who all letters are handed to; what SPF has to say of it stands in the file, or is known of the provider."""
    route = next((one for one in config.contents.route if one.match == "*"), None)
    if route is None:
        return None
    provider = of_host(route.host)
    return SmartHost(host=route.host, port=route.port, spf=route.spf or (provider.spf if provider else ""))


def _listened(config: Config) -> frozenset[IpAddress]:
    """The addresses of a nest that is for this machine alone."""
    named = {ipaddress.ip_address(entry.address) for entry in config.listeners}
    return frozenset(one for one in named if not one.is_unspecified)


def _elsewhere(peer: str, *, laboratory: bool) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return laboratory or is_public(address)


class Coaches:
    """Makes coaches that ask with resolvers of their own, which keep nothing."""

    def __init__(self, house: House) -> None:
        self._house = house
        contents = house.config().contents
        dns, coach = contents.dns, contents.coach
        trusted = frozenset(dns.trusted)
        self._usual = Resolver(Settings(tuple(dns.endpoints()), trusted, PATIENCE, rounds=1, entries=0))
        self._others = {
            text: Resolver(Settings((endpoint,), trusted, PATIENCE, rounds=1, entries=0))
            for text, endpoint in zip(coach.compare, coach.endpoints(), strict=True)
        }
        self._authority = Authority(self._usual, time.monotonic, coach.port)

    def make(self, domain: str) -> Coach:
        """Make the coach of a domain."""
        return Coach(
            partial(self._house.situation, domain),
            Asker(self._authority, self._usual, self._others, time.monotonic),
            Probe(self._usual),
            time.time,
            time.monotonic,
        )

    async def close(self) -> None:
        """End the questions under way."""
        await asyncio.gather(*(one.close() for one in (self._usual, *self._others.values())))


@asynccontextmanager
async def coaches(house: House) -> AsyncGenerator[Coaches]:
    """Have coaches while the block lasts."""
    made = Coaches(house)
    try:
        yield made
    finally:
        await made.close()
