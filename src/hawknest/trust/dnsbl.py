"""Lists of addresses that somebody keeps in the DNS: of hosts to refuse, or of hosts to trust. RFC 5782.

An address is listed when its octets, backwards and in front of the list's name, have an address of 127.0.0.0/8 (RFC 5782 §2.1).
Which one says what for. Anything else is no listing: an error, an address from elsewhere (as when a domain was sold, or a provider
sends all that does not exist to a page of his), and the answers by which lists tell a resolver that they do not serve it. A list that
has 127.0.0.1, which no list may have (RFC 5782 §5), has gone mad, and lists nobody.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from hawknest.dns import TXT, A, IpAddress, Resolver, Unknown, canonical_name, records, reverse_name

TIME: Final = 10.0  # seconds for each list
ZONES: Final = 20  # lists that are asked at once
WHY: Final = 300  # characters of a list's own words

LISTED: Final = IPv4Address("127.0.0.2")  # every list has it, and none has the other: RFC 5782 §5
UNLISTED: Final = IPv4Address("127.0.0.1")

# zone    = name [ "=" octet 3( "." octet ) ]
# octet   = number / "[" range *( ";" range ) "]"
# range   = number [ ".." number ]
_OCTET = r"(?:[0-9]{1,3}|\[[0-9.;]{1,200}\])"
_ZONE: Final = re.compile(rf"([^=]+)(?:=({_OCTET})\.({_OCTET})\.({_OCTET})\.({_OCTET}))?", re.ASCII)
_RANGE: Final = re.compile(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?", re.ASCII)

Octets = tuple[frozenset[int], frozenset[int], frozenset[int], frozenset[int]]


class BadZone(ValueError):
    """The text names no list; the message says why."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A list by its name, and which of its answers count; none given: all that mean a listing."""

    name: str
    answers: Octets | None = None

    def means(self, answer: IPv4Address) -> bool:
        """Tell whether an answer is a listing that counts."""
        if not _is_a_listing(answer):
            return False
        return self.answers is None or all(
            octet in wanted for octet, wanted in zip(answer.packed, self.answers, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """An address that a list has, and why in words: ours, and the list's own."""

    zone: str
    answer: IPv4Address
    why: str


def read(text: str) -> Zone:
    """Read how a list is written: `list.example`, or with the answers that count, `list.example=127.0.[0..255].[1;2..3]`.

    Raises BadZone.
    """
    found = _ZONE.fullmatch(text.strip())
    name = canonical_name(found[1].strip()) if found else None
    if found is None or name is None or "." not in name or " " in name:
        raise BadZone(f"{text} is not written as list.example or list.example=127.0.0.[2..11]")
    if found[2] is None:
        return Zone(name)
    first, second, third, fourth = (_octet(octet) for octet in found.groups()[1:])
    if first != frozenset({127}):
        raise BadZone("the answers of a list begin with 127")
    return Zone(name, (first, second, third, fourth))


@lru_cache(maxsize=64)
def zones(text: str) -> tuple[Zone, ...]:
    """Read several, with spaces or commas between. Raises BadZone."""
    return tuple(read(one) for one in text.replace(",", " ").split())


def _octet(text: str) -> frozenset[int]:
    numbers: set[int] = set()
    for part in text.strip("[]").split(";"):
        found = _RANGE.fullmatch(part)
        if found is None or int(found[2] or found[1]) > 255:
            raise BadZone(f"{part} is no number up to 255, nor a range such as 2..11")
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    if not numbers:
        raise BadZone(f"{text} is a range without numbers")
    return frozenset(numbers)


async def look(ip: IpAddress, lists: Sequence[Zone], resolver: Resolver) -> list[Listing]:
    """Ask lists for an address, all at once; those that do not answer list nothing."""
    found = await asyncio.gather(*(_look(ip, zone, resolver) for zone in lists[:ZONES]))
    return [listing for listing in found if listing is not None]


async def _look(ip: IpAddress, zone: Zone, resolver: Resolver) -> Listing | None:
    try:
        async with asyncio.timeout(TIME):
            answer = await _answer(ip, zone, resolver)
            if answer is None or await _answer(UNLISTED, zone, resolver) is not None:
                return None
            said = await _said(ip, zone, resolver)
    except (Unknown, TimeoutError):
        return None
    return Listing(zone.name, answer, f"{ip} is on the list {zone.name} ({answer}){said and ': '}{said}")


async def _answer(ip: IpAddress, zone: Zone, resolver: Resolver) -> IPv4Address | None:
    """The first answer that counts. Raises Unknown."""
    found = await records(resolver, entry(ip, zone.name), A)
    return next((answer for answer in found if zone.means(answer)), None)


async def _said(ip: IpAddress, zone: Zone, resolver: Resolver) -> str:
    """What the list says of an address (RFC 5782 §2.1), made harmless."""
    try:
        texts = await records(resolver, entry(ip, zone.name), TXT)
    except Unknown:
        return ""
    text = texts[0][:WHY].decode("ascii", "replace") if texts else ""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)


async def trouble(zone: Zone, resolver: Resolver) -> str:
    """Tell what is wrong with a list, by the entries that every list has and has not (RFC 5782 §5); nothing: it can be used."""
    try:
        there = await records(resolver, entry(LISTED, zone.name), A)
        not_there = await records(resolver, entry(UNLISTED, zone.name), A)
    except Unknown as error:
        return f"the list {zone.name} cannot be asked: {error}"
    if any(_is_a_listing(answer) for answer in not_there):
        return f"the list {zone.name} lists everybody; it is probably no longer kept"
    if any(_is_a_listing(answer) for answer in there):
        return ""
    if there:
        return f"the list {zone.name} refuses our resolver ({there[0]}); public resolvers are often refused"
    return f"the list {zone.name} does not list {LISTED}, as every list does; there is no such list, or it is not for us"


def entry(ip: IpAddress, zone: str) -> str:
    """The name under which a list has an address: RFC 5782 §2.1 and, nibble by nibble, §2.4."""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return f"{reverse_name(ip).removesuffix('.in-addr.arpa').removesuffix('.ip6.arpa')}.{zone}"


def _is_a_listing(answer: IPv4Address) -> bool:
    """Tell whether an answer lists, and does not complain.

    127.255.255.x is how Spamhaus says that it does not serve a resolver, 127.0.0.255 how DNSWL does, 127.0.0.1 how URIBL does.
    """
    first, second, third, fourth = answer.packed
    return first == 127 and second != 255 and not (second == third == 0 and fourth in {0, 1, 255})
