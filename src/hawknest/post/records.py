"""The DNS records that a domain needs, worked out from what is known of the house: name, type, what to enter, and what it is for.

RFC 5321 §5.1 (MX), RFC 7208 §3.1 (SPF), RFC 6376 §3.6.2 (DKIM), RFC 9989 (DMARC), RFC 8461 §3.1 (MTA-STS), RFC 8460 §3 (TLSRPT),
RFC 7672 §2.2 (TLSA), RFC 6186 §3.1 and RFC 8314 §5.1 (SRV), RFC 8659 §4 (CAA).

Three decisions stand behind the list. TLSA is published for port 25 alone: other servers look there, mail programs do not, and every
further record is one more that must move with the key. CAA stands at the host and not at the domain: names that lead to the
host by CNAME are covered by it (RFC 8659 §3), and certificates that the domain's web site has from elsewhere stay possible.
DMARC begins with `quarantine`: what is forged ends in Junk, and what a mailing list has mended is not lost.
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from hawknest.dns import IpAddress, reverse_name


class Why(StrEnum):
    """What a record is for; the words are in `records_words`."""

    MX = "mx"
    HOST = "host"
    REVERSE = "reverse"
    SPF = "spf"
    SPF_HOST = "spf-host"
    DKIM = "dkim"
    DMARC = "dmarc"
    MTA_STS = "mta-sts"
    TLSRPT = "tlsrpt"
    TLSA = "tlsa"
    SERVICE = "service"
    SETTINGS = "settings"
    CAA = "caa"


@dataclass(frozen=True, slots=True)
class Record:
    """A record. `value` is as a zone file writes it, names in it with their dot at the end; for TXT it is the text itself."""

    name: str  # without a dot at the end
    type: str
    value: str  # {…}: what only the owner knows
    needed: bool  # without it letters are lost, refused or distrusted; else it makes things better
    why: Why

    @property
    def known(self) -> bool:
        """Whether nothing is left for the owner to fill in."""
        return "{" not in self.name + self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the house, as far as a domain's records depend on it."""

    domain: str
    host: str  # the full name of this machine
    ipv4: tuple[IPv4Address, ...] = ()  # on the Internet; none: not known
    ipv6: tuple[IPv6Address, ...] = ()
    spf: tuple[str, ...] = ()  # terms of servers that letters leave by, such as include:spf.provider.example
    elsewhere: bool = False  # letters leave by a server whose addresses nobody has named
    dkim: tuple[tuple[str, str], ...] = ()  # selector, text
    sts_id: str = ""  # of the MTA-STS policy that is served; empty: none is
    tlsa: tuple[tuple[int, str], ...] = ()  # port, "3 1 1 HEX"
    services: tuple[tuple[str, int], ...] = ()  # what is open for others, and at which port
    caa: str = ""  # the authority that makes our certificates, as CAA names it

    @property
    def addresses(self) -> tuple[IpAddress, ...]:
        """All of them."""
        return (*self.ipv4, *self.ipv6)


#: The services that mail programs look for, and the name of their SRV records (RFC 6186 §3, RFC 8314 §5.1), best first.
SERVICES: Final = ("submissions", "submission", "imaps", "imap", "pop3s", "pop3")
_DMARC: Final = "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@{domain}"
_TLSRPT: Final = "v=TLSRPTv1; rua=mailto:tls-reports@{domain}"


def wanted(facts: Facts) -> list[Record]:
    """Name the records of a domain, the most needed first. An address literal has none."""
    if facts.domain.startswith("["):
        return []
    return [
        Record(facts.domain, "MX", f"10 {facts.host}.", needed=True, why=Why.MX),
        *_host(facts),
        *_sending(facts),
        *_transport(facts),
        *_programs(facts),
        *_authority(facts),
    ]


def _host(facts: Facts) -> list[Record]:
    """The host's addresses, and the way back from them, which the provider of the line sets."""
    host, owner = facts.host, f"{facts.host}."
    ipv4 = [Record(host, "A", str(a), needed=True, why=Why.HOST) for a in facts.ipv4]
    ipv6 = [Record(host, "AAAA", str(a), needed=False, why=Why.HOST) for a in facts.ipv6]
    back = [Record(reverse_name(a), "PTR", owner, needed=True, why=Why.REVERSE) for a in facts.addresses]
    if not facts.addresses:
        ipv4 = [Record(host, "A", "{public IPv4 address}", needed=True, why=Why.HOST)]
        ipv6 = [Record(host, "AAAA", "{public IPv6 address, if there is one}", needed=False, why=Why.HOST)]
        back = [Record("{public IPv4 address}", "PTR", owner, needed=True, why=Why.REVERSE)]
    return [*ipv4, *ipv6, *back]


def _sending(facts: Facts) -> list[Record]:
    """Who may send in the domain's name, what its letters are signed with, and what becomes of forged ones."""
    domain = facts.domain
    end = "~all" if facts.elsewhere else "-all"
    spf = " ".join(["v=spf1 mx", *facts.spf, end])
    found = [Record(domain, "TXT", spf, needed=True, why=Why.SPF)]
    if facts.host != domain:  # bounces come from the host itself: RFC 7208 §2.3
        found.append(Record(facts.host, "TXT", "v=spf1 a -all", needed=False, why=Why.SPF_HOST))
    found += [
        Record(f"{selector}._domainkey.{domain}", "TXT", text, needed=True, why=Why.DKIM)
        for selector, text in facts.dkim
    ]
    dmarc = _DMARC.format(domain=domain)
    return [*found, Record(f"_dmarc.{domain}", "TXT", dmarc, needed=True, why=Why.DMARC)]


def _transport(facts: Facts) -> list[Record]:
    """How other servers know that they reach us and nobody else."""
    domain, found = facts.domain, list[Record]()
    if facts.sts_id:
        text = f"v=STSv1; id={facts.sts_id}"
        found.append(Record(f"_mta-sts.{domain}", "TXT", text, needed=False, why=Why.MTA_STS))
        found.append(Record(f"mta-sts.{domain}", "CNAME", f"{facts.host}.", needed=False, why=Why.MTA_STS))
    report = _TLSRPT.format(domain=domain)
    found.append(Record(f"_smtp._tls.{domain}", "TXT", report, needed=False, why=Why.TLSRPT))
    return found + [
        Record(f"_{port}._tcp.{facts.host}", "TLSA", text.lower(), needed=False, why=Why.TLSA)
        for port, text in facts.tlsa
    ]


def _programs(facts: Facts) -> list[Record]:
    """How mail programs find the servers and settings by themselves."""
    domain, host = facts.domain, f"{facts.host}."
    ports = dict(facts.services)
    found = [
        Record(
            f"_{service}._tcp.{domain}", "SRV", f"0 1 {ports[service]} {host}", needed=False, why=Why.SERVICE
        )
        for service in SERVICES
        if service in ports
    ]
    if ports.get("https") == 443:
        found += [
            Record(f"{name}.{domain}", "CNAME", host, needed=False, why=Why.SETTINGS)
            for name in ("autoconfig", "autodiscover")
            if f"{name}.{domain}" != facts.host
        ]
        found.append(
            Record(f"_autodiscover._tcp.{domain}", "SRV", f"0 1 443 {host}", needed=False, why=Why.SETTINGS)
        )
    return found


def _authority(facts: Facts) -> list[Record]:
    if not facts.caa:
        return []
    return [Record(facts.host, "CAA", f'0 issue "{facts.caa}"', needed=False, why=Why.CAA)]
