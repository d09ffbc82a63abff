"""One POP3 session: who wants to read is let in, reads, and what it marked is deleted at QUIT. RFC 1939."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from hawknest.accounts import popbefore
from hawknest.accounts.directory import Directory
from hawknest.accounts.login import Client, Denied, Keys, Login, Why
from hawknest.doors.pop3.maildrop import Maildrop, Maildrops, top
from hawknest.log import Log
from hawknest.net.link import Ended, Link
from hawknest.net.tls import Certificate
from hawknest.post.traceid import trace_id
from hawknest.store import Store, StoreError
from hawknest.wire.pop3 import server as pop3
from hawknest.wire.pop3.command import Auth, Dele, List, Pass, Quit, Retr, Rset, Stat, Stls, Top, Uidl, User
from hawknest.wire.pop3.server import AuthAnswer, Event, Over

FAILURES: Final = 5  # failed logins after which the session ends

PopLink = Link[Event]


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes a door pop3 or pop3s."""

    service: str
    hostname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rooms that this door asks."""

    store: Store
    keys: Keys
    directory: Directory
    maildrops: Maildrops
    certificate: Certificate | None
    log: Log
    clock: Callable[[], float]


async def serve(link: PopLink, settings: Settings, rooms: Rooms) -> None:
    """Lead a session to its end."""
    await rooms.directory.look()
    session = trace_id()
    _offer(link, rooms)
    _engine(link).ok(f"{settings.hostname} POP3 Hawknest")
    drop = await authorize(link, session, settings, rooms)
    if drop is not None:
        try:
            await transact(link, session, drop, rooms)
        finally:
            await rooms.maildrops.close(drop)
    match link.ended:
        case Ended.STOPPING:
            _engine(link).end("This server stops now; please come back later", "SYS/TEMP")
        case Ended.IDLE:
            _engine(link).end("Nothing was heard for too long: goodbye")
        case _:
            pass


async def authorize(link: PopLink, session: str, settings: Settings, rooms: Rooms) -> Maildrop | None:
    """The AUTHORIZATION state (RFC 1939 §4): let somebody in, or nobody."""
    server, name, failures = _engine(link), "", 0
    while (event := await link.event()) is not None:
        outcome: Login | Denied | None = None
        match event:
            case User(name):
                server.ok("And the password?")  # the same for every name (N27)
            case Pass(password):
                if not name:
                    server.err("The name first")
                    continue
                outcome = await _password(link, name, password, rooms)
            case Auth():
                outcome = await _exchange(event, link, rooms)
            case Stls():
                await _secure(link, rooms)
            case Quit():
                server.bye()
                return None
            case _:
                return None
        if isinstance(outcome, Denied):
            failures += 1
            rooms.log.auth.warning(
                "denied", session=session, peer=link.peer, service=settings.service, why=outcome.why.name
            )
            _deny(server, outcome, last=failures >= FAILURES)
        if (
            isinstance(outcome, Login)
            and (drop := await _open(outcome, link, session, settings, rooms)) is not None
        ):
            return drop
    return None


async def transact(link: PopLink, session: str, drop: Maildrop, rooms: Rooms) -> None:
    """The TRANSACTION state (RFC 1939 §5), and UPDATE at its end (§6)."""
    server, given = _engine(link), 0
    while (event := await link.event()) is not None:
        match event:
            case Stat():
                server.ok(f"{len(drop.kept)} {sum(entry.size for _, entry in drop.kept)}")
            case List(number) | Uidl(number):
                _list(server, drop, number, sizes=isinstance(event, List))
            case Retr(number):
                given += await _give(link, drop, number, None, rooms)
            case Top(number, lines):
                await _give(link, drop, number, lines, rooms)
            case Dele(number):
                if _there(server, drop, number):
                    drop.deleted.add(number - 1)
                    server.ok("Marked to be deleted")
            case Rset():
                drop.deleted.clear()
                server.ok("Nothing is marked")
            case Quit():
                await _update(server, session, drop, given, rooms)
            case Over():
                return
            case _:
                server.err("Not now")


async def _update(server: pop3.Server, session: str, drop: Maildrop, given: int, rooms: Rooms) -> None:
    """Delete what is marked, and leave (RFC 1939 §6)."""
    try:
        if drop.deleted:
            await drop.remove()
    except StoreError as error:
        rooms.log.system.error("letters not deleted", session=session, error=str(error))
        server.end("The letters could not be deleted; please try again later", "SYS/TEMP")
        return
    rooms.log.pop3.info(
        "left", session=session, account=drop.account_id, read=given, deleted=len(drop.deleted)
    )
    server.bye()


def _list(server: pop3.Server, drop: Maildrop, number: int | None, *, sizes: bool) -> None:
    """Answer LIST or UIDL, for one letter or all."""
    if number is None:
        rows = [f"{index + 1} {entry.size if sizes else entry.uid}" for index, entry in drop.kept]
        server.lines(rows, f"{len(rows)} letters")
    elif _there(server, drop, number):
        entry = drop.entries[number - 1]
        server.ok(f"{number} {entry.size if sizes else entry.uid}")


def _there(server: pop3.Server, drop: Maildrop, number: int) -> bool:
    """Whether there is such a letter; says so where there is not."""
    if 0 < number <= len(drop.entries) and number - 1 not in drop.deleted:
        return True
    server.err("There is no such letter")
    return False


async def _give(link: PopLink, drop: Maildrop, number: int, lines: int | None, rooms: Rooms) -> bool:
    """Give a letter, or its header and some lines. Returns whether it was given."""
    server = _engine(link)
    if not _there(server, drop, number):
        return False
    try:
        content = await drop.read(number - 1)
    except StoreError as error:
        rooms.log.system.error("letter not read", error=str(error))
        content = None
    if content is None:
        server.err("This letter cannot be read now", "SYS/TEMP")
        return False
    if content.data is not None and lines is None:
        server.whole(content.data)
        return True
    octets = drop.octets(content)
    if lines is not None:
        octets = top(octets, lines)
    begun = False
    try:
        async for block in octets:
            if not begun:
                server.begin_body(f"{content.size} octets" if lines is None else "")
                begun = True
            server.body(block)
            await link.flush()
    except StoreError as error:
        rooms.log.system.error("letter not read", error=str(error))
        if begun:
            link.abort()  # half a letter must not look like a whole one
        else:
            server.err("This letter cannot be read now", "SYS/TEMP")
        return False
    if not begun:
        server.begin_body()
    server.end_body()
    return True


async def _password(link: PopLink, name: str, password: str, rooms: Rooms) -> Login | Denied | None:
    try:
        return await rooms.keys.password(_client(link), name, password)
    except StoreError as error:
        return _unchecked(link, error, rooms)


async def _exchange(auth: Auth, link: PopLink, rooms: Rooms) -> Login | Denied | None:
    """Let somebody say who it is by SASL (RFC 5034); None: it was given up."""
    server = _engine(link)
    dialogue = rooms.keys.exchange(_client(link), auth.mechanism, auth.initial)
    try:
        outcome = await dialogue.step()
        while isinstance(outcome, bytes):
            server.challenge(outcome)
            answer = await link.event()
            if not isinstance(answer, AuthAnswer):
                return None
            outcome = await dialogue.step(answer.data)
        if isinstance(outcome, Login) and dialogue.final:
            server.challenge(dialogue.final)
            if not isinstance(await link.event(), AuthAnswer):
                return None
    except StoreError as error:
        return _unchecked(link, error, rooms)
    return outcome


def _unchecked(link: PopLink, error: StoreError, rooms: Rooms) -> None:
    rooms.log.system.error("login not checked", peer=link.peer, error=str(error))
    _engine(link).err("Logins cannot be checked now; please try again later", "SYS/TEMP")


async def _open(
    login: Login, link: PopLink, session: str, settings: Settings, rooms: Rooms
) -> Maildrop | None:
    """Open the maildrop of who was let in, unless another session has it."""
    server = _engine(link)
    try:
        drop = await rooms.maildrops.open(login.account_id)
        if drop is None:
            server.err("Another program is reading this mailbox now", "IN-USE")
            return None
        await _note(login, link, rooms)
    except StoreError as error:
        rooms.log.system.error("maildrop not opened", session=session, error=str(error))
        server.err("The mailbox cannot be opened now; please try again later", "SYS/TEMP")
        return None
    rooms.log.auth.info(
        "logged in", session=session, peer=link.peer, service=settings.service, login=login.name
    )
    server.opened(f"{len(drop.entries)} letters")
    return drop


async def _note(login: Login, link: PopLink, rooms: Rooms) -> None:
    """Open the way for POP before SMTP, where that switch is on."""
    policies = rooms.directory.rules.policies
    if not policies.pop_before_smtp:
        return
    now = rooms.clock()
    until = now + policies.pop_before_smtp_minutes * 60
    job = partial(popbefore.note, peer=link.peer, account_id=login.account_id, now=now, until=until)
    if (other := await rooms.store.write(job)) is not None:
        rooms.log.auth.warning("pop before smtp: two users share an address", peer=link.peer, other=other)


async def _secure(link: PopLink, rooms: Rooms) -> None:
    """Begin TLS (RFC 2595 §4)."""
    server = _engine(link)
    if rooms.certificate is None:
        server.err("TLS is not to be had here")
        return
    server.ok("Begin TLS now")
    if await link.start_tls(rooms.certificate.context):
        server.secured()
        _offer(link, rooms)


def _deny(server: pop3.Server, denied: Denied, *, last: bool) -> None:
    code = {Why.WRONG: "AUTH", Why.BLOCKED: "SYS/TEMP", Why.NOT_PRIVATE: ""}[denied.why]
    if last:
        server.end(denied.words, code)
    else:
        server.err(denied.words, code)


def _client(link: PopLink) -> Client:
    private = link.tls is not None or link.peer in {"127.0.0.1", "::1"}
    return Client(link.peer, "pop3", private, link.tls.server_end_point if link.tls else b"")


def _offer(link: PopLink, rooms: Rooms) -> None:
    """Work out what may be offered now."""
    mechanisms = rooms.keys.mechanisms(_client(link))
    stls = rooms.certificate is not None and link.tls is None
    _engine(link).offers = pop3.Offers(stls, mechanisms, user=bool(mechanisms))


def _engine(link: PopLink) -> pop3.Server:
    assert isinstance(link.engine, pop3.Server)
    return link.engine
