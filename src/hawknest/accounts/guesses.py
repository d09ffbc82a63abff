"""Failed guesses of passwords as all workers and machines count them: a row a key, fading, written on failures alone.

A count is kept with the moment it was true at; it halves every `HALF_LIFE`. A failure adds to what is left of it in one
statement, so of two workers that count at once none is lost.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from hawknest.accounts.limiter import HALF_LIFE
from hawknest.store import Connection, Statement

FADED: Final = 12 * HALF_LIFE  # seconds after which nothing is left of a count

_READ: Final = Statement("SELECT key, count, at FROM guess WHERE key = :one OR key = :other")
_ADD: Final = Statement(
    f"""INSERT INTO guess (key, count, at) VALUES (:key, 1, :now)
        ON CONFLICT (key) DO UPDATE SET count = 1 + guess.count * power(0.5,
            CASE WHEN excluded.at <= guess.at THEN 0 WHEN excluded.at > guess.at + {FADED} THEN {FADED}
              ELSE excluded.at - guess.at END / {HALF_LIFE}), at = excluded.at"""
)
_CLEAR: Final = Statement("DELETE FROM guess WHERE key = :key")
_FORGET: Final = Statement("DELETE FROM guess WHERE at < :before")


def read(connection: Connection, keys: Sequence[str], now: float) -> Mapping[str, float]:
    """Read what is left of the counts of one or two keys; `now` is in seconds since the epoch."""
    rows = connection.all(_READ, one=keys[0], other=keys[-1])
    if not rows:
        return {}
    return {key: count * 0.5 ** (max(now - at, 0.0) / HALF_LIFE) for key, count, at in rows}


def add(connection: Connection, keys: Sequence[str], now: float) -> None:
    """Count a failure."""
    for key in sorted(keys):  # in one order, so that two nodes never wait for each other
        connection.run(_ADD, key=key, now=now)


def clear(connection: Connection, key: str) -> None:
    """Forget a count."""
    connection.run(_CLEAR, key=key)


def forget(connection: Connection, now: float) -> None:
    """Forget what has faded."""
    connection.run(_FORGET, before=now - FADED)
