"""Notes that clients leave at a mailbox or at an account. RFC 5464."""

from collections.abc import Iterable
from typing import Final

from hawknest.store import bell
from hawknest.store.engine import Connection, Statement

_ALL: Final = Statement(
    "SELECT entry, value FROM annotation WHERE account_id = :account AND mailbox_id = :mailbox ORDER BY entry"
)
_COUNT: Final = Statement(
    "SELECT count(*) FROM annotation WHERE account_id = :account AND mailbox_id = :mailbox"
)
_PUT: Final = Statement(
    """INSERT INTO annotation (account_id, mailbox_id, entry, value) VALUES (:account, :mailbox, :entry, :value)
       ON CONFLICT (account_id, mailbox_id, entry) DO UPDATE SET value = excluded.value"""
)
_DROP: Final = Statement(
    "DELETE FROM annotation WHERE account_id = :account AND mailbox_id = :mailbox AND entry = :entry"
)


def below(
    connection: Connection, account_id: int, mailbox_id: int, entries: Iterable[str], depth: int | None
) -> list[tuple[str, bytes]]:
    """Give the entries of these names, and those so many levels below them; None: all levels. Mailbox 0: the account."""
    wanted = list(entries)
    return [
        (entry, value)
        for entry, value in connection.all(_ALL, account=account_id, mailbox=mailbox_id)
        if any(_is_below(entry, name, depth) for name in wanted)
    ]


def _is_below(entry: str, name: str, depth: int | None) -> bool:
    if entry == name:
        return True
    return entry.startswith(f"{name}/") and (depth is None or entry[len(name) + 1 :].count("/") < depth)


def count(connection: Connection, account_id: int, mailbox_id: int) -> int:
    """Count the entries of a mailbox, or of the account."""
    row = connection.one(_COUNT, account=account_id, mailbox=mailbox_id)
    return row[0] if row else 0


def put(connection: Connection, account_id: int, mailbox_id: int, entry: str, value: bytes | None) -> None:
    """Set an entry; None takes it away."""
    if value is None:
        connection.run(_DROP, account=account_id, mailbox=mailbox_id, entry=entry)
    else:
        connection.run(_PUT, account=account_id, mailbox=mailbox_id, entry=entry, value=value)
    connection.touched[-account_id] = bell.SOME
