"""The rooms of one worker put together, and the doors to them."""

import asyncio
import contextlib
import itertools
import socket
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from hawknest import __version__
from hawknest import store as storage
from hawknest.accounts import exempt, popbefore, profiles, settings
from hawknest.accounts import vault as vaults
from hawknest.accounts.directory import Directory
from hawknest.accounts.limiter import Limiter
from hawknest.accounts.locks import Verifier
from hawknest.accounts.login import Keys
from hawknest.accounts.vault import Vault
from hawknest.app import signing
from hawknest.app.certifying import certificates_of
from hawknest.app.coaching import Coaches, House
from hawknest.app.detours import Detours
from hawknest.app.heirs import worker_name
from hawknest.app.night import Night
from hawknest.app.notified import notices_of, tidying
from hawknest.app.outward import Outward, routes
from hawknest.app.porch import Porch
from hawknest.app.premises import premises
from hawknest.app.process import keep_watchdog
from hawknest.app.reporting import Reporting
from hawknest.config import Config, Listener, Tls
from hawknest.doors import finger as finger_door
from hawknest.doors import imap as imap_door
from hawknest.doors import pop3 as pop3_door
from hawknest.doors import smtp as smtp_door
from hawknest.doors import web as web_door
from hawknest.log import Log
from hawknest.net import listen, resolver
from hawknest.net.gateway import Gateways
from hawknest.net.link import Link
from hawknest.net.resolver import Resolver
from hawknest.net.tls import Certificate
from hawknest.post import published
from hawknest.post.address import Watch
from hawknest.post.certificate_standing import troubled
from hawknest.post.checks import Checks
from hawknest.post.coach.watching import Watching
from hawknest.post.facts import Premises
from hawknest.post.failover_memory import Memory
from hawknest.post.gauges import Gauges
from hawknest.post.hooks import Hooks
from hawknest.post.inbound import Office
from hawknest.post.indexing import Indexing
from hawknest.post.lessons import Lessons
from hawknest.post.local import Terms
from hawknest.post.publish import Publisher
from hawknest.post.reassembly import Reassembly
from hawknest.post.route import Router
from hawknest.post.route import Settings as RouteSettings
from hawknest.post.sign_ins import SignIns
from hawknest.post.updates import Source, Updates
from hawknest.store import Connection, Store, StoreError, journey, leases, outgoing
from hawknest.wire import finger
from hawknest.wire.imap import capability
from hawknest.wire.imap import server as imap
from hawknest.wire.pop3 import server as pop3
from hawknest.wire.smtp import server as smtp

DAY: Final = 86400.0
EARLY: Final = 120.0  # seconds that an IMAP client may be silent before it is logged in


@dataclass(frozen=True, slots=True)
class Bound:
    """A listener and its socket."""

    entry: Listener
    sock: socket.socket

    @property
    def address(self) -> str:
        """The address that is listened on."""
        return self.sock.getsockname()[0]

    @property
    def port(self) -> int:
        """The port that is listened on, also where any free one was asked for."""
        return self.sock.getsockname()[1]


def bind(config: Config) -> list[list[Bound]]:
    """Bind every listener for each of the workers, or none. Raises listen.BindError."""
    bound: list[list[Bound]] = [[] for _ in range(config.contents.workers)]
    try:
        for entry in config.listeners:
            assert entry.port is not None  # config fills it in
            for its, sock in zip(bound, listen.bind_for(len(bound), entry.address, entry.port), strict=True):
                its.append(Bound(entry, sock))
    except listen.BindError:
        for one in itertools.chain(*bound):
            one.sock.close()
        raise
    return bound


