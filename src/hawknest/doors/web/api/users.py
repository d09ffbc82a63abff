"""Users by the API: list, make, look at, change and remove them, their passwords and their sessions."""

import asyncio
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hawknest.accounts import aliases, apps, passwords, proofs, sessions, stewards, users
from hawknest.accounts.domains import address_of
from hawknest.accounts.users import User
from hawknest.doors.web.api import paging, rights
from hawknest.doors.web.api.bodies import Addresses, Body, Password, Text
from hawknest.doors.web.api.changing import change, once
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import Problem, forbidden
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.store import Connection


class NewUser(Body):
    """A user to be."""

    address: str
    real_name: str = ""
    admin: bool = False
    active: bool = True
    quota: int = 0
    message_limit: int = 0
    forward: Addresses = ()
    keep_copy: bool = True
    password: Annotated[Password | None, Meta(description="None: one is made up and given once")] = None


class UserChange(Body):
    """What is to be different about a user; what is not named stays."""

    real_name: str | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    admin: bool | UnsetType = UNSET
    quota: int | UnsetType = UNSET
    message_limit: int | UnsetType = UNSET
    forward: Addresses | UnsetType = UNSET
    keep_copy: bool | UnsetType = UNSET
    responder_on: bool | UnsetType = UNSET
    responder_subject: str | UnsetType = UNSET
    responder_text: Text | UnsetType = UNSET
    finger_text: Text | UnsetType = UNSET
    reassemble: bool | UnsetType = UNSET
    imap_without: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    app_passwords_only: bool | UnsetType = UNSET
    admin_domains: Annotated[
        Addresses | UnsetType,
        Meta(description="The domains that this user administers without all the others"),
    ] = UNSET


class NewPassword(Body):
    """A password for somebody."""

    password: Annotated[Password | None, Meta(description="None: one is made up and given once")] = None


class NewAppPassword(Body):
    """An app password to be."""

    label: str
    services: Annotated[tuple[str, ...], Meta(max_length=10)] = ("smtp", "pop3", "imap")


class MadeUser(msgspec.Struct, kw_only=True):
    """A user, with the password where it was made up, and what is weak about one that was chosen."""

    user: User
    password: str | None = None
    warnings: list[str] = []


class MadePassword(msgspec.Struct, kw_only=True):
    """A password that was made up, shown once; null: it was chosen."""

    password: str | None = None
    warnings: list[str] = []


class MadeAppPassword(msgspec.Struct, kw_only=True):
    """An app password, shown once."""

    label: str
    services: list[str]
    password: str


class OpenSession(msgspec.Struct, kw_only=True):
    """A browser that is signed in. Times are seconds since the epoch."""

    id: str
    way: str
    peer: str
    agent: str
    created_at: float
    seen_at: float
    expires_at: float


class WholeUser(msgspec.Struct, kw_only=True):
    """A user with what belongs to it."""

    user: User
    admin_domains: list[str]
    aliases: Annotated[list[str], Meta(description="Aliases that lead to this user")]
    app_passwords: int
    sessions: int


async def listing(ask: Ask) -> Page[User]:
    """List users."""
    before, count, wanted = paging.skip(ask), paging.limit(ask), paging.search(ask)
    within, order = ask.who.domains, ask.query.get("sort", "address")

    def look(connection: Connection) -> tuple[list[User], int]:
        found = users.listing(connection, wanted, count, before, order, within=within)
        return found, users.count(connection, wanted, within=within)

    found, total = await ask.rooms.store.read(look)
    return paging.portion(found, before, count, total)


@once
async def add(ask: Ask) -> Any:
    """Make a user."""
    body: NewUser = ask.body
    address = rights.over_address(ask, body.address)
    if body.admin and not ask.who.whole:
        raise forbidden("Only who administers the whole nest can name another who does")
    picked = proofs.chosen(body.password, [address, body.real_name])
    fields: dict[str, Any] = {name: getattr(body, name) for name in _ADDED}
    secret = await derived(ask, picked.password, address)
    made = await change(
        ask,
        "user.add",
        address,
        lambda c: users.add(c, User(**fields), secret, ask.rooms.clock()),
        partial(users.get, text=address),
    )
    password = picked.password if picked.made_up else None
    return reply(MadeUser(user=made, password=password, warnings=[*picked.warnings]), 201)


