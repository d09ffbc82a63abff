"""The journey of a letter: what happened to it, step by step, so that every decision can be looked up by its id.

A letter's row and its first steps are written in the transaction that accepts it; each attempt to deliver it further
adds a step in the transaction that changes its queue row. What the owner may ask: by trace id, by Message-ID, by address.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hawknest.store.engine import Connection, Many, Row, Statement

MESSAGE_ID: Final = 250  # characters of a Message-ID that are kept to find it by

ABOVE: Final = "~"  # above every id
WAITING: Final = "waiting"  # instead of an event

_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that came through a door, said yes or no to."""

    id: str
    at: float  # seconds since the epoch
    service: str  # mx submission lmtp pop3 … or local for one of our own making
    peer: str  # address of who brought it
    sender: str  # reverse-path, '' for the null sender
    message_id: str
    size: int  # octets
    detail: dict[str, Any]  # helo, tls, login, checks, verdict


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a letter, for one recipient or ('') for all."""

    at: float  # seconds since the epoch
    event: str  # filed queued forwarded answered attempt delivered deferred failed refused held dropped …
    address: str
    detail: dict[str, Any]


_OPEN: Final = Many(
    "INSERT INTO letter (id, at, service, peer, sender, message_id, size, detail) VALUES {rows}", 8
)
_STEP: Final = Many("INSERT INTO journey (letter_id, step, at, event, address, detail) VALUES {rows}", 6)
_LAST: Final = Statement("SELECT coalesce(max(step), -1) FROM journey WHERE letter_id = :letter")
_FIELDS: Final = "id, at, service, peer, sender, message_id, size, detail"
_BY_ID: Final = Statement(f"SELECT {_FIELDS} FROM letter WHERE id = :key")
_BY_MESSAGE_ID: Final = Statement(
    f"SELECT {_FIELDS} FROM letter WHERE message_id = :key AND message_id <> '' ORDER BY id DESC LIMIT :count"
)
_BY_ADDRESS: Final = Statement(
    f"""SELECT {_FIELDS} FROM letter WHERE id IN (
            SELECT id FROM (SELECT id FROM letter WHERE sender = :key ORDER BY id DESC LIMIT :count) s
            UNION SELECT letter_id FROM (
                SELECT letter_id FROM journey WHERE address = :key ORDER BY letter_id DESC LIMIT :count) r)
        ORDER BY id DESC LIMIT :count"""
)
#: Whose letters are wanted ('': anybody's), and with which step ('': any).
_LIST: Final = Statement(
    f"""SELECT {_FIELDS} FROM letter l WHERE l.id < :below
          AND (:who = '' OR l.sender = :who
               OR EXISTS (SELECT 1 FROM journey j WHERE j.letter_id = l.id AND j.address = :who))
          AND (:event = '' OR EXISTS (SELECT 1 FROM journey j WHERE j.letter_id = l.id AND j.event = :event))
        ORDER BY l.id DESC LIMIT :count"""
)
_WAITING: Final = Statement(
    f"""SELECT {_FIELDS} FROM letter l WHERE l.id < :below
          AND (:who = '' OR l.sender = :who
               OR EXISTS (SELECT 1 FROM journey j WHERE j.letter_id = l.id AND j.address = :who))
          AND EXISTS (SELECT 1 FROM outgoing o WHERE o.letter_id = l.id)
        ORDER BY l.id DESC LIMIT :count"""
)
_NEWEST: Final = Statement(f"SELECT {_FIELDS} FROM letter ORDER BY id DESC LIMIT :count")
_STEPS: Final = Statement(
    "SELECT at, event, address, detail FROM journey WHERE letter_id = :letter ORDER BY step"
)
_FORGET_STEPS: Final = Statement(
    "DELETE FROM journey WHERE letter_id IN (SELECT id FROM letter WHERE at < :before ORDER BY id LIMIT :count)"
)
_FORGET: Final = Statement(
    "DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE at < :before ORDER BY id LIMIT :count)"
)


def begin(connection: Connection, journeys: Iterable[tuple[Letter, Sequence[Step]]]) -> None:
    """Write down letters, each with the first steps of its journey."""
    opened: list[Row] = []
    steps: list[Row] = []
    for letter, first in journeys:
        opened.append(
            (
                letter.id,
                letter.at,
                letter.service,
                letter.peer,
                letter.sender,
                _kept(letter.message_id),
                letter.size,
                _json(letter.detail),
            )
        )
        steps += _rows(letter.id, 0, first)
    connection.many(_OPEN, opened)
    connection.many(_STEP, steps)


def add(connection: Connection, letter_id: str, steps: Sequence[Step]) -> None:
    """Write down further steps of a letter."""
    row = connection.one(_LAST, letter=letter_id)
    connection.many(_STEP, _rows(letter_id, (row[0] if row else -1) + 1, steps))


def find(connection: Connection, key: str, count: int = 20) -> list[Letter]:
    """Find letters by trace id, Message-ID (with or without its angle brackets) or address, the newest first."""
    key = key.replace("\0", "")
    if rows := connection.all(_BY_ID, key=key):
        return [_letter(row) for row in rows]
    for message_id in map(_kept, (key, f"<{key}>")):
        if rows := connection.all(_BY_MESSAGE_ID, key=message_id, count=count):
            return [_letter(row) for row in rows]
    return [_letter(row) for row in connection.all(_BY_ADDRESS, key=key, count=count)]


def get(connection: Connection, letter_id: str) -> Letter | None:
    """Look at one letter."""
    row = connection.one(_BY_ID, key=letter_id)
    return _letter(row) if row else None


def _kept(message_id: str) -> str:
    """A Message-ID as an index can hold it, whatever the sender made of it."""
    return message_id[:MESSAGE_ID].replace("\0", "")


def newest(connection: Connection, count: int = 20) -> list[Letter]:
    """The last letters that came, the newest first."""
    return [_letter(row) for row in connection.all(_NEWEST, count=count)]


def listing(
    connection: Connection, who: str = "", event: str = "", below: str = ABOVE, count: int = 100
) -> list[Letter]:
    """List letters from or to an address ('': anybody's), the newest first, those with ids under `below`.

    With an `event`, only those that have such a step, or with `WAITING` a recipient in the queue.
    """
    values = {"who": who.replace("\0", ""), "below": below, "count": count}
    if event == WAITING:
        return [_letter(row) for row in connection.all(_WAITING, **values)]
    return [_letter(row) for row in connection.all(_LIST, event=event, **values)]


def steps(connection: Connection, letter_id: str) -> list[Step]:
    """Tell a letter's journey."""
    rows = connection.all(_STEPS, letter=letter_id)
    return [Step(at, event, address, _DECODE(detail)) for at, event, address, detail in rows]


def forget(connection: Connection, before: float, count: int = 1000) -> int:
    """Forget journeys that began before a time (seconds since the epoch), at most `count` of them.

    Returns how many were forgotten.
    """
    connection.run(_FORGET_STEPS, before=before, count=count)
    return connection.run(_FORGET, before=before, count=count)


def _rows(letter_id: str, first: int, steps: Sequence[Step]) -> list[Row]:
    return [
        (letter_id, number, step.at, step.event, step.address, _json(step.detail))
        for number, step in enumerate(steps, first)
    ]


def _json(detail: dict[str, Any]) -> str:
    return _ENCODE(detail).decode() if detail else "{}"


def _letter(row: tuple[Any, ...]) -> Letter:
    trace_id, at, service, peer, sender, message_id, size, detail = row
    return Letter(trace_id, at, service, peer, sender, message_id, size, _DECODE(detail))
