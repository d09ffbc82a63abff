"""The not authenticated state of a session: somebody is let in, or nobody. RFC 9051 §6.2."""

from typing import Final

from hawknest.accounts.login import Client, Denied, Why
from hawknest.accounts.login import Login as Identity
from hawknest.doors.imap.rooms import ImapLink, Rooms, Settings, engine
from hawknest.store import StoreError
from hawknest.wire.imap.capability import Offers, State
from hawknest.wire.imap.command import Authenticate, Id, Login, Noop, StartTls
from hawknest.wire.imap.server import AuthAnswer

FAILURES: Final = 5  # failed logins after which the session ends

#: The response code of each denial (RFC 5530 §3).
_CODES: Final = {
    Why.WRONG: "AUTHENTICATIONFAILED",
    Why.BLOCKED: "LIMIT",
    Why.NOT_PRIVATE: "PRIVACYREQUIRED",
    Why.UNCHECKED: "UNAVAILABLE",
}


async def authorize(link: ImapLink, session: str, settings: Settings, rooms: Rooms) -> Identity | None:
    """Greet, and let somebody in; None: the session is over."""
    server, failures = engine(link), 0
    _offer(link, rooms)
    if server.answered and not server.tag:
        server.greet(f"{settings.hostname} IMAP Hawknest")
    while (event := await link.event()) is not None:
        outcome: Identity | Denied | None = None
        match event:
            case Login(name, password):
                outcome = await _password(link, name, password, rooms)
            case Authenticate():
                outcome = await _exchange(event, link, rooms)
            case StartTls():
                await _secure(link, rooms)
            case Noop():
                server.ok("Nothing is new")
            case Id():
                introduce(link, event, session, rooms)
            case _:
                return None
        match outcome:
            case Denied(why=why):
                failures += 1
                rooms.log.auth.warning(
                    "denied", session=session, peer=link.peer, service=settings.service, why=outcome.reason
                )
                server.no(outcome.words, _CODES[why])
                if failures >= FAILURES:
                    server.end("Too many failed logins: goodbye")
            case Identity():
                rooms.log.auth.info(
                    "logged in", session=session, peer=link.peer, service=settings.service, login=outcome.name
                )
                return outcome
            case None:
                pass
    return None


def introduce(link: ImapLink, command: Id, session: str, rooms: Rooms) -> None:
    """Say who we are to who says who it is (RFC 2971 §3.1)."""
    said = {
        name.decode("utf-8", "replace")[:30]: (value or b"").decode("utf-8", "replace")[:200]
        for name, value in command.fields
    }
    if said:
        rooms.log.imap.info(
            "client",
            session=session,
            peer=link.peer,
            **{f"id_{k.lower()}": v for k, v in said.items() if k.lower() in {"name", "version", "os"}},
        )
    server = engine(link)
    server.untagged(b'ID ("name" "Hawknest")')
    server.ok("Pleased to meet you")


async def _password(link: ImapLink, name: str, password: str, rooms: Rooms) -> Identity | Denied | None:
    try:
        return await rooms.keys.password(_client(link), name, password)
    except StoreError as error:
        return _unchecked(link, error, rooms)


async def _exchange(auth: Authenticate, link: ImapLink, rooms: Rooms) -> Identity | Denied | None:
    """Let somebody say who it is by SASL; None: it was given up."""
    server = engine(link)

    async def ask(challenge: bytes) -> bytes | None:
        server.challenge(challenge)
        answer = await link.event()
        return answer.data if isinstance(answer, AuthAnswer) else None

    try:
        return await rooms.keys.exchange(_client(link), auth.mechanism, auth.initial).lead(ask)
    except StoreError as error:
        return _unchecked(link, error, rooms)


def _unchecked(link: ImapLink, error: StoreError, rooms: Rooms) -> None:
    rooms.log.system.error("login not checked", peer=link.peer, error=str(error))
    engine(link).no("Logins cannot be checked now; please try again later", "UNAVAILABLE")


async def _secure(link: ImapLink, rooms: Rooms) -> None:
    """Begin TLS (RFC 9051 §6.2.1)."""
    server = engine(link)
    if rooms.certificate is None:
        server.no("TLS is not to be had here")
        return
    server.ok("Begin TLS now")
    if await link.start_tls(rooms.certificate.context):
        server.secured()
        _offer(link, rooms)


def _client(link: ImapLink) -> Client:
    private = link.tls is not None or link.peer in {"127.0.0.1", "::1"}
    return Client(link.peer, "imap", private, link.tls.server_end_point if link.tls else b"")


def _offer(link: ImapLink, rooms: Rooms) -> None:
    """Work out what may be offered now."""
    server = engine(link)
    server.state = State.NOT_AUTHENTICATED
    mechanisms = rooms.keys.mechanisms(_client(link))
    starttls = rooms.certificate is not None and link.tls is None
    server.offers = Offers(starttls=starttls, auth=mechanisms, login=bool(mechanisms))
