"""Exempt addresses: what may be written, what it covers to the last address, and that all spellings are one."""

# ruff: noqa: RUF001 (full-width signs are what is tested)

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.accounts import exempt
from hawknest.accounts.errors import AccountError
from hawknest.accounts.exempt import Range, is_exempt, parse
from hawknest.store import Connection

GOOD = [  # spec, first, last
    ("192.168.1.7", "192.168.1.7", "192.168.1.7"),
    (" 192.168.1.7 ", "192.168.1.7", "192.168.1.7"),
    ("[192.168.1.7]", "192.168.1.7", "192.168.1.7"),
    ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
    ("192.168.1.0/24", "192.168.1.0", "192.168.1.255"),
    ("192.168.1.77/24", "192.168.1.0", "192.168.1.255"),
    ("192.168.1.0 / 24", "192.168.1.0", "192.168.1.255"),
    ("192.168.1.0/255.255.255.0", "192.168.1.0", "192.168.1.255"),
    ("192.168.1.8/30", "192.168.1.8", "192.168.1.11"),
    ("192.168.1.8/32", "192.168.1.8", "192.168.1.8"),
    ("192.168.1.2-254", "192.168.1.2", "192.168.1.254"),
    ("192.168.1.2 - 254", "192.168.1.2", "192.168.1.254"),
    ("192.168.1.2~254", "192.168.1.2", "192.168.1.254"),
    ("192.168.1.2〜254", "192.168.1.2", "192.168.1.254"),
    ("192.168.1.2～254", "192.168.1.2", "192.168.1.254"),
    ("１９２．１６８．１．２〜２５４", "192.168.1.2", "192.168.1.254"),
    ("192.168.1.2-192.168.1.9", "192.168.1.2", "192.168.1.9"),
    ("192.168.1.250-192.168.2.9", "192.168.1.250", "192.168.2.9"),
    ("192.168.1.2-2", "192.168.1.2", "192.168.1.2"),
    ("192.168.1.*", "192.168.1.0", "192.168.1.255"),
    ("192.168.*", "192.168.0.0", "192.168.255.255"),
    ("192.168.*.*", "192.168.0.0", "192.168.255.255"),
    ("10.*", "10.0.0.0", "10.255.255.255"),
    ("2001:db8::1", "2001:db8::1", "2001:db8::1"),
    ("[IPv6:2001:DB8:0::1]", "2001:db8::1", "2001:db8::1"),
    ("2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"),
    ("fe80::1-fe80::9", "fe80::1", "fe80::9"),
    ("::1", "::1", "::1"),
]
BAD = [
    "pc1",
    "mail.example.com",
    "localhost",
    "ユーザ",
    "",
    "*",
    "*.1.2.3",
    "192.168.1",
    "192.168.1.256",
    "192.168.1.2-256",
    "192.168.1.2-1",
    "192.168.1.9-192.168.1.2",
    "192.168.1.2-2001:db8::1",
    "192.168.1.0/33",
    "192.168.1.0/-1",
    "192.168.1.*.*",
    "192.168.1.2.*",
    "192.168.01.2",
    "192.168.1.2-3-4",
    "192.168.1.2/24-30",
    "2001:db8::/129",
    "2001:db8::g",
    "1.2.3.4\r\nx",
    "9" * 10_000,
]


@pytest.mark.parametrize(("spec", "first", "last"), GOOD)
def test_the_boundaries_are_exact(spec: str, first: str, last: str) -> None:
    found = parse(spec)
    low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
    assert found == Range(low, high)
    entries = [(found, None)]
    assert is_exempt(first, entries, 0)
    assert is_exempt(last, entries, 0)
    assert not is_exempt(str(low - 1) if int(low) else "255.255.255.255", entries, 0)
    assert not is_exempt(str(high + 1), entries, 0)


@pytest.mark.parametrize("spec", BAD)
def test_what_is_no_address_is_refused_in_words(spec: str) -> None:
    with pytest.raises(AccountError) as caught:
        parse(spec)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("spec", ["pc1", "mail.example.com", "localhost"])
def test_host_names_are_named_as_such(spec: str) -> None:
    with pytest.raises(AccountError, match="host name"):
        parse(spec)


def test_four_spellings_are_one_set() -> None:
    assert len({parse(f"192.168.1.2{dash}254") for dash in "-~〜～"}) == 1


