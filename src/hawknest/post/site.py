"""Where letters for a destination are taken: hosts in the order in which they are tried, and on what terms.

`post.remote` knows no DNS and no configuration; whoever finds the sites (from MX records, or a smart host of the
configuration) answers with these values.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from hawknest.post.outcome import Deferred, Failed
from hawknest.post.protection import Demand


class Tls(Enum):
    """What a letter needs of the connection."""

    NEVER = auto()  # a server on this machine, or one whose TLS is known to be broken
    MAY = auto()  # used where it is offered, with whatever certificate (RFC 7435); else in the clear
    MUST = auto()  # never without
    FIRST = auto()  # from the first octet (RFC 8314 §3.3)


@dataclass(frozen=True, slots=True)
class Login:
    """A name and password for a smart host."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """One address of one host."""

    host: str  # its name; '' where an address literal named it
    address: str
    port: int
    demand: Demand | None = None  # what the destination's own words ask of the connection; None: nothing
    vouched: bool = (
        False  # that the destination names this host is not the plain DNS's word alone (RFC 8689 §4.2.1)
    )


@dataclass(frozen=True, slots=True)
class Site:
    """The hosts of a destination."""

    targets: tuple[Target, ...]
    tls: Tls = Tls.MAY
    verify: bool = False  # the certificate must be the host's
    login: Login | None = None
    lmtp: bool = False
    domain: str = ""  # whose hosts they are, for TLS reports; '': a smart host, of which none is made


class Sites(Protocol):
    """Finds the site of a destination."""

    def lane(self, destination: str) -> str:
        """Name what a destination has in common with others that go the same way: its smart host, else itself."""
        ...

    def find(self, destination: str) -> Awaitable[Site | Deferred | Failed]:
        """Find the site of a domain or address literal, or say why letters cannot go there, now or ever."""
        ...
