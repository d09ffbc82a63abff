"""Tells the couriers where to knock: the smart host that a route names, else the hosts that the DNS names. RFC 5321 §5.1."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hawknest.dns import Resolver
from hawknest.post.destination import (
    Destination,
    Host,
    Hosts,
    Settings,
    Shuffle,
    TryLater,
    addresses_of,
    find,
)
from hawknest.post.destination_route import Route, route_for
from hawknest.post.outcome import Deferred, Failed
from hawknest.post.promises import Promises
from hawknest.post.site import Site, Target
from hawknest.trust.mtasts import Policy


@dataclass(frozen=True, slots=True)
class Destinations:
    """Finds sites; keeps the protocol `hawknest.post.site.Sites`.

    `settings` and `routes` are asked for each time, so that a reload takes effect with the next letter.
    """

    resolver: Resolver
    settings: Callable[[], Settings]
    routes: Callable[[], Sequence[Route]]
    shuffle: Shuffle | None = None
    promises: Promises | None = None  # None: nobody asks what the hosts must show

    def lane(self, destination: str) -> str:
        """Name what a destination has in common with others that go the same way: its smart host, else itself."""
        route = route_for(self.routes(), destination)
        return destination if route is None else route.lane

    async def find(self, destination: str) -> Site | Deferred | Failed:
        """Find the site of a domain or address literal, or say why letters cannot go there, now or ever."""
        route = route_for(self.routes(), destination)
        if route is not None:
            return await self._by_route(route)
        found, policy = await self._found(destination)
        match found:
            case Hosts() if self.promises is not None:
                return Site(await self.promises.targets(destination, found, policy), domain=destination)
            case Hosts(hosts=hosts):
                return Site(tuple(target for host in hosts for target in _targets(host)))
            case TryLater() as outcome:
                return Deferred(outcome.code, outcome.words, everyone=True)
            case outcome:
                return Failed(outcome.code, outcome.words)

    async def _found(self, destination: str) -> tuple[Destination, Policy | None]:
        """Find the hosts and, at the same time, the policy of a domain."""
        finding = find(destination, self.resolver, self.settings(), self.shuffle)
        if self.promises is None or destination.startswith("["):
            return await finding, None
        policies = self.promises.policies
        if (known := policies.at_hand(destination)) is not None:
            return await finding, known.policy
        return await asyncio.gather(finding, policies.of(destination))

    async def _by_route(self, route: Route) -> Site | Deferred:
        settings = replace(self.settings(), port=route.port)
        found = await addresses_of(route.host, self.resolver, settings, self.shuffle)
        if isinstance(found, TryLater):
            return Deferred(found.code, found.words, everyone=True)
        targets = tuple(_targets(found, vouched=True))  # by the owner
        return Site(targets, route.tls, verify=route.verify, login=route.login)


def _targets(host: Host, *, vouched: bool = False) -> list[Target]:
    return [Target(host.name, str(address), host.port, vouched=vouched) for address in host.addresses]
