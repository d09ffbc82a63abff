"""Addresses that need not log in, by the API."""

from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from hawknest.accounts import exempt
from hawknest.accounts.exempt import Exemption
from hawknest.doors.web.api import paging
from hawknest.doors.web.api.bodies import Body
from hawknest.doors.web.api.changing import change, once
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.errors import refused
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.store import Connection


class NewExemption(Body):
    """An entry to be."""

    addresses: Annotated[
        str, Meta(description="192.168.1.7, 192.168.1.0/24, 192.168.1.2-254, 192.168.1.* or 2001:db8::/64")
    ]
    note: str = ""
    expires_at: Annotated[float | None, Meta(description="When it ends; null: never")] = None
    confirm: Annotated[
        bool, Meta(description="A wide range, one beyond private networks or the router is meant")
    ] = False


class ExemptEntry(msgspec.Struct, kw_only=True):
    """An entry of the list."""

    addresses: str
    note: str
    expires_at: float | None
    active: Annotated[bool, Meta(description="Its time is not over")]
    count: Annotated[int, Meta(description="How many addresses it covers")]
    routers: Annotated[list[str], Meta(description="Routers that lie in it and are not exempt for that")]


async def listing(ask: Ask) -> Page[ExemptEntry]:
    """List the entries, those whose time is over too."""
    found = await ask.rooms.store.read(exempt.listing)
    return paging.cut([_shown(entry, ask) for entry in found], ask)


@once
async def add(ask: Ask) -> Any:
    """Let addresses send without logging in."""
    body: NewExemption = ask.body
    if body.expires_at is not None and body.expires_at <= ask.rooms.clock():
        raise refused("it must last for some time: its end is in the past", "expires_at")
    job = partial(
        exempt.add,
        text=body.addresses,
        note=body.note,
        expires_at=body.expires_at,
        confirmed=body.confirm,
        gateways=ask.rooms.gateways(),
    )
    made = await change(ask, "exempt.add", body.addresses[:300], job, partial(_get, addresses=body.addresses))
    return reply(_shown(made, ask), 201)


async def remove(ask: Ask) -> None:
    """Take addresses off the list."""
    addresses = ask.query.get("addresses", "")
    job = partial(exempt.remove, text=addresses)
    await change(ask, "exempt.remove", addresses[:300], job, partial(_get, addresses=addresses))


def _get(connection: Connection, addresses: str) -> Exemption | None:
    wanted = exempt.parse(addresses)
    return next((e for e in exempt.listing(connection) if exempt.parse(e.spec) == wanted), None)


def _shown(entry: Exemption, ask: Ask) -> ExemptEntry:
    return ExemptEntry(
        addresses=entry.spec,
        note=entry.note,
        expires_at=entry.expires_at,
        active=entry.expires_at is None or entry.expires_at > ask.rooms.clock(),
        count=min(exempt.parse(entry.spec).count, 1 << 53),
        routers=exempt.hidden_in([entry], ask.rooms.gateways()),
    )


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/exempt",
        handler=listing,
        need=Need.ADMIN,
        scope=Scope.EXEMPT,
        summary="List the addresses that need not log in",
        answer=Page[ExemptEntry],
        query=paging.PARAMETERS,
    ),
    Route(
        method="POST",
        path="/api/v1/exempt",
        handler=add,
        need=Need.ADMIN,
        scope=Scope.EXEMPT_CHANGE,
        summary="Let addresses send without logging in, for ever or for some time",
        body=NewExemption,
        answer=ExemptEntry,
    ),
    Route(
        method="DELETE",
        path="/api/v1/exempt",
        handler=remove,
        need=Need.ADMIN,
        scope=Scope.EXEMPT_CHANGE,
        summary="Take addresses off the list",
        query={"addresses": "The entry, in any spelling"},
    ),
)
