"""Where emails are, and taking them from one mailbox to another within their account; UIDs and modseqs as RFC 7162 wants them."""

from typing import Final

from hawknest.store.engine import Connection, Statement

_FIND: Final = Statement(
    """SELECT p.uid FROM placement p JOIN email e ON e.id = p.email_id
       WHERE p.mailbox_id = :mailbox AND e.letter_id = :letter ORDER BY p.uid DESC LIMIT 1"""
)
_NEXT: Final = Statement(
    "UPDATE account_mail SET modseq = modseq + 1 WHERE account_id = :account RETURNING modseq"
)
_UID: Final = Statement(
    "UPDATE mailbox SET uidnext = uidnext + 1, modseq = :modseq WHERE id = :mailbox RETURNING uidnext - 1"
)
_PLACE: Final = Statement(
    "INSERT INTO placement (mailbox_id, uid, email_id, modseq) VALUES (:mailbox, :uid, :email, :modseq)"
)
_TAKE_OUT: Final = Statement(
    "DELETE FROM placement WHERE mailbox_id = :mailbox AND uid = :uid RETURNING email_id"
)
_BURY: Final = Statement(
    """INSERT INTO tombstone (mailbox_id, modseq, uid, account_id, email_id)
       VALUES (:mailbox, :modseq, :uid, :account, :email)"""
)
_MOVED: Final = Statement("UPDATE mailbox SET modseq = :modseq WHERE id = :mailbox")


def uid_of(connection: Connection, mailbox_id: int, letter_id: str) -> int | None:
    """Find a letter in a mailbox by its trace id: its UID there."""
    row = connection.one(_FIND, mailbox=mailbox_id, letter=letter_id)
    return row[0] if row else None


def place(connection: Connection, account_id: int, mailbox_id: int, email_id: int) -> int:
    """Put an email of an account into one of its mailboxes. Returns its UID there."""
    modseq = _modseq(connection, account_id)
    row = connection.one(_UID, mailbox=mailbox_id, modseq=modseq)
    assert row is not None
    connection.touched.add(mailbox_id)
    connection.run(_PLACE, mailbox=mailbox_id, uid=row[0], email=email_id, modseq=modseq)
    return row[0]


def take_out(connection: Connection, mailbox_id: int, uid: int) -> int | None:
    """Take an email out of a mailbox; `bury` it next. Returns its id, or None where it is gone already."""
    row = connection.one(_TAKE_OUT, mailbox=mailbox_id, uid=uid)
    return row[0] if row else None


def bury(
    connection: Connection, account_id: int, mailbox_id: int, uid: int, *, email_id: int, modseq: int
) -> None:
    """Leave a tombstone where an email was taken out, under the account's new modseq."""
    connection.run(_BURY, mailbox=mailbox_id, modseq=modseq, uid=uid, account=account_id, email=email_id)
    connection.touched.add(mailbox_id)
    connection.run(_MOVED, mailbox=mailbox_id, modseq=modseq)


def move(connection: Connection, account_id: int, mailbox_id: int, uid: int, to: int) -> None:
    """Take an email from a mailbox to another; one that is gone already is passed over."""
    email_id = take_out(connection, mailbox_id, uid)
    if email_id is None:
        return
    place(connection, account_id, to, email_id)
    modseq = _modseq(connection, account_id)
    bury(connection, account_id, mailbox_id, uid, email_id=email_id, modseq=modseq)


def _modseq(connection: Connection, account_id: int) -> int:
    row = connection.one(_NEXT, account=account_id)
    assert row is not None
    return row[0]
