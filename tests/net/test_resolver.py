"""The resolver against a server that does everything a resolver must live with."""

import asyncio
import gc
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from dnsserver import DnsServer, Odd
from hawknest import dns
from hawknest.dns import (
    AAAA,
    CAA,
    CNAME,
    DNSKEY,
    DS,
    KINDS,
    MX,
    NS,
    PTR,
    SRV,
    TLSA,
    TXT,
    A,
    Answer,
    Kind,
    Mx,
    Tlsa,
)
from hawknest.net.resolver import Resolver, Settings
from hawknest.net.resolver_cache import NEGATIVE_LIMIT, OCTETS, Cache
from hawknest.net.resolver_message import Inquiry, Unreadable
from hawknest.net.resolver_servers import AGAIN, Servers, system_resolvers

ZONE = {
    "example.org MX": ["10 MX1.Example.ORG", "20 mx2.example.org"],
    "example.org TXT": ["v=spf1 mx -all", '"split " "in two"', "ein Wörtchen"],
    "mx1.example.org A": ["192.0.2.1", "192.0.2.2"],
    "mx1.example.org AAAA": "2001:db8::1",
    "1.2.0.192.in-addr.arpa PTR": "mx1.example.org",
    "_25._tcp.mx1.example.org TLSA": "3 1 1 " + "ab" * 32,
    "_imaps._tcp.example.org SRV": "0 1 993 mx1.example.org.",
    "_imap._tcp.example.org SRV": "0 0 0 .",
    "example.org CAA": '128 ISSUE "ca.example"',
    "example.org NS": "ns1.example.org.",
    "signed.example DS": "4711 13 2 " + "cd" * 32,
    "signed.example DNSKEY": "257 3 13 q6ur",
    "null.example MX": "0 .",
    "www.example CNAME": "alias.example",
    "alias.example CNAME": "mx1.example.org",
    "nowhere.example CNAME": "gone.example",
    "circle.example CNAME": "circle.example",
    "long.example TXT": ["x" * 200 + str(n) for n in range(20)],
    "empty.below.example A": "192.0.2.9",
}


@pytest.fixture
def server() -> Generator[DnsServer]:
    with DnsServer(ZONE) as found:
        yield found


def resolver_of(*servers: DnsServer | tuple[str, int], timeout: float = 0.3, **more: Any) -> Resolver:
    clock: dict[str, Callable[[], float]] = {
        k: more.pop(k) for k in ("monotonic", "clock", "log") if k in more
    }
    endpoints = tuple(s.endpoint if isinstance(s, DnsServer) else s for s in servers)
    return Resolver(Settings(servers=endpoints, timeout=timeout, **more), **clock)


