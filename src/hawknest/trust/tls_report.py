"""A report on how TLS to a domain's servers went, as a value; read from JSON and written. RFC 8460 §4."""

import datetime as dt
from typing import Annotated, Final

import msgspec
from msgspec import Meta

POLICIES: Final = 1000  # of one report
FAILURES: Final = 20_000  # of one policy
LATEST: Final = 1 << 40  # a time beyond which nothing is one

Count = Annotated[int, Meta(ge=0, le=10**12)]


class BadReport(ValueError):
    """It is no report that can be read; the message says why."""


class Span(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The time that a report is of."""

    start_datetime: str
    end_datetime: str


class Policy(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", omit_defaults=True):
    """What the domain asked for. RFC 8460 §4.2."""

    policy_type: str  # sts tlsa no-policy-found
    policy_string: list[str] = []
    policy_domain: str
    mx_host: list[str] | str = []


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """How many sessions there were."""

    total_successful_session_count: Count = 0
    total_failure_session_count: Count = 0


class Failure(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", omit_defaults=True):
    """Sessions that failed in one way. RFC 8460 §4.3."""

    result_type: str
    sending_mta_ip: str = ""
    receiving_mx_hostname: str = ""
    receiving_mx_helo: str = ""
    receiving_ip: str = ""
    failed_session_count: Count = 0
    additional_information: str = ""
    failure_reason_code: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What came of one policy."""

    policy: Policy
    summary: Summary
    failure_details: list[Failure] = []


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What one sender saw within a time."""

    organization_name: str = ""
    date_range: Span
    contact_info: str = ""
    report_id: str
    policies: list[Outcome]

    def span(self) -> tuple[int, int]:
        """Tell when it begins and ends, in seconds since the epoch. Raises BadReport."""
        begin, end = _moment(self.date_range.start_datetime), _moment(self.date_range.end_datetime)
        if not 0 <= begin <= end < LATEST:
            raise BadReport("it does not say of which time it is")
        return begin, end


_DECODE: Final = msgspec.json.Decoder(Report).decode
_ENCODE: Final = msgspec.json.Encoder().encode


def read(octets: bytes) -> Report:
    """Read a report. Raises BadReport."""
    try:
        report = _DECODE(octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReport(f"it is no TLS report: {str(error)[:200]}") from None
    if len(report.policies) > POLICIES or any(len(one.failure_details) > FAILURES for one in report.policies):
        raise BadReport("it has more policies or failures than anybody could have")
    if not report.report_id.strip() or not report.policies:
        raise BadReport("it has no id, or no policy")
    report.span()
    return report


def write(report: Report) -> bytes:
    """Write a report as JSON."""
    return _ENCODE(report)


def moment(at: int) -> str:
    """Write a time in seconds since the epoch as reports have it. RFC 8460 §4.1."""
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> int:
    try:
        found = dt.datetime.fromisoformat(text.strip()[:40])
        zoned = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
        return int(zoned.timestamp())
    except (ValueError, OverflowError):
        raise BadReport("it does not say of which time it is") from None
