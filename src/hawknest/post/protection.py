"""What protects a letter on the way to one host: what the destination's own words demand, and what was proven. RFC 7672, RFC 8461, RFC 8689.

A demand is kept or the letter waits: it never goes by a lesser way. Only a demand that its domain is still testing, and a letter
whose sender waived the protection, go on as if there were none, and the failure is counted.
"""

import ssl
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from hawknest.dns import Tlsa
from hawknest.mail.header import Header
from hawknest.mail.tlsrequired import waives
from hawknest.post.parcel import HEADER, Parcel

NO_POLICY: Final = "no-policy-found"

#: Result types of RFC 8460 §4.3 that sessions come to.
NO_STARTTLS: Final = "starttls-not-supported"
EXPIRED: Final = "certificate-expired"
MISMATCH: Final = "certificate-host-mismatch"
NOT_TRUSTED: Final = "certificate-not-trusted"
FAILED: Final = "validation-failure"


class Proof(StrEnum):
    """What showed that the host was the right one. In the clear, and where nothing did, it is ''."""

    NOTHING = ""
    WEBPKI = "webpki"  # a certificate in its name by an authority that this machine trusts
    STS = "mta-sts"  # the same, and the domain says by a policy that it is its host
    DANE = "dane"  # the DNS itself, vouched for by DNSSEC


class Need(Enum):
    """What a letter itself asks for. RFC 8689 §4."""

    USUAL = auto()
    PROOF = auto()  # REQUIRETLS: proven hosts alone, and they must promise the same
    WAIVED = auto()  # TLS-Required: No: better unprotected than late


@dataclass(frozen=True, slots=True)
class Demand:
    """What the DNS or a policy demands of the connection to one host; at the least it is TLS.

    `proof` is what has to be shown, `enforced` whether the letter waits otherwise, `records` and `names` are what DANE compares
    with (the first name is the one that is said in the handshake). `barred` says why the host may not be used at all, and
    `result` which failure that is. `kind` and `text` are the policy as a TLS report names it (RFC 8460 §4.4), `promise` as people read it.
    """

    proof: Proof
    kind: str
    text: str
    promise: str
    enforced: bool = True
    records: tuple[Tlsa, ...] = ()
    names: tuple[str, ...] = ()
    barred: str = ""
    result: str = FAILED


def failure(error: BaseException | None) -> tuple[str, str]:
    """Name what a handshake failed of: the result type of RFC 8460 §4.3, and plain words."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        said = getattr(error, "reason", None) if isinstance(error, ssl.SSLError) else None
        return FAILED, "the TLS handshake failed" + (f" ({said})" if said else "")
    match error.verify_code:
        case 9 | 10:  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
            return EXPIRED, "the server's certificate has expired, or is not valid yet"
        case 62:  # X509_V_ERR_HOSTNAME_MISMATCH
            return MISMATCH, "the server's certificate is not for this host"
        case _:
            return NOT_TRUSTED, f"the server's certificate is not trusted ({error.verify_message})"


async def waived(parcel: Parcel) -> bool:
    """Whether a letter's sender waives protection (RFC 8689 §3). Raises StoreGone."""
    head = b""
    async with aclosing(parcel.blocks()) as blocks:
        async for block in blocks:
            head += block
            if len(head) >= HEADER:
                break
    return waives(Header.of(head))
