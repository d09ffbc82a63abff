"""What is done with a letter, seen what was found out about it: what its author's domain asks for, and no more than its owner allows.

The author's domain says what it wants done with letters that are not its own (DMARC); the owner of the domain that the letter is for
says how far that goes (`Strictness`). A letter is refused while its sender's server still listens, so that nobody's letter vanishes:
who is refused wrongly learns of it. RFC 9989 §5, RFC 7208 §8, RFC 8617 §7.2.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from hawknest.mail import authres
from hawknest.trust import arc, dmarc, spf
from hawknest.trust.author import Fault
from hawknest.trust.dmarc import Policy
from hawknest.trust.findings import Findings
from hawknest.trust.strictness import Wish

Code = tuple[int, int, int]

FORGED: Final = (5, 7, 26)  # RFC 7372 §3.3: several checks failed
LISTED: Final = (5, 7, 1)
NO_AUTHOR: Final = (5, 6, 0)
UNSURE: Final = (4, 7, 26)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What ought to be done with a letter, and why in plain words."""

    wish: Wish
    why: str = ""  # what speaks against it
    code: Code = FORGED
    excused: str = (
        ""  # what speaks for it all the same, as RFC 9990 names it: trusted_forwarder, local_policy
    )


def judge(found: Findings, trusted: Collection[str] = ()) -> Judgement:
    """Judge a letter; `trusted` are the domains of forwarders whose word is believed (ARC)."""
    if found.listed and not found.vouched:
        first = found.listed[0]
        return Judgement(Wish.REFUSE, first.why, LISTED)
    if (fault := found.author.fault) is not None:
        return Judgement(Wish.REFUSE if fault is Fault.SEVERAL_FIELDS else Wish.JUNK, str(fault), NO_AUTHOR)
    match found.dmarc:
        case dmarc.Verdict(result=dmarc.Result.FAIL):
            return _failed(found, found.dmarc, trusted)
        case dmarc.Verdict(result=dmarc.Result.NONE):
            return _unasked(found)
        case _:
            return Judgement(Wish.ACCEPT)


def _failed(found: Findings, failed: dmarc.Verdict, trusted: Collection[str]) -> Judgement:
    """A letter that its author's domain does not stand behind."""
    if failed.policy is Policy.NONE:
        return Judgement(Wish.ACCEPT, failed.why)
    if found.arc.result is arc.Result.PASS and found.arc.sealer in trusted and _had_passed(found.arc.results):
        return Judgement(Wish.ACCEPT, failed.why, excused="trusted_forwarder")
    if found.unsure:
        return Judgement(Wish.DEFER, f"{failed.why}; and not everything could be asked just now", UNSURE)
    return Judgement(Wish.REFUSE if failed.policy is Policy.REJECT else Wish.JUNK, failed.why)


def _unasked(found: Findings) -> Judgement:
    """A letter whose author's domain asks for nothing: then what the sender's says counts, unless the author signed it."""
    if found.spf.result is spf.Result.FAIL and found.author.domain not in found.signers:
        return Judgement(Wish.JUNK, found.spf.why)
    return Judgement(Wish.ACCEPT)


def _had_passed(results: bytes) -> bool:
    """Whether the forwarder had found that the author's domain stood behind the letter."""
    return any(method.name == "dmarc" and method.result == "pass" for method in authres.read(results))
