"""What came in the name of domains that want to be told, counted by day until the reports have gone out. RFC 9990 §3.1.

Letters that are alike in everything that a report tells are one row with a number. A forger can make every letter different, so
a day has a limit of rows; what is beyond it is only counted, and the report says so.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from hawknest.store.engine import Connection, Many, Statement

DAY: Final = 86400
MOST: Final = 20_000  # rows of a day
SIGNATURES: Final = 10  # of one letter that are told
TEXT: Final = 255  # characters of a text


class DkimResult(msgspec.Struct, frozen=True, array_like=True):
    """What one signature came to."""

    domain: str
    selector: str
    result: str  # none pass fail policy neutral temperror permerror (RFC 8601 §2.7.1)


class SpfResult(msgspec.Struct, frozen=True, array_like=True):
    """What SPF came to."""

    domain: str  # in MAIL FROM, or in EHLO for the null reverse-path
    result: str  # none neutral pass fail softfail temperror permerror (RFC 8601 §2.7.2)


class DmarcRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a report tells of one letter; of its recipients and its text it tells nothing."""

    at: float  # seconds since the epoch
    policy_domain: str  # whose record it was, A-labels in lower case
    policy: str  # the tags of the record that are told, such as `p=reject; sp=none; adkim=r; aspf=r; t=n`
    source: str  # address of who brought the letter
    header_from: str  # domain
    envelope_from: str = ""  # domain; '': the null reverse-path
    disposition: str  # none pass quarantine reject: what we did
    dkim: bool  # a signature of the house of the author holds
    spf: bool  # SPF passes for the house of the author
    dkim_results: tuple[DkimResult, ...] = ()
    spf_result: SpfResult | None = None
    reason: str = (
        ""  # why we did otherwise: local_policy mailing_list other policy_test_mode trusted_forwarder
    )
    comment: str = ""  # on the reason


_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(DmarcRow).decode

_STANDING: Final = Statement("SELECT rows FROM dmarc_day WHERE day = :day")
_COUNT: Final = Many(
    """INSERT INTO dmarc_row (day, domain, digest, detail, count) VALUES {rows}
       ON CONFLICT (day, domain, digest) DO UPDATE SET count = dmarc_row.count + excluded.count
       RETURNING domain, digest, count""",
    5,
)
_COUNT_KNOWN: Final = Statement(
    """UPDATE dmarc_row SET count = count + :count
       WHERE day = :day AND domain = :domain AND digest = :digest"""
)
_NOTE: Final = Statement(
    """INSERT INTO dmarc_day (day, rows, dropped) VALUES (:day, :rows, :dropped) ON CONFLICT (day)
       DO UPDATE SET rows = dmarc_day.rows + excluded.rows, dropped = dmarc_day.dropped + excluded.dropped"""
)
_DAYS: Final = Statement("SELECT day FROM dmarc_day ORDER BY day")
_DOMAINS: Final = Statement("SELECT DISTINCT domain FROM dmarc_row WHERE day = :day ORDER BY domain")
_OF_DAY: Final = Statement(
    """SELECT detail, count FROM dmarc_row WHERE day = :day AND domain = :domain
       ORDER BY count DESC, digest LIMIT :most"""
)
_DROPPED: Final = Statement("SELECT dropped FROM dmarc_day WHERE day = :day")
_DONE: Final = Statement("DELETE FROM dmarc_row WHERE day = :day AND domain = :domain")
_FORGET_ROWS: Final = Statement("DELETE FROM dmarc_row WHERE day < :before")
_FORGET_DAYS: Final = Statement("DELETE FROM dmarc_day WHERE day < :before")


def day_of(at: float) -> int:
    """The day, since the epoch and in UTC, that a time in seconds since the epoch lies in."""
    return int(at // DAY)


def add(connection: Connection, rows: Sequence[DmarcRow]) -> None:
    """Count letters; what is alike is one row. A few statements for each day, however many letters there are."""
    days: dict[int, dict[tuple[str, str], tuple[str, int]]] = {}
    for row in rows:
        day = day_of(row.at)
        detail = _ENCODE(_bounded(row, day))
        key = row.policy_domain, hashlib.blake2b(detail, digest_size=16).hexdigest()
        alike = days.setdefault(day, {})
        alike[key] = detail.decode(), alike[key][1] + 1 if key in alike else 1
    for day, alike in sorted(days.items()):
        _add_day(connection, day, alike)


def _bounded(row: DmarcRow, day: int) -> DmarcRow:
    """The row as it is kept: without the time of day, and no longer than it may be."""
    return msgspec.structs.replace(
        row,
        at=float(day * DAY),
        header_from=row.header_from[:TEXT],
        envelope_from=row.envelope_from[:TEXT],
        comment=row.comment[:TEXT],
        dkim_results=tuple(
            DkimResult(one.domain[:TEXT], one.selector[:TEXT], one.result)
            for one in row.dkim_results[:SIGNATURES]
        ),
    )


def _add_day(connection: Connection, day: int, alike: dict[tuple[str, str], tuple[str, int]]) -> None:
    standing = connection.one(_STANDING, day=day)
    places = MOST - (standing[0] if standing else 0)
    if places < len(alike):  # few days are like this one, so it may be slow
        known = {key: one for key, one in alike.items() if _count_known(connection, day, key, one[1])}
        rest = [(key, one) for key, one in alike.items() if key not in known]
        dropped = sum(count for _, (_, count) in rest[max(places, 0) :])
        alike = dict(rest[: max(places, 0)])
        if dropped:
            connection.run(_NOTE, day=day, rows=0, dropped=dropped)
    given = [
        (day, domain, digest, detail, count) for (domain, digest), (detail, count) in sorted(alike.items())
    ]
    counts = {(domain, digest): count for domain, digest, count in connection.many(_COUNT, given)}
    new = sum(counts[key] == count for key, (_, count) in alike.items())
    if new:
        connection.run(_NOTE, day=day, rows=new, dropped=0)


def _count_known(connection: Connection, day: int, key: tuple[str, str], count: int) -> bool:
    domain, digest = key
    return connection.run(_COUNT_KNOWN, day=day, domain=domain, digest=digest, count=count) > 0


def days(connection: Connection) -> list[int]:
    """Name the days on which letters were counted, the oldest first."""
    return [day for (day,) in connection.all(_DAYS)]


def domains_of(connection: Connection, day: int) -> list[str]:
    """Name the domains in whose name letters came on a day, and that were not reported to yet."""
    return [domain for (domain,) in connection.all(_DOMAINS, day=day)]


def of_day(connection: Connection, day: int, domain: str, most: int = MOST) -> list[tuple[DmarcRow, int]]:
    """Give the rows of a domain with their numbers of letters, the largest first."""
    found = connection.all(_OF_DAY, day=day, domain=domain, most=most)
    return [(_DECODE(detail), count) for detail, count in found]


def dropped_on(connection: Connection, day: int) -> int:
    """Tell how many letters of a day had no place in the rows."""
    found = connection.one(_DROPPED, day=day)
    return found[0] if found else 0


def done(connection: Connection, day: int, domain: str) -> None:
    """Forget the rows of a domain: they were reported, or nobody wants them."""
    connection.run(_DONE, day=day, domain=domain)


def forget(connection: Connection, before: int) -> int:
    """Forget what is of days before one, reported or not. Returns how many rows went."""
    connection.run(_FORGET_DAYS, before=before)
    return connection.run(_FORGET_ROWS, before=before)
