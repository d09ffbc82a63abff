"""DNS questions and answers as values, and the protocol that a resolver keeps. RFC 1035, RFC 2308, RFC 7505, RFC 6698, RFC 2782, RFC 8659.

A question is a name and a `Kind`; the kind knows the type of its records, so `await resolver.ask(name, MX)` is an
`Answer[Mx]` for the type checker too. Names are lower-case A-labels without a dot at the end; the root is the empty
text, as in a null MX.

An answer has at least one record. Everything else is an exception, and the first fork of the tree is the one that
matters to a letter: what is not there will not be there in an hour; what could not be learnt may be learnt then.

    DnsError
    ├── Nothing          the DNS says, with authority, that there is no such thing
    │   ├── NoSuchName   NXDOMAIN: neither the name nor anything below it exists (RFC 2308 §2.1, RFC 8020 §2)
    │   ├── NoData       the name exists, without records of this kind (RFC 2308 §2.2)
    │   └── NotAName     no name can be like that; it was not even asked (RFC 1035 §2.3.4)
    └── Unknown          nobody could tell; ask again later
        ├── ServerFailed SERVFAIL, also what a validating resolver says of a forged answer (RFC 4035 §5.5)
        ├── Refused      the resolver does not answer to us
        ├── NotInCharge  a server that was asked itself does not speak for the name
        ├── Malformed    the answer cannot be read
        ├── Truncated    too long for UDP, and TCP did not work (RFC 7766 §5)
        ├── Silent       no answer in time
        └── Unreachable  the resolver's machine or port is not there
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Generic, Protocol, TypeVar

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

IpAddress = IPv4Address | IPv6Address

NAME_LIMIT: Final = 253  # characters without the final dot: 255 octets on the wire, RFC 1035 §2.3.4
LABEL_LIMIT: Final = 63  # octets, RFC 1035 §2.3.4


@dataclass(frozen=True, slots=True)
class Kind(Generic[R_co]):
    """A type of record, by name and number (RFC 1035 §3.2.2), bound to the values its records are given as.

    Made as `Kind("A", 1)`, never as `Kind[…](…)`: Python 3.11 cannot note the parameter on a frozen value with slots.
    """

    name: str
    number: int

    def __str__(self) -> str:
        """The name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Mx:
    """A host that takes a domain's letters; the least preference is tried first. RFC 1035 §3.3.9.

    The host is empty in a null MX: the domain takes none at all (RFC 7505 §3).
    """

    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class Tlsa:
    """What a TLS server's certificate must match. RFC 6698 §2.1."""

    usage: int
    selector: int
    matching: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Srv:
    """Where a service of a domain is; the least priority is tried first. RFC 2782.

    The target is empty where the service is decidedly not offered.
    """

    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class Caa:
    """Which authority may make certificates for a domain. RFC 8659 §4.1."""

    flags: int
    tag: str  # lower case
    value: bytes


@dataclass(frozen=True, slots=True)
class Soa:
    """The head of a zone: RFC 1035 §3.3.13. Times in seconds."""

    primary: str
    mailbox: str  # as a name
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int


@dataclass(frozen=True, slots=True)
class Ds:
    """What a zone's key is known by in the zone above: RFC 4034 §5.1."""

    tag: int
    algorithm: int
    digest_type: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Dnskey:
    """A key that a zone is signed with: RFC 4034 §2.1."""

    flags: int
    protocol: int
    algorithm: int
    key: bytes


A: Final[Kind[IPv4Address]] = Kind("A", 1)
AAAA: Final[Kind[IPv6Address]] = Kind("AAAA", 28)  # RFC 3596 §2.1
CNAME: Final[Kind[str]] = Kind("CNAME", 5)
MX: Final[Kind[Mx]] = Kind("MX", 15)
PTR: Final[Kind[str]] = Kind("PTR", 12)
NS: Final[Kind[str]] = Kind("NS", 2)
SOA: Final[Kind[Soa]] = Kind("SOA", 6)
SRV: Final[Kind[Srv]] = Kind("SRV", 33)
CAA: Final[Kind[Caa]] = Kind("CAA", 257)
DS: Final[Kind[Ds]] = Kind("DS", 43)
DNSKEY: Final[Kind[Dnskey]] = Kind("DNSKEY", 48)
TLSA: Final[Kind[Tlsa]] = Kind("TLSA", 52)
#: The strings of a record are joined, as RFC 7208 §3.3 and RFC 6376 §3.6.2.2 want it.
TXT: Final[Kind[bytes]] = Kind("TXT", 16)

