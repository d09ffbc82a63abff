"""Writes the report that `dmarc_report` reads, as its schema wants it. RFC 9990 §3.1, RFC 9990 Appendix A."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from hawknest.trust.dmarc_report import NAMESPACE, Record, Report

#: The elements of policy_published, and the tags of a record that they come from.
POLICY: Final = (
    ("p", "p"),
    ("sp", "sp"),
    ("np", "np"),
    ("adkim", "adkim"),
    ("aspf", "aspf"),
    ("testing", "t"),
    ("fo", "fo"),
)
_DISPOSITIONS: Final = frozenset({"none", "pass", "quarantine", "reject"})
_REASONS: Final = frozenset(
    {"local_policy", "mailing_list", "other", "policy_test_mode", "trusted_forwarder"}
)
_DKIM: Final = frozenset({"none", "pass", "fail", "policy", "neutral", "temperror", "permerror"})
_SPF: Final = _DKIM | {"softfail"}
#: What XML cannot hold (XML 1.0 §2.2), or what would be a second line.
_UNFIT: Final = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report, generator: str) -> bytes:
    """Write a report; its policy has the tags of the record under their own names."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<feedback xmlns="{NAMESPACE}">',
        "<version>1.0</version>",
        *_within("report_metadata", _metadata(report, generator)),
        *_within("policy_published", _policy(report)),
    ]
    for record in report.records:
        lines += _within("record", _record(record))
    return "\n".join([*lines, "</feedback>", ""]).encode()


def _metadata(report: Report, generator: str) -> Iterator[str]:
    yield _element("org_name", report.org)
    yield _element("email", report.email)
    yield _element("report_id", report.report_id)
    yield from _within("date_range", [_element("begin", str(report.begin)), _element("end", str(report.end))])
    if report.error:
        yield _element("error", report.error)
    yield _element("generator", generator)


def _policy(report: Report) -> Iterator[str]:
    yield _element("domain", report.domain)
    yield _element("discovery_method", "treewalk")
    for name, tag in POLICY:
        value = report.policy.get(tag, "none" if name == "p" else "")
        if value:
            yield _element(name, value)


def _record(record: Record) -> Iterator[str]:
    evaluated = [
        _element("disposition", _of(_DISPOSITIONS, record.disposition)),
        _element("dkim", "pass" if record.dkim else "fail"),
        _element("spf", "pass" if record.spf else "fail"),
    ]
    if record.reason:
        comment = [_element("comment", record.comment)] if record.comment else []
        kind = record.reason if record.reason in _REASONS else "other"
        evaluated += _within("reason", [_element("type", kind), *comment])
    yield from _within(
        "row",
        [
            _element("source_ip", record.source),
            _element("count", str(record.count)),
            *_within("policy_evaluated", evaluated),
        ],
    )
    identifiers = [
        _element("header_from", record.header_from),
        _element("envelope_from", record.envelope_from),
    ]
    yield from _within("identifiers", identifiers)
    yield from _within("auth_results", _results(record))


def _results(record: Record) -> Iterator[str]:
    for one in record.signatures:
        inside = [_element("domain", one.domain), _element("selector", one.selector)]
        yield from _within("dkim", [*inside, _element("result", _of(_DKIM, one.result))])
    if record.spf_result is not None:
        spf = record.spf_result
        inside = [_element("domain", spf.domain), _element("scope", "mfrom")]
        yield from _within("spf", [*inside, _element("result", _of(_SPF, spf.result))])


def _of(words: frozenset[str], word: str) -> str:
    return word if word in words else "none"


def _within(name: str, inside: Iterable[str]) -> Iterator[str]:
    yield f"<{name}>"
    for line in inside:
        yield f" {line}"
    yield f"</{name}>"


def _element(name: str, text: str) -> str:
    plain = _UNFIT.sub(" ", text)
    return f"<{name}>{plain.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</{name}>"