class Nest:
    """The rooms of one worker."""

    def __init__(
        self,
        config: Config,
        store: Store,
        log: Log,
        certificate: Certificate,
        *,
        own: settings.OwnKeys,
        vault: Vault,
    ) -> None:
        self.config = config
        self.vault = vault
        self.started_with = config
        self.routes = routes(config)  # read once, and again at a reload: passwords may lie in files
        self.store = store
        self.log = log
        self.certificate = certificate
        self.started = time.time()
        self.connections = listen.Connections(config.connections())
        self.directory = Directory(store)
        self.gateways = Gateways()
        self.verifier = Verifier()
        self.name = worker_name()
        self.hooks = Hooks(store, log, self.name, time.time)
        self.sign_ins = SignIns(
            store, log, lambda: self.notices, lambda: self.directory.rules.policies, time.time
        )
        self.keys = Keys(
            store,
            self.verifier,
            Limiter(time.monotonic),
            lambda: self.directory.rules.policies,
            own.salt,
            failed=self.hooks.sign_in_failed,
            seen=self.sign_ins.seen,
        )
        self.gauges = Gauges(
            store, log, self.name, config.directory, lambda: self.connections.of(Link), time.time
        )
        self.maildrops = pop3_door.Maildrops(store, self.name, time.time)
        self.images = imap_door.Images(store)
        self.lessons = Lessons()
        self.router = Router(
            self.directory, lambda: RouteSettings(config.hostname, config.hostname, own.srs), time.time
        )
        self.resolver = Resolver(_resolver(config), log)
        self.coaches = Coaches(House(lambda: self.config, store.read, self._ports))
        self.coaching = Watching(self.coaches.make)
        self.keysmith, self.signatures = signing.made(
            config,
            signing.Around(store, vault, self.resolver, log, self.name),
            lambda: self.directory.rules.policies,
            own.srs,
        )
        self.barriers = Memory(store, time.time)
        self.outward = Outward(
            config=lambda: self.config,
            routes=lambda: self.routes,
            store=store,
            log=log,
            directory=self.directory,
            resolver=self.resolver,
            router=self.router,
            owner=self.name,
            terms=self._terms,
            told=self.hooks.poke,
            signatures=self.signatures,
            detours=Detours(
                memory=self.barriers,
                directory=self.directory,
                routes=lambda: self.routes,
                notices=lambda: self.notices,
                log=log,
            ),
        )
        self.queue = self.outward.queue
        self.indexing = Indexing(store, log, self.name, time.time)
        self.updates = Updates(store, log, self.name, time.time, self._versions)
        self.shelf = web_door.Shelf()
        self.steward: web_door.Steward | None = None  # comes when the listeners do
        self.publisher = Publisher(store, vault, log, self.name, time.time, self._premises)
        self.watch = Watch(
            store=store,
            vault=vault,
            log=log,
            owner=self.name,
            clock=time.time,
            changed=self.publisher.poke,
        )
        self.live = web_door.Live(store, log, self._told_status, self._logs)
        self.reassembly = Reassembly(store, log, self.name, time.time)
        self.office = Office(
            store=store,
            router=self.router,
            log=log,
            terms=self._terms,
            checks=Checks(self.resolver, lambda: self.directory.rules.policies, time.time),
            hostname=config.hostname,
            clock=time.time,
            utc_offset=_utc_offset,
            on_queued=self.queue.poke,
        )
        self.notices = notices_of(self.office)
        self.certificates = certificates_of(
            lambda: self.config,
            office=self.office,
            notices=self.notices,
            directory=self.directory,
            resolver=self.resolver,
            certificate=certificate,
            vault=vault,
            owner=self.name,
        )

    def door(self, entry: Listener) -> Callable[[], Link[Any] | web_door.Visit]:
        """Make what makes the link of a new connection, or what the web door has in its place."""
        limits = self.config.contents.limits
        channel = getattr(self.log, _CHANNELS[entry.service])
        porch = Porch(self.connections, self.log, channel, [exempt.parse(text) for text in entry.allow])
        match entry.service:
            case "smtp" | "submission" | "submissions" | "lmtp":
                kind = _KINDS[entry.service]
                door = smtp_door.Settings(
                    entry.service, kind, self.config.hostname, auth=kind is not smtp.Kind.LMTP
                )
                talk = partial(smtp_door.serve, settings=door, rooms=self._smtp_rooms(entry))
                return lambda: porch.link(
                    smtp.Server(kind, self.config.hostname, smtp.Offers(), smtp.Limits()),
                    limits.smtp_timeout,
                    talk,
                )
            case "pop3" | "pop3s":
                settings = pop3_door.Settings(entry.service, self.config.hostname)
                talk = partial(pop3_door.serve, settings=settings, rooms=self._pop3_rooms(entry))
                return lambda: porch.link(pop3.Server(pop3.Offers()), limits.pop3_timeout, talk)
            case "imap" | "imaps":
                imap_settings = imap_door.Settings(entry.service, self.config.hostname, limits.imap_timeout)
                talk = partial(imap_door.serve, settings=imap_settings, rooms=self._imap_rooms(entry))
                return lambda: porch.link(imap.Server(capability.Offers()), EARLY, talk)
            case "finger":
                talk = partial(
                    finger_door.serve, rooms=finger_door.Rooms(self.store, self.directory, self.log)
                )
                return lambda: porch.link(finger.Server(), limits.finger_timeout, talk)
            case "http" | "https":
                site = web_door.Site(service=entry.service, admin=entry.admin)
                return web_door.serve(site, self._web_rooms(), self.shelf, porch)
            case other:
                raise AssertionError(other)

    def _smtp_rooms(self, entry: Listener) -> smtp_door.Rooms:
        return smtp_door.Rooms(
            office=self.office,
            keys=self.keys,
            directory=self.directory,
            certificate=self.certificate if entry.tls is Tls.STARTTLS else None,
            log=self.log,
            pop_way=self._pop_way,
            gateways=self.gateways,
            octets=lambda account: self.store.read(partial(storage.letters.octets, account_id=account)),
        )

    async def _pop_way(self, peer: str, helo: str) -> popbefore.Way | None:
        """Find the way that POP before SMTP opened for an address, and note who is the first to use it."""
        way = await self.store.read(partial(popbefore.find, peer=peer, now=time.time()))
        if way is not None and not way.helo:
            await self.store.write(partial(popbefore.name, peer=peer, helo=helo))
        return way

    def _pop3_rooms(self, entry: Listener) -> pop3_door.Rooms:
        return pop3_door.Rooms(
            store=self.store,
            keys=self.keys,
            directory=self.directory,
            maildrops=self.maildrops,
            certificate=self.certificate if entry.tls is Tls.STARTTLS else None,
            log=self.log,
            clock=time.time,
        )

    def _imap_rooms(self, entry: Listener) -> imap_door.Rooms:
        return imap_door.Rooms(
            store=self.store,
            images=self.images,
            keys=self.keys,
            directory=self.directory,
            certificate=self.certificate if entry.tls is Tls.STARTTLS else None,
            lessons=self.lessons,
            log=self.log,
            clock=time.time,
        )

    def _web_rooms(self) -> web_door.Rooms:
        assert self.steward is not None
        return web_door.Rooms(
            store=self.store,
            directory=self.directory,
            keys=self.keys,
            log=self.log,
            steward=self.steward,
            resolver=self.resolver,
            queue=self.queue,
            barriers=self.barriers,
            hooks=self.hooks,
            gauges=self.gauges,
            live=self.live,
            coaching=self.coaching,
            gateways=self.gateways,
            updates=self.updates,
            keysmith=self.keysmith,
            certificates=self.certificates,
            clock=time.time,
        )

    async def _told_status(self) -> dict[str, Any]:
        assert self.steward is not None
        return await self.steward.status()

    async def _ports(self) -> dict[str, int]:
        return {entry["service"]: entry["port"] for entry in (await self._told_status())["listeners"]}

    def _premises(self) -> Premises:
        return self.steward.premises() if self.steward else premises(self.config)

    def _versions(self) -> Source:
        named = self.config.contents.updates
        return Source(named.url, named.key)

    def _logs(self) -> Path:
        return self.config.directory / self.config.contents.log.directory

    def chores(self) -> list[Coroutine[Any, Any, None]]:
        """What goes on beside the connections for as long as the worker lives."""
        return [
            self._housekeeping(),
            self._renewing(),
            keep_watchdog(),
            *self.outward.chores(),
            self.reassembly.run(),
            self.indexing.run(),
            self.hooks.run(),
            self.gauges.run(),
            self.updates.run(),
            self.keysmith.run(),
            self.certificates.run(),
            self.publisher.run(),
            self.watch.run(),
            self.barriers.watch(),
            self.sign_ins.run(),
            tidying(self.store, self.sign_ins),
            *self._reporting().chores(),
        ]

    def _reporting(self) -> Reporting:
        return Reporting(
            config=self.config,
            store=self.store,
            log=self.log,
            resolver=self.resolver,
            router=self.router,
            owner=self.name,
            terms=self._terms,
            on_queued=self.queue.poke,
        )

    async def _renewing(self) -> None:
        """Keep what this worker has reserved, for as long as it lives."""
        while True:
            await asyncio.sleep(pop3_door.LEASE / 3)
            now = time.time()
            with contextlib.suppress(StoreError):
                await self.store.write(
                    partial(leases.renew_all, owner=self.name, now=now, until=now + pop3_door.LEASE)
                )

    async def _housekeeping(self) -> None:
        """Sweep the spool of what a crash left, and forget old journeys, every hour."""
        night = Night(self.store, self.config.directory, self.name, self.log, self.started)
        while True:
            await asyncio.to_thread(self.store.blobs.sweep, time.time() - DAY)
            before = time.time() - self.directory.rules.policies.journey_days * DAY
            with contextlib.suppress(StoreError):  # next time, then
                forget = partial(journey.forget, before=before)
                while await self.store.write(forget):
                    pass
            await night.round(time.time())
            await asyncio.sleep(3600)

    async def status(self, bound: list[Bound], state: str) -> dict[str, Any]:
        """Tell how this worker is. Raises StoreError."""
        now = time.time()

        def ask(connection: Connection) -> tuple[tuple[int, int, int], dict[str, Any]]:
            told = profiles.standing(connection, now, self.gateways())
            told["delivery"] = settings.state(connection, "delivery") or "on"
            told |= published.standing(connection)
            told["certificates"] = [
                {"subject": one.subject, "state": one.state, "problem": one.problem.words}
                for one in troubled(connection, self.config.hostname, now)
                if one.problem
            ]
            return outgoing.count(connection, now), told

        (pending, held, delivering), told = await self.store.read(ask)
        return {
            "state": state,
            "connections": self.connections.of(Link),  # of mail: who looks at the pages does not count
            "pending": pending,
            "delivering": delivering,
            "listeners": [
                {"service": b.entry.service, "address": b.address, "port": b.port, "tls": str(b.entry.tls)}
                for b in bound
            ],
            **told,
            "held": held,
            "version": __version__,
            "uptime": round(now - self.started),
            "workers": 1,
        }

    def _terms(self) -> Terms:
        policies = self.directory.rules.policies
        return Terms(policies.queue_days * DAY, policies.responder_days * DAY)


