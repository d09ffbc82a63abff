"""Certificates and TLS contexts: from files, else self-signed; replaced in a running server without a restart.

A `Certificate` owns one server context. Reloading makes a new context and lets the old one go; connections that are
under way keep theirs. How strong TLS is stands in `net.tlsgrade`; keys are ECDSA P-256: a handshake costs half of RSA's.
"""

import contextlib
import datetime as dt
import fcntl
import ipaddress
import os
import ssl
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hawknest.net import tlsgrade
from hawknest.net.link import BINDINGS, server_end_point

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


class Certificate:
    """The server's certificate: `context` is the one to use now."""

    def __init__(self, settings: Settings, directory: Path, names: Iterable[str]) -> None:
        self._settings = settings
        self._directory = directory
        self._names = list(names)
        self.context = self._load()

    def reload(self, settings: Settings) -> None:
        """Read the files again, or others; the old certificate stays in use where that fails.

        Raises TlsError.
        """
        old_settings, self._settings = self._settings, settings
        try:
            fresh = self._load()
        except TlsError:
            self._settings = old_settings
            raise
        BINDINGS.pop(self.context, None)
        self.context = fresh

    @property
    def self_signed(self) -> bool:
        """Whether nobody but ourselves vouches for it."""
        return self._settings.certificate is None

    def _load(self) -> ssl.SSLContext:
        chain, key = self._settings.certificate, self._settings.key
        if chain is None:
            chain, key = self_signed(self._directory, self._names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tlsgrade.of_a_server(context)
        try:
            context.load_cert_chain(chain, key)
            first = x509.load_pem_x509_certificates(chain.read_bytes())[0]
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise TlsError(
                f"cannot use the certificate {chain} with the key {key or chain}: {error}"
            ) from error
        BINDINGS[context] = server_end_point(first.public_bytes(serialization.Encoding.DER))
        return context


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
