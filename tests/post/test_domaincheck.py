"""The domain check: every finding from the zone that causes it, and the same words in both languages."""

import json
import string
from ipaddress import ip_address
from typing import Any

import pytest
from destination_names import Names

from dnsserver import DnsServer, Odd
from hawknest.net.resolver import Resolver, Settings
from hawknest.post.domaincheck import Own, Report, Severity, check
from hawknest.post.domaincheck_words import WORDS

GOOD = {
    "d.example MX": "10 mail.d.example",
    "d.example TXT": "v=spf1 mx -all; unrelated",
    "_dmarc.d.example TXT": "v=DMARC1; p=reject".replace("; ", ";"),
    "mail.d.example A": "192.0.2.1",
    "mail.d.example AAAA": "2001:db8::1",
    "1.2.0.192.in-addr.arpa PTR": "mail.d.example",
    f"{ip_address('2001:db8::1').reverse_pointer} PTR": "mail.d.example",
}
OURS = Own(frozenset({"mail.d.example"}), frozenset({ip_address("192.0.2.1")}))


def short(report: Report) -> set[str]:
    """The findings that are not all well, with their severity."""
    return {f"{f.severity.name} {f.key}" for f in report.findings if f.severity is not Severity.OK}


async def looked_up(changes: dict[str, Any], own: Own | None = OURS) -> Report:
    zone = {k: v for k, v in {**GOOD, **changes}.items() if v is not None}
    return await check("d.example", Names(zone), own)


async def test_all_is_well() -> None:
    report = await looked_up({})
    assert short(report) == set()
    assert report.worst is Severity.OK
    assert [f.key for f in report.findings] == ["mx", "host", "ptr", "ptr", "here", "spf", "dmarc"]
    assert report.resolvers == ("192.0.2.53",)


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ({"d.example MX": None, "mail.d.example A": None}, {"PROBLEM mx-none", "PROBLEM not-here"}),
        (
            {"d.example MX": None, "d.example A": "192.0.2.1"},
            {"HINT mx-implicit"},
        ),
        ({"d.example MX": "0 ."}, {"PROBLEM mx-null", "PROBLEM not-here"}),
        ({"d.example MX": "0 .; 10 mail.d.example"}, {"PROBLEM mx-null-mixed"}),
        ({"d.example MX": "10 192.0.2.1; 20 mail.d.example"}, {"PROBLEM mx-is-address"}),
        ({"d.example MX": "10 gone.example; 20 mail.d.example"}, {"PROBLEM host-no-address"}),
        ({"mail.d.example A": "192.168.1.5"}, {"PROBLEM address-not-public"}),
        ({"mail.d.example AAAA": "fd00::5"}, {"PROBLEM address-not-public"}),
        (
            {"d.example MX": "10 x.example", "x.example A": "192.0.2.9", "9.2.0.192.in-addr.arpa PTR": "x.example"},
            {"PROBLEM not-here"},
        ),
        ({"1.2.0.192.in-addr.arpa PTR": None}, {"PROBLEM ptr-none"}),
        ({"1.2.0.192.in-addr.arpa PTR": "pool.example"}, {"PROBLEM ptr-unconfirmed"}),
        (
            {"1.2.0.192.in-addr.arpa PTR": "pool.example", "pool.example A": "192.0.2.1"},
            {"HINT ptr-other"},
        ),
        ({"1.2.0.192.in-addr.arpa PTR": "pool.example; mail.d.example"}, set()),
        ({"d.example TXT": None}, {"HINT spf-none"}),
        ({"d.example TXT": "v=spf10 -all"}, {"HINT spf-none"}),
        ({"d.example TXT": "V=SPF1 mx; v=spf1 -all"}, {"PROBLEM spf-many"}),
        ({"d.example TXT": "v=spf1 +all"}, {"PROBLEM spf-everybody"}),
        ({"d.example TXT": "v=spf1 mx ?all"}, {"HINT spf-open"}),
        ({"d.example TXT": "v=spf1"}, {"HINT spf-open"}),
        ({"d.example TXT": "v=spf1 redirect=e.example"}, set()),
        ({"_dmarc.d.example TXT": None}, {"HINT dmarc-none"}),
        ({"_dmarc.d.example TXT": "v=DMARC1;p=none; v=DMARC1;p=reject"}, {"HINT dmarc-many"}),
    ],
)  # fmt: skip
async def test_what_is_wrong(changes: dict[str, Any], findings: set[str]) -> None:
    assert short(await looked_up(changes)) == findings


