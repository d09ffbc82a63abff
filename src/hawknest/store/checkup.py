"""What can be wrong with the rows of a nest, and mending what is safe: counts that do not agree, rows that lead nowhere.

Nothing of it happens while every change is a transaction; it is what a broken disk, a program of the past or an owner with
an SQL shell leaves. To look is harmless at any time; each mend runs in a transaction, looks again there, and passes over
what has become right meanwhile.
"""

from dataclasses import dataclass
from typing import Any, Final

from hawknest.store import places
from hawknest.store.engine import Connection, Statement

SHOWN: Final = 20  # faults of the database file that are told

_QUICK_CHECK: Final = Statement(f"PRAGMA quick_check({SHOWN})")
_ANSWERS: Final = Statement("SELECT 1")
_NEWEST: Final = Statement(
    """SELECT max(at) FROM (SELECT max(at) AS at FROM letter
       UNION ALL SELECT max(at) AS at FROM schema_version) AS known"""
)
_REAL: Final = """(SELECT count(*) FROM email e WHERE e.blob_id = b.id)
    + (SELECT count(*) FROM outgoing o WHERE o.blob_id = b.id)"""
_USES: Final = Statement(f"SELECT b.id FROM blob b WHERE b.uses <> {_REAL} ORDER BY b.id")
_HOLD: Final = Statement("SELECT id FROM blob WHERE id = :id {skip_locked}")
_REAL_OF: Final = Statement(f"SELECT b.uses, {_REAL} FROM blob b WHERE b.id = :id")
_SET_USES: Final = Statement("UPDATE blob SET uses = :uses WHERE id = :id")
_DROP_BLOB: Final = Statement("DELETE FROM blob WHERE id = :id RETURNING coalesce(place, '')")
_OCTETS: Final = Statement(
    """SELECT m.account_id FROM account_mail m
       WHERE m.octets <> (SELECT coalesce(sum(e.size), 0) FROM email e WHERE e.account_id = m.account_id)"""
)
_HOLD_MAIL: Final = Statement("SELECT account_id FROM account_mail WHERE account_id = :account {skip_locked}")
_SET_OCTETS: Final = Statement(
    """UPDATE account_mail SET octets = (SELECT coalesce(sum(e.size), 0) FROM email e WHERE e.account_id = :account)
       WHERE account_id = :account"""
)
_UNPLACED: Final = Statement(
    """SELECT e.id, e.account_id, a.inbox_id FROM email e JOIN account_mail a ON a.account_id = e.account_id
       WHERE NOT EXISTS (SELECT 1 FROM placement p WHERE p.email_id = e.id) ORDER BY e.id"""
)
_PLACED: Final = Statement("SELECT 1 FROM placement WHERE email_id = :email LIMIT 1")
_EMPTY: Final = Statement(
    """SELECT o.id FROM outgoing o
       WHERE NOT EXISTS (SELECT 1 FROM outgoing_recipient r WHERE r.outgoing_id = o.id) ORDER BY o.id"""
)
_DROP_EMPTY: Final = Statement(
    """DELETE FROM outgoing WHERE id = :id
       AND NOT EXISTS (SELECT 1 FROM outgoing_recipient r WHERE r.outgoing_id = outgoing.id)"""
)
_LETTERLESS: Final = Statement(
    """SELECT r.id, r.address FROM outgoing_recipient r
       LEFT JOIN outgoing o ON o.id = r.outgoing_id LEFT JOIN blob b ON b.id = o.blob_id
       WHERE b.id IS NULL ORDER BY r.id"""
)
_DROP_RECIPIENT: Final = Statement("DELETE FROM outgoing_recipient WHERE id = :id")
_NAMES: Final = Statement(
    """SELECT a.local, d.name, m.name, e.letter_id, e.received_at, l.sender, l.message_id
       FROM email e JOIN account a ON a.id = e.account_id JOIN domain d ON d.id = a.domain_id
       LEFT JOIN placement p ON p.email_id = e.id LEFT JOIN mailbox m ON m.id = p.mailbox_id
       LEFT JOIN letter l ON l.id = e.letter_id WHERE e.blob_id = :blob ORDER BY e.id"""
)
_WAITING: Final = Statement(
    """SELECT o.letter_id, r.address FROM outgoing o JOIN outgoing_recipient r ON r.outgoing_id = o.id
       WHERE o.blob_id = :blob ORDER BY r.id"""
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A letter in somebody's mailbox, as its owner would look for it."""

    account: str
    mailbox: str
    letter: str  # its trace id; '' where it did not come through a door
    at: float  # seconds since the epoch
    sender: str
    message_id: str


def damage(connection: Connection, *, sqlite: bool) -> list[str]:
    """Let the database look at itself: its words for what is broken. Raises StoreError where it does not answer."""
    if not sqlite:
        connection.one(_ANSWERS)
        return []
    return [words for (words,) in connection.all(_QUICK_CHECK) if words != "ok"]


def newest(connection: Connection) -> float:
    """Tell the latest time that anything is known of, in seconds since the epoch."""
    row = connection.one(_NEWEST)
    return row[0] or 0.0 if row else 0.0


def copies(connection: Connection, blob_id: int) -> list[Copy]:
    """Name the letters in mailboxes that a blob belongs to."""
    return [
        Copy(f"{local}@{domain}", mailbox or "", letter, at, sender or "", message_id or "")
        for local, domain, mailbox, letter, at, sender, message_id in connection.all(_NAMES, blob=blob_id)
    ]


def waiting(connection: Connection, blob_id: int) -> list[tuple[str, str]]:
    """Name the waiting letters that a blob belongs to: trace id and recipient."""
    return [(letter, address) for letter, address in connection.all(_WAITING, blob=blob_id)]


def miscounted(connection: Connection) -> list[int]:
    """List the blobs whose uses are not as many as point to them."""
    return _ids(connection, _USES)


def recount(connection: Connection, blob_id: int) -> str:
    """Set a blob's uses to what they are; one that nobody points to goes.

    Returns the file that nobody points to any more, or ''.
    """
    if connection.one(_HOLD, id=blob_id) is None:  # it is being changed at this moment
        return ""
    row = connection.one(_REAL_OF, id=blob_id)
    if row is None or row[0] == row[1]:
        return ""
    if row[1]:
        connection.run(_SET_USES, id=blob_id, uses=row[1])
        return ""
    dropped = connection.one(_DROP_BLOB, id=blob_id)
    return dropped[0] if dropped else ""


def misweighed(connection: Connection) -> list[int]:
    """List the accounts whose octets are not the sum of their letters."""
    return _ids(connection, _OCTETS)


def reweigh(connection: Connection, account_id: int) -> None:
    """Set an account's octets to the sum of its letters."""
    if connection.one(_HOLD_MAIL, account=account_id) is not None:
        connection.run(_SET_OCTETS, account=account_id)


def unplaced(connection: Connection) -> list[tuple[int, int, int]]:
    """List the emails that are in no mailbox: email, account, its INBOX."""
    return [(email, account, inbox) for email, account, inbox in connection.all(_UNPLACED)]


def replace(connection: Connection, email_id: int, account_id: int, inbox_id: int) -> None:
    """Put an email that is in no mailbox into the INBOX."""
    if connection.one(_PLACED, email=email_id) is None:
        places.place(connection, account_id, inbox_id, [email_id])


def finished(connection: Connection) -> list[int]:
    """List the outgoing letters that no recipient waits for."""
    return _ids(connection, _EMPTY)


def drop_finished(connection: Connection, outgoing_id: int) -> None:
    """Drop an outgoing letter that no recipient waits for; its blob is then one that is miscounted."""
    connection.run(_DROP_EMPTY, id=outgoing_id)


def letterless(connection: Connection) -> list[tuple[int, str]]:
    """List the recipients in the queue whose letter is gone: number and address."""
    return [(number, address) for number, address in connection.all(_LETTERLESS)]


def drop_letterless(connection: Connection, recipient_id: int) -> None:
    """Drop a recipient whose letter is gone."""
    connection.run(_DROP_RECIPIENT, id=recipient_id)


def _ids(connection: Connection, statement: Statement, **values: Any) -> list[int]:
    return [row[0] for row in connection.all(statement, **values)]
