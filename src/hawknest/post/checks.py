"""The looking over of a letter that a stranger brings: everything that is asked about it, while it comes and when it is there.

What the envelope tells is asked at once (the peer's name, lists of bad addresses, SPF); signatures are followed as the body comes, and
judged at its end, and last of all its author's domain is asked. What cannot be learnt in time is a finding too.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from hawknest.accounts.settings import Policies
from hawknest.dns import IpAddress, Resolver
from hawknest.trust import arc, dkim, dmarc, dnsbl, iprev, spf
from hawknest.trust.author import Author, author
from hawknest.trust.findings import Findings
from hawknest.trust.judgement import Judgement, judge

T = TypeVar("T")

TIME: Final = 30.0  # seconds until signatures and the author's domain must have been asked about


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who brings a letter, and from whom."""

    peer: IpAddress
    helo: str
    mail_from: str  # '' for the null sender


@dataclass(frozen=True, slots=True)
class Papers:
    """What the envelope tells."""

    iprev: iprev.Verdict
    spf: spf.Verdict
    listed: tuple[dnsbl.Listing, ...]
    vouched: tuple[dnsbl.Listing, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """The room where letters are looked over."""

    resolver: Resolver
    policies: Callable[[], Policies]
    clock: Callable[[], float]

    def begin(self, peer: str, helo: str, mail_from: str) -> "Examination | None":
        """Begin to look a letter over; None: the owner does not want it."""
        if not self.policies().check_senders:
            return None
        return Examination(self, Arrival(ipaddress.ip_address(peer), helo, mail_from))

    def judge(self, found: Findings) -> Judgement:
        """Say what ought to be done with a letter."""
        return judge(found, frozenset(self.policies().trusted_forwarders.lower().split()))


@dataclass(slots=True)
class Examination:
    """One letter that is looked over."""

    room: Checks
    arrival: Arrival
    _papers: asyncio.Task[Papers] = field(init=False)
    _author: Author = field(init=False)
    _dkim: dkim.Check = field(init=False)
    _arc: arc.Check = field(init=False)

    def __post_init__(self) -> None:
        """Ask what can be asked of the envelope."""
        self._papers = asyncio.create_task(self._ask(), name="papers")

    def opened(self, header: bytes) -> None:
        """Take the header section, as it came."""
        self._author = author(header)
        self._dkim = dkim.Check(header, self.room.clock())
        self._arc = arc.Check(header)

    def update(self, block: bytes) -> None:
        """Take more of the body."""
        self._dkim.update(block)
        self._arc.update(block)

    async def findings(self) -> Findings:
        """End the body, and say what was found out."""
        resolver = self.room.resolver
        papers = await self._papers
        late = dkim.Verdict(result=dkim.Result.TEMPERROR, why="its signatures could not be looked at in time")
        signatures = await _in_time(self._dkim.verdicts(resolver), [late])
        late_chain = arc.Verdict(result=arc.Result.TEMPERROR, why="its chain could not be looked at in time")
        return Findings(
            peer=self.arrival.peer,
            mail_from=self.arrival.mail_from,
            author=self._author,
            iprev=papers.iprev,
            spf=papers.spf,
            dkim=tuple(signatures),
            arc=await _in_time(self._arc.verdict(resolver), late_chain),
            dmarc=await self._stands_behind(papers.spf, signatures),
            listed=papers.listed,
            vouched=papers.vouched,
        )

    def cancel(self) -> None:
        """Ask no more: the letter does not come."""
        self._papers.cancel()

    async def _stands_behind(self, sent: spf.Verdict, signatures: list[dkim.Verdict]) -> dmarc.Verdict | None:
        """Ask whether the author's domain stands behind the letter."""
        domain = self._author.domain
        if not domain:
            return None
        late = dmarc.Verdict(
            result=dmarc.Result.TEMPERROR, domain=domain, why=f"{domain} did not answer in time"
        )
        check = dmarc.Check(self.room.resolver)
        holding = [one.domain for one in signatures if one.result is dkim.Result.PASS]
        passed = [sent.domain] if sent.result is spf.Result.PASS else []
        return await _in_time(check.verdict(domain, spf=passed, dkim=holding), late)

    async def _ask(self) -> Papers:
        """Ask what the envelope tells, all at the same time."""
        policies, resolver, arrival = self.room.policies(), self.room.resolver, self.arrival
        sender = spf.Sender(arrival.peer, arrival.helo, arrival.mail_from)
        name = iprev.check(arrival.peer, resolver)
        if not policies.blocklists and not policies.allowlists:
            return Papers(await name, await spf.check(sender, resolver), (), ())
        found, sent, listed, vouched = await asyncio.gather(
            name,
            spf.check(sender, resolver),
            dnsbl.look(arrival.peer, dnsbl.zones(policies.blocklists), resolver),
            dnsbl.look(arrival.peer, dnsbl.zones(policies.allowlists), resolver),
        )
        return Papers(found, sent, tuple(listed), tuple(vouched))


async def _in_time(asking: Awaitable[T], late: T) -> T:
    try:
        async with asyncio.timeout(TIME):
            return await asking
    except TimeoutError:
        return late
