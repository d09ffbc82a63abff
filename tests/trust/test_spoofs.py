"""Forged letters: every trick by which somebody has tried to speak in a bank's name. None of them ends as a pass."""

import base64
import hashlib
from collections.abc import Callable
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hawknest.accounts.settings import Policies
from hawknest.mail import authres
from hawknest.mail.authres import Method
from hawknest.post.checks import Checks
from hawknest.trust import arc, canonical, dmarc
from hawknest.trust.arc_seal import Sealing
from hawknest.trust.dkim_sign import Signer, Signing, chosen, written
from hawknest.trust.findings import Findings, methods
from hawknest.trust.judgement import Judgement
from hawknest.trust.strictness import Wish
from zone import Zone

NOW: Final = 1_700_000_000.0
HERE: Final = "mx.here.example"
THIEF: Final = "203.0.113.66"


def key(domain: str, selector: str = "s") -> Signer:
    return Signer(domain, selector, Ed25519PrivateKey.generate())


BANK, THIEVES, SUFFIX, LISTS = (
    key("bank.example"),
    key("evil.example"),
    key("evil.co.uk"),
    key("lists.example"),
)
CHILD, STRICT, LOOKALIKE = key("news.strict.example"), key("strict.example"), key("xn--bnk-6cd.example")
COUSIN: Final = key("co.uk")

WORLD: Final = {
    "bank.example A": "192.0.2.1",
    "bank.example TXT": "v=spf1 ip4:192.0.2.1 -all",
    "_dmarc.bank.example TXT": "v=DMARC1; p=reject; np=reject",
    "strict.example TXT": "v=spf1 ip4:192.0.2.1 -all",
    "news.strict.example TXT": f"v=spf1 ip4:{THIEF} -all",  # a subdomain that is let to somebody else
    "_dmarc.strict.example TXT": "v=DMARC1; p=reject; adkim=s; aspf=s",
    "bank.co.uk A": "192.0.2.1",
    "bank.co.uk TXT": "v=spf1 ip4:192.0.2.1 -all",
    "_dmarc.bank.co.uk TXT": "v=DMARC1; p=reject",
    "evil.co.uk TXT": f"v=spf1 ip4:{THIEF} -all",
    "co.uk TXT": f"v=spf1 ip4:{THIEF} -all",
    "evil.example TXT": f"v=spf1 ip4:{THIEF} -all",
    "_dmarc.evil.example TXT": "v=DMARC1; p=none",
    "badbank.example TXT": f"v=spf1 ip4:{THIEF} -all",
    "xn--bnk-6cd.example TXT": f"v=spf1 ip4:{THIEF} -all",
    "_dmarc.xn--bnk-6cd.example TXT": "v=DMARC1; p=reject",
    **{
        f"{one.selector}._domainkey.{one.domain} TXT": one.record
        for one in (BANK, THIEVES, SUFFIX, LISTS, CHILD, STRICT, LOOKALIKE, COUSIN)
    },
}

REST: Final = b"To: mia@here.example\r\nSubject: Your account\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
BODY: Final = b"Please pay at once.\r\n"


async def looked(
    letter: bytes, mail_from: str = "thief@evil.example", peer: str = THIEF, world: dict[str, str] = WORLD
) -> tuple[Findings, Judgement]:
    """What we find out about a letter, and what we make of it."""
    policies = Policies(check_senders=True, trusted_forwarders="lists.example")
    room = Checks(Zone(world), lambda: policies, lambda: NOW)
    look = room.begin(peer, "mx.evil.example", mail_from)
    assert look is not None
    header, _, body = letter.partition(b"\r\n\r\n")
    look.opened(header + b"\r\n")
    look.update(body)
    found = await look.findings()
    return found, room.judge(found)


def signed(letter: bytes, *signers: Signer) -> bytes:
    header, _, body = letter.partition(b"\r\n\r\n")
    signing = Signing(header + b"\r\n")
    signing.update(body)
    return signing.signed(list(signers), NOW) + letter


