"""The coach's lines: each wrong record, port or certificate gives the right state, words and entry, in both languages."""

from typing import Any

import pytest
from coachworld import DAY, IPV4, KEY, NOW, OTHER_KEY, POLICY, Net, World, address, certificate

from hawknest import dns
from hawknest.net.probe import ProbeError
from hawknest.post.coach import words
from hawknest.post.coach.echo import Echo, Phase
from hawknest.post.coach.situation import SmartHost, Wishes

REVERSE = "1.2.0.192.in-addr.arpa"
REVERSE6 = address("2001:db8::1").reverse_pointer
STS = "https://mta-sts.d.example/.well-known/mta-sts.txt"


async def test_all_is_green_where_all_is_entered() -> None:
    standing = await World().coach().once()
    wrong = {
        one.line.key: (str(one.state), one.outcome.key if one.outcome else "")
        for one in standing.lines
        if one.state != "green"
    }
    assert wrong == {}
    assert standing.ready
    assert standing.complete
    assert not any(one.outcome.enter for one in standing.lines if one.outcome)


NAMES: list[tuple[str, dict[str, Any], str]] = [
    # line, what the DNS has instead (None: nothing), what is said
    ("host", {"mail.d.example A": None, "mail.d.example AAAA": None}, "red host-none"),
    ("host", {"mail.d.example A": ["192.0.2.77"], "mail.d.example AAAA": None}, "red host-elsewhere"),
    ("host", {"mail.d.example A": ["192.168.1.5"]}, "red address-not-public"),
    ("host", {"mail.d.example A": ["192.0.2.1", "192.0.2.2"]}, "yellow host-stray"),
    (
        "host",
        {"mail.d.example A": dns.ServerFailed, "mail.d.example AAAA": dns.ServerFailed},
        "unknown dns-server-failed",
    ),
    ("reverse", {f"{REVERSE} PTR": None}, "red ptr-none"),
    ("reverse", {f"{REVERSE6} PTR": None}, "red ptr-none"),
    ("reverse", {f"{REVERSE} PTR": ["pool.isp.example."]}, "red ptr-unconfirmed"),
    (
        "reverse",
        {f"{REVERSE} PTR": ["pool.isp.example."], "pool.isp.example A": ["192.0.2.1"]},
        "yellow ptr-other",
    ),
    ("reverse", {f"{REVERSE} PTR": dns.Silent}, "unknown dns-silent"),
    ("reverse", {"mail.d.example A": None, "mail.d.example AAAA": None}, "waiting wait-host"),
    ("mx", {"d.example MX": None}, "red mx-none"),
    ("mx", {"d.example MX": None, "d.example A": ["192.0.2.1"]}, "yellow mx-implicit"),
    ("mx", {"d.example MX": None, "d.example A": ["192.0.2.9"]}, "red not-here"),
    ("mx", {"d.example MX": dns.NoSuchName}, "red domain-unknown"),
    ("mx", {"d.example MX": ["0 ."]}, "red mx-null"),
    ("mx", {"d.example MX": ["0 .", "10 mail.d.example."]}, "red mx-null-mixed"),
    ("mx", {"d.example MX": ["10 192.0.2.1"]}, "red mx-is-address"),
    ("mx", {"d.example MX": ["10 mx.old.example."], "mx.old.example A": ["192.0.2.9"]}, "red not-here"),
    ("mx", {"d.example MX": ["10 mx.old.example.", "20 mail.d.example."]}, "yellow mx-behind"),
    (
        "mx",
        {"d.example MX": ["10 www.d.example."], "www.d.example CNAME": ["mail.d.example."]},
        "yellow mx-alias",
    ),
    ("mx", {"d.example MX": dns.Refused}, "unknown dns-refused"),
    ("srv", {"_imaps._tcp.d.example SRV": None}, "yellow srv-none"),
    ("srv", {"_imaps._tcp.d.example SRV": ["0 1 993 old.example."]}, "yellow srv-other"),
    ("autoconfig", {"autoconfig.d.example CNAME": None}, "yellow sites-none"),
    (
        "autoconfig",
        {"autodiscover.d.example CNAME": ["old.example."], "old.example A": ["192.0.2.9"]},
        "yellow sites-none",
    ),
    ("spf", {"d.example TXT": None}, "red spf-none"),
    ("spf", {"d.example TXT": ["v=spf1 mx -all", "v=spf1 a -all"]}, "red spf-many"),
    ("spf", {"d.example TXT": ["v=spf1 +all"]}, "red spf-everybody"),
    ("spf", {"d.example TXT": ["v=spf1 mx ?all"]}, "yellow spf-open"),
    ("spf", {"d.example TXT": ["v=spf1 ip4:192.0.2.9 -all"]}, "red spf-not-us"),
    ("spf", {"d.example TXT": ["v=spf1 mx ip4:nonsense -all"]}, "red spf-broken"),
    ("dkim", {"s1._domainkey.d.example TXT": None}, "red dkim-none"),
    ("dkim", {"s1._domainkey.d.example TXT": [OTHER_KEY]}, "red dkim-other"),
    ("dkim", {"s1._domainkey.d.example TXT": ["v=DKIM1; p=broken here"]}, "red dkim-other"),
    ("dmarc", {"_dmarc.d.example TXT": None}, "red dmarc-missing"),
    ("dmarc", {"_dmarc.d.example TXT": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "red dmarc-many"),
    ("dmarc", {"_dmarc.d.example TXT": ["v=DMARC1; rua"]}, "red dmarc-broken"),
    ("address", {f"{REVERSE} PTR": ["p192-0-2-1.dynamic.isp.example."]}, "yellow address-home"),
    ("lists", {"1.2.0.192.bl.example A": ["127.0.0.4"]}, "red lists-listed"),
    ("lists", {"2.0.0.127.bl.example A": ["127.255.255.254"]}, "unknown lists-nobody"),
    ("mta-sts", {"_mta-sts.d.example TXT": None}, "yellow sts-none"),
    ("mta-sts", {"_mta-sts.d.example TXT": ["v=STSv1; id=1", "v=STSv1; id=2"]}, "red sts-many"),
    ("mta-sts", {"mta-sts.d.example CNAME": None}, "red sts-no-site"),
    (
        "mta-sts",
        {"mta-sts.d.example CNAME": None, "mta-sts.d.example A": ["10.0.0.5"]},
        "red address-not-public",
    ),
    ("tlsrpt", {"_smtp._tls.d.example TXT": None}, "yellow tlsrpt-none"),
    ("tlsrpt", {"_smtp._tls.d.example TXT": ["v=TLSRPTv1; rua=mailto:a@b", "v=TLSRPTv1"]}, "red tlsrpt-many"),
    ("tlsrpt", {"_smtp._tls.d.example TXT": ["v=TLSRPTv1"]}, "red tlsrpt-broken"),
    ("caa", {"mail.d.example CAA": None}, "yellow caa-none"),
    ("caa", {"mail.d.example CAA": None, "d.example CAA": ['0 issue "other.example"']}, "red caa-forbids"),
    ("dnssec", {"d.example DS": None}, "yellow dnssec-none"),
    ("dnssec", {"d.example DS": dns.ServerFailed}, "red dnssec-broken"),
    ("dnssec", {"d.example DS": ["1"], "d.example SOA": ["."]}, "unknown dnssec-unproven"),
    ("tlsa", {"d.example DS": None}, "waiting wait-dnssec"),
    ("tlsa", {"_25._tcp.mail.d.example TLSA": None}, "yellow tlsa-none"),
    ("tlsa", {"_25._tcp.mail.d.example TLSA": ["3 1 1 " + "cd" * 32]}, "red tlsa-other"),
]


@pytest.mark.parametrize(("line", "zone", "said"), NAMES, ids=[f"{line} {said}" for line, _, said in NAMES])
async def test_what_stands_in_the_dns(line: str, zone: dict[str, Any], said: str) -> None:
    found = await World(zone).look(line)
    assert f"{found.state} {found.key}" == said
    _speaks(found)
    if found.state == "red" and not found.key.startswith(("lists", "dnssec", "sts-no-site")):
        assert found.enter, "a record that is wrong is said how it should be"


SMART = SmartHost(host="smtp.sendgrid.net", port=587, spf="include:sendgrid.net")
NET: list[tuple[str, Net, dict[str, Any], str]] = [
    ("ports", Net({f"{IPV4}:25": None}), {}, "red ports-shut"),
    ("ports", Net({f"{IPV4}:993": None}), {}, "yellow ports-shut"),
    ("ports", Net({f"{IPV4}:25": None}), {"here": frozenset()}, "unknown ports-untold"),
    ("ports", Net({f"{IPV4}:25": None}), {"heard_at": NOW - DAY}, "green ports-heard"),
    ("ports", Net({f"{IPV4}:25": None}), {"heard_at": NOW - 30 * DAY}, "red ports-shut"),
    ("ports", Net({f"{IPV4}:25": "220 router.example"}), {}, "red ports-other"),
    ("ports", Net(), {"ports": {"imaps": 993}}, "red ports-closed"),
    (
        "outbound",
        Net({"mx.big.example:25": None, "mx.large.example:25": "220 mx.large.example"}),
        {},
        "green out",
    ),
    ("outbound", Net({"mx.big.example:25": None}), {}, "red out-blocked"),
    ("outbound", Net({"mx.big.example:25": None}), {"sent_at": NOW - DAY}, "green out-sent"),
    ("outbound", Net({"mx.big.example:25": "554 5.7.1 not from you"}), {}, "red out-unwelcome"),
    ("outbound", Net(), {"wishes": Wishes()}, "unknown out-unasked"),
    ("outbound", Net(), {"wishes": Wishes(greeters=("gone.example",))}, "unknown out-nobody"),
    ("outbound", Net({"smtp.sendgrid.net:587": "220 ready"}), {"smart_host": SMART}, "green out-relay"),
    ("outbound", Net(), {"smart_host": SMART}, "red out-relay-dead"),
    ("spf", Net(), {"smart_host": SMART}, "yellow spf-provider"),
    ("lists", Net(), {"wishes": Wishes()}, "unknown lists-unasked"),
    ("host", Net(), {"host": "mailbox"}, "red host-not-full"),
    ("host", Net(), {"addresses": frozenset()}, "green host"),
    ("dkim", Net(), {"keys": ()}, "waiting dkim-no-key"),
    ("mta-sts", Net(), {"wanted": ()}, "green sts"),
    (
        "outbound",
        Net({"mx.big.example:25": ProbeError("Connection refused", refused=True)}),
        {},
        "red out-blocked",
    ),
    ("srv", Net(), {"wanted": ()}, "waiting srv-nothing"),
    ("tlsa", Net(), {"wanted": ()}, "waiting tlsa-nothing"),
    ("certificate", Net(shown=certificate(self_signed=True)), {}, "red cert-self-signed"),
    ("certificate", Net(shown=certificate(ends=NOW - 1)), {}, "red cert-over"),
    ("certificate", Net(shown=certificate(ends=NOW + 5 * DAY)), {}, "yellow cert-soon"),
    ("certificate", Net(shown=certificate(names=("www.d.example",))), {}, "red cert-other-name"),
    ("certificate", Net(shown=certificate(names=("*.d.example",))), {}, "green cert"),
    ("certificate", Net(shown=certificate(distrust="unable to get local issuer")), {}, "red cert-distrusted"),
    ("certificate", Net(shown=ProbeError("refused")), {}, "unknown cert-unseen"),
    ("certificate", Net(), {"ports": {"smtp": 25}}, "unknown cert-nowhere"),
    ("mta-sts", Net(pages={STS: ProbeError("the certificate is not believed")}), {}, "red sts-unserved"),
    ("mta-sts", Net(pages={STS: "<html>"}), {}, "red sts-broken"),
    ("mta-sts", Net(pages={STS: POLICY.replace("mail.d", "old.d")}), {}, "red sts-other-host"),
    ("clock", Net(time=NOW + 4), {}, "green clock"),
    ("clock", Net(time=NOW + 60), {}, "yellow clock-slow"),
    ("clock", Net(time=NOW - 60), {}, "yellow clock-fast"),
    ("clock", Net(time=NOW - 4000), {}, "red clock-fast"),
    ("clock", Net(time=ProbeError("refused")), {}, "unknown clock-nobody"),
    ("clock", Net(), {"wishes": Wishes()}, "unknown clock-unasked"),
]


@pytest.mark.parametrize(
    ("line", "net", "changes", "said"),
    NET,
    ids=[f"{line} {said} {number}" for number, (line, *_, said) in enumerate(NET)],
)
async def test_what_answers(line: str, net: Net, changes: dict[str, Any], said: str) -> None:
    found = await World(net=net, **changes).look(line)
    assert f"{found.state} {found.key}" == said
    _speaks(found)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('{"open": true}', "green ports-open"),
        ('{"open": false}', "red ports-shut"),
        ("yes", "unknown ports-checker"),
        ('{"reachable": true}', "unknown ports-checker"),
        (ProbeError("404 Not Found"), "unknown ports-checker"),
    ],
)
async def test_a_checker_outside(answer: Any, said: str) -> None:
    pages = {f"https://check.example/?h=mail.d.example&p={port}": answer for port in (25, 465, 993, 443)}
    wishes = Wishes(checker="https://check.example/?h={host}&p={port}")
    found = await World(net=Net(pages=pages), wishes=wishes).look("ports")
    assert f"{found.state} {found.key}" == said
    _speaks(found)


