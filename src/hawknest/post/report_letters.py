"""Reports of ours as letters: who writes, what the subject and the file are called, and how they are packed. RFC 9990 §3.5, RFC 8460 §5."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hawknest import __version__
from hawknest.mail.address import Address
from hawknest.mail.build import base64_lines, mailbox, text_part
from hawknest.mail.dates import letter_date
from hawknest.mail.envelope import Body, Envelope, Notify, Recipient
from hawknest.store.dmarc_rows import DAY, DmarcRow
from hawknest.store.tls_results import TlsResult
from hawknest.trust import dmarc_report_write, tls_report
from hawknest.trust.dmarc_report import Record, Report, Signature, Spf

GENERATOR: Final = f"Hawknest {__version__}"
FAILURES: Final = 2000  # of one policy that are told

_TEXT: Final = """This is a report for the owner of {domain}, made by a program.

It tells {what} on {day} (UTC), as the mail server of {submitter} saw it.
Your domain asks for such reports by the record {record}.
{domain} gets no more of them when that record no longer names this address.
"""
_WHAT: Final = {
    "dmarc": ("who sent letters in the name of {domain}", "_dmarc.{domain}"),
    "tls": ("how TLS to the mail servers of {domain} went", "_smtp._tls.{domain}"),
}


@dataclass(frozen=True, slots=True)
class About:
    """What a report is about."""

    kind: str  # dmarc tls
    domain: str  # that is reported to
    submitter: str  # a domain of ours
    report_id: str  # letters and digits
    day: int  # since the epoch, UTC

    @property
    def begin(self) -> int:
        """The day's first second."""
        return self.day * DAY

    @property
    def end(self) -> int:
        """The day's last second."""
        return self.begin + DAY - 1

    @property
    def sender(self) -> Address:
        """Who writes: an address of ours whose letters nobody need read."""
        return Address(f"{self.kind}-reports", self.submitter)

    def file_name(self, extension: str) -> str:
        """The name of the file (RFC 9990 §3.5, RFC 8460 §5.1)."""
        return f"{self.submitter}!{self.domain}!{self.begin}!{self.end}!{self.report_id}.{extension}"


def dmarc_body(
    about: About, policy: str, rows: Sequence[tuple[DmarcRow, int]], dropped: int = 0
) -> tuple[bytes, int]:
    """Make a DMARC report, packed. Returns it, and how many letters it tells of."""
    report = Report(
        org=about.submitter,
        email=f"postmaster@{about.submitter}",
        report_id=about.report_id,
        begin=about.begin,
        end=about.end,
        domain=about.domain,
        policy=_tags(policy),
        records=tuple(_record(row, count) for row, count in rows),
        error=f"{dropped} letters of this day, to all domains together, are not told of" if dropped else "",
    )
    octets = dmarc_report_write.write(report, GENERATOR)
    return gzip.compress(octets, mtime=about.end), sum(count for _, count in rows)


