"""Reports as a nest has them after some weeks, for the tests of what is told of them."""

from hawknest.store import Connection, report_sent, report_views, reports
from hawknest.store.report_sent import SentRow
from hawknest.store.reports import Came, Seen, TlsFailed

DAY = 86400


def came(now: float, back: int, number: str, domain: str, org: str = "far.test") -> Came:
    """A report on the day so many days ago."""
    begin = (int(now) // DAY - back) * DAY
    return Came(
        domain=domain,
        org=org,
        report_id=number,
        begin=begin,
        end=begin + DAY - 1,
        email=f"reports@{org}",
        sender=org,
        authentic="pass",
        letter_id="06fz1q2v3k4m5n6p",
        at=now - back * DAY + 3600,
    )


def seen(source: str, count: int, *, dkim: bool, spf: bool, reason: str = "") -> Seen:
    """A record of a report."""
    return Seen(
        source=source,
        count=count,
        disposition="none" if dkim or spf or reason else "reject",
        dkim=dkim,
        spf=spf,
        header_from="example.org",
        envelope_from="example.org",
        results="{}",
        reason=reason,
    )


def fill(connection: Connection, now: float, domain: str = "example.org") -> None:
    """Have reports of four weeks."""
    for back in range(1, 28):
        rows = [
            seen("192.0.2.1", 40 + (back * 7) % 23, dkim=True, spf=True),
            seen("198.51.100.24", 5, dkim=back % 2 == 0, spf=False),
            seen("2001:db8:5::25", 2, dkim=False, spf=False, reason="mailing_list"),
        ]
        if back % 3 == 0:
            rows.append(seen("203.0.113.7", 4 + back, dkim=False, spf=False))
        reports.add_dmarc(connection, came(now, back, f"d{back}", domain), {"p": "reject"}, rows)
        failed = 3 if back < 4 else 0
        failures = [TlsFailed("sts", "certificate-expired", "mx.example.org", "198.51.100.9", "", failed)]
        reports.add_tls(
            connection,
            came(now, back, f"t{back}", domain, "mail.test"),
            30 + back,
            failed,
            failures if failed else [],
        )
    report_views.name_source(connection, "192.0.2.1", "mx.example.org", now)
    report_views.name_source(connection, "2001:db8:5::25", "lists.far.test", now)
    day = int(now) // DAY - 1
    for target, outcome in (("rua@far.test", "sent"), ("https://mail.test/tls", "503 Service Unavailable")):
        kind = "dmarc" if "@" in target else "tls"
        report_sent.note_sent(
            connection, SentRow(kind, day, target[4:].strip("/"), target, "1a2b", now - 7200, 12, outcome, "")
        )
