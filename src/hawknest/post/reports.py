"""What other servers report on our domains, put together for people: who sends as us, what fails, and what that means. RFC 9990, RFC 8460."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hawknest.store import Connection, Statement, report_views
from hawknest.store.report_views import Day, SourceRow, TlsFailureRow

DAY: Final = 86400
DAYS: Final = 30  # that are looked at unless said
MOST: Final = 3650  # days
_DOMAINS: Final = Statement("SELECT name FROM domain WHERE name NOT LIKE '[%' ORDER BY id")
#: Reasons that receivers give for a letter that fails and is no forgery.
_PASSED_ON: Final = ("mailing_list", "trusted_forwarder", "forwarded")


class Meaning(StrEnum):
    """What an address that sends as us is, as far as reports can tell."""

    GOOD = "good"  # everything passes
    PART = "part"  # some pass: something of ours is not set up, or letters are passed on
    PASSED_ON = "passed on"  # fails, and receivers say that a list or a forwarder does it
    UNKNOWN = "unknown"  # nothing passes: a forger, or a service that was forgotten


class ReportSource(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent letters in the name of our domains."""

    ip: str
    name: Annotated[str, Meta(description="Its name in the DNS, where that leads back to it; empty: none")]
    letters: int
    passed: Annotated[int, Meta(description="Letters that passed DMARC: signed or sent by our house")]
    dkim: Annotated[int, Meta(description="Letters with a signature of our house that holds")]
    spf: Annotated[int, Meta(description="Letters that SPF passes for our house")]
    refused: int
    quarantined: int
    reporters: Annotated[int, Meta(description="Servers that told of it")]
    header_from: Annotated[str, Meta(description="One of the domains it wrote as")]
    last: Annotated[int, Meta(description="When it was last told of, in seconds since the epoch")]
    meaning: Meaning


class DmarcOverview(msgspec.Struct, frozen=True, kw_only=True):
    """What DMARC reports say."""

    letters: int
    passed: int
    days: list[Day]
    sources: list[ReportSource]


class TlsOverview(msgspec.Struct, frozen=True, kw_only=True):
    """What TLS reports say."""

    sessions: int
    good: int
    days: list[Day]
    failures: list[TlsFailureRow]


class ReportsOverview(msgspec.Struct, frozen=True, kw_only=True):
    """What other servers report on our domains."""

    domain: Annotated[str, Meta(description="Empty: all of ours")]
    domains: Annotated[list[str], Meta(description="All of ours")]
    since: float
    dmarc: DmarcOverview
    tls: TlsOverview


def overview(connection: Connection, now: float, domain: str = "", days: int = DAYS) -> ReportsOverview:
    """Put together what came within the last days; `domain` '' means all of ours, `now` is in seconds since the epoch."""
    since = now - days * DAY
    dmarc = report_views.dmarc_days(connection, since, domain)
    tls = report_views.tls_days(connection, since, domain)
    return ReportsOverview(
        domain=domain,
        domains=[name for (name,) in connection.all(_DOMAINS)],
        since=since,
        dmarc=DmarcOverview(
            letters=sum(day.all for day in dmarc),
            passed=sum(day.good for day in dmarc),
            days=dmarc,
            sources=[_source(row) for row in report_views.sources(connection, since, domain)],
        ),
        tls=TlsOverview(
            sessions=sum(day.all for day in tls),
            good=sum(day.good for day in tls),
            days=tls,
            failures=report_views.tls_failures(connection, since, domain),
        ),
    )


def _source(row: SourceRow) -> ReportSource:
    return ReportSource(
        ip=row.ip,
        name=row.name,
        letters=row.letters,
        passed=row.passed,
        dkim=row.dkim,
        spf=row.spf,
        refused=row.refused,
        quarantined=row.quarantined,
        reporters=row.reporters,
        header_from=row.header_from,
        last=row.last,
        meaning=_meaning(row),
    )


def _meaning(row: SourceRow) -> Meaning:
    if row.passed == row.letters:
        return Meaning.GOOD
    if row.passed:
        return Meaning.PART
    return Meaning.PASSED_ON if row.reason.startswith(_PASSED_ON) else Meaning.UNKNOWN
