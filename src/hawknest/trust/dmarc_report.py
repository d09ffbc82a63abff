"""A report on who sent letters in a domain's name, as a value, and read from XML. RFC 9990 §3.1, RFC 7489 Appendix C.

Whoever sends reports writes them as he likes: with or without the name space, in capitals, with fields of drafts long gone.
So what is needed is looked for by its plain name, and what is beyond that is passed over. What would make a reader work
without end is refused: a document type (whose entities can grow), depth, numbers, lengths.
"""

import io
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

NAMESPACE: Final = "urn:ietf:params:xml:ns:dmarc-2.0"
RECORDS: Final = 50_000  # that one report may have
DEPTH: Final = 12  # of elements
TEXT: Final = 255  # characters of a text that are kept
SIGNATURES: Final = 20  # of one record
COUNT: Final = 10**9  # letters of one record
LATEST: Final = 1 << 40  # a time beyond which nothing is one

_NUMBER: Final = re.compile(r"[0-9]{1,15}")


class BadReport(ValueError):
    """It is no report that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What one DKIM signature came to."""

    domain: str
    selector: str
    result: str


@dataclass(frozen=True, slots=True)
class Spf:
    """What SPF came to."""

    domain: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Letters that came from one address and were alike."""

    source: str  # IP address
    count: int
    disposition: str  # none pass quarantine reject
    dkim: bool  # aligned
    spf: bool  # aligned
    header_from: str
    envelope_from: str = ""
    signatures: tuple[Signature, ...] = ()
    spf_result: Spf | None = None
    reason: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one receiver saw within a time."""

    org: str
    email: str
    report_id: str
    begin: int  # seconds since the epoch
    end: int
    domain: str  # whose policy it was
    policy: dict[str, str] = field(default_factory=dict[str, str])  # p sp np adkim aspf testing fo …
    records: tuple[Record, ...]
    error: str = ""
    skipped: int = 0  # records that could not be understood


def read(octets: bytes) -> Report:
    """Read a report. Raises BadReport."""
    try:
        return _gathered(_elements(octets))
    except ParseError as error:
        raise BadReport(f"it is no well-formed XML: {error}") from None
    except DefusedXmlException:
        raise BadReport("it declares a document type, which no report needs") from None
    except (LookupError, ValueError) as error:
        if isinstance(error, BadReport):
            raise
        raise BadReport("it is written in an encoding that is not known") from None


def _elements(octets: bytes) -> Iterator[Element]:
    """Give the elements below the root, one by one, each forgotten when the next is asked for."""
    depth = 0
    root: Element | None = None
    for event, element in iterparse(io.BytesIO(octets), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            depth += 1
            if depth > DEPTH:
                raise BadReport(f"its elements lie more than {DEPTH} deep in one another")
            if root is None:
                root = element
                if _name(element) != "feedback":
                    raise BadReport(f"it is XML, but no DMARC report: it begins with {_name(element)[:40]}")
        else:
            depth -= 1
            if depth == 1 and root is not None:
                yield element
                root.clear()


def _gathered(elements: Iterator[Element]) -> Report:
    metadata: Element | None = None
    policy: Element | None = None
    records: list[Record] = []
    skipped = 0
    for element in elements:
        match _name(element):
            case "report_metadata":
                metadata = metadata or _kept(element)
            case "policy_published":
                policy = policy or _kept(element)
            case "record":
                if len(records) + skipped == RECORDS:
                    raise BadReport(f"it has more than {RECORDS} records")
                record = _record(element)
                skipped += record is None
                records += [record] if record else []
            case _:
                pass
    if metadata is None or policy is None:
        raise BadReport("it does not say who reports on which domain")
    return _report(metadata, policy, tuple(records), skipped)


def _kept(element: Element) -> Element:
    """A copy that stays when the root is cleared."""
    copy = Element(element.tag)
    copy.extend(list(element))
    return copy


def _report(metadata: Element, policy: Element, records: tuple[Record, ...], skipped: int) -> Report:
    span = _child(metadata, "date_range")
    begin, end = (_number(span, name) if span is not None else None for name in ("begin", "end"))
    if begin is None or end is None or not begin <= end < LATEST:
        raise BadReport("it does not say of which time it is")
    domain = _domain(policy, "domain")
    report_id = _text(metadata, "report_id")
    if not domain or not report_id:
        raise BadReport("it names no domain, or has no id")
    if not records:
        raise BadReport("it has no record that can be understood")
    tags = {_name(child): _clean(child.text) for child in list(policy)[:20] if _name(child) != "domain"}
    return Report(
        org=_text(metadata, "org_name") or _text(metadata, "email"),
        email=_text(metadata, "email"),
        report_id=report_id,
        begin=begin,
        end=end,
        domain=domain,
        policy={name: value for name, value in tags.items() if value},
        records=records,
        error=_text(metadata, "error"),
        skipped=skipped,
    )


def _record(element: Element) -> Record | None:
    """Read one record; None where it cannot be understood."""
    row, identifiers = _child(element, "row"), _child(element, "identifiers")
    if row is None or identifiers is None:
        return None
    evaluated = _child(row, "policy_evaluated")
    source, count = _address(_text(row, "source_ip")), _number(row, "count")
    if source is None or not count or evaluated is None:
        return None
    results = _child(element, "auth_results")
    reason = _child(evaluated, "reason")
    return Record(
        source=source,
        count=min(count, COUNT),
        disposition=_word(evaluated, "disposition") or "none",
        dkim=_word(evaluated, "dkim") == "pass",
        spf=_word(evaluated, "spf") == "pass",
        header_from=_domain(identifiers, "header_from"),
        envelope_from=_domain(identifiers, "envelope_from"),
        signatures=() if results is None else _signatures(results),
        spf_result=None if results is None else _spf(results),
        reason="" if reason is None else _word(reason, "type"),
        comment="" if reason is None else _text(reason, "comment"),
    )


def _signatures(results: Element) -> tuple[Signature, ...]:
    found = [one for one in results if _name(one) == "dkim"][:SIGNATURES]
    return tuple(
        Signature(_domain(one, "domain"), _text(one, "selector"), _word(one, "result")) for one in found
    )


def _spf(results: Element) -> Spf | None:
    one = _child(results, "spf")
    return None if one is None else Spf(_domain(one, "domain"), _word(one, "result"))


def _name(element: Element) -> str:
    """The name of an element without its name space."""
    return element.tag.rpartition("}")[2].lower()


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if _name(child) == name), None)


def _text(element: Element, name: str) -> str:
    child = _child(element, name)
    return "" if child is None else _clean(child.text)


def _clean(text: str | None) -> str:
    return " ".join((text or "")[: 4 * TEXT].replace("\0", "").split())[:TEXT]


def _word(element: Element, name: str) -> str:
    return _text(element, name).lower()[:30]


def _domain(element: Element, name: str) -> str:
    return _text(element, name).lower().rstrip(".")


def _number(element: Element, name: str) -> int | None:
    text = _text(element, name)
    return int(text) if _NUMBER.fullmatch(text) else None


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
