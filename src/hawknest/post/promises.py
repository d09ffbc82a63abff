"""What the hosts of a destination must show, by its own words: DANE's records in the signed DNS, else its MTA-STS policy. RFC 7672 §2.2, RFC 8461 §2.

DANE is asked about where DNSSEC vouches for everything that led to the host, its list and its addresses; then a question about
its records that is not answered leaves the host unused, for somebody may be hiding them (RFC 7672 §2.1.2). Where there are records, the
policy is not asked: it must never make up for what DANE refuses (RFC 8461 §2). Records that nobody can use demand TLS alone; a policy that
is enforced then demands more, and is kept.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from hawknest.dns import CNAME, TLSA, DnsError, Nothing, Resolver, Unknown
from hawknest.post.destination import Host, Hosts
from hawknest.post.protection import Demand, Proof
from hawknest.post.site import Target
from hawknest.post.sts import Policies
from hawknest.store.tls_results import TlsResult
from hawknest.trust import dane
from hawknest.trust.mtasts import Mode, Policy

DNSSEC_INVALID: Final = "dnssec-invalid"  # RFC 8460 §4.3.2.1
TLSA_INVALID: Final = "tlsa-invalid"


@dataclass(frozen=True, slots=True)
class Promises:
    """Who knows what destinations promise."""

    resolver: Resolver
    policies: Policies
    note: Callable[[TlsResult], None]

    async def targets(self, domain: str, found: Hosts, policy: Policy | None) -> tuple[Target, ...]:
        """Give the addresses of a domain's hosts in their order, each with what it must show."""
        proven = await asyncio.gather(
            *(self._dane(domain, host) for host in found.hosts if _signed(found, host))
        )
        by_dane = iter(proven)
        targets: list[Target] = []
        for host in found.hosts:
            demand = next(by_dane) if _signed(found, host) else None
            if policy is not None and (demand is None or _is_more(policy, demand)):
                demand = _by_policy(domain, host, policy)
            vouched = found.authenticated or (policy is not None and policy.allows(host.name))
            targets += [
                Target(host.name, str(address), host.port, demand, vouched) for address in host.addresses
            ]
        return tuple(targets)

    async def _dane(self, domain: str, host: Host) -> Demand | None:
        """What the DNS demands of a host."""
        for base in await self._bases(host):
            try:
                answer = await self.resolver.ask(f"_{host.port}._tcp.{base}", TLSA)
            except Nothing:
                continue
            except Unknown as error:
                why = f"whether {host.name} must prove itself (DANE) could not be found out: {error}"
                return Demand(Proof.DANE, "tlsa", "", _by_dns(host), barred=why, result=DNSSEC_INVALID)
            if answer.authenticated:
                return self._by_records(
                    domain, host, base, dane.text(answer.records), dane.usable(answer.records)
                )
        return None

    def _by_records(
        self, domain: str, host: Host, base: str, text: str, records: tuple[dane.Tlsa, ...]
    ) -> Demand:
        if not records:
            self.note(TlsResult(domain, "tlsa", text, TLSA_INVALID, host.name))
            return Demand(Proof.NOTHING, "tlsa", text, _by_dns(host), names=(base,))
        names = tuple(dict.fromkeys((base, host.name, domain)))
        return Demand(Proof.DANE, "tlsa", text, _by_dns(host), records=records, names=names)

    async def _bases(self, host: Host) -> list[str]:
        """The names whose records are asked for: where aliases lead, if they are vouched for, and the host's own (RFC 7672 §2.2.3)."""
        if host.authenticated:
            return list(dict.fromkeys((host.canonical or host.name, host.name)))
        try:  # an alias of a signed zone to one that is not: RFC 7672 §2.2.2
            alias = await self.resolver.ask(host.name, CNAME)
        except DnsError:
            return []
        return [host.name] if alias.authenticated else []


def _signed(found: Hosts, host: Host) -> bool:
    """Whether DANE is asked about a host: it has a name, DNSSEC vouches for the list that has it, and it may have records."""
    alias = host.canonical not in {"", host.name}
    return bool(host.name) and found.authenticated and (host.authenticated or alias)


def _is_more(policy: Policy, demand: Demand) -> bool:
    """Whether a policy demands more than records that nobody can use."""
    return demand.proof is Proof.NOTHING and policy.mode is Mode.ENFORCE


def _by_policy(domain: str, host: Host, policy: Policy) -> Demand:
    promise = f"{domain} says (MTA-STS) that its letters go over proven TLS alone"
    demand = Demand(Proof.STS, "sts", policy.text, promise, enforced=policy.mode is Mode.ENFORCE)
    if policy.allows(host.name):
        return demand
    return replace(demand, barred=f"the policy of {domain} does not name {host.name or 'this host'}")


def _by_dns(host: Host) -> str:
    return f"the DNS says (DANE) that letters for {host.name} go over proven TLS alone"
