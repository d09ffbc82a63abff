"""Whether a domain lets a host send its letters. RFC 7208.

The domain asked about is that of MAIL FROM; where a letter has no sender, as a report has not, it is the name in HELO (RFC 7208 §2.4).
What comes of it is told in words for the owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from hawknest.dns import IpAddress, Resolver
from hawknest.mail.domain import AddressError, canonical_domain
from hawknest.trust import spf_policy
from hawknest.trust.spf_policy import Asked

WHY: Final = 200  # characters of what others chose the words of


class Result(StrEnum):
    """What came of it. RFC 7208 §2.6, RFC 8601 §2.7.2."""

    NONE = "none"  # the domain says nothing
    NEUTRAL = "neutral"  # it says that it says nothing
    PASS = "pass"  # noqa: S105 (a result, and no password)
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"  # nobody could tell now
    PERMERROR = "permerror"  # what it says cannot be understood


@dataclass(frozen=True, slots=True)
class Sender:
    """Who brings a letter, and for whom."""

    ip: IpAddress
    helo: str
    mail_from: str  # an address; empty: a report, which nobody sends


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it, and why in plain words."""

    result: Result
    domain: str  # that was asked about
    identity: Literal["mailfrom", "helo"]
    why: str


async def check(asked: Sender, resolver: Resolver) -> Verdict:
    """Ask the domain of a letter's sender whether it lets this host send its letters; what goes wrong is a verdict too."""
    local, _, named = asked.mail_from.rpartition("@")
    identity: Literal["mailfrom", "helo"] = "mailfrom" if named else "helo"
    name = named or asked.helo
    try:
        domain = canonical_domain(name.removesuffix("."))
    except AddressError:
        domain = ""
    if "." not in domain or domain.startswith("["):
        why = f"{_plain(name)} is not the name of a domain, which could say who sends its letters"
        return Verdict(Result.NONE, _plain(name), identity, why)
    found = await spf_policy.find(Asked(asked.ip, domain, local or "postmaster", asked.helo), resolver)
    result = Result(found.result)
    why = _WORDS[result].format(domain=domain, ip=asked.ip, trouble=_plain(found.trouble))
    return Verdict(result, domain, identity, why)


#: What is said to the owner of a result.
_WORDS: Final[Mapping[Result, str]] = {
    Result.NONE: "{domain} does not say who may send its letters",
    Result.NEUTRAL: "{domain} leaves it open whether {ip} may send its letters",
    Result.PASS: "{domain} allows letters from {ip}",
    Result.FAIL: "{domain} does not allow letters from {ip}",
    Result.SOFTFAIL: "{domain} says that letters from {ip} are probably not its own",
    Result.TEMPERROR: "nobody could tell now whether {domain} allows letters from {ip}: {trouble}",
    Result.PERMERROR: "what {domain} says of who may send its letters cannot be understood: {trouble}",
}


def _plain(text: str) -> str:
    """Somebody else's words, made harmless: short, and printable ASCII."""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text[:WHY])
