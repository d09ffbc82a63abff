"""Sealing: chains of ours, judged by us and by dkimpy, and those that were broken before they came."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any, Final

import dkim as dkimpy
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from hawknest.dns import TXT, Answer, NoSuchName
from hawknest.mail import authres
from hawknest.mail.authres import Method
from hawknest.trust import arc, canonical, tags
from hawknest.trust.arc import Result, Verdict
from hawknest.trust.arc_seal import Sealing
from hawknest.trust.dkim_sign import Signer, Signing

NOW: Final = 1_700_000_000.0
HOPS: Final = [Signer(f"hop{at}.example", "s", rsa.generate_private_key(65537, 1024)) for at in range(4)]
AUTHOR: Final = Signer("example.org", "s", Ed25519PrivateKey.generate())
ZONE: Final = {f"{one.selector}._domainkey.{one.domain}": one.record.encode() for one in (*HOPS, AUTHOR)}
HEADER: Final = b"From: mia@example.org\r\nTo: list@hop0.example\r\nSubject: A letter\r\nDate: x\r\n"
BODY: Final = b"Hello,\r\n\r\nthis is  a letter. \r\n"


class Zone:
    """A resolver that knows the keys."""

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        if kind is not TXT or name not in ZONE:
            raise NoSuchName(name, str(kind))
        return Answer((ZONE[name],), name, 60)


def letter(header: bytes = HEADER, body: bytes = BODY) -> bytes:
    """A letter that its author's domain signed."""
    signing = Signing(header)
    signing.update(body)
    return signing.signed([AUTHOR], NOW) + header + b"\r\n" + body


def parts(whole: bytes) -> tuple[bytes, bytes]:
    header, _, body = whole.partition(b"\r\n\r\n")
    return header + b"\r\n", body


def judged(whole: bytes) -> Verdict:
    header, body = parts(whole)
    check = arc.Check(header)
    check.update(body)
    return asyncio.run(check.verdict(Zone()))


def passed_on(whole: bytes, signer: Signer, change: Callable[[bytes], bytes] = lambda whole: whole) -> bytes:
    """A hop: looks at the letter, changes it, and seals it."""
    found = judged(whole)
    whole = change(whole)
    header, body = parts(whole)
    sealing = Sealing(header)
    for at in range(0, len(body), 7):
        sealing.update(body[at : at + 7])
    seen = [
        Method("arc", str(found.result)),
        Method("dkim", "pass", [("header.d", "example.org")], "as (it) was; signed"),
    ]
    return sealing.sealed(signer, found.result, authres.write(signer.domain, seen), NOW) + whole


def by_dkimpy(whole: bytes) -> bytes | None:
    cv, _, _ = dkimpy.arc_verify(whole, dnsfunc=lambda name, timeout=5: ZONE.get(name.decode().rstrip(".")))
    return cv


def footer(whole: bytes) -> bytes:
    return whole + b"-- \r\nthe list\r\n"


def subject(whole: bytes) -> bytes:
    return whole.replace(b"Subject: ", b"Subject: [list] ", 1)


def unchanged(whole: bytes) -> bytes:
    return whole


CHANGES: Final = st.lists(st.sampled_from([footer, subject, unchanged]), min_size=1, max_size=4)


@given(CHANGES)
def test_chains_of_ours_hold(changes: list[Callable[[bytes], bytes]]) -> None:
    whole = letter()
    for at, change in enumerate(changes):
        whole = passed_on(whole, HOPS[at], change)
        found = judged(whole)
        assert (found.result, found.links, found.sealer) == (Result.PASS, at + 1, HOPS[at].domain), found.why
        assert by_dkimpy(whole) == b"pass"
    assert max(map(len, parts(whole)[0].split(b"\r\n"))) <= 78


@given(CHANGES, st.sampled_from([footer, subject]))
def test_a_chain_that_somebody_broke_ends(
    changes: list[Callable[[bytes], bytes]], after: Callable[[bytes], bytes]
) -> None:
    whole = letter()
    for at, change in enumerate(changes[:3]):
        whole = passed_on(whole, HOPS[at], change)
    broken = after(whole)  # and did not seal it
    assert (judged(broken).result, by_dkimpy(broken)) == (Result.FAIL, b"fail")
    ended = passed_on(broken, HOPS[3])
    seal = ended.partition(b"ARC-Message-Signature")[0]
    assert b"i=%d;" % (min(len(changes), 3) + 1) in seal
    assert b"cv=fail;" in seal
    assert judged(ended).result is Result.FAIL
    assert by_dkimpy(ended) is None  # which is how it says that a chain has ended
    assert passed_on(ended, HOPS[3]) == ended


def test_the_seal_of_a_broken_chain_covers_its_own_link_alone() -> None:
    ended = passed_on(footer(passed_on(letter(), HOPS[0])), HOPS[1])
    assert judged(ended).why == "link 2 says of the chain before it: fail"
    links = arc.chain(canonical.fields(parts(ended)[0]))
    octets = tags.without_space(tags.read(links[1].raw[arc.SEAL].partition(b":")[2])["b"])
    public = HOPS[1].key.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(base64.b64decode(octets), arc.sealed_octets(links[1:]), padding.PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(octets), arc.sealed_octets(links), padding.PKCS1v15(), SHA256())


@pytest.mark.parametrize(
    "fields",
    [
        b"ARC-Seal: i=1; cv=none; a=rsa-sha256; d=x.example; s=s; b=AAAA\r\n",
        b"ARC-Seal: nonsense\r\n",
        b"ARC-Authentication-Results: x; dkim=pass\r\n",
    ],
)
def test_fields_that_make_no_chain(fields: bytes) -> None:
    ended = passed_on(fields + letter(), HOPS[0])
    assert b"cv=fail;" in ended.partition(b"ARC-Message-Signature")[0]


def test_nothing_is_sealed_where_nobody_could_tell_or_there_is_no_room() -> None:
    header, body = parts(passed_on(letter(), HOPS[0]))
    for found, seen in ((Result.TEMPERROR, header), (Result.PASS, header.replace(b"i=1;", b"i=50;"))):
        sealing = Sealing(seen)
        sealing.update(body)
        assert sealing.sealed(HOPS[1], found, b"hop1.example; none", NOW) == b""


@given(st.binary(max_size=200))
def test_any_header(octets: bytes) -> None:
    for header in (octets, b"ARC-Seal: " + octets + b"\r\nFrom: x\r\n"):
        for found in Result:
            Sealing(header).sealed(HOPS[0], found, octets, NOW)
