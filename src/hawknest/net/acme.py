"""What is said between us and an authority that gives certificates by itself, as values. RFC 8555, RFC 8737, RFC 9773.

`net.acme_talk` is the conversation; it and the library under it are loaded only when an authority is asked.
"""

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LETSENCRYPT: Final = "https://acme-v02.api.letsencrypt.org/directory"
STAGING: Final = "https://acme-staging-v02.api.letsencrypt.org/directory"
#: The authorities that have a short name here.
KNOWN: Final = {"letsencrypt": LETSENCRYPT, "staging": STAGING}

HTTP: Final = "http-01"
TLS: Final = "tls-alpn-01"
DNS: Final = "dns-01"
KINDS: Final = (HTTP, TLS, DNS)

_PROOF: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")  # RFC 8737 §6.1
_DAY: Final = dt.timedelta(days=1)


class AcmeError(Exception):
    """There is no certificate: `kind` is the authority's word for why (RFC 8555 §6.7), or one of our own."""

    def __init__(self, kind: str, detail: str = "", names: tuple[str, ...] = (), wait: float = 0.0) -> None:
        """Keep what went wrong, with which names, and for how many seconds the authority wants to be left alone."""
        super().__init__(kind, detail)
        self.kind = _plain(kind)
        self.detail = _plain(detail)[:500]
        self.names = tuple(map(_plain, names))
        self.wait = wait

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else self.kind


def _plain(text: str) -> str:
    """What an authority says, without what could move a terminal's cursor."""
    return "".join(c if c.isprintable() else " " for c in text)


@dataclass(frozen=True, slots=True)
class Binding:
    """Who we are to an authority that knows its customers already (RFC 8555 §7.3.4)."""

    kid: str
    key: str = field(repr=False)  # base64url, as the authority gave it


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom to ask: the address of its directory, and what else is special about it."""

    url: str
    root: Path | None = (
        None  # who vouches for the authority's own certificate, in PEM; None: those of the Web
    )
    binding: Binding | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the authority wants to see at a name."""

    kind: str
    name: str
    token: str
    answer: str = field(repr=False)  # the key authorization, RFC 8555 §8.1

    @property
    def text(self) -> str:
        """What a TXT record of `_acme-challenge` says (RFC 8555 §8.4)."""
        return base64url(hashlib.sha256(self.answer.encode()).digest())


@dataclass(frozen=True, slots=True)
class Window:
    """When an authority would like a certificate to be renewed (RFC 9773 §4.1); times are in seconds since the epoch."""

    opens_at: float
    closes_at: float
    look_at: float  # when to ask again


def base64url(octets: bytes) -> str:
    """Write octets without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def new_key() -> bytes:
    """Make a private key in PEM: P-256, for a certificate or for an account."""
    return pem(ec.generate_private_key(ec.SECP256R1()))


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key down."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_key(text: bytes) -> ec.EllipticCurvePrivateKey:
    """Read a private key of ours. Raises ValueError."""
    key = serialization.load_pem_private_key(text, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key of a kind that is made here")  # noqa: TRY004 (the octets are wrong, not the type)
    return key


def request(key: bytes, names: tuple[str, ...]) -> bytes:
    """Write the request for a certificate, in PEM (RFC 8555 §7.4)."""
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(alternatives, critical=True)
        .sign(read_key(key), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def proof_certificate(proof: Proof) -> tuple[bytes, bytes]:
    """Make what is shown to who validates `tls-alpn-01`: certificate and key in PEM (RFC 8737 §3)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme")])
    now = dt.datetime.now(dt.UTC)
    digest = hashlib.sha256(proof.answer.encode()).digest()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(proof.name)]), critical=False)
        .add_extension(x509.UnrecognizedExtension(_PROOF, b"\x04\x20" + digest), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), pem(key)


def certificate_id(certificate: x509.Certificate) -> str:
    """Name a certificate as its authority does when renewal is meant (RFC 9773 §4.1). '' where it has no such name."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return ""
    serial = certificate.serial_number
    octets = serial.to_bytes(serial.bit_length() // 8 + 1)
    return f"{base64url(found.key_identifier)}.{base64url(octets)}" if found.key_identifier else ""