async def test_what_to_enter_is_said_as_registrars_want_it() -> None:
    zone = {
        "d.example MX": None,
        "_dmarc.d.example TXT": None,
        "mail.d.example A": None,
        "mail.d.example AAAA": None,
    }
    standing = await World(zone).coach().once()
    entries = {
        (one.relative, one.type, one.value)
        for key in ("host", "mx", "dmarc")
        if (found := standing.of(key).outcome)
        for one in found.enter
    }
    assert entries == {
        ("@", "MX", "10 mail.d.example."),
        ("mail", "A", "192.0.2.1"),
        ("mail", "AAAA", "2001:db8::1"),
        ("_dmarc", "TXT", "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@d.example"),
    }
    assert not standing.ready


async def test_who_still_has_the_old_answer_is_named() -> None:
    world = World(elsewhere={"d.example MX": ["10 mx.old.example."]})
    found = await world.look("mx")
    assert found.state == "green"
    assert [(note.key, note.values["resolvers"], note.values["minutes"]) for note in found.notes] == [
        ("spreading", "192.0.2.99", "5")
    ]
    late = await World(elsewhere={"_dmarc.d.example TXT": None}).look("dmarc")
    assert "spreading" not in {note.key for note in late.notes} or late.state == "green"


async def test_where_the_name_servers_are_silent_the_resolver_is_asked() -> None:
    found = await World(
        {"d.example MX": dns.Silent}, elsewhere={"d.example MX": ["10 mail.d.example."]}
    ).look("mx")
    assert f"{found.state} {found.key}" == "green mx"


