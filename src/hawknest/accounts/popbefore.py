"""POP before SMTP, a legacy switch: who has just read mail may send from the same address for some minutes.

Everybody behind the same router shares that right; the log says so when it happens: when two users read from one address,
and when a second machine, by another name in its HELO, uses what the first had opened.
"""

from dataclasses import dataclass
from typing import Final

from hawknest.store import Connection, Statement

_NOTE: Final = Statement(
    """INSERT INTO pop_login (peer, account_id, until, helo) VALUES (:peer, :account, :until, '')
       ON CONFLICT (peer) DO UPDATE SET account_id = excluded.account_id, until = excluded.until"""
)
_FORGET: Final = Statement("DELETE FROM pop_login WHERE until < :now")
_FIND: Final = Statement(
    """SELECT p.account_id, p.helo FROM pop_login p JOIN account a ON a.id = p.account_id
       WHERE p.peer = :peer AND p.until > :now AND a.active = 1"""
)
_NAME: Final = Statement("UPDATE pop_login SET helo = :helo WHERE peer = :peer AND helo = ''")


@dataclass(frozen=True, slots=True)
class Way:
    """A way that is open."""

    account_id: int
    helo: str  # the name by which the first machine used it; '': nobody did yet


def note(connection: Connection, peer: str, account_id: int, now: float, until: float) -> int | None:
    """Note a POP3 login from an address; times are seconds since the epoch.

    Returns another account that had logged in from there, if one had: two users share the address.
    """
    connection.run(_FORGET, now=now)
    before = find(connection, peer, now)
    connection.run(_NOTE, peer=peer, account=account_id, until=until)
    return before.account_id if before is not None and before.account_id != account_id else None


def find(connection: Connection, peer: str, now: float) -> Way | None:
    """Tell who logged in from an address lately, and still may."""
    row = connection.one(_FIND, peer=peer, now=now)
    return Way(*row) if row else None


def name(connection: Connection, peer: str, helo: str) -> None:
    """Note the first machine that uses a way."""
    connection.run(_NAME, peer=peer, helo=helo)
