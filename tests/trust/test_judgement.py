"""What is done with a letter: what its author's domain asks for, and no more than its owner allows."""

import ipaddress
from dataclasses import replace
from typing import Any

import pytest

from hawknest.mail.authres import read, write
from hawknest.trust import arc, dkim, dmarc, dnsbl, iprev, spf
from hawknest.trust.author import Author, Fault
from hawknest.trust.findings import Findings, methods
from hawknest.trust.judgement import judge
from hawknest.trust.strictness import Strictness, Wish

PEER = ipaddress.ip_address("192.0.2.9")
LISTED = dnsbl.Listing(
    "list.example", ipaddress.IPv4Address("127.0.0.2"), "192.0.2.9 is on the list list.example"
)
VOUCHED = dnsbl.Listing("good.example", ipaddress.IPv4Address("127.0.0.3"), "it is known")
SEALED = arc.Verdict(
    result=arc.Result.PASS,
    sealer="lists.example",
    results=b" i=1; mx.lists.example; dkim=pass header.d=bank.example; dmarc=pass header.from=bank.example",
    links=1,
)
TWISTED = b" i=1; mx.lists.example; dmarc=fail (dmarc=pass) header.from=bank.example; spf=pass"


def found(**changes: Any) -> Findings:
    plain = Findings(
        peer=PEER,
        mail_from="mia@bank.example",
        author=Author("bank.example"),
        iprev=iprev.Verdict(iprev.Result.PASS, "mx.bank.example", ""),
        spf=spf.Verdict(spf.Result.NONE, "bank.example", "mailfrom", "bank.example says nothing"),
        dkim=(),
        arc=arc.Verdict(result=arc.Result.NONE),
        dmarc=stood(dmarc.Result.NONE),
    )
    return replace(plain, **changes)


def stood(result: dmarc.Result, policy: dmarc.Policy = dmarc.Policy.NONE) -> dmarc.Verdict:
    return dmarc.Verdict(result=result, policy=policy, domain="bank.example", why="it is not theirs")


def sent(result: spf.Result) -> spf.Verdict:
    return spf.Verdict(result, "bank.example", "mailfrom", f"spf {result}")


def signed(result: dkim.Result, domain: str = "bank.example") -> dkim.Verdict:
    return dkim.Verdict(result=result, domain=domain, selector="s1", algorithm="rsa-sha256", why="why")


FAIL, NONE, QUARANTINE, REJECT = dmarc.Result.FAIL, *dmarc.Policy
CASES: list[tuple[dict[str, Any], Wish]] = [
    ({}, Wish.ACCEPT),
    ({"dmarc": stood(dmarc.Result.PASS)}, Wish.ACCEPT),
    ({"dmarc": stood(dmarc.Result.PASS), "spf": sent(spf.Result.FAIL)}, Wish.ACCEPT),
    ({"dmarc": stood(dmarc.Result.TEMPERROR)}, Wish.ACCEPT),
    ({"dmarc": stood(FAIL, NONE)}, Wish.ACCEPT),
    ({"dmarc": stood(FAIL, NONE), "spf": sent(spf.Result.FAIL)}, Wish.ACCEPT),
    ({"dmarc": stood(FAIL, QUARANTINE)}, Wish.JUNK),
    ({"dmarc": stood(FAIL, REJECT)}, Wish.REFUSE),
    ({"dmarc": stood(FAIL, REJECT), "dkim": (signed(dkim.Result.PASS, "evil.example"),)}, Wish.REFUSE),
    ({"dmarc": stood(FAIL, REJECT), "spf": sent(spf.Result.TEMPERROR)}, Wish.DEFER),
    ({"dmarc": stood(FAIL, QUARANTINE), "dkim": (signed(dkim.Result.TEMPERROR),)}, Wish.DEFER),
    ({"spf": sent(spf.Result.FAIL)}, Wish.JUNK),
    ({"spf": sent(spf.Result.FAIL), "dkim": (signed(dkim.Result.PASS),)}, Wish.ACCEPT),
    ({"spf": sent(spf.Result.FAIL), "dkim": (signed(dkim.Result.PASS, "evil.example"),)}, Wish.JUNK),
    ({"spf": sent(spf.Result.SOFTFAIL)}, Wish.ACCEPT),
    ({"spf": sent(spf.Result.PERMERROR)}, Wish.ACCEPT),
    ({"author": Author("", Fault.SEVERAL_FIELDS), "dmarc": None}, Wish.REFUSE),
    ({"author": Author("", Fault.SEVERAL_DOMAINS), "dmarc": None}, Wish.JUNK),
    ({"author": Author("", Fault.MISSING), "dmarc": None}, Wish.JUNK),
    ({"author": Author("", Fault.UNREADABLE), "dmarc": None}, Wish.JUNK),
    ({"listed": (LISTED,)}, Wish.REFUSE),
    ({"listed": (LISTED,), "dmarc": stood(dmarc.Result.PASS)}, Wish.REFUSE),
    ({"listed": (LISTED,), "vouched": (VOUCHED,)}, Wish.ACCEPT),
    ({"vouched": (VOUCHED,), "dmarc": stood(FAIL, REJECT)}, Wish.REFUSE),
]


