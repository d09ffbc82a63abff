"""The DNS records that a domain needs, as values: name, type, what to enter, and what is to be filled in by hand.

RFC 5321 §5.1 (MX), RFC 7208 §3.1 (SPF), RFC 6186 §3.1 and RFC 8314 §5.1 (SRV).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Record:
    """A record."""

    name: str
    type: str
    value: str  # {…}: what only the owner knows
    needed: bool  # without it letters are lost; else it makes things better


#: The services that mail programs look for, each with the standard port.
_SERVICES: Final = {"submissions": 465, "submission": 587, "imaps": 993, "pop3s": 995}


def of(domain: str, host: str) -> list[Record]:
    """Name the records of a domain; `host` is the full name of this machine. An address literal has none."""
    if domain.startswith("["):
        return []
    found = [
        Record(domain, "MX", f"10 {host}.", needed=True),
        Record(host, "A", "{public IPv4 address}", needed=True),
        Record(host, "AAAA", "{public IPv6 address, if there is one}", needed=False),
        Record("{public IPv4 address}", "PTR", f"{host}.", needed=True),
        Record(domain, "TXT", "v=spf1 mx -all", needed=True),
        Record(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}", needed=False),
    ]
    return found + [
        Record(f"_{service}._tcp.{domain}", "SRV", f"0 1 {port} {host}.", needed=False)
        for service, port in _SERVICES.items()
    ]
