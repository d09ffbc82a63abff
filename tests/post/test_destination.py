"""Where letters go, as tables."""

import asyncio
import random
from ipaddress import ip_address
from typing import Any

import pytest
from destination_names import Names
from hypothesis import given
from hypothesis import strategies as st

from dnsserver import DnsServer
from hawknest import dns
from hawknest.net.resolver import Resolver
from hawknest.net.resolver import Settings as Asking
from hawknest.post import destination
from hawknest.post.destination import (
    Family,
    Hosts,
    LeadsToUs,
    NoSuchDomain,
    NullMx,
    Settings,
    TryLater,
    Unusable,
    addresses_of,
    find,
)
from hawknest.post.destination_route import Route, route_for
from hawknest.post.destination_site import Destinations
from hawknest.post.outcome import Deferred, Failed
from hawknest.post.site import Login, Site, Target, Tls

OURS = Settings(
    names=frozenset({"mail.home.example"}),
    addresses=frozenset({ip_address("198.51.100.1"), ip_address("2001:db8:1::1")}),
)


def as_is(_: list[Any]) -> None:
    """A shuffle that leaves everything where it is."""


async def found(zone: dict[str, Any], domain: str = "d.example", settings: Settings = OURS) -> str:
    """Where letters go, in short: `host=address,address host=…`, or the kind of outcome."""
    outcome = await find(domain, Names(zone), settings, as_is)
    if isinstance(outcome, Hosts):
        return " ".join(f"{h.name}={','.join(map(str, h.addresses))}" for h in outcome.hosts)
    assert outcome.words
    return type(outcome).__name__


A1, A2, A3 = "192.0.2.1", "192.0.2.2", "192.0.2.3"
V6 = "2001:db8::1"
HOSTS = {f"m{n}.example A": f"192.0.2.{n}" for n in range(1, 30)}
US = "mail.home.example"


