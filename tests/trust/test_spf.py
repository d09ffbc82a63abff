"""SPF: the suites of the working group, what a check may cost, what is remembered, and the words."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hawknest.dns import MX, TXT, Answer, Mx, NoData, NoSuchName, NotAName, Silent, canonical_name
from hawknest.trust import spf_policy
from hawknest.trust.spf import Result, Sender, Verdict, check
from mail_corpora import corpus

Zone = Mapping[str, Sequence[Any]]


class Suite:
    """A resolver with the zone of a scenario of the suite."""

    def __init__(self, zone: Zone) -> None:
        self.zone = {name.lower().rstrip("."): entries for name, entries in zone.items()}
        self.asked: list[str] = []

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        self.asked.append(name)
        at = canonical_name(name)
        if at is None:
            raise NotAName(name, kind.name)
        for _ in range(10):
            entries = self.zone.get(at)
            if entries is None:
                raise NoSuchName(at, kind.name)
            found = tuple(
                value(entry[kind.name], kind)
                for entry in entries
                if isinstance(entry, dict) and kind.name in entry
            )
            if kind is TXT and not found:
                found = tuple(
                    value(entry["SPF"], kind)
                    for entry in entries
                    if isinstance(entry, dict) and "SPF" in entry
                )
            elif kind is TXT and found == (b"NONE",):
                found = ()
            if found:
                return Answer(found, at, 60)
            if "TIMEOUT" in entries:
                raise Silent(at, kind.name)
            leads = [entry["CNAME"] for entry in entries if isinstance(entry, dict) and "CNAME" in entry]
            if not leads:
                raise NoData(at, kind.name)
            at = leads[0].lower().rstrip(".")
        raise NoData(at, kind.name)


def value(text: Any, kind: Any) -> Any:
    """A record of the suite as ours."""
    if kind is MX:
        return Mx(text[0], text[1].rstrip(".").lower())
    if kind is TXT:
        return ("".join(text) if isinstance(text, list) else text).encode("utf-8", "surrogateescape")
    return text.rstrip(".").lower() if kind.name == "PTR" else ip_address(text)


def cases(name: str) -> Iterator[tuple[str, Mapping[str, Any], Zone]]:
    for scenario in yaml.safe_load_all(corpus(f"spf/{name}").read_text()):
        for test, case in scenario["tests"].items():
            yield f"{scenario['description']}: {test}", case, scenario["zonedata"]


def judged(case: Mapping[str, Any], resolver: Any) -> Verdict:
    return asyncio.run(check(Sender(ip_address(case["host"]), case["helo"], case["mailfrom"]), resolver))


async def looked(
    resolver: Any, mail_from: str = "a@example.org", ip: str = "192.0.2.1", helo: str = "mx.example.org"
) -> Verdict:
    return await check(Sender(ip_address(ip), helo, mail_from), resolver)


def zone(*policy: str, **more: Sequence[Any]) -> Suite:
    """The policies of example.org, and what else there is below it."""
    below = {f"{name}.example.org": entries for name, entries in more.items()}
    return Suite({"example.org": [{"TXT": text} for text in policy], **below})


@pytest.mark.parametrize(("name", "count"), [("rfc7208-tests.yml", 203), ("rfc4408-tests.yml", 191)])
def test_the_suite(name: str, count: int) -> None:
    wrong: dict[str, str] = {}
    seen = 0
    for test, case, zone in cases(name):
        wanted = case["result"]
        found = judged(case, Suite(zone))
        seen += 1
        if found.result not in (wanted if isinstance(wanted, list) else [wanted]):
            wrong[test] = f"{found.result}, not {wanted}: {found.why}"
    assert not wrong
    assert seen == count


# Words


@pytest.mark.parametrize(
    ("policy", "result", "why"),
    [
        ("v=spf1 ip4:192.0.2.1 -all", "pass", "example.org allows letters from 192.0.2.1"),
        ("v=spf1 -all", "fail", "example.org does not allow letters from 192.0.2.1"),
        ("v=spf1 ~all", "softfail", "example.org says that letters from 192.0.2.1 are probably not its own"),
        ("v=spf1 ?all", "neutral", "example.org leaves it open whether 192.0.2.1 may send its letters"),
        ("v=spf2 -all", "none", "example.org does not say who may send its letters"),
        (
            "v=spf1 nonsense",
            "permerror",
            "what example.org says of who may send its letters cannot be understood: unknown mechanism 'nonsense'",
        ),
    ],
)
async def test_the_words(policy: str, result: str, why: str) -> None:
    assert await looked(zone(policy)) == Verdict(Result(result), "example.org", "mailfrom", why)


async def test_a_report_is_asked_about_by_the_name_of_its_host() -> None:
    found = await looked(
        Suite({"mx.example.org": [{"TXT": "v=spf1 a -all"}, {"A": "192.0.2.1"}]}), mail_from=""
    )
    assert (found.result, found.domain, found.identity) == (Result.PASS, "mx.example.org", "helo")


@pytest.mark.parametrize(
    "name",
    ["localhost", "[192.0.2.1]", "", "a b.example", "192.0.2.1", "x" * 300 + ".example", "a\0.example"],
)
async def test_names_that_nobody_can_be_asked_about(name: str) -> None:
    found = await looked(zone("v=spf1 -all"), mail_from="", helo=name)
    assert (found.result, found.identity) == (Result.NONE, "helo")
    assert len(found.why) < 400
    assert found.why.isprintable()


async def test_a_domain_beyond_ascii() -> None:
    there = Suite({"xn--bcher-kva.example": [{"TXT": "v=spf1 ip4:192.0.2.0/24 -all"}]})
    found = await looked(there, mail_from="a@Bücher.example")
    assert (found.result, found.domain) == (Result.PASS, "xn--bcher-kva.example")


async def test_nobody_could_tell() -> None:
    found = await looked(Suite({"example.org": ["TIMEOUT"]}))
    assert found.result is Result.TEMPERROR
    assert "did not answer in time" in found.why


# What it may cost


async def test_no_stranger_explains() -> None:
    there = zone("v=spf1 -all exp=why.example.org", why=[{"TXT": "Go away!"}])
    assert (await looked(there)).result is Result.FAIL
    assert "why.example.org" not in there.asked


@pytest.mark.parametrize(
    "policy",
    [
        "v=spf1 " + "ip4:192.0.2.2 " * 300 + "-all",  # longer than any
        "v=spf1 exists:%{d" + "1" * 5000 + "}.example.org -all",
        "v=spf1 include:example.org -all",  # a circle
        "v=spf1 redirect=example.org",
        "v=spf1 " + "".join(f"a:void{at}.example.org " for at in range(3)) + "-all",
        "v=spf1 mx:many.example.org -all",
    ],
)
async def test_what_would_cost_too_much(policy: str) -> None:
    many = [{"MX": [at, f"m{at}.example.org"]} for at in range(11)]
    there = zone(policy, many=many)
    assert (await looked(there)).result is Result.PERMERROR
    assert len(there.asked) <= 13


async def test_questions_without_end() -> None:
    hosts = {f"m{at}": [{"A": "192.0.2.9"}] for at in range(10)}
    exchanges = {f"d{at}": [{"MX": [at, f"m{at}.example.org"]} for at in range(10)] for at in range(10)}
    there = zone(
        "v=spf1 " + "".join(f"mx:d{at}.example.org " for at in range(10)) + "-all", **hosts, **exchanges
    )
    assert (await looked(there)).result is Result.FAIL
    assert len(there.asked) <= spf_policy.QUESTIONS


async def test_an_answer_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sleepy:
        async def ask(self, name: str, kind: Any) -> Any:
            await asyncio.sleep(3600)

    monkeypatch.setattr(spf_policy, "TIME", 0.01)
    assert (await looked(Sleepy())).result is Result.TEMPERROR


# What is remembered


async def test_what_came_of_a_policy_is_remembered_while_the_dns_says_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worked_out: list[str] = []
    evaluate = spf_policy.Evaluator.evaluate

    async def counted(self: Any, ip: str, sender: str, helo: str = "") -> Any:
        worked_out.append(sender)
        return await evaluate(self, ip, sender, helo)

    monkeypatch.setattr(spf_policy.Evaluator, "evaluate", counted)
    there = zone("v=spf1 a:host.example.org -all", host=[{"A": "192.0.2.7"}])
    for _ in range(3):
        assert (await looked(there, ip="192.0.2.7")).result is Result.PASS
        assert (await looked(there, ip="192.0.2.8")).result is Result.FAIL
    assert len(worked_out) == 2
    moved = zone("v=spf1 a:host.example.org -all", host=[{"A": "192.0.2.8"}])
    assert (await looked(moved, ip="192.0.2.7")).result is Result.FAIL
    assert (await looked(moved, ip="192.0.2.8")).result is Result.PASS
    gone = zone("v=spf1 a:host.example.org ?all")
    assert (await looked(gone, ip="192.0.2.8")).result is Result.NEUTRAL


async def test_a_policy_for_one_sender_is_not_remembered_for_another() -> None:
    there = zone("v=spf1 exists:%{l}.example.org -all", anna=[{"A": "127.0.0.2"}])
    for _ in range(2):
        assert (await looked(there, "anna@example.org")).result is Result.PASS
        assert (await looked(there, "bernd@example.org")).result is Result.FAIL


async def test_what_is_large_is_not_remembered() -> None:
    many = [{"A": f"192.0.2.{at}"} for at in range(200)]
    there = zone("v=spf1 a:many.example.org -all", many=many)
    before = len(spf_policy._remembered)
    assert (await looked(there, ip="192.0.2.50")).result is Result.PASS
    assert len(spf_policy._remembered) == before


async def test_that_nobody_could_tell_is_not_remembered() -> None:
    policy = "v=spf1 a:host.example.org -all"
    assert (await looked(zone(policy, host=["TIMEOUT"]), ip="192.0.2.3")).result is Result.TEMPERROR
    assert (await looked(zone(policy, host=[{"A": "192.0.2.3"}]), ip="192.0.2.3")).result is Result.PASS
    assert (await looked(zone(policy, host=["TIMEOUT"]), ip="192.0.2.3")).result is Result.TEMPERROR


# Whatever stands in a zone

WORDS = st.sampled_from(
    ["v=spf1", " ", "a", "mx", ":", "/", "//", "0", "32", "33", "ptr", "include:", "example.org", "exists:", "%{", "i", "r", "5", "}", "%", "=",
     "redirect=", "exp=", "ip4:", "ip6:", "192.0.2.1", "::1", "all", "-", "~", "?", "+", "ü", "\0", ".", "x" * 64]
)  # fmt: skip


@given(
    st.lists(WORDS, max_size=20).map("".join),
    st.text(max_size=20),
    st.text(max_size=20),
    st.sampled_from(["192.0.2.1", "2001:db8::1"]),
)
def test_any_policy(policy: str, local: str, helo: str, ip: str) -> None:
    there = zone("v=spf1 " + policy, m=[{"MX": [0, "example.org"]}])
    for mail_from in (f"{local}@example.org", ""):
        found = asyncio.run(looked(there, mail_from, ip, helo))
        assert found.why.isprintable()
