"""What the configuration and this machine tell of the house: read where records are worked out, by the server and by the command line."""

import hashlib
import ipaddress
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hawknest.config import Config, Profile
from hawknest.dns import IpAddress
from hawknest.net.addresses import own_addresses
from hawknest.post.facts import Premises


def premises(config: Config, ports: Iterable[tuple[str, int]] = ()) -> Premises:
    """Tell what is known.

    Args:
        config: the configuration.
        ports: each service and the port that it is open at now; none: as the configuration has it.
    """
    named = [(entry.service, entry.port or 0) for entry in config.listeners]
    routes = [route for route in config.contents.route if route.match == "*"]
    terms = (term for route in routes for term in route.spf.split())
    return Premises(
        host=config.hostname,
        services=tuple((service, port) for service, port in ports or named if port),
        addresses=tuple(_addresses(config)),
        pin=_pin(config),
        files=config.certificate().certificate is not None,
        spf=tuple(dict.fromkeys(terms)),
        elsewhere=any(not route.spf for route in routes),
    )


def _addresses(config: Config) -> list[IpAddress]:
    """Addresses of this machine on the Internet: those that are listened on, and its own where any will do."""
    if config.contents.profile is Profile.LOCAL:
        return []
    listened = {ipaddress.ip_address(entry.address) for entry in config.listeners}
    found = {address for address in listened if address.is_global}
    found |= {
        a for a in own_addresses() if any(x.is_unspecified and x.version <= a.version for x in listened)
    }
    return sorted(found, key=lambda address: (address.version, int(address)))


def _pin(config: Config) -> str:
    """What TLSA 3 1 1 says of the certificate that the files have: RFC 6698 §2.1; empty where there is none yet."""
    path: Path = config.certificate().certificate or config.directory / "tls" / "self-signed.pem"
    try:
        key = x509.load_pem_x509_certificates(path.read_bytes())[0].public_key()
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