@pytest.mark.parametrize(
    ("zone", "where"),
    [
        # RFC 5321 §5.1: the least preference first
        ({"d.example MX": "20 m2.example; 10 m1.example; 30 m3.example"}, f"m1.example={A1} m2.example={A2} m3.example={A3}"),
        ({"d.example MX": "10 m2.example; 10 m1.example"}, f"m2.example={A2} m1.example={A1}"),
        # the same host twice: its better place counts
        ({"d.example MX": "20 m1.example; 10 m1.example; 15 m2.example"}, f"m1.example={A1} m2.example={A2}"),
        # implicit MX
        ({"d.example A": A1}, f"d.example={A1}"),
        ({"d.example AAAA": V6}, f"d.example={V6}"),
        # MX without a usable host: the A record of the domain is not a way out
        ({"d.example MX": "10 gone.example", "d.example A": A1}, "Unusable"),
        ({"d.example MX": "10 gone.example; 20 m1.example"}, f"m1.example={A1}"),
        # null MX, RFC 7505 §3
        ({"d.example MX": "0 ."}, "NullMx"),
        ({"d.example MX": "0 .", "d.example A": A1}, "NullMx"),
        ({"d.example MX": "0 .; 10 m1.example"}, f"m1.example={A1}"),
        # nothing there
        ({}, "NoSuchDomain"),
        ({"d.example TXT": "there"}, "NoSuchDomain"),
        ({"d.example": dns.NotAName}, "NoSuchDomain"),
        # CNAMEs
        ({"d.example CNAME": "e.example", "e.example MX": "10 m1.example"}, f"m1.example={A1}"),
        ({"d.example CNAME": "m1.example"}, f"d.example={A1}"),
        ({"d.example MX": "10 c.example", "c.example CNAME": "m1.example"}, f"c.example={A1}"),
        # both families, in turn
        (
            {"d.example MX": "10 h.example", "h.example A": f"{A1}; {A2}", "h.example AAAA": V6},
            f"h.example={A1},{V6},{A2}",
        ),
        # nobody can tell
        ({"d.example MX": dns.ServerFailed, "d.example A": A1}, "TryLater"),
        ({"d.example MX": dns.Silent}, "TryLater"),
        ({"d.example MX": "10 h.example", "h.example": dns.ServerFailed}, "TryLater"),
        ({"d.example MX": "10 h.example; 20 m1.example", "h.example": dns.Silent}, f"m1.example={A1}"),
        ({"d.example MX": "10 h.example", "h.example A": A1, "h.example AAAA": dns.Silent}, f"h.example={A1}"),
        ({"d.example A": dns.Silent, "d.example TXT": "there"}, "TryLater"),
        ({"d.example AAAA": dns.ServerFailed}, "TryLater"),
        # we are in the list: only what is better than we are is left
        ({"d.example MX": f"10 m1.example; 20 {US}; 20 m2.example; 30 m3.example"}, f"m1.example={A1}"),
        ({"d.example MX": f"10 {US}; 20 m2.example"}, "LeadsToUs"),
        ({"d.example MX": "10 m1.example; 20 h.example; 30 m3.example", "h.example A": "198.51.100.1"}, f"m1.example={A1}"),
        ({"d.example MX": "10 h.example", "h.example AAAA": "2001:db8:1::1"}, "LeadsToUs"),
        ({"d.example MX": "10 c.example", "c.example CNAME": US, f"{US} A": A1}, "LeadsToUs"),
        ({"d.example A": "198.51.100.1"}, "LeadsToUs"),
        ({"d.example MX": f"10 h.example; 20 {US}", "h.example": dns.Silent}, "TryLater"),
        ({"d.example MX": f"10 gone.example; 20 {US}"}, "LeadsToUs"),
        # mistakes and traps
        ({"d.example MX": "10 192.0.2.7"}, "Unusable"),
        ({"d.example MX": "10 192.0.2.7; 20 m1.example"}, f"m1.example={A1}"),
        ({"d.example MX": "10 h.example", "h.example A": "127.0.0.1"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example A": "0.0.0.0"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example A": "0.1.2.3"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example A": "169.254.169.254"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example A": "224.0.0.1"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example A": "255.255.255.255"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example AAAA": "::1"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example AAAA": "::"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example AAAA": "::ffff:127.0.0.1"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example AAAA": "fe80::1"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example A": f"127.0.0.1; {A1}"}, f"h.example={A1}"),
        ({"d.example MX": "10 localhost", "localhost A": "127.0.0.1"}, "Unusable"),
        ({"d.example MX": "10 h.example", "h.example A": "192.168.1.5"}, "h.example=192.168.1.5"),
        ({"d.example MX": "10 h.example", "h.example AAAA": "64:ff9b::c000:201"}, "h.example=64:ff9b::c000:201"),
    ],
)  # fmt: skip
async def test_domains(zone: dict[str, Any], where: str) -> None:
    assert await found({**HOSTS, **zone}) == where


@pytest.mark.parametrize(
    ("literal", "where"),
    [
        ("[192.0.2.1]", f"={A1}"),
        ("[IPv6:2001:db8::1]", f"={V6}"),
        ("[198.51.100.1]", "LeadsToUs"),
        ("[IPv6:2001:db8:1::1]", "LeadsToUs"),
        ("[127.0.0.1]", "Unusable"),
        ("[IPv6:::1]", "Unusable"),
    ],
)
async def test_address_literals_ask_nobody(literal: str, where: str) -> None:
    assert await found({}, literal) == where


async def test_a_laboratory_may_be_on_loopback() -> None:
    lab = Settings(port=2525, loopback=True)
    zone = {"d.example MX": "10 h.example", "h.example A": "127.0.0.1"}
    outcome = await find("d.example", Names(zone), lab)
    assert isinstance(outcome, Hosts)
    assert [(h.name, h.port, h.addresses) for h in outcome.hosts] == [
        ("h.example", 2525, (ip_address("127.0.0.1"),))
    ]
    assert await found({}, "[127.0.0.1]", lab) == "=127.0.0.1"


