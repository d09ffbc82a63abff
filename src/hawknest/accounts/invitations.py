"""Invitations: links by which people make accounts for themselves, so many and until a day.

A link's secret is shown once, to the administrator who made it, and kept as its hash.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hawknest.accounts import domains
from hawknest.accounts.aliases import folded
from hawknest.accounts.errors import AccountError
from hawknest.accounts.sessions import digest
from hawknest.store import Connection, Statement

DAYS: Final = 7.0  # that an invitation is good for, where nothing else is said
LONGEST: Final = 365.0  # days
MOST: Final = 1000  # accounts of one invitation
NOTE: Final = 200  # characters

_ADD: Final = Statement(
    """INSERT INTO invitation (id, hash, domain_id, local, note, made_by, count, created_at, expires_at)
       VALUES (:id, :hash, :domain, :local, :note, :by, :count, :now, :until)"""
)
_SELECT: Final = """SELECT i.id, d.name, i.local, i.note, i.made_by, i.count, i.created_at, i.expires_at
    FROM invitation i JOIN domain d ON d.id = i.domain_id"""
_FIND: Final = Statement(f"{_SELECT} WHERE i.hash = :hash AND i.expires_at > :now AND i.count > 0")
_LIST: Final = Statement(f"{_SELECT} WHERE i.expires_at > :now AND i.count > 0 ORDER BY i.created_at, i.id")
_USE: Final = Statement(
    "UPDATE invitation SET count = count - 1 WHERE hash = :hash AND expires_at > :now AND count > 0"
)
_REMOVE: Final = Statement("DELETE FROM invitation WHERE id = :id")
_EXPIRE: Final = Statement("DELETE FROM invitation WHERE expires_at <= :now OR count <= 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation, without its secret. Times are seconds since the epoch."""

    id: str
    domain: str
    local: str  # the name that it is for; '': any that is free
    note: str
    made_by: str
    count: int  # accounts that it is still good for
    created_at: float
    expires_at: float


def add(
    connection: Connection,
    where: str,
    *,
    by: str,
    now: float,
    days: float = DAYS,
    count: int = 1,
    note: str = "",
) -> tuple[Invitation, str]:
    """Invite people to a domain, or one person to an address of it.

    `where` is the domain or the address, `by` the administrator's address, `now` in seconds since the epoch. Returns the
    invitation and its secret, which is kept nowhere. Raises AccountError.
    """
    local = ""
    if "@" in where:
        address, domain = domains.home(connection, where)
        local, count = folded(address), 1
    else:
        domain = domains.get(connection, where)
    if not 0 < days <= LONGEST:
        raise AccountError(f"an invitation is good for {LONGEST:.0f} days at the most")
    if not 0 < count <= MOST:
        raise AccountError(f"an invitation is good for 1 to {MOST} accounts")
    if len(note) > NOTE or not (not note or note.isprintable()):
        raise AccountError(f"a note has {NOTE} characters at the most, on one line")
    connection.run(_EXPIRE, now=now)
    invitation = Invitation(
        id=secrets.token_hex(8),
        domain=domain.name,
        local=local,
        note=note,
        made_by=by,
        count=count,
        created_at=now,
        expires_at=now + days * 86400,
    )
    secret = secrets.token_urlsafe(24)
    connection.run(
        _ADD,
        id=invitation.id,
        hash=digest(secret),
        domain=domain.id,
        local=local,
        note=note,
        by=by,
        count=count,
        now=now,
        until=invitation.expires_at,
    )
    return invitation, secret


def find(connection: Connection, secret: str, now: float) -> Invitation | None:
    """Find the invitation of a link that is good, and let it be."""
    row = connection.one(_FIND, hash=digest(secret), now=now)
    return _invitation(row) if row else None


def use(connection: Connection, secret: str, now: float) -> Invitation | None:
    """Find the invitation of a link that is good, and count one account off it."""
    found = find(connection, secret, now)
    return found if found is not None and connection.run(_USE, hash=digest(secret), now=now) else None


def listing(connection: Connection, now: float) -> list[Invitation]:
    """List the invitations that are good."""
    return [_invitation(row) for row in connection.all(_LIST, now=now)]


def remove(connection: Connection, invitation_id: str) -> None:
    """Take an invitation back. Raises AccountError where there is none."""
    if not connection.run(_REMOVE, id=invitation_id):
        raise AccountError("there is no such invitation")


def _invitation(row: Sequence[Any]) -> Invitation:
    number, domain, local, note, by, count, created_at, expires_at = row
    return Invitation(
        id=number,
        domain=domain,
        local=local,
        note=note,
        made_by=by,
        count=count,
        created_at=created_at,
        expires_at=expires_at,
    )
