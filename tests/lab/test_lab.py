"""The laboratory itself: what is changed is seen at once, and DNSSEC says what it should."""

import time
from ipaddress import ip_address
from pathlib import Path

import pytest

from hawknest.dns import MX, PTR, TLSA, TXT, A, Mx, NoSuchName, ServerFailed
from hawknest.net.resolver import Resolver, Settings
from lab.laboratory import BOGUS, UNSIGNED, Lab, laboratory

pytestmark = pytest.mark.peer


def resolver(lab: Lab) -> Resolver:
    return Resolver(Settings(servers=(lab.resolver,)))


async def test_a_signed_zone_is_vouched_for_and_changes_at_once(lab: Lab) -> None:
    async with resolver(lab) as ask:
        with pytest.raises(NoSuchName):
            await ask.ask("signed.test", MX)
        lab.zone("signed.test")
        lab.add("signed.test", "MX", "10 mx.signed.test.")
        lab.add("_25._tcp.mx.signed.test", "TLSA", "3 1 1 " + "ab" * 32)
        mx = await ask.ask("signed.test", MX)
        assert (mx.records, mx.authenticated) == ((Mx(10, "mx.signed.test"),), True)
        tlsa = await ask.ask("_25._tcp.mx.signed.test", TLSA)
        assert (tlsa.records[0].data, tlsa.authenticated) == (b"\xab" * 32, True)
        lab.set("signed.test", "MX", "20 mx2.signed.test.")
        assert (await ask.ask("signed.test", MX)).records == (Mx(20, "mx2.signed.test"),)
        lab.remove("_25._tcp.mx.signed.test", "TLSA")
        with pytest.raises(NoSuchName):
            await ask.ask("_25._tcp.mx.signed.test", TLSA)
        text = "v=DKIM1; p=" + "x" * 500
        lab.add("s._domainkey.signed.test", "TXT", text)
        assert (await ask.ask("s._domainkey.signed.test", TXT)).records == (text.encode(),)
        assert lab.records("signed.test", "MX") == ["20 mx2.signed.test."]


async def test_a_zone_below_a_zone(lab: Lab) -> None:
    lab.zone("above.test")
    lab.zone("below.above.test")
    lab.add("below.above.test", "A", "127.0.0.9")
    async with resolver(lab) as ask:
        answer = await ask.ask("below.above.test", A)
        assert (answer.records, answer.authenticated) == ((ip_address("127.0.0.9"),), True)


async def test_an_unsigned_zone_is_believed_and_not_vouched_for(lab: Lab) -> None:
    lab.zone("plain.test", UNSIGNED)
    lab.add("plain.test", "A", "127.0.0.3")
    async with resolver(lab) as ask:
        answer = await ask.ask("plain.test", A)
        assert (answer.records, answer.authenticated) == ((ip_address("127.0.0.3"),), False)


async def test_a_bogus_zone_fails(lab: Lab) -> None:
    lab.zone("bogus.test", BOGUS)
    lab.add("bogus.test", "A", "127.0.0.3")
    async with resolver(lab) as ask:
        with pytest.raises(ServerFailed):
            await ask.ask("bogus.test", A)
        assert lab.records("bogus.test", "A") == ["127.0.0.3"]


async def test_a_zone_that_is_begun_again_is_empty(lab: Lab) -> None:
    lab.zone("again.test")
    lab.add("www.again.test", "A", "127.0.0.3")
    lab.zone("again.test", UNSIGNED)
    async with resolver(lab) as ask:
        with pytest.raises(NoSuchName):
            await ask.ask("www.again.test", A)
        lab.zone("again.test")
        lab.add("www.again.test", "A", "127.0.0.4")
        answer = await ask.ask("www.again.test", A)
        assert (answer.records, answer.authenticated) == ((ip_address("127.0.0.4"),), True)


async def test_addresses_of_loopback_have_names(lab: Lab) -> None:
    lab.reverse("127.0.0.77", "mx.signed.test")
    async with resolver(lab) as ask:
        answer = await ask.ask(ip_address("127.0.0.77").reverse_pointer, PTR)
        assert (answer.records, answer.authenticated) == (("mx.signed.test",), True)


async def test_the_world_ends_at_its_root(lab: Lab) -> None:
    async with resolver(lab) as ask:
        with pytest.raises(NoSuchName):
            await ask.ask("example.com", A)


def test_a_world_is_made_quickly() -> None:
    def made() -> float:
        began = time.monotonic()
        with laboratory():
            return time.monotonic() - began

    assert min(made() for _ in range(3)) < 2


def test_a_nest_lives_in_it(lab: Lab, tmp_path: Path) -> None:
    lab.zone("home.test")
    lab.add("home.test", "MX", "10 mx.home.test.")
    lab.add("mx.home.test", "A", "127.0.0.5")
    server = lab.nest(tmp_path / "nest", outbound_port=2525)
    server.start()
    try:
        assert "mx.home.test" in server.hawknest("domain", "check", "home.test", code=1)
    finally:
        server.stop()
