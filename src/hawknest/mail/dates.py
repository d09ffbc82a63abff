"""Dates as letters write them. RFC 5322 §3.3."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# day-name and month-name are English, whatever the host speaks.
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def letter_date(when: float, utc_offset: int = 0) -> str:
    """A moment as `Wed, 18 Nov 2026 10:00:00 +0900`.

    Args:
        when: seconds since the epoch.
        utc_offset: seconds that the local time is ahead of UTC.
    """
    return _by_second(int(when), utc_offset)


# date-time = [ day-name "," ] day month year time zone   ; RFC 5322 §3.3
@lru_cache(maxsize=256)
def _by_second(second: int, utc_offset: int) -> str:
    local = _EPOCH + timedelta(seconds=second + utc_offset)
    minutes = abs(utc_offset) // 60
    zone = f"{'-' if utc_offset < 0 else '+'}{minutes // 60:02}{minutes % 60:02}"
    day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    return f"{day}, {local.day:02} {month} {local.year:04} {local:%H:%M:%S} {zone}"
