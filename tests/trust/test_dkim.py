"""DKIM: the RFCs' own letters, letters that we sign ourselves, and everything that must not pass."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hawknest.dns import TXT, Answer, NoSuchName, Silent
from hawknest.trust import dkim, tags
from hawknest.trust.canonical import Body, Form, field, fields
from hawknest.trust.dkim import Check, Result, Verdict
from hawknest.trust.dkim_records import Algorithm, BadKey, BadSignature, key, signature
from hawknest.trust.dkim_sign import Signer, Signing
from mail_corpora import corpus

NOW = 1_800_000_000.0

#: The keys of RFC 8463 Appendix A.2.
RFC8463 = {
    "brisbane._domainkey.football.example.com": "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "test._domainkey.football.example.com": (
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b"
        "yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
    ),
}


class Zone:
    """A resolver that knows some texts."""

    def __init__(self, texts: Mapping[str, str | list[str]], silent: bool = False) -> None:
        self.texts = texts
        self.silent = silent
        self.asked: list[str] = []

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        self.asked.append(name)
        if self.silent:
            raise Silent(name, "TXT")
        if kind is not TXT or name not in self.texts:
            raise NoSuchName(name, str(kind))
        found = self.texts[name]
        texts = found if isinstance(found, list) else [found]
        return Answer(tuple(text.encode() for text in texts), name, 60)


def crlf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


async def judged(letter: bytes, zone: Any, now: float = NOW, block: int = 1 << 20) -> list[Verdict]:
    header, _, body = letter.partition(b"\r\n\r\n")
    check = Check(header + b"\r\n", now)
    for at in range(0, len(body), block):
        check.update(body[at : at + block])
    return await check.verdicts(zone)


async def results(letter: bytes, zone: Any, now: float = NOW) -> list[str]:
    return [str(one.result) for one in await judged(letter, zone, now)]


# The RFCs' own


async def test_the_letter_of_rfc_8463() -> None:
    letter = crlf(corpus("dkim-dkimpy/rfc6376.signed.msg").read_bytes())
    for block in (1, 7, 1 << 20):
        assert [one.result for one in await judged(letter, Zone(RFC8463), block=block)] == [
            Result.PASS,
            Result.PASS,
        ]
    assert await results(letter.replace(b"hungry", b"thirsty"), Zone(RFC8463)) == ["fail", "fail"]
    assert await results(letter.replace(b"dinner", b"supper"), Zone(RFC8463)) == ["fail", "fail"]
    assert await results(letter, Zone({})) == ["permerror", "permerror"]
    assert await results(letter, Zone({}, silent=True)) == ["temperror", "temperror"]


# Canonical forms, RFC 6376 §3.4.6


def test_the_example_of_the_forms() -> None:
    header = b"A: X\r\nB : Y\t\r\n\tZ  \r\n"
    body = b" C \r\nD \t E\r\n\r\n\r\n"
    assert b"".join(field(raw, Form.RELAXED) for _, raw in fields(header)) == b"a:X\r\nb:Y Z\r\n"
    assert b"".join(field(raw, Form.SIMPLE) for _, raw in fields(header)) == header
    assert taken(body, Form.RELAXED) == b" C\r\nD E\r\n"
    assert taken(body, Form.SIMPLE) == b" C \r\nD \t E\r\n"


class Tape:
    """A hash that is what it was given."""

    def __init__(self) -> None:
        self.octets = b""

    def update(self, data: bytes) -> None:
        self.octets += data

    def digest(self) -> bytes:
        return self.octets


def taken(body: bytes, form: Form, block: int = 1 << 20) -> bytes:
    found = Body(form, Tape())
    for at in range(0, len(body), block):
        found.update(body[at : at + block])
    return found.digest()


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (b"", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b" \r\n\t\r\n", b" \r\n\t\r\n", b""),
        (b"x", b"x\r\n", b"x\r\n"),
        (b"x \t", b"x \t\r\n", b"x\r\n"),
        (b"x\r\n\r\ny\r\n\r\n", b"x\r\n\r\ny\r\n", b"x\r\n\r\ny\r\n"),
        (b" \r\nx", b" \r\nx\r\n", b"\r\nx\r\n"),
    ],
)
def test_bodies(body: bytes, simple: bytes, relaxed: bytes) -> None:
    assert (taken(body, Form.SIMPLE), taken(body, Form.RELAXED)) == (simple, relaxed)


PIECES = st.lists(st.sampled_from([b"\r\n", b" ", b"\t", b"x", b"yy  z", b"\r\n\r\n", b" \r\n"])).map(
    b"".join
)


def slowly(body: bytes, form: Form) -> bytes:
    """The RFC's words, one after the other."""
    lines = body.split(b"\r\n")
    if form is Form.RELAXED:
        lines = [re.sub(rb"[ \t]+", b" ", line).removesuffix(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return b"" if form is Form.RELAXED else b"\r\n"
    return b"\r\n".join(lines) + b"\r\n"


@given(PIECES, st.sampled_from(Form), st.integers(1, 9))
def test_a_body_in_any_cuts(body: bytes, form: Form, block: int) -> None:
    assert taken(body, form, block) == slowly(body, form)


@given(PIECES, st.sampled_from(Form), st.integers(1, 9))
def test_long_lines_are_not_held(body: bytes, form: Form, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hawknest.trust.canonical.LINE", 3)
        assert taken(body, form, block) == slowly(body, form)


# Letters of ours

RSA = rsa.generate_private_key(65537, 2048)
ED = Ed25519PrivateKey.generate()
SIGNERS = [Signer("example.org", "r1", RSA), Signer("example.org", "e1", ED)]
ZONE = {f"{one.selector}._domainkey.example.org": one.record for one in SIGNERS}
HEADER = b"From: mia@example.org\r\nTo: noor@example.net\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n\tand  more\r\nDate: x\r\n"
BODY = b"Hello,\r\n\r\nthis is  a letter. \r\n\r\n\r\n"


def signed(
    header: bytes = HEADER, body: bytes = BODY, now: float = NOW, signers: list[Signer] = SIGNERS
) -> bytes:
    signing = Signing(header)
    signing.update(body)
    return signing.signed(signers, now) + header + b"\r\n" + body


async def test_what_we_sign_passes() -> None:
    letter = signed()
    assert max(map(len, letter.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78
    found = await judged(letter, Zone(ZONE))
    assert [(one.result, one.domain, one.algorithm) for one in found] == [
        (Result.PASS, "example.org", "rsa-sha256"),
        (Result.PASS, "example.org", "ed25519-sha256"),
    ]
    assert not any(one.testing for one in found)


@given(
    PIECES.map(lambda body: body + b"x"), st.lists(st.sampled_from([b"To", b"Cc", b"Received", b"List-Id"]))
)
def test_what_we_sign_passes_whatever_it_is(body: bytes, names: list[bytes]) -> None:
    header = b"".join(b"%b: a %d\r\n b\r\n" % (name, nth) for nth, name in enumerate(names)) + HEADER
    assert asyncio.run(results(signed(header, body), Zone(ZONE))) == ["pass", "pass"]


ON_THE_WAY = {
    "a trace": lambda letter: b"Received: by x\r\n" + letter,
    "spaces": lambda letter: letter.replace(b"and  more", b"and more").replace(
        b"is  a letter. ", b"is a letter."
    ),
    "names in capitals": lambda letter: letter.replace(b"\r\nTo:", b"\r\nTO:"),
    "blank lines at the end": lambda letter: letter + b"\r\n\r\n",
}
TRICKS = {
    "another body": lambda letter: letter.replace(b"Hello", b"Hallo"),
    "more body": lambda letter: letter + b"and more\r\n",
    "another subject": lambda letter: letter.replace(b"more\r\n", b"less\r\n"),
    "a second From above": lambda letter: b"From: ceo@example.org\r\n" + letter,
    "a second From below": lambda letter: letter.replace(
        b"\r\n\r\n", b"\r\nFrom: ceo@example.org\r\n\r\n", 1
    ),
    "a second Subject": lambda letter: b"Subject: Pay now\r\n" + letter,
    "a Reply-To": lambda letter: b"Reply-To: ceo@example.net\r\n" + letter,
    "a Content-Type": lambda letter: b"Content-Type: text/html\r\n" + letter,
    "no Date": lambda letter: letter.replace(b"Date: x\r\n", b""),
    "another domain": lambda letter: letter.replace(b"d=example.org", b"d=example.com"),
    "another time": lambda letter: letter.replace(b"t=1800000000", b"t=1800000001"),
    "an end": lambda letter: letter.replace(b"t=1800000000;", b"t=1800000000; x=1900000000;"),
    "a length": lambda letter: letter.replace(b"c=relaxed/relaxed;", b"c=relaxed/relaxed; l=5;"),
}


@pytest.mark.parametrize("name", ON_THE_WAY)
async def test_what_servers_do_on_the_way(name: str) -> None:
    assert await results(ON_THE_WAY[name](signed()), Zone(ZONE)) == ["pass", "pass"]


@pytest.mark.parametrize("name", TRICKS)
async def test_what_must_not_pass(name: str) -> None:
    found = await results(TRICKS[name](signed()), Zone(ZONE))
    assert len(found) == 2
    assert "pass" not in found


async def test_a_part_of_the_body_vouches_for_nothing_that_follows() -> None:
    signing = Signing(HEADER)
    signing.update(BODY)
    whole = len(taken(BODY, Form.RELAXED))
    octets = signing._octets()
    digest = base64.b64encode(hashlib.sha256(taken(BODY, Form.RELAXED)).digest()).decode()
    start = (
        f"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=e1; l={whole}; "
        f"h={':'.join(signing._names)}; bh={digest}; b="
    ).encode()
    own = field(start, Form.RELAXED).removesuffix(b"\r\n")
    made = base64.b64encode(ED.sign(hashlib.sha256(octets + own).digest()))
    letter = start + made + b"\r\n" + HEADER + b"\r\n" + BODY.rstrip() + b"\r\n"
    assert await results(letter, Zone(ZONE)) == ["pass"]
    (one,) = await judged(letter + b"<a href=evil>\r\n", Zone(ZONE))
    assert (one.result, "beginning" in one.why) == (Result.POLICY, True)
    assert await results(letter.replace(b"letter", b"let"), Zone(ZONE)) == ["fail"]


async def test_times() -> None:
    letter = signed(now=NOW + 1000)
    assert await results(letter, Zone(ZONE)) == ["policy", "policy"]
    assert await results(letter, Zone(ZONE), NOW + 1000) == ["pass", "pass"]


KEYS = {
    "taken back": ("v=DKIM1; p=", "permerror"),
    "for other hashes": (SIGNERS[1].record + "; h=sha1", "permerror"),
    "not for mail": (SIGNERS[1].record + "; s=tlsrpt", "permerror"),
    "for mail": (SIGNERS[1].record + "; s=tlsrpt:email", "pass"),
    "tried only": (SIGNERS[1].record + "; t=y", "pass"),
    "of the other kind": (SIGNERS[0].record, "permerror"),
    "somebody else's": (Signer("x", "y", Ed25519PrivateKey.generate()).record, "fail"),
    "of the wrong length": ("v=DKIM1; k=ed25519; p=AAAA", "permerror"),
    "no base64": ("v=DKIM1; k=ed25519; p=*", "permerror"),
    "no key at all": ("v=spf1 -all", "permerror"),
    "of another version": (SIGNERS[1].record.replace("DKIM1", "DKIM2"), "permerror"),
    "version not first": (
        "k=ed25519; v=DKIM1; " + SIGNERS[1].record.partition("; k=ed25519; ")[2],
        "permerror",
    ),
    "among others": (["v=spf1 -all", SIGNERS[1].record], "pass"),
}


@pytest.mark.parametrize("name", KEYS)
async def test_keys(name: str) -> None:
    record, expected = KEYS[name]
    zone = Zone({"e1._domainkey.example.org": record})
    (one,) = await judged(signed(signers=SIGNERS[1:]), zone)
    assert str(one.result) == expected, one.why
    assert one.testing == (name == "tried only")


async def test_a_small_key_is_not_believed() -> None:
    small = Signer("example.org", "s", rsa.generate_private_key(65537, 1024))
    assert await results(signed(signers=[small]), Zone({"s._domainkey.example.org": small.record})) == [
        "pass"
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dkim, "SMALL", 1025)
        (one,) = await judged(signed(signers=[small]), Zone({"s._domainkey.example.org": small.record}))
    assert (one.result, "too few" in one.why) == (Result.PERMERROR, True)


async def test_not_too_many_are_looked_at() -> None:
    zone = Zone(ZONE)
    letter = signed()
    first = letter.partition(HEADER)[0]
    found = await judged(first * 50 + letter, zone)
    assert len(found) == dkim.MOST
    assert len(zone.asked) <= dkim.MOST


GOOD = b"v=1; a=rsa-sha256; d=example.org; s=x; h=from:to; bh=AAAA; b=AAAA"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"v=1", b"v=2"),
        (b"a=rsa-sha256", b"a=rsa-sha1"),
        (b"a=rsa-sha256", b"a=dsa"),
        (b"d=example.org", b"d="),
        (b"d=example.org", b"d=" + b"a" * 300),
        (b"h=from:to", b"h=to"),
        (b"h=from:to", b"h=from:" + b":".join([b"x"] * 300)),
        (b"bh=AAAA", b"bh=*"),
        (b"; b=AAAA", b"; b="),
        (b"; b=AAAA", b""),
        (b"v=1", b"v=1; v=1"),
        (b"v=1", b"v=1; i=@example.com"),
        (b"v=1", b"v=1; i=@badexample.org"),
        (b"v=1", b"v=1; i=nobody"),
        (b"v=1", b"v=1; l=-1"),
        (b"v=1", b"v=1; l=99999999999999"),
        (b"v=1", b"v=1; t=5; x=5"),
        (b"v=1", b"v=1; c=loose"),
        (b"v=1", b"v=1; q=http"),
        (b"v=1", b"v=1; =x"),
        (b"v=1", b"v=1; " + b";".join(b"t%d=x" % n for n in range(200))),
    ],
)
def test_fields_that_are_no_signature(old: bytes, new: bytes) -> None:
    assert signature(GOOD).domain == "example.org"
    with pytest.raises(BadSignature):
        signature(GOOD.replace(old, new))


def test_what_a_signature_says() -> None:
    found = signature(GOOD.replace(b"v=1", b"\r\n v = 1 ; i=mia@Mail.Example.ORG; c=relaxed; t=1;x=2;l=3"))
    assert (found.header_form, found.body_form) == (Form.RELAXED, Form.SIMPLE)
    assert (found.signed_at, found.expires_at, found.length) == (1, 2, 3)
    assert (found.algorithm, found.key_name) == (Algorithm.RSA, "x._domainkey.example.org")


@given(st.binary(max_size=200))
def test_any_octets_are_a_signature_or_are_not(octets: bytes) -> None:
    for read, bad in ((signature, BadSignature), (key, BadKey), (tags.read, tags.BadTags)):
        try:
            read(octets)
        except bad:
            continue


@given(st.binary(max_size=400))
def test_any_octets_are_judged(octets: bytes) -> None:
    for letter in (octets, b"DKIM-Signature: " + octets + b"\r\nFrom: x\r\n\r\nHello"):
        assert "pass" not in asyncio.run(results(letter, Zone(ZONE)))
