"""Parts of letters that wait for the others: RFC 2046 §5.2.2, as far as it is rows.

The parts themselves are letters like any other and stay where they are; a row only notes that one is a part, so to forget
rows loses nothing. They are few: of an account at most `KEPT`, and none older than `DAYS`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hawknest.store import places
from hawknest.store.engine import Connection, Statement

DAYS: Final = 7.0  # until the other parts must have come
KEPT: Final = 2000  # rows of an account; the oldest go first
PARTS: Final = 1000  # that a letter may have
OCTETS: Final = 1 << 30  # that the parts of a letter may have together
BATCH: Final = 64  # letters that are looked at in one go
WHOLE: Final = "reassembly"  # the service that a letter came by which was put together

_DUE: Final = Statement(
    """SELECT a.id, a.local, d.name, a.quota, m.inbox_id, m.looked, b.uidnext
       FROM account a JOIN domain d ON d.id = a.domain_id JOIN account_mail m ON m.account_id = a.id
       JOIN mailbox b ON b.id = m.inbox_id
       WHERE a.reassemble = 1 AND b.uidnext > m.looked + 1 ORDER BY a.id LIMIT :count"""
)
_NEW: Final = Statement(
    """SELECT p.uid, e.id, e.blob_id, e.size, e.received_at FROM placement p JOIN email e ON e.id = p.email_id
       WHERE p.mailbox_id = :inbox AND p.uid > :looked AND p.uid < :next AND e.received_at > :since
         AND NOT EXISTS (SELECT 1 FROM letter l WHERE l.id = e.letter_id AND l.service = :whole)
       ORDER BY p.uid LIMIT :count"""
)
_LOOKED: Final = Statement(
    "UPDATE account_mail SET looked = :uid WHERE account_id = :account AND looked < :uid"
)
_EXPIRE: Final = Statement("DELETE FROM partial WHERE account_id = :account AND at <= :before")
_TOTAL: Final = Statement(
    "SELECT coalesce(max(total), 0) FROM partial WHERE account_id = :account AND whole = :whole"
)
_NOTE: Final = Statement(
    """INSERT INTO partial (account_id, whole, number, total, uid, email_id, size, at)
       VALUES (:account, :whole, :number, :total, :uid, :email, :size, :at)
       ON CONFLICT (account_id, whole, number) DO NOTHING"""
)
_MANY: Final = Statement(
    """DELETE FROM partial WHERE account_id = :account AND (at, whole, number) <= (
         SELECT at, whole, number FROM partial WHERE account_id = :account
         ORDER BY at DESC, whole DESC, number DESC LIMIT 1 OFFSET :kept)"""
)
_COMPLETE: Final = Statement(
    """SELECT count(*), coalesce(sum(size), 0) FROM partial
       WHERE account_id = :account AND whole = :whole AND number <= :total"""
)
_ROWS: Final = Statement(
    """SELECT r.number, r.uid, r.email_id, e.blob_id, e.letter_id, e.received_at
       FROM partial r JOIN account_mail m ON m.account_id = r.account_id
       JOIN placement p ON p.mailbox_id = m.inbox_id AND p.uid = r.uid AND p.email_id = r.email_id
       JOIN email e ON e.id = r.email_id
       WHERE r.account_id = :account AND r.whole = :whole AND r.number <= :total ORDER BY r.number"""
)
_FORGET: Final = Statement("DELETE FROM partial WHERE account_id = :account AND whole = :whole")
_TRASH: Final = Statement(
    "SELECT id FROM mailbox WHERE account_id = :account AND role = 'trash' ORDER BY id LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Box:
    """An account whose INBOX has letters that were not looked at."""

    account_id: int
    address: str
    quota: int  # octets; 0: no limit
    inbox_id: int
    looked: int  # the last UID that was
    next: int  # the UID that was still to be given


@dataclass(frozen=True, slots=True)
class New:
    """A letter that was not looked at."""

    uid: int
    email_id: int
    blob_id: int
    size: int  # octets
    at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Found:
    """A letter that is a part."""

    new: New
    whole: str  # names the sender and the id that the parts share
    number: int
    total: int  # 0: it does not say


@dataclass(frozen=True, slots=True)
class Complete:
    """A letter of which all parts are there."""

    whole: str
    total: int


@dataclass(frozen=True, slots=True)
class Row:
    """A part of it."""

    number: int
    uid: int
    email_id: int
    blob_id: int
    letter_id: str
    at: float


def due(connection: Connection) -> list[Box]:
    """List accounts that want parts put together and have letters to look at."""
    return [
        Box(account, f"{local}@{domain}", quota, inbox, looked, following)
        for account, local, domain, quota, inbox, looked, following in connection.all(_DUE, count=BATCH)
    ]


def new(connection: Connection, box: Box, now: float) -> list[New]:
    """List the next letters to look at; of those that are older than a part may be, none."""
    rows = connection.all(
        _NEW,
        inbox=box.inbox_id,
        looked=box.looked,
        next=box.next,
        since=now - DAYS * 86400,
        whole=WHOLE,
        count=BATCH,
    )
    return [New(*row) for row in rows]


def note(connection: Connection, box: Box, found: Iterable[Found], now: float) -> list[Complete]:
    """Note parts; of two with the same number the first counts. Returns what is complete."""
    account = box.account_id
    connection.run(_EXPIRE, account=account, before=now - DAYS * 86400)
    complete: dict[str, Complete] = {}
    for part in found:
        total = _noted(connection, account, part)
        if total:
            count, size = connection.one(_COMPLETE, account=account, whole=part.whole, total=total) or (0, 0)
            if count == total and size <= OCTETS:
                complete[part.whole] = Complete(part.whole, total)
    connection.run(_MANY, account=account, kept=KEPT)
    return list(complete.values())


def done(connection: Connection, box: Box, looked: int) -> None:
    """Note that the letters up to a UID were looked at, and what was complete is settled."""
    connection.run(_LOOKED, account=box.account_id, uid=looked)


def _noted(connection: Connection, account: int, part: Found) -> int:
    """Note a part, unless it contradicts what is known. Returns the number of parts, 0 where nobody knows."""
    row = connection.one(_TOTAL, account=account, whole=part.whole)
    known: int = row[0] if row else 0
    total = known or part.total
    if max(total, part.number) > PARTS or (part.total and part.total != total) or 0 < total < part.number:
        return 0
    connection.run(
        _NOTE,
        account=account,
        whole=part.whole,
        number=part.number,
        total=part.total,
        uid=part.new.uid,
        email=part.new.email_id,
        size=part.new.size,
        at=part.new.at,
    )
    return total


def rows(connection: Connection, account_id: int, complete: Complete) -> list[Row]:
    """List the parts of a letter that are still in the INBOX, in order."""
    found = connection.all(_ROWS, account=account_id, whole=complete.whole, total=complete.total)
    return [Row(*row) for row in found]


def forget(connection: Connection, account_id: int, whole: str) -> None:
    """Forget that letters are parts; they stay where they are."""
    connection.run(_FORGET, account=account_id, whole=whole)


def to_trash(connection: Connection, box: Box, parts: Iterable[Row]) -> None:
    """Move parts into the account's Trash; without one they stay."""
    trash = connection.one(_TRASH, account=box.account_id)
    if trash is not None:
        uids = [(part.uid, part.uid) for part in parts]
        places.move(connection, box.account_id, box.inbox_id, uids, trash[0])
