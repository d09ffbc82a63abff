"""What an account may have, asked where it counts: in the transaction that needs it."""

from dataclasses import dataclass
from typing import Final

from hawknest.store import Connection, Statement
from hawknest.store.letters import NoSuchAccount

_LIMITS: Final = Statement(
    """SELECT a.quota, a.message_limit, m.octets FROM account a JOIN account_mail m ON m.account_id = a.id
       WHERE a.id = :id"""
)
_WITHOUT: Final = Statement("SELECT imap_without FROM account WHERE id = :id")
_LETTERS: Final = Statement("SELECT count(*) FROM email WHERE account_id = :id")


@dataclass(frozen=True, slots=True)
class Limits:
    """What an account may have, in octets; 0: no limit."""

    quota: int
    message: int
    used: int


def limits(connection: Connection, account_id: int) -> Limits:
    """Look at an account's limits. Raises NoSuchAccount."""
    row = connection.one(_LIMITS, id=account_id)
    if row is None:
        raise NoSuchAccount(f"account {account_id} is gone")
    return Limits(*row)


def without(connection: Connection, account_id: int) -> frozenset[str]:
    """Name the capabilities that an account's mail programs are better off without."""
    row = connection.one(_WITHOUT, id=account_id)
    return frozenset(row[0].split()) if row else frozenset()


def quota_of(connection: Connection, account_id: int) -> int:
    """Tell an account's quota in octets; 0: no limit. Raises NoSuchAccount."""
    return limits(connection, account_id).quota


def letters_of(connection: Connection, account_id: int) -> int:
    """Count the letters of an account."""
    row = connection.one(_LETTERS, id=account_id)
    return row[0] if row else 0