def closed_port() -> tuple[str, int]:
    """An address where nothing listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()


@pytest.mark.parametrize(
    ("name", "kind", "records", "canonical"),
    [
        ("example.org", MX, (Mx(10, "mx1.example.org"), Mx(20, "mx2.example.org")), "example.org"),
        ("EXAMPLE.org.", MX, (Mx(10, "mx1.example.org"), Mx(20, "mx2.example.org")), "example.org"),
        ("null.example", MX, (Mx(0, ""),), "null.example"),
        ("mx1.example.org", A, (ip_address("192.0.2.1"), ip_address("192.0.2.2")), "mx1.example.org"),
        ("mx1.example.org", AAAA, (ip_address("2001:db8::1"),), "mx1.example.org"),
        ("www.example", AAAA, (ip_address("2001:db8::1"),), "mx1.example.org"),
        ("www.example", CNAME, ("alias.example",), "www.example"),
        ("1.2.0.192.in-addr.arpa", PTR, ("mx1.example.org",), "1.2.0.192.in-addr.arpa"),
        (
            "_25._tcp.mx1.example.org",
            TLSA,
            (Tlsa(3, 1, 1, b"\xab" * 32),),
            "_25._tcp.mx1.example.org",
        ),
        (
            "_imaps._tcp.example.org",
            SRV,
            (dns.Srv(0, 1, 993, "mx1.example.org"),),
            "_imaps._tcp.example.org",
        ),
        ("_imap._tcp.example.org", SRV, (dns.Srv(0, 0, 0, ""),), "_imap._tcp.example.org"),
        ("example.org", CAA, (dns.Caa(128, "issue", b"ca.example"),), "example.org"),
        ("example.org", NS, ("ns1.example.org",), "example.org"),
        ("signed.example", DS, (dns.Ds(4711, 13, 2, b"\xcd" * 32),), "signed.example"),
        ("signed.example", DNSKEY, (dns.Dnskey(257, 3, 13, b"\xab\xab\xab"),), "signed.example"),
        ("localhost", A, (ip_address("127.0.0.1"),), "localhost"),
        ("smtp.localhost", AAAA, (ip_address("::1"),), "smtp.localhost"),
    ],
)
async def test_records(
    server: DnsServer, name: str, kind: Kind[Any], records: tuple[Any, ...], canonical: str
) -> None:
    async with resolver_of(server) as resolver:
        answer = await resolver.ask(name, kind)
    assert sorted(answer.records, key=str) == sorted(records, key=str)
    assert answer.name == canonical


async def test_strings_of_a_text_are_joined(server: DnsServer) -> None:
    async with resolver_of(server) as resolver:
        answer = await resolver.ask("example.org", TXT)
    assert set(answer.records) == {b"v=spf1 mx -all", b"split in two", "ein Wörtchen".encode()}
    assert answer.resolver == f"127.0.0.1:{server.port}"
    assert answer.ttl == 300


@pytest.mark.parametrize(
    ("way", "failure"),
    [
        (Odd.NXDOMAIN, dns.NoSuchName),
        (Odd.NODATA, dns.NoData),
        (Odd.SERVFAIL, dns.ServerFailed),
        (Odd.NOTIMP, dns.ServerFailed),
        (Odd.REFUSED, dns.Refused),
        (Odd.GARBAGE, dns.Malformed),
        (Odd.TRUNCATED_NO_TCP, dns.Truncated),
        (Odd.SILENT, dns.Silent),
        (Odd.WRONG_ID, dns.Silent),
        (Odd.OTHER_QUESTION, dns.Silent),
    ],
)
async def test_failures_are_told_apart(server: DnsServer, way: Odd, failure: type[dns.DnsError]) -> None:
    server.odd("example.org", way)
    async with resolver_of(server, timeout=0.1) as resolver:
        with pytest.raises(failure) as error:
            await resolver.ask("example.org", MX)
    assert type(error.value) is failure
    assert (error.value.name, error.value.kind) == ("example.org", "MX")
    assert error.value.resolver == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("way", [Odd.SLOW, Odd.LOST_ONCE, Odd.TRUNCATED, Odd.FORGED_FIRST, Odd.NO_EDNS])
async def test_what_a_resolver_lives_with(server: DnsServer, way: Odd) -> None:
    server.slowness = 0.1
    server.odd("mx1.example.org", way)
    async with resolver_of(server) as resolver:
        answer = await resolver.ask("mx1.example.org", A)
    assert set(answer.records) == {ip_address("192.0.2.1"), ip_address("192.0.2.2")}


async def test_truncation_is_followed_by_tcp(server: DnsServer) -> None:
    async with resolver_of(server) as resolver:
        answer = await resolver.ask("long.example", TXT)
    assert len(answer.records) == 20
    assert (server.asked(transport="udp"), server.asked(transport="tcp")) == (1, 1)


async def test_a_resolver_without_edns_is_remembered(server: DnsServer) -> None:
    server.odd("*", Odd.NO_EDNS)
    async with resolver_of(server) as resolver:
        await resolver.ask("example.org", MX)
        assert server.asked("example.org") == 2
        await resolver.ask("null.example", MX)
        assert server.asked("null.example") == 1


@pytest.mark.parametrize("name", ["", ".", "a..example", "x" * 64 + ".example", "bücher.example", "a\0b"])
async def test_what_cannot_be_a_name_is_not_asked(server: DnsServer, name: str) -> None:
    async with resolver_of(server) as resolver:
        with pytest.raises(dns.NotAName):
            await resolver.ask(name, A)
    assert server.asked() == 0


@given(st.text(st.characters(max_codepoint=0x7F), max_size=80))
def test_any_name_can_be_asked(text: str) -> None:
    name = dns.canonical_name(text)
    if name is not None:
        assert Inquiry(name, MX, edns=True).wire[12:].startswith(bytes([len(name.split(".")[0])]))


@pytest.mark.parametrize(
    ("name", "kind", "failure"),
    [
        ("gone.example", MX, dns.NoSuchName),
        ("nowhere.example", A, dns.NoSuchName),
        ("below.example", A, dns.NoData),
        ("mx1.example.org", MX, dns.NoData),
        ("www.example", TXT, dns.NoData),
        ("localhost", MX, dns.NoData),
        ("circle.example", A, dns.Malformed),
    ],
)
async def test_what_is_not_there(
    server: DnsServer, name: str, kind: Kind[Any], failure: type[dns.DnsError]
) -> None:
    async with resolver_of(server) as resolver:
        with pytest.raises(failure):
            await resolver.ask(name, kind)


async def test_records_alone(server: DnsServer) -> None:
    server.odd("fails.example", Odd.SERVFAIL)
    async with resolver_of(server) as resolver:
        assert await dns.records(resolver, "null.example", MX) == (Mx(0, ""),)
        assert await dns.records(resolver, "gone.example", MX) == ()
        with pytest.raises(dns.Unknown):
            await dns.records(resolver, "fails.example", MX)


# ---- whom to believe


@pytest.mark.parametrize("says", [True, False])
async def test_the_word_of_loopback_on_dnssec(says: bool) -> None:
    with DnsServer(ZONE, authenticated=says) as server:
        async with resolver_of(server) as resolver:
            assert (await resolver.ask("example.org", MX)).authenticated is says


@pytest.mark.parametrize(
    ("address", "trusted", "believed"),
    [
        ("127.0.0.53", frozenset[str](), True),
        ("::1", frozenset[str](), True),
        ("192.0.2.53", frozenset[str](), False),
        ("192.0.2.53", frozenset({"192.0.2.53"}), True),
        ("2001:db8::53", frozenset({"2001:0DB8:0::53"}), True),
        ("192.0.2.53", frozenset({"192.0.2.54"}), False),
    ],
)
def test_whose_word_is_believed(address: str, trusted: frozenset[str], believed: bool) -> None:
    (state,) = Servers([(address, 53)], trusted).states()
    assert state.trusted is believed
    assert state.resolver == address


# ---- cache


async def test_answers_and_absences_are_kept(server: DnsServer) -> None:
    now = 1000.0
    async with resolver_of(server, monotonic=lambda: now) as resolver:
        for _ in range(3):
            await resolver.ask("example.org", MX)
            with pytest.raises(dns.NoSuchName):
                await resolver.ask("gone.example", MX)
        assert server.asked() == 2
        now += 299
        await resolver.ask("Example.Org.", MX)
        assert server.asked() == 2
        now += 2
        await resolver.ask("example.org", MX)
        with pytest.raises(dns.NoSuchName):
            await resolver.ask("gone.example", MX)
        assert server.asked() == 4
        resolver.forget()
        await resolver.ask("example.org", MX)
        assert server.asked() == 5


async def test_failures_are_not_kept(server: DnsServer) -> None:
    server.odd("example.org", Odd.SERVFAIL)
    async with resolver_of(server) as resolver:
        with pytest.raises(dns.ServerFailed):
            await resolver.ask("example.org", MX)
        server.odd("example.org", None)
        assert (await resolver.ask("example.org", MX)).records


def test_the_cache_is_bounded() -> None:
    cache = Cache(3)
    answer = Answer((b"",), "a.example", 60)
    for n in range(5):
        cache.put((f"{n}.example", 16), answer, 60, 100, now=0)
        assert cache.get(("0.example", 16), now=0) is answer  # the one in use stays
    assert len(cache) == 3
    assert [n for n in range(5) if cache.get((f"{n}.example", 16), now=0)] == [0, 3, 4]
    cache.put(("large.example", 16), answer, 60, OCTETS + 1, now=0)
    cache.put(("now.example", 16), answer, 0, 100, now=0)
    assert cache.get(("large.example", 16), now=0) is None
    assert cache.get(("now.example", 16), now=0) is None


def test_an_absence_is_kept_for_an_hour_at_most() -> None:
    cache = Cache(3)
    cache.put(("gone.example", 16), dns.NoSuchName("gone.example", "TXT"), 10**9, 100, now=0)
    assert cache.get(("gone.example", 16), now=NEGATIVE_LIMIT - 1)
    assert cache.get(("gone.example", 16), now=NEGATIVE_LIMIT) is None


async def test_one_question_for_all_who_ask_the_same(server: DnsServer) -> None:
    server.odd("*", Odd.SLOW)
    async with resolver_of(server, timeout=5) as resolver:
        answers = await asyncio.gather(*(resolver.ask("example.org", MX) for _ in range(20)))
        assert len({id(answer) for answer in answers}) == 1
        failures = await asyncio.gather(
            *(resolver.ask("gone.example", MX) for _ in range(20)), return_exceptions=True
        )
    assert {type(failure) for failure in failures} == {dns.NoSuchName}
    assert len({id(failure) for failure in failures}) == 20
    assert (server.asked("example.org"), server.asked("gone.example")) == (1, 1)


async def test_who_gives_up_takes_nothing_from_the_others(server: DnsServer) -> None:
    server.odd("*", Odd.SLOW)
    async with resolver_of(server, timeout=5) as resolver:
        first = asyncio.create_task(resolver.ask("example.org", MX))
        second = asyncio.create_task(resolver.ask("example.org", MX))
        await asyncio.sleep(0.05)
        first.cancel()
        assert (await second).records
        assert first.cancelled()
    assert server.asked() == 1


# ---- several resolvers


class Said:
    """What went to the log."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.system = self
        self.warning = self.info = lambda event, **_: self.events.append(event)


