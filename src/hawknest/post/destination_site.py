"""Tells the couriers where to knock: the smart host that a route names, else the hosts that the DNS names. RFC 5321 §5.1."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hawknest.dns import Resolver
from hawknest.post.destination import Host, Hosts, Settings, Shuffle, TryLater, addresses_of, find
from hawknest.post.destination_route import Route, route_for
from hawknest.post.outcome import Deferred, Failed
from hawknest.post.site import Site, Target


@dataclass(frozen=True, slots=True)
class Destinations:
    """Finds sites; keeps the protocol `hawknest.post.site.Sites`.

    `settings` and `routes` are asked for each time, so that a reload takes effect with the next letter.
    """

    resolver: Resolver
    settings: Callable[[], Settings]
    routes: Callable[[], Sequence[Route]]
    shuffle: Shuffle | None = None

    def lane(self, destination: str) -> str:
        """Name what a destination has in common with others that go the same way: its smart host, else itself."""
        route = route_for(self.routes(), destination)
        return destination if route is None else route.lane

    async def find(self, destination: str) -> Site | Deferred | Failed:
        """Find the site of a domain or address literal, or say why letters cannot go there, now or ever."""
        route = route_for(self.routes(), destination)
        if route is not None:
            return await self._by_route(route)
        match await find(destination, self.resolver, self.settings(), self.shuffle):
            case Hosts(hosts=hosts):
                return Site(tuple(target for host in hosts for target in _targets(host)))
            case TryLater() as outcome:
                return Deferred(outcome.code, outcome.words, everyone=True)
            case outcome:
                return Failed(outcome.code, outcome.words)

    async def _by_route(self, route: Route) -> Site | Deferred:
        settings = replace(self.settings(), port=route.port)
        found = await addresses_of(route.host, self.resolver, settings, self.shuffle)
        if isinstance(found, TryLater):
            return Deferred(found.code, found.words, everyone=True)
        targets = tuple(_targets(found))
        return Site(targets, route.tls, verify=route.verify, login=route.login)


def _targets(host: Host) -> list[Target]:
    return [Target(host.name, str(address), host.port) for address in host.addresses]
