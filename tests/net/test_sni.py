"""Which certificate a client is shown: by the name it asks for, to whom, and that nobody else notices a proof under way."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
import uvloop
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from hawknest.net import acme, hello, tls
from hawknest.net.acme import Proof
from hawknest.net.link import BINDINGS
from hawknest.net.listen import bind, serving
from hawknest.net.tls import Certificate, Settings, Shown

CA = trustme.CA()


def made(directory: Path, *names: str) -> Shown:
    one = CA.issue_cert(*names)
    chain = b"".join(blob.bytes() for blob in one.cert_chain_pems)
    return tls.shown(chain, one.private_key_pem.bytes(), directory)


def table(directory: Path, settings: Settings | None = None) -> Certificate:
    """A server for mx.example.org that was given certificates for itself, for a domain, and for all names below another."""
    certificate = Certificate(settings or Settings(), directory / "tls", ["mx.example.org", "127.0.0.1"])
    certificate.give(
        [
            made(directory, "mx.example.org"),
            made(directory, "mta-sts.example.com", "mail.example.com"),
            made(directory, "*.example.net"),
        ]
    )
    return certificate


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("mx.example.org", "mx.example.org"),
        ("MX.example.ORG", "mx.example.org"),
        ("mail.example.com", "mail.example.com"),
        ("mta-sts.example.com", "mail.example.com"),
        ("anything.example.net", "*.example.net"),
        ("two.labels.example.net", "mx.example.org"),
        ("example.net", "mx.example.org"),
        ("stranger.example", "mx.example.org"),
        (None, "mx.example.org"),
    ],
)
def test_the_table(tmp_path: Path, asked: str | None, shown: str) -> None:
    assert shown in table(tmp_path).shown(asked).names


def test_files_go_first_for_their_names_and_where_there_is_no_better_one(tmp_path: Path) -> None:
    one = CA.issue_cert("mx.example.org", "www.example.org")
    one.private_key_pem.write_to_path(tmp_path / "key.pem")
    one.cert_chain_pems[0].write_to_path(tmp_path / "chain.pem")
    certificate = table(tmp_path, Settings(tmp_path / "chain.pem", tmp_path / "key.pem"))
    own = certificate.own
    assert (
        certificate.shown("mx.example.org")
        is certificate.shown(None)
        is certificate.shown("x.example")
        is own
    )
    assert certificate.shown("mail.example.com") is not own
    assert (certificate.self_signed, certificate.from_files) == (False, True)


def test_self_signed_until_there_is_a_better_one(tmp_path: Path) -> None:
    certificate = Certificate(Settings(), tmp_path, ["mx.example.org"])
    assert certificate.self_signed
    certificate.give([made(tmp_path, "mail.example.com")])
    assert certificate.self_signed  # what the host's name is shown with
    certificate.give([made(tmp_path, "mx.example.org")])
    assert not certificate.self_signed


def test_nothing_secret_is_left_on_the_disk(tmp_path: Path) -> None:
    table(tmp_path)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        "self-signed.key",
        "self-signed.pem",
    }


async def seen(
    port: int, name: str | None, *, alpn: tuple[str, ...] = (), slices: int = 0
) -> tuple[bytes, str | None]:
    """The certificate that a client is shown, and the protocol agreed on; with `slices` it speaks haltingly."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                octets = outgoing.read()
                step = max(1, len(octets) // slices) if slices else max(1, len(octets))
                for start in range(0, len(octets), step):
                    writer.write(octets[start : start + step])
                    await writer.drain()
                    await asyncio.sleep(0.005 if slices else 0)
                block = await asyncio.wait_for(reader.read(65536), 10)
                if not block:
                    raise ConnectionResetError from None
                incoming.write(block)
        der = client.getpeercert(binary_form=True)
        assert der is not None
        return der, client.selected_alpn_protocol()
    finally:
        writer.close()


@asynccontextmanager
async def listening(certificate: Certificate) -> AsyncIterator[int]:
    sock = bind("127.0.0.1", 0)
    async with serving(sock, asyncio.Protocol, certificate.context):
        yield sock.getsockname()[1]


def names(der: bytes) -> set[str]:
    return set(tls.names_of(x509.load_der_x509_certificate(der)))


async def test_what_listeners_show(tmp_path: Path) -> None:
    certificate = table(tmp_path)
    async with listening(certificate) as port:
        assert names((await seen(port, "mail.example.com"))[0]) == {"mta-sts.example.com", "mail.example.com"}
        assert names((await seen(port, None))[0]) == {"mx.example.org"}
        certificate.give([made(tmp_path, "mx.example.org", "second.example.org")])
        assert names((await seen(port, "mail.example.com"))[0]) == {"mx.example.org", "second.example.org"}


async def proof_and_others(directory: Path) -> None:
    certificate = table(directory)
    proof = Proof(acme.TLS, "mx.example.org", "t" * 22, f"{'t' * 22}.thumbprint")
    shown = tls.shown(*acme.proof_certificate(proof), directory, "acme-tls/1")
    async with listening(certificate) as port:
        certificate.prove({proof.name: shown.context})
        for slices in (0, 7):
            der, agreed = await seen(port, proof.name, alpn=("acme-tls/1",), slices=slices)
            assert agreed == "acme-tls/1"
            found = x509.load_der_x509_certificate(der)
            told = found.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31"))
            assert told.critical
            for alpn in (
                (),
                ("http/1.1",),
                ("h2", "acme-tls/1"),
            ):  # a proof is asked for by who offers nothing else
                der, _ = await seen(port, proof.name, alpn=alpn, slices=slices)
                assert told not in x509.load_der_x509_certificate(der).extensions
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await seen(port, "mail.example.com", alpn=("acme-tls/1",))  # that name is not to be proved
        certificate.prove({})
        der, agreed = await seen(port, proof.name, alpn=("acme-tls/1",))
        assert (names(der), agreed) == ({"mx.example.org"}, None)


def test_a_proof_is_shown_to_who_asks_for_it_and_to_nobody_else(tmp_path: Path) -> None:
    asyncio.run(proof_and_others(tmp_path))
    uvloop.run(proof_and_others(tmp_path))


def test_channel_bindings_last_as_long_as_their_connections(tmp_path: Path) -> None:
    certificate = table(tmp_path)
    context = certificate.shown("mx.example.org").context  # a connection holds it
    certificate.give([])
    assert BINDINGS[context]


def client_hello(*alpn: str) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="mx.example.org")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("alpn", [(), ("acme-tls/1",), ("h2", "http/1.1")])
def test_what_a_client_offers(alpn: tuple[str, ...]) -> None:
    octets = client_hello(*alpn)
    for end in range(len(octets)):
        assert hello.protocols(octets[:end]) is None
    assert hello.protocols(octets) == tuple(name.encode() for name in alpn)
    body = octets[5:]  # the same in records of seven octets
    records = [body[at : at + 7] for at in range(0, len(body), 7)]
    cut = b"".join(octets[:3] + len(part).to_bytes(2) + part for part in records)
    assert hello.protocols(cut) == tuple(name.encode() for name in alpn)


@given(st.binary(max_size=600), st.integers(0, 400), st.integers(0, 255))
def test_octets_of_any_kind(octets: bytes, at: int, value: int) -> None:
    hello.protocols(octets)
    hello.protocols(b"\x16\x03\x01" + len(octets).to_bytes(2) + octets)
    bent = bytearray(HELLO)
    bent[at % len(bent)] = value
    hello.protocols(bytes(bent))


HELLO = client_hello("acme-tls/1", "h2")


def test_tlsa_is_of_the_key_and_not_of_the_certificate(tmp_path: Path) -> None:
    key = acme.new_key()
    pins: set[str] = set()
    for days in (1, 2):
        certificate = _self_made(key, days)
        pins.add(tls.tlsa(certificate).hex())
    assert pins == {tls.pin(acme.read_key(key).public_key()).hex()}


def _self_made(key: bytes, days: int) -> bytes:
    name = x509.Name([])
    private, now = acme.read_key(key), dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=days))
        .sign(private, tls.hashes.SHA256())
        .public_bytes(tls.serialization.Encoding.DER)
    )