@pytest.mark.parametrize(("changes", "wish"), CASES)
def test_what_is_done(changes: dict[str, Any], wish: Wish) -> None:
    judgement = judge(found(**changes))
    assert judgement.wish is wish
    assert bool(judgement.why) or wish is Wish.ACCEPT


@pytest.mark.parametrize(
    ("sealed", "trusted", "wish"),
    [
        (SEALED, {"lists.example"}, Wish.ACCEPT),
        (SEALED, set(), Wish.REFUSE),
        (SEALED, {"other.example"}, Wish.REFUSE),
        (replace(SEALED, result=arc.Result.FAIL), {"lists.example"}, Wish.REFUSE),
        (replace(SEALED, results=TWISTED), {"lists.example"}, Wish.REFUSE),
        (replace(SEALED, results=b""), {"lists.example"}, Wish.REFUSE),
    ],
)
def test_forwarders_that_are_trusted(sealed: arc.Verdict, trusted: set[str], wish: Wish) -> None:
    judgement = judge(found(dmarc=stood(FAIL, REJECT), arc=sealed), trusted)
    assert judgement.wish is wish
    assert (judgement.excused == "trusted_forwarder") is (wish is Wish.ACCEPT)


@pytest.mark.parametrize(
    ("strictness", "left"),
    [
        (Strictness.REFUSE, "accept junk defer refuse"),
        (Strictness.JUNK, "accept junk junk junk"),
        (Strictness.MARK, "accept accept accept accept"),
    ],
)
def test_no_more_than_its_owner_allows(strictness: Strictness, left: str) -> None:
    assert [strictness.allows(wish) for wish in Wish] == left.split()


def test_the_findings_as_a_field() -> None:
    looked = found(
        spf=sent(spf.Result.PASS),
        dkim=(signed(dkim.Result.PASS), signed(dkim.Result.FAIL, "evil.example")),
        dmarc=stood(FAIL, QUARANTINE),
        arc=SEALED,
        vouched=(VOUCHED,),
    )
    said = read(write("mx.example.org", methods(looked)).partition(b":")[2])
    assert [(one.name, one.result) for one in said] == [
        ("iprev", "pass"),
        ("spf", "pass"),
        ("dkim", "pass"),
        ("dkim", "fail"),
        ("dmarc", "fail"),
        ("arc", "pass"),
        ("dnswl", "pass"),
    ]
    assert ("header.from", "bank.example") in said[4].properties
    assert [
        (one.name, one.result) for one in methods(found(author=Author("", Fault.MISSING), dmarc=None))
    ] == [
        ("iprev", "pass"),
        ("spf", "none"),
        ("dkim", "none"),
    ]
