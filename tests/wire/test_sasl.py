"""SASL: the RFCs' own examples, client against server, and every tampering refused."""

import base64
import hmac
import secrets as secret_words

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawknest.wire.sasl import (
    MECHANISMS,
    Challenge,
    CramLookup,
    Refused,
    Salt,
    ScramLookup,
    ScramUser,
    Success,
    TokenLookup,
    Verify,
    derive,
    offered,
    scram,
)
from hawknest.wire.sasl.prep import prepared

VECTORS = {
    # RFC 7677 §3
    "sha256": (
        "W22ZaJ0SNY7soEsUEjb6gQ==",
        "rOprNGfwEbeRWgbNEkqO",
        "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
    # RFC 5802 §5
    "sha1": (
        "QSXCR+Q6sek8bf92",
        "fyko+d2lbbFgONRv9qkxdawL",
        "3rfcNHYJY1ZVvWVs7j",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_scram_as_the_rfc_tells_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    salt, client_nonce, server_nonce, final, verifier = VECTORS[name]
    monkeypatch.setattr(scram.secrets, "token_urlsafe", lambda _: server_nonce)
    known = Salt(base64.b64decode(salt), 4096)
    user = ScramUser(known, (derive("pencil", name, known),))
    exchange = scram.server(name, plus=False, initial=f"n,,n=user,r={client_nonce}".encode(), binding=b"")
    assert next(exchange) == ScramLookup("user", name)
    challenge = exchange.send(user)
    assert challenge == Challenge(f"r={client_nonce}{server_nonce},s={salt},i=4096".encode())
    with pytest.raises(StopIteration) as done:
        exchange.send(final.encode())
    assert done.value.value == Success("user", verifier.encode())


def user_of(name: str, *passwords: str | None, iterations: int = 4096) -> ScramUser:
    """A user of some passwords; None is a place where there is none."""
    salt = Salt(secret_words.token_bytes(16), iterations)
    return ScramUser(
        salt, tuple(scram.decoy(name) if one is None else derive(one, name, salt) for one in passwords)
    )


def login(
    name: str, password: str, real: str, *, tamper=lambda n, octets: octets, binding: bytes = b""
) -> Success:
    """Lead client and server to the end; `tamper` may change each message of the client."""
    client = scram.client(name, "mia", password)
    server = scram.server(name, plus=False, initial=tamper(0, next(client)), binding=binding)
    assert isinstance(next(server), ScramLookup)
    challenge = server.send(user_of(name, real))
    assert isinstance(challenge, Challenge)
    try:
        server.send(tamper(1, client.send(challenge.data)))
    except StopIteration as done:
        success = done.value
        with pytest.raises(StopIteration):
            client.send(success.final)
        return success
    raise AssertionError("the server wants more")


@pytest.mark.parametrize("password", ["pencil", "パスワード秘密", "x" * 128, "with space", "e\u0301cole"])
@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_client_and_server_agree(name: str, password: str) -> None:
    assert login(name, password, password).username == "mia"


def test_composed_and_decomposed_are_one_password() -> None:
    assert login("sha256", "e\u0301", "\u00e9").username == "mia"


@pytest.mark.parametrize("password", ["pencil ", "Pencil", "x" * 127])
def test_another_password_is_refused(password: str) -> None:
    with pytest.raises(Refused):
        login("sha256", password, "pencil" if password != "x" * 127 else "x" * 128)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1), st.integers(0, 200), st.integers(1, 255))
def test_every_changed_octet_is_refused(message: int, place: int, change: int) -> None:
    def tamper(number: int, octets: bytes) -> bytes:
        if number != message:
            return octets
        at = place % len(octets)
        return octets[:at] + bytes([octets[at] ^ change]) + octets[at + 1 :]

    with pytest.raises((Refused, AssertionError)):
        login("sha256", "pencil", "pencil", tamper=tamper)


def plus(first: str, binding: bytes, *, said: bytes, mechanism_plus: bool = True) -> Success:
    """Log in with a channel binding that the client says is `said`."""
    nonce = secret_words.token_urlsafe(12)
    bare = f"n=mia,r={nonce}"
    server = scram.server("sha256", plus=mechanism_plus, initial=(first + bare).encode(), binding=binding)
    next(server)
    challenge = server.send(user_of("sha256", "pencil", iterations=64)).data.decode()  # type: ignore[union-attr]
    fields = dict(part.split("=", 1) for part in challenge.split(","))
    import hashlib

    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", base64.b64decode(fields["s"]), 64)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    channel = base64.b64encode(first.encode() + said).decode()
    without = f"c={channel},r={fields['r']}"
    signature = hmac.digest(
        hashlib.sha256(client_key).digest(), f"{bare},{challenge},{without}".encode(), "sha256"
    )
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature, strict=True))).decode()
    with pytest.raises(StopIteration) as done:
        server.send(f"{without},p={proof}".encode())
    return done.value.value


def test_plus_needs_the_same_tls_on_both_ends() -> None:
    header = "p=tls-server-end-point,,"
    assert plus(header, b"certificate", said=b"certificate").username == "mia"
    for wrong in (b"", b"certificatf", b"another"):
        with pytest.raises(Refused):
            plus(header, b"certificate", said=wrong)
    with pytest.raises(Refused, match="binding"):
        plus("p=tls-unique,,", b"certificate", said=b"certificate")
    with pytest.raises(Refused, match="PLUS"):
        plus("n,,", b"certificate", said=b"")


