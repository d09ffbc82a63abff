"""Smart hosts: which letters are handed to another server of the owner's choice instead of to the domain's own. RFC 5321 §2.3.10 calls it a relay.

    *              everything that no other route matches
    .example.org   the subdomains of example.org, at any depth
    example.org    this domain, or an address literal, alone

The most exact route wins, whatever the order in which they are listed; of equal ones the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hawknest.post.site import Login, Tls


@dataclass(frozen=True, slots=True)
class Route:
    """The server that takes the letters to what `match` names.

    `host` is a name or an IP address; `verify` asks for a certificate in the host's name. One for `failover` is taken only
    where the direct way is barred (`post.failover`).
    """

    match: str
    host: str
    port: int
    tls: Tls = Tls.MUST
    verify: bool = True
    login: Login | None = None
    failover: bool = False

    @property
    def lane(self) -> str:
        """The name of what all letters by this route have in common."""
        return f"{self.host}:{self.port}"


def route_for(routes: Sequence[Route], domain: str, *, failover: bool = False) -> Route | None:
    """The route that letters to a domain take, or None where they go by MX.

    Args:
        routes: in any order; what they match is in the one spelling of a domain.
        domain: a domain or address literal in its one spelling.
        failover: whether the route is asked for that is taken where letters cannot go straight.
    """
    matching = [route for route in routes if route.failover is failover and _matches(route.match, domain)]
    return max(matching, key=lambda route: _exactness(route.match), default=None)


def _matches(match: str, domain: str) -> bool:
    return match in {"*", domain} or (match.startswith(".") and domain.endswith(match))


def _exactness(match: str) -> tuple[bool, int]:
    """A whole domain before its parent's subdomains, a longer parent before a shorter, `*` last of all."""
    if match == "*":
        return False, 0
    return not match.startswith("."), len(match)
