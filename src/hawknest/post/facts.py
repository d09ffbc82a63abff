"""What a domain's records depend on, gathered: from the file and the listeners (`Premises`), and from the database."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from hawknest.accounts import address, authority, dkim_keys, publishing, settings
from hawknest.dns import IpAddress
from hawknest.net.acme import LETSENCRYPT
from hawknest.post import sts_own
from hawknest.post.certificate_rules import pins
from hawknest.post.records import Facts
from hawknest.store import Connection

#: The port that TLSA records are for: other servers look there (RFC 7672 §2.2).
TLSA_PORTS: Final = (25,)
#: The port that an MTA-STS policy is fetched at (RFC 8461 §3.3).
WEB: Final = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What the configuration and the machine tell."""

    host: str  # the full name of this machine
    services: tuple[tuple[str, int], ...] = ()  # what is listened for, and at which port
    addresses: tuple[IpAddress, ...] = ()  # of this machine on the Internet; none: not known
    pin: str = (
        ""  # of the certificate in files, ours or the owner's: SHA-256 of its public key in hexadecimal
    )
    files: bool = False  # they are the owner's, and so go before what an authority gave
    spf: tuple[str, ...] = ()  # terms for the servers that letters leave by
    elsewhere: bool = False  # letters leave by a server whose addresses nobody has named


#: The names by which authorities know themselves in CAA records (RFC 8659 §4.2).
_CAA: Final = {LETSENCRYPT: "letsencrypt.org"}


def gather(connection: Connection, domain: str, premises: Premises) -> Facts:
    """Put together what a domain's records depend on; `domain` is an A-label."""
    addresses = address.standing(connection).addresses or premises.addresses
    host = premises.host.lower().removesuffix(".")
    strict = settings.policies(connection).mta_sts
    served = dict(premises.services).get("https") == WEB and (
        strict != "off" or _told_once(connection, domain)
    )
    return Facts(
        domain=domain,
        host=host,
        ipv4=tuple(a for a in addresses if isinstance(a, IPv4Address)),
        ipv6=tuple(a for a in addresses if isinstance(a, IPv6Address)),
        spf=premises.spf,
        elsewhere=premises.elsewhere,
        dkim=tuple((key.selector, key.record) for key in dkim_keys.published(connection, domain)),
        sts_id=sts_own.policy(host, strict)[0] if served else "",
        tlsa=tuple((port, f"3 1 1 {pin}") for port in TLSA_PORTS for pin in _pins(connection, premises)),
        services=premises.services,
        caa=_CAA.get(authority.wish(connection).ca, "") if not premises.files else "",
    )


def _told_once(connection: Connection, domain: str) -> bool:
    """Whether others may still keep a policy of ours, and have to learn that nothing holds any more: RFC 8461 §8.3."""
    entered = (publishing.entered(connection, zone).get(domain, ()) for zone in publishing.zones(connection))
    return any(entry.name == f"_mta-sts.{domain}" for entries in entered for entry in entries)


def _pins(connection: Connection, premises: Premises) -> list[str]:
    """The keys that the host is known by, and the one to come (RFC 7671 §8.1)."""
    if premises.files:
        return [premises.pin] if premises.pin else []
    return pins(connection, premises.host, premises.pin)
