"""Tokens instead of passwords: what is read as one, and how a refusal is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz import fuzz_sasl
from hawknest.wire.sasl import (
    MECHANISMS,
    Challenge,
    Refused,
    Success,
    TokenFault,
    TokenLookup,
    TokenUser,
)

TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="
GOOD = [
    # RFC 7628 §4.1
    (
        "OAUTHBEARER",
        f"n,a=user@example.com,\1host=server.example.com\1port=143\1auth=Bearer {TOKEN}\1\1",
        "user@example.com",
    ),
    ("OAUTHBEARER", f"n,a=user@example.com,\1auth=Bearer {TOKEN}\1\1", "user@example.com"),
    ("OAUTHBEARER", f"n,,\1auth=Bearer {TOKEN}\1\1", ""),  # the token says whose it is
    ("OAUTHBEARER", f"y,a=,\1auth=bearer   {TOKEN}\1\1", ""),
    ("OAUTHBEARER", f"n,a=a=2Cb=3Dc@x.example,\1auth=BEARER {TOKEN}\1\1", "a,b=c@x.example"),
    ("OAUTHBEARER", f"n,a=mie\u0301,\1auth=Bearer {TOKEN}\1\1", "mi\u00e9"),
    ("XOAUTH2", f"user=someuser@example.com\1auth=Bearer {TOKEN}\1\1", "someuser@example.com"),
    ("XOAUTH2", f"auth=Bearer {TOKEN}\1user=mia\1\1", "mia"),
]
#: What no RFC allows, in a message that is otherwise good.
BAD = [
    *("", "\1", "\1\1", "n,,", "n,,\1", "n,,\1\1", "nonsense", "user=mia\1\1", "n,a=mia\1auth=Bearer x\1\1"),
    "n,,\1auth=Bearer \1\1",
    "n,,\1auth=Basic bWlhOng=\1\1",
    "n,,\1auth=Bearer two words\1\1",
    "n,,\1auth=Bearer a=b\1\1",
    "n,,\1auth=Bearer x\1",  # the end is missing
    "n,,\1auth=Bearer x\1\1more",
    "n,,\1auth=Bearer x\1auth=Bearer y\1\1",
    "n,,\1a1=b\1auth=Bearer x\1\1",
    "n,,\1auth=Bearer x\1empty\1\1",
    "p=tls-unique,,\1auth=Bearer x\1\1",  # a channel binding, which these have none of
    "n,b=mia,\1auth=Bearer x\1\1",
]


@pytest.mark.parametrize(("mechanism", "message", "name"), GOOD)
@pytest.mark.parametrize("waits", [False, True])
def test_a_token_is_asked_about(mechanism: str, message: str, name: str, waits: bool) -> None:
    exchange = MECHANISMS[mechanism].begin(None if waits else message.encode(), b"")
    if waits:
        assert next(exchange) == Challenge(b"")
        assert exchange.send(message.encode()) == TokenLookup(TOKEN, name)
    else:
        assert next(exchange) == TokenLookup(TOKEN, name)
    with pytest.raises(StopIteration) as done:
        exchange.send(TokenUser("mia@example.org"))
    assert done.value.value == Success("mia@example.org")


FAULT = TokenFault("invalid_token", "mail", "https://login.example/.well-known/openid-configuration")


@pytest.mark.parametrize(
    ("mechanism", "fault", "told"),
    [
        (
            "OAUTHBEARER",
            FAULT,
            {"status": "invalid_token", "scope": "mail", "openid-configuration": FAULT.configuration},
        ),
        ("OAUTHBEARER", TokenFault("insufficient_scope"), {"status": "insufficient_scope"}),
        ("XOAUTH2", FAULT, {"status": "401", "schemes": "bearer", "scope": "mail"}),
        ("XOAUTH2", TokenFault("insufficient_scope"), {"status": "403", "schemes": "bearer"}),
    ],
)
@pytest.mark.parametrize("last", [b"\1", b"", b"whatever"])
def test_what_is_wrong_is_told_before_it_fails(
    mechanism: str, fault: TokenFault, told: dict[str, str], last: bytes
) -> None:
    message = next(message for name, message, _ in GOOD if name == mechanism)
    exchange = MECHANISMS[mechanism].begin(message.encode(), b"")
    next(exchange)
    challenge = exchange.send(fault)
    assert isinstance(challenge, Challenge)
    assert json.loads(challenge.data) == told
    with pytest.raises(Refused):
        exchange.send(last)


@pytest.mark.parametrize("message", BAD)
@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
def test_nobody_is_asked_about_nonsense(mechanism: str, message: str) -> None:
    exchange = MECHANISMS[mechanism].begin(message.encode(), b"")
    challenge = next(exchange)
    assert isinstance(challenge, Challenge)
    assert json.loads(challenge.data)["status"] in {"invalid_request", "400"}
    with pytest.raises(Refused):
        exchange.send(b"\1")


@given(st.lists(st.sampled_from([b"n,", b"a=", b",", b"\1", b"auth=", b"Bearer ", b"x", b"user=", b"\xff"])))
def test_pieces_in_any_order_never_break_it(pieces: list[bytes]) -> None:
    for mechanism in ("OAUTHBEARER", "XOAUTH2"):
        try:
            request = next(MECHANISMS[mechanism].begin(b"".join(pieces), b""))
        except Refused:
            continue
        assert isinstance(request, Challenge | TokenLookup)


@given(st.lists(st.sampled_from(fuzz_sasl.PIECES) | st.binary(max_size=3), max_size=20).map(b"".join))
def test_fuzz_target(octets: bytes) -> None:
    fuzz_sasl.fuzz(octets)


def test_a_token_is_not_shown() -> None:
    assert TOKEN not in repr(TokenLookup(TOKEN, "mia"))
