"""Questions in the laboratory: every kind of record, whose word on DNSSEC counts, and servers that are asked themselves."""

from typing import Any

import pytest

from dnsserver import DnsServer, Odd
from hawknest import dns
from hawknest.dns import CAA, DNSKEY, DS, MX, NS, SOA, SRV, TXT, A, Kind, Mx, Srv
from hawknest.net.resolver import Resolver, Settings
from hawknest.net.resolver_direct import ask_at
from lab.laboratory import BOGUS, UNSIGNED, Lab

pytestmark = pytest.mark.peer


async def test_every_kind_is_vouched_for(lab: Lab) -> None:
    lab.zone("kinds.test")
    lab.add("_imaps._tcp.kinds.test", "SRV", "0 1 993 mail.kinds.test.")
    lab.add("kinds.test", "CAA", '0 issue "ca.test"')
    kinds: list[tuple[str, Kind[Any]]] = [
        ("kinds.test", SOA),
        ("kinds.test", NS),
        ("kinds.test", DS),
        ("kinds.test", DNSKEY),
        ("kinds.test", CAA),
        ("_imaps._tcp.kinds.test", SRV),
    ]
    async with Resolver(Settings(servers=(lab.resolver,))) as resolver:
        answers = {kind: await resolver.ask(name, kind) for name, kind in kinds}
    assert all(answer.authenticated for answer in answers.values())
    assert answers[SRV].records == (Srv(0, 1, 993, "mail.kinds.test"),)
    assert answers[CAA].records[0].value == b"ca.test"
    assert answers[NS].records == ("ns.kinds.test",)
    assert answers[DNSKEY].records[0].flags == 257
    assert answers[DS].records[0].digest_type == 2


async def test_an_unsigned_zone_has_no_ds(lab: Lab) -> None:
    lab.zone("nods.test", UNSIGNED)
    async with Resolver(Settings(servers=(lab.resolver,))) as resolver:
        with pytest.raises(dns.NoData):
            await resolver.ask("nods.test", DS)


async def test_ad_counts_only_from_where_it_is_trusted(lab: Lab) -> None:
    lab.zone("trusted.test")
    lab.add("trusted.test", "A", "127.0.0.3")
    resolver = Resolver(Settings(servers=(lab.resolver,)))
    for server in resolver._servers.in_order(0.0):
        server.trusted = False  # as if it were not on loopback
    async with resolver:
        assert not (await resolver.ask("trusted.test", A)).authenticated


async def test_a_server_is_asked_itself(lab: Lab) -> None:
    lab.zone("direct.test", BOGUS)  # it does not validate: it is the source
    lab.add("direct.test", "MX", "10 mx.direct.test.")
    lab.add("long.direct.test", "TXT", "x" * 3000)
    answer = await ask_at(lab.server, "Direct.test.", MX)
    assert (answer.records, answer.authenticated) == ((Mx(10, "mx.direct.test"),), False)
    assert answer.resolver == f"127.0.0.1:{lab.server[1]}"
    assert len((await ask_at(lab.server, "long.direct.test", TXT)).records[0]) == 3000  # by TCP
    with pytest.raises(dns.NoSuchName):
        await ask_at(lab.server, "gone.direct.test", MX)
    with pytest.raises(dns.NoData):
        await ask_at(lab.server, "direct.test", SRV)
    with pytest.raises(dns.NotAName):
        await ask_at(lab.server, "a..b", MX)
    lab.set("direct.test", "MX", "0 .")
    assert (await ask_at(lab.server, "direct.test", MX)).records == (Mx(0, ""),)  # nothing was kept


async def test_who_does_not_speak_for_a_name_says_so(lab: Lab) -> None:
    with pytest.raises(dns.Refused):  # a resolver knows only from hearsay, and that was not asked for
        await ask_at(lab.resolver, "direct.test", MX)


@pytest.mark.parametrize(
    ("way", "failure"), [(Odd.REFUSED, dns.Refused), (Odd.SILENT, dns.Silent), (Odd.NO_EDNS, dns.NotInCharge)]
)
async def test_a_server_that_does_not_answer(way: Odd, failure: type[dns.DnsError]) -> None:
    with DnsServer({"example.org A": "127.0.0.1"}, odd={"*": way}) as server, pytest.raises(failure):
        await ask_at(server.endpoint, "example.org", A, timeout=0.1)
