"""What the reports that others sent us say, put together: by day, by source, by kind of failure. RFC 9990, RFC 8460."""

from collections.abc import Sequence
from typing import Final

import msgspec

from hawknest.store.engine import Connection, Row, Statement

SOURCES: Final = 500  # of an overview
REPORTS: Final = 500  # of a list

#: `:domain` is '' for all domains of ours.
_DAYS: Final = Statement(
    """SELECT CAST(r.begin_at / 86400 AS INTEGER), SUM(s.count), SUM(CASE WHEN s.dkim + s.spf > 0 THEN s.count ELSE 0 END)
       FROM dmarc_report r JOIN dmarc_seen s ON s.report_id = r.id
       WHERE r.end_at >= :since AND (:domain = '' OR r.domain = :domain) GROUP BY 1 ORDER BY 1"""
)
_SOURCES: Final = Statement(
    """SELECT s.source, coalesce(max(n.name), ''), SUM(s.count),
         SUM(CASE WHEN s.dkim = 1 THEN s.count ELSE 0 END), SUM(CASE WHEN s.spf = 1 THEN s.count ELSE 0 END),
         SUM(CASE WHEN s.dkim + s.spf > 0 THEN s.count ELSE 0 END),
         SUM(CASE WHEN s.disposition = 'reject' THEN s.count ELSE 0 END),
         SUM(CASE WHEN s.disposition = 'quarantine' THEN s.count ELSE 0 END),
         COUNT(DISTINCT r.org), MIN(s.header_from), MAX(r.end_at), MAX(s.reason)
       FROM dmarc_report r JOIN dmarc_seen s ON s.report_id = r.id LEFT JOIN source_name n ON n.ip = s.source
       WHERE r.end_at >= :since AND (:domain = '' OR r.domain = :domain)
       GROUP BY s.source ORDER BY SUM(s.count) DESC, s.source LIMIT :count"""
)
_DMARC: Final = Statement(
    """SELECT id, domain, org, report_id, begin_at, end_at, email, sender, authentic, letter_id, received_at, letters
       FROM dmarc_report WHERE end_at >= :since AND (:domain = '' OR domain = :domain)
       ORDER BY received_at DESC, id DESC LIMIT :count"""
)
_TLS: Final = Statement(
    """SELECT id, domain, org, report_id, begin_at, end_at, email, sender, authentic, letter_id, received_at, good, failed
       FROM tls_report WHERE end_at >= :since AND (:domain = '' OR domain = :domain)
       ORDER BY received_at DESC, id DESC LIMIT :count"""
)
_TLS_DAYS: Final = Statement(
    """SELECT CAST(begin_at / 86400 AS INTEGER), SUM(good), SUM(failed) FROM tls_report
       WHERE end_at >= :since AND (:domain = '' OR domain = :domain) GROUP BY 1 ORDER BY 1"""
)
_TLS_FAILURES: Final = Statement(
    """SELECT r.domain, f.policy_type, f.result, f.host, MAX(f.reason), SUM(f.count), COUNT(DISTINCT r.org), MAX(r.end_at)
       FROM tls_report r JOIN tls_failure f ON f.report_id = r.id
       WHERE r.end_at >= :since AND (:domain = '' OR r.domain = :domain)
       GROUP BY r.domain, f.policy_type, f.result, f.host ORDER BY SUM(f.count) DESC LIMIT :count"""
)
_NAMELESS: Final = Statement(
    """SELECT s.source FROM dmarc_report r JOIN dmarc_seen s ON s.report_id = r.id
         LEFT JOIN source_name n ON n.ip = s.source
       WHERE r.end_at >= :since AND n.ip IS NULL GROUP BY s.source ORDER BY SUM(s.count) DESC LIMIT :count"""
)
_NAME: Final = Statement(
    """INSERT INTO source_name (ip, name, looked_at) VALUES (:ip, :name, :at)
       ON CONFLICT (ip) DO UPDATE SET name = excluded.name, looked_at = excluded.looked_at"""
)


