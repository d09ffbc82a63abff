"""Authentication-Results: what is written can be read by others, and nothing that claims to be ours stays."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.authres import LINE, Method, claimed, read, without, write

HOST = "mail.example.org"
OURS = [
    b"Authentication-Results: mail.example.org; none\r\n",
    b"authentication-results:mail.example.org;none\r\n",
    b"Authentication-Results : MAIL.Example.ORG ; dmarc=pass\r\n",
    b"Authentication-Results:\r\n mail.example.org 1; dkim=pass\r\n",
    b'Authentication-Results: "mail.example.org"; spf=pass\r\n',
    b'Authentication-Results: "mail.\\example.org"; spf=pass\r\n',
    b"Authentication-Results: (a (nested) \\) comment) mail.example.org (b); spf=pass\r\n\tsmtp.mailfrom=x\r\n",
    b"Authentication-Results: mail.example.org.; none\r\n",
    b"Authentication-Results: mail.example.org\r\n",
    b"AUTHENTICATION-RESULTS: mail.example.org;\r\n dkim=pass\r\n dmarc=pass\n",
]
OTHERS = [
    b"Authentication-Results: mail.example.net; none\r\n",
    b"Authentication-Results: mail.example.org.evil; none\r\n",
    b"Authentication-Results: (mail.example.org) other; none\r\n",
    b"X-Authentication-Results: mail.example.org; none\r\n",
    b"ARC-Authentication-Results: i=1; mail.example.org; none\r\n",
    b"Subject: x\r\n Authentication-Results: mail.example.org; none\r\n",
    b"Authentication-Results: ; mail.example.org\r\n",
]


@pytest.mark.parametrize("field", OURS)
def test_what_claims_to_be_ours_goes(field: bytes) -> None:
    header = b"From: a\r\n" + field + b"To: b\r\n"
    assert without(header, HOST) == b"From: a\r\nTo: b\r\n"
    assert without(field * 3 + header, HOST) == b"From: a\r\nTo: b\r\n"


@pytest.mark.parametrize("field", OTHERS)
def test_what_others_found_stays(field: bytes) -> None:
    header = b"From: a\r\n" + field + b"To: b\r\n"
    assert without(header, HOST) == header


def test_what_is_written() -> None:
    methods = [
        Method("spf", "pass", [("smtp.mailfrom", "example.net")]),
        Method("dkim", "fail", [("header.d", "example.net"), ("header.s", "s1")], 'the body is "another"'),
        Method("dmarc", "pass", [("header.from", "例え.jp"), ("policy.none", "")]),
    ]
    field = write(HOST, methods)
    assert re.sub(rb"\r\n\t", b" ", field) == (
        b"Authentication-Results: mail.example.org; spf=pass smtp.mailfrom=example.net; "
        b'dkim=fail reason="the body is \\"another\\"" header.d=example.net header.s=s1; dmarc=pass header.from="??.jp"\r\n'
    )
    assert without(field, HOST) == b""
    assert write(HOST, []) == b"Authentication-Results: mail.example.org; none\r\n"


TEXTS = st.text(max_size=60)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_nothing_that_others_choose_leaves_its_place(values: list[tuple[str, str]]) -> None:
    methods = [Method("dkim", "pass", [("header.i", value)], reason) for value, reason in values]
    field = write(HOST, methods)
    assert field.isascii()
    assert field.endswith(b"\r\n")
    lines = field.removesuffix(b"\r\n").split(b"\r\n")
    assert all(line.startswith(b"\t") for line in lines[1:])
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)
    assert all(len(line) <= LINE or b" " not in line.strip() or b'"' in line for line in lines)
    assert without(field, HOST) == b""


@given(st.binary(max_size=100))
def test_any_octets(octets: bytes) -> None:
    claimed(octets)
    assert len(without(b"Authentication-Results: " + octets, HOST)) <= len(octets) + 24


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b" mail.example.org; none", []),
        (b" i=1; mx.example.net; dmarc=pass (p=REJECT) header.from=a.example", [("dmarc", "pass")]),
        (
            b'mx 1; spf = pass smtp.mailfrom=x; dkim/1=FAIL reason="a; dmarc=pass" header.d=y',
            [("spf", "pass"), ("dkim", "fail")],
        ),
        (b"mx; (dmarc=pass) dkim=fail (dmarc=pass; arc=pass)", [("dkim", "fail")]),
        (b'mx; "dmarc=pass"; x', []),
        (b"mx; dmarc=; =pass; dmarc", []),
        (b'mx; dkim=fail header.x="\\"; dmarc=pass"', [("dkim", "fail")]),
        (b"", []),
    ],
)
def test_what_others_say_is_read(value: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(one.name, one.result) for one in read(value)] == expected


def test_ours_is_read_as_it_was_written() -> None:
    methods = [
        Method(
            "dkim",
            "fail",
            [("header.d", "example.net"), ("header.s", "s 1")],
            'the body is "another"; dmarc=pass',
        ),
        Method("dmarc", "pass", [("header.from", "a.example")]),
    ]
    assert read(write(HOST, methods).partition(b":")[2]) == methods


@given(st.binary(max_size=300) | st.text('mx;= \t\r\n()\\".ad', max_size=80).map(str.encode))
def test_any_octets_are_read(value: bytes) -> None:
    for one in read(value):
        assert one.name
