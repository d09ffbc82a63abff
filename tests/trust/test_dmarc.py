"""DMARC: records, the walk up the tree, houses, and what must not pass for one another."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.dns import TXT, Answer, NoData, NoSuchName, Silent
from hawknest.trust import dmarc
from hawknest.trust.dmarc import BadRecord, Check, Policy, Record, Result, Verdict, read

REJECT = "v=DMARC1; p=reject"


class Zone:
    """A resolver that knows the records of some names; all names below `exists` are there."""

    def __init__(self, records: Mapping[str, str | list[str]], nowhere: tuple[str, ...] = ()) -> None:
        self.records = records
        self.nowhere = nowhere
        self.asked: list[str] = []

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        if kind is not TXT:
            raise (NoSuchName if name in self.nowhere else NoData)(name, str(kind))
        self.asked.append(name)
        found = self.records.get(name.removeprefix("_dmarc."))
        if found is None:
            raise NoSuchName(name, "TXT")
        texts = found if isinstance(found, list) else [found]
        return Answer(tuple(text.encode() for text in texts), name, 60)


def judged(
    records: Mapping[str, str | list[str]],
    author: str,
    *,
    spf: tuple[str, ...] = (),
    dkim: tuple[str, ...] = (),
    nowhere: tuple[str, ...] = (),
) -> Verdict:
    return asyncio.run(Check(Zone(records, nowhere)).verdict(author, spf=spf, dkim=dkim))


# What is asked for, and of whom: records, author, SPF, DKIM; the result, and the policy where it failed
CASES = {
    "nothing is said": ({}, "example.org", (), (), "none", "none"),
    "own signature": ({"example.org": REJECT}, "example.org", (), ("example.org",), "pass", "none"),
    "own sender": ({"example.org": REJECT}, "example.org", ("example.org",), (), "pass", "none"),
    "of a subdomain": ({"example.org": REJECT}, "example.org", (), ("mail.example.org",), "pass", "none"),
    "of the house": ({"example.org": REJECT}, "shop.example.org", (), ("example.org",), "pass", "none"),
    "of a sister": ({"example.org": REJECT}, "shop.example.org", ("news.example.org",), (), "pass", "none"),
    "neither": ({"example.org": REJECT}, "example.org", (), (), "fail", "reject"),
    "somebody else's": (
        {"example.org": REJECT},
        "example.org",
        ("evil.example",),
        ("evil.example",),
        "fail",
        "reject",
    ),
    "a name that ends alike": (
        {"example.org": REJECT},
        "example.org",
        (),
        ("badexample.org",),
        "fail",
        "reject",
    ),
    "strict signature": (
        {"example.org": REJECT + "; adkim=s"},
        "example.org",
        (),
        ("a.example.org",),
        "fail",
        "reject",
    ),
    "strict sender": (
        {"example.org": REJECT + "; aspf=s"},
        "example.org",
        ("a.example.org",),
        (),
        "fail",
        "reject",
    ),
    "for subdomains": ({"example.org": REJECT + "; sp=none"}, "a.example.org", (), (), "fail", "none"),
    "a subdomain of its own": (
        {"example.org": REJECT, "a.example.org": "v=DMARC1; p=quarantine"},
        *("a.example.org", (), (), "fail", "quarantine"),
    ),
    "only tested": ({"example.org": REJECT + "; t=y"}, "example.org", (), (), "fail", "quarantine"),
    "quarantine, only tested": (
        {"example.org": "v=DMARC1;p=quarantine;t=y"},
        "example.org",
        (),
        (),
        "fail",
        "none",
    ),
    "a public suffix": (
        {"gov.example": REJECT + "; psd=y", "tax.gov.example": "v=DMARC1; p=none"},
        *("tax.gov.example", (), ("mail.gov.example",), "fail", "none"),
    ),
    "a public suffix speaks for those that do not": (
        {"gov.example": REJECT + "; psd=y"},
        *("tax.gov.example", (), (), "fail", "reject"),
    ),
    "below a public suffix": (
        {"gov.example": REJECT + "; psd=y"},
        *("a.tax.gov.example", (), ("b.tax.gov.example",), "pass", "none"),
    ),
    "neighbours without a word": (
        {"bank.co.uk": REJECT},
        "bank.co.uk",
        ("evil.co.uk",),
        ("evil.co.uk",),
        "fail",
        "reject",
    ),
    "the suffix itself": ({"bank.co.uk": REJECT}, "bank.co.uk", (), ("co.uk",), "fail", "reject"),
    "a house in the house": (
        {"example.org": REJECT, "lab.example.org": "v=DMARC1; p=none; psd=n"},
        *("example.org", (), ("x.lab.example.org",), "fail", "reject"),
    ),
    "two records are none": (
        {"example.org": [REJECT, "v=DMARC1; p=none"]},
        "example.org",
        (),
        (),
        "none",
        "none",
    ),
    "beside other texts": ({"example.org": ["v=spf1 -all", REJECT]}, "example.org", (), (), "fail", "reject"),
    "no policy, but reports": (
        {"example.org": "v=DMARC1; rua=mailto:a@b.example"},
        "example.org",
        (),
        (),
        "fail",
        "none",
    ),
    "of old": (
        {"example.org": "v=DMARC1; p=reject; pct=0; rf=afrf; ri=1"},
        "example.org",
        (),
        (),
        "fail",
        "reject",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_verdicts(name: str) -> None:
    records, author, spf, dkim, result, policy = CASES[name]
    found = judged(records, author, spf=spf, dkim=dkim)
    assert (str(found.result), str(found.policy)) == (result, policy), found
    assert found.why


def test_a_name_that_does_not_exist() -> None:
    records = {"example.org": "v=DMARC1; p=none; sp=quarantine; np=reject"}
    assert judged(records, "a.example.org").policy is Policy.QUARANTINE
    assert judged(records, "a.example.org", nowhere=("a.example.org",)).policy is Policy.REJECT
    assert judged(records, "example.org", nowhere=("example.org",)).policy is Policy.NONE


def test_the_walk_has_eight_steps() -> None:
    zone = Zone({})
    deep = ".".join(f"l{number}" for number in range(20)) + ".example.org"
    asyncio.run(Check(zone).verdict(deep, spf=[], dkim=[]))
    assert [name.count(".") for name in zone.asked] == [22, 7, 6, 5, 4, 3, 2, 1]
    assert len(zone.asked) == dmarc.STEPS
    assert zone.asked[0] == f"_dmarc.{deep}"


def test_eight_labels_are_walked_one_by_one() -> None:
    zone = Zone({})
    asyncio.run(Check(zone).verdict("a.b.c.d.e.f.example.org", spf=[], dkim=[]))
    assert len(zone.asked) == 8
    assert zone.asked[1] == "_dmarc.b.c.d.e.f.example.org"


def test_nothing_is_asked_twice() -> None:
    zone = Zone({"example.org": REJECT})
    domains = ["a.example.org", "b.example.org", "a.example.org"]
    asyncio.run(Check(zone).verdict("c.example.org", spf=domains, dkim=domains))
    assert len(zone.asked) == len(set(zone.asked))


def test_nobody_could_tell() -> None:
    class Mute:
        async def ask(self, name: str, kind: Any) -> Any:
            raise Silent(name, str(kind))

    found = asyncio.run(Check(Mute()).verdict("example.org", spf=[], dkim=[]))
    assert found.result is Result.TEMPERROR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=DMARC1;p=none", Record(policy=Policy.NONE)),
        ("v=DMARC1; p=REJECT ; sp=Quarantine;", Record(policy=Policy.REJECT, subdomains=Policy.QUARANTINE)),
        ("v=DMARC1; p=none; psd=n", Record(policy=Policy.NONE, public_suffix=False)),
        ("v=DMARC1; p=none; psd=u; np=what", Record(policy=Policy.NONE)),
        (
            "v=DMARC1; p=none; rua=mailto:a@b.example, mailto:c@d.example!10m",
            Record(policy=Policy.NONE, reports=("mailto:a@b.example", "mailto:c@d.example!10m")),
        ),
        ("v=DMARC1; unknown=1; p=none", Record(policy=Policy.NONE)),
    ],
)
def test_records(text: str, expected: Record) -> None:
    assert read(text.encode()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=DMARC1",
        "p=none; v=DMARC1",
        "v=dmarc1; p=none",
        "v=DMARC1; p=all",
        "v=DMARC1 p=none",
        "v=DMARC1; p=none; p=none",
    ],
)
def test_what_is_no_record(text: str) -> None:
    with pytest.raises(BadRecord):
        read(text.encode())


@given(st.binary(max_size=100))
def test_any_octets_are_a_record_or_are_not(octets: bytes) -> None:
    try:
        read(octets)
    except BadRecord:
        return