def passes(found: Findings) -> bool:
    """Whether the letter is taken for the bank's, or for one whose author is not in doubt."""
    return found.dmarc is not None and found.dmarc.result is dmarc.Result.PASS


async def test_the_bank_itself_passes() -> None:
    letter = b"From: The bank <info@bank.example>\r\n" + REST + b"\r\n" + BODY
    for one, who, peer in (
        (signed(letter, BANK), "thief@evil.example", THIEF),
        (letter, "info@bank.example", "192.0.2.1"),
    ):
        found, judged = await looked(one, who, peer)
        assert passes(found), found
        assert judged.wish is Wish.ACCEPT


# From: what the thief, whose own domain is in order, writes there

FROM: Final[dict[str, bytes]] = {
    "the bank's address": b"From: info@bank.example",
    "in capitals": b"FROM: INFO@BANK.EXAMPLE",
    "a space before the colon": b"From : info@bank.example",
    "folded before the address": b"From:\r\n info@bank.example",
    "folded inside": b"From: info@\r\n bank.example",
    "folded with a blank line": b"From:\r\n \r\n info@bank.example",
    "two fields, the bank first": b"From: info@bank.example\r\nFrom: thief@evil.example",
    "two fields, the bank last": b"From: thief@evil.example\r\nFrom: info@bank.example",
    "two fields, apart": b"From: thief@evil.example\r\nX-A: b\r\nfrom: info@bank.example",
    "two fields, the second with a space": b"From: thief@evil.example\r\nFrom : info@bank.example",
    "two authors": b"From: thief@evil.example, info@bank.example",
    "two authors, the bank first": b"From: info@bank.example, thief@evil.example",
    "two authors without a comma": b"From: <thief@evil.example> <info@bank.example>",
    "a group": b"From: Bank: thief@evil.example, info@bank.example;",
    "a group of the bank": b"From: Bank: info@bank.example;",
    "a group that nobody is in": b"From: info@bank.example:;",
    "a quoted local part with the bank": b'From: "info@bank.example"@evil.example',
    "two at signs": b"From: info@bank.example@evil.example",
    "two at signs in brackets": b"From: <thief@evil.example@bank.example>",
    "a route": b"From: <@evil.example:info@bank.example>",
    "a comment in the domain": b"From: info@bank(evil).example",
    "a comment that hides the bank": b"From: thief@evil.example (<info@bank.example>), info@bank.example",
    "a comment that is not closed": b"From: info@bank.example (thief@evil.example",
    "a null byte": b"From: info@bank.example\0@evil.example",
    "a null byte before": b"From: thief@evil.example\0, info@bank.example",
    "a bare CR": b"From: thief@evil.example\rFrom: info@bank.example",
    "a bare LF": b"From: thief@evil.example\nFrom: info@bank.example",
    "a bare LF and a space": b"From: info@bank.example\n thief@evil.example",
    "a tab": b"From: info@bank.example\tthief@evil.example",
    "a subdomain": b"From: info@mail.bank.example",
    "a subdomain that is nowhere": b"From: info@no.such.bank.example",
    "a domain with a dot at its end": b"From: info@bank.example.",
    "a domain with two dots": b"From: info@bank..example",
    "a domain in quotes": b'From: info@"bank.example"',
    "an encoded address": b"From: =?utf-8?q?info=40bank=2Eexample?=",
    "an encoded address in brackets": b"From: <=?utf-8?b?aW5mb0BiYW5rLmV4YW1wbGU=?=>",
    "an encoded domain": b"From: info@=?utf-8?q?bank=2Eexample?=",
    "a literal": b"From: info@[203.0.113.66]",
    "nobody": b"From: ",
    "no From, but a Sender": b"Sender: info@bank.example",
    "no From, but a Resent-From": b"Resent-From: info@bank.example",
    "a name alone": b"From: The Bank",
    "full-width letters": "From: info@\uff42\uff41\uff4e\uff4b.example".encode(),
    "an ideographic full stop": "From: info@bank\u3002example".encode(),
    "a soft hyphen": "From: info@ba\u00adnk.example".encode(),
    "a zero-width space": "From: info@bank\u200b.example".encode(),
    "octets that are no text": b"From: info@bank\xff.example",
}