async def test_a_dead_resolver_is_passed_over_and_comes_back(server: DnsServer) -> None:
    now, log = 1000.0, Said()
    dead = closed_port()
    async with resolver_of(
        dead, server, timeout=5, monotonic=lambda: now, clock=lambda: 42.0, log=log
    ) as resolver:
        await resolver.ask("example.org", MX)
        await resolver.ask("null.example", MX)
        first, second = resolver.states()
        assert (first.down, first.asked, first.answered, first.last_error_at) == (True, 1, 0, 42.0)
        assert f"127.0.0.1:{dead[1]}" in first.last_error
        assert (second.down, second.asked, second.answered, second.last_error) == (False, 2, 2, "")
        with DnsServer(ZONE, port=dead[1]) as risen:
            await resolver.ask("www.example", A)
            assert risen.asked() == 0
            now += AGAIN
            await resolver.ask("mx1.example.org", A)
            assert risen.asked() == 1
        assert not resolver.states()[0].down
    assert log.events == ["resolver down", "resolver back"]


async def test_a_silent_resolver_is_passed_over(server: DnsServer) -> None:
    with DnsServer(odd={"*": Odd.SILENT}) as silent:
        async with resolver_of(silent, server, timeout=0.1) as resolver:
            await resolver.ask("example.org", MX)
            await resolver.ask("null.example", MX)
        assert silent.asked("null.example") == 0
        assert [state.down for state in resolver.states()] == [True, False]


