"""Domains by the API, with their role addresses, the records that they need, and how the DNS really is."""

import asyncio
import ipaddress
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hawknest.accounts import aliases, domains, users
from hawknest.accounts.aliases import Alias
from hawknest.accounts.domains import Domain
from hawknest.doors.web.api import paging, rights
from hawknest.doors.web.api.bodies import Addresses, Body
from hawknest.doors.web.api.changing import change, once
from hawknest.doors.web.api.language import language
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.route import Ask, Need, Route, reply
from hawknest.mail.address import to_unicode
from hawknest.post import domaincheck
from hawknest.post.domaincheck import Own
from hawknest.post.facts import gather
from hawknest.post.records import Facts, Record, wanted
from hawknest.post.records_words import WORDS
from hawknest.post.zonefile import zone_file
from hawknest.store import Connection
from hawknest.trust.strictness import Strictness


class NewDomain(Body):
    """A domain to be."""

    name: Annotated[str, Meta(description="In any script, or an address of this machine in brackets")]
    alias_of: Annotated[str | None, Meta(description="The domain whose addresses answer for this one")] = None
    roles_to: Annotated[
        str | None, Meta(description="An address that webmaster, hostmaster and the like shall lead to")
    ] = None


class DomainChange(Body):
    """What is to be different about a domain."""

    catch_all: Annotated[
        str | UnsetType | None,
        Meta(description="Where letters to unknown addresses go; null: they are refused"),
    ] = UNSET
    strictness: Annotated[
        Strictness | UnsetType,
        Meta(
            description="What is done with letters that seem forged: refuse as their owners ask, junk, or mark"
        ),
    ] = UNSET


class Roles(Body):
    """Role addresses to be."""

    target: str
    names: Addresses = domains.ROLES


class OneDomain(msgspec.Struct, kw_only=True):
    """A domain, with its name as people write it."""

    name: str
    readable: str
    alias_of: str | None
    catch_all: str | None
    strictness: Strictness
    primary: bool


class DomainRecord(msgspec.Struct, kw_only=True):
    """A DNS record that a domain needs."""

    name: str
    type: str
    value: Annotated[str, Meta(description="As a zone file writes it; what stands in braces only you know")]
    needed: Annotated[bool, Meta(description="Without it letters are lost, refused or distrusted")]
    purpose: Annotated[str, Meta(description="What it is for")]


class DomainRecords(msgspec.Struct, kw_only=True):
    """All records that a domain needs."""

    items: list[DomainRecord]
    zone: Annotated[str, Meta(description="The same as lines of a zone file, to be pasted")]


class WholeDomain(msgspec.Struct, kw_only=True):
    """A domain with what belongs to it."""

    domain: OneDomain
    users: int
    aliases: int
    roles_missing: Annotated[list[str], Meta(description="Role addresses that are nobody's yet (RFC 2142)")]
    records: Annotated[list[DomainRecord], Meta(description="What to enter where the domain is managed")]


async def listing(ask: Ask) -> Page[OneDomain]:
    """List the domains; the first is the primary one."""
    wanted = paging.search(ask)
    shown = _all(await ask.rooms.store.read(domains.listing))
    found = [
        one
        for one in shown
        if ask.who.administers(one.name) and wanted in f"{one.name} {one.readable.lower()}"
    ]
    return paging.cut(found, ask)


@once
async def add(ask: Ask) -> Any:
    """Add a domain, or one that is answered for by another."""
    body: NewDomain = ask.body

    def job(connection: Connection) -> Domain:
        made = domains.add(connection, body.name, ask.rooms.clock(), body.alias_of)
        if body.roles_to and made.alias_of is None:
            aliases.add_roles(connection, made.name, body.roles_to)
        return made

    made = await change(ask, "domain.add", body.name[:300], job, partial(domains.get, text=body.name))
    return reply(_shown(made, primary=False), 201)


async def look(ask: Ask) -> WholeDomain:
    """Look at one domain."""
    name = rights.over_domain(ask, ask.path["name"])
    facts = await _facts(ask, name)

    def question(connection: Connection) -> WholeDomain:
        domain = domains.get(connection, name)
        mine = [
            a.address.partition("@")[0] for a in aliases.listing(connection) if a.address.endswith(f"@{name}")
        ]
        free = [
            role
            for role in domains.ROLES
            if role not in mine and not users.exists(connection, f"{role}@{name}")
        ]
        return WholeDomain(
            domain=_shown(domain, primary=domains.listing(connection)[0].name == name),
            users=users.count(connection, within=[name]),
            aliases=len(mine),
            roles_missing=[] if domain.alias_of else free,
            records=_records(wanted(facts), language(ask)),
        )

    return await ask.rooms.store.read(question)


async def records(ask: Ask) -> DomainRecords:
    """Tell all records that a domain needs."""
    name = rights.over_domain(ask, ask.path["name"])
    await ask.rooms.store.read(partial(domains.get, text=name))
    facts, words = await _facts(ask, name), language(ask)
    found = wanted(facts)
    return DomainRecords(items=_records(found, words), zone=zone_file(found, name, facts.host, words))


