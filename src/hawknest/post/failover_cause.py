"""What another server's no is about: the address that this server sends from, or this letter. A pure table. RFC 3463 §3.8.

A server that has our address on a list, misses its name in the reverse DNS, or takes nothing from networks like ours, says no to
whatever we bring: another way may help. What it says about a letter, its sender or its recipient is meant, and another way
would only be a way around it. The codes do not tell the two apart (5.7.1 is said of both), so the words are read, in three rounds:
those that can only mean the address, those that mean the letter, those that most likely mean the address. What is in none
of them is about the letter. Greylisting and "too many at once" are about neither: they pass by themselves.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from hawknest.post.outcome import Deferred, Delivered, Outcome


class Cause(StrEnum):
    """Why letters do not reach a destination from here."""

    BLOCKED = "blocked"  # it takes nothing from our address
    SILENT = "silent"  # none of its hosts can be connected to, again and again
    CLOSED = "closed"  # no destination at all can be connected to: our provider keeps port 25 shut


#: Enhanced codes, but for the class, that are said of an address alone.
_CODES: Final = re.compile(
    # 7.25: no name in the reverse DNS (RFC 7372 §3.3); Microsoft: 7.606-649 banned, 7.65x reputation, 7.508 limits, 7.513 lists
    r"\.7\.(?:25|60[6-9]|6[1-4][0-9]|65[0-9]|508|513)"
)
_ADDRESS: Final = re.compile(
    r"""client\ (?:host|ip|address)?\ ?\S{0,80}?\ ?(?:was\ |is\ )?blocked\ (?:using|by)
    | unusual\ rate\ of\ unsolicited\ mail\ originating\ from\ your\ ip
    | reputation\ of\ the\ sending\ ip | due\ to\ ip\ reputation | sending\ mta.s\ poor\ reputation
    | ip\ you're\ using\ to\ send\ mail\ is\ not\ authorized
    | banned\ sending\ ip | ip\ address\ (?:is\ )?black-?listed | part\ of\ their\ network\ is\ on\ our\ block\ ?list
    | \b(?:zen|pbl|sbl|xbl|css)\b.{0,60}spamhaus | spamhaus.{0,60}\b(?:zen|pbl|sbl|xbl|css)\b
    | spamhaus\.org/query/(?:ip|bl) | ipcheck\.proofpoint\.com | listed\ on\ cloudmark | dnsbl:\S*
    | \[?tss0[0-9]\]? | \[bl2[0-9]\] | ^ip=[0-9a-f.:]+\ .*\(bl\)
    | reverse\ (?:dns|hostname) | reverse-?dns | \b(?:r?dns\ )?ptr\b | missing\ ptr
    | ip\ name\ lookup\ failed | cannot\ find\ your\ hostname
    """,
    re.VERBOSE,
)
_LETTER: Final = re.compile(
    r"""gr[ea]y-?\ ?list | \[gl0[0-9]\] | too\ many
    | \bdmarc\b | \bspf\b | \bdkim\b | authenticat | alignment | sender\ id
    | \b(?:dbl|surbl|uribl|rhsbl)\b | \burls?\b | \blinks?\b | \bdomain\b | \bhelo\b | \behlo\b
    | \bsender\ address | \bfrom:?\ (?:address|header) | mail\ from | your\ (?:e-?mail\ )?address | sender\ (?:is\ )?(?:blocked|denied|rejected)
    | recipient | relay | user\b | mailbox | \baccount\b | \bquota\b | no\ such | not\ our\ customer
    | content | attachment | virus | malware | phish | \bube\b | \bspam\ (?:message|classification)|(?:as|like|is|be|-)\ spam\b
    | likely\ (?:unsolicited|suspicious) | rfc\ ?5?[23]22 | subject | header | message\ (?:blocked|rejected|has\ been|was|not\ accepted)
    """,
    re.VERBOSE,
)
_LIKELY: Final = re.compile(
    r"""client\ host\ rejected | client\ \[?[0-9a-f.:]+\]?\ (?:is\ )?(?:blocked|rejected|denied)
    | \b(?:host|server|ips?|ip\ address|network|mta|connections?)\b.{0,60}
      \b(?:block|black-?\ ?list|banned|denied|deny|not\ allowed|not\ accepted|refused|is\ in\ an?\ rbl|listed|reputation)
    | \b(?:blocked|blacklisted|banned|refused|denied|bad|poor|rejected)\b.{0,30}\b(?:ips?|ip\ address|host|network)\b
    | \b(?:rbl|dnsbl)\b | frequency\ limited | messages\ from\ \[?[0-9a-f.:]+\]?\ (?:temporarily\ deferred|weren't\ sent)
    """,
    re.VERBOSE,
)
#: The codes that lines begin with; line ends.
_FRAME: Final = re.compile(
    r"(?m)^[245][0-9]{2}(?:[ -]|$)(?:[245]\.[0-9]{1,3}\.[0-9]{1,3}\ )?|^[245]\.[0-9]{1,3}\.[0-9]{1,3} "
)
_REPLY: Final = re.compile(r"[45][0-9]{2}\b")
_SPACE: Final = re.compile(r"\s+")
_MAILBOX: Final = re.compile(r"\S+@\S+")  # whoever chose it, it says nothing
_LIMIT: Final = 1000  # characters that are read

#: What our own words begin with where a host could not be connected to.
UNREACHED: Final = "cannot connect"


def about_us(code: str, words: str) -> bool:
    """Tell whether a refusal is about the address that we send from.

    Args:
        code: the enhanced status code, or what we took for it.
        words: the reply as it came, with its code.
    """
    if not _REPLY.match(words):  # our own words
        return False
    text = _SPACE.sub(" ", _MAILBOX.sub("", _FRAME.sub("", words[:_LIMIT].lower()))).strip()
    if _CODES.fullmatch(code[1:]) or _ADDRESS.search(text):
        return True
    return not _LETTER.search(text) and bool(_LIKELY.search(text))


def blocked(outcome: Outcome) -> str:
    """Give the words with which a destination refused our address; '': it did not."""
    if isinstance(outcome, Delivered):
        return ""
    return next((words for code, words in _said(outcome) if about_us(code, words)), "")


def unreached(outcome: Outcome) -> bool:
    """Tell whether no host of the destination could be connected to."""
    return (
        isinstance(outcome, Deferred)
        and outcome.everyone
        and outcome.where is not None
        and all(words.startswith(UNREACHED) for _, words in _said(outcome))
    )


def _said(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """What counts of what was said: the answer, and where nobody could be talked to what each host said."""
    yield outcome.code, outcome.words
    if isinstance(outcome, Deferred) and outcome.everyone:
        for trouble in outcome.tried:
            yield "", trouble.words
