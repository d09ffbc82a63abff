"""What the journeys of letters prove about the ways in and out: when one last came from elsewhere, and when one last left."""

from collections.abc import Callable
from typing import Final

from hawknest.store.engine import Connection, Statement

LETTERS: Final = 200  # the newest, that are looked at
STEPS: Final = 500

_CAME: Final = Statement("SELECT at, peer FROM letter WHERE service = 'smtp' ORDER BY id DESC LIMIT :count")
_LEFT: Final = Statement(
    """SELECT max(at) FROM (SELECT at, event FROM journey ORDER BY letter_id DESC LIMIT :count) s
       WHERE event = 'delivered'"""
)


def came_at(connection: Connection, elsewhere: Callable[[str], bool]) -> float | None:
    """When a letter last came from an address elsewhere, as `elsewhere` tells; seconds since the epoch."""
    rows = connection.all(_CAME, count=LETTERS)
    return next((float(at) for at, peer in rows if elsewhere(peer)), None)


def left_at(connection: Connection) -> float | None:
    """When another server last took a letter from here; seconds since the epoch."""
    row = connection.one(_LEFT, count=STEPS)
    return None if row is None or row[0] is None else float(row[0])