class Day(msgspec.Struct, frozen=True):
    """Letters, or sessions, of a day."""

    day: int  # since the epoch, UTC
    all: int
    good: int  # letters that passed DMARC; sessions that held to the policy


class SourceRow(msgspec.Struct, frozen=True):
    """What an address sent in the name of our domains, as others saw it."""

    ip: str
    name: str  # '': none is known
    letters: int
    dkim: int  # of them with a signature of the house
    spf: int
    passed: int
    refused: int
    quarantined: int
    reporters: int
    header_from: str  # one of the names it used
    last: int  # seconds since the epoch
    reason: str  # that a receiver gave for doing otherwise, such as mailing_list


class DmarcReportRow(msgspec.Struct, frozen=True):
    """A report that came."""

    id: int
    domain: str
    org: str
    report_id: str
    begin: int
    end: int
    email: str
    sender: str
    authentic: str
    letter: str
    received_at: float
    letters: int


class TlsReportRow(msgspec.Struct, frozen=True):
    """A TLS report that came."""

    id: int
    domain: str
    org: str
    report_id: str
    begin: int
    end: int
    email: str
    sender: str
    authentic: str
    letter: str
    received_at: float
    good: int
    failed: int


class TlsFailureRow(msgspec.Struct, frozen=True):
    """Sessions to our servers that failed in one way, as others saw it."""

    domain: str
    policy_type: str
    result: str
    host: str
    reason: str
    sessions: int
    reporters: int
    last: int  # seconds since the epoch


def dmarc_days(connection: Connection, since: float, domain: str = "") -> list[Day]:
    """Count letters by day."""
    return [
        Day(int(day), int(all_), int(good)) for day, all_, good in _asked(connection, _DAYS, since, domain)
    ]


def tls_days(connection: Connection, since: float, domain: str = "") -> list[Day]:
    """Count sessions by day."""
    found = _asked(connection, _TLS_DAYS, since, domain)
    return [Day(int(day), int(good + failed), int(good)) for day, good, failed in found]


def sources(connection: Connection, since: float, domain: str = "") -> list[SourceRow]:
    """List who sent in our name, the busiest first."""
    found = _asked(connection, _SOURCES, since, domain, count=SOURCES)
    return [SourceRow(*row[:2], *map(int, row[2:9]), *row[9:]) for row in found]


def dmarc_reports(
    connection: Connection, since: float, domain: str = "", count: int = REPORTS
) -> list[DmarcReportRow]:
    """List the DMARC reports that came, the newest first."""
    return [DmarcReportRow(*row) for row in _asked(connection, _DMARC, since, domain, count=count)]


def tls_reports(
    connection: Connection, since: float, domain: str = "", count: int = REPORTS
) -> list[TlsReportRow]:
    """List the TLS reports that came, the newest first."""
    return [TlsReportRow(*row) for row in _asked(connection, _TLS, since, domain, count=count)]


def tls_failures(connection: Connection, since: float, domain: str = "") -> list[TlsFailureRow]:
    """List how sessions to our servers failed, the most frequent first."""
    found = _asked(connection, _TLS_FAILURES, since, domain, count=SOURCES)
    return [TlsFailureRow(*row[:5], *map(int, row[5:8])) for row in found]


def _asked(
    connection: Connection, statement: Statement, since: float, domain: str, **more: int
) -> Sequence[Row]:
    return connection.all(statement, since=int(since), domain=domain.replace("\0", ""), **more)


def nameless(connection: Connection, since: float, count: int) -> list[str]:
    """List addresses in reports whose names nobody has looked up."""
    return [ip for (ip,) in connection.all(_NAMELESS, since=int(since), count=count)]


def name_source(connection: Connection, ip: str, name: str, at: float) -> None:
    """Note the name of an address; '': it has none."""
    connection.run(_NAME, ip=ip, name=name, at=at)
