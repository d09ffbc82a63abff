"""What a report that came says, brought into the shape in which it is kept; and whether it is taken at all. RFC 9990, RFC 8460.

A report is taken when it is on a domain of ours, on a time that could be, and when the letter that brought it is not shown to be a forgery.
"""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from hawknest.mail import addresslist
from hawknest.mail.authres import claimed
from hawknest.mail.header import Header
from hawknest.post.report_unpacking import Report
from hawknest.store import Connection, reports
from hawknest.store.reports import Came, Seen, TlsFailed
from hawknest.trust import dmarc_report, tls_report

RECORDS: Final = 2000  # of one report that are kept, the busiest
SPAN: Final = 32 * 86400  # seconds that a report may be of
AHEAD: Final = 2 * 86400  # seconds that a report may end in the future: clocks differ
TEXT: Final = 255  # characters of a text that are kept

_DMARC: Final = re.compile(r";\s*dmarc\s*=\s*([a-z]+)", re.IGNORECASE)
_DKIM: Final = re.compile(r";\s*dkim\s*=\s*pass\b[^;]*?\bheader\.d\s*=\s*([^\s;]+)", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*+"')


class NotTaken(ValueError):
    """The report is not kept; the message says why."""


class Known(NotTaken):
    """It has come before."""

    def __init__(self) -> None:
        super().__init__("this report has come before")


@dataclass(frozen=True, slots=True)
class Bringer:
    """The letter that brought reports."""

    letter_id: str
    sender: str  # domain in From
    authentic: str  # pass fail ''
    at: float  # seconds since the epoch


def bringer(letter: bytes, letter_id: str, host: str, at: float) -> Bringer:
    """Tell who brought a letter, and whether our own check (`host` wrote it) vouches for that."""
    header = Header.of(letter)
    found = addresslist.entries(header.first("From") or b"")[:1]
    domain = "".join((one.domain or b"").decode("utf-8", "replace").lower() for one in found)
    return Bringer(letter_id, domain[:TEXT], _authentic(header, host, domain), at)


def _authentic(header: Header, host: str, domain: str) -> str:
    for line in header.every("Authentication-Results"):
        if claimed(line.value).lower() != host.lower():
            continue
        text = _QUOTED.sub('""', line.value.decode("utf-8", "replace"))
        verdict = _DMARC.search(text)
        result = verdict[1].lower() if verdict else "none"
        if result in {"pass", "fail"}:
            return result
        signers = [found.lower() for found in _DKIM.findall(text)]
        return "pass" if any(_within(domain, signer) for signer in signers) else ""
    return ""


def keep(connection: Connection, report: Report, by: Bringer, ours: Collection[str]) -> str:
    """Keep a report. Returns what it was, in a few words. Raises NotTaken."""
    if by.authentic == "fail":
        raise NotTaken(f"the letter is not from {by.sender}, as it says")
    match report:
        case dmarc_report.Report():
            return _keep_dmarc(connection, report, by, ours)
        case tls_report.Report():
            return _keep_tls(connection, report, by, ours)


def _keep_dmarc(
    connection: Connection, report: dmarc_report.Report, by: Bringer, ours: Collection[str]
) -> str:
    domain = _our(report.domain, ours)
    _see_time(report.begin, report.end, by.at)
    came = _came(by, domain, (report.org, report.report_id, report.email), (report.begin, report.end))
    seen: Counter[Seen] = Counter()
    for record in report.records:
        seen[_seen(record)] += record.count
    busiest = [replace(one, count=count) for one, count in seen.most_common(RECORDS)]
    if not reports.add_dmarc(connection, came, report.policy, busiest):
        raise Known
    return f"DMARC {domain} {report.org} {sum(seen.values())}"


def _seen(record: dmarc_report.Record) -> Seen:
    results = [[one.domain, one.selector, one.result] for one in record.signatures]
    spf = [record.spf_result.domain, record.spf_result.result] if record.spf_result else []
    return Seen(
        source=record.source,
        count=0,
        disposition=record.disposition,
        dkim=record.dkim,
        spf=record.spf,
        header_from=record.header_from,
        envelope_from=record.envelope_from,
        results=msgspec.json.encode({"dkim": results, "spf": spf}).decode(),
        reason=" ".join(filter(None, [record.reason, record.comment]))[:TEXT],
    )


def _keep_tls(connection: Connection, report: tls_report.Report, by: Bringer, ours: Collection[str]) -> str:
    begin, end = report.span()
    _see_time(begin, end, by.at)
    domains = {_plain(one.policy.policy_domain).lower().rstrip(".") for one in report.policies}
    mine = sorted({_our(name, ours) for name in domains if _ours(name, ours)})
    if not mine:
        raise NotTaken(f"{', '.join(sorted(domains))[:TEXT]} is no domain of ours")
    new = 0
    for domain in mine:
        named = _plain(report.organization_name) or by.sender, _plain(report.report_id), report.contact_info
        came = _came(by, domain, named, (begin, end))
        outcomes = [one for one in report.policies if _ours(one.policy.policy_domain, [domain])]
        good = sum(one.summary.total_successful_session_count for one in outcomes)
        failed = sum(one.summary.total_failure_session_count for one in outcomes)
        failures = [_failed(one.policy.policy_type, f) for one in outcomes for f in one.failure_details]
        new += reports.add_tls(connection, came, good, failed, failures[:RECORDS])
    if not new:
        raise Known
    return f"TLS {', '.join(mine)} {_plain(report.organization_name)}"


def _failed(policy_type: str, failure: tls_report.Failure) -> TlsFailed:
    return TlsFailed(
        _plain(policy_type),
        _plain(failure.result_type),
        _plain(failure.receiving_mx_hostname),
        _plain(failure.sending_mta_ip),
        _plain(" ".join(filter(None, [failure.failure_reason_code, failure.additional_information]))),
        failure.failed_session_count,
    )


def _came(by: Bringer, domain: str, named: tuple[str, str, str], span: tuple[int, int]) -> Came:
    org, report_id, email = map(_plain, named)
    return Came(
        domain=domain,
        org=org,
        report_id=report_id,
        begin=span[0],
        end=span[1],
        email=email,
        sender=by.sender,
        authentic=by.authentic,
        letter_id=by.letter_id,
        at=by.at,
    )


def _see_time(begin: int, end: int, now: float) -> None:
    if end - begin > SPAN or end > now + AHEAD or begin < now - 400 * 86400:
        raise NotTaken("it is of a time that it cannot be of")


def _ours(name: str, ours: Collection[str]) -> bool:
    plain = name.lower().rstrip(".")
    return any(_within(plain, one) for one in ours)


def _our(name: str, ours: Collection[str]) -> str:
    """Name the domain of ours that a name is, or lies below. Raises NotTaken."""
    plain = name.lower().rstrip(".")
    found = [one for one in ours if _within(plain, one)]
    if not found:
        raise NotTaken(f"{_plain(name)} is no domain of ours")
    return max(found, key=len)


def _within(name: str, domain: str) -> bool:
    return bool(domain) and (name == domain or name.endswith("." + domain))


def _plain(text: str) -> str:
    """A text of somebody else's, on one line and not too long."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * TEXT]).split())[:TEXT]
