"""MTA-STS: records, policies and patterns of hosts. RFC 8461."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.trust import mtasts
from hawknest.trust.mtasts import Mode, Policy, PolicyError

#: RFC 8461 §3.2.
EXAMPLE = b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\nmax_age: 604800\r\n"

MARKS = [
    pytest.param([b"v=STSv1; id=20160831085700Z;"], "20160831085700Z", id="RFC 8461 §3.1"),
    pytest.param([b"v=STSv1;id=a"], "a", id="tight"),
    pytest.param([b"v=STSv1 \t; \tid=a \t;\t"], "a", id="white space"),
    pytest.param([b"v=STSv1; x.1=y; id=a"], "a", id="extension"),
    pytest.param([b"v=STSv1; id=a; id=b"], "a", id="twice"),
    pytest.param([b"v=spf1 -all", b"v=STSv1; id=a;"], "a", id="beside another"),
    pytest.param([b"v=STSv1; id=a", b"v=STSv1; id=b"], None, id="two"),
    pytest.param([b"v=STSv1; id=a", b"v=STSv1; nonsense"], None, id="two, one of them broken"),
    pytest.param([], None, id="none"),
    pytest.param([b"v=STSv1;"], None, id="no id"),
    pytest.param([b"v=STSv1"], None, id="version alone"),
    pytest.param([b"v=STSv2; id=a"], None, id="another version"),
    pytest.param([b"v=STSv10; id=a"], None, id="a longer version"),
    pytest.param([b"V=STSv1; id=a"], None, id="case of v"),
    pytest.param([b"v=STSv1; ID=a"], None, id="case of id"),
    pytest.param([b" v=STSv1; id=a"], None, id="white space before"),
    pytest.param([b"v=STSv1; id=a-b"], None, id="not letters and digits"),
    pytest.param([b"v=STSv1; id=" + b"a" * 33], None, id="id too long"),
    pytest.param([b"v=STSv1; id=a;; x=y"], None, id="empty field"),
    pytest.param([b"v=STSv1; id=a; broken"], None, id="field without ="),
    pytest.param([b"v=STSv1; id=\xc3\xa4"], None, id="not ASCII"),
]


@pytest.mark.parametrize(("records", "expected"), MARKS)
def test_marks(records: list[bytes], expected: str | None) -> None:
    assert mtasts.mark(records) == expected


def test_the_example() -> None:
    policy = mtasts.parse(EXAMPLE)
    assert policy == Policy(
        Mode.ENFORCE,
        ("mail.example.com", "*.example.net", "backupmx.example.com"),
        604800,
        EXAMPLE.decode(),
    )


POLICIES = [
    pytest.param(EXAMPLE.replace(b"\r\n", b"\n"), True, id="LF"),
    pytest.param(EXAMPLE.rstrip(b"\r\n"), True, id="no end of the last line"),
    pytest.param(EXAMPLE.replace(b": ", b":"), True, id="tight"),
    pytest.param(EXAMPLE.replace(b": ", b": \t").replace(b"\r\n", b" \r\n"), True, id="white space"),
    pytest.param(EXAMPLE + "x-words: größer als\r\n".encode(), True, id="extension in UTF-8"),
    pytest.param(EXAMPLE + b"mode: none\r\n", True, id="the first counts"),
    pytest.param(b"mode: none\nmax_age: 86400\nversion: STSv1\n", True, id="none needs no host"),
    pytest.param(EXAMPLE.replace(b"604800", b"9999999999"), True, id="longer than can be"),
    pytest.param(b"", False, id="empty"),
    pytest.param(EXAMPLE.replace(b"STSv1", b"STSv2"), False, id="version"),
    pytest.param(EXAMPLE.replace(b"version: STSv1\r\n", b""), False, id="no version"),
    pytest.param(EXAMPLE.replace(b"enforce", b"Enforce"), False, id="mode"),
    pytest.param(EXAMPLE.replace(b"mode: enforce\r\n", b""), False, id="no mode"),
    pytest.param(EXAMPLE.replace(b"604800", b"-1"), False, id="age"),
    pytest.param(EXAMPLE.replace(b"604800", b"12345678901"), False, id="age of eleven digits"),
    pytest.param(EXAMPLE.replace(b"604800", b"\xef\xbc\x91"), False, id="age in other digits"),
    pytest.param(b"version: STSv1\nmode: testing\nmax_age: 1\n", False, id="no host"),
    pytest.param(EXAMPLE.replace(b"*.example.net", b"*.*.example.net"), False, id="two stars"),
    pytest.param(EXAMPLE.replace(b"*.example.net", b"*"), False, id="a star alone"),
    pytest.param(EXAMPLE.replace(b"*.example.net", b".example.net"), False, id="a dot before"),
    pytest.param(EXAMPLE.replace(b"*.example.net", b"m*.example.net"), False, id="part of a label"),
    pytest.param(EXAMPLE.replace(b"*.example.net", b"a..net"), False, id="an empty label"),
    pytest.param(EXAMPLE.replace(b"*.example.net", b"mail.example.net."), False, id="a dot at the end"),
    pytest.param(EXAMPLE.replace(b"\r\n", b"\r"), False, id="CR"),
    pytest.param(EXAMPLE.replace(b"mode", b"\r\nmode"), False, id="an empty line"),
    pytest.param(EXAMPLE + b"<html>\r\n", False, id="no field"),
    pytest.param(EXAMPLE + b"x: \0\r\n", False, id="NUL"),
    pytest.param(EXAMPLE + b"x: \xff\r\n", False, id="not UTF-8"),
    pytest.param(EXAMPLE + b"x: " + b"y" * mtasts.LIMIT, False, id="too long"),
    pytest.param(
        EXAMPLE + b"".join(b"mx: m%d.example\n" % n for n in range(101)), False, id="too many hosts"
    ),
]


@pytest.mark.parametrize(("octets", "good"), POLICIES)
def test_policies(octets: bytes, good: bool) -> None:
    if good:
        assert mtasts.parse(octets).max_age <= mtasts.AGE_LIMIT
    else:
        with pytest.raises(PolicyError):
            mtasts.parse(octets)


HOSTS = [
    ("mail.example.com", True),
    ("MAIL.Example.com.", True),
    ("a.example.net", True),
    ("example.net", False),  # RFC 8461 §4.1: the star is one label
    ("a.b.example.net", False),
    (".example.net", False),
    ("mail.example.com.evil.test", False),
    ("evilmail.example.com", False),
    ("", False),
]


@pytest.mark.parametrize(("host", "allowed"), HOSTS)
def test_hosts(host: str, allowed: bool) -> None:
    assert mtasts.parse(EXAMPLE).allows(host) is allowed


@given(
    st.binary(max_size=300) | st.lists(st.sampled_from(EXAMPLE.split(b"\r\n")), max_size=9).map(b"\n".join)
)
def test_any_octets(octets: bytes) -> None:
    try:
        policy = mtasts.parse(octets)
    except PolicyError:
        return
    assert policy.hosts or policy.mode is Mode.NONE


@given(st.lists(st.binary(max_size=60) | st.binary(max_size=30).map(b"v=STSv1;".__add__), max_size=3))
def test_any_record(records: list[bytes]) -> None:
    found = mtasts.mark(records)
    assert found is None or re.fullmatch("[A-Za-z0-9]{1,32}", found)


@given(
    st.lists(st.sampled_from(["mx.example.test", "mx2.example.test", "a.test"]), min_size=1, unique=True),
    st.sampled_from(Mode),
    st.integers(0, mtasts.AGE_LIMIT),
)
def test_our_own_is_read_as_it_was_meant(hosts: list[str], mode: Mode, max_age: int) -> None:
    id_, text = mtasts.own(hosts, mode, max_age)
    policy = mtasts.parse(text.encode())
    assert (policy.hosts, policy.mode, policy.max_age) == (tuple(hosts), mode, max_age)
    assert mtasts.mark([f"v=STSv1; id={id_}".encode()]) == id_
    assert mtasts.own(hosts, mode, max_age) == (id_, text)
    assert mtasts.own([*hosts, "other.test"], mode, max_age)[0] != id_
