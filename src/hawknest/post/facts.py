"""What a domain's records depend on, gathered: from the file and the listeners (`Premises`), and from the database."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from hawknest.accounts import dkim_keys
from hawknest.dns import IpAddress
from hawknest.post.certificate_rules import pins
from hawknest.post.records import Facts
from hawknest.store import Connection

#: The port that TLSA records are for: other servers look there (RFC 7672 §2.2).
TLSA_PORTS: Final = (25,)


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


def gather(connection: Connection, domain: str, premises: Premises) -> Facts:
    """Put together what a domain's records depend on; `domain` is an A-label."""
    return Facts(
        domain=domain,
        host=premises.host.lower().removesuffix("."),
        ipv4=tuple(a for a in premises.addresses if isinstance(a, IPv4Address)),
        ipv6=tuple(a for a in premises.addresses if isinstance(a, IPv6Address)),
        spf=premises.spf,
        elsewhere=premises.elsewhere,
        dkim=tuple((key.selector, key.record) for key in dkim_keys.published(connection, domain)),
        tlsa=tuple((port, f"3 1 1 {pin}") for port in TLSA_PORTS for pin in _pins(connection, premises)),
        services=premises.services,
    )


def _pins(connection: Connection, premises: Premises) -> list[str]:
    """The keys that the host is known by, and the one to come (RFC 7671 §8.1)."""
    if premises.files:
        return [premises.pin] if premises.pin else []
    return pins(connection, premises.host, premises.pin)