octets = st.integers(0, 255)


@given(a=octets, b=octets, c=octets, bounds=st.lists(octets, min_size=2, max_size=2).map(sorted), peer=octets)
def test_all_spellings_of_a_set_are_equal(a: int, b: int, c: int, bounds: list[int], peer: int) -> None:
    low, high = bounds
    net = f"{a}.{b}.{c}"
    spellings = {parse(f"{net}.{low}{dash}{net}.{high}") for dash in ("-", " - ", "~", "〜")}
    spellings |= {parse(f"{net}.{low}{dash}{high}") for dash in ("-", "～")}
    assert len(spellings) == 1
    assert is_exempt(f"{net}.{peer}", [(spellings.pop(), None)], 0) == (low <= peer <= high)
    assert parse(f"{net}.*") == parse(f"{net}.0/24") == parse(f"{net}.0-255")


@given(st.text(max_size=60))
def test_nothing_else_happens(text: str) -> None:
    with contextlib.suppress(AccountError):
        parse(text)


def test_peers_of_all_kinds() -> None:
    entries = [(parse("192.168.1.0/24"), None), (parse("::1"), None)]
    assert is_exempt("::ffff:192.168.1.5", entries, 0)  # IPv4 seen through an IPv6 socket
    assert is_exempt("::1", entries, 0)
    assert not is_exempt("::ffff:10.0.0.1", entries, 0)
    assert not is_exempt("", entries, 0)
    assert not is_exempt("unix", entries, 0)


def test_an_entry_ends_by_itself() -> None:
    entries = [(parse("127.0.0.1"), 1000.0)]
    assert is_exempt("127.0.0.1", entries, 999.9)
    assert not is_exempt("127.0.0.1", entries, 1000.0)


@pytest.mark.parametrize(
    "spec",
    [
        "0.0.0.0/0",
        "10.0.0.0/15",
        "8.8.8.8",
        "192.168.0.0-192.169.0.5",
        "192.0.0.0-192.0.2.255",
        "::/0",
        "2a00::1",
        "10.*",
        "fd00::/40",
    ],
)
def test_wide_or_public_entries_want_a_word_more(connection: Connection, spec: str) -> None:
    with pytest.raises(AccountError, match="Confirm"):
        exempt.add(connection, spec)
    exempt.add(connection, spec, confirmed=True)


@pytest.mark.parametrize(
    "spec", ["127.0.0.1", "192.168.0.0/16", "10.1.2.*", "fd00:1::/64", "::1", "172.16.0.1-9"]
)
def test_home_networks_do_not(connection: Connection, spec: str) -> None:
    exempt.add(connection, spec, note="the house", expires_at=5.0)
    (entry,) = exempt.listing(connection)
    assert (entry.spec, entry.note, entry.expires_at) == (spec, "the house", 5.0)
    assert exempt.ranges([entry]) == [(parse(spec), 5.0)]


def test_an_entry_is_there_once_in_whatever_spelling(connection: Connection) -> None:
    exempt.add(connection, "192.168.1.*")
    with pytest.raises(AccountError, match=r"already, as 192.168.1.\*"):
        exempt.add(connection, "192.168.1.0/24")
    exempt.remove(connection, "192.168.1.0-255")
    assert exempt.listing(connection) == []
    with pytest.raises(AccountError, match="not listed"):
        exempt.remove(connection, "192.168.1.*")


def test_the_router_is_exempt_only_where_it_is_listed_and_confirmed_by_itself(connection: Connection) -> None:
    """PARITY 61."""
    router = "192.168.1.1"
    for spec in (router, "192.168.1.*"):
        with pytest.raises(AccountError, match="is this network's router"):
            exempt.add(connection, spec, gateways=[router])
    exempt.add(connection, "192.168.1.*", confirmed=True, gateways=[router])
    assert exempt.hidden_in(exempt.listing(connection), [router, "10.0.0.1"]) == [router]
    exempt.add(connection, "192.168.1.2", gateways=[router])
    exempt.add(connection, router, confirmed=True, gateways=[router])
    entries = exempt.ranges(exempt.listing(connection))
    assert exempt.hidden_in(exempt.listing(connection), [router]) == []
    assert is_exempt(router, entries, 0, alone=True)
    assert not is_exempt("192.168.1.3", entries, 0, alone=True)
