"""Aliases: addresses that lead to others, ours or not."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from hawknest.accounts import domains
from hawknest.accounts.changes import changed
from hawknest.accounts.domains import address_of, home
from hawknest.accounts.errors import AccountError
from hawknest.mail.address import Address
from hawknest.store import Connection, Duplicate, Statement

TARGETS: Final = 1000  # addresses one alias may lead to


@dataclass(frozen=True, slots=True)
class Alias:
    """An address that leads to others."""

    id: int
    address: str
    targets: tuple[str, ...]
    builtin: bool  # postmaster, abuse


_ADD: Final = Statement(
    "INSERT INTO alias (domain_id, local, builtin) VALUES (:domain, :local, 0) RETURNING id"
)
_ACCOUNT: Final = Statement("SELECT 1 FROM account WHERE domain_id = :domain AND local = :local")
_TARGET: Final = Statement(
    "INSERT INTO alias_target (alias_id, target) VALUES (:alias, :target) ON CONFLICT DO NOTHING"
)
_CLEAR: Final = Statement("DELETE FROM alias_target WHERE alias_id = :alias")
_REMOVE: Final = Statement("DELETE FROM alias WHERE id = :id")
_SELECT: Final = (
    """SELECT a.id, a.local, d.name, a.builtin FROM alias a JOIN domain d ON d.id = a.domain_id"""
)
_GET: Final = Statement(f"{_SELECT} WHERE a.domain_id = :domain AND a.local = :local")
_LIST: Final = Statement(
    """SELECT a.id, a.local, d.name, a.builtin, t.target FROM alias a JOIN domain d ON d.id = a.domain_id
         LEFT JOIN alias_target t ON t.alias_id = a.id ORDER BY d.name, a.local, t.target"""
)
_TARGETS: Final = Statement("SELECT target FROM alias_target WHERE alias_id = :alias ORDER BY target")
_EMPTY: Final = Statement(
    """SELECT a.id FROM alias a WHERE a.domain_id = :domain AND a.builtin = 1
       AND NOT EXISTS (SELECT 1 FROM alias_target t WHERE t.alias_id = a.id)"""
)


def add(connection: Connection, text: str, targets: Iterable[str]) -> Alias:
    """Add an alias. Raises AccountError."""
    address, domain = home(connection, text)
    local = folded(address)
    if connection.one(_ACCOUNT, domain=domain.id, local=local):
        raise AccountError(f"{address} is a user: give the user a forward address instead")
    wanted = _targets(targets)
    try:
        row = connection.one(_ADD, domain=domain.id, local=local)
    except Duplicate:
        raise AccountError(
            f"the alias {address} is there already; `hawknest alias change` changes it"
        ) from None
    assert row is not None
    _lead(connection, row[0], wanted)
    return Alias(row[0], str(Address(local, domain.name)), wanted, builtin=False)


def change(connection: Connection, text: str, targets: Iterable[str]) -> Alias:
    """Lead an alias to other addresses. Raises AccountError."""
    alias = get(connection, text)
    wanted = _targets(targets)
    connection.run(_CLEAR, alias=alias.id)
    _lead(connection, alias.id, wanted)
    return Alias(alias.id, alias.address, wanted, alias.builtin)


def remove(connection: Connection, text: str) -> Alias:
    """Remove an alias. Raises AccountError; postmaster and abuse stay (RFC 5321 §4.5.1, RFC 2142 §2)."""
    alias = get(connection, text)
    if alias.builtin:
        raise AccountError(
            f"{alias.address} must exist as long as its domain does; you can lead it elsewhere"
        )
    connection.run(_REMOVE, id=alias.id)
    changed(connection)
    return alias


def get(connection: Connection, text: str) -> Alias:
    """Look at one alias. Raises AccountError where there is none."""
    address, domain = home(connection, text)
    row = connection.one(_GET, domain=domain.id, local=folded(address))
    if row is None:
        raise AccountError(f"there is no alias {address}")
    return _alias(connection, row)


def exists(connection: Connection, text: str) -> bool:
    """Tell whether there is an alias. Raises AccountError where the address cannot be one of ours."""
    address, domain = home(connection, text)
    return connection.one(_GET, domain=domain.id, local=folded(address)) is not None


def listing(connection: Connection) -> list[Alias]:
    """List all aliases."""
    return [
        Alias(number, str(Address(local, domain)), tuple(row[4] for row in rows if row[4]), bool(builtin))
        for (number, local, domain, builtin), rows in groupby(connection.all(_LIST), lambda row: row[:4])
    ]


def add_roles(
    connection: Connection, domain: str, target: str, names: Iterable[str] = domains.ROLES
) -> list[Alias]:
    """Add the role addresses of a domain that are nobody's yet, all leading to one address (RFC 2142).

    Raises AccountError.
    """
    home = domains.get(connection, domain)
    return [
        add(connection, f"{role}@{home.name}", [target])
        for role in names
        if not any(connection.one(taken, domain=home.id, local=role) for taken in (_GET, _ACCOUNT))
    ]


def adopt_builtin(connection: Connection, domain_id: int, target: str) -> None:
    """Lead postmaster and abuse of a domain to an address, where they lead nowhere yet."""
    for (alias_id,) in connection.all(_EMPTY, domain=domain_id):
        connection.run(_TARGET, alias=alias_id, target=target)
    changed(connection)


def folded(address: Address) -> str:
    """The local part as it is compared: without case, NFC."""
    return address.key.rpartition("@")[0]


def _targets(targets: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(str(address_of(target)) for target in targets))
    if not wanted:
        raise AccountError("an alias must lead to at least one address")
    if len(wanted) > TARGETS:
        raise AccountError(f"an alias can lead to {TARGETS} addresses at the most")
    return wanted


def _lead(connection: Connection, alias_id: int, targets: Iterable[str]) -> None:
    for target in targets:
        connection.run(_TARGET, alias=alias_id, target=target)
    changed(connection)


def _alias(connection: Connection, row: tuple[int, str, str, int]) -> Alias:
    targets = tuple(target for (target,) in connection.all(_TARGETS, alias=row[0]))
    return Alias(row[0], str(Address(row[1], row[2])), targets, bool(row[3]))
