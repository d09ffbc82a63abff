"""Letters in mailboxes: filing them, listing a mailbox, reading and removing.

Everything here is a plain function of a connection, to be run by the writer or a reader. The model is JMAP's (RFC 8621): a
mailbox holds emails under UIDs that only grow, an email points to a blob, every change counts the account's modseq up,
and what is removed leaves a tombstone for those who saw it (RFC 7162).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from hawknest.store.blobs import Content
from hawknest.store.engine import Connection, Statement
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


_KEEP: Final = Statement(
    """INSERT INTO blob (sha256, size, uses, place, data) VALUES (:sha256, :size, :uses, :place, :data) RETURNING id"""
)
_USE: Final = Statement("UPDATE blob SET uses = uses + :count WHERE id = :id")
_UNUSED: Final = Statement("DELETE FROM blob WHERE id = :id AND uses <= 0 RETURNING coalesce(place, '')")
_COUNT_IN: Final = Statement(
    """UPDATE account_mail SET modseq = modseq + 1, octets = octets + :size WHERE account_id = :account
       RETURNING inbox_id, modseq, octets"""
)
_TAKE_UID: Final = Statement(
    """UPDATE mailbox SET uidnext = uidnext + 1, modseq = :modseq WHERE id = :mailbox RETURNING uidnext - 1"""
)
_ADD_EMAIL: Final = Statement(
    """INSERT INTO email (account_id, blob_id, letter_id, size, received_at, flags, keywords, modseq, created_at_modseq)
       VALUES (:account, :blob, :letter, :size, :at, :flags, '', :modseq, :modseq) RETURNING id"""
)
_PLACE: Final = Statement(
    "INSERT INTO placement (mailbox_id, uid, email_id, modseq) VALUES (:mailbox, :uid, :email, :modseq)"
)
_LIST: Final = Statement(
    """SELECT p.uid, p.email_id, e.blob_id, e.size FROM placement p JOIN email e ON e.id = p.email_id
       WHERE p.mailbox_id = :mailbox ORDER BY p.uid"""
)
_INBOX: Final = Statement(
    """SELECT a.inbox_id, m.uidvalidity FROM account_mail a JOIN mailbox m ON m.id = a.inbox_id
       WHERE a.account_id = :account"""
)
_OCTETS: Final = Statement("SELECT octets FROM account_mail WHERE account_id = :account")
_READ: Final = Statement("SELECT size, data, place FROM blob WHERE id = :id")
_TAKE_OUT: Final = Statement(
    "DELETE FROM placement WHERE mailbox_id = :mailbox AND uid = :uid RETURNING email_id"
)
_BURY: Final = Statement(
    """INSERT INTO tombstone (mailbox_id, modseq, uid, account_id, email_id)
       VALUES (:mailbox, :modseq, :uid, :account, :email)"""
)
_MOVED: Final = Statement("UPDATE mailbox SET modseq = :modseq WHERE id = :mailbox")
_STILL_PLACED: Final = Statement("SELECT 1 FROM placement WHERE email_id = :email LIMIT 1")
_DESTROY: Final = Statement("DELETE FROM email WHERE id = :email RETURNING blob_id, size")


def keep(connection: Connection, content: Content, uses: int) -> int:
    """Keep the octets of a letter that `uses` emails and outgoing letters will point to.

    Returns the blob's id.
    """
    data = content.data
    digest = content.sha256 or hashlib.sha256(data or b"").digest()
    row = connection.one(_KEEP, sha256=digest, size=content.size, uses=uses, place=content.place, data=data)
    assert row is not None
    return row[0]


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


def file(
    connection: Connection,
    account_id: int,
    blob_id: int,
    size: int,
    *,
    letter_id: str,
    at: float,
    quota: int = 0,
    mailbox_id: int | None = None,
    flags: int = 0,
) -> Filed:
    """File a letter into a mailbox of an account, its INBOX unless another is named.

    `size` and `quota` are octets (0: no limit), `at` seconds since the epoch, `flags` bits of `Flag`.
    Raises OverQuota, NoSuchAccount.
    """
    counted = connection.one(_COUNT_IN, account=account_id, size=size)
    if counted is None:
        raise NoSuchAccount(f"account {account_id} is gone")
    inbox_id, modseq, octets = counted
    if quota and octets > quota:
        raise OverQuota(f"account {account_id} is full")
    target: int = inbox_id if mailbox_id is None else mailbox_id
    taken = connection.one(_TAKE_UID, mailbox=target, modseq=modseq)
    if taken is None:
        raise NoSuchAccount(f"mailbox {target} is gone")
    added = connection.one(
        _ADD_EMAIL,
        account=account_id,
        blob=blob_id,
        letter=letter_id,
        size=size,
        at=at,
        flags=flags,
        modseq=modseq,
    )
    assert added is not None
    uid, email_id = taken[0], added[0]
    connection.run(_PLACE, mailbox=target, uid=uid, email=email_id, modseq=modseq)
    return Filed(account_id, target, uid, email_id, modseq)


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


def octets(connection: Connection, account_id: int) -> int:
    """Tell how many octets an account's letters take."""
    row = connection.one(_OCTETS, account=account_id)
    return row[0] if row else 0


def read(connection: Connection, blob_id: int) -> Content | None:
    """Read a blob: its octets, or the file they lie in. None: it is gone."""
    row = connection.one(_READ, id=blob_id)
    return Content(*row) if row else None


def remove(connection: Connection, account_id: int, mailbox_id: int, uids: Iterable[int]) -> list[str]:
    """Remove letters from a mailbox; those that are in no other go altogether. What is gone already is passed over.

    Returns the files that the caller is to remove once the transaction is durable.
    """
    files: list[str] = []
    for uid in uids:
        taken = connection.one(_TAKE_OUT, mailbox=mailbox_id, uid=uid)
        if taken is None:
            continue
        email_id = taken[0]
        files += _gone(connection, account_id, mailbox_id, uid, email_id)
    return files


def _gone(connection: Connection, account_id: int, mailbox_id: int, uid: int, email_id: int) -> list[str]:
    """Bury a placement, and the email with it if it was the last."""
    files: list[str] = []
    size = 0
    if connection.one(_STILL_PLACED, email=email_id) is None:
        destroyed = connection.one(_DESTROY, email=email_id)
        if destroyed is not None:
            blob_id, size = destroyed
            if place := release(connection, blob_id):
                files.append(place)
    counted = connection.one(_COUNT_IN, account=account_id, size=-size)
    if counted is None:
        raise NoSuchAccount(f"account {account_id} is gone")
    modseq = counted[1]
    connection.run(_BURY, mailbox=mailbox_id, modseq=modseq, uid=uid, account=account_id, email=email_id)
    connection.run(_MOVED, mailbox=mailbox_id, modseq=modseq)
    return files
