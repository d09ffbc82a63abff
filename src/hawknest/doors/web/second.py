"""The second factor: who has proved the password brings a code or a passkey, and is signed in."""

import asyncio
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from starlette.responses import Response

from hawknest.accounts import passkeys, second, sessions
from hawknest.accounts.entrant import Failure
from hawknest.accounts.passkeys import Passkey, Place
from hawknest.accounts.sessions import Bearer, Session
from hawknest.doors.web.errors import Problem, refused, unauthorized
from hawknest.doors.web.gate import host_of
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.doors.web.signin import Entered, begin, client
from hawknest.store import Connection


class Second(msgspec.Struct, forbid_unknown_fields=True):
    """A code, of an authenticator app or for recovery, or what a passkey has signed."""

    code: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    passkey: dict[str, Any] | None = None


async def ask_passkey(ask: Ask) -> dict[str, Any]:
    """Ask for a passkey; the answer is what the browser's `navigator.credentials.get` takes."""
    session, bearer = _waiting(ask)
    known = await ask.rooms.store.read(partial(passkeys.listing, account_id=bearer.account_id))
    asked = await asyncio.to_thread(passkeys.request, place_of(ask), known)
    await ask.rooms.store.write(partial(sessions.challenge, session_id=session.id, text=asked.challenge))
    return asked.options


async def bring(ask: Ask) -> Response:
    """Look at the second factor, and begin the session."""
    session, bearer = _waiting(ask)
    body: Second = ask.body
    if body.passkey is not None:
        right = await _by_passkey(ask, session, bearer, body.passkey)
    elif body.code is not None:
        right = await _by_code(ask, bearer, body.code)
    else:
        raise refused("A code or a passkey is needed", "code")
    if not right:
        await ask.rooms.keys.fail(client(ask), bearer.address, bearer.account_id, Failure.SECOND)
        ask.rooms.log.auth.warning("denied", peer=ask.peer, service="web", login=bearer.address, why="SECOND")
        raise Problem(401, "Not signed in", "This code is not right", "code")
    by = f"{session.way}, {'passkey' if body.passkey is not None else 'code'}"
    return await begin(ask, bearer.account_id, bearer.address, session.way, by)


async def _by_code(ask: Ask, bearer: Bearer, code: str) -> bool:
    try:
        return await ask.rooms.store.write(
            partial(second.check, account_id=bearer.account_id, code=code, now=ask.rooms.clock())
        )
    except second.TooMany as error:
        raise Problem(429, "Too many tries", str(error)) from None


async def _by_passkey(ask: Ask, session: Session, bearer: Bearer, told: dict[str, Any]) -> bool:
    def take(connection: Connection) -> tuple[str, list[Passkey]]:
        challenge = sessions.challenged(connection, session.id)
        return challenge, passkeys.listing(connection, bearer.account_id)

    challenge, known = await ask.rooms.store.write(take)
    proved = await asyncio.to_thread(passkeys.proved, place_of(ask), challenge, told, known)
    if proved is None:
        return False
    passkey, count = proved
    now = ask.rooms.clock()
    await ask.rooms.store.write(partial(passkeys.used, passkey_id=passkey.id, count=count, now=now))
    return True


def place_of(ask: Ask) -> Place:
    """Say where a ceremony takes place."""
    headers = ask.request.headers
    return Place(host_of(headers), f"{ask.request.url.scheme}://{headers['host'].strip().lower()}")


def _waiting(ask: Ask) -> tuple[Session, Bearer]:
    """Find the session that waits for its second factor. Raises Problem."""
    if ask.session is None or ask.bearer is None or not ask.session.pending:
        raise unauthorized()
    return ask.session, ask.bearer


ROUTES: Final = (
    Route(
        method="POST",
        path="/api/v1/auth/second/begin",
        handler=ask_passkey,
        need=Need.NOBODY,
        summary="Ask for a passkey as second factor",
        answer=dict[str, Any],
    ),
    Route(
        method="POST",
        path="/api/v1/auth/second",
        handler=bring,
        need=Need.NOBODY,
        summary="Bring the second factor: a code, or what a passkey has signed",
        body=Second,
        answer=Entered,
    ),
)
