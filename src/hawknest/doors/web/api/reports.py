"""What other servers report on our domains, and what ours told others, by the API."""

from functools import partial
from typing import Final

import msgspec

from hawknest.accounts import domains
from hawknest.doors.web.api import paging
from hawknest.doors.web.api.paging import Page
from hawknest.doors.web.api.scopes import Scope
from hawknest.doors.web.route import Ask, Need, Route
from hawknest.post import reports
from hawknest.post.reports import ReportsOverview
from hawknest.store import Connection, report_sent, report_views
from hawknest.store.report_sent import SentRow
from hawknest.store.report_views import DmarcReportRow, TlsReportRow

_QUERY: Final = {
    "domain": "One of our domains; all unless said",
    "days": f"How many days back; {reports.DAYS} unless said",
}


class ReceivedReports(msgspec.Struct, frozen=True, kw_only=True):
    """The reports that came, the newest first."""

    dmarc: list[DmarcReportRow]
    tls: list[TlsReportRow]


async def overview(ask: Ask) -> ReportsOverview:
    """Tell who sends as us, and how TLS to our servers goes."""
    domain, days = _asked(ask)
    question = partial(reports.overview, now=ask.rooms.clock(), domain=domain, days=days)
    return await ask.rooms.store.read(question)


async def received(ask: Ask) -> ReceivedReports:
    """List the reports that came."""
    domain, days = _asked(ask)
    since = ask.rooms.clock() - days * reports.DAY

    def question(connection: Connection) -> ReceivedReports:
        return ReceivedReports(
            dmarc=report_views.dmarc_reports(connection, since, domain),
            tls=report_views.tls_reports(connection, since, domain),
        )

    return await ask.rooms.store.read(question)


async def sent(ask: Ask) -> Page[SentRow]:
    """List the reports that we sent."""
    return paging.cut(await ask.rooms.store.read(report_sent.sent), ask)


def _asked(ask: Ask) -> tuple[str, int]:
    """The domain and the days that are asked about. Raises Problem, AccountError."""
    text = ask.query.get("domain", "").strip()[:300]
    return domains.named(text) if text else "", paging.number(ask, "days", reports.DAYS, 1, reports.MOST)


ROUTES: Final = (
    Route(
        method="GET",
        path="/api/v1/reports/overview",
        handler=overview,
        need=Need.ADMIN,
        scope=Scope.REPORTS,
        summary="What other servers report: who sends in the name of our domains, what passes, how TLS to our servers goes",
        answer=ReportsOverview,
        query=_QUERY,
    ),
    Route(
        method="GET",
        path="/api/v1/reports/received",
        handler=received,
        need=Need.ADMIN,
        scope=Scope.REPORTS,
        summary="The DMARC and TLS reports that came, the newest first",
        answer=ReceivedReports,
        query=_QUERY,
    ),
    Route(
        method="GET",
        path="/api/v1/reports/sent",
        handler=sent,
        need=Need.ADMIN,
        scope=Scope.REPORTS,
        summary="The DMARC and TLS reports that this server sent to others, or why it did not, the newest first",
        answer=Page[SentRow],
        query=paging.PARAMETERS,
    ),
)
