"""Looks a domain up as other mail servers would, and says in plain words what is right and what is not. RFC 5321 §5.1, RFC 7208, RFC 1912 §2.1.

What is asked for: the MX records, the addresses of each host, the names of those addresses and whether these lead back
(other servers distrust a host whose name does not), the SPF and DMARC policies; and for a domain of this server, whether
its letters would come here. The words are in `domaincheck_words`; here are only their keys and what is filled in.
"""

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from hawknest.dns import (
    AAAA,
    MX,
    PTR,
    TXT,
    A,
    Answer,
    DnsError,
    IpAddress,
    Kind,
    Mx,
    NoData,
    Nothing,
    Resolver,
    Unknown,
    reverse_name,
)
from hawknest.post.destination_address import is_numeric, is_public
from hawknest.post.domaincheck_report import Finding, Report, Severity, key_of

__all__ = ["Finding", "Own", "Report", "Severity", "check"]

HOSTS: Final = 10  # that are looked at
ADDRESSES: Final = 8  # of each host
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Own:
    """What is ours: the names and public addresses that other servers know this one by; `domain`: the one checked is ours too."""

    names: frozenset[str] = frozenset()
    addresses: frozenset[IpAddress] = frozenset()
    domain: bool = True


async def check(domain: str, resolver: Resolver, own: Own | None = None) -> Report:
    """Look a domain up.

    Args:
        domain: a domain in its one spelling (`hawknest.mail.domain`); an address literal has nothing to look up.
        resolver: whom to ask.
        own: what is ours; None for somebody else's domain.
    """
    return await _Check(domain, resolver, own or Own(domain=False)).run()


