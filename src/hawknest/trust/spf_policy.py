"""What a domain's policy says of a host: worked out by spftrace, and remembered for as long as the DNS says the same. RFC 7208 §4.

To work a policy out costs up to half a millisecond, and most letters come from hosts that came before. What came of a policy depends
on nothing but the host, the domain and the answers of the DNS, unless it has a macro that stands for the sender or for HELO. So the
answers are kept with what came of them: when they are the same again, so is it. They are asked for each time, which the resolver's
own cache makes cheap; nothing is believed for longer than the DNS allows.

What a stranger writes into his zone costs no more than is allowed here, in questions, in time, and in octets.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from spftrace import BaseResolver, DnsError, Evaluator, Limits, SpfPermError

from hawknest.dns import AAAA, MX, PTR, TXT, A, IpAddress, Kind, Mx, Resolver, Unknown, records

TIME: Final = 20.0  # seconds for all (RFC 7208 §4.6.4)
QUESTIONS: Final = (
    75  # to the DNS, for all; the library counts its ten terms and two void ones (RFC 7208 §4.6.4) itself
)
RECORD: Final = 4096  # octets of a record; RFC 7208 §3.4 asks for 450
ADDRESSES: Final = 100  # of a name that are looked at
REMEMBERED: Final = 4096  # policies with a host

_PERSONAL: Final = re.compile(rb"%\{[slh]", re.IGNORECASE)  # sender, local part, HELO: RFC 7208 §7.2


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of check_host() (RFC 7208 §4.1), with what its macros need."""

    ip: IpAddress
    domain: str
    local: str
    helo: str


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a policy, in the words of RFC 7208 §2.6; and what is wrong, where something is."""

    result: str
    trouble: str = ""


Answered = tuple[str, Kind[Any], tuple[Any, ...]]  # a question, and its answer

_remembered: OrderedDict[tuple[IpAddress, str], tuple[Found, tuple[Answered, ...]]] = OrderedDict()


async def find(asked: Asked, resolver: Resolver) -> Found:
    """Work out what a policy says of a host, or remember it."""
    key = asked.ip, asked.domain
    try:
        async with asyncio.timeout(TIME):
            known = _remembered.get(key)
            if known is not None and await _still(known[1], resolver):
                _remembered.move_to_end(key)
                return known[0]
            questions = _Questions(resolver)
            found = await _evaluated(asked, questions)
    except TimeoutError:
        return Found("temperror", "it took too long to find out")
    if questions.general and found.result != "temperror":
        _remembered[key] = found, tuple(questions.answered)
        _remembered.move_to_end(key)
        if len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return found


async def _still(answered: tuple[Answered, ...], resolver: Resolver) -> bool:
    """Tell whether the DNS answers as it did."""
    try:
        for name, kind, answer in answered:
            if await records(resolver, name, kind) != answer:
                return False
    except Unknown:
        return False
    return True


async def _evaluated(asked: Asked, questions: "_Questions") -> Found:
    evaluator = _Evaluator(questions, Limits(max_queries=QUESTIONS, time_limit=TIME))
    try:
        done = await evaluator.evaluate(str(asked.ip), f"{asked.local}@{asked.domain}", asked.helo)
    except (ValueError, RecursionError) as error:  # such as a number of thousands of digits
        return Found("permerror", type(error).__name__)
    if questions.failure is not None and done.result == "temperror":
        return Found(done.result, str(questions.failure))
    ends = [event.data for event in done.trace.events if event.kind == "exit"]
    return Found(done.result, str(ends[-1].get("reason", "")) if ends else "")


class _Evaluator(Evaluator):
    """The library's, which asks for no explanation: it would be a stranger's words, and a question more."""

    async def _explanation(self, *_: object, **__: object) -> None:
        return None


#: The kinds of records that a policy can ask for, and the texts that the library wants of them.
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
        self.answered: list[Answered] = []
        self.general = True  # what comes of it holds for every sender of the domain
        self.failure: Unknown | None = None

    async def _lookup(self, name: str, rtype: str) -> tuple[str, list[str]]:
        kind, text = _KINDS[rtype]
        try:
            found = await records(self._resolver, name, kind)
        except Unknown as failure:
            self.failure = failure
            self.general = (
                False  # what ptr makes of it is no error (RFC 7208 §5.5), and may be otherwise soon
            )
            raise DnsError(str(failure)) from None
        self.answered.append((name, kind, found))
        if kind is TXT:
            self._look_at(found)
        return "NOERROR", [text(record) for record in found[:ADDRESSES]]

    def _look_at(self, texts: tuple[bytes, ...]) -> None:
        for policy in texts:
            if policy[:6].lower() != b"v=spf1":
                continue
            if len(policy) > RECORD:
                raise SpfPermError(f"it is longer than {RECORD} characters")
            if _PERSONAL.search(policy):
                self.general = False
