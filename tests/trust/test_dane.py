"""DANE's records and certificates: which count, and which match. RFC 7671, RFC 7672."""

import datetime as dt
import hashlib
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from hawknest.dns import Tlsa
from hawknest.trust import dane

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
HOST = "mx.example.test"


@dataclass
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def make(
    name: str, issuer: Made | None = None, *, ca: bool = False, names: tuple[str, ...] = (), days: int = 30
) -> Made:
    """Make a certificate that another one vouches for, or it itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=60))
        .not_valid_after(NOW + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False
        )
    return Made(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


ROOT = make("root", ca=True)
MIDDLE = make("middle", ROOT, ca=True)
LEAF = make("leaf", MIDDLE, names=(HOST,))
OTHER = make("other", MIDDLE, names=("mx.elsewhere.test",))
EXPIRED = make("expired", MIDDLE, names=(HOST,), days=-1)
ALONE = make("alone", names=("nobody.test",), days=-1)  # self-signed, of another name, expired
STRANGER = make("root", ca=True)  # the same name, another key


def tlsa(usage: int, selector: int, matching: int, made: Made) -> Tlsa:
    octets = made.spki if selector else made.der
    name = {1: "sha256", 2: "sha512"}.get(matching)
    return Tlsa(usage, selector, matching, hashlib.new(name, octets).digest() if name else octets)


EVERY = [(selector, matching) for selector in (0, 1) for matching in (0, 1, 2)]


@pytest.mark.parametrize(("selector", "matching"), EVERY)
def test_the_servers_own(selector: int, matching: int) -> None:
    """DANE-EE: whatever its names and dates (RFC 7672 §3.1.1)."""
    record = tlsa(3, selector, matching, ALONE)
    assert dane.usable([record]) == (record,)
    assert dane.prove([record], [ALONE.der], [HOST], NOW) is None
    assert dane.prove([record], [LEAF.der, MIDDLE.der], [HOST], NOW) is not None
    # It must be the server's own, not one that is shown beside it.
    assert dane.prove([record], [LEAF.der, ALONE.der], [HOST], NOW) is not None


@pytest.mark.parametrize(("selector", "matching"), EVERY)
@pytest.mark.parametrize("issuer", [ROOT, MIDDLE], ids=["root", "middle"])
def test_one_that_vouches(selector: int, matching: int, issuer: Made) -> None:
    """DANE-TA: the chain, the dates and the names count (RFC 7672 §3.1.2)."""
    record = tlsa(2, selector, matching, issuer)
    assert dane.usable([record]) == (record,)

    def result(leaf: Made, *names: str) -> str:
        found = dane.prove([record], [leaf.der, MIDDLE.der, ROOT.der], names, NOW)
        return found.result if found else ""

    assert not result(LEAF, HOST)
    assert not result(OTHER, HOST, "mx.elsewhere.test")
    assert result(OTHER, HOST) == dane.MISMATCH
    assert result(EXPIRED, HOST) == dane.EXPIRED
    assert result(ALONE, "nobody.test") == dane.EXPIRED
    assert result(make("leaf", STRANGER, names=(HOST,)), HOST) == dane.FAILED


def test_one_that_vouches_and_is_not_shown() -> None:
    """It must be in the chain, but for a whole certificate in the DNS (RFC 7671 §5.2.1)."""
    assert dane.prove([tlsa(2, 0, 1, ROOT)], [LEAF.der, MIDDLE.der], [HOST], NOW) is not None
    assert dane.prove([tlsa(2, 0, 0, ROOT)], [LEAF.der, MIDDLE.der], [HOST], NOW) is None


def test_one_that_may_not_vouch() -> None:
    leaf = make("leaf", LEAF, names=(HOST,))  # signed by a certificate that is no CA's
    assert dane.prove([tlsa(2, 0, 1, ROOT)], [leaf.der, LEAF.der, MIDDLE.der, ROOT.der], [HOST], NOW)


def test_any_record_will_do() -> None:
    """So keys can be changed: RFC 7671 §8.1."""
    records = [tlsa(3, 1, 1, ALONE), tlsa(3, 1, 1, LEAF), tlsa(2, 1, 1, STRANGER)]
    assert dane.prove(records, [LEAF.der], ["x.test"], NOW) is None


UNUSABLE = [
    pytest.param(Tlsa(0, 0, 1, bytes(32)), id="PKIX-TA"),
    pytest.param(Tlsa(1, 1, 1, bytes(32)), id="PKIX-EE"),
    pytest.param(Tlsa(4, 1, 1, bytes(32)), id="usage 4"),
    pytest.param(Tlsa(3, 2, 1, bytes(32)), id="selector 2"),
    pytest.param(Tlsa(3, 1, 3, bytes(32)), id="matching 3"),
    pytest.param(Tlsa(3, 1, 1, bytes(31)), id="short"),
    pytest.param(Tlsa(3, 1, 2, bytes(32)), id="sha512 of 32"),
    pytest.param(Tlsa(3, 1, 1, b""), id="empty"),
    pytest.param(Tlsa(2, 0, 0, b"no certificate"), id="no certificate"),
]


@pytest.mark.parametrize("record", UNUSABLE)
def test_unusable(record: Tlsa) -> None:
    good = tlsa(3, 1, 1, LEAF)
    assert dane.usable([record]) == ()
    assert dane.usable([record, good]) == (good,)


def test_only_the_strongest_digest() -> None:
    """A weaker digest does not help who cannot match the stronger one (RFC 7671 §9)."""
    weak, strong = tlsa(3, 1, 1, LEAF), tlsa(3, 1, 2, ALONE)
    exact, other = tlsa(3, 1, 0, LEAF), tlsa(3, 0, 1, LEAF)
    assert dane.usable([weak, strong, exact, other]) == (strong, exact, other)
    assert dane.prove(dane.usable([weak, strong]), [LEAF.der], [HOST], NOW) is not None


def test_text() -> None:
    assert dane.text([Tlsa(3, 1, 1, b"\xab"), Tlsa(2, 0, 1, b"\x01")]) == "2 0 1 01\n3 1 1 AB"


records = st.builds(Tlsa, st.integers(0, 255), st.integers(0, 4), st.integers(0, 4), st.binary(max_size=80))


@given(st.lists(records, max_size=40), st.lists(st.binary(max_size=60) | st.just(LEAF.der), max_size=4))
def test_whatever_comes_proves_nothing(found: list[Tlsa], chain: list[bytes]) -> None:
    assert dane.prove(dane.usable(found), chain, [HOST], NOW) is not None


@given(st.binary(min_size=1, max_size=8), st.integers(0))
def test_damaged_certificates(noise: bytes, at: int) -> None:
    at %= len(LEAF.der)
    damaged = LEAF.der[:at] + noise + LEAF.der[at + len(noise) :]
    if damaged != LEAF.der:
        assert dane.prove([tlsa(3, 0, 1, LEAF)], [damaged], [HOST], NOW) is not None
        dane.prove([tlsa(2, 0, 1, MIDDLE)], [damaged, MIDDLE.der], [HOST], NOW)
