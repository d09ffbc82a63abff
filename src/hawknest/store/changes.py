"""What is in a mailbox, and what changed there since one looked: the questions that follow a mailbox. RFC 7162 §3.

The mailbox's own row is read first, so that what is read after it is at least as new: whoever follows by it may be told a
thing twice, but misses none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hawknest.store import mailboxes
from hawknest.store.engine import Connection, Row, Statement
from hawknest.store.mailbox import Mailbox

_MODSEQ: Final = "CASE WHEN p.modseq > e.modseq THEN p.modseq ELSE e.modseq END"
#: What is known of an email in a mailbox, in the order of `Entry`.
_ENTRY: Final = f"""p.uid, e.flags, e.keywords, {_MODSEQ}, e.size, e.received_at, p.saved_at, e.blob_id, e.id
    FROM placement p JOIN email e ON e.id = p.email_id"""
_ALL: Final = Statement(f"SELECT {_ENTRY} WHERE p.mailbox_id = :mailbox AND p.uid >= :first ORDER BY p.uid")
#: CROSS JOIN tells SQLite where to begin: at what changed, not at the whole mailbox.
_CHANGED: Final = Statement(
    """SELECT p.uid, e.flags, e.keywords, e.modseq FROM email e CROSS JOIN placement p
        WHERE p.email_id = e.id AND p.mailbox_id = :mailbox AND p.uid < :uidnext
        AND e.account_id = :account AND e.modseq > :modseq AND e.modseq > e.created_at_modseq"""
)
_GONE: Final = Statement(
    "SELECT uid FROM tombstone WHERE mailbox_id = :mailbox AND modseq > :modseq ORDER BY uid"
)


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed in a mailbox since a modseq.

    Rows are uid, flags, keywords, modseq, and of what is new then size, received_at, saved_at, blob id, email id.
    """

    mailbox: Mailbox
    new: Sequence[Row]  # in the order of UIDs
    changed: Sequence[Row]
    gone: Sequence[int]  # UIDs


def since(connection: Connection, mailbox_id: int, uidnext: int, modseq: int) -> Delta:
    """Ask what changed since the mailbox had this UIDNEXT and modseq; (1, 0) asks for all. Raises NoSuchMailbox."""
    mailbox = mailboxes.get(connection, mailbox_id)
    if (mailbox.uidnext, mailbox.modseq) == (uidnext, modseq):
        return Delta(mailbox, (), (), ())
    new = connection.all(_ALL, mailbox=mailbox_id, first=uidnext)
    if uidnext == 1:
        return Delta(mailbox, new, (), ())
    account = mailbox.account_id
    changed = connection.all(_CHANGED, mailbox=mailbox_id, account=account, uidnext=uidnext, modseq=modseq)
    return Delta(mailbox, new, changed, gone(connection, mailbox_id, modseq))


def gone(connection: Connection, mailbox_id: int, modseq: int) -> list[int]:
    """List the UIDs of what was taken out of a mailbox since a modseq."""
    return [uid for (uid,) in connection.all(_GONE, mailbox=mailbox_id, modseq=modseq)]
