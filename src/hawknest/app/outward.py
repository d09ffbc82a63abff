"""What delivers letters to other servers, put together: smart hosts, destinations, sessions and the queue over them."""

import ipaddress
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from hawknest.accounts.directory import Directory
from hawknest.config import Config, Tls
from hawknest.log import Log
from hawknest.net.resolver import Resolver
from hawknest.net.tls import client_context
from hawknest.post import destination, queue, retry, session, site
from hawknest.post.bounce import Reporter
from hawknest.post.destination_route import Route
from hawknest.post.destination_site import Destinations
from hawknest.post.local import Terms
from hawknest.post.queue import Queue
from hawknest.post.remote import SmtpRemote
from hawknest.post.route import Router
from hawknest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """The rooms that delivery stands on; `config` and `routes` are asked each time, so that a reload holds at once."""

    config: Callable[[], Config]
    routes: Callable[[], list[Route]]
    store: Store
    log: Log
    directory: Directory
    resolver: Resolver
    router: Router
    owner: str  # the name of this worker
    terms: Callable[[], Terms]
    told: Callable[[], None]  # webhooks have something to be told

    def queue(self) -> Queue:
        """Put together what delivers to other servers."""
        config = self.config()
        outbound = config.contents.outbound
        contexts = session.Contexts(client_context(verify=False), client_context(verify=True))
        patience = session.Patience(connect=config.contents.limits.connect_timeout)
        remote = SmtpRemote(
            self.store,
            Destinations(self.resolver, self._destinations, self.routes),
            session.Settings(
                _greeting_name(config.hostname),
                contexts,
                outbound.address,
                patience,
                lambda name: self.log.conversation(self.log.delivery, name, us="C"),
            ),
        )
        rooms = queue.Rooms(
            store=self.store,
            remote=remote,
            reporter=Reporter(self.store, self.router, config.hostname, time.localtime().tm_gmtoff),
            log=self.log,
            retry=self._retry,
            terms=self.terms,
            clock=time.time,
            random=random.random,
            told=self.told,
        )
        return Queue(queue.Settings(self.owner), rooms)

    def _retry(self) -> retry.Settings:
        return retry.Settings(warn_after=self.directory.rules.policies.delay_warning_hours * 3600)

    def _destinations(self) -> destination.Settings:
        """What is ours, for the search for other servers' hosts."""
        config = self.config()
        outbound = config.contents.outbound
        addresses = [ipaddress.ip_address(entry.address) for entry in config.listeners]
        laboratory = config.contents.profile == "local"
        return destination.Settings(
            names=frozenset({config.hostname}),
            addresses=frozenset(() if laboratory else [one for one in addresses if not one.is_unspecified]),
            port=outbound.port,
            loopback=laboratory,
        )


def routes(config: Config) -> list[Route]:
    """The smart hosts, in delivery's own words. Raises ConfigError."""
    words = {Tls.NONE: site.Tls.NEVER, Tls.STARTTLS: site.Tls.MUST, Tls.IMPLICIT: site.Tls.FIRST}
    routes: list[Route] = []
    for entry in config.contents.route:
        login = site.Login(entry.user, entry.secret(config.directory)) if entry.user else None
        match = "*" if entry.match == "*" else entry.match.lower()
        local = entry.host in {"localhost", "127.0.0.1", "::1"}
        routes.append(Route(match, entry.host, entry.port, words[entry.tls], verify=not local, login=login))
    return routes


def _greeting_name(hostname: str) -> str:
    """What we call ourselves to other servers: a full host name, or '' for an address literal (PARITY 23)."""
    return hostname if "." in hostname else ""