_ADDED: Final = ("address", "real_name", "admin", "active", "quota", "message_limit", "forward", "keep_copy")


async def look(ask: Ask) -> WholeUser:
    """Look at one user."""
    address, now = rights.over_address(ask, ask.path["address"]), ask.rooms.clock()

    def question(connection: Connection) -> WholeUser:
        user = rights.found(connection, address)
        key = address_of(user.address).key
        leading = [
            a.address for a in aliases.listing(connection) if key in {address_of(t).key for t in a.targets}
        ]
        return WholeUser(
            user=user,
            admin_domains=stewards.appointed(connection, user.id),
            aliases=[one for one in leading if ask.who.administers(address_of(one).domain)],
            app_passwords=len(apps.listing(connection, address)),
            sessions=len(sessions.listing(connection, user.id, now)),
        )

    return await ask.rooms.store.read(question)


async def alter(ask: Ask) -> WholeUser:
    """Change a user."""
    address, body = rights.over_address(ask, ask.path["address"]), ask.body
    changes = {f: v for f in body.__struct_fields__ if (v := getattr(body, f)) is not UNSET}
    appointed: tuple[str, ...] | None = changes.pop("admin_domains", None)
    if not ask.who.whole and (appointed is not None or changes.get("admin")):
        raise forbidden("Only who administers the whole nest can name others who administer")

    def job(connection: Connection) -> None:
        user = users.change(connection, address, **changes)
        if appointed is not None:
            stewards.appoint(connection, address, appointed)
        _see_to_administrator(connection, user)

    await change(
        ask, "user.change", address, rights.not_above(ask, job, address), partial(_seen, address=address)
    )
    return await look(ask)


async def remove(ask: Ask) -> None:
    """Remove a user with all letters."""
    address = rights.over_address(ask, ask.path["address"])

    def job(connection: Connection) -> list[str]:
        user = users.get(connection, address)
        if user.id == ask.who.account_id:
            raise Problem(422, "Not possible", "You cannot remove yourself: another administrator can")
        return users.remove(connection, address)

    places = await change(
        ask, "user.remove", address, rights.not_above(ask, job, address), partial(users.get, text=address)
    )
    for place in places:
        await asyncio.to_thread(ask.rooms.store.blobs.remove, place)


async def password(ask: Ask) -> MadePassword:
    """Give a user a new password; the old one ends at once, and with it all sessions."""
    address = rights.over_address(ask, ask.path["address"])
    user = await ask.rooms.store.read(partial(rights.found, address=address))
    picked = proofs.chosen(ask.body.password, [address, user.real_name])
    secret = await derived(ask, picked.password, address)
    job = rights.not_above(ask, partial(users.set_password, text=address, secret=secret), address)
    await change(ask, "user.password", address, job)
    return MadePassword(password=picked.password if picked.made_up else None, warnings=[*picked.warnings])


async def app_passwords(ask: Ask) -> Page[apps.AppPassword]:
    """List the app passwords of a user, without the passwords."""
    address = rights.over_address(ask, ask.path["address"])

    def question(connection: Connection) -> list[apps.AppPassword]:
        rights.found(connection, address)
        return apps.listing(connection, address)

    return paging.cut(await ask.rooms.store.read(question), ask)


@once
async def add_app_password(ask: Ask) -> Any:
    """Make an app password, and show it once."""
    address, body = rights.over_address(ask, ask.path["address"]), ask.body
    await ask.rooms.store.read(partial(rights.found, address=address))
    made_up = passwords.generate_app()
    terms = await ask.rooms.store.write(partial(proofs.terms, name=address))
    kept = await asyncio.to_thread(passwords.derived_of, made_up, terms.salt)

    def job(connection: Connection) -> apps.AppPassword:
        return apps.add(connection, address, body.label, body.services, derived=kept, now=ask.rooms.clock())

    made = await change(
        ask, "user.app_password.add", f"{address} {body.label}"[:300], rights.not_above(ask, job, address)
    )
    return reply(MadeAppPassword(label=made.label, services=[*made.services], password=made_up), 201)


async def remove_app_password(ask: Ask) -> None:
    """Take an app password back; whoever uses it is out at once."""
    address, label = rights.over_address(ask, ask.path["address"]), ask.path["label"]
    job = rights.not_above(ask, lambda c: apps.remove(c, address, label), address)
    await change(ask, "user.app_password.remove", f"{address} {label}"[:300], job)


