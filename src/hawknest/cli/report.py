"""`hawknest report`: what other servers tell about letters in the name of our domains, and about TLS to our servers."""

import time
from typing import Annotated, Final

from cyclopts import Parameter

from hawknest.accounts import domains
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json, show, table, when
from hawknest.cli.words import tell
from hawknest.log.lines import printable
from hawknest.post import reports
from hawknest.post.reports import Meaning, ReportSource, ReportsOverview
from hawknest.store import report_sent
from hawknest.store.report_sent import SentRow

SHOWN: Final = 20  # addresses that are told of in words


def report(
    domain: str = "",
    *,
    days: Annotated[int, Parameter(help="How many days back.")] = reports.DAYS,
    sent: Annotated[
        bool, Parameter(negative=(), help="List the reports that this server sent to others instead.")
    ] = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Tell who sends as your domain, how much of it passes, and which addresses fail.

    Other servers report once a day on letters in your name (DMARC) and on TLS to your servers, where the DNS of your domain asks for it.
    Their letters to dmarc-reports@ and tls-reports@ are read as they come; nothing needs to be set up here.

    Example: `hawknest report example.org --days 7` · `hawknest report --sent`

    Args:
        domain: One of your domains; without it all of them.
    """
    with nest(data) as here:
        if sent:
            listed = here.read(report_sent.sent)
            show(listed, json, lambda: _sent(listed))
            return
        name = here.read(lambda c: domains.get(c, domain).name) if domain else ""
        days = max(1, min(days, reports.MOST))
        found = here.read(lambda c: reports.overview(c, time.time(), name, days))
    show(found, json, lambda: _in_words(found, days))


def _in_words(found: ReportsOverview, days: int) -> str:
    of = found.domain or tell("report-all")
    if not found.dmarc.days and not found.tls.days:
        return tell("report-none", of=of, days=days)
    lines: list[str] = []
    if found.dmarc.days:
        share = 100 * found.dmarc.passed // max(found.dmarc.letters, 1)
        passed = found.dmarc.passed
        lines.append(
            tell("report-head", of=of, days=days, letters=found.dmarc.letters, passed=passed, share=share)
        )
        for source in _worst_first(found.dmarc.sources)[:SHOWN]:
            lines += _source(source)
        if (more := len(found.dmarc.sources) - SHOWN) > 0:
            lines.append(tell("report-more", count=more))
    if found.tls.days:
        sessions, failed = found.tls.sessions, found.tls.sessions - found.tls.good
        lines.append(tell("report-tls-head", sessions=sessions, failed=failed))
        lines += [
            "  "
            + tell(
                "report-tls-failure",
                sessions=one.sessions,
                host=one.host or tell("report-server"),
                result=one.result,
                policy=one.policy_type,
            )
            for one in found.tls.failures[:SHOWN]
        ]
    return "\n".join(map(printable, lines))


def _worst_first(sources: list[ReportSource]) -> list[ReportSource]:
    order = list(Meaning)[::-1]
    return sorted(sources, key=lambda one: (order.index(one.meaning), -one.letters))


def _source(source: ReportSource) -> list[str]:
    named = f"{source.ip} ({source.name})" if source.name else source.ip
    lines = [
        "  " + tell(f"report-{source.meaning}", letters=source.letters, source=named, passed=source.passed)
    ]
    if source.meaning is not Meaning.GOOD:
        lines.append("  " + tell("report-as", name=source.header_from))
        if source.refused or source.quarantined:
            lines.append(
                "  " + tell("report-refused", refused=source.refused, quarantined=source.quarantined)
            )
    return lines


def _sent(listed: list[SentRow]) -> str:
    names = ("at", "kind", "domain", "to", "count", "outcome")
    heads = [tell(f"report-sent-{name}") for name in names]
    rows = [
        (when(one.at), one.kind.upper(), one.domain, one.target, one.letters, one.outcome) for one in listed
    ]
    return table(heads, rows, tell("report-sent-none"))
