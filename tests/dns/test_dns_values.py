"""Names, kinds and the tree of failures."""

import copy
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest import dns


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.ORG.", "example.org"),
        ("example.org", "example.org"),
        ("_25._tcp.mx.example", "_25._tcp.mx.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
        ("a" * 64 + ".example", None),
        ("a..example", None),
        (".example", None),
        ("example..", None),
        ("", None),
        (".", None),
        ("bücher.example", None),
        ("a\r\nb.example", None),
        ("a\\.b.example", None),
        (".".join(["a" * 49] * 5) + ".abc", ".".join(["a" * 49] * 5) + ".abc"),  # 253 characters
        (".".join(["a" * 49] * 5) + ".abcd", None),
    ],
)
def test_one_spelling(text: str, name: str | None) -> None:
    assert dns.canonical_name(text) == name


@given(st.text())
def test_spelling_is_stable(text: str) -> None:
    name = dns.canonical_name(text)
    if name is not None:
        assert dns.canonical_name(name) == name
        assert dns.canonical_name(name + ".") == name


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.10", "10.2.0.192.in-addr.arpa"),
        ("2001:db8::1", "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa"),
    ],
)
def test_reverse_names(address: str, name: str) -> None:
    assert dns.reverse_name(ip_address(address)) == name


def leaves(kind: type[dns.DnsError]) -> list[type[dns.DnsError]]:
    return [leaf for sub in kind.__subclasses__() for leaf in leaves(sub)] or [kind]


def test_every_failure_says_something_else() -> None:
    said = {leaf: str(leaf("example.org", "MX", "192.0.2.53")) for leaf in leaves(dns.DnsError)}
    assert len(set(said.values())) == len(said) == 10
    assert all("example.org" in text for text in said.values())


def test_a_failure_can_be_raised_again() -> None:
    error = dns.ServerFailed("example.org", "MX", "192.0.2.53", "SERVFAIL")
    again = copy.copy(error)
    assert type(again) is type(error)
    assert (again.name, again.kind, again.resolver, again.detail) == error.args
    assert str(again).endswith("(SERVFAIL)")
