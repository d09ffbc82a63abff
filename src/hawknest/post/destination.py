"""Where a letter to a domain goes: the hosts of its MX records, in the order in which they are tried. RFC 5321 §5.1, RFC 7505.

The DNS of others is not taken at its word. Hosts that could only be a mistake or a trap (an IP address as a name, a
loopback address) are left out; if we are in the list ourselves, everything that is not better than us is left out too, since
a letter handed down the list would come back. What is left decides: hosts to try, or why there are none, for now or for ever.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from itertools import chain
from random import SystemRandom
from typing import Any, ClassVar, Final

from hawknest.dns import AAAA, MX, A, IpAddress, Kind, Mx, NoData, Nothing, Resolver, Unknown
from hawknest.post.destination_address import Family, Shuffle, in_turn, is_numeric, is_possible, read_address

__all__ = [
    "Destination",
    "Family",
    "Host",
    "Hosts",
    "LeadsToUs",
    "NoSuchDomain",
    "NullMx",
    "Settings",
    "Shuffle",
    "TryLater",
    "Unusable",
    "addresses_of",
    "find",
]

HOSTS: Final = 10  # of a domain that are looked up: the best; RFC 5321 §5.1 lets us limit them
ADDRESSES: Final = 3  # of a host that are tried; RFC 5321 §5.1 asks for at least two


@dataclass(frozen=True, slots=True)
class Settings:
    """What is ours, and how hosts are chosen.

    `names` and `addresses` are those that other servers know us by; `port` the one that other servers listen on; `loopback`
    permits hosts on loopback and other addresses that lead nowhere on the Internet, for a laboratory.
    """

    names: frozenset[str] = frozenset()
    addresses: frozenset[IpAddress] = frozenset()
    port: int = 25
    family: Family = Family.IPV4_FIRST
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """A host that takes the letters; its addresses in the order in which they are tried."""

    name: str  # '' where an address literal named it
    addresses: tuple[IpAddress, ...]
    port: int
    preference: int = 0
    authenticated: bool = False  # DNSSEC vouches for the addresses, as DANE requires: RFC 7672 §2.2.2
    canonical: str = ""  # where its aliases (CNAME) lead


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts to try, the best first."""

    hosts: tuple[Host, ...]
    authenticated: bool = False  # DNSSEC vouches for the list: RFC 7672 §2.2.1


@dataclass(frozen=True, slots=True)
class NoSuchDomain:
    """The domain does not exist, or has neither MX nor address records."""

    words: str
    code: ClassVar[str] = "5.1.2"


@dataclass(frozen=True, slots=True)
class NullMx:
    """The domain says that it takes no letters: RFC 7505 §3."""

    words: str
    code: ClassVar[str] = "5.1.10"


@dataclass(frozen=True, slots=True)
class LeadsToUs:
    """The domain's letters are to come to us, and we do not take them: RFC 5321 §5.1."""

    words: str
    code: ClassVar[str] = "5.4.6"


@dataclass(frozen=True, slots=True)
class Unusable:
    """The domain names hosts, and none of them can be one."""

    words: str
    code: ClassVar[str] = "5.4.4"


@dataclass(frozen=True, slots=True)
class TryLater:
    """The DNS could not tell now."""

    words: str
    code: ClassVar[str] = "4.4.3"


Destination = Hosts | NoSuchDomain | NullMx | LeadsToUs | Unusable | TryLater


@dataclass(frozen=True, slots=True)
class _Found:
    """What the DNS says of one host: every address, ours and nonsense too."""

    name: str
    canonical: str
    preference: int
    addresses: tuple[IpAddress, ...]
    authenticated: bool
    unknown: str  # why some of them could not be learnt; '': they could


async def find(
    domain: str, resolver: Resolver, settings: Settings, shuffle: Shuffle | None = None
) -> Destination:
    """Find the hosts that take letters for a domain.

    Args:
        domain: a domain or address literal in its one spelling (`hawknest.mail.domain`).
        resolver: whom to ask.
        settings: what is ours, and how to choose.
        shuffle: puts hosts of equal preference, and addresses, into random order (RFC 5321 §5.1).
    """
    if domain.startswith("["):
        return _literal(domain, settings)
    shuffle = shuffle or SystemRandom().shuffle
    try:
        answer = await resolver.ask(domain, MX)
    except NoData:
        return await _implicit(domain, resolver, settings, shuffle)
    except Nothing as error:
        return NoSuchDomain(str(error))
    except Unknown as error:
        return TryLater(str(error))
    match answer.records:
        case (Mx(host=""),):
            return NullMx(f"The domain {domain} takes no mail (it has a null MX record).")
        case records:
            found = await _look_up(_candidates(records, shuffle), resolver, settings)
            return _choose(domain, found, settings, shuffle, authenticated=answer.authenticated)


