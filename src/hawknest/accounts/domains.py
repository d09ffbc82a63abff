"""Domains: which addresses are ours. RFC 5321 §2.3.5, §4.1.3.

Every domain has postmaster and abuse for as long as it lives (RFC 5321 §4.5.1, RFC 2142 §2): they are aliases that can be
led elsewhere but not removed.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from hawknest.accounts.changes import changed
from hawknest.accounts.errors import AccountError
from hawknest.mail.address import Address, AddressError, domain_name, parse_address
from hawknest.store import Connection, Duplicate, Statement
from hawknest.trust.strictness import Strictness

#: The role addresses that live and die with their domain.
BUILTIN: Final = ("postmaster", "abuse")
#: The role addresses that one command adds (RFC 2142 §3-5).
ROLES: Final = ("webmaster", "ftp", "hostmaster", "noc", "security")


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of ours."""

    id: int
    name: str  # A-label, or an address literal
    alias_of: str | None  # the domain whose addresses answer for this one too
    catch_all: str | None  # where letters to unknown addresses go
    strictness: Strictness = Strictness.REFUSE  # with letters that seem forged


_ADD: Final = Statement(
    """INSERT INTO domain (name, alias_of, catch_all, created_at) VALUES (:name, :alias_of, NULL, :now) RETURNING id"""
)
_SELECT: Final = """SELECT d.id, d.name, a.name, d.catch_all, d.strictness
       FROM domain d LEFT JOIN domain a ON a.id = d.alias_of"""
_LIST: Final = Statement(f"{_SELECT} ORDER BY d.id")
_GET: Final = Statement(f"{_SELECT} WHERE d.name = :name")
_ACCOUNTS: Final = Statement("SELECT count(*) FROM account WHERE domain_id = :id")
_ALIASES_OF: Final = Statement("SELECT name FROM domain WHERE alias_of = :id ORDER BY name")
_REMOVE_ALIASES: Final = Statement("DELETE FROM alias WHERE domain_id = :id")
_REMOVE: Final = Statement("DELETE FROM domain WHERE id = :id")
_STRICTNESS: Final = Statement("UPDATE domain SET strictness = :strictness WHERE id = :id")
_CATCH_ALL: Final = Statement("UPDATE domain SET catch_all = :target WHERE id = :id")
_ALIAS: Final = Statement(
    """INSERT INTO alias (domain_id, local, builtin) VALUES (:domain, :local, 1) ON CONFLICT DO NOTHING RETURNING id"""
)


def named(text: str) -> str:
    """Read a domain as an owner types it. Raises AccountError."""
    try:
        return domain_name(text)
    except AddressError as error:
        raise AccountError(f"{text.strip()[:100]}: {error}") from None


def add(connection: Connection, text: str, now: float, alias_of: str | None = None) -> Domain:
    """Add a domain, or with `alias_of` one that is answered for by another.

    `now` is in seconds since the epoch. Raises AccountError.
    """
    name = named(text)
    target = get(connection, alias_of) if alias_of else None
    if target is not None and target.alias_of is not None:
        raise AccountError(f"{target.name} is itself an alias of {target.alias_of}: name that one")
    try:
        row = connection.one(_ADD, name=name, alias_of=target.id if target else None, now=now)
    except Duplicate:
        raise AccountError(f"the domain {name} is there already") from None
    assert row is not None
    if target is None:
        for local in BUILTIN:
            connection.run(_ALIAS, domain=row[0], local=local)
    changed(connection)
    return Domain(row[0], name, target.name if target else None, None)


def listing(connection: Connection) -> list[Domain]:
    """List the domains in the order they were added; the first is the primary one."""
    return [_domain(row) for row in connection.all(_LIST)]


def get(connection: Connection, text: str) -> Domain:
    """Look at one domain. Raises AccountError where it is not ours."""
    row = connection.one(_GET, name=named(text))
    if row is None:
        raise AccountError(
            f"{text.strip()} is not a domain of this server; `hawknest domain list` shows those that are"
        )
    return _domain(row)


def remove(connection: Connection, text: str) -> Domain:
    """Remove a domain that nobody lives in any more. Raises AccountError."""
    domain = get(connection, text)
    count = connection.one(_ACCOUNTS, id=domain.id)
    if count and count[0]:
        raise AccountError(f"{domain.name} still has {count[0]} users: remove them first")
    if others := connection.all(_ALIASES_OF, id=domain.id):
        raise AccountError(f"{others[0][0]} is an alias of {domain.name}: remove it first")
    connection.run(_REMOVE_ALIASES, id=domain.id)
    connection.run(_REMOVE, id=domain.id)
    changed(connection)
    return domain


def set_catch_all(connection: Connection, text: str, target: str | None) -> Domain:
    """Say where letters to unknown addresses of a domain go; None: they are refused. Raises AccountError."""
    domain = get(connection, text)
    address = str(address_of(target)) if target else None
    connection.run(_CATCH_ALL, id=domain.id, target=address)
    changed(connection)
    return replace(domain, catch_all=address)


def set_strictness(connection: Connection, text: str, strictness: str) -> Domain:
    """Say how far a domain goes with letters that seem forged. Raises AccountError."""
    domain = get(connection, text)
    try:
        wanted = Strictness(strictness.strip().lower())
    except ValueError:
        raise AccountError(f"{strictness.strip()[:40]} is none of {', '.join(Strictness)}") from None
    connection.run(_STRICTNESS, id=domain.id, strictness=str(wanted))
    changed(connection)
    return replace(domain, strictness=wanted)


def _domain(row: tuple[Any, ...]) -> Domain:
    number, name, alias_of, target, strictness = row
    return Domain(number, name, alias_of, target, Strictness(strictness))


def address_of(text: str) -> Address:
    """Read an address as an owner types it. Raises AccountError."""
    try:
        return parse_address(text.strip().removeprefix("<").removesuffix(">"))
    except AddressError as error:
        raise AccountError(f"{text.strip()[:100]}: {error}") from None


def home(connection: Connection, text: str) -> tuple[Address, Domain]:
    """Read an address that is to live here: in a domain of ours that is no alias. Raises AccountError."""
    address = address_of(text)
    domain = get(connection, address.domain)
    if domain.alias_of is not None:
        raise AccountError(f"{domain.name} is an alias of {domain.alias_of}: use the address there")
    return address, domain
