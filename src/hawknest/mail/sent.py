"""When a letter says it was sent: its Date field, as far as it can be read. RFC 5322 §3.3, §4.3, RFC 5256 §2.2.

Sorting wants a moment, SENTBEFORE and its like the calendar day that the sender saw (RFC 9051 §6.4.4). What of the time
or the zone makes no sense counts as midnight and UTC; only a day that is none leaves a letter without.
"""

import re
from datetime import date
from typing import Final, NamedTuple

# date-time = [ day-name "," ] day month year [ hour ":" minute [ ":" second ] [ zone ] ]     ; RFC 5322 §3.3, §4.3
# quirk_dashes: 21-Nov-2026, as IMAP writes dates and some programs copy.
_DATE: Final = re.compile(
    rb"""\s*+(?:[a-z]++\s*+,?\s*+)?
    ([0-9]{1,2})(?:\s*+-\s*+|\s*+)(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:\s*+-\s*+|\s*+)([0-9]{2,4})(?![0-9])
    (?:\s++([0-9]{1,2})\s*+:\s*+([0-9]{2})(?:\s*+:\s*+([0-9]{2}))?
    (?:\s*+([+-])([0-9]{2})([0-9]{2})(?![0-9])|\s++([a-z]{1,5}+))?)?""",
    re.VERBOSE | re.IGNORECASE,
)
_MONTHS: Final = b"janfebmaraprmayjunjulaugsepoctnovdec"
# obs-zone: the zones of North America; all other letters say nothing that can be relied on.
_ZONES: Final = {
    b"edt": -4,
    b"est": -5,
    b"cdt": -5,
    b"cst": -6,
    b"mdt": -6,
    b"mst": -7,
    b"pdt": -7,
    b"pst": -8,
}
_COMMENT_MARK: Final = re.compile(rb"\\.|[()]", re.DOTALL)
_EPOCH: Final = date(1970, 1, 1).toordinal()
_FIRST: Final = date(1900, 1, 1).toordinal() - _EPOCH  # no year before is one; the year 0102 is a broken 2002
_LIMIT: Final = 500  # octets that are looked at


class Sent(NamedTuple):
    """A sent date."""

    #: Seconds since the epoch.
    at: int
    #: Days from the epoch to the day that the letter names, whatever its time and zone.
    day: int


def sent(value: bytes) -> Sent | None:
    """Read the value of a Date field.

    Args:
        value: the value on one line.

    Returns:
        When the letter was sent; None when it does not say.
    """
    found = _DATE.match(_without_comments(value[:_LIMIT]))
    if found is None:
        return None
    try:
        month = _MONTHS.index(found[2].lower()) // 3 + 1
        day = date(_year(found[3]), month, int(found[1])).toordinal() - _EPOCH
    except ValueError:
        return None
    if day < _FIRST:
        return None
    return Sent(day * 86400 + _time(found) - _offset(found), day)


def _year(digits: bytes) -> int:
    # Two digits below 50 are of this century, others and three digits count from 1900.   ; RFC 5322 §4.3
    year = int(digits)
    if len(digits) == 2 and year < 50:
        return year + 2000
    return year + 1900 if len(digits) < 4 else year


def _time(found: re.Match[bytes]) -> int:
    """Seconds since midnight."""
    hour, minute, second = (int(found[group] or b"0") for group in (4, 5, 6))
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second <= 60 else 0


def _offset(found: re.Match[bytes]) -> int:
    """Seconds that the letter's zone is ahead of UTC."""
    if found[7] is None:
        return _ZONES.get((found[10] or b"").lower(), 0) * 3600
    hours, minutes = int(found[8]), int(found[9])
    ahead = hours * 3600 + minutes * 60 if hours < 24 and minutes < 60 else 0
    return -ahead if found[7] == b"-" else ahead


def _without_comments(value: bytes) -> bytes:
    """The value with a space for each comment; comments nest. RFC 5322 §3.2.2."""
    if b"(" not in value:
        return value
    kept: list[bytes] = []
    depth, at = 0, 0
    for mark in _COMMENT_MARK.finditer(value):
        if mark[0] == b"(":
            if not depth:
                kept.append(value[at : mark.start()])
            depth += 1
        elif mark[0] == b")" and depth:
            depth -= 1
            at = mark.end()
    if not depth:
        kept.append(value[at:])
    return b" ".join(kept)
