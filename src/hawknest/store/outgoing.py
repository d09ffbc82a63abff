"""What waits to leave: outgoing letters and, for each recipient, when it is tried next and who is at it.

A claim is a lease: a worker writes its name and a time into the rows it works on, and keeps renewing it; when it dies,
the time passes and another takes over. So several workers, or several machines on PostgreSQL, share one queue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hawknest.store import letters
from hawknest.store.engine import Connection, Many, Row, Statement


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter that is to leave, and the envelope it leaves with."""

    letter_id: str
    reverse_path: str  # '': the null sender
    created_at: float  # seconds since the epoch
    expires_at: float
    skip: int = 0  # octets of the blob that stay here: the Return-Path line of a local copy
    prefix: bytes = b""  # trace lines in front of the rest
    body: str = "8BITMIME"
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""
    requiretls: bool = False  # given on over proven TLS alone: RFC 8689 §2


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient of an outgoing letter, as it is queued."""

    address: str
    destination: str  # the domain that decides where it goes
    orcpt: str = ""
    notify: int = 0
    next_at: float = 0.0
    held: bool = False


@dataclass(frozen=True, slots=True)
class Queued:
    """A letter to queue; its blob is kept with a use for it."""

    blob_id: int
    letter: Outgoing
    recipients: Sequence[Recipient]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A recipient in the queue, with its letter."""

    id: int
    outgoing_id: int
    letter_id: str
    blob_id: int
    skip: int
    prefix: bytes
    reverse_path: str
    body: str
    smtputf8: bool
    ret: str
    envid: str
    created_at: float
    expires_at: float
    size: int  # octets to send, without the prefix
    address: str
    destination: str
    orcpt: str
    notify: int
    held: bool
    attempts: int
    next_at: float
    claimed_by: str
    claimed_until: float
    last_at: float | None
    last_words: str
    delay_told: bool
    requiretls: bool = False


_ADD: Final = Many(
    """INSERT INTO outgoing
         (letter_id, blob_id, skip, prefix, reverse_path, body, smtputf8, ret, envid, created_at, expires_at, tls)
       VALUES {rows} RETURNING id""",
    12,
)
_ADD_RECIPIENT: Final = Many(
    """INSERT INTO outgoing_recipient
         (outgoing_id, address, destination, orcpt, notify, held, next_at,
          attempts, claimed_by, claimed_until, last_words, delay_told)
       VALUES {rows}""",
    12,
)
_FIELDS: Final = """r.id, r.outgoing_id, o.letter_id, o.blob_id, o.skip, o.prefix, o.reverse_path, o.body, o.smtputf8, o.ret,
    o.envid, o.created_at, o.expires_at, b.size - o.skip, r.address, r.destination, r.orcpt, r.notify, r.held, r.attempts,
    r.next_at, r.claimed_by, r.claimed_until, r.last_at, r.last_words, r.delay_told,
    o.tls"""
_FROM: Final = (
    """outgoing_recipient r JOIN outgoing o ON o.id = r.outgoing_id JOIN blob b ON b.id = o.blob_id"""
)
# "claimed_by <> ''" is said where it goes without saying: so the index of claims is used, however long the queue.
_CLAIM: Final = Statement(
    """UPDATE outgoing_recipient SET claimed_by = :owner, claimed_until = :until WHERE id IN (
         SELECT id FROM outgoing_recipient
         WHERE held = 0 AND next_at <= :now AND claimed_until <= :now
         ORDER BY next_at, id LIMIT :count {skip_locked})
       RETURNING id"""
)
_RENEW: Final = Statement(
    """UPDATE outgoing_recipient SET claimed_until = :until
       WHERE claimed_by = :owner AND claimed_by <> '' AND claimed_until > :now"""
)
_ABANDON: Final = Statement(
    """UPDATE outgoing_recipient SET claimed_by = '', claimed_until = 0
       WHERE claimed_by = :owner AND claimed_by <> ''"""
)
_OWNERS: Final = Statement("SELECT DISTINCT claimed_by FROM outgoing_recipient WHERE claimed_by <> ''")
_GET: Final = Statement(f"SELECT {_FIELDS} FROM {_FROM} WHERE r.id = :id")
_CLAIMED: Final = Statement(
    f"""SELECT {_FIELDS} FROM {_FROM}
        WHERE r.claimed_by = :owner AND r.claimed_by <> '' AND r.claimed_until = :until ORDER BY r.next_at, r.id"""
)
_LIST: Final = Statement(f"SELECT {_FIELDS} FROM {_FROM} ORDER BY r.next_at, r.id LIMIT :count OFFSET :skip")
_OF_LETTER: Final = Statement(f"SELECT {_FIELDS} FROM {_FROM} WHERE o.letter_id = :letter ORDER BY r.id")
_NEXT: Final = Statement(
    """SELECT min(due) FROM (
         SELECT next_at AS due FROM (
           SELECT next_at FROM outgoing_recipient WHERE held = 0 AND claimed_by = '' ORDER BY next_at LIMIT 1) free
         UNION ALL
         SELECT claimed_until FROM (
           SELECT claimed_until FROM outgoing_recipient WHERE held = 0 AND claimed_by <> '' ORDER BY claimed_until LIMIT 1
         ) taken) found"""
)
_COUNT: Final = Statement(
    """SELECT count(*), coalesce(sum(held), 0), coalesce(sum(CASE WHEN claimed_until > :now THEN 1 ELSE 0 END), 0)
       FROM outgoing_recipient"""
)
_DEFER: Final = Statement(
    """UPDATE outgoing_recipient SET attempts = attempts + 1, next_at = :next_at, last_at = :now, last_words = :words,
         claimed_by = '', claimed_until = 0 WHERE id = :id"""
)
_TOLD: Final = Statement("UPDATE outgoing_recipient SET delay_told = 1 WHERE id = :id")
_END: Final = Statement("DELETE FROM outgoing_recipient WHERE id = :id RETURNING outgoing_id")
_OTHERS: Final = Statement("SELECT 1 FROM outgoing_recipient WHERE outgoing_id = :outgoing LIMIT 1")
_REMOVE: Final = Statement("DELETE FROM outgoing WHERE id = :outgoing RETURNING blob_id")
_HOLD: Final = Statement("UPDATE outgoing_recipient SET held = :held WHERE id = :id")
_NOW: Final = Statement("UPDATE outgoing_recipient SET next_at = :now, held = 0 WHERE id = :id")


