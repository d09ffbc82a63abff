"""One-time links: who has one is signed in by it, once and for a short time.

They are made by who has the database anyway: at the end of `hawknest init`, and by `hawknest link` for somebody who has
forgotten the password. The link that a new nest is given opens the page of the first run; while nobody administers
the nest, who uses it becomes the administrator. The secret stands behind the # of the link, which no browser sends to
any server and no server can write down; the page hands it in.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from hawknest.accounts.sessions import digest
from hawknest.mail.address import Address
from hawknest.store import Connection, Statement

LIFETIME: Final = 15 * 60.0  # seconds
FIRST_LIFETIME: Final = 24 * 3600.0  # seconds, for the link of a new nest

_ADD: Final = Statement(
    """INSERT INTO link (hash, account_id, first, created_at, expires_at)
       VALUES (:hash, :account, :first, :now, :until)"""
)
_EXPIRE: Final = Statement("DELETE FROM link WHERE expires_at <= :now")
_FIND: Final = Statement(
    """SELECT l.account_id, a.local, d.name, a.active, a.real_name, l.first FROM link l
         LEFT JOIN account a ON a.id = l.account_id LEFT JOIN domain d ON d.id = a.domain_id
       WHERE l.hash = :hash AND l.expires_at > :now"""
)
_USE: Final = Statement("DELETE FROM link WHERE hash = :hash AND expires_at > :now")
_DROP: Final = Statement("DELETE FROM link WHERE first = 1")
_ADMINISTRATORS: Final = Statement(
    """SELECT a.local, d.name FROM account a JOIN domain d ON d.id = a.domain_id
       WHERE a.admin = 1 AND a.active = 1 ORDER BY a.id"""
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is good."""

    account_id: int  # 0: of nobody yet
    address: str
    real_name: str
    first: bool


def issue(connection: Connection, account_id: int | None, now: float, *, first: bool = False) -> str:
    """Make a link for an account, or with None for who is to become the first administrator.

    `now` is in seconds since the epoch; `first` says that it opens the page of the first run. Returns its secret, kept
    nowhere.
    """
    connection.run(_EXPIRE, now=now)
    if first:
        connection.run(_DROP)  # an earlier one may be on a screen that others see
    secret = secrets.token_urlsafe(24)
    until = now + (FIRST_LIFETIME if first else LIFETIME)
    connection.run(_ADD, hash=digest(secret), account=account_id, first=int(first), now=now, until=until)
    return secret


def look(connection: Connection, secret: str, now: float) -> Link | None:
    """Find a link that is good, and let it be."""
    row = connection.one(_FIND, hash=digest(secret), now=now)
    if row is None:
        return None
    account_id, local, domain, active, real_name, first = row
    if account_id is None:
        return None if administrators(connection) else Link(0, "", "", first=True)
    return Link(account_id, str(Address(local, domain)), real_name, bool(first)) if active else None


def use(connection: Connection, secret: str, now: float) -> Link | None:
    """Find a link that is good, and use it up."""
    found = look(connection, secret, now)
    return found if found is not None and connection.run(_USE, hash=digest(secret), now=now) else None


def administrators(connection: Connection) -> list[str]:
    """Name those who administer the whole nest, the first one first."""
    return [str(Address(local, domain)) for local, domain in connection.all(_ADMINISTRATORS)]
