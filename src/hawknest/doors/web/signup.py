"""Making an account for oneself, where the owner allows it. Where not, nothing here is there, neither to look at nor to post to.

An invitation's secret stands behind the # of its link and is handed in by the page. Who asks without one is told the same whether
the name is free or not.
"""

import asyncio
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from hawknest.accounts import domains, invitations, proofs, signup
from hawknest.accounts.signup import Mode, NotOpen, TooMany
from hawknest.accounts.users import User
from hawknest.doors.web import reach
from hawknest.doors.web.errors import Problem, not_found
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.store import Connection

Secret = Annotated[str, Meta(max_length=200)]


class Open(msgspec.Struct, kw_only=True):
    """How an account is to be had."""

    way: Annotated[str, Meta(description="invited: with an invitation alone; approved: by asking, too")]
    domains: Annotated[
        list[str], Meta(description="Where an account may be asked for; of an invitation, its own")
    ]
    page: Annotated[str, Meta(description="Where this is for everybody")] = ""
    local: Annotated[str, Meta(description="The name that an invitation is for; empty: any that is free")] = (
        ""
    )


class Shown(msgspec.Struct, forbid_unknown_fields=True):
    """An invitation that is looked at."""

    invitation: Secret


class SignUp(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An account that somebody wants."""

    address: Annotated[str, Meta(min_length=3, max_length=320)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    real_name: Annotated[str, Meta(max_length=250)] = ""
    invitation: Annotated[Secret, Meta(description="Empty: an administrator is asked")] = ""
    language: Annotated[str, Meta(pattern="^(en|ja)?$")] = ""
    note: Annotated[str, Meta(max_length=signup.NOTE, description="A word to the administrator")] = ""


class Made(msgspec.Struct, kw_only=True):
    """What came of it."""

    address: str
    waits: Annotated[bool, Meta(description="An administrator has to say yes first")]


async def look(ask: Ask) -> Open:
    """Tell whether and how an account is to be had."""

    def question(connection: Connection) -> Open:
        way = signup.mode(connection)
        if way is Mode.OFF:
            raise not_found()
        names = _names(connection) if way is Mode.APPROVED else []
        return Open(way=way, domains=names, page=f"{reach.pages(ask)}/join")

    return await ask.rooms.store.read(question)


async def shown(ask: Ask) -> Open:
    """Tell what an invitation is for."""

    def question(connection: Connection) -> Open:
        way = signup.mode(connection)
        found = invitations.find(connection, ask.body.invitation, ask.rooms.clock())
        if way is Mode.OFF or found is None:
            raise not_found()
        return Open(way=way, domains=[found.domain], local=found.local)

    return await ask.rooms.store.read(question)


async def sign_up(ask: Ask) -> Response:
    """Make an account, or ask for one."""
    rooms, body, now = ask.rooms, ask.body, ask.rooms.clock()

    def first(connection: Connection) -> str:
        """Look at what can be looked at before a password is derived, which takes a while."""
        way = signup.mode(connection)
        invited = invitations.find(connection, body.invitation, now) if body.invitation else None
        if way is Mode.OFF or (invited is None and (body.invitation or way is not Mode.APPROVED)):
            raise not_found()
        if invited is None:
            signup.crowded(connection, ask.peer, now)
        return str(signup.checked(connection, body.address))

    try:
        address = await rooms.store.read(first)
        picked = proofs.chosen(body.password, [address, body.real_name])
        terms = await rooms.store.write(partial(proofs.terms, name=address))
        invited = bool(body.invitation)  # what an applicant chose is not kept readable, for CRAM-MD5
        kept = await asyncio.to_thread(proofs.secrets, picked.password, terms, cram_md5=invited)
        user = User(address=address, real_name=body.real_name, language=body.language)
        if body.invitation:
            await rooms.store.write(
                partial(signup.join, secret=body.invitation, user=user, kept=kept, now=now)
            )
        else:
            wanted = partial(
                signup.apply,
                user=user,
                kept=kept,
                language=body.language,
                note=body.note,
                peer=ask.peer,
                now=now,
            )
            await rooms.store.write(wanted)
    except NotOpen:
        raise not_found() from None
    except TooMany as crowd:
        raise Problem(429, "Too many", str(crowd)) from None
    rooms.directory.refresh()
    waits = not body.invitation
    rooms.log.auth.info("asked for an account" if waits else "made an account", peer=ask.peer, login=address)
    return reply(Made(address=address, waits=waits), 202 if waits else 201)


def _names(connection: Connection) -> list[str]:
    """List the domains that people may ask for an account in."""
    found = domains.listing(connection)
    return [domain.name for domain in found if not domain.alias_of and not domain.name.startswith("[")]


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/sign-up",
        handler=look,
        need=Need.NOBODY,
        summary="Tell whether and how an account is to be had; 404 where none is",
        answer=Open,
    ),
    Route(
        method="POST",
        path="/api/v1/sign-up/invitation",
        handler=shown,
        need=Need.NOBODY,
        summary="Tell what an invitation is for",
        body=Shown,
        answer=Open,
    ),
    Route(
        method="POST",
        path="/api/v1/sign-up",
        handler=sign_up,
        need=Need.NOBODY,
        summary="Make an account with an invitation, or ask an administrator for one",
        body=SignUp,
        answer=Made,
    ),
)
