"""From the first octet of a letter to the 250: the reception.

A `Reception` takes one letter: it holds back the header until all of it is there, gathers the octets behind it (in memory while they
are few, in a file when they are many), has a stranger's letter looked over, and at the end files and queues everything in one
transaction. Only when that is on the disk does the peer hear yes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hawknest.accounts.permit import DENIED
from hawknest.log import Log
from hawknest.mail import authres, header, trace
from hawknest.mail.envelope import Envelope
from hawknest.mail.submit import missing_fields
from hawknest.post.checks import Checks, Examination
from hawknest.post.local import Acceptance, Applied, Delivery, Refusal, Stale, Terms, accept, refuse
from hawknest.post.route import Route, Router
from hawknest.post.seen import Seen, see
from hawknest.post.traceid import trace_id
from hawknest.store import Store, StoreError, StoreFull, letters
from hawknest.store.journey import Letter
from hawknest.trust.findings import methods
from hawknest.wire.smtp.reply import Reply

HEADER: Final = 128 * 1024  # octets in which the end of a letter's header is looked for
HOPS: Final = 50  # Received lines after which a letter goes in circles (RFC 5321 §6.3)
TRIES: Final = 3  # times that a letter is routed again because the directory changed meanwhile

HEADER_TOO_LONG: Final = Reply(
    552, (5, 3, 4), f"The header of the letter has more than {HEADER} octets, which nobody reads to its end"
)
GOES_IN_CIRCLES: Final = Reply(
    554, (5, 4, 6), f"The letter has passed through more than {HOPS} servers: it goes in circles"
)
DISK_FULL: Final = Reply(452, (4, 3, 1), "There is no room left on the disk here; please try again later")
MAILBOX_FULL: Final = Reply(452, (4, 2, 2), "The mailbox is full; please try again later")
NOT_STORED: Final = Reply(451, (4, 3, 0), "The letter could not be stored; please try again later")


class Refused(Exception):
    """The letter is not accepted; `reply` says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Source:
    """Who brings a letter, and how."""

    service: str  # smtp, submission, submissions, lmtp
    peer: str  # address
    helo: str
    protocol: trace.Protocol
    tls_version: str | None = None
    tls_cipher: str | None = None
    login: str = ""  # the account or device; it goes into the journey, never into the letter
    right: str = ""  # by what right one sends without a login
    session: str = ""
    stranger: bool = False  # from another machine, without a right of its own: the letter is looked over


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The rooms that a reception needs."""

    store: Store
    router: Router
    log: Log
    terms: Callable[[], Terms]
    checks: Checks
    hostname: str
    clock: Callable[[], float]
    utc_offset: Callable[[], int]  # seconds that local time is ahead of UTC
    on_queued: Callable[[], None]

    def receive(self, source: Source, envelope: Envelope, routes: Sequence[Route]) -> "Reception":
        """Begin to receive a letter whose recipients were routed."""
        return Reception(self, source, envelope, routes)


class Reception:
    """One letter on its way in."""

    __slots__ = (
        "_envelope",
        "_examination",
        "_head",
        "_headed",
        "_header",
        "_office",
        "_routes",
        "_skip",
        "_source",
        "_spool",
        "at",
        "id",
    )

    def __init__(self, office: Office, source: Source, envelope: Envelope, routes: Sequence[Route]) -> None:
        self.at = office.clock()
        self.id = trace_id(self.at)
        self._office = office
        self._source = source
        self._envelope = envelope
        self._routes = routes
        self._spool = office.store.blobs.spool(self.id, office.store.settings.inline)
        self._head: list[bytes] = []  # the first octets, in which the header is looked for
        self._headed = 0
        self._header: bytes | None = None  # the header section, as it came, once all of it is there
        self._skip = 0
        self._examination: Examination | None = None

    def begin(self) -> None:
        """Begin to have a stranger's letter looked over."""
        source, sender = self._source, self._envelope.reverse_path
        if source.stranger:
            self._examination = self._office.checks.begin(
                source.peer, source.helo, str(sender) if sender else ""
            )

    async def write(self, data: bytes) -> None:
        """Take the next octets of the letter. Raises StoreFull."""
        if self._header is not None:
            await self._take(data)
            return
        self._head.append(data)
        self._headed += len(data)
        head = b"".join(self._head) if len(self._head) > 1 else data
        end, body = header.split(head)
        if end != body or self._headed >= HEADER:
            await self._open(head, end, body)

    async def finish(self) -> Reply:
        """Accept the letter, or say why not; when this returns it is on the disk, or nowhere."""
        place: str | None = None
        try:
            if self._header is None:
                head = b"".join(self._head)
                await self._open(head, *header.split(head))
            assert self._header is not None
            seen = await self._look_over()
            content = await self._spool.finish(self._first_lines(seen) + self._kept_header())
            place = content.place
            letter = self._row(self._header, content.size)
            delivery = Delivery(content, letter, self._envelope, self._skip, seen)
            applied = await self._apply(delivery, self._header)
        except Refused as refused:
            reply = refused.reply
        except StoreFull:
            reply = DISK_FULL
        except letters.OverQuota:
            reply = MAILBOX_FULL
        except StoreError as error:
            self._office.log.system.error("letter not stored", letter=self.id, error=str(error))
            reply, place = NOT_STORED, None  # the answer to a commit may be what was lost: keep the file
        else:
            return self._accepted(letter, applied)
        self.discard()
        if place:
            self._office.store.blobs.remove(place)
        self._office.log.count("refused")
        self._office.log.delivery.info(
            "refused", letter=self.id, session=self._source.session, peer=self._source.peer, reply=str(reply)
        )
        return reply

    async def _open(self, head: bytes, end: int, body: int) -> None:
        """Take the header section, and what has come of the body."""
        self._header = head[:end]
        self._head.clear()
        if self._examination is not None:
            self._examination.opened(self._header)
            self._examination.update(head[body:])
        await self._spool.write(head[end:])

    async def _take(self, data: bytes) -> None:
        if self._examination is not None:
            self._examination.update(data)
        await self._spool.write(data)

    async def _look_over(self) -> Seen | None:
        """Have a stranger's letter judged. Raises Refused, StoreError."""
        if self._examination is None:
            return None
        assert self._header is not None
        if len(self._header) > HEADER:
            raise Refused(HEADER_TOO_LONG)
        found = await self._examination.findings()
        seen = see(
            found, self._office.checks.judge(found), self._routes, self._office.router.strictness, self.at
        )
        if seen.refused:
            await self._write_down(seen)
            raise Refused(seen.reply(self.id))
        return seen

    async def _write_down(self, seen: Seen) -> None:
        """Keep the journey of a letter that is not let in, so that its id tells why."""
        assert self._header is not None
        letter = self._row(self._header, self._spool.size + len(self._header))
        await self._office.store.batch(refuse, Refusal(letter, self._envelope, seen))

    def _first_lines(self, seen: Seen | None) -> bytes:
        """Write what stands above a letter: Return-Path only where a mailbox of ours is its end, what was found out, and the trace.

        RFC 5321 §4.4, RFC 8601 §4.
        """
        source, envelope = self._source, self._envelope
        lines = trace.received(
            trace.Reception(
                helo=source.helo,
                peer=source.peer,
                host=self._office.hostname,
                protocol=source.protocol,
                trace_id=self.id,
                time=self.at,
                utc_offset=self._office.utc_offset(),
                tls_version=source.tls_version,
                tls_cipher=source.tls_cipher,
                recipient=envelope.recipients[0].address if len(envelope.recipients) == 1 else None,
            )
        )
        if seen is not None:
            lines = authres.write(self._office.hostname, methods(seen.findings)) + lines
        if any(route.accounts for route in self._routes):
            return_path = trace.return_path(envelope.reverse_path)
            self._skip = len(return_path)
            lines = return_path + lines
        return lines

    def _kept_header(self) -> bytes:
        """Give the header as it is kept: without results that somebody forged, and whole where a user's program left fields out."""
        assert self._header is not None
        if self._source.service == "lmtp" or len(self._header) > HEADER:
            return (
                self._header
            )  # what stands before us in this house has written it, or it may be cut anywhere
        kept = authres.without(self._header, self._office.hostname)
        if not self._source.service.startswith("submission"):
            return kept
        missing = missing_fields(  # RFC 6409 §8
            header.Header(kept),
            host=self._office.hostname,
            letter_id=self.id,
            now=self.at,
            utc_offset=self._office.utc_offset(),
        )
        return missing + kept

    def discard(self) -> None:
        """Forget the letter."""
        if self._examination is not None:
            self._examination.cancel()
        self._spool.discard()

    def _row(self, head: bytes, size: int) -> Letter:
        """The letter's row in the journey."""
        source = self._source
        detail: dict[str, Any] = {"helo": source.helo, "with": str(source.protocol)}
        if source.tls_version:
            detail["tls"] = f"{source.tls_version} {source.tls_cipher}"
        if source.login:
            detail["login"] = source.login
        if source.right:
            detail["right"] = source.right
        sender = self._envelope.reverse_path
        message_id = header.find_message_id(head) or ""
        return Letter(
            self.id,
            self.at,
            source.service,
            source.peer,
            sender.key if sender else "",
            message_id,
            size,
            detail,
        )

    async def _apply(self, delivery: Delivery, head: bytes) -> Applied:
        """Plan and apply, again where the directory changed in between. Raises Refused, StoreError."""
        office = self._office
        routes = list(self._routes)
        if header.hops(head) > HOPS:
            raise Refused(GOES_IN_CIRCLES)
        for attempt in range(TRIES):
            plan = await office.router.merge(self._envelope, routes, head)
            if not plan.accounts and not plan.copies:
                raise Refused(GOES_IN_CIRCLES)
            try:
                return await office.store.batch(accept, Acceptance(plan, delivery, office.terms()))
            except (Stale, letters.NoSuchAccount):
                if attempt == TRIES - 1:
                    raise
                routes = await self._routed_again()
        raise Refused(NOT_STORED)

    async def _routed_again(self) -> list[Route]:
        self._office.router.refresh()
        routes: list[Route] = []
        for before in self._routes:
            route = await self._office.router.route(before.recipient)
            if isinstance(route, Reply):
                raise Refused(route)
            if (
                before.local and not route.local
            ):  # its domain has gone; may_send_to was asked about another case
                raise Refused(DENIED)
            routes.append(route)
        return routes

    def _accepted(self, letter: Letter, applied: Applied) -> Reply:
        self._office.log.count("letters_in")
        if applied.junk:
            self._office.log.count("junk")
        self._office.log.delivery.info(
            "accepted",
            letter=letter.id,
            session=self._source.session,
            service=letter.service,
            peer=letter.peer,
            sender=letter.sender,
            message_id=letter.message_id,
            size=letter.size,
            filed=applied.filed,
            junk=applied.junk,
            queued=applied.queued,
        )
        if applied.queued:
            self._office.on_queued()
        return Reply(250, (2, 0, 0), f"Accepted as {letter.id}")
