"""One-time links, and the page of the first run behind the first of them.

The page takes the secret from behind the # and hands it in here. A link signs somebody in and is used up by that. The link of a
new nest is used up when its page has been filled in, so that whoever closed the page too early can open it again.
"""

import asyncio
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from hawknest.accounts import aliases, audit, domains, links, passwords, proofs, users
from hawknest.accounts.audit import By
from hawknest.accounts.errors import AccountError
from hawknest.accounts.links import Link
from hawknest.accounts.passwords import Secrets
from hawknest.accounts.users import User
from hawknest.doors.web.errors import Problem, refused
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.doors.web.signin import Entered, begin, enter
from hawknest.mail.address import Address
from hawknest.store import Connection

Token = Annotated[str, Meta(min_length=1, max_length=100)]


class Opening(msgspec.Struct, forbid_unknown_fields=True):
    """The secret of a link."""

    token: Token


class Welcome(msgspec.Struct, forbid_unknown_fields=True):
    """What a new nest has to know."""

    token: Token
    domain: Annotated[str, Meta(min_length=1, max_length=255)]
    address: Annotated[str, Meta(min_length=1, max_length=320)]  # with or without the domain
    password: Annotated[str, Meta(max_length=1024)]
    name: str = ""  # real
    language: str = ""


class Known(msgspec.Struct):
    """What the page of the first run need not ask again."""

    address: str
    domain: str
    name: str


class Opened(Entered, omit_defaults=True):
    """What is behind a link: somebody is signed in, or the page of the first run."""

    welcome: Known | None = None


async def open_link(ask: Ask) -> Any:
    """Sign somebody in by a link, or say what is known for the page of the first run."""
    body: Opening = ask.body
    now = ask.rooms.clock()
    found = await ask.rooms.store.read(partial(links.look, secret=body.token, now=now))
    if found is None:
        raise _dead(ask)
    if found.first:
        return Opened(welcome=await ask.rooms.store.read(partial(_known, found=found)))
    if await ask.rooms.store.write(partial(links.use, secret=body.token, now=now)) is None:
        raise _dead(ask)
    return await enter(ask, found.account_id, found.address, "link")


async def welcome(ask: Ask) -> Response:
    """Take what the page of the first run asked for, and sign the administrator in."""
    body: Welcome = ask.body
    rooms, now = ask.rooms, ask.rooms.clock()
    found = await rooms.store.read(partial(links.look, secret=body.token, now=now))
    if found is None or not found.first:
        raise _dead(ask)
    address = _address(body)
    if wrong := passwords.objections(body.password, (str(address), body.name)):
        raise refused(f"This password is too easy to guess: {'; '.join(wrong)}", "password")
    terms = await rooms.store.write(partial(_terms, address=address, now=now))
    secrets = await asyncio.to_thread(proofs.secrets, body.password, terms)
    user = await rooms.store.write(partial(_settle, body=body, address=address, secrets=secrets, now=now))
    if user is None:
        raise _dead(ask)
    rooms.directory.refresh()
    await rooms.keysmith.complete()
    rooms.log.system.info("first run", login=user.address, peer=ask.peer)
    return await begin(ask, user.id, user.address, "link")


def _known(connection: Connection, found: Link) -> Known:
    known = domains.listing(connection)
    domain = found.address.rpartition("@")[2] or (known[0].name if known else "")
    return Known(found.address, domain, found.real_name)


def _address(body: Welcome) -> Address:
    """Put the address together. Raises Problem."""
    try:
        domain = domains.named(body.domain)
    except AccountError as error:
        raise refused(str(error), "domain") from None
    local, at, given = body.address.strip().rpartition("@")
    try:
        if at and domains.named(given) != domain:
            raise refused(f"The address must lie in {domain}", "address")
        return domains.address_of(f"{local if at else given}@{domain}")
    except AccountError as error:
        raise refused(str(error), "address") from None


def _terms(connection: Connection, address: Address, now: float) -> proofs.Terms:
    """Find on what terms the password is kept; the domain is made where it is not there yet. Raises Problem."""
    try:
        if all(known.name != address.domain for known in domains.listing(connection)):
            domains.add(connection, address.domain, now)
    except AccountError as error:
        raise refused(str(error), "domain") from None
    return proofs.terms(connection, str(address))


def _settle(
    connection: Connection, body: Welcome, address: Address, secrets: Secrets, now: float
) -> User | None:
    """Use the link up, and make its owner the administrator; None: somebody was faster. Raises Problem."""
    found = links.use(connection, body.token, now)
    if found is None:
        return None
    try:
        user = _administrator(connection, str(address), body, secrets, now)
    except AccountError as error:
        raise refused(str(error), "address") from None
    aliases.add_roles(connection, address.domain, user.address)
    by = By(found.address or user.address, "session")
    audit.note(connection, by, "first-run", user.address, now)
    return user


def _administrator(connection: Connection, address: str, body: Welcome, secrets: Secrets, now: float) -> User:
    """Make the account an administrator's, or a new one. Raises AccountError."""
    name = body.name.strip()
    if not users.exists(connection, address):
        user = User(address=address, real_name=name, language=body.language, admin=True)
        return users.add(connection, user, secrets, now)
    users.set_password(connection, address, secrets)
    return users.change(connection, address, real_name=name, language=body.language, admin=True)


def _dead(ask: Ask) -> Problem:
    ask.rooms.log.auth.warning("denied", peer=ask.peer, service="web", why="LINK")
    return Problem(401, "Not signed in", "This link was used already, or is too old", "token")


ROUTES: Final = (
    Route(
        method="POST",
        path="/api/v1/auth/link",
        handler=open_link,
        need=Need.NOBODY,
        summary="Sign in by a one-time link",
        body=Opening,
        answer=Opened,
    ),
    Route(
        method="POST",
        path="/api/v1/welcome",
        handler=welcome,
        need=Need.NOBODY,
        summary="Begin a new nest: its first domain, administrator and password",
        body=Welcome,
        answer=Entered,
    ),
)