@pytest.mark.parametrize("name", FROM)
async def test_what_stands_in_from(name: str) -> None:
    letter = FROM[name] + b"\r\n" + REST + b"\r\n" + BODY
    for one in (letter, signed(letter, THIEVES)):
        found, judged = await looked(one)
        assert not passes(found), (found.author, found.dmarc)
        assert judged.wish is not Wish.ACCEPT, judged


NAMES: Final[dict[str, bytes]] = {
    "a name that is an address": b'From: "info@bank.example" <thief@evil.example>',
    "a name without quotes": b"From: info@bank.example <thief@evil.example>",
    "an encoded name": b"From: =?utf-8?q?info=40bank=2Eexample?= <thief@evil.example>",
    "an encoded name with brackets": b"From: =?utf-8?q?Bank_=3Cinfo=40bank=2Eexample=3E?= <thief@evil.example>",
    "a comment": b"From: (info@bank.example) thief@evil.example",
    "a name with quotes in it": b'From: "The Bank \\"<info@bank.example>\\"" <thief@evil.example>',
    "the bank as a local part": b"From: bank.example@evil.example",
    "the bank as a subdomain": b"From: info@bank.example.evil.example",
    "the bank's name turned round": "From: \u202eelpmaxe.knab@ofni <thief@evil.example>".encode(),
}


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_no_address(name: str) -> None:
    """The thief may write under his own name; it is his name that is judged."""
    found, _ = await looked(signed(NAMES[name] + b"\r\n" + REST + b"\r\n" + BODY, THIEVES))
    assert found.author.domain.endswith("evil.example"), found.author
    assert found.dmarc is not None
    assert found.dmarc.house == "evil.example"


@pytest.mark.parametrize("written_as", ["b\u0430nk.example", "xn--bnk-6cd.example"])
async def test_a_look_alike_is_another_domain(written_as: str) -> None:
    """With a Cyrillic letter: it may pass as what it is, which is told in A-labels."""
    letter = f"From: info@{written_as}\r\n".encode() + REST + b"\r\n" + BODY
    found, _ = await looked(letter, "thief@xn--bnk-6cd.example")
    assert found.author.domain == LOOKALIKE.domain
    said = authres.write(HERE, methods(found))
    assert b"header.from=xn--bnk-6cd.example" in said
    assert b"bank.example" not in said


# MAIL FROM and DKIM of somebody near

