"""The client's side of SASL: what it chooses, what it says, and whom it does not believe."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawknest.wire.sasl import (
    MECHANISMS,
    Challenge,
    CramLookup,
    Refused,
    ScramLookup,
    ScramUser,
    Success,
    Verify,
    client,
    derive,
    scram,
)
from hawknest.wire.sasl.values import Answer, ClientExchange

NAME, PASSWORD = "mia", "pässwort, = und 秘密"


def answer(request: object) -> Answer:
    """What a house in which mia lives says to a mechanism's question."""
    match request:
        case Verify(username, password):
            return (username, password) == (NAME, PASSWORD)
        case ScramLookup(username, hash_name):
            salt = scram.fresh_salt()
            known = derive(PASSWORD, hash_name, salt) if username == NAME else scram.decoy(hash_name)
            return ScramUser(salt, (known,))
        case CramLookup(username):
            return PASSWORD.encode() if username == NAME else None
    raise AssertionError(request)


def converse(mechanism: str, name: str, password: str) -> Success:
    """Lead our client and our server through an exchange, as a protocol carries it."""
    row = next(row for row in client.CHOICES if row.name == mechanism)
    asking = row.begin(name, password)
    server = MECHANISMS[mechanism].begin(next(asking), b"")
    try:
        request = next(server)
        while True:
            if isinstance(request, Challenge):
                request = server.send(asking.send(request.data))
            else:
                request = server.send(answer(request))
    except StopIteration as done:
        success: Success = done.value
    if success.final:
        with pytest.raises(StopIteration):
            asking.send(success.final)
    client.agree(asking)
    return success


@pytest.mark.parametrize("mechanism", [row.name for row in client.CHOICES])
def test_client_and_server_agree(mechanism: str) -> None:
    assert converse(mechanism, NAME, PASSWORD).username == NAME


@pytest.mark.parametrize("mechanism", [row.name for row in client.CHOICES])
@pytest.mark.parametrize(("name", "password"), [("mia", "guess"), ("ghost", PASSWORD)])
def test_who_does_not_know_is_refused(mechanism: str, name: str, password: str) -> None:
    with pytest.raises(Refused, match="wrong name or password"):
        converse(mechanism, name, password)


def test_cram_md5_as_the_rfc_tells_it() -> None:
    """RFC 2195 §2."""
    asking = client.cram_md5("tim", "tanstaaftanstaaf")
    assert next(asking) is None
    said = asking.send(b"<1896.697170952@postoffice.reston.mci.net>")
    assert said == b"tim b913a602c7eda7a495b4e6e7334d3890"


def test_plain_as_the_rfc_tells_it() -> None:
    """RFC 4616 §4."""
    assert next(client.plain("tim", "tanstaaftanstaaf")) == b"\0tim\0tanstaaftanstaaf"


@pytest.mark.parametrize(
    ("offered", "private", "chosen"),
    [
        ("PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-1", True, "SCRAM-SHA-256"),
        ("PLAIN LOGIN SCRAM-SHA-1", False, "SCRAM-SHA-1"),
        ("LOGIN PLAIN CRAM-MD5", True, "PLAIN"),
        ("cram-md5 login", True, "LOGIN"),
        ("CRAM-MD5 GSSAPI", True, "CRAM-MD5"),
        ("PLAIN LOGIN CRAM-MD5", False, None),
        ("XOAUTH2 OAUTHBEARER NTLM", True, None),
        ("", True, None),
    ],
)
def test_the_best_that_is_safe_is_chosen(offered: str, private: bool, chosen: str | None) -> None:
    choice = client.choose(offered.split(), private=private)
    assert (choice.name if choice else None) == chosen


def begun() -> tuple[ClientExchange, bytes]:
    """A client of SCRAM-SHA-256 that has said its first word, and its nonce."""
    asking = scram.client("sha256", NAME, PASSWORD)
    return asking, (next(asking) or b"").partition(b"r=")[2]


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        b"r=%bx,s=c2FsdA==,i=1",  # so few that the answer could be undone
        b"r=%bx,s=c2FsdA==,i=9999999",  # so many that we would do nothing else
        b"r=%b,s=c2FsdA==,i=4096",  # nothing added
        b"r=other,s=c2FsdA==,i=4096",
        b"r=%bx,s=!,i=4096",
        b"m=x,r=%bx,s=c2FsdA==,i=4096",
        b"\xff",
    ],
)
def test_a_server_that_asks_for_nonsense_is_refused(challenge: bytes) -> None:
    asking, nonce = begun()
    with pytest.raises(Refused):
        asking.send(challenge.replace(b"%b", nonce))


@pytest.mark.parametrize("proof", [b"", b"v=", b"v=" + base64.b64encode(b"x" * 32), b"e=other-error"])
def test_a_server_that_does_not_know_the_password_is_not_believed(proof: bytes) -> None:
    asking, nonce = begun()
    asking.send(b"r=" + nonce + b"x,s=c2FsdA==,i=4096")
    with pytest.raises(Refused, match="does not know"):
        asking.send(proof)


def test_a_yes_before_the_proof_is_not_believed() -> None:
    asking, nonce = begun()
    asking.send(b"r=" + nonce + b"x,s=c2FsdA==,i=4096")
    with pytest.raises(Refused):
        client.agree(asking)
    with pytest.raises(Refused):
        client.agree(begun()[0])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(client.CHOICES), st.lists(st.binary(max_size=60), max_size=4))
def test_any_challenges(row: client.Choice, challenges: list[bytes]) -> None:
    """Whatever a server says, the client answers, ends or refuses, and its password does not come out of SCRAM."""
    asking = row.begin(NAME, "sesame street 9")
    said = next(asking) or b""
    with suppress(StopIteration, Refused):
        for challenge in challenges:
            said += asking.send(challenge) or b""
    assert row.private or b"sesame" not in said
