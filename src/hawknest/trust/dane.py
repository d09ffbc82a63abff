"""DANE for SMTP: which TLSA records count, and whether a host's certificates are what they say. RFC 6698, RFC 7671, RFC 7672.

Where the DNS vouches for TLSA records, TLS is a must; where one of them can be used, the certificate must match one
(RFC 7672 §2.2). Only two usages can be used between mail servers (RFC 7672 §3.1.3):

    3  DANE-EE   the server's own certificate or key; neither its names nor its dates matter (RFC 7672 §3.1.1)
    2  DANE-TA   one that vouches for the server's: the chain must lead to it, be valid now and name the host (RFC 7672 §3.1.2)
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification

from hawknest.dns import Tlsa

TA: Final = 2
EE: Final = 3
RECORDS: Final = 32  # that are looked at; a host with more has lost its way
CHAIN: Final = 12  # certificates that are looked at

_SPKI: Final = 1  # selector; 0 is the whole certificate (RFC 6698 §2.1.2)
_EXACT: Final = 0  # matching type (RFC 6698 §2.1.3)
_HASHES: Final = {1: "sha256", 2: "sha512"}  # the weakest first (RFC 7671 §9)
_LENGTHS: Final = {1: 32, 2: 64}  # octets

EXPIRED: Final = "certificate-expired"
MISMATCH: Final = "certificate-host-mismatch"
FAILED: Final = "validation-failure"

_ISSUERS: Final = verification.ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, verification.Criticality.AGNOSTIC, None
)
_SERVERS: Final = verification.ExtensionPolicy.permit_all().require_present(
    x509.SubjectAlternativeName, verification.Criticality.AGNOSTIC, None
)


@dataclass(frozen=True, slots=True)
class Unproven:
    """Why certificates are not what the records say: a result type of RFC 8460 §4.3, and plain words."""

    result: str
    words: str


def usable(records: Sequence[Tlsa]) -> tuple[Tlsa, ...]:
    """The records that can be used: of a usage between mail servers, well formed, and of each kind the strongest digest alone (RFC 7671 §9)."""
    good = [record for record in records[:RECORDS] if _well_formed(record)]
    best: dict[tuple[int, int], int] = {}
    for record in good:
        kind = record.usage, record.selector
        best[kind] = max(best.get(kind, _EXACT), record.matching)
    return tuple(
        record for record in good if record.matching in {_EXACT, best[record.usage, record.selector]}
    )


def _well_formed(record: Tlsa) -> bool:
    if record.usage not in {TA, EE} or record.selector not in {0, _SPKI} or not record.data:
        return False
    if record.matching == _EXACT:
        return _parses(record)
    return len(record.data) == _LENGTHS.get(record.matching)


def _parses(record: Tlsa) -> bool:
    """Whether a whole certificate in a record is one; of keys only the octets are compared."""
    if record.selector == _SPKI:
        return True
    try:
        x509.load_der_x509_certificate(record.data)
    except ValueError:
        return False
    return True


def text(records: Sequence[Tlsa]) -> str:
    """The records as a zone file has them, by newlines, always in the same order."""
    return "\n".join(sorted(f"{r.usage} {r.selector} {r.matching} {r.data.hex().upper()}" for r in records))


def prove(
    records: Sequence[Tlsa], chain: Sequence[bytes], names: Sequence[str], now: dt.datetime
) -> Unproven | None:
    """Compare the certificates that a host showed with its usable records. Returns None where they hold.

    Args:
        records: as `usable` gives them, one at least.
        chain: the certificates in DER, the server's own first.
        names: one of which a certificate must have that another one vouches for (RFC 7672 §3.2.2).
        now: the time, with its zone.
    """
    if not chain:
        return Unproven(FAILED, "the server showed no certificate")
    try:
        certificates = [x509.load_der_x509_certificate(der) for der in chain[:CHAIN]]
        if any(r.usage == EE and _matches(r, certificates[0]) for r in records):
            return None
        return _by_issuer([r for r in records if r.usage == TA], certificates, names, now)
    except (ValueError, TypeError) as error:  # a certificate, or a part of one, that cannot be read
        return Unproven(FAILED, f"the server's certificate cannot be read: {error}")


def _by_issuer(
    records: Sequence[Tlsa], certificates: Sequence[x509.Certificate], names: Sequence[str], now: dt.datetime
) -> Unproven | None:
    """See whether the chain leads to a certificate that a record names."""
    issuers = [one for one in certificates[1:] if any(_matches(record, one) for record in records)]
    issuers += [  # a server may leave out one that is in the DNS as a whole: RFC 7671 §5.2.1
        x509.load_der_x509_certificate(record.data)
        for record in records
        if record.matching == _EXACT and record.selector != _SPKI
    ]
    if not issuers:
        return Unproven(FAILED, "none of the server's certificates is the one that the DNS names (TLSA)")
    builder = (
        verification.PolicyBuilder()
        .store(verification.Store(issuers))
        .time(now.astimezone(dt.UTC))
        .extension_policies(ca_policy=_ISSUERS, ee_policy=_SERVERS)
    )
    why = ""
    for name in names:
        try:
            builder.build_server_verifier(x509.DNSName(name)).verify(certificates[0], list(certificates[1:]))
        except verification.VerificationError as error:
            why = str(error)
        else:
            return None
    return _unproven(certificates[0], names, now, why)


def _unproven(leaf: x509.Certificate, names: Sequence[str], now: dt.datetime, why: str) -> Unproven:
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        return Unproven(EXPIRED, "the server's certificate has expired, or is not valid yet")
    if "subjectAltName" in why:
        return Unproven(MISMATCH, f"the server's certificate is not for {names[0]}")
    return Unproven(
        FAILED, f"the server's certificate does not lead to the one that the DNS names (TLSA): {why}"
    )


def _matches(record: Tlsa, certificate: x509.Certificate) -> bool:
    if record.selector == _SPKI:
        octets = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        octets = certificate.public_bytes(Encoding.DER)
    found = hashlib.new(_HASHES[record.matching], octets).digest() if record.matching else octets
    return hmac.compare_digest(found, record.data)
