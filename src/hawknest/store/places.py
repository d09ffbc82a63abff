"""Where emails are, and bringing them from one mailbox to another; UIDs and modseqs as RFC 7162 wants them.

Letters are named by ranges of UIDs, as clients name them; what is not there is passed over.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from hawknest.store import letters
from hawknest.store.engine import Connection, Many, Row, Statement
from hawknest.store.letters import Filing
from hawknest.store.mailbox import Mailbox

#: UIDs from the first to the last.
Range = tuple[int, int]

_FIND: Final = Statement(
    """SELECT p.uid FROM placement p JOIN email e ON e.id = p.email_id
       WHERE p.mailbox_id = :mailbox AND e.letter_id = :letter ORDER BY p.uid DESC LIMIT 1"""
)
_TAKE_UIDS: Final = Statement(
    """UPDATE mailbox SET uidnext = uidnext + :count, modseq = :modseq WHERE id = :mailbox
       RETURNING uidnext - :count"""
)
_PLACE: Final = Many("INSERT INTO placement (mailbox_id, uid, email_id, modseq, saved_at) VALUES {rows}", 5)
_TAKE_OUT: Final = Statement(
    "DELETE FROM placement WHERE mailbox_id = :mailbox AND uid >= :first AND uid <= :last RETURNING uid, email_id"
)
_BURY: Final = Many("INSERT INTO tombstone (mailbox_id, modseq, uid, account_id, email_id) VALUES {rows}", 5)
_MOVED: Final = Statement("UPDATE mailbox SET modseq = :modseq WHERE id = :mailbox")
_WITHIN: Final = Statement(
    """SELECT p.uid, e.blob_id, e.letter_id, e.size, e.lacks, e.received_at, e.flags, e.keywords
       FROM placement p JOIN email e ON e.id = p.email_id
       WHERE p.mailbox_id = :mailbox AND p.uid >= :first AND p.uid <= :last ORDER BY p.uid"""
)
_USE: Final = Many(
    "UPDATE blob SET uses = uses + v.column2 FROM (VALUES {rows}) AS v WHERE id = v.column1", 2
)


def uid_of(connection: Connection, mailbox_id: int, letter_id: str) -> int | None:
    """Find a letter in a mailbox by its trace id: its UID there."""
    row = connection.one(_FIND, mailbox=mailbox_id, letter=letter_id)
    return row[0] if row else None


def place(
    connection: Connection, account_id: int, mailbox_id: int, emails: Sequence[int], at: float | None = None
) -> list[int]:
    """Put emails of an account into one of its mailboxes; `at` is now, in seconds since the epoch.

    Returns their UIDs there, in the same order.
    """
    modseq = letters.count(connection, account_id)
    row = connection.one(_TAKE_UIDS, mailbox=mailbox_id, count=len(emails), modseq=modseq)
    if row is None:
        raise letters.NoSuchAccount(f"mailbox {mailbox_id} is gone")
    connection.touched[mailbox_id] = modseq
    uids = range(row[0], row[0] + len(emails))
    rows = [(mailbox_id, uid, email, modseq, at) for uid, email in zip(uids, emails, strict=True)]
    connection.many(_PLACE, rows)
    return list(uids)


def bury(connection: Connection, account_id: int, mailbox_id: int, gone: Iterable[Row], modseq: int) -> None:
    """Leave tombstones where emails were taken out: rows of a UID and the email, under the account's new modseq."""
    connection.many(_BURY, [(mailbox_id, modseq, uid, account_id, email) for uid, email in gone])
    connection.run(_MOVED, mailbox=mailbox_id, modseq=modseq)
    connection.touched[mailbox_id] = modseq


def move(
    connection: Connection,
    account_id: int,
    mailbox_id: int,
    ranges: Iterable[Range],
    to: int,
    *,
    at: float | None = None,
) -> list[tuple[int, int]]:
    """Bring emails from a mailbox to another of the same account; `at` is now, in seconds since the epoch.

    Returns the old UID and the new one of each, in order.
    """
    taken: list[Row] = []
    for first, last in ranges:
        taken += connection.all(_TAKE_OUT, mailbox=mailbox_id, first=first, last=last)
    if not taken:
        return []
    taken.sort()
    uids = place(connection, account_id, to, [email for _, email in taken], at)
    bury(connection, account_id, mailbox_id, taken, letters.count(connection, account_id))
    return [(old, new) for (old, _), new in zip(taken, uids, strict=True)]


def copy(
    connection: Connection,
    mailbox_id: int,
    ranges: Iterable[Range],
    to: Mailbox,
    *,
    quota: int,
    at: float,
    flags: int = -1,
    keywords: bool = True,
) -> list[tuple[int, int]]:
    """Make emails anew in a mailbox of the same account or another, on the same blobs and with the same flags.

    `quota` is in octets, of the account that gets them, 0: no limit; `at` is now, in seconds since the epoch; `flags` are the
    bits of those that may come along, and `keywords` says whether these may.
    Returns the old UID and the new one of each, in order. Raises OverQuota, NoSuchAccount: then none is copied.
    """
    found: list[Row] = []
    for first, last in ranges:
        found += connection.all(_WITHIN, mailbox=mailbox_id, first=first, last=last)
    if not found:
        return []
    found.sort()
    uses: dict[int, int] = {}
    filings: list[Filing] = []
    for _, blob, letter_id, size, lacks, received, bits, words in found:
        uses[blob] = uses.get(blob, 0) + 1
        filings.append(
            Filing(
                to.account_id,
                blob,
                size,
                letter_id,
                received,
                quota=quota,
                mailbox_id=to.id,
                flags=bits & flags,
                lacks=lacks,
                keywords=words if keywords else "",
                saved_at=at,
            )
        )
    connection.many(_USE, list(uses.items()))
    return [(row[0], filed.uid) for row, filed in zip(found, letters.file(connection, filings), strict=True)]
