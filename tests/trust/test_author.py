"""Whose letter it says it is: named only where every program must come to the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.trust.author import Author, Fault, author

NAMED = {
    "From: mia@bank.example": "bank.example",
    "From: Mia <mia@bank.example>": "bank.example",
    'From: "x@bank.example" <mia@evil.example>': "evil.example",
    "From: mia@bank.example <mia@evil.example>": "evil.example",
    "From: (mia@bank.example) <mia@evil.example>": "evil.example",
    "From: =?utf-8?q?mia=40bank.example?= <mia@evil.example>": "evil.example",
    "From:\r\n mia@bank.example": "bank.example",
    "From : mia@bank.example": "bank.example",
    "FROM: mia@BANK.example": "bank.example",
    "From: a@bank.example, b@bank.example": "bank.example",
    "From: Team: mia@bank.example;": "bank.example",
    "From: mia@bücher.example": "xn--bcher-kva.example",
    "From: mia@xn--bcher-kva.example": "xn--bcher-kva.example",
    "From: <@relay.example:mia@bank.example>": "bank.example",
}
FAULTY = {
    "": Fault.MISSING,
    "From:": Fault.MISSING,
    "From: nobody:;": Fault.MISSING,
    "X-From: mia@bank.example": Fault.MISSING,
    "Subject: x\r\n From: mia@bank.example": Fault.MISSING,
    "From: mia@bank.example\r\nFrom: mia@bank.example": Fault.SEVERAL_FIELDS,
    "From: mia@bank.example\r\nfrom : evil@evil.example": Fault.SEVERAL_FIELDS,
    "From: a@bank.example, b@evil.example": Fault.SEVERAL_DOMAINS,
    "From: <a@bank.example> <b@evil.example>": Fault.UNREADABLE,
    'From: "a@bank.example"@evil.example': Fault.UNREADABLE,
    "From: a@bank.example@evil.example": Fault.UNREADABLE,
    "From: a@bank.example\0": Fault.UNREADABLE,
    "From: a@bank.example\r": Fault.UNREADABLE,
    "From: a@bank.example\n <b@evil.example>": Fault.UNREADABLE,
    "From: a@[192.0.2.1]": Fault.UNREADABLE,
    "From: postmaster": Fault.UNREADABLE,
    "From: a@bank.example, nonsense": Fault.UNREADABLE,
    "From: a@bank.example.": Fault.UNREADABLE,
}


@pytest.mark.parametrize("header", NAMED)
def test_named(header: str) -> None:
    assert author(f"To: tom@example.org\r\n{header}\r\nSubject: x\r\n".encode()) == Author(NAMED[header])


@pytest.mark.parametrize("header", FAULTY)
def test_faulty(header: str) -> None:
    assert author(f"To: tom@example.org\r\n{header}\r\n".encode()) == Author("", FAULTY[header])


@given(st.binary(max_size=200))
def test_any_octets(octets: bytes) -> None:
    for header in (octets, b"From: " + octets):
        found = author(header)
        assert (found.fault is None) == bool(found.domain)