KINDS: Final = (A, AAAA, CAA, CNAME, DNSKEY, DS, MX, NS, PTR, SOA, SRV, TLSA, TXT)


@dataclass(frozen=True, slots=True)
class Answer(Generic[R_co]):
    """What the DNS says: one record or more, in the order in which they came."""

    records: tuple[R_co, ...]
    #: The name that has the records: the one asked for, or where its CNAMEs lead.
    name: str
    #: Seconds for which the answer held when it came.
    ttl: int
    #: DNSSEC vouches for it: AD from a resolver whose word can be believed (RFC 4035 §4.9.3, RFC 6698 §A.3).
    authenticated: bool = False
    #: Who answered, `address` or `address:port`.
    resolver: str = ""


class DnsError(Exception):
    """There is no answer; the subclass says why, `str()` says it in plain words."""

    words = "The DNS has no answer about {kind} of {name}."

    def __init__(self, name: str, kind: str, resolver: str = "", detail: str = "") -> None:
        """Keep what was asked (`name`, `kind`), of whom, and what else there is to say."""
        super().__init__(name, kind, resolver, detail)
        self.name = name
        self.kind = kind
        self.resolver = resolver
        self.detail = detail

    def __str__(self) -> str:
        """One sentence for the owner; `detail` follows in brackets."""
        said = self.words.format(name=self.name, kind=self.kind, resolver=self.resolver or "the resolver")
        return f"{said} ({self.detail})" if self.detail else said


class Nothing(DnsError):
    """There is no such thing, and asking again will not change that."""


class NoSuchName(Nothing):
    """NXDOMAIN."""

    words = "The name {name} does not exist."


class NoData(Nothing):
    """The name exists and has no such records."""

    words = "The name {name} exists, but has no {kind} record."


class NotAName(Nothing):
    """The text cannot be a name."""

    words = "{name} cannot be the name of anything."


class Unknown(DnsError):
    """Nobody could tell now."""


class ServerFailed(Unknown):
    """SERVFAIL, or another failure that the resolver owned up to."""

    words = "{resolver} could not find out about {kind} of {name}."


class Refused(Unknown):
    """REFUSED."""

    words = "{resolver} refuses to answer this machine; it was asked for {kind} of {name}."


class NotInCharge(Unknown):
    """A server that was asked itself, and knows of others at the most."""

    words = "{resolver} does not speak for {name}; it was asked for {kind}."


class Malformed(Unknown):
    """The answer is no DNS message, or contradicts itself."""

    words = "{resolver} sent an answer about {kind} of {name} that cannot be read."


class Truncated(Unknown):
    """The answer did not fit into UDP, and TCP failed."""

    words = "The answer about {kind} of {name} is too long for UDP, and {resolver} did not give it over TCP."


class Silent(Unknown):
    """No answer came in time."""

    words = "{resolver} did not answer in time when asked for {kind} of {name}."


class Unreachable(Unknown):
    """There is nothing where the resolver should be."""

    words = "{resolver} cannot be reached; it was to be asked for {kind} of {name}."


class Resolver(Protocol):
    """Whoever can answer questions about names."""

    def ask(self, name: str, kind: Kind[R]) -> Awaitable[Answer[R]]:
        """Ask for the records of a kind that a name has; CNAMEs are followed.

        Args:
            name: A-labels, any case, with or without a dot at the end; never completed with a search domain.
            kind: which records.

        Raises:
            Nothing: there are none.
            Unknown: nobody could tell now.
        """
        ...


async def records(resolver: Resolver, name: str, kind: Kind[R]) -> tuple[R, ...]:
    """The records alone, none where there is nothing.

    Raises:
        Unknown: nobody could tell now.
    """
    try:
        return (await resolver.ask(name, kind)).records
    except Nothing:
        return ()


def canonical_name(name: str) -> str | None:
    """The one spelling of a name, or None when nothing can have it: RFC 1035 §2.3.4.

    Any octet may stand in a label (RFC 2181 §11), so this is about lengths, not about what host names look like.

    Args:
        name: ASCII, with or without a dot at the end.
    """
    found = name.removesuffix(".").lower()
    if not found:
        return None
    if len(found) > NAME_LIMIT or not found.isascii() or not found.isprintable() or "\\" in found:
        return None
    if not all(0 < len(label) <= LABEL_LIMIT for label in found.split(".")):
        return None
    return found


def reverse_name(address: IpAddress) -> str:
    """The name whose PTR record names an address: RFC 1035 §3.5, RFC 3596 §2.5."""
    return address.reverse_pointer
