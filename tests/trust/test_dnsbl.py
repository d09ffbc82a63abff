"""Lists in the DNS: what is a listing, and everything that is none."""

import asyncio
import contextlib
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.dns import Answer, NoSuchName, Silent
from hawknest.trust import dnsbl
from hawknest.trust.dnsbl import BadZone, Zone, entry, look, read, trouble, zones

HOST = ip_address("192.0.2.99")
NAME = "99.2.0.192.bad.example"


class Lists:
    """A resolver that knows some entries; None stands for one about which nobody can tell, * for all others."""

    def __init__(self, entries: Mapping[str, list[str] | None], text: str = "") -> None:
        self.entries = entries
        self.text = text

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        found = self.entries.get(name, self.entries.get("*", []))
        if found is None:
            raise Silent(name, kind.name)
        if kind.name == "TXT":
            if self.text:
                return Answer((self.text.encode(),), name, 60)
            raise NoSuchName(name, kind.name)
        if not found:
            raise NoSuchName(name, kind.name)
        return Answer(tuple(map(IPv4Address, found)), name, 60)


@pytest.mark.parametrize("answer", ["127.0.0.2", "127.0.0.11", "127.0.0.254", "127.0.10.3", "127.1.0.255"])
async def test_listings(answer: str) -> None:
    (found,) = await look(
        HOST, [read("bad.example")], Lists({NAME: [answer]}, "see https://bad.example/99\0")
    )
    assert (found.zone, str(found.answer)) == ("bad.example", answer)
    assert found.why == f"192.0.2.99 is on the list bad.example ({answer}): see https://bad.example/99?"


@pytest.mark.parametrize(
    "answers", [[], None, ["127.255.255.252"], ["127.255.255.254"], ["127.255.255.255"], ["127.0.0.1"], ["127.0.0.255"], ["203.0.113.5"], ["126.0.0.2"]]
)  # fmt: skip
async def test_what_is_no_listing(answers: list[str] | None) -> None:
    assert not await look(HOST, [read("bad.example")], Lists({NAME: answers}))


async def test_a_list_that_has_gone_mad() -> None:
    assert not await look(HOST, [read("bad.example")], Lists({"*": ["127.0.0.2"]}))


async def test_the_answers_that_count() -> None:
    good = read("list.good.example=127.0.[0..255].[1;2..3]")
    for answer, counts in (
        ("127.0.9.1", True),
        ("127.0.9.3", True),
        ("127.0.9.0", False),
        ("127.1.9.1", False),
    ):
        assert bool(await look(HOST, [good], Lists({"99.2.0.192.list.good.example": [answer]}))) is counts
    both = Lists({"99.2.0.192.list.good.example": ["127.0.4.0", "127.0.4.2"]})
    assert [str(one.answer) for one in await look(HOST, [good], both)] == ["127.0.4.2"]


async def test_several_lists_of_which_one_is_silent() -> None:
    lists = Lists({NAME: ["127.0.0.4"], "99.2.0.192.other.example": None})
    asked = zones("other.example, bad.example third.example=127.0.0.2")
    assert [one.zone for one in await look(HOST, asked, lists)] == ["bad.example"]


async def test_a_list_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sleepy(Lists):
        async def ask(self, name: str, kind: Any) -> Answer[Any]:
            if "sleepy" in name:
                await asyncio.sleep(3600)
            return await super().ask(name, kind)

    monkeypatch.setattr(dnsbl, "TIME", 0.01)
    found = await look(HOST, [read("sleepy.example"), read("bad.example")], Sleepy({NAME: ["127.0.0.4"]}))
    assert [one.zone for one in found] == ["bad.example"]


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"2.0.0.127.bad.example": ["127.0.0.2"]}, ""),
        ({"*": ["127.0.0.2"]}, "lists everybody"),
        ({"2.0.0.127.bad.example": ["127.255.255.254"]}, "refuses our resolver (127.255.255.254)"),
        ({"*": ["127.255.255.254"]}, "refuses our resolver"),
        ({"*": ["203.0.113.5"]}, "refuses our resolver (203.0.113.5)"),
        ({}, "does not list 127.0.0.2"),
        ({"*": None}, "cannot be asked"),
    ],
)
async def test_what_is_wrong_with_a_list(entries: Mapping[str, list[str] | None], words: str) -> None:
    found = await trouble(read("bad.example"), Lists(entries))
    assert bool(found) is bool(words)
    assert words in found


def test_entries() -> None:
    six = ip_address("2001:db8:1:2:3:4:567:89ab")  # the example of RFC 5782 §2.4
    assert (
        entry(six, "ugly.example.com")
        == "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com"
    )
    assert entry(ip_address("::ffff:192.0.2.99"), "bad.example") == NAME


@given(st.ip_addresses())
def test_every_address_has_its_own_entry(ip: IPv4Address | IPv6Address) -> None:
    labels = entry(ip, "bad.example").removesuffix(".bad.example").split(".")
    mapped = isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None
    assert len(labels) == (4 if ip.version == 4 or mapped else 32)


@pytest.mark.parametrize(
    "text",
    ["", "bad", "bad example.org", "a..b", "bad.example=", "bad.example=127.0.0", "bad.example=1.2.3.4", "bad.example=127.0.0.256",
     "bad.example=127.0.0.[9..2]", "bad.example=127.0.0.[2..]", "bad.example=127.0.0.[]", "=127.0.0.2"]
)  # fmt: skip
def test_what_names_no_list(text: str) -> None:
    with pytest.raises(BadZone):
        read(text)


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    with contextlib.suppress(BadZone):
        assert isinstance(read(text), Zone)
