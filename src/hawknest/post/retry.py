"""When a letter is tried again, when its sender is told of the delay, and when it is given up: pure arithmetic. RFC 5321 §4.5.4.1.

All times are seconds since the epoch, all spans seconds.
"""

from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Settings:
    """How patient the queue is.

    `waits` are the spans after the first, second … failed attempt; the last one holds for all further ones. `jitter` is the
    part of a span by which it may be longer or shorter, so that letters that failed together do not come back together.
    `warn_after` is the age at which the sender is told of the delay; 0: never.
    """

    waits: tuple[float, ...] = (
        5 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        1 * HOUR,
        2 * HOUR,
        4 * HOUR,
    )
    jitter: float = 0.2
    warn_after: float = 4 * HOUR


def next_attempt(attempts: int, now: float, random: float, settings: Settings) -> float:
    """When to try after so many attempts have failed.

    `attempts` counts the one that failed just now, 0 for a new letter; `random` is in [0, 1).
    """
    if attempts <= 0:
        return now
    wait = settings.waits[min(attempts, len(settings.waits)) - 1]
    return now + wait * (1 + settings.jitter * (2 * random - 1))


def not_past(planned: float, now: float, milestones: tuple[float, ...]) -> float:
    """Pull an attempt forward to the first milestone that lies before it.

    So the sender hears of a delay when it is due, and the last attempt is made when the time is up, not hours before.
    """
    return min([planned, *(time for time in milestones if now < time)])


def gave_up(expires: float, now: float) -> bool:
    """Whether a letter that failed for now has had its time."""
    return now >= expires


def warn_due(created: float, now: float, settings: Settings) -> bool:
    """Whether the sender of a letter that came at `created` is to be told that it is late."""
    return settings.warn_after > 0 and now - created >= settings.warn_after
