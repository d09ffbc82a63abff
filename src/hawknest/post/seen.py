"""What was seen of a stranger's letter, and what follows from it here: refused, among the junk, or let in; in its journey, and in reports.

Each recipient's domain says how far it goes. A letter is refused only where all of them would refuse it, for a server gets one answer;
else those who would have refused find it among their junk.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hawknest.post.route import Route
from hawknest.store.dmarc_rows import DkimResult, DmarcRow, SpfResult
from hawknest.store.journey import Step
from hawknest.trust import arc, dkim, dmarc
from hawknest.trust.findings import Findings
from hawknest.trust.judgement import Judgement
from hawknest.trust.strictness import Strictness, Wish
from hawknest.wire.smtp.reply import Reply

WORDS: Final = 300  # characters of a reply


@dataclass(frozen=True, slots=True)
class Seen:
    """A letter that was looked over."""

    findings: Findings
    judgement: Judgement
    done: Wish  # with the letter as a whole; JUNK where some or all find it there
    junk: frozenset[int]  # accounts that find it among their junk
    at: float  # seconds since the epoch

    @property
    def refused(self) -> bool:
        """Whether the letter is not let in, now or ever."""
        return self.done in {Wish.REFUSE, Wish.DEFER}

    def reply(self, letter_id: str) -> Reply:
        """Say why it is not let in; the id leads our owner to everything else."""
        words = self.judgement.why[:WORDS].encode("ascii", "replace").decode()
        if self.done is Wish.DEFER:
            return Reply(451, (4, *self.judgement.code[1:]), f"Not taken now: {words} ({letter_id})")
        return Reply(550, self.judgement.code, f"Not taken: {words} ({letter_id})")

    def steps(self) -> list[Step]:
        """What the journey tells of it."""
        detail = {name: value for name, value in _told(self.findings) if value}
        detail["verdict"] = str(self.done)
        if self.judgement.why:
            detail["because"] = self.judgement.why
        if self.judgement.excused:
            detail["excused"] = self.judgement.excused
        return [Step(self.at, "checked", "", detail)]

    def row(self) -> DmarcRow | None:
        """What the author's domain is told of it in a report, where it wants one."""
        found = self.findings.dmarc
        if found is None or found.published is None or not found.published.reports:
            return None
        sent = self.findings.spf
        return DmarcRow(
            at=self.at,
            policy_domain=found.record,
            policy=found.published.told(),
            source=str(self.findings.peer),
            header_from=found.domain,
            envelope_from=self.findings.mail_from.rpartition("@")[2],
            disposition=self._disposition(found),
            dkim=found.by_dkim,
            spf=found.by_spf,
            dkim_results=tuple(
                DkimResult(one.domain, one.selector, str(one.result))
                for one in self.findings.dkim
                if one.domain
            ),
            spf_result=SpfResult(sent.domain, str(sent.result)),
            reason=self._reason(found),
            comment=self.judgement.why if self.judgement.excused else "",
        )

    def _disposition(self, found: dmarc.Verdict) -> str:
        if found.result is dmarc.Result.PASS:
            return "pass"
        return {Wish.REFUSE: "reject", Wish.DEFER: "reject", Wish.JUNK: "quarantine"}.get(self.done, "none")

    def _reason(self, found: dmarc.Verdict) -> str:
        """Say why we did otherwise than the domain asked."""
        if self.judgement.excused:
            return self.judgement.excused
        asked = {dmarc.Policy.REJECT: "reject", dmarc.Policy.QUARANTINE: "quarantine"}.get(
            found.policy, "none"
        )
        if found.result is dmarc.Result.FAIL and asked != self._disposition(found):
            return "local_policy"
        return ""


def see(
    found: Findings,
    judgement: Judgement,
    routes: Sequence[Route],
    strictness: Mapping[str, Strictness],
    at: float,
) -> Seen:
    """Say what follows from a judgement for the recipients of a letter; `at` is in seconds since the epoch."""
    wishes = [
        strictness.get(route.recipient.address.domain, Strictness.REFUSE).allows(judgement.wish)
        for route in routes
    ]
    if all(wish is Wish.REFUSE for wish in wishes):
        return Seen(found, judgement, Wish.REFUSE, frozenset(), at)
    if all(wish in {Wish.REFUSE, Wish.DEFER} for wish in wishes):
        return Seen(found, judgement, Wish.DEFER, frozenset(), at)
    welcome = _accounts(routes, wishes, accepted=True)
    junk = _accounts(routes, wishes, accepted=False) - welcome
    return Seen(found, judgement, Wish.JUNK if junk else Wish.ACCEPT, junk, at)


def _accounts(routes: Sequence[Route], wishes: Sequence[Wish], *, accepted: bool) -> frozenset[int]:
    return frozenset(
        account.account_id
        for route, wish in zip(routes, wishes, strict=True)
        if (wish is Wish.ACCEPT) is accepted
        for account in route.accounts
    )


def _told(found: Findings) -> Iterator[tuple[str, Any]]:
    """The findings as the journey keeps them: results and names, to be worded where they are shown."""
    yield "author", found.author.domain
    yield "iprev", {"result": str(found.iprev.result), "name": found.iprev.name}
    yield "spf", {"result": str(found.spf.result), "domain": found.spf.domain}
    yield (
        "dkim",
        [
            {"result": str(one.result), "domain": one.domain, "selector": one.selector}
            | ({"why": one.why} if one.result is not dkim.Result.PASS else {})
            for one in found.dkim
        ],
    )
    if found.arc.result is not arc.Result.NONE:
        yield "arc", {"result": str(found.arc.result), "domain": found.arc.sealer, "why": found.arc.why}
    if found.dmarc is not None:
        yield (
            "dmarc",
            {
                "result": str(found.dmarc.result),
                "domain": found.dmarc.domain,
                "policy": str(found.dmarc.policy) if found.dmarc.result is dmarc.Result.FAIL else "",
            },
        )
    yield "listed", [one.zone for one in found.listed]
    yield "vouched", [one.zone for one in found.vouched]
