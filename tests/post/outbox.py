"""A queue for tests: a real store, a real router, real SMTP to sinks on loopback; the clock and the DNS are ours."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import trustme

from hawknest.accounts import domains, users
from hawknest.accounts.directory import Directory
from hawknest.accounts.users import User
from hawknest.log import Log
from hawknest.net.tls import client_context
from hawknest.post import queue, retry, session
from hawknest.post.bounce import Reporter
from hawknest.post.local import Terms
from hawknest.post.outcome import Deferred
from hawknest.post.remote import SmtpRemote
from hawknest.post.route import NOTHING_SAID, Router
from hawknest.post.route import Settings as RouteSettings
from hawknest.post.site import Site, Target
from hawknest.post.traceid import trace_id
from hawknest.store import Store, journey, letters, outgoing
from hawknest.store.blobs import Content
from hawknest.store.journey import Letter, Step
from smtpsink import Sink
from stores import Nest

HOST = "mail.example.com"
NOW = 1_800_000_000.0
LETTER = b"From: ann@example.com\r\nTo: bob@far.example\r\nSubject: hello\r\nMessage-ID: <1@example.com>\r\n\r\nHi.\r\n"
DAY = 86400.0
OURS = {"about": "another letter"}  # what the journey says of a letter of our own making


@dataclass
class Clock:
    """A clock that is moved by hand; or one that runs."""

    now: float = NOW
    runs: bool = False

    def __call__(self) -> float:
        return time.time() if self.runs else self.now


@dataclass
class Dns:
    """The sites by destination; what is not here cannot be found now."""

    sites: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    smart: str = ""  # a smart host for everything

    def lane(self, destination: str) -> str:
        return self.smart or destination

    async def find(self, destination: str) -> Any:
        self.asked.append(destination)
        found = self.sites.get(destination, Deferred("4.4.3", "the resolvers do not answer", everyone=True))
        return found() if callable(found) else found


@cache
def contexts() -> session.Contexts:
    return session.Contexts(client_context(verify=False), client_context(verify=True))


@cache
def server_context(*names: str) -> ssl.SSLContext:
    """A TLS context for sinks, with a certificate that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(*names or ("sink.example",)).configure_cert(context)
    return context


def site(*sinks: Sink | Target, **terms: Any) -> Site:
    """The site whose hosts are these sinks, in order."""
    targets = [
        sink if isinstance(sink, Target) else Target(f"mx{i}.example", sink.address, sink.port)
        for i, sink in enumerate(sinks, 1)
    ]
    return Site(tuple(targets), **terms)


#: A port of loopback where nobody listens.
NOBODY = Target("dead.example", "127.0.0.1", 1)


