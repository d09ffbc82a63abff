"""Certificates and TLS contexts: from files, by an authority, else self-signed; replaced in a running server without a restart.

All listeners share one context that has no certificate: when a client comes it says which name it asks for (RFC 6066 §3), and the
connection goes on in the context of the certificate for that name. So a new certificate is a new row of a table, and connections
that are under way keep what they have. How strong TLS is stands in `net.tlsgrade`; keys are ECDSA P-256: a handshake costs half of RSA's.
"""

import contextlib
import datetime as dt
import fcntl
import hashlib
import ipaddress
import os
import secrets
import ssl
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from hawknest.net import hello, tlsgrade
from hawknest.net.link import BINDINGS, server_end_point

ContextT = TypeVar("ContextT", bound=ssl.SSLContext)

PROOF: Final = b"acme-tls/1"  # RFC 8737 §6.2
SELF_SIGNED_DAYS: Final = 825  # Apple's programs refuse a longer life


class TlsError(Exception):
    """A certificate or key that cannot be used; the text says which file and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the certificate is.

    `certificate` and `key` are PEM files (chain first to last); both absent means: make a self-signed one.
    """

    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate that clients can be shown, with its key in a context."""

    context: ssl.SSLContext
    names: tuple[str, ...]  # lower case; `*.` stands for one label
    pin: str  # SHA-256 of its public key, in hexadecimal: what TLSA 3 1 1 says (RFC 6698 §2.1)
    begins_at: float  # seconds since the epoch
    ends_at: float


class Certificate:
    """The server's certificates. `context` is for every listener, and stays; which certificate a client is shown is chosen when it comes.

    Files of the owner's go before what an authority gave (`give`), and that before the self-signed one. A client that asks for
    a name that no certificate has, or for none, is shown the host's.
    """

    def __init__(self, settings: Settings, directory: Path, names: Iterable[str]) -> None:
        self._settings = settings
        self._directory = directory
        self._names = list(names)
        self._own = self._load()
        self._given: dict[str, Shown] = {}
        self._proofs: Mapping[str, ssl.SSLContext] = {}
        self.context: ssl.SSLContext = _Front(self._choose, lambda: bool(self._proofs))

    def reload(self, settings: Settings) -> None:
        """Read the files again, or others; the old certificate stays in use where that fails.

        Raises TlsError.
        """
        old_settings, self._settings = self._settings, settings
        try:
            self._own = self._load()
        except TlsError:
            self._settings = old_settings
            raise

    def give(self, shown: Iterable[Shown]) -> None:
        """Show these, too, from now on, and no others that were given before; connections under way keep theirs."""
        self._given = {name: one for one in shown for name in one.names}

    def prove(self, proofs: Mapping[str, ssl.SSLContext]) -> None:
        """Show these, by name, to who offers nothing but `acme-tls/1` (RFC 8737 §3), and to nobody else."""
        self._proofs = proofs

    def shown(self, name: str | None = None) -> Shown:
        """Tell which certificate a client is shown that asks for a name; None: the host's."""
        wanted = (name or "").lower().removesuffix(".")
        if self.from_files and _covers(self._own, wanted):
            return self._own
        wild = f"*.{wanted.partition('.')[2]}"
        if (found := self._given.get(wanted) or self._given.get(wild)) is not None:
            return found
        return self._own if self.from_files else self._given.get(self._names[0].lower(), self._own)

    @property
    def own(self) -> Shown:
        """The certificate of the owner's files, else the self-signed one."""
        return self._own

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names of the owner's own certificate; none where there is none."""
        return self._own.names if self.from_files else ()

    @property
    def from_files(self) -> bool:
        """Whether the owner has named files."""
        return self._settings.certificate is not None

    @property
    def self_signed(self) -> bool:
        """Whether nobody but ourselves vouches for the host's."""
        return self.shown() is self._own and not self.from_files

    def _choose(self, name: str | None, *, proving: bool) -> ssl.SSLContext | None:
        if proving:
            return self._proofs.get((name or "").lower())
        return self.shown(name).context

    def _load(self) -> Shown:
        chain, key = self._settings.certificate, self._settings.key
        if chain is None:
            chain, key = self_signed(self._directory, self._names)
        try:
            return _shown(chain, key, None, chain.read_bytes())
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise TlsError(
                f"cannot use the certificate {chain} with the key {key or chain}: {error}"
            ) from error


def server_context() -> ssl.SSLContext:
    """Make a context for the server's side, without a certificate."""
    return _server(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))


def _server(context: ContextT) -> ContextT:
    tlsgrade.of_a_server(context)
    return context


def shown(chain: bytes, key: bytes, directory: Path, protocol: str = "") -> Shown:
    """Make a certificate, with its chain in PEM and its key, into one that can be shown; `protocol` is agreed on by ALPN.

    TLS takes them from files alone. So they are in `directory` for a moment, the key encrypted with a password that is
    nowhere else. Raises TlsError.
    """
    try:
        password = secrets.token_bytes(16)
        private = serialization.load_pem_private_key(key, None)
        hidden = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password),
        )
        with tempfile.NamedTemporaryFile(dir=directory, prefix="passing-") as file:
            file.write(chain + b"\n" + hidden)
            file.flush()
            return _shown(Path(file.name), None, password, chain, protocol)
    except (OSError, ValueError) as error:
        raise TlsError(f"this certificate cannot be used with its key: {error}") from error


