"""One SMTP session, from greeting to goodbye.

The engine in `wire.smtp` settles what the language settles; what is left to decide is here, and each decision is asked of
the room it belongs to: who somebody is of `accounts.login`, what they may do of `accounts.permit`, where a letter goes of
`post.route`, whether it is accepted of `post.inbound`. `transact` leads one letter from MAIL to its end.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from hawknest.accounts import permit
from hawknest.accounts.directory import Directory, NotLocal
from hawknest.accounts.login import Client, Denied, Keys, Kind, Login, Why
from hawknest.accounts.permit import Mode, Rights, Whose
from hawknest.accounts.popbefore import Way
from hawknest.log import Log
from hawknest.mail.address import Address
from hawknest.mail.envelope import Envelope, Recipient
from hawknest.mail.trace import Protocol
from hawknest.net.link import Ended, Link
from hawknest.net.tls import Certificate
from hawknest.post.inbound import DISK_FULL, NOT_STORED, Office, Reception, Source
from hawknest.post.route import Route
from hawknest.post.traceid import trace_id
from hawknest.store import StoreError, StoreFull
from hawknest.wire.smtp import replies
from hawknest.wire.smtp import server as smtp
from hawknest.wire.smtp.command import Auth, Mail, Rcpt, StartTls
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import AuthAnswer, AuthCancelled, Begin, Chunk, End, Event, Hello, Over

REFUSALS: Final = 30  # refused recipients in a session before it ends: somebody is guessing addresses
LETTERS: Final = 100_000  # letters in one session
NOT_LOOKED_UP: Final = Reply(451, (4, 3, 0), "Addresses cannot be looked up now; please try again later")

#: What the journey says of those who need not log in.
_UNPROVED: Final = {Mode.EXEMPT: "exempt address", Mode.POP: "POP before SMTP"}

SmtpLink = Link[Event]


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes a door MX, submission or LMTP."""

    service: str  # smtp, submission, submissions, lmtp
    kind: smtp.Kind
    hostname: str
    auth: bool = True  # whether users may log in here


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rooms that this door asks."""

    office: Office
    keys: Keys
    directory: Directory
    certificate: Certificate | None
    log: Log
    pop_way: Callable[[str, str], Awaitable[Way | None]]  # opened from an address, for a machine's HELO
    gateways: Callable[[], Collection[str]]  # the routers of this machine
    octets: Callable[[int], Awaitable[int]]  # what an account's letters take


@dataclass(slots=True)
class Visitor:
    """What is known of who is there."""

    session: str
    name: str = ""
    extended: bool = True
    login: Login | None = None
    version: int = 0  # of the directory under which the login was found to hold
    refusals: int = 0
    letters: int = 0


@dataclass(slots=True)
class Letter:
    """A letter between MAIL and its end."""

    mail: Mail
    rights: Rights
    whose: Whose  # is the sender's address
    recipients: list[Recipient] = field(default_factory=list[Recipient])
    routes: list[Route] = field(default_factory=list[Route])

    @property
    def limit(self) -> int:
        """Octets that its most particular recipient takes; 0: no limit of theirs."""
        limits = [a.message_limit for route in self.routes for a in route.accounts if a.message_limit]
        return min(limits, default=0)


async def serve(link: SmtpLink, settings: Settings, rooms: Rooms) -> None:
    """Lead a session to its end."""
    server = _engine(link)
    visitor = Visitor(trace_id())
    rules = await rooms.directory.look()
    server.limits = smtp.Limits(mend_newlines=rules.policies.mend_newlines)
    _offer(link, settings, rooms)
    if server.talked_early and settings.kind is smtp.Kind.MX and not _local(link):
        rooms.log.smtp.info("talked before the greeting", session=visitor.session, peer=link.peer)
        server.reply(Reply(554, (5, 5, 1), "Wait for the greeting before you talk"))
        return
    server.reply(
        Reply(
            220,
            None,
            f"{settings.hostname} {'LMTP' if settings.kind is smtp.Kind.LMTP else 'ESMTP'} Hawknest",
        )
    )
    event = await link.event()
    while event is not None and not isinstance(event, Over):
        event = await _answer(event, link, visitor, settings, rooms) or await link.event()
    _farewell(link)


async def _answer(
    event: Event, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> Event | None:
    """Answer an event outside a letter; may give the next event, if it has already come."""
    server = _engine(link)
    match event:
        case Hello(name, extended):
            visitor.name, visitor.extended = name, extended
            _offer(link, settings, rooms)
            server.hello()
        case StartTls():
            if rooms.certificate is None:
                server.reply(replies.TLS_UNAVAILABLE)
                return None
            server.reply(replies.GO_AHEAD_TLS)
            if await link.start_tls(rooms.certificate.context):
                server.secured()
                visitor.name, visitor.login = "", None  # RFC 3207 §4.2
        case Auth():
            await authenticate(event, link, visitor, settings, rooms)
        case Mail():
            return await transact(event, link, visitor, settings, rooms)
        case Rcpt() | Begin() | Chunk() | End() | AuthAnswer() | AuthCancelled() | Over():
            pass  # a letter that was refused at MAIL, or an exchange that is over
    return None


async def authenticate(
    auth: Auth, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> None:
    """Let somebody say who it is (RFC 4954)."""
    server = _engine(link)
    client, version = _client(link), rooms.directory.version
    dialogue = rooms.keys.exchange(client, auth.mechanism, auth.initial)
    try:
        outcome = await dialogue.step()
        while isinstance(outcome, bytes):
            server.challenge(outcome)
            answer = await link.event()
            if not isinstance(answer, AuthAnswer):
                return  # cancelled, or gone
            outcome = await dialogue.step(answer.data)
        if isinstance(outcome, Login) and dialogue.final:  # SCRAM proves the server too, before it says yes
            server.challenge(dialogue.final)
            if not isinstance(await link.event(), AuthAnswer):
                return
    except StoreError as error:
        rooms.log.system.error("login not checked", session=visitor.session, error=str(error))
        server.reply(Reply(454, (4, 7, 0), "Logins cannot be checked now; please try again later"))
        return
    if isinstance(outcome, Denied):
        rooms.log.auth.warning(
            "denied", session=visitor.session, peer=link.peer, service=settings.service, why=outcome.why.name
        )
        code = (
            Reply(454, (4, 7, 0), outcome.words)
            if outcome.why is Why.BLOCKED
            else Reply(535, (5, 7, 8), outcome.words)
        )
        server.reply(code)
        return
    rooms.log.auth.info(
        "logged in", session=visitor.session, peer=link.peer, service=settings.service, login=outcome.name
    )
    visitor.login, visitor.version = outcome, version
    server.reply(replies.AUTHENTICATED)


async def transact(
    mail: Mail, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> Event | None:
    """Lead a letter from MAIL to its end; gives the event that broke it off, if one did."""
    server = _engine(link)
    letter = await _begin(mail, link, visitor, settings, rooms)
    if isinstance(letter, Reply):
        server.reply(letter)
        return None
    server.reply(replies.SENDER_OK)
    while (event := await link.event()) is not None:
        match event:
            case Rcpt():
                server.reply(await _recipient(event, letter, visitor, rooms))
                if visitor.refusals > REFUSALS:
                    server.reply(replies.TOO_MANY_ERRORS)
            case Begin():
                await _receive(letter, link, visitor, settings, rooms)
                return None
            case _:
                return event
    return None


async def _begin(
    mail: Mail, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> Letter | Reply:
    """Settle by what right somebody sends, and whether as this sender."""
    visitor.letters += 1
    if visitor.letters > LETTERS:
        return replies.TOO_MANY_ERRORS
    try:
        policies = (await rooms.directory.look()).policies
        mode, account_id = await _right(link, visitor, rooms)
        whose = await _whose(mail.sender, mode, account_id, rooms)
    except StoreError as error:
        rooms.log.system.error("sender not looked up", session=visitor.session, error=str(error))
        return NOT_LOOKED_UP
    login = visitor.login
    rights = Rights(
        mode,
        settings.service.startswith("submission"),
        policies.send_to_internet and not (login and login.kind is Kind.TEST),
        policies.sender_policy,
        login.senders if login else (),
        policies.receive,
    )
    refusal = permit.may_begin(rights) or permit.may_send_as(rights, mail.sender, whose)
    return refusal or Letter(mail, rights, whose)


async def _right(link: SmtpLink, visitor: Visitor, rooms: Rooms) -> tuple[Mode, int]:
    """Settle by what right somebody sends, and as which account, 0 for none. Raises StoreError."""
    rules, login, first = rooms.directory.rules, visitor.login, visitor.letters == 1
    if login is not None and visitor.version != (version := rooms.directory.version):
        if not await rooms.keys.holds(_client(link), login):
            rooms.log.auth.warning("login over", session=visitor.session, peer=link.peer, login=login.name)
            login = visitor.login = None
        visitor.version = version
    if login is not None:
        return (Mode.DEVICE if login.kind is Kind.DEVICE else Mode.ACCOUNT), login.account_id
    if rules.exempt(link.peer, now := rooms.office.clock()):
        if rules.exempt(link.peer, now, rooms.gateways()):
            if first:
                rooms.log.auth.info("exempt", session=visitor.session, peer=link.peer)
            return Mode.EXEMPT, 0
        if first:
            rooms.log.auth.warning("not exempt: this is the router", session=visitor.session, peer=link.peer)
    open_ways = rules.policies.pop_before_smtp and link.peer not in rooms.gateways()
    if open_ways and (way := await rooms.pop_way(link.peer, visitor.name)) is not None:
        if first and way.helo not in {"", visitor.name}:
            rooms.log.auth.warning(
                "pop before smtp: two machines share an address",
                session=visitor.session,
                peer=link.peer,
                first=way.helo,
                second=visitor.name,
            )
        return Mode.POP, way.account_id
    return Mode.STRANGER, 0


async def _whose(sender: Address | None, mode: Mode, account_id: int, rooms: Rooms) -> Whose:
    """Settle whose address a sender is, as far as that matters to who sends. Raises StoreError."""
    if sender is None or mode is Mode.STRANGER or not rooms.directory.rules.policies.sender_policy:
        return Whose.OWN
    if account_id and await rooms.directory.owns(account_id, sender):
        return Whose.OWN
    return Whose.FOREIGN if isinstance(await rooms.directory.find(sender), NotLocal) else Whose.OURS


async def _recipient(rcpt: Rcpt, letter: Letter, visitor: Visitor, rooms: Rooms) -> Reply:
    """Route one recipient, or say why it cannot be."""
    if len(letter.recipients) >= rooms.directory.rules.policies.recipients_limit:
        return Reply(
            452, (4, 5, 3), "Too many recipients for one letter; send the letter again to the others"
        )
    recipient = Recipient(rcpt.recipient, rcpt.orcpt, rcpt.notify)
    try:
        route = await rooms.office.router.route(recipient)
        if isinstance(route, Route):
            refusal = permit.may_send_to(letter.rights, letter.whose, local=route.local) or await _room(
                route, letter, rooms
            )
            if refusal is None:
                letter.recipients.append(recipient)
                letter.routes.append(route)
                return replies.RECIPIENT_OK
            route = refusal
    except StoreError as error:
        rooms.log.system.error("recipient not looked up", session=visitor.session, error=str(error))
        return NOT_LOOKED_UP
    visitor.refusals += 1
    rooms.log.smtp.info(
        "recipient refused", session=visitor.session, recipient=str(rcpt.recipient), reply=str(route)
    )
    return route


async def _room(route: Route, letter: Letter, rooms: Rooms) -> Reply | None:
    """Say whether the mailboxes have room for a letter of the size that was announced."""
    for account in route.accounts:
        if account.message_limit and letter.mail.size > account.message_limit:
            return replies.TOO_BIG
        if account.quota and await rooms.octets(account.account_id) + letter.mail.size > account.quota:
            return Reply(452, (4, 2, 2), "The mailbox is full; please try again later")
    return None


async def _receive(
    letter: Letter, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> None:
    """Receive the octets of a letter, and accept it or not."""
    server = _engine(link)
    reception = rooms.office.receive(
        _source(link, letter, visitor, settings), _envelope(letter), letter.routes
    )
    refusal: Reply | None = None
    end: End | None = None
    try:
        await reception.begin()
        server.go_ahead()
        while (event := await link.event(through_stop=True)) is not None:
            match event:
                case Chunk(data):
                    if refusal is None:
                        refusal = await _write(reception, data)
                case End():
                    end = event
                    break
                case _:
                    break
        if end is None or end.aborted:
            return
        if refusal is None:
            refusal = end.defect or (replies.TOO_BIG if letter.limit and end.size > letter.limit else None)
        reply = refusal or await reception.finish()
    finally:
        if end is None or refusal is not None:
            reception.discard()
    if refusal is not None:
        rooms.log.smtp.info(
            "letter refused", session=visitor.session, letter=reception.id, peer=link.peer, reply=str(refusal)
        )
    server.replies([reply] * (len(letter.recipients) if settings.kind is smtp.Kind.LMTP else 1))


async def _write(reception: Reception, data: bytes) -> Reply | None:
    try:
        await reception.write(data)
    except StoreFull:
        return DISK_FULL
    except StoreError:
        return NOT_STORED
    return None


def _envelope(letter: Letter) -> Envelope:
    mail = letter.mail
    return Envelope(
        mail.sender,
        tuple(letter.recipients),
        mail.body,
        mail.smtputf8,
        mail.ret,
        mail.envid,
        mail.size or None,
    )


def _source(link: SmtpLink, letter: Letter, visitor: Visitor, settings: Settings) -> Source:
    protocol = Protocol(
        settings.kind is smtp.Kind.LMTP,
        visitor.extended,
        link.tls is not None,
        visitor.login is not None,
        letter.mail.smtputf8,
    )
    return Source(
        settings.service,
        link.peer,
        visitor.name,
        protocol,
        link.tls.version if link.tls else None,
        link.tls.cipher if link.tls else None,
        visitor.login.name if visitor.login else "",
        _UNPROVED.get(letter.rights.mode, ""),
        visitor.session,
    )


def _client(link: SmtpLink) -> Client:
    private = link.tls is not None or _local(link)
    return Client(link.peer, "smtp", private, link.tls.server_end_point if link.tls else b"")


def _local(link: SmtpLink) -> bool:
    """Whether the peer is on this machine."""
    return link.peer in {"127.0.0.1", "::1"}


def _offer(link: SmtpLink, settings: Settings, rooms: Rooms) -> None:
    """Work out what may be offered now."""
    server = _engine(link)
    server.offers = smtp.Offers(
        size=rooms.directory.rules.policies.message_size_limit,
        starttls=rooms.certificate is not None and link.tls is None,
        auth=rooms.keys.mechanisms(_client(link)) if settings.auth else (),
    )
    server.secure = link.tls is not None


def _farewell(link: SmtpLink) -> None:
    """Say why we leave, where the peer is still there."""
    match link.ended:
        case Ended.IDLE:
            _engine(link).reply(replies.TIMED_OUT)
        case Ended.STOPPING:
            _engine(link).reply(replies.STOPPING)
        case _:
            pass


def _engine(link: SmtpLink) -> smtp.Server:
    assert isinstance(link.engine, smtp.Server)
    return link.engine
