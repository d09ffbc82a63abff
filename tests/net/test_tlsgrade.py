"""How strong TLS is: what a context takes, and what two of them agree on."""

import ssl
from contextlib import suppress

import pytest
import trustme

from hawknest.net import tlsgrade

CERTIFICATE = trustme.CA().issue_cert("mx.example", key_type=trustme.KeyType.RSA)


def server(ciphers: str = "", *, strong: bool = True) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CERTIFICATE.configure_cert(context)
    if strong:
        tlsgrade.of_a_server(context)
    else:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context


def client(*, demanded: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    tlsgrade.of_a_client(context, demanded=demanded)
    return context


def agreed(one: ssl.SSLContext, other: ssl.SSLContext) -> str | None:
    """The version and cipher that a client and a server agree on."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = one.wrap_bio(back, there, server_hostname="mx.example")
    theirs = other.wrap_bio(there, back, server_side=True)
    for _ in range(4):
        for side in (ours, theirs):
            with suppress(ssl.SSLWantReadError):
                try:
                    side.do_handshake()
                except ssl.SSLError as error:
                    if not isinstance(error, ssl.SSLWantReadError):
                        return None
                    raise
    cipher = ours.cipher()
    return f"{ours.version()} {cipher[0]}" if cipher else None


@pytest.mark.parametrize("demanded", [True, False])
def test_with_each_other(demanded: bool) -> None:
    assert (agreed(client(demanded=demanded), server()) or "").startswith("TLSv1.3 ")


def test_a_listener_takes_ephemeral_keys_and_authenticated_encryption_alone() -> None:
    for cipher in server().get_ciphers():
        assert cipher["protocol"] in {"TLSv1.2", "TLSv1.3"}
        assert cipher["aead"]
        assert cipher["kea"] in {"kx-any", "kx-ecdhe"}


@pytest.mark.parametrize("cipher", ["ECDHE+AES256:!AESGCM", "AES128-GCM-SHA256"])
def test_an_old_server_is_met_where_nothing_is_demanded(cipher: str) -> None:
    old = server(cipher, strong=False)
    assert (agreed(client(demanded=False), old) or "").startswith("TLSv1.2 ")
    assert agreed(client(demanded=True), old) is None


@pytest.mark.parametrize("cipher", ["aNULL:@SECLEVEL=0", "eNULL:@SECLEVEL=0", "PSK"])
def test_what_is_no_protection_is_taken_from_nobody(cipher: str) -> None:
    assert agreed(client(demanded=False), server(cipher, strong=False)) is None