@pytest.mark.parametrize(
    ("family", "where"),
    [
        (Family.IPV4_FIRST, "192.0.2.1,2001:db8::1,192.0.2.2"),
        (Family.IPV6_FIRST, "2001:db8::1,192.0.2.1,2001:db8::2"),
        (Family.IPV4_ONLY, "192.0.2.1,192.0.2.2"),
        (Family.IPV6_ONLY, "2001:db8::1,2001:db8::2"),
    ],
)
async def test_families(family: Family, where: str) -> None:
    zone = {"d.example A": f"{A1}; {A2}", "d.example AAAA": "2001:db8::1; 2001:db8::2"}
    assert await found(zone, settings=Settings(family=family)) == f"d.example={where}"


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("5.1.2", {}),
        ("5.1.10", {"d.example MX": "0 ."}),
        ("5.4.6", {"d.example MX": f"0 {US}"}),
        ("5.4.4", {"d.example MX": "0 gone.example"}),
        ("4.4.3", {"d.example MX": dns.Silent}),
    ],
)
async def test_codes(code: str, zone: dict[str, Any]) -> None:
    outcome = await find("d.example", Names(zone), OURS)
    assert isinstance(outcome, NoSuchDomain | NullMx | LeadsToUs | Unusable | TryLater)
    assert outcome.code == code
    assert "d.example" in outcome.words


async def test_many_hosts_and_addresses_are_limited() -> None:
    mx = "; ".join(f"{n} m{n}.example" for n in range(1, 30))
    names = Names(
        {**HOSTS, "d.example MX": mx, "m1.example A": "; ".join(f"192.0.2.{n}" for n in range(1, 99))}
    )
    outcome = await find("d.example", names, OURS)
    assert isinstance(outcome, Hosts)
    assert [h.preference for h in outcome.hosts] == list(range(1, destination.HOSTS + 1))
    assert len(outcome.hosts[0].addresses) == destination.ADDRESSES
    assert len(names.asked) == 1 + 2 * destination.HOSTS


async def test_dnssec_is_told() -> None:
    zone = {"d.example MX": "!1 a.example; 2 b.example", "a.example A": f"!{A1}", "b.example A": f"!{A2}"}
    secure = await find("d.example", Names({**zone, "b.example AAAA": V6}), OURS)
    assert isinstance(secure, Hosts)
    assert secure.authenticated
    assert [h.authenticated for h in secure.hosts] == [True, False]


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 29)), min_size=1, max_size=9, unique_by=lambda m: m[1]
    ),
    st.randoms(use_true_random=False),
)
def test_better_hosts_come_first(records: list[tuple[int, int]], chance: random.Random) -> None:
    zone = {**HOSTS, "d.example MX": "; ".join(f"{p} m{n}.example" for p, n in records)}
    outcome = asyncio.run(find("d.example", Names(zone), OURS, chance.shuffle))
    assert isinstance(outcome, Hosts)
    assert sorted((h.preference, h.name) for h in outcome.hosts) == sorted(
        (p, f"m{n}.example") for p, n in records
    )
    assert [h.preference for h in outcome.hosts] == sorted(p for p, _ in records)


async def test_equal_hosts_take_turns() -> None:
    zone = {**HOSTS, "d.example MX": "1 m1.example; 1 m2.example; 1 m3.example", "m4.example A": A1}
    chance = random.Random(7)
    first: set[str] = set()
    for _ in range(60):
        outcome = await find("d.example", Names(zone), OURS, chance.shuffle)
        assert isinstance(outcome, Hosts)
        first.add(outcome.hosts[0].name)
    assert first == {"m1.example", "m2.example", "m3.example"}


# ---- routes

