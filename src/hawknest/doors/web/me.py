"""What everybody may see and change of their own account: the profile and the password.

A new password takes the old one's place at every door at once, and ends all other sessions. It is asked for together with the
old one, unless somebody has just come in by a one-time link because the old one is forgotten.
"""

import asyncio
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hawknest.accounts import passwords, proofs, second, sessions, users
from hawknest.accounts.errors import AccountError
from hawknest.accounts.login import Denied, Why
from hawknest.accounts.users import User
from hawknest.doors.web.api.changing import change
from hawknest.doors.web.errors import Problem, refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.doors.web.signin import client
from hawknest.store import Connection

FORGOTTEN: Final = 900.0  # seconds after coming in by a link in which the old password is not asked for
CHECKED: Final = 200  # characters of a password whose strength is looked at


class SecondFactors(msgspec.Struct):
    """What there is of second factors."""

    totp: Annotated[bool, Meta(description="Whether an authenticator app is set up")]
    passkeys: int
    recovery: Annotated[int, Meta(description="Recovery codes that are left")]


class Own(msgspec.Struct, kw_only=True):
    """An account as its owner sees it."""

    address: str
    real_name: str
    admin: bool
    quota: int
    octets: int
    message_limit: int
    forward: tuple[str, ...]
    keep_copy: bool
    responder_on: bool
    responder_subject: str
    responder_text: str
    finger_text: str
    reassemble: bool
    imap_without: str
    language: str
    app_passwords_only: Annotated[
        bool, Meta(description="Whether mail programs get in with app passwords alone")
    ]
    active: bool
    created_at: float
    has_password: bool
    second: SecondFactors
    current_needed: Annotated[bool, Meta(description="Whether the old password is asked for with a new one")]


class MadePasswords(msgspec.Struct):
    """A password that was made up."""

    password: str


class Objections(msgspec.Struct):
    """What is too easy about a password; nothing: it may be taken."""

    objections: list[str]


class Profile(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody changes of the own account; what is not there stays."""

    real_name: str | UnsetType = UNSET
    forward: Annotated[list[str], Meta(max_length=users.FORWARDS)] | UnsetType = UNSET
    keep_copy: bool | UnsetType = UNSET
    responder_on: bool | UnsetType = UNSET
    responder_subject: str | UnsetType = UNSET
    responder_text: str | UnsetType = UNSET
    finger_text: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    app_passwords_only: bool | UnsetType = UNSET


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """A new password."""

    new: Annotated[str, Meta(max_length=1024)]
    current: Annotated[str, Meta(max_length=1024)] = ""


class Check(msgspec.Struct, forbid_unknown_fields=True):
    """A password that somebody thinks of."""

    password: Annotated[str, Meta(max_length=1024)]


async def look(ask: Ask) -> Own:
    """Tell what the own account is like."""

    def question(connection: Connection) -> Own:
        user = users.get(connection, ask.who.address)
        seen = {name: value for name, value in asdict(user).items() if name in Own.__struct_fields__}
        needed = current_needed(connection, ask)
        there = second.standing(connection, user.id)
        return Own(
            **seen,
            second=SecondFactors(there.totp, there.passkeys, there.recovery),
            current_needed=needed,
        )

    return await ask.rooms.store.read(question)


async def alter(ask: Ask) -> Own:
    """Change the own account, and tell what it is like then."""
    address = ask.who.address
    wanted = {name: value for name, value in msgspec.structs.asdict(ask.body).items() if value is not UNSET}
    if "forward" in wanted:
        wanted["forward"] = tuple(wanted["forward"])
    job = partial(_change, address=address, wanted=wanted)
    await change(ask, "user.change", address, job, partial(users.get, text=address))
    return await look(ask)


async def set_password(ask: Ask) -> None:
    """Take a new password in place of the old one, everywhere and at once."""
    body: Change = ask.body
    address, rooms = ask.who.address, ask.rooms
    session = ask.session
    assert session is not None  # no token has the scope
    if await rooms.store.read(partial(current_needed, ask=ask)):
        await prove(ask, body.current)
    user = await rooms.store.read(partial(users.get, text=address))
    if wrong := passwords.objections(body.new, (address, user.real_name)):
        raise refused(f"This password is too easy to guess: {'; '.join(wrong)}", "new")
    terms = await rooms.store.write(partial(proofs.terms, name=address))
    secrets = await asyncio.to_thread(proofs.secrets, body.new, terms)

    def job(connection: Connection) -> None:
        users.set_password(connection, address, secrets)
        sessions.follow(connection, session.id, user.id)
        sessions.end_others(connection, user.id, session.id)

    await change(ask, "user.password", address, job)
    rooms.log.auth.info("password changed", peer=ask.peer, service="web", login=address)


async def generate(_ask: Ask) -> MadePasswords:
    """Make a password up, which is kept nowhere."""
    return MadePasswords(passwords.generate())


async def check(ask: Ask) -> Objections:
    """Say what is too easy about a password; nothing is kept of it."""
    body: Check = ask.body
    user = await ask.rooms.store.read(partial(users.get, text=ask.who.address))
    return Objections(passwords.objections(body.password[:CHECKED], (user.address, user.real_name)))


async def prove(ask: Ask, password: str) -> None:
    """See that who asks knows the account's own password. Raises Problem."""
    outcome = await ask.rooms.keys.password(client(ask), ask.who.address, password)
    if not isinstance(outcome, Denied):
        return
    ask.rooms.log.auth.warning(
        "denied", peer=ask.peer, service="web", login=ask.who.address, why=outcome.reason
    )
    if outcome.why is Why.BLOCKED:
        raise Problem(429, "Too many tries", outcome.words, "current")
    raise refused("This is not the password of your account", "current")


def current_needed(connection: Connection, ask: Ask) -> bool:
    """Tell whether the old password is asked for: not where there is none, and not right after a one-time link."""
    session = ask.session
    if session is not None and session.way == "link" and ask.rooms.clock() - session.created_at < FORGOTTEN:
        return False
    return users.has_own_password(connection, ask.who.account_id)


def _change(connection: Connection, address: str, wanted: dict[str, Any]) -> User:
    if not wanted:
        raise AccountError("nothing is to be changed")
    return users.change(connection, address, **wanted)


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/api/v1/me",
        handler=look,
        need=Need.USER,
        scope="me:read",
        summary="Tell what one's own account is like",
        answer=Own,
    ),
    Route(
        method="PATCH",
        path="/api/v1/me",
        handler=alter,
        need=Need.USER,
        summary="Change one's own account",
        body=Profile,
        answer=Own,
    ),
    Route(
        method="POST",
        path="/api/v1/me/password",
        handler=set_password,
        need=Need.USER,
        summary="Take a new password; the old one opens nothing any more",
        body=Change,
    ),
    Route(
        method="GET",
        path="/api/v1/me/password/generate",
        handler=generate,
        need=Need.USER,
        summary="Make a password up",
        answer=MadePasswords,
    ),
    Route(
        method="POST",
        path="/api/v1/me/password/check",
        handler=check,
        need=Need.USER,
        summary="Say what is too easy about a password",
        body=Check,
        answer=Objections,
    ),
)
