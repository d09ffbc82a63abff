"""Samples: how much there was of something, minute by minute, thinned as it ages; and totals since the nest was made.

A *count* (letters that came, sign-ins that failed) is what was added within a minute: several workers add to the same row, and
the row of an hour or a day is the sum of its minutes. A *level* (connections, letters that wait, octets on the disk) is what
there was: of an hour or a day its highest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hawknest.store.engine import Connection, Statement

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400
#: Ages in seconds from which on samples are put together, and the span of those they become.
AGES: Final = ((2 * DAY, 600), (14 * DAY, HOUR), (180 * DAY, DAY))
KEPT: Final = 5 * 366 * DAY  # seconds

COUNTS: Final = ("letters_in", "letters_out", "refused", "junk", "bounced", "deferred", "sign_in_failed")
#: Of these levels each worker adds its own.
SHARED: Final = ("connections",)
LEVELS: Final = (*SHARED, "pending", "held", "delivering", "disk_used", "disk_free")
SERIES: Final = (*COUNTS, *LEVELS)


@dataclass(frozen=True, slots=True)
class Sample:
    """A value at a time."""

    at: int  # seconds since the epoch: the beginning of its span
    value: float


_ADD: Final = Statement(
    """INSERT INTO sample (series, at, value) VALUES (:series, :at, :value)
       ON CONFLICT (series, at) DO UPDATE SET value = sample.value + excluded.value"""
)
_SET: Final = Statement(
    """INSERT INTO sample (series, at, value) VALUES (:series, :at, :value)
       ON CONFLICT (series, at) DO UPDATE SET value = excluded.value"""
)
_READ: Final = Statement(
    "SELECT at, value FROM sample WHERE series = :series AND at >= :start AND at < :end ORDER BY at"
)
_OLD: Final = Statement(
    "SELECT at, value FROM sample WHERE series = :series AND at < :before AND at >= :after ORDER BY at"
)
_DELETE: Final = Statement("DELETE FROM sample WHERE series = :series AND at >= :start AND at < :end")
_FORGET: Final = Statement("DELETE FROM sample WHERE at < :before")
_TOTAL: Final = Statement(
    """INSERT INTO counter (name, value) VALUES (:name, :value)
       ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value"""
)
_TOTALS: Final = Statement("SELECT name, value FROM counter WHERE name LIKE 'total.%'")


def put(connection: Connection, now: float, counts: Mapping[str, int], levels: Mapping[str, float]) -> None:
    """Write down a minute: what was counted since the last time, and how much there is now.

    `now` is in seconds since the epoch.
    """
    at = int(now) // MINUTE * MINUTE
    for series, value in counts.items():
        if value:
            connection.run(_ADD, series=series, at=at, value=float(value))
            connection.run(_TOTAL, name=f"total.{series}", value=value)
    for series, level in levels.items():
        connection.run(_ADD if series in SHARED else _SET, series=series, at=at, value=float(level))


def read(connection: Connection, series: str, start: float, end: float) -> list[Sample]:
    """Give the samples of a series from one time to another, in seconds since the epoch."""
    return [Sample(*row) for row in connection.all(_READ, series=series, start=int(start), end=int(end))]


def totals(connection: Connection) -> dict[str, int]:
    """Give what was ever counted of each series."""
    return {name.removeprefix("total."): int(value) for name, value in connection.all(_TOTALS)}


def thin(connection: Connection, now: float) -> int:
    """Put old samples together, and forget the oldest; `now` is in seconds since the epoch. Returns how many rows went."""
    gone = connection.run(_FORGET, before=int(now - KEPT))
    for (age, span), (older, _) in zip(AGES, (*AGES[1:], (KEPT, 0)), strict=True):
        before = int(now - age) // span * span
        for series in SERIES:
            rows = connection.all(_OLD, series=series, before=before, after=int(now - older) - DAY)
            gone += _together(connection, series, [Sample(*row) for row in rows], span)
    return gone


def _together(connection: Connection, series: str, rows: list[Sample], span: int) -> int:
    """Make one sample of those within each span."""
    spans: dict[int, list[float]] = {}
    for sample in rows:
        spans.setdefault(sample.at // span * span, []).append(sample.value)
    gone = 0
    for at, values in spans.items():
        if len(values) > 1:
            connection.run(_DELETE, series=series, start=at, end=at + span)
            value = sum(values) if series in COUNTS else max(values)
            connection.run(_SET, series=series, at=at, value=value)
            gone += len(values) - 1
    return gone
