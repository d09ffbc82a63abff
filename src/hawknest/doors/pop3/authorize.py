"""The AUTHORIZATION state of a session: somebody is let in, or nobody. RFC 1939 §4."""

from functools import partial
from typing import Final

from hawknest.accounts import popbefore
from hawknest.accounts.login import Client, Denied, Kind, Login, Why
from hawknest.doors.pop3.maildrop import Maildrop
from hawknest.doors.pop3.rooms import PopLink, Rooms, Settings, engine
from hawknest.store import StoreError
from hawknest.wire.pop3.capability import Offers
from hawknest.wire.pop3.command import Auth, Pass, Quit, Stls, User
from hawknest.wire.pop3.server import AuthAnswer

FAILURES: Final = 5  # failed logins after which the session ends

#: The response code of each denial (RFC 2449 §8, RFC 3206 §4).
_CODES: Final = {Why.WRONG: "AUTH", Why.BLOCKED: "SYS/TEMP", Why.NOT_PRIVATE: "", Why.UNCHECKED: "SYS/TEMP"}


async def authorize(link: PopLink, session: str, settings: Settings, rooms: Rooms) -> Maildrop | None:
    """Greet, and let somebody in: the maildrop that was earned, or None where the session is over."""
    server, name, failures = engine(link), "", 0
    _offer(link, rooms)
    server.ok(f"{settings.hostname} POP3 Hawknest")
    while (event := await link.event()) is not None:
        outcome: Login | Denied | None = None
        match event:
            case User(name):
                server.ok("And the password?")  # the same for every name (N27)
                continue
            case Pass() if not name:
                server.err("The name first")
                continue
            case Pass(password):
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
        name = ""  # a name counts for the next command only, and for nothing behind a handshake (RFC 2595 §4)
        match outcome:
            case Denied(why=why):
                failures += 1
                rooms.log.auth.warning(
                    "denied", session=session, peer=link.peer, service=settings.service, why=outcome.reason
                )
                (server.end if failures >= FAILURES else server.err)(outcome.words, _CODES[why])
            case Login():
                if (drop := await _open(outcome, link, session, settings, rooms)) is not None:
                    return drop
            case None:
                pass
    return None


async def _password(link: PopLink, name: str, password: str, rooms: Rooms) -> Login | Denied | None:
    try:
        return await rooms.keys.password(_client(link), name, password)
    except StoreError as error:
        return _unchecked(link, error, rooms)


async def _exchange(auth: Auth, link: PopLink, rooms: Rooms) -> Login | Denied | None:
    """Let somebody say who it is by SASL (RFC 5034 §4); None: it was given up."""
    server = engine(link)

    async def ask(challenge: bytes) -> bytes | None:
        server.challenge(challenge)
        answer = await link.event()
        return answer.data if isinstance(answer, AuthAnswer) else None

    try:
        return await rooms.keys.exchange(_client(link), auth.mechanism, auth.initial).lead(ask)
    except StoreError as error:
        return _unchecked(link, error, rooms)


def _unchecked(link: PopLink, error: StoreError, rooms: Rooms) -> None:
    rooms.log.system.error("login not checked", peer=link.peer, error=str(error))
    engine(link).err("Logins cannot be checked now; please try again later", "SYS/TEMP")


async def _open(
    login: Login, link: PopLink, session: str, settings: Settings, rooms: Rooms
) -> Maildrop | None:
    """Open the maildrop of who was let in, unless another session has it."""
    server = engine(link)
    try:
        await _note(login, link, rooms)
        drop = await rooms.maildrops.open(login.account_id)
    except StoreError as error:
        rooms.log.system.error("maildrop not opened", session=session, error=str(error))
        server.err("The mailbox cannot be opened now; please try again later", "SYS/TEMP")
        return None
    if drop is None:
        server.err("Another program is reading this mailbox now", "IN-USE")
        return None
    rooms.log.auth.info(
        "logged in", session=session, peer=link.peer, service=settings.service, login=login.name
    )
    server.opened(f"{len(drop.entries)} letters")
    return drop


async def _note(login: Login, link: PopLink, rooms: Rooms) -> None:
    """Open the way for POP before SMTP, where that switch is on."""
    policies = rooms.directory.rules.policies
    if not policies.pop_before_smtp or login.kind is Kind.TEST:
        return
    now = rooms.clock()
    until = now + policies.pop_before_smtp_minutes * 60
    job = partial(popbefore.note, peer=link.peer, account_id=login.account_id, now=now, until=until)
    if (other := await rooms.store.write(job)) is not None:
        rooms.log.auth.warning("pop before smtp: two users share an address", peer=link.peer, other=other)


async def _secure(link: PopLink, rooms: Rooms) -> None:
    """Begin TLS (RFC 2595 §4)."""
    server = engine(link)
    if rooms.certificate is None:
        server.err("TLS is not to be had here")
        return
    server.ok("Begin TLS now")
    if await link.start_tls(rooms.certificate.context):
        server.secured()
        _offer(link, rooms)


def _client(link: PopLink) -> Client:
    private = link.tls is not None or link.peer in {"127.0.0.1", "::1"}
    return Client(link.peer, "pop3", private, link.tls.server_end_point if link.tls else b"")


def _offer(link: PopLink, rooms: Rooms) -> None:
    """Work out what may be offered now."""
    mechanisms = rooms.keys.mechanisms(_client(link))
    stls = rooms.certificate is not None and link.tls is None
    engine(link).offers = Offers(stls, mechanisms, user=bool(mechanisms))