@pytest.mark.parametrize(
    ("phase", "results", "said"),
    [
        (None, (), "waiting echo-unsent"),
        (Phase.SENT, (), "waiting echo-sent"),
        (Phase.LEFT, (), "waiting echo-left"),
        (Phase.DEFERRED, (), "yellow echo-deferred"),
        (Phase.BOUNCED, (), "red echo-bounced"),
        (Phase.SILENT, (), "red echo-silent"),
        (Phase.BACK, (), "green echo-plain"),
        (Phase.BACK, (("spf", "pass"), ("dkim", "pass")), "green echo-back"),
        (Phase.BACK, (("spf", "pass"), ("dkim", "fail")), "red echo-doubted"),
    ],
)
async def test_how_a_real_letter_fares(phase: Phase | None, results: Any, said: str) -> None:
    echo = Echo(phase, "echo@far.example", NOW, "said so", results) if phase else None
    found = await World(echo=echo, wishes=Wishes(echo="echo@far.example")).look("echo")
    assert f"{found.state} {found.key}" == said
    _speaks(found)
    assert "echo" not in {one.line.key for one in (await World().coach().once()).lines}


async def test_a_policy_that_is_not_served_yet_is_waited_for() -> None:
    found = await World({"_mta-sts.d.example TXT": None}, wanted=()).look("mta-sts")
    assert f"{found.state} {found.key}" == "waiting sts-nothing"