async def test_a_slow_domain_is_not_the_resolvers_fault(server: DnsServer) -> None:
    server.odd("slow.example", Odd.SILENT)
    async with resolver_of(server, timeout=0.3, rounds=1) as resolver:
        slow = asyncio.create_task(resolver.ask("slow.example", MX))
        await asyncio.sleep(0.1)
        await resolver.ask("example.org", MX)
        with pytest.raises(dns.Silent):
            await slow
        assert not resolver.states()[0].down
        assert "slow.example" in resolver.states()[0].last_error


@pytest.mark.parametrize("way", [Odd.SERVFAIL, Odd.REFUSED, Odd.GARBAGE, Odd.TRUNCATED_NO_TCP])
async def test_the_next_resolver_may_know_better(server: DnsServer, way: Odd) -> None:
    with DnsServer(odd={"*": way}) as bad:
        async with resolver_of(bad, server) as resolver:
            assert (await resolver.ask("example.org", MX)).records


async def test_the_most_telling_failure_is_told(server: DnsServer) -> None:
    server.odd("*", Odd.SERVFAIL)
    async with resolver_of(server, closed_port()) as resolver:
        with pytest.raises(dns.ServerFailed):
            await resolver.ask("example.org", MX)


async def test_absence_is_an_answer_and_nobody_else_is_asked(server: DnsServer) -> None:
    with DnsServer() as other:
        async with resolver_of(other, server) as resolver:
            with pytest.raises(dns.NoSuchName):
                await resolver.ask("example.org", MX)
    assert server.asked() == 0


async def test_nobody_is_there() -> None:
    async with resolver_of(closed_port(), timeout=5) as resolver:
        with pytest.raises(dns.Unreachable):
            await resolver.ask("example.org", MX)


async def test_a_question_has_an_end(server: DnsServer) -> None:
    server.odd("*", Odd.SILENT)
    async with resolver_of(server, timeout=0.1, rounds=1000, lifetime=0.35) as resolver:
        with pytest.raises(dns.Silent):
            await resolver.ask("example.org", MX)
    assert 2 <= server.asked() <= 10


