"""What the owner can do with letters that wait to leave: look, hold back, let go, try now, take out, pause everything.

Plain functions of a connection, the same for the command line, the administration's API and tests. A queue that runs
learns of them by a poke, or within a minute by itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from hawknest.accounts.errors import AccountError
from hawknest.accounts.settings import set_state
from hawknest.mail.address import AddressError, canonical_domain
from hawknest.post.settle import suspended
from hawknest.store import Connection, Statement, journey, outgoing
from hawknest.store.journey import Step
from hawknest.store.outgoing import Waiting

EVERYTHING: Final = "all"
#: In place of the number of attempts: the queue is to return the letter to its sender instead of delivering it.
RETURNED: Final = -1

_BY_ID: Final = Statement("SELECT id FROM outgoing_recipient WHERE id = :key")
_BY_LETTER: Final = Statement(
    """SELECT r.id FROM outgoing_recipient r JOIN outgoing o ON o.id = r.outgoing_id
       WHERE o.letter_id = :key ORDER BY r.id"""
)
_BY_ADDRESS: Final = Statement("SELECT id FROM outgoing_recipient WHERE lower(address) = :key ORDER BY id")
_BY_DESTINATION: Final = Statement("SELECT id FROM outgoing_recipient WHERE destination = :key ORDER BY id")
_ALL: Final = Statement("SELECT id FROM outgoing_recipient ORDER BY id")
_REROUTE: Final = Statement(
    """UPDATE outgoing_recipient SET destination = :destination, next_at = :now, held = 0 WHERE id = :id"""
)
_GIVE_BACK: Final = Statement(
    "UPDATE outgoing_recipient SET attempts = :returned, held = 0, next_at = :now WHERE id = :id"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """The queue in four numbers and a word; recipients, not letters."""

    suspended: bool
    pending: int  # all that wait, the held and those being delivered among them
    held: int
    delivering: int


def counts(connection: Connection, now: float) -> Counts:
    """Count the queue; `now` is in seconds since the epoch."""
    pending, held, delivering = outgoing.count(connection, now)
    return Counts(suspended(connection), pending, held, delivering)


def suspend(connection: Connection) -> None:
    """Pause the delivery to other servers, on every worker and over restarts; letters are still accepted."""
    set_state(connection, "delivery", "suspended")


def resume(connection: Connection) -> None:
    """Go on with the delivery."""
    set_state(connection, "delivery", "on")


def chosen(connection: Connection, what: str) -> list[Waiting]:
    """Look at the recipients that a word means, as `find` reads it."""
    rows = (outgoing.get(connection, number) for number in find(connection, what))
    return [row for row in rows if row is not None]


def plain(row: Waiting, now: float) -> dict[str, Any]:
    """A row for programs; `now` is in seconds since the epoch."""
    return {
        "number": row.id,
        "letter": row.letter_id,
        "from": row.reverse_path,
        "to": row.address,
        "destination": row.destination,
        "size": row.size,
        "state": "held" if row.held else "delivering" if row.claimed_until > now else "waiting",
        "attempts": row.attempts,
        "created_at": row.created_at,
        "next_at": row.next_at,
        "last_at": row.last_at,
        "expires_at": row.expires_at,
        "last_words": row.last_words,
    }


def find(connection: Connection, what: str) -> list[int]:
    """Find recipients in the queue: by their number, letter id, address, destination, or `all`.

    Returns their numbers.
    """
    key = what.strip().lower()
    if key == EVERYTHING:
        return _ids(connection, _ALL)
    if key.isascii() and key.isdigit() and len(key) < 16:
        return _ids(connection, _BY_ID, key=int(key))
    if "@" in key:
        return _ids(connection, _BY_ADDRESS, key=key)
    return _ids(connection, _BY_LETTER, key=key) or _ids(connection, _BY_DESTINATION, key=key)


def hold(connection: Connection, ids: Iterable[int], now: float) -> int:
    """Keep recipients back until they are let go. Returns how many."""
    return _each(connection, ids, now, "held", lambda w: outgoing.hold(connection, w.id, held=True))


def release(connection: Connection, ids: Iterable[int], now: float) -> int:
    """Let go of recipients that were held. Returns how many."""
    return _each(connection, ids, now, "released", lambda w: outgoing.hold(connection, w.id, held=False))


def retry_now(connection: Connection, ids: Iterable[int], now: float) -> int:
    """Make recipients due at once, held or not. Returns how many."""
    return _each(connection, ids, now, "retry", lambda w: outgoing.now(connection, w.id, now))


def drop(connection: Connection, ids: Iterable[int], now: float) -> tuple[int, list[str]]:
    """Take recipients out of the queue without a word to the sender.

    Returns how many, and the files that the caller is to remove once the transaction is durable.
    """
    files: list[str] = []

    def end(waiting: Waiting) -> bool:
        if place := outgoing.end(connection, waiting.id):
            files.append(place)
        return True

    return _each(connection, ids, now, "dropped", end), files


def give_back(connection: Connection, ids: Iterable[int], now: float) -> int:
    """Take recipients out of the queue and tell the sender: the queue does both at its next look. Returns how many."""

    def mark(waiting: Waiting) -> bool:
        return connection.run(_GIVE_BACK, id=waiting.id, returned=RETURNED, now=now) > 0

    return _each(connection, ids, now, "given back", mark)


def reroute(connection: Connection, ids: Iterable[int], destination: str, now: float) -> int:
    """Send recipients by another way, at once: that of another domain, a host's or an address's in brackets.

    Their addresses stay as they are; one that is being delivered goes there if this try fails. Returns how many. Raises AccountError where that is no destination.
    """
    try:
        way = canonical_domain(destination.strip())
    except AddressError as error:
        raise AccountError(f"{destination.strip()[:100]}: {error}") from None

    def lead(waiting: Waiting) -> bool:
        return connection.run(_REROUTE, id=waiting.id, destination=way, now=now) > 0

    return _each(connection, ids, now, "rerouted", lead, to=way)


def _ids(connection: Connection, statement: Statement, **values: Any) -> list[int]:
    return [row[0] for row in connection.all(statement, **values)]


def _each(
    connection: Connection,
    ids: Iterable[int],
    now: float,
    event: str,
    change: Callable[[Waiting], bool],
    **detail: Any,
) -> int:
    """Change rows and write the step down in the journeys."""
    done = 0
    for number in ids:
        waiting = outgoing.get(connection, number)
        if waiting is not None and change(waiting):
            journey.add(connection, waiting.letter_id, [Step(now, event, waiting.address.lower(), detail)])
            done += 1
    return done
