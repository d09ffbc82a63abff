"""Which names the server's certificates are to have: the host's, and those of the domains that lead to this machine.

For each domain there are names that programs ask for by themselves: the policy for encrypted transport (RFC 8461 §3.3), the
settings of Thunderbird and Outlook, and the name that people try first. A certificate is asked for the ones whose addresses in
the DNS are the host's own: so a name that nobody has entered, or that leads elsewhere, is no failure, and comes in when
it is entered. The host has a certificate of its own, each domain another, so that trouble with one name is no trouble of others.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hawknest.dns import AAAA, A, IpAddress, Resolver, Unknown, records

PREFIXES: Final = ("mta-sts", "autoconfig", "autodiscover", "mail")

#: Domains that are nobody's on the Internet (RFC 2606 §2, RFC 6761 §6, RFC 6762 §3, RFC 8375 §3).
_INNER: Final = frozenset(
    {"test", "example", "invalid", "localhost", "local", "internal", "lan", "home", "arpa", "onion"}
)


def is_public(name: str) -> bool:
    """Whether a name could be one of the Internet."""
    return "." in name and name.rpartition(".")[2] not in _INNER and not _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def addresses(resolver: Resolver, name: str) -> frozenset[IpAddress]:
    """Ask where a name leads. Raises Unknown."""
    return frozenset((*await records(resolver, name, A), *await records(resolver, name, AAAA)))


async def wanted(
    hostname: str,
    domains: Iterable[str],
    resolver: Resolver,
    *,
    before: Mapping[str, Sequence[str]],
    covered: Sequence[str],
) -> dict[str, tuple[str, ...]]:
    """Find the names to be had, by the host's name and by domain.

    `before` are those that were wanted so far, which hold where the DNS does not answer; `covered` the names of the owner's
    own certificate, `*.` for one label, which need no other.
    """
    host = hostname.lower().removesuffix(".")
    found: dict[str, tuple[str, ...]] = {}
    if not _covered(host, covered):
        found[host] = (host,)
    try:
        ours = await addresses(resolver, host)
    except Unknown:
        return found | {subject: tuple(names) for subject, names in before.items() if subject != host}
    if ours:
        for domain in dict.fromkeys(domains):
            if not domain.startswith("["):
                candidates = [f"{prefix}.{domain}" for prefix in PREFIXES]
                free = [n for n in candidates if n != host and not _covered(n, covered)]
                known = before.get(domain, ())
                names = [n for n in free if await _leads(resolver, n, ours, known=n in known)]
                if names:
                    found[domain] = tuple(names)
    return found


async def _leads(resolver: Resolver, name: str, ours: frozenset[IpAddress], *, known: bool) -> bool:
    """Whether a name leads to this machine, and nowhere else."""
    try:
        there = await addresses(resolver, name)
    except Unknown:
        return known
    return bool(there) and there <= ours


def _covered(name: str, covered: Sequence[str]) -> bool:
    return name in covered or f"*.{name.partition('.')[2]}" in covered