def add(connection: Connection, queued: Sequence[Queued]) -> list[int]:
    """Queue letters. Returns the ids of the outgoing letters in the same order."""
    rows = [_row(q.blob_id, q.letter) for q in queued]
    ids = sorted(row[0] for row in connection.many(_ADD, rows))  # given in the order of the rows
    connection.many(
        _ADD_RECIPIENT,
        [
            (
                outgoing_id,
                r.address,
                r.destination,
                r.orcpt,
                r.notify,
                int(r.held),
                r.next_at,
                0,
                "",
                0.0,
                "",
                0,
            )
            for outgoing_id, q in zip(ids, queued, strict=True)
            for r in q.recipients
        ],
    )
    return ids


def _row(blob_id: int, letter: Outgoing) -> Row:
    return (
        letter.letter_id,
        blob_id,
        letter.skip,
        letter.prefix,
        letter.reverse_path,
        letter.body,
        int(letter.smtputf8),
        letter.ret,
        letter.envid,
        letter.created_at,
        letter.expires_at,
        "required" if letter.requiretls else "",
    )


def claim(connection: Connection, owner: str, now: float, until: float, count: int) -> list[Waiting]:
    """Claim recipients that are due, for `owner` and up to the time `until` (seconds since the epoch)."""
    new = {row[0] for row in connection.all(_CLAIM, owner=owner, now=now, until=until, count=count)}
    if not new:
        return []
    # What this owner renewed up to the same moment is its own already, and not new.
    return [_waiting(row) for row in connection.all(_CLAIMED, owner=owner, until=until) if row[0] in new]


def renew(connection: Connection, owner: str, now: float, until: float) -> int:
    """Keep the claims of `owner` that still hold. Returns how many there are."""
    return connection.run(_RENEW, owner=owner, now=now, until=until)


def abandon(connection: Connection, owner: str) -> int:
    """Let go of all claims of `owner`, at a graceful stop or of one that died. Returns how many there were."""
    return connection.run(_ABANDON, owner=owner)


def owners(connection: Connection) -> list[str]:
    """Name all who have claimed something."""
    return [owner for (owner,) in connection.all(_OWNERS)]


def get(connection: Connection, recipient_id: int) -> Waiting | None:
    """Look at one recipient of the queue."""
    row = connection.one(_GET, id=recipient_id)
    return _waiting(row) if row else None


def listing(connection: Connection, count: int = 100, skip: int = 0) -> list[Waiting]:
    """List the queue, what is due first at the top."""
    return [_waiting(row) for row in connection.all(_LIST, count=count, skip=skip)]


def of_letter(connection: Connection, letter_id: str) -> list[Waiting]:
    """List what still waits of a letter."""
    return [_waiting(row) for row in connection.all(_OF_LETTER, letter=letter_id)]


def next_due(connection: Connection) -> float | None:
    """When the next recipient is due, or its claim runs out: seconds since the epoch; None: nothing waits."""
    row = connection.one(_NEXT)
    return row[0] if row else None


def count(connection: Connection, now: float) -> tuple[int, int, int]:
    """Count the recipients that wait, those of them that are held, and those being delivered."""
    row = connection.one(_COUNT, now=now)
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def defer(connection: Connection, recipient_id: int, now: float, next_at: float, words: str) -> None:
    """Note an attempt that failed for now; `words` are the remote's own."""
    connection.run(_DEFER, id=recipient_id, now=now, next_at=next_at, words=words.replace("\0", ""))


def told_of_delay(connection: Connection, recipient_id: int) -> None:
    """Note that the sender was told of the delay."""
    connection.run(_TOLD, id=recipient_id)


def end(connection: Connection, recipient_id: int) -> str:
    """Take a recipient out of the queue, and with the last one the letter.

    Returns the file that the caller is to remove once the transaction is durable, or ''.
    """
    row = connection.one(_END, id=recipient_id)
    if row is None or connection.one(_OTHERS, outgoing=row[0]) is not None:
        return ""
    removed = connection.one(_REMOVE, outgoing=row[0])
    return letters.release(connection, removed[0]) if removed else ""


def hold(connection: Connection, recipient_id: int, *, held: bool) -> bool:
    """Keep a recipient back, or let it go again. Returns whether it is there."""
    return connection.run(_HOLD, id=recipient_id, held=int(held)) > 0


def now(connection: Connection, recipient_id: int, at: float) -> bool:
    """Make a recipient due at once. Returns whether it is there."""
    return connection.run(_NOW, id=recipient_id, now=at) > 0


def _waiting(row: tuple[Any, ...]) -> Waiting:
    fields = list(row)
    for flag in (8, 18, 25, 26):  # smtputf8, held, delay_told, requiretls
        fields[flag] = bool(row[flag])
    return Waiting(*fields)