async def _facts(ask: Ask, name: str) -> Facts:
    premises = await asyncio.to_thread(ask.rooms.steward.premises)
    return await ask.rooms.store.read(partial(gather, domain=name, premises=premises))


def _records(found: list[Record], words: str) -> list[DomainRecord]:
    return [
        DomainRecord(
            name=one.name,
            type=one.type,
            value=one.value,
            needed=one.needed,
            purpose=WORDS[one.why][int(words == "ja")],
        )
        for one in found
    ]


async def alter(ask: Ask) -> WholeDomain:
    """Change a domain."""
    name, body = rights.over_domain(ask, ask.path["name"]), ask.body

    def job(connection: Connection) -> Domain:
        if body.catch_all is not UNSET:
            domains.set_catch_all(connection, name, body.catch_all)
        if body.strictness is not UNSET:
            domains.set_strictness(connection, name, body.strictness)
        return domains.get(connection, name)

    await change(ask, "domain.change", name, job, partial(domains.get, text=name))
    return await look(ask)


async def remove(ask: Ask) -> None:
    """Remove a domain that has no users left."""
    name = rights.over_domain(ask, ask.path["name"])
    get = partial(domains.get, text=name)
    await change(ask, "domain.remove", name, partial(domains.remove, text=name), get)


async def add_roles(ask: Ask) -> Page[Alias]:
    """Add the role addresses that a domain lacks."""
    name, body = rights.over_domain(ask, ask.path["name"]), ask.body
    job = partial(aliases.add_roles, domain=name, target=body.target, names=body.names)
    made = await change(ask, "domain.roles", name, job)
    return Page(items=made, total=len(made))


async def check(ask: Ask) -> Any:
    """Ask the DNS for a domain as other servers do, and say what is wrong and what to do."""
    return await checked(ask, rights.over_domain(ask, ask.path["name"]))


async def checked(ask: Ask, name: str) -> dict[str, Any]:
    """Check a domain, as ours or as somebody else's."""
    ours = name in {entry.name for entry in await ask.rooms.store.read(domains.listing)}
    report = await domaincheck.check(name, ask.rooms.resolver, _own(ask) if ours else None)
    return report.data(language(ask))


def _own(ask: Ask) -> Own:
    """The names and addresses that other servers know this one by, as far as the configuration tells."""
    house = ask.rooms.steward.house()
    found = {ipaddress.ip_address(entry.address) for entry in house.listeners}
    return Own(frozenset({house.hostname}), frozenset(a for a in found if a.is_global))


def _all(found: list[Domain]) -> list[OneDomain]:
    return [_shown(domain, primary=number == 0) for number, domain in enumerate(found)]


def _shown(domain: Domain, *, primary: bool) -> OneDomain:
    return OneDomain(
        name=domain.name,
        readable=to_unicode(domain.name),
        alias_of=domain.alias_of,
        catch_all=domain.catch_all,
        strictness=domain.strictness,
        primary=primary,
    )


_ONE: Final = "/api/v1/domains/{name}"
ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/domains",
        handler=listing,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS,
        summary="List domains; the first is the primary one",
        answer=Page[OneDomain],
        query=paging.PARAMETERS | {"search": "A part of the name"},
    ),
    Route(
        method="POST",
        path="/api/v1/domains",
        handler=add,
        need=Need.ADMIN,
        scope=Scope.DOMAINS_CHANGE,
        summary="Add a domain; postmaster and abuse come with it",
        body=NewDomain,
        answer=OneDomain,
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=look,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS,
        summary="Look at a domain, with the DNS records that it needs",
        answer=WholeDomain,
    ),
    Route(
        method="PATCH",
        path=_ONE,
        handler=alter,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS_CHANGE,
        summary="Say where letters to unknown addresses of a domain go, and what is done with forged ones",
        body=DomainChange,
        answer=WholeDomain,
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=remove,
        need=Need.ADMIN,
        scope=Scope.DOMAINS_CHANGE,
        summary="Remove a domain that has no users left",
    ),
    Route(
        method="POST",
        path=f"{_ONE}/roles",
        handler=add_roles,
        need=Need.DOMAINS,
        scope=Scope.ALIASES_CHANGE,
        summary="Add the role addresses that a domain lacks: webmaster, hostmaster, noc and so on (RFC 2142)",
        body=Roles,
        answer=Page[Alias],
    ),
    Route(
        method="GET",
        path=f"{_ONE}/records",
        handler=records,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS,
        summary="Tell all DNS records that a domain needs, one by one and as a zone file",
        answer=DomainRecords,
        query={"language": "Of the words: en or ja; the account's unless said"},
    ),
    Route(
        method="GET",
        path=f"{_ONE}/check",
        handler=check,
        need=Need.DOMAINS,
        scope=Scope.DOMAINS,
        summary="Ask the DNS for a domain as other servers do, and say what is wrong and what to do",
        query={"language": "Of the words: en or ja; the account's unless said"},
    ),
)
