"""Letters in mailboxes: filing them, listing a mailbox and reading.

Everything here is a plain function of a connection, to be run by the writer or a reader. The model is JMAP's (RFC 8621): a
mailbox holds emails under UIDs that only grow, an email points to a blob, every change counts the account's modseq up,
and what is removed leaves a tombstone for those who saw it (RFC 7162).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Final

from hawknest.store.blobs import Content
from hawknest.store.engine import Connection, Many, Row, Statement
from hawknest.store.errors import StoreError


class Flag(IntFlag):
    """The system flags of an email (RFC 9051 §2.3.2), as stored."""

    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16


class OverQuota(StoreError):
    """The account has no room for the letter."""


class NoSuchAccount(StoreError):
    """The account went away since it was looked up."""


@dataclass(frozen=True, slots=True)
class Filing:
    """A letter that is to be filed, into the account's INBOX unless another mailbox is named."""

    account_id: int
    blob_id: int
    size: int  # octets
    letter_id: str  # its trace id; '' where it did not come through a door
    at: float  # IMAP's internal date, seconds since the epoch
    quota: int = 0  # octets the account may have with it; 0: no limit
    mailbox_id: int = 0  # 0: the INBOX
    flags: int = 0  # bits of Flag
    keywords: str = ""  # space between
    saved_at: float | None = None  # when it was put there, where that is not `at` (RFC 8514)
    lacks: int = 0  # octets of the line end that its octets lack


def on(filing: Filing, blob_id: int) -> Filing:
    """File another blob in the same way."""
    return replace(filing, blob_id=blob_id)


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a letter was filed."""

    account_id: int
    mailbox_id: int
    uid: int
    email_id: int
    modseq: int


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a mailbox's list."""

    uid: int
    email_id: int
    blob_id: int
    size: int
    lacks: int = 0  # octets that protocols that speak in lines add at its end


_KEEP: Final = Many("INSERT INTO blob (size, uses, place, data) VALUES {rows} RETURNING id", 4)
_USE: Final = Statement("UPDATE blob SET uses = uses + :count WHERE id = :id")
_UNUSED: Final = Statement("DELETE FROM blob WHERE id = :id AND uses <= 0 RETURNING coalesce(place, '')")
_COUNT_IN: Final = Many(
    """UPDATE account_mail SET modseq = modseq + v.column2, octets = octets + v.column3
       FROM (VALUES {rows}) AS v WHERE account_id = v.column1
       RETURNING account_id, inbox_id, modseq, octets""",
    3,
)
_TAKE_UIDS: Final = Many(
    """UPDATE mailbox SET uidnext = uidnext + v.column2, modseq = v.column3
       FROM (VALUES {rows}) AS v WHERE id = v.column1 RETURNING id, uidnext""",
    3,
)
_ADD_EMAIL: Final = Many(
    """INSERT INTO email
         (account_id, blob_id, letter_id, size, lacks, received_at, flags, keywords, modseq, created_at_modseq)
       VALUES {rows} RETURNING id""",
    10,
)
_PLACE: Final = Many("INSERT INTO placement (mailbox_id, uid, email_id, modseq, saved_at) VALUES {rows}", 5)
_LIST: Final = Statement(
    """SELECT p.uid, p.email_id, e.blob_id, e.size, e.lacks FROM placement p JOIN email e ON e.id = p.email_id
       WHERE p.mailbox_id = :mailbox ORDER BY p.uid"""
)
_INBOX: Final = Statement(
    """SELECT a.inbox_id, m.uidvalidity FROM account_mail a JOIN mailbox m ON m.id = a.inbox_id
       WHERE a.account_id = :account"""
)
_ROLE: Final = Statement("SELECT id FROM mailbox WHERE account_id = :account AND role = :role")
_OCTETS: Final = Statement("SELECT octets FROM account_mail WHERE account_id = :account")
_READ: Final = Statement("SELECT size, data, place FROM blob WHERE id = :id")


def keep(connection: Connection, contents: Sequence[tuple[Content, int]]) -> list[int]:
    """Keep the octets of letters, each with the number of emails and outgoing letters that will point to it.

    Returns the ids of the blobs in the same order.
    """
    rows = [(content.size, uses, content.place, content.data) for content, uses in contents]
    return _ids(connection.many(_KEEP, rows))


def _ids(rows: Iterable[Row]) -> list[int]:
    """Bring the ids that new rows got into the order of the rows: they were given in it, and only grow."""
    return sorted(row[0] for row in rows)


def use(connection: Connection, blob_id: int, count: int = 1) -> None:
    """Note `count` more uses of a blob."""
    connection.run(_USE, id=blob_id, count=count)


def release(connection: Connection, blob_id: int, count: int = 1) -> str:
    """Note `count` fewer uses of a blob; the last one takes it away.

    Returns the file that the caller is to remove once the transaction is durable, or ''.
    """
    connection.run(_USE, id=blob_id, count=-count)
    row = connection.one(_UNUSED, id=blob_id)
    return row[0] if row else ""