async def addresses_of(
    name: str, resolver: Resolver, settings: Settings, shuffle: Shuffle | None = None
) -> Host | TryLater:
    """Find the addresses of a host that the owner named: a smart host. It may be anywhere, on loopback too.

    That it is not found is never held against the letter: a name is easily mistyped, and then corrected.

    Args:
        name: a host name, or an IP address with or without brackets.
        resolver: whom to ask.
        settings: how to choose; the port is that of the settings too.
        shuffle: puts addresses into random order.
    """
    if address := read_address(name):
        return Host("", (address,), settings.port)
    (found,) = await _look_up([Mx(0, name.lower().removesuffix("."))], resolver, settings)
    if not found.addresses:
        return TryLater(found.unknown or f"The smart host {name} has no address: is its name right?")
    ordered = tuple(in_turn(found.addresses, settings.family, shuffle or SystemRandom().shuffle)[:ADDRESSES])
    return Host(found.name, ordered, settings.port, 0, found.authenticated)


def _literal(domain: str, settings: Settings) -> Destination:
    """An address literal names the host itself: RFC 5321 §4.1.3."""
    address = read_address(domain)
    if address is None:
        return NoSuchDomain(f"{domain} is not an IP address in brackets.")
    if address in settings.addresses:
        return LeadsToUs(f"{domain} is this server, which takes no mail for that address.")
    if not settings.loopback and not is_possible(address):
        return Unusable(f"{domain} is no address on the Internet.")
    return Hosts((Host("", (address,), settings.port),))


async def _implicit(domain: str, resolver: Resolver, settings: Settings, shuffle: Shuffle) -> Destination:
    """A domain without MX records is its own host: RFC 5321 §5.1."""
    (found,) = await _look_up([Mx(0, domain)], resolver, settings)
    if not found.addresses and not found.unknown:
        return NoSuchDomain(f"The domain {domain} has neither a mail server (MX) nor an address (A, AAAA).")
    return _choose(domain, [found], settings, shuffle, authenticated=found.authenticated)


def _candidates(records: Sequence[Mx], shuffle: Shuffle) -> list[Mx]:
    """The hosts worth looking up, the best first; a null MX beside others is a mistake (RFC 7505 §3)."""
    shuffled = list(records)
    shuffle(shuffled)
    shuffled.sort(key=lambda mx: mx.preference)
    best: dict[str, Mx] = {}
    for mx in shuffled:
        if mx.host and not is_numeric(mx.host):
            best.setdefault(mx.host, mx)
    return list(best.values())[:HOSTS]


async def _look_up(candidates: Sequence[Mx], resolver: Resolver, settings: Settings) -> list[_Found]:
    """Learn the addresses of all hosts at once."""
    return list(await asyncio.gather(*(_look_up_one(mx, resolver, settings.family) for mx in candidates)))


async def _look_up_one(mx: Mx, resolver: Resolver, family: Family) -> _Found:
    asking: list[Awaitable[_Found]] = []
    if family is not Family.IPV6_ONLY:
        asking.append(_ask(mx, resolver, A))
    if family is not Family.IPV4_ONLY:
        asking.append(_ask(mx, resolver, AAAA))
    parts = await asyncio.gather(*asking)
    with_addresses = [part for part in parts if part.addresses]
    return _Found(
        mx.host,
        with_addresses[0].canonical if with_addresses else mx.host,
        mx.preference,
        tuple(chain.from_iterable(part.addresses for part in parts)),
        bool(with_addresses) and all(part.authenticated for part in with_addresses),
        next((part.unknown for part in parts if part.unknown), ""),
    )


async def _ask(mx: Mx, resolver: Resolver, kind: Kind[Any]) -> _Found:
    """Ask for the addresses of one kind."""
    try:
        answer = await resolver.ask(mx.host, kind)
    except Nothing:
        return _Found(mx.host, mx.host, mx.preference, (), authenticated=False, unknown="")
    except Unknown as error:
        return _Found(mx.host, mx.host, mx.preference, (), authenticated=False, unknown=str(error))
    return _Found(mx.host, answer.name, mx.preference, answer.records, answer.authenticated, "")


def _choose(
    domain: str, found: Sequence[_Found], settings: Settings, shuffle: Shuffle, *, authenticated: bool
) -> Destination:
    """Keep the hosts that are better than we are and can be reached, or say why none is left."""
    ours = min((host.preference for host in found if _is_us(host, settings)), default=None)
    better = [host for host in found if ours is None or host.preference < ours]
    hosts: list[Host] = []
    for host in better:
        usable = [address for address in host.addresses if settings.loopback or is_possible(address)]
        if usable:
            ordered = tuple(in_turn(usable, settings.family, shuffle)[:ADDRESSES])
            hosts.append(
                Host(host.name, ordered, settings.port, host.preference, host.authenticated, host.canonical)
            )
    if hosts:
        return Hosts(tuple(hosts), authenticated)
    if unknown := next((host.unknown for host in better if host.unknown), ""):
        return TryLater(unknown)
    if ours is not None:
        return LeadsToUs(
            f"The mail of {domain} is to be brought to this server, which is not set up to take it."
        )
    return Unusable(f"None of the mail servers that {domain} names has an address on the Internet.")


def _is_us(host: _Found, settings: Settings) -> bool:
    return (
        host.name in settings.names
        or host.canonical in settings.names
        or not settings.addresses.isdisjoint(host.addresses)
    )