async def test_closing_ends_what_is_under_way(server: DnsServer) -> None:
    server.odd("*", Odd.SILENT)
    resolver = resolver_of(server, timeout=30)
    asking = asyncio.create_task(resolver.ask("example.org", MX))
    await asyncio.sleep(0.05)
    await resolver.close()
    with pytest.raises(dns.Silent, match="stopping"):
        await asking
    with pytest.raises(dns.Silent, match="stopping"):
        await resolver.ask("example.org", MX)


def test_on_uvloop_and_without_leaks(server: DnsServer) -> None:
    async def everything() -> None:
        server.odd("truncated.example", Odd.TRUNCATED_NO_TCP)
        async with resolver_of(closed_port(), server, timeout=5) as resolver:
            assert len((await resolver.ask("long.example", TXT)).records) == 20
            with pytest.raises(dns.Truncated):
                await resolver.ask("truncated.example", A)
            many = [resolver.ask(f"n{n}.example", A) for n in range(400)]
            failures = await asyncio.gather(*many, return_exceptions=True)
            assert {type(failure) for failure in failures} == {dns.NoSuchName}
            assert resolver.states()[0].down
        gc.collect()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(everything())


# ---- the system's resolvers


def test_resolv_conf(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_bytes(
        b"# nameserver 192.0.2.1\nsearch example\nnameserver 192.0.2.2 # old\n"
        b"nameserver fe80::1%eth0\nnameserver nonsense\nnameserver 192.0.2.2\nnameserver\n\xff\n"
    )
    assert system_resolvers(file) == ["192.0.2.2", "fe80::1%eth0"]
    assert system_resolvers(tmp_path / "none") == ["127.0.0.1"]


def test_the_systems_file_is_followed(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver 192.0.2.1\nnameserver 192.0.2.2\n")
    servers = Servers([], frozenset(), file)
    kept = servers.in_order(0.0)[1]
    file.write_text("nameserver 192.0.2.2\nnameserver 192.0.2.30\n")
    assert [s.address for s in servers.in_order(AGAIN - 1)] == ["192.0.2.1", "192.0.2.2"]
    assert [s.address for s in servers.in_order(AGAIN)] == ["192.0.2.2", "192.0.2.30"]
    assert servers.in_order(AGAIN)[0] is kept


# ---- anything may come back


@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_may_come_back(data: bytes, answers: bool) -> None:
    inquiry = Inquiry("example.org", MX, edns=True)
    wire = inquiry.wire[:2] + (b"\x81\x80" + inquiry.wire[4:12] + data if answers else data)
    try:
        reply = inquiry.reply(wire)
    except Unreadable:
        return
    if reply is not None:
        outcome, ttl = reply.outcome(inquiry, "resolver", trusted=True)
        assert isinstance(outcome, Answer | dns.DnsError)
        assert ttl >= 0


@given(st.sampled_from(KINDS), st.binary(max_size=300))
def test_any_record_may_come_back(kind: Kind[Any], data: bytes) -> None:
    inquiry = Inquiry("example.org", kind, edns=False)
    head = inquiry.wire[:2] + b"\x81\x80" + b"\0\1\0\1\0\0\0\0" + inquiry.wire[12:]
    record = b"\xc0\x0c" + struct.pack("!HHIH", kind.number, 1, 300, len(data)) + data
    try:
        reply = inquiry.reply(head + record)
    except Unreadable:
        return
    assert reply is not None
    assert isinstance(reply.outcome(inquiry, "resolver", trusted=True)[0], Answer | dns.DnsError)


@given(st.data())
def test_a_true_answer_with_octets_changed(data: st.DataObject) -> None:
    server = DnsServer(ZONE)
    inquiry = Inquiry("example.org", MX, edns=True)
    wire = bytearray(server.replies(inquiry.wire, "udp")[0])
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(2, len(wire) - 1))] = data.draw(st.integers(0, 255))
    try:
        reply = inquiry.reply(bytes(wire))
    except Unreadable:
        return
    if reply is not None:
        assert isinstance(reply.outcome(inquiry, "resolver", trusted=True)[0], Answer | dns.DnsError)


def test_no_threads_and_no_sockets_remain(server: DnsServer) -> None:
    before = threading.active_count()
    asyncio.run(_ask_once(server))
    time.sleep(0.05)
    assert threading.active_count() <= before + 1


async def _ask_once(server: DnsServer) -> None:
    async with resolver_of(server) as resolver:
        await resolver.ask("example.org", MX)