@dataclass
class Outbox:
    """The queue and all around it."""

    nest: Nest
    store: Store
    clock: Clock
    dns: Dns
    retry: retry.Settings
    reporter: Reporter
    remote: Any
    queue: queue.Queue
    log: Log

    async def send(
        self,
        *recipients: str,
        sender: str = "ann@example.com",
        data: bytes = LETTER,
        notify: int = NOTHING_SAID,
        held: bool = False,
        orcpt: str = "",
        detail: dict[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """Queue a letter; `detail` is what its journey says of who brought it. Returns its trace id."""
        now = self.clock()
        letter_id = trace_id(now)
        content: Content = fields.pop("content", None) or Content(len(data), data)
        outgoing_letter = replace(outgoing.Outgoing(letter_id, sender, now, now + 5 * DAY), **fields)
        rows = [
            outgoing.Recipient(r, r.rpartition("@")[2].lower(), orcpt, notify, now, held) for r in recipients
        ]

        def job(connection: Any) -> None:
            (blob,) = letters.keep(connection, [(content, 1)])
            outgoing.add(connection, [outgoing.Queued(blob, outgoing_letter, rows)])
            steps = [Step(now, "queued", r.lower(), {}) for r in recipients]
            service, peer = ("submission", "127.0.0.1") if detail != OURS else ("bounce", "")
            letter = Letter(
                letter_id, now, service, peer, sender, "<1@example.com>", content.size, detail or {}
            )
            journey.begin(connection, [(letter, steps)])

        await self.store.write(job)
        self.queue.poke()
        return letter_id

    async def rows(self) -> list[outgoing.Waiting]:
        return await self.store.read(outgoing.listing)

    async def steps(self, letter_id: str, event: str = "") -> list[Step]:
        found = await self.store.read(lambda c: journey.steps(c, letter_id))
        return [step for step in found if not event or step.event == event]

    async def until(self, condition: Any, seconds: float = 10.0) -> None:
        """Wait until a condition (a function, or a coroutine function) holds."""
        async with asyncio.timeout(seconds):
            while True:
                found = condition()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return
                await asyncio.sleep(0.005)

    async def settled(self) -> list[outgoing.Waiting]:
        """Wait until nothing is due or claimed. Returns what still waits."""

        async def quiet() -> bool:
            return all(not w.claimed_by and (w.held or w.next_at > self.clock()) for w in await self.rows())

        await self.until(quiet)
        return await self.rows()

    async def gone(self) -> bool:
        """Whether nothing waits any more."""
        return not await self.rows()

    async def passes(self, seconds: float) -> list[outgoing.Waiting]:
        """Let time pass, and what is due then be done."""
        self.clock.now += seconds
        self.queue.poke()
        return await self.settled()

    async def inbox(self, address: str) -> list[bytes]:
        """The letters of one of our users."""

        def question(connection: Any) -> list[bytes]:
            account = users.get(connection, address)
            found = letters.inbox(connection, account.id)[2]
            return [letters.read(connection, item.blob_id).data for item in found]

        return await self.store.read(question)


@contextlib.asynccontextmanager
async def outbox(nest: Nest, *, running: bool = True, **changes: Any) -> AsyncGenerator[Outbox]:
    """Open everything. `changes` are fields of the queue's settings, `patience` and `witness` of the session's, or `clock`, `retry`."""
    if not nest.directory.joinpath("peopled").exists():
        nest.do(_people)
        nest.directory.joinpath("peopled").touch()
    clock = changes.pop("clock", None) or Clock()
    patient = changes.pop("retry", None) or retry.Settings(jitter=0)
    name = changes.pop("name", HOST)
    witness = changes.pop("witness", lambda _: None)
    patience = session.Patience(**{"connect": 2.0, **changes.pop("patience", {})})
    dns, log = Dns(), Log()
    async with nest.open() as store:
        directory = Directory(store)
        await directory.look()
        router = Router(directory, lambda: RouteSettings(HOST, HOST, (b"key" * 8,)), clock)
        reporter = Reporter(store, router, HOST)
        ourselves = session.Settings(name, contexts(), patience=patience, witness=witness)
        remote = SmtpRemote(store, dns, ourselves)
        rooms = queue.Rooms(
            store=store,
            remote=remote,
            reporter=reporter,
            log=log,
            retry=lambda: patient,
            terms=lambda: Terms(5 * DAY, 7 * DAY),
            clock=clock,
            random=lambda: 0.5,
        )
        settings = queue.Settings(**{"owner": "test", "keep_open": 0.2, "look": 1.0, **changes})
        box = Outbox(nest, store, clock, dns, patient, reporter, remote, queue.Queue(settings, rooms), log)
        if not running:
            yield box
            return
        task = asyncio.create_task(box.queue.run())
        try:
            yield box
        finally:
            await box.queue.stop()
            async with asyncio.timeout(10):
                await task


def use(box: Outbox, remote: Any) -> None:
    """Deliver with something else than SMTP."""
    rooms = replace(box.queue._rooms, remote=remote)
    box.queue.__init__(box.queue._settings, rooms)


def _people(connection: Any) -> None:
    domains.add(connection, "example.com", NOW)
    users.add(connection, User(address="ann@example.com"), None, NOW)
