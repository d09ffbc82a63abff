"""Letters in short (`mail.headline`), beside them in the database: for sorting, for threads, for searches."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

from hawknest.mail.headline import Headline
from hawknest.mail.thread import Entry
from hawknest.store.engine import Connection, Many, Statement


class Key(StrEnum):
    """What letters can be sorted by; the value is the name of its column. RFC 5256 §3, RFC 5957 §2."""

    DATE = "sent_at"
    DAY = "sent_day"
    SUBJECT = "subject_key"
    FROM = "sender_key"
    TO = "to_key"
    CC = "cc_key"
    DISPLAYFROM = "sender_display"
    DISPLAYTO = "to_display"


_PUT: Final = Many(
    """INSERT INTO headline
         (blob_id, sent_at, sent_day, reply, subject_key, sender_key, to_key, cc_key, sender_display, to_display,
          message_id, ancestors, subject, sender, recipient, cc, bcc)
       VALUES {rows}
       ON CONFLICT (blob_id) DO UPDATE SET sent_at = excluded.sent_at, sent_day = excluded.sent_day,
         reply = excluded.reply, subject_key = excluded.subject_key, sender_key = excluded.sender_key,
         to_key = excluded.to_key, cc_key = excluded.cc_key, sender_display = excluded.sender_display,
         to_display = excluded.to_display, message_id = excluded.message_id, ancestors = excluded.ancestors,
         subject = excluded.subject, sender = excluded.sender, recipient = excluded.recipient, cc = excluded.cc,
         bcc = excluded.bcc""",
    17,
)
_KEYS: Final = {
    key: Statement(
        f"""SELECT p.uid, h.{key} FROM placement p JOIN email e ON e.id = p.email_id
            JOIN headline h ON h.blob_id = e.blob_id WHERE p.mailbox_id = :mailbox"""
    )
    for key in Key
}
_ENTRIES: Final = Statement(
    """SELECT p.uid, coalesce(h.sent_at, e.received_at), h.subject_key, h.reply, h.message_id, h.ancestors
       FROM placement p JOIN email e ON e.id = p.email_id JOIN headline h ON h.blob_id = e.blob_id
       WHERE p.mailbox_id = :mailbox ORDER BY p.uid"""
)


def put(connection: Connection, rows: Iterable[tuple[int, Headline]]) -> None:
    """Keep the headlines of letters by the ids of their blobs, which must be there."""
    connection.many(_PUT, [_row(blob_id, headline) for blob_id, headline in rows])


def _row(blob_id: int, h: Headline) -> tuple[Any, ...]:
    keys = (h.subject_key, h.sender_key, h.to_key, h.cc_key, h.sender_display, h.to_display)
    texts = (h.subject, h.sender, h.to, h.cc, h.bcc)
    ids = (h.message_id, " ".join(h.references))
    return (blob_id, h.sent_at, h.sent_day, int(h.reply), *keys, *ids, *texts)


def keys(connection: Connection, mailbox_id: int, key: Key) -> dict[int, Any]:
    """Give what the letters of a mailbox are sorted by, by UID: texts, or numbers and None. Letters without headline lack."""
    return dict(connection.all(_KEYS[key], mailbox=mailbox_id))  # type: ignore[arg-type]


def entries(connection: Connection, mailbox_id: int) -> list[Entry]:
    """Give the letters of a mailbox as threads are made of them (`mail.thread`), by UID. Letters without headline lack."""
    return [
        Entry(uid, at, subject, bool(reply), message_id, tuple(ancestors.split()))
        for uid, at, subject, reply, message_id, ancestors in connection.all(_ENTRIES, mailbox=mailbox_id)
    ]