def _resolver(config: Config) -> resolver.Settings:
    """Whom to ask for names, in the resolver's own words."""
    dns = config.contents.dns
    return resolver.Settings(tuple(dns.endpoints()), frozenset(dns.trusted), dns.timeout)


#: The category of the log that each service writes to.
_CHANNELS: Final = {
    "smtp": "smtp",
    "submission": "smtp",
    "submissions": "smtp",
    "lmtp": "smtp",
    "pop3": "pop3",
    "pop3s": "pop3",
    "imap": "imap",
    "imaps": "imap",
    "http": "web",
    "https": "web",
    "finger": "finger",
}
_KINDS: Final = {
    "smtp": smtp.Kind.MX,
    "submission": smtp.Kind.SUBMISSION,
    "submissions": smtp.Kind.SUBMISSION,
    "lmtp": smtp.Kind.LMTP,
}


def certificate_of(config: Config) -> Certificate:
    """Read the server's certificate, or make one. Raises TlsError."""
    names = [config.hostname, "localhost", "127.0.0.1"]
    return Certificate(config.certificate(), config.directory / "tls", names)


@contextlib.asynccontextmanager
async def opened(config: Config, log: Log) -> AsyncGenerator[Nest]:
    """Open the store and the rooms over it. Raises StoreError, TlsError, VaultError."""
    store = Store(storage.database(config.store(), config.directory), config.directory, config.store())
    try:
        own = await store.write(settings.own_keys)
        nest = Nest(config, store, log, certificate_of(config), own=own, vault=vaults.at(config.directory))
        await nest.directory.look()
        await nest.certificates.load()
        try:
            yield nest
        finally:
            with contextlib.suppress(StoreError):  # it runs out by itself, too
                await store.write(partial(leases.give_back_all, owner=nest.name))
            nest.verifier.close()
            await nest.resolver.close()
            await nest.coaches.close()
    finally:
        await store.close()


def _utc_offset() -> int:
    return time.localtime().tm_gmtoff