def file(connection: Connection, filings: Sequence[Filing]) -> list[Filed]:
    """File letters into mailboxes, with as many statements for many as for one.

    Returns where each was filed, in the same order.
    Raises OverQuota, NoSuchAccount: then none of them is filed.
    """
    inboxes, modseqs = _count_in(connection, filings)
    places: list[tuple[int, int, int]] = []  # mailbox, UID counted from 1 within this call, modseq
    taken: Counter[int] = Counter()
    last: dict[int, int] = {}
    for filing in filings:
        modseq = modseqs[filing.account_id] = modseqs[filing.account_id] + 1
        mailbox = filing.mailbox_id or inboxes[filing.account_id]
        taken[mailbox] += 1
        last[mailbox] = modseq
        places.append((mailbox, taken[mailbox], modseq))
    wanted = [(mailbox, count, last[mailbox]) for mailbox, count in sorted(taken.items())]
    connection.touched.update(last)
    before = {row[0]: row[1] - taken[row[0]] - 1 for row in connection.many(_TAKE_UIDS, wanted)}
    if gone := taken.keys() - before:
        raise NoSuchAccount(f"mailbox {min(gone)} is gone")
    emails = _add_emails(connection, filings, [modseq for _, _, modseq in places])
    filed = [
        Filed(filing.account_id, mailbox, before[mailbox] + nth, email, modseq)
        for filing, (mailbox, nth, modseq), email in zip(filings, places, emails, strict=True)
    ]
    connection.many(
        _PLACE,
        [
            (f.mailbox_id, f.uid, f.email_id, f.modseq, filing.saved_at)
            for f, filing in zip(filed, filings, strict=True)
        ],
    )
    return filed


def _count_in(connection: Connection, filings: Sequence[Filing]) -> tuple[dict[int, int], dict[int, int]]:
    """Count letters into their accounts. Returns each account's INBOX, and its modseq before the first of them."""
    counts: Counter[int] = Counter()
    sizes: Counter[int] = Counter()
    quotas: dict[int, int] = {}
    for filing in filings:
        counts[filing.account_id] += 1
        sizes[filing.account_id] += filing.size
        if filing.quota:
            quotas[filing.account_id] = filing.quota
    rows = [(account, count, sizes[account]) for account, count in sorted(counts.items())]
    inboxes: dict[int, int] = {}
    modseqs: dict[int, int] = {}
    for account, inbox_id, modseq, octets in connection.many(_COUNT_IN, rows):
        if 0 < quotas.get(account, 0) < octets:
            raise OverQuota(f"account {account} is full")
        inboxes[account] = inbox_id
        modseqs[account] = modseq - counts[account]
    if gone := counts.keys() - inboxes:
        raise NoSuchAccount(f"account {min(gone)} is gone")
    return inboxes, modseqs


def _add_emails(connection: Connection, filings: Sequence[Filing], modseqs: Sequence[int]) -> list[int]:
    """Add the emails of letters that are filed. Returns their ids in the same order."""
    rows = [
        (f.account_id, f.blob_id, f.letter_id, f.size, f.lacks, f.at, f.flags, f.keywords, modseq, modseq)
        for f, modseq in zip(filings, modseqs, strict=True)
    ]
    return _ids(connection.many(_ADD_EMAIL, rows))


def inbox(connection: Connection, account_id: int) -> tuple[int, int, list[Item]]:
    """List an account's INBOX: its id, UIDVALIDITY and letters in order.

    Raises NoSuchAccount.
    """
    row = connection.one(_INBOX, account=account_id)
    if row is None:
        raise NoSuchAccount(f"account {account_id} is gone")
    return row[0], row[1], listing(connection, row[0])


def listing(connection: Connection, mailbox_id: int) -> list[Item]:
    """List a mailbox in the order of UIDs."""
    return [Item(*row) for row in connection.all(_LIST, mailbox=mailbox_id)]


def mailbox_for(connection: Connection, account_id: int, role: str) -> int:
    """Find the mailbox that an account has for something (RFC 6154 §2, in lower case); 0: it has none."""
    row = connection.one(_ROLE, account=account_id, role=role)
    return row[0] if row else 0


def octets(connection: Connection, account_id: int) -> int:
    """Tell how many octets an account's letters take."""
    row = connection.one(_OCTETS, account=account_id)
    return row[0] if row else 0


def read(connection: Connection, blob_id: int) -> Content | None:
    """Read a blob: its octets, or the file they lie in. None: it is gone."""
    row = connection.one(_READ, id=blob_id)
    return Content(*row) if row else None


def count(connection: Connection, account_id: int, octets: int = 0) -> int:
    """Count a change, and octets more or less, into an account. Returns its new modseq. Raises NoSuchAccount."""
    counted = connection.many(_COUNT_IN, [(account_id, 1, octets)])
    if not counted:
        raise NoSuchAccount(f"account {account_id} is gone")
    return counted[0][2]
