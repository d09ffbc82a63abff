"""Subscriptions follow a mailbox that gets another name. RFC 9051 §6.3.6-8, RFC 8621 §2.

IMAP's subscriptions are to names, and a server should not take one off by itself (RFC 9051 §6.3.7): a name whose mailbox was deleted
stays. But a rename is no more than another name for the same mailbox, and JMAP has the subscription as a property of it.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from hawknest.store import mailboxes
from hawknest.store.engine import Connection, Statement
from hawknest.store.mailboxes import BadName

_TO: Final = Statement("SELECT account_id FROM subscription WHERE name = :name AND account_id <> :owner")
_HAS: Final = Statement("SELECT 1 FROM subscription WHERE account_id = :owner AND name = :name")


def follow(connection: Connection, owner: int, renamed: Iterable[tuple[str, str]], others: str) -> None:
    """Bring everybody's subscriptions to mailboxes that were renamed to their new names.

    `renamed` are the old and the new name of each, as its owner has it, `others` is what stands before it for anybody else.
    """
    for old, new in renamed:
        if connection.one(_HAS, owner=owner, name=old) is not None:
            _move(connection, owner, old, new)
        for (account,) in connection.all(_TO, name=others + old, owner=owner):
            with suppress(BadName):  # too long with what stands before it: then the old one stays
                _move(connection, account, others + old, others + new)


def _move(connection: Connection, account_id: int, old: str, new: str) -> None:
    mailboxes.proper(new)
    mailboxes.unsubscribe(connection, account_id, old)
    mailboxes.subscribe(connection, account_id, new)
