"""POP before SMTP, a legacy switch: who has just read mail may send from the same address for some minutes.

Everybody behind the same router shares that right; the log says so when it happens.
"""

from typing import Final

from hawknest.store import Connection, Statement

_NOTE: Final = Statement(
    """INSERT INTO pop_login (peer, account_id, until) VALUES (:peer, :account, :until)
       ON CONFLICT (peer) DO UPDATE SET account_id = excluded.account_id, until = excluded.until"""
)
_FORGET: Final = Statement("DELETE FROM pop_login WHERE until < :now")
_FIND: Final = Statement("SELECT account_id FROM pop_login WHERE peer = :peer AND until > :now")


def note(connection: Connection, peer: str, account_id: int, now: float, until: float) -> int | None:
    """Note a POP3 login from an address; times are seconds since the epoch.

    Returns another account that had logged in from there, if one had: two users share the address.
    """
    connection.run(_FORGET, now=now)
    before = account_of(connection, peer, now)
    connection.run(_NOTE, peer=peer, account=account_id, until=until)
    return before if before not in {None, account_id} else None


def account_of(connection: Connection, peer: str, now: float) -> int | None:
    """Tell who logged in from an address lately."""
    row = connection.one(_FIND, peer=peer, now=now)
    return row[0] if row else None