async def test_one_greeting_is_enough_and_all_are_left_alone_where_a_smart_host_sends() -> None:
    world = World()
    await world.look("outbound")
    assert [tried for tried in world.net.tried if "big" in tried or "large" in tried] == [
        "greet mx.big.example:25"
    ]
    world = World(smart_host=SMART)
    await world.look("outbound")
    assert not [tried for tried in world.net.tried if "big" in tried]


async def test_with_a_smart_host_the_own_address_matters_little() -> None:
    world = World({f"{REVERSE} PTR": None}, net=Net({"smtp.sendgrid.net:587": "220 ready"}), smart_host=SMART)
    standing = await world.coach().once()
    assert standing.of("reverse").state == "red"
    assert str(standing.of("reverse").weight) == "extra"


async def test_blocked_ports_offer_smart_hosts_japanese_ones_first_to_japanese_readers() -> None:
    standing = await World(net=Net({"mx.big.example:25": None})).coach().once()
    data = standing.data("en")
    assert {"gmail", "ses", "sakura"} <= {one["id"] for one in data["providers"]}
    assert standing.data("ja")["providers"][0]["id"] == "sakura"
    assert "op25b" in {note.key for note in standing.of("outbound").outcome.notes}
    assert World().situation.domain
    assert (await World().coach().once()).data("en")["providers"] == []


async def test_a_strangers_text_cannot_steer_the_terminal() -> None:
    found = await World({"d.example TXT": ["v=spf1 \x1b[2J {domain} +all"]}).look("spf")
    assert words.text(found.key, found.values, "en").isprintable()
    greeting = Net({f"{IPV4}:25": "220 {host} odd"})
    other = await World(net=greeting).look("ports")
    assert "{host}" in words.text(other.key, other.values, "ja")


def _speaks(found: Any) -> None:
    """Its words are there in both languages, whole, and different."""
    for key, values in [(found.key, found.values), *((note.key, note.values) for note in found.notes)]:
        english, japanese = (words.text(key, values, language) for language in ("en", "ja"))
        assert english
        assert japanese
        assert english != japanese
        words.advice(key, values, "en")
        words.advice(key, values, "ja")
    if found.state in {"red", "yellow"}:
        assert words.advice(found.key, found.values, "en")
        assert words.advice(found.key, found.values, "ja")


def test_the_key_is_one() -> None:
    assert KEY != OTHER_KEY