def _tags(policy: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in policy.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _record(row: DmarcRow, count: int) -> Record:
    return Record(
        source=row.source,
        count=count,
        disposition=row.disposition,
        dkim=row.dkim,
        spf=row.spf,
        header_from=row.header_from,
        envelope_from=row.envelope_from,
        signatures=tuple(Signature(one.domain, one.selector, one.result) for one in row.dkim_results),
        spf_result=Spf(row.spf_result.domain, row.spf_result.result) if row.spf_result else None,
        reason=row.reason,
        comment=row.comment,
    )


def tls_body(about: About, results: Sequence[TlsResult], own_ip: str = "") -> tuple[bytes, int]:
    """Make a TLS report, packed. Returns it, and how many sessions it tells of."""
    policies: dict[tuple[str, str], list[TlsResult]] = {}
    for result in results:
        policies.setdefault((result.policy_type, result.policy_text), []).append(result)
    report = tls_report.Report(
        organization_name=about.submitter,
        date_range=tls_report.Span(
            start_datetime=tls_report.moment(about.begin), end_datetime=tls_report.moment(about.end)
        ),
        contact_info=f"postmaster@{about.submitter}",
        report_id=about.report_id,
        policies=[_outcome(about.domain, of, own_ip) for of in policies.values()],
    )
    octets = tls_report.write(report)
    return gzip.compress(octets, mtime=about.end), sum(result.sessions for result in results)


def _outcome(domain: str, results: Sequence[TlsResult], own_ip: str) -> tls_report.Outcome:
    """What came of one policy."""
    kind, text = results[0].policy_type, results[0].policy_text
    lines = text.split("\n") if text else []
    hosts = [line.partition(":")[2].strip() for line in lines if kind == "sts" and line.startswith("mx:")]
    failed = [result for result in results if result.result_type]
    return tls_report.Outcome(
        policy=tls_report.Policy(policy_type=kind, policy_string=lines, policy_domain=domain, mx_host=hosts),
        summary=tls_report.Summary(
            total_successful_session_count=sum(r.sessions for r in results if not r.result_type),
            total_failure_session_count=sum(r.sessions for r in failed),
        ),
        failure_details=[
            tls_report.Failure(
                result_type=r.result_type,
                sending_mta_ip=own_ip,
                receiving_mx_hostname=r.mx_host,
                receiving_ip=r.receiving_ip,
                failed_session_count=r.sessions,
            )
            for r in failed[:FAILURES]
        ],
    )


def letter(about: About, packed: bytes, to: Address, host: str, now: float) -> tuple[Envelope, bytes]:
    """Compose the letter with a packed report, and the envelope to send it with.

    A report that cannot be delivered is no trouble of anybody here: no news of it is wanted, and what comes back from elsewhere goes to
    the address for reports. `host` is our own name, `now` in seconds since the epoch.
    """
    extension, media = (
        ("xml.gz", "application/gzip") if about.kind == "dmarc" else ("json.gz", "application/tlsrpt+gzip")
    )
    boundary = f"=_{about.report_id}"
    whole = "mixed" if about.kind == "dmarc" else 'report; report-type="tlsrpt"'
    head = [
        f"Date: {letter_date(now)}",
        f"From: {mailbox(GENERATOR, about.sender)}",
        f"To: {to}",
        f"Subject: Report Domain: {about.domain}",
        f" Submitter: {about.submitter}",
        f" Report-ID: <{about.report_id}>",
        f"Message-ID: <{about.report_id}.{about.kind}@{host}>",
        "Auto-Submitted: auto-generated",
        *(_tls_fields(about) if about.kind == "tls" else []),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/{whole}; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "",
    ]
    what, record = (text.format(domain=about.domain) for text in _WHAT[about.kind])
    day = tls_report.moment(about.begin)[:10]
    words = _TEXT.format(domain=about.domain, what=what, day=day, submitter=about.submitter, record=record)
    name = about.file_name(extension)
    part = [
        f"--{boundary}",
        f"Content-Type: {media};",
        f' name="{name}"',
        "Content-Disposition: attachment;",
        f' filename="{name}"',
        "Content-Transfer-Encoding: base64",
        "",
        "",
    ]
    octets = b"".join(
        [
            "\r\n".join(head).encode("ascii"),
            text_part(words),
            "\r\n".join(part).encode("ascii"),
            base64_lines(packed),
            f"--{boundary}--\r\n".encode("ascii"),
        ]
    )
    envelope = Envelope(
        reverse_path=about.sender,
        recipients=(Recipient(to, notify=Notify.NEVER),),
        body=Body.SEVEN_BIT,
        size=len(octets),
    )
    return envelope, octets


def _tls_fields(about: About) -> list[str]:
    """Fields of a TLS report (RFC 8460 §5.3); it is to arrive above all where TLS is broken (RFC 8689 §5)."""
    return [
        f"TLS-Report-Domain: {about.domain}",
        f"TLS-Report-Submitter: {about.submitter}",
        "TLS-Required: No",
    ]
