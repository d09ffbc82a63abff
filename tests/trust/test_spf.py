"""SPF: the suite of RFC 7208, what a check may cost, and its words."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

import pytest
import yaml

from hawknest.dns import MX, TXT, Answer, Mx, NoData, NoSuchName, NotAName, Silent, canonical_name
from hawknest.trust.spf import Sender, Verdict, check
from mail_corpora import corpus

Zone = Mapping[str, Sequence[Any]]


class Suite:
    """A resolver with the zone of a scenario of the suite."""

    def __init__(self, zone: Zone) -> None:
        self.zone = {name.lower().rstrip("."): entries for name, entries in zone.items()}
        self.asked = 0

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        self.asked += 1
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
    sender = Sender(ip_address(case["host"]), case["helo"], case["mailfrom"], "here.example")
    return asyncio.run(check(sender, resolver))


@pytest.mark.parametrize(("name", "count"), [("rfc7208-tests.yml", 203)])
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
