"""Tokens for the self-test: a login that is good once for each service, from one address, for some minutes.

So the owner can try the whole way of a letter without a password at hand and without an exemption that somebody forgets.
A token is made by who has the database anyway; the server knows its hash alone. Who comes in with one sends to this
server's own addresses only.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Final

from hawknest.store import Connection, Statement

PREFIX: Final = "selftest-"
LIFETIME: Final = 300.0  # seconds

_ADD: Final = Statement(
    """INSERT INTO token (hash, service, account_id, peer, expires_at)
       VALUES (:hash, :service, :account, :peer, :until)"""
)
_EXPIRE: Final = Statement("DELETE FROM token WHERE expires_at <= :now")
_KNOWN: Final = Statement(
    "SELECT 1 FROM token WHERE hash = :hash AND service = :service AND expires_at > :now"
)
_REDEEM: Final = Statement(
    """DELETE FROM token WHERE hash = :hash AND service = :service AND account_id = :account AND peer = :peer
       AND expires_at > :now"""
)
_WITHDRAW: Final = Statement("DELETE FROM token WHERE hash = :hash")


def issue(connection: Connection, account_id: int, peers: Mapping[str, str], now: float) -> str:
    """Make a token for an account.

    `peers` are the services that it opens once, each with the address that who uses it comes from; `now` is in seconds since
    the epoch. Returns the secret, which is kept nowhere.
    """
    connection.run(_EXPIRE, now=now)
    secret = PREFIX + secrets.token_urlsafe(24)
    for service, peer in peers.items():
        connection.run(
            _ADD,
            hash=_hash(secret),
            service=service,
            account=account_id,
            peer=peer,
            until=now + LIFETIME,
        )
    return secret


def is_like(password: str) -> bool:
    """Tell whether a password may be a token."""
    return password.startswith(PREFIX)


def known(connection: Connection, secret: str, service: str, now: float) -> bool:
    """Tell whether a token would open a service, for somebody."""
    return connection.one(_KNOWN, hash=_hash(secret), service=service, now=now) is not None


def redeem(
    connection: Connection, secret: str, service: str, *, account_id: int, peer: str, now: float
) -> bool:
    """Use a token for a service up. Returns whether it was good for that account and from that address."""
    return (
        connection.run(_REDEEM, hash=_hash(secret), service=service, account=account_id, peer=peer, now=now)
        > 0
    )


def withdraw(connection: Connection, secret: str) -> None:
    """End a token, whatever of it was used."""
    connection.run(_WITHDRAW, hash=_hash(secret))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
