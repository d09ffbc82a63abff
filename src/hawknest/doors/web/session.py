"""Who asks: the cookie of a browser or the token of a program, and what it is worth. RFC 6265 §4.1, RFC 6750 §2.1.

The cookie holds 256 random bits and nothing else. Its name begins with `__Host-` where TLS holds, so that browsers take it from
this very host alone, over TLS alone; on the plain port of this machine itself they would refuse such a name.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hawknest.accounts import apitokens, sessions
from hawknest.accounts.sessions import Bearer, Session
from hawknest.doors.web.rooms import NOBODY, Rooms, Who
from hawknest.store import Connection, StoreError

SECURE: Final = "__Host-hawknest"
PLAIN: Final = "hawknest"
LONGEST: Final = 200  # octets of a secret that is looked up


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and the session where there is one, which may still wait for the second factor."""

    who: Who
    session: Session | None = None
    bearer: Bearer | None = None  # whose it is, also before the second factor

    @property
    def by_token(self) -> bool:
        """Whether a token came, which no browser sends by itself."""
        return self.who.account_id != 0 and self.who.scopes is not None


async def asker(request: Request, rooms: Rooms, peer: str) -> Asker:
    """Find out who asks. Raises StoreError."""
    now = rooms.clock()
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Asker(await _by_token(token.strip(), rooms, now))
    secret = cookie(request)
    if not secret:
        return Asker(NOBODY)
    found = await rooms.store.read(partial(sessions.find, secret=secret, now=now))
    if found is None:
        return Asker(NOBODY)
    session, bearer = found
    if session.pending:
        return Asker(NOBODY, session, bearer)
    if now - session.seen_at > sessions.NOTICED:
        await _noted(rooms, partial(sessions.seen, session_id=session.id, peer=peer, now=now))
    return Asker(_who(bearer, session.id, None), session, bearer)


async def _by_token(secret: str, rooms: Rooms, now: float) -> Who:
    if not secret or len(secret) > LONGEST:
        return NOBODY

    def ask(connection: Connection) -> tuple[apitokens.Token, Bearer] | None:
        return apitokens.find(connection, secret, now)

    if (found := await rooms.store.read(ask)) is None:
        return NOBODY
    token, bearer = found
    if now - (token.used_at or 0.0) > sessions.NOTICED:
        await _noted(rooms, partial(apitokens.used, token_id=token.id, now=now))
    return _who(bearer, token.id, frozenset(token.scopes))


async def _noted(rooms: Rooms, job: Callable[[Connection], None]) -> None:
    """Note that somebody is there, if it can be: a full disk must not keep its owner from looking at it."""
    with contextlib.suppress(StoreError):
        await rooms.store.write(job)


def _who(bearer: Bearer, session: str, scopes: frozenset[str] | None) -> Who:
    return Who(
        account_id=bearer.account_id,
        address=bearer.address,
        admin=bearer.admin or bool(bearer.domains),
        domains=None if bearer.admin else bearer.domains,
        scopes=scopes,
        session=session,
    )


def cookie(request: Request) -> str:
    """Read the secret that a browser brings; '' where it brings none."""
    secret = request.cookies.get(_name(request), "")
    return secret if len(secret) <= LONGEST else ""


def give(response: Response, request: Request, secret: str) -> Response:
    """Let a browser keep the secret of its session."""
    response.set_cookie(
        _name(request),
        secret,
        max_age=int(sessions.LONGEST),
        path="/",
        secure=_secure(request),
        httponly=True,
        samesite="strict",
    )
    return response


def take_back(response: Response, request: Request) -> Response:
    """Let a browser forget its session."""
    response.delete_cookie(
        _name(request), path="/", secure=_secure(request), httponly=True, samesite="strict"
    )
    return response


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


def _name(request: Request) -> str:
    return SECURE if _secure(request) else PLAIN