def test_a_client_that_was_told_that_we_cannot_bind_was_lied_to() -> None:
    with pytest.raises(Refused, match="does support"):
        plus("y,,", b"certificate", said=b"", mechanism_plus=False)
    assert plus("y,,", b"", said=b"", mechanism_plus=False).username == "mia"


def test_the_authorization_identity_is_compared_as_names_are() -> None:
    for authzid in ("mi\u00e9", "mie\u0301"):
        server = scram.server(
            "sha256", plus=False, initial=f"n,a={authzid},n=mie\u0301,r=abcdef".encode(), binding=b""
        )
        assert next(server) == ScramLookup("mi\u00e9", "sha256")
    server = scram.server("sha256", plus=False, initial=b"n,a=tom,n=mia,r=abcdef", binding=b"")
    with pytest.raises(Refused, match="somebody else"):
        next(server)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.sampled_from(["one", "two", "three"])), min_size=1, max_size=21, unique=True
    ),
    st.sampled_from(["one", "two", "three", "four"]),
    st.sampled_from(["sha1", "sha256"]),
)
def test_the_proof_is_tried_with_every_password(passwords: list[str | None], typed: str, name: str) -> None:
    client = scram.client(name, "mia", typed)
    server = scram.server(name, plus=False, initial=next(client), binding=b"")
    next(server)
    challenge = server.send(user_of(name, *passwords))
    assert isinstance(challenge, Challenge)
    final = client.send(challenge.data)
    assert final
    if typed not in passwords:
        with pytest.raises(Refused, match="wrong name or password"):
            server.send(final)
        return
    with pytest.raises(StopIteration) as done:
        server.send(final)
    assert done.value.value.place == passwords.index(typed)
    with pytest.raises(StopIteration):
        client.send(done.value.value.final)  # the server proved that it knows this very password


@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_decoys_fit_nothing_and_look_like_keys(name: str) -> None:
    fake, real = scram.decoy(name), derive("pencil", name, scram.fresh_salt())
    assert len(fake.stored_key) == len(real.stored_key)
    assert len(fake.server_key) == len(real.server_key)
    assert scram.decoy(name) != fake


@pytest.mark.parametrize(
    ("initial", "outcome"),
    [
        (b"\0tim\0tanstaaftanstaaf", Verify("tim", "tanstaaftanstaaf")),  # RFC 4616 §4
        (b"tim\0tim\0x", Verify("tim", "x")),
        (b"Ursel\0Kurt\0xipj3plmq", None),  # RFC 4616 §4: acting as somebody else, which we do not allow
        (b"\0tim\0", None),
        (b"\0\0x", None),
        (b"tim\0x", None),
        (b"\0a\0b\0c", None),
        (b"\0tim\0\xff", None),
        (b"\0tim\0a\x01b", None),
        (b"\0tim\0" + b"x" * 1025, None),
    ],
)
def test_plain(initial: bytes, outcome: Verify | None) -> None:
    exchange = MECHANISMS["PLAIN"].begin(initial, b"")
    if outcome is None:
        with pytest.raises(Refused):
            next(exchange)
        return
    assert next(exchange) == outcome
    with pytest.raises(Refused):
        exchange.send(False)


def test_cram_md5_as_the_rfc_tells_it() -> None:
    """RFC 2195 §2: the digest is keyed with the secret; we only choose our own challenge."""
    exchange = MECHANISMS["CRAM-MD5"].begin(None, b"")
    challenge = next(exchange)
    assert isinstance(challenge, Challenge)
    digest = hmac.digest(b"tanstaaftanstaaf", challenge.data, "md5").hex()
    assert exchange.send(f"tim {digest}".encode()) == CramLookup("tim")
    with pytest.raises(StopIteration) as done:
        exchange.send(b"tanstaaftanstaaf")
    assert done.value.value.username == "tim"


def test_the_table_offers_what_is_safe() -> None:
    assert offered(private=True, binding=True, cram_md5=False)[0] == "SCRAM-SHA-256-PLUS"
    assert "PLAIN" not in offered(private=False, binding=False, cram_md5=False)
    assert "SCRAM-SHA-256-PLUS" not in offered(private=True, binding=False, cram_md5=False)
    assert ("CRAM-MD5" in offered(private=True, binding=False, cram_md5=True)) is True
    assert "CRAM-MD5" not in offered(private=True, binding=True, cram_md5=False)
    tokens = {"OAUTHBEARER", "XOAUTH2"}
    assert not tokens & set(offered(private=True, binding=True, cram_md5=True))
    assert tokens <= set(offered(private=True, binding=False, cram_md5=False, token=True))
    assert not tokens & set(offered(private=False, binding=False, cram_md5=False, token=True))


@given(st.binary(max_size=80), st.sampled_from(sorted(MECHANISMS)))
def test_any_first_octets_are_a_request_or_a_refusal(octets: bytes, name: str) -> None:
    try:
        request = next(MECHANISMS[name].begin(octets, b"binding"))
    except Refused:
        return
    assert isinstance(request, Challenge | Verify | ScramLookup | CramLookup | TokenLookup)


def test_passwords_are_not_shown() -> None:
    assert "sesame" not in repr(Verify("mia", "sesame"))
    with pytest.raises(Refused):
        prepared("")