async def open_sessions(ask: Ask) -> Page[OpenSession]:
    """List where a user is signed in."""
    address, now = rights.over_address(ask, ask.path["address"]), ask.rooms.clock()

    def question(connection: Connection) -> list[OpenSession]:
        user = rights.found(connection, address)
        there = sessions.listing(connection, user.id, now)
        return [
            OpenSession(**{name: getattr(one, name) for name in OpenSession.__struct_fields__})
            for one in there
        ]

    return paging.cut(await ask.rooms.store.read(question), ask)


async def end_session(ask: Ask) -> None:
    """Sign a user out somewhere."""
    address, session = rights.over_address(ask, ask.path["address"]), ask.path["id"]

    def job(connection: Connection) -> None:
        sessions.end(connection, session, users.get(connection, address).id)

    await change(ask, "user.session.end", address, rights.not_above(ask, job, address))


async def derived(ask: Ask, picked: str, name: str) -> passwords.Secrets:
    """Derive what is kept of a password, beside the loop. Raises StoreError, AccountError."""
    terms = await ask.rooms.store.write(partial(proofs.terms, name=name))
    return await asyncio.to_thread(proofs.secrets, picked, terms)


def _seen(connection: Connection, address: str) -> dict[str, Any]:
    """A user as the audit compares it."""
    user = users.get(connection, address)
    return msgspec.to_builtins(user) | {"admin_domains": stewards.appointed(connection, user.id)}


def _see_to_administrator(connection: Connection, user: User) -> None:
    """See that somebody can still administer the whole nest. Raises Problem."""
    if not (user.admin and user.active) and not users.administered(connection):
        raise Problem(422, "Not possible", "This is the last administrator: name another one first", "admin")


_ONE: Final = "users/{address}"
ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/users",
        handler=listing,
        need=Need.DOMAINS,
        scope=Scope.USERS,
        summary="List users",
        answer=Page[User],
        query=paging.PARAMETERS
        | {
            "search": "A part of the address or the real name",
            "sort": f"One of {', '.join(users.ORDERS)}; address unless said",
        },
    ),
    Route(
        method="POST",
        path="/api/v1/users",
        handler=add,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Make a user; without a password one is made up and given once",
        body=NewUser,
        answer=MadeUser,
    ),
    Route(
        method="GET",
        path=f"/api/v1/{_ONE}",
        handler=look,
        need=Need.DOMAINS,
        scope=Scope.USERS,
        summary="Look at a user",
        answer=WholeUser,
    ),
    Route(
        method="PATCH",
        path=f"/api/v1/{_ONE}",
        handler=alter,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Change a user; what is not named stays",
        body=UserChange,
        answer=WholeUser,
    ),
    Route(
        method="DELETE",
        path=f"/api/v1/{_ONE}",
        handler=remove,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Remove a user with all letters, for ever",
    ),
    Route(
        method="POST",
        path=f"/api/v1/{_ONE}/password",
        handler=password,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Give a user a new password; the old one and all sessions end at once",
        body=NewPassword,
        answer=MadePassword,
    ),
    Route(
        method="GET",
        path=f"/api/v1/{_ONE}/app-passwords",
        handler=app_passwords,
        need=Need.DOMAINS,
        scope=Scope.USERS,
        summary="List the app passwords of a user, without the passwords",
        answer=Page[apps.AppPassword],
        query=paging.PARAMETERS,
    ),
    Route(
        method="POST",
        path=f"/api/v1/{_ONE}/app-passwords",
        handler=add_app_password,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Make an app password, and show it once",
        body=NewAppPassword,
        answer=MadeAppPassword,
    ),
    Route(
        method="DELETE",
        path=f"/api/v1/{_ONE}/app-passwords/{{label}}",
        handler=remove_app_password,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Take an app password back",
    ),
    Route(
        method="GET",
        path=f"/api/v1/{_ONE}/sessions",
        handler=open_sessions,
        need=Need.DOMAINS,
        scope=Scope.USERS,
        summary="List where a user is signed in",
        answer=Page[OpenSession],
        query=paging.PARAMETERS,
    ),
    Route(
        method="DELETE",
        path=f"/api/v1/{_ONE}/sessions/{{id}}",
        handler=end_session,
        need=Need.DOMAINS,
        scope=Scope.USERS_CHANGE,
        summary="Sign a user out somewhere",
    ),
)