def _shown(chain: Path, key: Path | None, password: bytes | None, octets: bytes, protocol: str = "") -> Shown:
    context = server_context()
    context.load_cert_chain(chain, key, password)
    if protocol:
        context.set_alpn_protocols([protocol])
    first = x509.load_pem_x509_certificates(octets)[0]
    der = first.public_bytes(serialization.Encoding.DER)
    BINDINGS[context] = server_end_point(der)
    return Shown(
        context,
        tuple(name.lower() for name in names_of(first)),
        tlsa(der).hex(),
        first.not_valid_before_utc.timestamp(),
        first.not_valid_after_utc.timestamp(),
    )


def names_of(certificate: x509.Certificate) -> list[str]:
    """List the host names in a certificate (RFC 5280 §4.2.1.6)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.DNSName)


def _covers(shown: Shown, name: str) -> bool:
    return name in shown.names or f"*.{name.partition('.')[2]}" in shown.names


def tlsa(certificate: bytes) -> bytes:
    """Compute what a TLSA record 3 1 1 says of a certificate in DER: SHA-256 of its public key (RFC 6698 §2.1, RFC 7671 §5.1)."""
    return pin(x509.load_der_x509_certificate(certificate).public_key())


def pin(key: CertificatePublicKeyTypes) -> bytes:
    """Compute the same of a public key that has no certificate yet."""
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


class _Handshake(ssl.SSLObject):
    """A connection whose first octets are read twice while an authority may come to look: by us, and by TLS."""

    incoming: ssl.MemoryBIO | None = None
    heard: bytes = b""
    proving: bool = False

    def do_handshake(self) -> None:
        """Go on with the handshake."""
        if self.incoming is not None and self.incoming.pending:
            fresh = self.incoming.read()
            self.incoming.write(fresh)
            self.heard += fresh
            if (offered := hello.protocols(self.heard)) is not None:
                self.proving = offered == (PROOF,)
                self.incoming, self.heard = None, b""
        super().do_handshake()


class _Front(ssl.SSLContext):
    """The context of all listeners: it has no certificate and becomes the one that has, when the name is known."""

    sslobject_class = _Handshake
    choose: "_Choice"
    waiting: Callable[[], bool]

    def __new__(cls, choose: "_Choice", waiting: Callable[[], bool]) -> Self:
        made = _server(super().__new__(cls, ssl.PROTOCOL_TLS_SERVER))
        made.choose, made.waiting = choose, waiting
        made.sni_callback = _turn
        return made

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begin a connection."""
        made = super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        if isinstance(made, _Handshake) and self.waiting():
            made.incoming = incoming
        return made


class _Choice(Protocol):
    def __call__(self, name: str | None, *, proving: bool) -> ssl.SSLContext | None: ...


def _turn(connection: ssl.SSLObject, name: str | None, front: ssl.SSLContext) -> int | None:
    assert isinstance(front, _Front)
    proving = isinstance(connection, _Handshake) and connection.proving
    chosen = front.choose(name, proving=proving)
    if chosen is None:
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    connection.context = chosen
    return None


def self_signed(directory: Path, names: Iterable[str]) -> tuple[Path, Path]:
    """Find, or make, a self-signed certificate for these host names and addresses.

    Returns the files of the certificate and of its key (readable by the owner alone). One that ends within 30 days is
    made anew. Raises TlsError.
    """
    chain, key = directory / "self-signed.pem", directory / "self-signed.key"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(
            directory
        ):  # who starts at the same time must not mix one's key with another's certificate
            if not (chain.exists() and key.exists() and _days_left(chain) > 30):
                _make(chain, key, names)
    except OSError as error:
        raise TlsError(f"cannot keep a certificate in {directory}: {error.strerror}") from error
    return chain, key


def _make(chain: Path, key: Path, names: Iterable[str]) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    alternatives = [_general_name(name) for name in dict.fromkeys(names)] or [x509.DNSName("localhost")]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(alternatives[0].value)[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=SELF_SIGNED_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, secret, 0o600)
    _write(chain, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def client_context(*, verify: bool) -> ssl.SSLContext:
    """Make the context for connections to other servers.

    Opportunistic TLS (RFC 7435) does not verify: a stranger's self-signed certificate is better than the clear.
    """
    context = ssl.create_default_context()
    tlsgrade.of_a_client(context, demanded=verify)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.contextmanager
def _locked(directory: Path) -> Generator[None]:
    """Keep all other processes out of a directory's care while the block lasts."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _days_left(chain: Path) -> float:
    try:
        end = x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return 0.0
    return (end - dt.datetime.now(dt.UTC)).total_seconds() / 86400


def _general_name(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write a file whole or not at all, never readable by more than `mode` says."""
    partial = path.with_suffix(path.suffix + ".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
