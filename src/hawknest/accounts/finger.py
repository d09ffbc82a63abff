"""What a user chose to tell by finger."""

from typing import Final

from hawknest.accounts.directory import Account, look_up
from hawknest.mail.address import Address
from hawknest.store import Connection, Statement

_TEXT: Final = Statement("SELECT finger_text FROM account WHERE id = :account AND active = 1")
_PRIMARY: Final = Statement("SELECT name FROM domain WHERE alias_of IS NULL ORDER BY id LIMIT 1")


def finger_text(connection: Connection, local: str, domain: str) -> str:
    """Tell the text of a user, of the primary domain where none is named; '' for the silent and for nobody."""
    if not domain:
        primary = connection.one(_PRIMARY)
        if primary is None:
            return ""
        domain = primary[0]
    entry = look_up(connection, Address(local, domain))
    if not isinstance(entry, Account):
        return ""
    row = connection.one(_TEXT, account=entry.account_id)
    return row[0] if row else ""