async def test_somebody_elses_domain_need_not_lead_here() -> None:
    assert short(await looked_up({}, None)) == set()
    assert "here" not in {f.key for f in (await looked_up({}, None)).findings}
    assert short(await looked_up({"d.example MX": "0 ."}, None)) == {"HINT mx-null"}


async def test_dnssec_and_literals() -> None:
    assert "dnssec" in {f.key for f in (await looked_up({"d.example MX": "!10 mail.d.example"})).findings}
    assert [f.key for f in (await check("[192.0.2.1]", Names({}), OURS)).findings] == ["literal"]


async def test_a_resolver_by_our_own_changing_address() -> None:
    own = Own(frozenset(), frozenset({ip_address("192.0.2.53")}))
    assert "HINT resolver-own" in short(await looked_up({}, own))


async def test_a_strangers_text_cannot_steer_the_terminal() -> None:
    report = await looked_up({"d.example TXT": "v=spf1 \x1b[2J\r\n{domain} -all"})
    text = "".join(f.text() for f in report.findings)
    assert text.isprintable()
    assert "{domain}" in text


@pytest.mark.parametrize(
    ("way", "key"),
    [
        (Odd.NXDOMAIN, "dns-no-such-name"),
        (Odd.SERVFAIL, "dns-server-failed"),
        (Odd.SILENT, "dns-silent"),
        (Odd.TRUNCATED_NO_TCP, "dns-truncated"),
        (Odd.REFUSED, "dns-refused"),
        (Odd.GARBAGE, "dns-malformed"),
    ],
)
async def test_each_failure_has_words_of_its_own(way: Odd, key: str) -> None:
    with DnsServer({"d.example MX": "10 mail.d.example"}, odd={"d.example MX": way}) as server:
        async with Resolver(Settings(servers=(server.endpoint,), timeout=0.1, rounds=1)) as resolver:
            report = await check("d.example", resolver, OURS)
        first = report.findings[0]
        assert first.key == key
        assert first.severity is Severity.PROBLEM
        assert f"127.0.0.1:{server.port}" in first.text()
        assert "d.example" in first.text()
        assert first.advice()
        assert first.advice("ja")
        if way is not Odd.NXDOMAIN:  # what could not be learnt is held against nobody
            assert "not-here" not in {f.key for f in report.findings}


async def test_as_json() -> None:
    report = await looked_up({"1.2.0.192.in-addr.arpa PTR": None})
    data = json.loads(json.dumps(report.data("ja")))
    assert (data["domain"], data["worst"], data["resolvers"]) == ("d.example", "problem", ["192.0.2.53"])
    (wrong,) = [f for f in data["findings"] if f["severity"] == "problem"]
    assert wrong["id"] == "ptr-none"
    assert wrong["values"] == {"host": "mail.d.example", "address": "192.0.2.1"}
    assert "逆引き" in wrong["text"]
    assert "mail.d.example" in wrong["advice"]


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(WORDS))
def test_both_languages_say_the_same(key: str) -> None:
    message = WORDS[key]
    assert places(message.text["en"]) == places(message.text["ja"])
    assert bool(message.advice["en"]) == bool(message.advice["ja"])
    assert places(message.advice["en"]) <= places(message.text["en"])
    assert places(message.advice["ja"]) <= places(message.text["ja"])


async def test_every_message_is_used() -> None:
    """Each key of the table stands in the source, and no other does."""
    import inspect
    import re

    from hawknest.post import domaincheck, domaincheck_report

    source = inspect.getsource(domaincheck) + inspect.getsource(domaincheck_report)
    assert all(f'"{key}"' in source for key in WORDS)
    said = set(re.findall(r'Severity\.\w+, "([a-z-]+)"', source))
    assert said <= set(WORDS)