NEAR: Final[dict[str, tuple[bytes, str, tuple[Signer, ...]]]] = {
    "a domain that ends alike": (b"info@bank.example", "thief@badbank.example", ()),
    "a child, under strict": (b"info@strict.example", "thief@news.strict.example", (CHILD,)),
    "a parent, under strict": (b"info@news.strict.example", "thief@evil.example", (STRICT,)),
    "a neighbour under a public suffix": (b"info@bank.co.uk", "thief@evil.co.uk", (SUFFIX,)),
    "the public suffix itself": (b"info@bank.co.uk", "thief@co.uk", (COUSIN,)),
    "a neighbour without a record": (b"info@other.co.uk", "thief@evil.co.uk", (SUFFIX,)),
    "an empty sender": (b"info@bank.example", "", ()),
}
SUFFIXES: Final[dict[str, dict[str, str]]] = {
    "says nothing": {},
    "is one": {"_dmarc.co.uk TXT": "v=DMARC1; p=reject; psd=y"},
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", NEAR)
async def test_somebody_near(name: str, suffix: str) -> None:
    author, mail_from, signers = NEAR[name]
    letter = signed(b"From: " + author + b"\r\n" + REST + b"\r\n" + BODY, *signers)
    found, _ = await looked(letter, mail_from, world=WORLD | SUFFIXES[suffix])
    assert not passes(found), found.dmarc
    assert found.dmarc is not None
    assert found.dmarc.result in {dmarc.Result.FAIL, dmarc.Result.NONE}


# Letters of the bank, changed

GENUINE: Final = signed(b"From: The bank <info@bank.example>\r\n" + REST + b"\r\n" + BODY, BANK)


def by_beginning() -> bytes:
    """A letter of which the bank signed only the beginning (l=)."""
    header = b"From: info@bank.example\r\n" + REST
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    words = ["v=1;", "a=ed25519-sha256;", "c=relaxed/relaxed;", "d=bank.example;", "s=s;", f"l={len(BODY)};"]
    words += ["h=from:to:subject:date;", f"bh={digest};"]
    octets = chosen(canonical.fields(header), ["from", "to", "subject", "date"])
    return written("DKIM-Signature", words, octets, BANK.key) + header + b"\r\n" + BODY


def before_body(line: bytes) -> Callable[[bytes], bytes]:
    return lambda letter: letter.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n", 1)


REPLAYS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "another body": lambda letter: letter.replace(b"pay at once", b"pay me"),
    "more body": lambda letter: letter + b"<a href='https://evil.example'>here</a>\r\n",
    "a From above": lambda letter: b"From: thief@evil.example\r\n" + letter,
    "a From below": before_body(b"From: thief@evil.example"),
    "a Subject above": lambda letter: b"Subject: Urgent\r\n" + letter,
    "a Subject below": before_body(b"Subject: Urgent"),
    "a Reply-To": before_body(b"Reply-To: thief@evil.example"),
    "a Content-Type": lambda letter: b"Content-Type: text/html\r\n" + letter,
    "a second To": lambda letter: b"To: tom@here.example\r\n" + letter,
    "a second Date": before_body(b"Date: Wed, 15 Nov 2023 22:13:20 +0000"),
    "a Cc": before_body(b"Cc: tom@here.example"),
    "a Message-ID": before_body(b"Message-ID: <a@evil.example>"),
    "a MIME-Version": before_body(b"MIME-Version: 1.0"),
    "another From": lambda letter: letter.replace(b"info@bank", b"ceo@bank"),
    "another domain": lambda letter: letter.replace(b"d=bank.example", b"d=evil.example"),
    "a header that ends early": lambda letter: letter.replace(b"\r\nSubject", b"\r\n\r\nSubject", 1),
    "a tag l": lambda letter: letter.replace(b"t=1700000000;", b"t=1700000000; l=5;") + b"more\r\n",
    "a tag h with less": lambda letter: letter.replace(b"h=From:From:", b"h=From:"),
}  # fmt: skip


@pytest.mark.parametrize("name", REPLAYS)
async def test_a_letter_of_the_bank_that_was_changed(name: str) -> None:
    changed = REPLAYS[name](GENUINE)
    assert changed != GENUINE
    found, judged = await looked(changed)
    assert not passes(found)
    assert judged.wish is not Wish.ACCEPT


async def test_a_beginning_that_was_signed() -> None:
    found, _ = await looked(by_beginning())
    assert passes(found)  # whole, as it was written
    found, judged = await looked(by_beginning() + b"<a href='https://evil.example'>here</a>\r\n")
    assert not passes(found)
    assert judged.wish is Wish.REFUSE


# ARC: who says that it had been in order


def sealed(
    letter: bytes,
    signer: Signer,
    chain: arc.Result = arc.Result.NONE,
    result: str = "pass",
    author: str = "bank.example",
) -> bytes:
    header, _, body = letter.partition(b"\r\n\r\n")
    sealing = Sealing(header + b"\r\n")
    sealing.update(body)
    said = [Method("dmarc", result, [("header.from", author)])]
    return sealing.sealed(signer, chain, authres.write(f"mx.{signer.domain}", said), NOW) + letter


