"""iprev: names that lead back, and those that do not."""

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

import pytest

from hawknest.dns import Answer, NoSuchName, Silent
from hawknest.trust import iprev
from hawknest.trust.iprev import Result, check


class Zone:
    """A resolver that knows some names; None stands for one about which nobody can tell."""

    def __init__(self, names: Mapping[str, list[str] | None]) -> None:
        self.names = names
        self.asked: list[str] = []

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        self.asked.append(name)
        found = self.names.get(f"{name} {kind.name}", [])
        if found is None:
            raise Silent(name, kind.name)
        if not found:
            raise NoSuchName(name, kind.name)
        return Answer(tuple(found if kind.name == "PTR" else map(ip_address, found)), name, 60)


REVERSE = "1.2.0.192.in-addr.arpa PTR"
SIX = "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa PTR"


@pytest.mark.parametrize(
    ("ip", "zone", "result", "name"),
    [
        ("192.0.2.1", {REVERSE: ["m.example"], "m.example A": ["192.0.2.1"]}, "pass", "m.example"),
        ("192.0.2.1", {REVERSE: ["x.example", "m.example"], "m.example A": ["192.0.2.7", "192.0.2.1"]}, "pass", "m.example"),
        ("192.0.2.1", {REVERSE: ["x.example", "m.example"], "x.example A": None, "m.example A": ["192.0.2.1"]}, "pass", "m.example"),
        ("2001:db8::1", {SIX: ["m.example"], "m.example AAAA": ["2001:db8::1"]}, "pass", "m.example"),
        ("2001:db8::1", {SIX: ["m.example"], "m.example A": ["192.0.2.1"]}, "fail", "m.example"),
        ("192.0.2.1", {REVERSE: ["m.example"], "m.example A": ["192.0.2.2"]}, "fail", "m.example"),
        ("192.0.2.1", {REVERSE: ["m.example"]}, "fail", "m.example"),
        ("192.0.2.1", {REVERSE: ["m.example"], "m.example A": None}, "temperror", "m.example"),
        ("192.0.2.1", {REVERSE: None}, "temperror", ""),
        ("192.0.2.1", {}, "permerror", ""),
    ],
)  # fmt: skip
async def test_names(ip: str, zone: Mapping[str, list[str] | None], result: str, name: str) -> None:
    found = await check(ip_address(ip), Zone(zone))
    assert (found.result, found.name) == (result, name)
    assert ip in found.why


async def test_an_address_of_many_names() -> None:
    names = [f"m{at}.example" for at in range(100)]
    there = Zone({REVERSE: names, "m99.example A": ["192.0.2.1"]})
    assert (await check(ip_address("192.0.2.1"), there)).result is Result.FAIL
    assert len(there.asked) == 1 + iprev.NAMES


async def test_an_answer_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sleepy:
        async def ask(self, name: str, kind: Any) -> Any:
            await asyncio.sleep(3600)

    monkeypatch.setattr(iprev, "TIME", 0.01)
    assert (await check(ip_address("192.0.2.1"), Sleepy())).result is Result.TEMPERROR
