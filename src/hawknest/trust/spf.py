"""Whether a domain lets a host send its letters. RFC 7208.

The domain asked about is that of MAIL FROM; where a letter has no sender, as a report has not, it is the name in HELO (RFC 7208 §2.4).
What the record says is worked out by spftrace, which passes the working group's suite; here are its questions to our resolver, what
it may cost, and the words for the owner.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, cast

from spftrace import BaseResolver, DnsError, Evaluator, Limits, SpfPermError

from hawknest.dns import (
    AAAA,
    MX,
    PTR,
    TXT,
    A,
    IpAddress,
    Kind,
    Mx,
    NoSuchName,
    NotAName,
    Nothing,
    Resolver,
    Unknown,
)
from hawknest.mail.domain import AddressError, canonical_domain

TIME: Final = 20.0  # seconds for all (RFC 7208 §4.6.4)
QUESTIONS: Final = 75  # to the DNS, for all
RECORD: Final = 4096  # octets of a record; RFC 7208 §3.4 asks for 450
ADDRESSES: Final = 100  # of a name that are looked at
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
    host: str  # our name


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
    result, reason = await _evaluated(asked, f"{local or 'postmaster'}@{domain}", resolver)
    return Verdict(result, domain, identity, _WORDS[result].format(domain=domain, ip=asked.ip, reason=reason))


async def _evaluated(asked: Sender, sender: str, resolver: Resolver) -> tuple[Result, str]:
    """Work out what the record says; and what is wrong with it where something is."""
    questions = _Questions(resolver)
    evaluator = Evaluator(questions, Limits(max_queries=QUESTIONS, time_limit=TIME), receiver=asked.host)
    try:
        async with asyncio.timeout(TIME):
            found = await evaluator.evaluate(str(asked.ip), sender, asked.helo)
    except TimeoutError:
        return Result.TEMPERROR, "it took too long to find out"
    except (
        ValueError,
        RecursionError,
    ) as error:  # the library does not expect numbers of thousands of digits
        return Result.PERMERROR, type(error).__name__
    result = Result(found.result)
    if result is Result.TEMPERROR and questions.failure is not None:
        return result, str(questions.failure)
    ends = [event.data for event in found.trace.events if event.kind == "exit"]
    return result, _plain(str(ends[-1].get("reason", ""))) if ends else ""


#: What is said to the owner of a result.
_WORDS: Final[Mapping[Result, str]] = {
    Result.NONE: "{domain} does not say who may send its letters",
    Result.NEUTRAL: "{domain} leaves it open whether {ip} may send its letters",
    Result.PASS: "{domain} allows letters from {ip}",
    Result.FAIL: "{domain} does not allow letters from {ip}",
    Result.SOFTFAIL: "{domain} says that letters from {ip} are probably not its own",
    Result.TEMPERROR: "nobody could tell now whether {domain} allows letters from {ip}: {reason}",
    Result.PERMERROR: "what {domain} says of who may send its letters cannot be understood: {reason}",
}


def _plain(text: str) -> str:
    """Somebody else's words, made harmless: short, and printable ASCII."""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text[:WHY])


#: The kinds of records that a policy can ask for, and the texts that spftrace wants of them.
_KINDS: Final[Mapping[str, tuple[Kind[Any], Callable[[Any], str]]]] = {
    "A": (A, str),
    "AAAA": (AAAA, str),
    "MX": (MX, lambda record: cast("Mx", record).host),
    "PTR": (PTR, str),
    "TXT": (TXT, lambda text: cast("bytes", text).decode("ascii", "replace")),
}


class _Questions(BaseResolver):
    """The questions of one evaluation, asked of our resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self.failure: Unknown | None = None

    async def _lookup(self, name: str, rtype: str) -> tuple[str, list[str]]:
        kind, text = _KINDS[rtype]
        try:
            answer = await self._resolver.ask(name, kind)
        except (NoSuchName, NotAName):
            return "NXDOMAIN", []
        except Nothing:
            return "NOERROR", []
        except Unknown as failure:
            self.failure = failure
            raise DnsError(str(failure)) from None
        if kind is TXT:
            return "NOERROR", _texts(answer.records, text)
        return "NOERROR", [text(record) for record in answer.records[:ADDRESSES]]


def _texts(records: Sequence[bytes], text: Callable[[Any], str]) -> list[str]:
    """Those of a name's texts that could be records or explanations, none of which is long."""
    for record in records:
        if len(record) > RECORD and record[:6].lower() == b"v=spf1":
            raise SpfPermError(f"it is longer than {RECORD} characters")
    return [text(record) for record in records[:ADDRESSES]]
