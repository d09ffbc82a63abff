"""Leases: what only one worker, of all that share the database, may do at a time.

A lease is held up to a time and renewed by its owner; when the owner dies the time passes and another may take it.
"""

from typing import Final

from hawknest.store.engine import Connection, Statement

_TAKE: Final = Statement(
    """INSERT INTO lease (name, owner, until) VALUES (:name, :owner, :until)
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
       WHERE lease.until <= :now OR lease.owner = excluded.owner
       RETURNING owner"""
)
_GIVE_BACK: Final = Statement("DELETE FROM lease WHERE name = :name AND owner = :owner")
_GIVE_BACK_ALL: Final = Statement("DELETE FROM lease WHERE owner = :owner")
_RENEW_ALL: Final = Statement("UPDATE lease SET until = :until WHERE owner = :owner AND until > :now")
_OWNERS: Final = Statement("SELECT DISTINCT owner FROM lease")


def owners(connection: Connection) -> list[str]:
    """Name all who hold a lease."""
    return [owner for (owner,) in connection.all(_OWNERS)]


def take(connection: Connection, name: str, owner: str, now: float, until: float) -> bool:
    """Take or renew a lease up to `until` (seconds since the epoch). Returns whether it is ours."""
    return connection.one(_TAKE, name=name, owner=owner, now=now, until=until) is not None


def give_back(connection: Connection, name: str, owner: str) -> None:
    """Give a lease back, if it is ours."""
    connection.run(_GIVE_BACK, name=name, owner=owner)


def give_back_all(connection: Connection, owner: str) -> None:
    """Give back all leases of an owner that ends."""
    connection.run(_GIVE_BACK_ALL, owner=owner)


def renew_all(connection: Connection, owner: str, now: float, until: float) -> int:
    """Renew the leases of an owner that still hold. Returns how many there are."""
    return connection.run(_RENEW_ALL, owner=owner, now=now, until=until)
