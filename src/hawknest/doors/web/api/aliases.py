"""Aliases by the API: addresses that lead to others."""

from functools import partial
from typing import Any, Final

import msgspec

from hawknest.accounts import aliases
from hawknest.accounts.aliases import Alias
from hawknest.accounts.directory import CatchAll, NoSuchUser, look_up
from hawknest.accounts.domains import address_of
from hawknest.doors.web.api import paging, rights
from hawknest.doors.web.api.bodies import Addresses, Body
from hawknest.doors.web.api.changing import change, once
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.mail.address import parse_address
from hawknest.store import Connection


class NewAlias(Body):
    """An alias to be."""

    address: str
    targets: Addresses


class AliasChange(Body):
    """Where an alias shall lead instead."""

    targets: Addresses


class Led(msgspec.Struct, kw_only=True):
    """An alias, and those of its targets that are nobody's here."""

    alias: Alias
    nobody: list[str]


async def listing(ask: Ask) -> Page[Alias]:
    """List aliases."""
    wanted = paging.search(ask)
    found = [
        alias
        for alias in await ask.rooms.store.read(aliases.listing)
        if ask.who.administers(address_of(alias.address).domain)
        and wanted in " ".join((alias.address, *alias.targets)).lower()
    ]
    return paging.cut(found, ask)


@once
async def add(ask: Ask) -> Any:
    """Add an alias."""
    address, body = rights.over_address(ask, ask.body.address), ask.body
    job = partial(_led, job=partial(aliases.add, text=address, targets=body.targets))
    return reply(await change(ask, "alias.add", address, job, partial(aliases.get, text=address)), 201)


async def alter(ask: Ask) -> Led:
    """Lead an alias to other addresses; postmaster and abuse too."""
    address = rights.over_address(ask, ask.path["address"])
    job = partial(_led, job=partial(aliases.change, text=address, targets=ask.body.targets))
    return await change(ask, "alias.change", address, job, partial(aliases.get, text=address))


async def remove(ask: Ask) -> None:
    """Remove an alias."""
    address = rights.over_address(ask, ask.path["address"])
    get = partial(aliases.get, text=address)
    await change(ask, "alias.remove", address, partial(aliases.remove, text=address), get)


def _led(connection: Connection, job: Any) -> Led:
    """Change an alias, and name its targets that are nobody's: they may come later, so nothing is refused."""
    alias: Alias = job(connection)
    targets = [parse_address(target) for target in alias.targets]
    return Led(
        alias=alias,
        nobody=[str(t) for t in targets if look_up(connection, t) in (NoSuchUser(), CatchAll(t))],
    )


_ONE: Final = "/api/v1/aliases/{address}"
ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/aliases",
        handler=listing,
        need=Need.DOMAINS,
        scope=Scope.ALIASES,
        summary="List aliases",
        answer=Page[Alias],
        query=paging.PARAMETERS | {"search": "A part of the address or of a target"},
    ),
    Route(
        method="POST",
        path="/api/v1/aliases",
        handler=add,
        need=Need.DOMAINS,
        scope=Scope.ALIASES_CHANGE,
        summary="Add an alias",
        body=NewAlias,
        answer=Led,
    ),
    Route(
        method="PATCH",
        path=_ONE,
        handler=alter,
        need=Need.DOMAINS,
        scope=Scope.ALIASES_CHANGE,
        summary="Lead an alias to other addresses; postmaster and abuse too",
        body=AliasChange,
        answer=Led,
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=remove,
        need=Need.DOMAINS,
        scope=Scope.ALIASES_CHANGE,
        summary="Remove an alias; postmaster and abuse stay",
    ),
)