class _Check:
    """One check while it is under way."""

    def __init__(self, domain: str, resolver: Resolver, own: Own) -> None:
        self._domain = domain
        self._resolver = resolver
        self._own = own
        self._findings: list[Finding] = []
        self._answered: dict[str, None] = {}
        self._reached = False  # a host of the domain is this server
        self._uncertain = False  # not everything could be learnt

    async def run(self) -> Report:
        if self._domain.startswith("["):
            self._say(Severity.OK, "literal", domain=self._domain)
        elif await self._hosts():
            self._here()
            await self._spf()
            await self._dmarc()
        for resolver in self._answered:
            self._resolver_is_own(resolver)
        return Report(self._domain, tuple(self._findings), tuple(self._answered))

    async def _hosts(self) -> bool:
        """Look at the MX records and each host. Returns whether it makes sense to go on."""
        found = await self._ask(self._domain, MX)
        if isinstance(found, NoData):
            return await self._implicit()
        if isinstance(found, Nothing):
            self._failed(found, Severity.PROBLEM)
            return False
        if isinstance(found, Unknown):
            self._failed(found, Severity.PROBLEM)
            return True
        records = sorted(found.records, key=lambda mx: (mx.preference, mx.host))
        if len(records) == 1 and not records[0].host:
            self._say(Severity.PROBLEM if self._own.domain else Severity.HINT, "mx-null", domain=self._domain)
            return True
        self._say(
            Severity.OK,
            "mx",
            domain=self._domain,
            hosts=", ".join(f"{m.host or '.'} ({m.preference})" for m in records),
        )
        if found.authenticated:
            self._say(Severity.OK, "dnssec", domain=self._domain)
        await self._each(records[:HOSTS])
        return True

    async def _implicit(self) -> bool:
        """Without MX records, the domain itself is the host: RFC 5321 §5.1."""
        addresses = await self._addresses(self._domain)
        if isinstance(addresses, Unknown):
            self._failed(addresses, Severity.PROBLEM)
        elif not addresses:
            self._say(Severity.PROBLEM, "mx-none", domain=self._domain)
        else:
            self._say(Severity.HINT, "mx-implicit", domain=self._domain)
            await self._host(self._domain, addresses)
        return True

    async def _each(self, records: Sequence[Mx]) -> None:
        """Look at each host; the lookups run side by side, the findings stand in order."""
        names = list(dict.fromkeys(mx.host for mx in records))
        for name, found in zip(names, await asyncio.gather(*map(self._host_addresses, names)), strict=True):
            if isinstance(found, str):
                self._say(Severity.PROBLEM, found, domain=self._domain, host=name or ".")
            elif isinstance(found, DnsError):
                self._failed(found, Severity.PROBLEM)
            else:
                await self._host(name, found)

    async def _host_addresses(self, name: str) -> Sequence[IpAddress] | Unknown | str:
        """The addresses of an MX host, or the key of what is wrong with it."""
        if not name:
            return "mx-null-mixed"
        if is_numeric(name):
            return "mx-is-address"
        addresses = await self._addresses(name)
        return addresses if isinstance(addresses, Unknown) or addresses else "host-no-address"

    async def _addresses(self, name: str) -> Sequence[IpAddress] | Unknown:
        """Both kinds of address; a failure only where none was learnt because of it."""
        parts = await asyncio.gather(self._ask(name, A), self._ask(name, AAAA))
        addresses: list[IpAddress] = [a for part in parts if isinstance(part, Answer) for a in part.records]
        failure = next((part for part in parts if isinstance(part, Unknown)), None)
        return failure if failure is not None and not addresses else addresses

    async def _host(self, name: str, addresses: Sequence[IpAddress]) -> None:
        """Say where a host is, and look at each of its addresses."""
        self._say(Severity.OK, "host", host=name, addresses=", ".join(map(str, addresses)))
        if name in self._own.names or not self._own.addresses.isdisjoint(addresses):
            self._reached = True
        public = [address for address in addresses if is_public(address)][:ADDRESSES]
        for address in addresses:
            if not is_public(address):
                self._say(Severity.PROBLEM, "address-not-public", host=name, address=str(address))
        named = await asyncio.gather(*(self._ask(reverse_name(address), PTR) for address in public))
        for address, found in zip(public, named, strict=True):
            await self._reverse(name, address, found)

    async def _reverse(self, host: str, address: IpAddress, found: Answer[str] | Nothing | Unknown) -> None:
        """Whether an address has a name, and the name that address: RFC 1912 §2.1."""
        values = {"host": host, "address": str(address)}
        if isinstance(found, Unknown):
            self._failed(found, Severity.HINT)
            return
        if isinstance(found, Nothing):
            self._say(Severity.PROBLEM, "ptr-none", **values)
            return
        names = found.records[:ADDRESSES]
        values["names"] = ", ".join(names)
        forward = await asyncio.gather(*map(self._addresses, names))
        confirmed = [
            n
            for n, found in zip(names, forward, strict=True)
            if not isinstance(found, Unknown) and address in found
        ]
        if not confirmed:
            failure = next((found for found in forward if isinstance(found, Unknown)), None)
            if failure is not None:
                self._failed(failure, Severity.HINT)
            else:
                self._say(Severity.PROBLEM, "ptr-unconfirmed", **values)
        elif host in confirmed:
            self._say(Severity.OK, "ptr", **values)
        else:
            ours = host in self._own.names
            self._say(Severity.HINT if ours else Severity.OK, "ptr-other" if ours else "ptr", **values)

    def _here(self) -> None:
        """Whether the letters of a domain of ours come here."""
        if self._own.domain and self._own.names and not self._uncertain:
            if self._reached:
                self._say(Severity.OK, "here", domain=self._domain)
            else:
                self._say(Severity.PROBLEM, "not-here", domain=self._domain, host=min(self._own.names))

    async def _spf(self) -> None:
        """Which hosts may send as the domain: RFC 7208 §4.5, §5.1."""
        found = await self._ask(self._domain, TXT)
        if isinstance(found, Unknown):
            self._failed(found, Severity.HINT)
            return
        texts = found.records if isinstance(found, Answer) else ()
        # record = version terms *SP ; version = "v=spf1"; what follows is a space or the end
        policies = [
            text for text in texts if text.lower() == b"v=spf1" or text.lower().startswith(b"v=spf1 ")
        ]
        if len(policies) != 1:
            self._say(
                *((Severity.PROBLEM, "spf-many") if policies else (Severity.HINT, "spf-none")),
                domain=self._domain,
            )
            return
        severity, key = _spf_end(policies[0].decode("latin-1").lower().split()[1:])
        self._say(severity, key, domain=self._domain, policy=_shown(policies[0]))

    async def _dmarc(self) -> None:
        """What others shall do with letters that only pretend to come from the domain: RFC 9989."""
        name = f"_dmarc.{self._domain}"
        found = await self._ask(name, TXT)
        if isinstance(found, Unknown):
            self._failed(found, Severity.HINT)
            return
        texts = found.records if isinstance(found, Answer) else ()
        policies = [text for text in texts if text.lower().replace(b" ", b"").startswith(b"v=dmarc1")]
        if len(policies) == 1:
            self._say(Severity.OK, "dmarc", name=name, policy=_shown(policies[0]))
        else:
            self._say(
                Severity.HINT, "dmarc-many" if policies else "dmarc-none", name=name, domain=self._domain
            )

    def _resolver_is_own(self, resolver: str) -> None:
        """A resolver named by our public address answers only until that changes."""
        try:
            address = ipaddress.ip_address(resolver)
        except ValueError:
            return
        if address in self._own.addresses and is_public(address):
            self._say(Severity.HINT, "resolver-own", resolver=resolver)

    async def _ask(self, name: str, kind: Kind[R]) -> Answer[R] | Nothing | Unknown:
        """Ask, note who answered, and give a failure as a value."""
        try:
            answer = await self._resolver.ask(name, kind)
        except Nothing as error:
            if error.resolver:
                self._answered[error.resolver] = None
            return error
        except Unknown as error:
            self._uncertain = True
            return error
        if answer.resolver:
            self._answered[answer.resolver] = None
        return answer

    def _failed(self, error: DnsError, severity: Severity) -> None:
        """Say why there was no answer, each reason in words of its own."""
        self._say(
            severity,
            key_of(error),
            name=error.name,
            kind=error.kind,
            resolver=error.resolver or "?",
            detail=error.detail,
        )

    def _say(self, severity: Severity, key: str, **values: str) -> None:
        finding = Finding(severity, key, values)
        if finding not in self._findings:
            self._findings.append(finding)


def _shown(text: bytes) -> str:
    """A stranger's text, fit for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text[:500].decode("utf-8", "replace"))


def _spf_end(terms: Sequence[str]) -> tuple[Severity, str]:
    """What an SPF policy says about everybody else: RFC 7208 §5.1, §6.1."""
    if any(term in {"all", "+all"} for term in terms):
        return Severity.PROBLEM, "spf-everybody"
    if any(term in {"-all", "~all"} or term.startswith("redirect=") for term in terms):
        return Severity.OK, "spf"
    return Severity.HINT, "spf-open"
