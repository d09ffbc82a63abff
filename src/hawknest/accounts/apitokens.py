"""API tokens: what a program asks the API with, for some things and for some time. RFC 6750.

A token is made here, shown once, and kept as its hash. It opens what its scopes name and its owner may do, and nothing
any more when either ends.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hawknest.accounts.errors import AccountError
from hawknest.accounts.sessions import Bearer, administers, digest
from hawknest.mail.address import Address
from hawknest.store import Connection, Statement

PREFIX: Final = "hawknest-"  # so that people and programs that look for lost secrets know one
LABEL: Final = 64  # characters
EACH: Final = 50  # tokens of one account

_ADD: Final = Statement(
    """INSERT INTO api_token (id, hash, account_id, label, scopes, created_at, expires_at)
       VALUES (:id, :hash, :account, :label, :scopes, :now, :until)"""
)
_FIND: Final = Statement(
    """SELECT t.id, t.account_id, t.label, t.scopes, t.created_at, t.expires_at, t.used_at, a.local, d.name, a.admin
       FROM api_token t JOIN account a ON a.id = t.account_id JOIN domain d ON d.id = a.domain_id
       WHERE t.hash = :hash AND a.active = 1 AND (t.expires_at IS NULL OR t.expires_at > :now)"""
)
_LIST: Final = Statement(
    """SELECT id, account_id, label, scopes, created_at, expires_at, used_at FROM api_token
       WHERE account_id = :account ORDER BY created_at, id"""
)
_USED: Final = Statement("UPDATE api_token SET used_at = :now WHERE id = :id")
_REMOVE: Final = Statement("DELETE FROM api_token WHERE id = :id AND account_id = :account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token, without its secret. Times are seconds since the epoch."""

    id: str
    account_id: int
    label: str
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    used_at: float | None


def add(
    connection: Connection,
    account_id: int,
    *,
    label: str,
    scopes: Iterable[str],
    expires_at: float | None,
    now: float,
) -> tuple[Token, str]:
    """Make a token for an account, with scopes that the caller has looked at. Raises AccountError.

    Times are in seconds since the epoch. Returns the token and its secret, which is kept nowhere.
    """
    label = label.strip()
    if not label or len(label) > LABEL or not label.isprintable():
        raise AccountError(f"a token needs a label of at most {LABEL} characters, such as backup script")
    if len(connection.all(_LIST, account=account_id)) >= EACH:
        raise AccountError(f"there are {EACH} tokens already: remove one first")
    if expires_at is not None and expires_at <= now:
        raise AccountError("a token cannot end before it begins")
    wanted = tuple(dict.fromkeys(scopes))
    if not wanted:
        raise AccountError("a token needs at least one scope")
    token_id, secret = secrets.token_hex(8), PREFIX + secrets.token_urlsafe(32)
    connection.run(
        _ADD,
        id=token_id,
        hash=digest(secret),
        account=account_id,
        label=label,
        scopes=" ".join(wanted),
        now=now,
        until=expires_at,
    )
    made = Token(
        id=token_id,
        account_id=account_id,
        label=label,
        scopes=wanted,
        created_at=now,
        expires_at=expires_at,
        used_at=None,
    )
    return made, secret


def find(connection: Connection, secret: str, now: float) -> tuple[Token, Bearer] | None:
    """Find a token that still holds, and whose it is."""
    row = connection.one(_FIND, hash=digest(secret), now=now)
    if row is None:
        return None
    *its, local, domain, admin = row
    token = _token(its)
    return token, Bearer(
        account_id=token.account_id,
        address=str(Address(local, domain)),
        admin=bool(admin),
        domains=administers(connection, token.account_id),
    )


def used(connection: Connection, token_id: str, now: float) -> None:
    """Note that a token is in use."""
    connection.run(_USED, id=token_id, now=now)


def listing(connection: Connection, account_id: int) -> list[Token]:
    """List the tokens of an account, oldest first."""
    return [_token(row) for row in connection.all(_LIST, account=account_id)]


def remove(connection: Connection, account_id: int, token_id: str) -> None:
    """Take a token back: it opens nothing any more. Raises AccountError."""
    if not connection.run(_REMOVE, id=token_id, account=account_id):
        raise AccountError("there is no such token")


def _token(row: Sequence[Any]) -> Token:
    return Token(
        id=row[0],
        account_id=row[1],
        label=row[2],
        scopes=tuple(row[3].split()),
        created_at=row[4],
        expires_at=row[5],
        used_at=row[6],
    )
