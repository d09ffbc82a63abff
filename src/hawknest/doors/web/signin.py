"""Signing in and out: a name and its password, and where somebody wants it a second factor; what came of it is a session.

The one limiter of all doors counts the failures (`accounts.login`). A name that nobody has and a wrong password get the same
answer after the same time. App passwords sign nobody in: they are for programs, and would go around the second factor.
"""

from functools import partial
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from hawknest import __version__
from hawknest.accounts import second, sessions, users
from hawknest.accounts.login import Client, Denied, Why
from hawknest.accounts.record import SIGN_IN
from hawknest.accounts.sessions import Opened
from hawknest.doors.web.errors import Problem
from hawknest.doors.web.gate import is_loopback
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.doors.web.session import give, take_back
from hawknest.store import Connection

SERVICE: Final = SIGN_IN  # no app password is for it

_STATUS: Final = {Why.WRONG: 401, Why.BLOCKED: 429, Why.NOT_PRIVATE: 403}


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """A name and its password."""

    name: Annotated[str, Meta(min_length=1, max_length=320)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]


class Account(msgspec.Struct):
    """Who is signed in, as the pages need to know it."""

    address: str
    real_name: str
    admin: bool
    domains: list[str] | None
    language: str
    listeners_admin: bool
    version: str


class Entered(msgspec.Struct, omit_defaults=True):
    """Who is signed in now, or what else is needed for that."""

    account: Account | None = None
    second: Annotated[
        list[str], Meta(description="What may be brought as second factor: totp, passkey, recovery")
    ] = []


async def sign_in(ask: Ask) -> Response:
    """Check a name and a password, and begin a session, or ask for the second factor."""
    body: SignIn = ask.body
    outcome = await ask.rooms.keys.password(client(ask), body.name, body.password)
    if isinstance(outcome, Denied):
        raise denied(ask, outcome)
    return await enter(ask, outcome.account_id, outcome.name, "password")


async def enter(ask: Ask, account_id: int, address: str, way: str) -> Response:
    """Let somebody in who has proved who it is, or ask for the second factor where there is one."""
    standing = await ask.rooms.store.read(partial(second.standing, account_id=account_id))
    if not standing.asked:
        return await begin(ask, account_id, address, way)
    opened = await ask.rooms.store.write(
        partial(_open, ask=ask, account_id=account_id, way=way, pending=True)
    )
    return give(reply(Entered(second=standing.ways)), ask.request, opened.secret)


async def sign_out(ask: Ask) -> Response:
    """End the session, here and not only in the browser."""
    if (session := ask.session) is not None:
        await ask.rooms.store.write(partial(sessions.close, session_id=session.id))
        ask.rooms.log.auth.info("logged out", peer=ask.peer, service="web", session=session.id)
    return take_back(Response(status_code=204), ask.request)


async def who(ask: Ask) -> Account:
    """Tell who is signed in."""
    return await ask.rooms.store.read(
        partial(account, address=ask.who.address, listeners_admin=ask.site.admin)
    )


def client(ask: Ask) -> Client:
    """Say who wants to get in."""
    secure = ask.request.url.scheme == "https"
    return Client(ask.peer, SERVICE, secure or is_loopback(ask.peer))


def denied(ask: Ask, outcome: Denied) -> Problem:
    """Turn somebody away, and write it down."""
    ask.rooms.log.auth.warning("denied", peer=ask.peer, service="web", why=outcome.reason)
    return Problem(_STATUS[outcome.why], "Not signed in", outcome.words)


async def begin(ask: Ask, account_id: int, address: str, way: str, by: str | None = None) -> Response:
    """Begin a session, and tell whose it is; `by` names for the log of sign-ins what more it was done with."""

    def job(connection: Connection) -> tuple[Opened, Account]:
        opened = _open(connection, ask, account_id, way, pending=False)
        return opened, account(connection, address, listeners_admin=ask.site.admin)

    opened, whose = await ask.rooms.store.write(job)
    ask.rooms.log.auth.info(
        "logged in", peer=ask.peer, service="web", login=address, session=opened.id, by=way
    )
    ask.rooms.keys.tell(client(ask), account_id, way if by is None else by, None)
    return give(reply(Entered(whose)), ask.request, opened.secret)


def _open(connection: Connection, ask: Ask, account_id: int, way: str, *, pending: bool) -> Opened:
    """Begin a session in place of the one that this browser had before."""
    if ask.session is not None:
        sessions.close(connection, ask.session.id)
    agent, now = ask.request.headers.get("user-agent", ""), ask.rooms.clock()
    return sessions.begin(
        connection, account_id, way=way, peer=ask.peer, agent=agent, now=now, pending=pending
    )


def account(connection: Connection, address: str, *, listeners_admin: bool) -> Account:
    """Read what the pages need to know of who is signed in."""
    user = users.get(connection, address)
    some = sessions.administers(connection, user.id)
    return Account(
        address=user.address,
        real_name=user.real_name,
        admin=user.admin or bool(some),
        domains=None if user.admin else sorted(some),
        language=user.language,
        listeners_admin=listeners_admin,
        version=__version__,
    )


ROUTES: Final = (
    Route(
        method="POST",
        path="/api/v1/auth/sign-in",
        handler=sign_in,
        need=Need.NOBODY,
        summary="Sign in with a name and a password",
        body=SignIn,
        answer=Entered,
    ),
    Route(
        method="POST",
        path="/api/v1/auth/sign-out",
        handler=sign_out,
        need=Need.NOBODY,
        summary="Sign out: the session ends on the server",
    ),
    Route(
        method="GET",
        path="/api/v1/auth/me",
        handler=who,
        need=Need.USER,
        scope="me:read",
        summary="Tell who is signed in",
        answer=Account,
    ),
)