ROUTES = [
    Route("*", "all.example", 587),
    Route(".example.org", "sub.example", 587),
    Route(".deep.example.org", "deep.example", 587),
    Route("example.org", "one.example", 587),
    Route("example.org", "second.example", 587),
    Route("[192.0.2.9]", "literal.example", 587),
]


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("example.org", "one.example"),
        ("a.example.org", "sub.example"),
        ("deep.example.org", "sub.example"),
        ("a.deep.example.org", "deep.example"),
        ("notexample.org", "all.example"),
        ("example.net", "all.example"),
        ("[192.0.2.9]", "literal.example"),
        ("[192.0.2.10]", "all.example"),
    ],
)
def test_the_most_exact_route(domain: str, host: str) -> None:
    for routes in (ROUTES, [ROUTES[i] for i in (3, 4, 5, 2, 1, 0)]):
        route = route_for(routes, domain)
        assert route is not None
        assert route.host == host


def test_without_a_route() -> None:
    assert route_for([], "example.org") is None
    assert route_for(ROUTES[1:], "example.net") is None


async def test_sites() -> None:
    zone = {
        "d.example MX": "10 m1.example; 20 m2.example",
        **HOSTS,
        "smart.example A": "127.0.0.1",
        "silent.example": dns.Silent,
    }
    login = Login("mia", "secret")
    routes = [
        Route("r.example", "smart.example", 465, Tls.FIRST, login=login),
        Route(".r.example", "127.0.0.1", 2525, Tls.NEVER, verify=False),
        Route("t.example", "typo.example", 587),
        Route("u.example", "silent.example", 587),
    ]
    sites = Destinations(Names(zone), lambda: OURS, lambda: routes, as_is)
    assert await sites.find("d.example") == Site((Target("m1.example", A1, 25), Target("m2.example", A2, 25)))
    assert await sites.find("r.example") == Site(
        (Target("smart.example", "127.0.0.1", 465, vouched=True),), Tls.FIRST, verify=True, login=login
    )
    assert await sites.find("x.r.example") == Site((Target("", "127.0.0.1", 2525, vouched=True),), Tls.NEVER)
    typo = await sites.find("t.example")
    assert isinstance(typo, Deferred)
    assert "typo.example" in typo.words
    assert isinstance(await sites.find("u.example"), Deferred)
    gone = await sites.find("gone.example")
    assert isinstance(gone, Failed)
    assert gone.code == "5.1.2"
    assert [sites.lane(d) for d in ("d.example", "r.example")] == ["d.example", "smart.example:465"]
    assert "secret" not in repr(routes)


@pytest.mark.parametrize("name", ["[IPv6:2001:db8::1]", "[2001:db8::1]", "2001:db8::1"])
async def test_a_smart_host_by_address(name: str) -> None:
    host = await addresses_of(name, Names({}), Settings(port=587))
    assert not isinstance(host, TryLater)
    assert (host.name, host.addresses, host.port) == ("", (ip_address(V6),), 587)


async def test_with_the_real_resolver() -> None:
    zone = {
        "d.example CNAME": "e.example",
        "e.example MX": ["20 b.example", "10 A.example"],
        "a.example A": "127.0.0.2",
        "b.example CNAME": "c.example",
        "c.example AAAA": "::1",
        "n.example MX": "0 .",
    }
    lab = Settings(port=2525, loopback=True)
    with DnsServer(zone, authenticated=True) as server:
        async with Resolver(Asking(servers=(server.endpoint,))) as resolver:
            outcome = await find("d.example", resolver, lab)
            assert isinstance(outcome, Hosts)
            assert [(h.name, str(h.addresses[0])) for h in outcome.hosts] == [
                ("a.example", "127.0.0.2"),
                ("b.example", "::1"),
            ]
            assert outcome.authenticated
            assert isinstance(await find("n.example", resolver, lab), NullMx)
            assert isinstance(await find("gone.example", resolver, lab), NoSuchDomain)
