"""What a domain check found, as values: each finding with how much it matters, in words of either language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from hawknest.dns import (
    DnsError,
    Malformed,
    NoData,
    NotAName,
    Nothing,
    Refused,
    ServerFailed,
    Silent,
    Truncated,
)
from hawknest.post.domaincheck_words import WORDS, Language


class Severity(IntEnum):
    """How much a finding matters; the larger the worse."""

    OK = 0
    HINT = 1  # works, and could be better
    PROBLEM = 2  # letters are lost, refused or late because of it


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: a key of the message table, and what is filled in."""

    severity: Severity
    key: str
    values: Mapping[str, str] = field(default_factory=dict[str, str])

    def text(self, language: Language = "en") -> str:
        """What was found, in a sentence."""
        return WORDS[self.key].text[language].format_map(self.values)

    def advice(self, language: Language = "en") -> str:
        """What to do about it; empty where nothing is to be done."""
        return WORDS[self.key].advice[language].format_map(self.values)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found about a domain, in the order in which it was looked at."""

    domain: str
    findings: tuple[Finding, ...]
    resolvers: tuple[str, ...]  # who answered

    @property
    def worst(self) -> Severity:
        """The worst of the findings."""
        return max((finding.severity for finding in self.findings), default=Severity.OK)

    def data(self, language: Language = "en") -> dict[str, Any]:
        """The report as plain data, for JSON."""
        return {
            "domain": self.domain,
            "worst": self.worst.name.lower(),
            "resolvers": list(self.resolvers),
            "findings": [
                {
                    "severity": finding.severity.name.lower(),
                    "id": finding.key,
                    "values": dict(finding.values),
                    "text": finding.text(language),
                    "advice": finding.advice(language),
                }
                for finding in self.findings
            ],
        }


def key_of(error: DnsError) -> str:
    """The key of the message for a failure."""
    match error:
        case NotAName():
            return "dns-not-a-name"
        case NoData():
            return "dns-no-data"
        case Nothing():
            return "dns-no-such-name"
        case ServerFailed():
            return "dns-server-failed"
        case Refused():
            return "dns-refused"
        case Malformed():
            return "dns-malformed"
        case Truncated():
            return "dns-truncated"
        case Silent():
            return "dns-silent"
        case _:
            return "dns-unreachable"
