"""The table of lines: each with what it is for, how much depends on it, who looks, and how often."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from hawknest.post.coach import believed, names, programs, protected, reachable, real
from hawknest.post.coach.desk import Desk
from hawknest.post.coach.situation import Situation
from hawknest.post.coach.values import Group, Outcome, Weight


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from one look to the next: while something is to be done, and when all is well."""

    busy: float
    calm: float


NAMES: Final = Pace(3, 30)
#: Where others have to be bothered.
SITES: Final = Pace(10, 120)
GREETING: Final = Pace(60, 1800)
LISTS: Final = Pace(300, 1800)


@dataclass(frozen=True, slots=True)
class Line:
    """A line; `after` are those that it builds on."""

    key: str
    group: Group
    weight: Weight
    look: Callable[[Desk], Awaitable[Outcome]]
    pace: Pace = NAMES
    after: tuple[str, ...] = ()
    directly: bool = False  # it matters little where a smart host sends our letters
    asked_for: bool = False  # only there where the owner has named an echo

    def weighs(self, situation: Situation) -> Weight:
        """How much depends on it here."""
        return Weight.EXTRA if self.directly and situation.smart_host else self.weight


LINES: Final[tuple[Line, ...]] = (
    Line("host", Group.FOUND, Weight.NEEDED, names.host),
    Line("mx", Group.FOUND, Weight.NEEDED, names.mx, after=("host",)),
    Line("reverse", Group.FOUND, Weight.NEEDED, names.reverse, after=("host",), directly=True),
    Line("srv", Group.FOUND, Weight.EXTRA, programs.services),
    Line("autoconfig", Group.FOUND, Weight.EXTRA, programs.sites, after=("host",)),
    Line("spf", Group.BELIEVED, Weight.NEEDED, believed.sender_policy, after=("host",)),
    Line("dkim", Group.BELIEVED, Weight.NEEDED, believed.keys),
    Line("dmarc", Group.BELIEVED, Weight.NEEDED, believed.author_policy),
    Line("address", Group.BELIEVED, Weight.WISE, reachable.kind_of_address, after=("host",), directly=True),
    Line("lists", Group.BELIEVED, Weight.WISE, reachable.blocklists, LISTS, after=("host",), directly=True),
    Line("certificate", Group.PROTECTED, Weight.NEEDED, protected.certificate, Pace(5, 60)),
    Line("mta-sts", Group.PROTECTED, Weight.WISE, protected.mta_sts, SITES),
    Line("tlsrpt", Group.PROTECTED, Weight.WISE, protected.tls_reports),
    Line("caa", Group.PROTECTED, Weight.EXTRA, protected.issuers),
    Line("dnssec", Group.PROTECTED, Weight.EXTRA, protected.signed_zone, SITES),
    Line("tlsa", Group.PROTECTED, Weight.EXTRA, protected.pinned, after=("dnssec",)),
    Line("ports", Group.REACHABLE, Weight.NEEDED, reachable.ports, SITES, after=("host",)),
    Line("outbound", Group.REACHABLE, Weight.NEEDED, reachable.outbound, GREETING),
    Line("echo", Group.REACHABLE, Weight.WISE, real.letter, asked_for=True),
    Line("clock", Group.REACHABLE, Weight.WISE, reachable.clock, GREETING),
)