FORGED: Final = b"From: info@bank.example\r\n" + REST + b"\r\n" + BODY
CHAINS: Final[dict[str, bytes]] = {
    "a stranger's": sealed(FORGED, THIEVES),
    "a stranger's in a friend's name": sealed(FORGED, Signer("lists.example", "s", THIEVES.key)),
    "a friend's, and then a stranger's": sealed(sealed(FORGED, LISTS), THIEVES, arc.Result.PASS),
    "a stranger's, and then a friend's": sealed(sealed(FORGED, THIEVES), LISTS, arc.Result.PASS, "fail"),
    "a friend's, about somebody else": sealed(FORGED, LISTS, author="evil.example"),
    "a friend's, and then changed": sealed(FORGED, LISTS).replace(b"Please pay", b"Now pay"),
    "a friend's, of another letter": sealed(GENUINE, LISTS).replace(b"Your account", b"Urgent"),
    "a friend's, with other results": sealed(FORGED, LISTS).replace(b"dmarc=pass", b"dmarc=pass (yes)"),
    "one that says nothing": b"ARC-Authentication-Results: i=1; mx.lists.example; dmarc=pass header.from=bank.example\r\n" + FORGED,
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
async def test_a_chain_that_is_not_to_be_believed(name: str) -> None:
    found, judged = await looked(CHAINS[name])
    assert not passes(found)
    assert judged.wish is Wish.REFUSE
    assert not judged.excused


async def test_a_chain_of_a_friend() -> None:
    """It still is no pass; it is what the owner trusts the list for."""
    found, judged = await looked(sealed(FORGED, LISTS))
    assert not passes(found)
    assert (judged.wish, judged.excused) == (Wish.ACCEPT, "trusted_forwarder")


# Authentication-Results of ours that we have not written

CLAIMS: Final = [
    b"Authentication-Results: mx.here.example; dmarc=pass header.from=bank.example",
    b"authentication-results: MX.HERE.EXAMPLE; dmarc=pass",
    b"Authentication-Results : mx.here.example; dmarc=pass",
    b"Authentication-Results:\r\n mx.here.example; dmarc=pass",
    b"Authentication-Results:\r\n\t(we) mx.here.example 1; dmarc=pass",
    b'Authentication-Results: "mx.here.example"; dmarc=pass',
    b"Authentication-Results: mx.here.example.; dmarc=pass",
    b"Authentication-Results: (a (b) c)mx.here.example(d); dmarc=pass",
    b'Authentication-Results: "mx.h\\ere.example"; dmarc=pass',
    b"Authentication-Results: mx.here.example",
    b"Authentication-Results: mx.here.example\r\n ; dmarc=pass",
]


@pytest.mark.parametrize("claim", CLAIMS)
async def test_results_that_are_not_ours_go(claim: bytes) -> None:
    header = b"Received: by x\r\n" + claim + b"\r\nFrom: info@bank.example\r\n" + REST
    assert authres.without(header, HERE) == header.replace(claim + b"\r\n", b"")
    found, judged = await looked(header + b"\r\n" + BODY)
    assert not passes(found)
    assert judged.wish is Wish.REFUSE


async def test_what_we_write_cannot_be_written_into() -> None:
    """A sender's address and a signature's tags stand in our field, and end none of its parts."""
    hostile = 'a"; dmarc=pass header.from=bank.example (@evil.example'
    said = authres.write(
        HERE,
        [
            Method("spf", "fail", [("smtp.mailfrom", hostile)], hostile),
            Method("dkim", "fail", [("header.d", hostile)]),
        ],
    )
    assert not any(method.name == "dmarc" for method in authres.read(said.partition(b":")[2]))
