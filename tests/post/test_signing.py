"""What leaves is signed by its author's domain, and by nobody who was not asked: judged by our own check and by dkimpy."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import dkim as dkimpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outbox import LETTER, NOW, OURS, Outbox, outbox, site, use

import smtpsink
from hawknest.accounts import aliases, devices, dkim_keys, domains, settings, users
from hawknest.accounts.passwords import secrets_of
from hawknest.accounts.users import User
from hawknest.accounts.vault import Vault
from hawknest.log import Log
from hawknest.mail.address import parse_address
from hawknest.mail.envelope import Envelope
from hawknest.post import signing
from hawknest.post.parcel import Parcel
from hawknest.post.signing import Signatures
from hawknest.store import journey
from hawknest.store.blobs import Blobs, Content
from hawknest.trust.dkim_sign import Signing
from hawknest.wire.sasl.values import Salt
from mail_corpora import letters as corpus_letters
from signed import VAULT, Zone, believed, judged, pair, publish
from stores import Nest

LOGIN = {"login": "ann@example.com"}
FIELDS = b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;"


@asynccontextmanager
async def signing_outbox(nest: Nest, zone: Zone, vault: Vault = VAULT) -> AsyncIterator[Outbox]:
    """A queue that signs for example.com, whose keys the zone has."""
    async with outbox(nest) as box:
        use(box, replace(box.remote, signatures=Signatures(box.store, vault, Log(), box.clock)))
        await box.store.write(lambda c: publish(c, VAULT, zone, NOW, "example.com"))
        yield box


async def told(box: Outbox, letter_id: str) -> dict[str, Any]:
    steps = await box.store.read(lambda c: journey.steps(c, letter_id))
    return {name: s.detail[name] for s in steps for name in ("signed", "unsigned") if name in s.detail}


async def test_a_submission_is_signed_with_both_keys(nest: Nest) -> None:
    zone = Zone()
    async with smtpsink.serve(smtpsink.Script()) as sink, signing_outbox(nest, zone) as box:
        box.dns.sites["far.example"] = site(sink)
        letter_id = await box.send("bob@far.example", detail=LOGIN)
        await box.settled()
        assert await told(box, letter_id) == {"signed": "example.com hn2701r hn2701e"}
    octets = sink.letters[0].data
    assert octets.startswith(FIELDS)
    assert octets.endswith(LETTER)
    assert max(map(len, octets.split(b"\r\n"))) < 79
    assert f" SIZE={len(octets)}" in f" {sink.letters[0].parameters}"
    assert [(v.result, v.domain, v.algorithm) for v in await judged(octets, zone, NOW)] == [
        ("pass", "example.com", "rsa-sha256"),
        ("pass", "example.com", "ed25519-sha256"),
    ]
    assert believed(octets, zone, NOW) == [True, True]
    for field in (b"From: eve@example.com", b"Subject: x", b"To: x@example.com", b"Content-Type: text/html"):
        assert {str(v.result) for v in await judged(field + b"\r\n" + octets, zone, NOW)} == {"fail"}


async def test_a_letter_to_several_hosts_is_signed_once(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    class Counted(Signing):
        def __init__(self, header: bytes) -> None:
            made.append(header)
            super().__init__(header)

    monkeypatch.setattr(signing, "Signing", Counted)
    places = [f"r@far{number}.example" for number in range(6)]
    async with smtpsink.serve(smtpsink.Script()) as sink, signing_outbox(nest, Zone()) as box:
        for place in places:
            box.dns.sites[place.partition("@")[2]] = site(sink)
        await box.send(*places, detail=LOGIN)
        await box.settled()
        assert len(made) == 1
        assert len({letter.data for letter in sink.letters}) == 1
        assert len(sink.letters) == 6
        await box.send(places[0], detail=LOGIN)
        await box.settled()
        assert len(made) == 2


async def test_what_is_deferred_is_signed_anew(nest: Nest) -> None:
    zone = Zone()
    script = smtpsink.Script(answers={"end": ["451 4.3.0 not now", "250 2.0.0 yes"]})
    async with smtpsink.serve(script) as sink, signing_outbox(nest, zone) as box:
        box.dns.sites["far.example"] = site(sink)
        letter_id = await box.send("bob@far.example", detail=LOGIN)
        await box.settled()
        assert await told(box, letter_id) == {"signed": "example.com hn2701r hn2701e"}
        await box.passes(3600)
    first, second = (letter.data for letter in sink.letters)
    assert first != second
    assert [v.result for v in await judged(second, zone, box.clock())] == ["pass", "pass"]


def furnished(connection: Any) -> None:
    """Somebody else, an alias, another domain of ours, an alias domain, devices."""
    salt = Salt(b"a salt of 16 oct", 4096)
    users.add(connection, User(address="eve@example.com"), None, NOW)
    aliases.add(connection, "sales@example.com", ["ann@example.com", "eve@example.com"])
    domains.add(connection, "example.org", NOW)
    users.add(connection, User(address="mia@example.org"), None, NOW)
    domains.add(connection, "example.net", NOW, alias_of="example.com")
    devices.add(connection, "printer", secrets_of("x", salt), ["scan@example.com"])
    devices.add(connection, "camera", secrets_of("x", salt), [])


ANN, EXEMPT, POP = LOGIN, {"right": "exempt address"}, {"right": "POP before SMTP"}
PRINTER, CAMERA, STRANGER = {"login": "printer"}, {"login": "camera"}, {}
BOTH = "hn2701r hn2701e"


@pytest.mark.parametrize("policy", ["on", "off"])
@pytest.mark.parametrize(
    ("brought", "author", "expected"),
    [
        (ANN, "ann@example.com", f"example.com {BOTH}"),
        (ANN, '"Ann" <Ann+x@EXAMPLE.com>', f"example.com {BOTH}"),
        (ANN, "ann@example.net", f"example.net {BOTH}"),  # the alias domain signs for itself
        (ANN, "sales@example.com", f"example.com {BOTH}"),
        (ANN, "sales@example.com, ann@example.com", f"example.com {BOTH}"),
        (ANN, "eve@example.com", "not allowed"),
        (ANN, "eve@example.com, ann@example.com", "not allowed"),
        (ANN, "ann@example.com, ann@example.net", "no author"),
        (ANN, "mia@example.org", "not allowed"),
        (ANN, "nobody@example.com", "not allowed"),
        (ANN, "ann@far.example", "elsewhere"),
        (ANN, "ann@sub.example.com", "elsewhere"),
        (ANN, "ann", "no author"),
        (ANN, "", "no author"),
        (ANN, "ann@example.com\r\nFrom: ann@example.com", "no author"),
        ({"login": "gone@example.com"}, "ann@example.com", "not allowed"),
        (PRINTER, "scan@example.com", f"example.com {BOTH}"),
        (PRINTER, "ann@example.com", "not allowed"),
        ({"login": "gone"}, "scan@example.com", "not allowed"),
        (CAMERA, "ann@example.com", f"example.com {BOTH}"),
        (CAMERA, "whoever@example.org", f"example.org {BOTH}"),
        (EXEMPT, "whoever@example.org", f"example.org {BOTH}"),
        (EXEMPT, "whoever@far.example", "elsewhere"),
        (STRANGER, "ann@example.com", "not allowed"),  # brought from outside, and sent on by an alias
        (OURS, "MAILER-DAEMON@example.com", f"example.com {BOTH}"),
    ],
)
async def test_who_is_vouched_for(
    sqlite_nest: Nest, policy: str, brought: dict[str, str], author: str, expected: str
) -> None:
    zone = Zone()
    async with smtpsink.serve(smtpsink.Script()) as sink, signing_outbox(sqlite_nest, zone) as box:
        await box.store.write(furnished)
        await box.store.write(lambda c: publish(c, VAULT, zone, NOW, "example.org", "example.net"))
        await box.store.write(lambda c: settings.set_policy(c, "sender_policy", policy))
        box.dns.sites["far.example"] = site(sink)
        data = f"From: {author}\r\nSubject: hello\r\n\r\nHi.\r\n".encode()
        letter_id = await box.send("bob@far.example", data=data, detail=brought)
        await box.settled()
        assert [*(await told(box, letter_id)).values()] == [expected]
    assert sink.letters[0].data.count(b"DKIM-Signature") == (2 if " " in expected and "hn" in expected else 0)
    assert {str(v.result) for v in await judged(sink.letters[0].data, zone, NOW)} <= {"pass"}


@pytest.mark.parametrize(("policy", "expected"), [("on", "signed"), ("off", "unsigned")])
async def test_pop_before_smtp(sqlite_nest: Nest, policy: str, expected: str) -> None:
    """Who read the mail is not kept; while the policy holds the sender was one of its own."""
    async with smtpsink.serve(smtpsink.Script()) as sink, signing_outbox(sqlite_nest, Zone()) as box:
        await box.store.write(lambda c: settings.set_policy(c, "sender_policy", policy))
        box.dns.sites["far.example"] = site(sink)
        assert expected in await told(box, await sent(box, POP))
        other = await sent(box, POP, sender="eve@example.com")
        assert await told(box, other) == {"unsigned": "not allowed"}


async def sent(box: Outbox, detail: dict[str, str], **more: Any) -> str:
    letter_id = await box.send("bob@far.example", detail=detail, **more)
    await box.settled()
    return letter_id


async def test_keys_that_do_not_sign(nest: Nest) -> None:
    zone = Zone()
    async with (
        smtpsink.serve(smtpsink.Script()) as sink,
        outbox(nest) as box,
    ):
        signatures = Signatures(box.store, VAULT, Log(), box.clock)
        use(box, replace(box.remote, signatures=signatures))
        box.dns.sites["far.example"] = site(sink)
        assert await told(box, await sent(box, LOGIN)) == {"unsigned": "no key"}
        await box.store.write(lambda c: dkim_keys.complete(c, VAULT, "example.com", pair(), NOW))
        assert await told(box, await sent(box, LOGIN)) == {"unsigned": "not published"}
        await box.store.write(lambda c: publish(c, VAULT, zone, NOW, "example.com"))
        assert "signed" in await told(box, await sent(box, LOGIN))
        signatures.vault = Vault(bytes(32))
        signatures._opened.clear()
        assert await told(box, await sent(box, LOGIN)) == {"unsigned": "locked"}
        forgotten = await box.store.read(
            lambda c: signing._vouched(c, "gone", [parse_address("ann@example.com")], ours=False)
        )
        assert forgotten.why is signing.Why.NOT_ALLOWED  # nobody knows any more who brought it
        huge = b"X-Long: " + b"x" * 900 + b"\r\n"
        assert await told(box, await sent(box, LOGIN, data=huge * 150 + LETTER)) == {"unsigned": "header"}
    assert len(sink.letters) == 5


def test_nothing_secret_is_shown(connection: Any) -> None:
    domains.add(connection, "example.com", NOW)
    publish(connection, VAULT, Zone(), NOW, "example.com")
    (sealed, _) = dkim_keys.signing(connection, "example.com")
    shown = repr(Signatures(None, VAULT, Log(), lambda: NOW)) + repr(dkim_keys.opened(VAULT, sealed))  # type: ignore[arg-type]
    assert "PrivateKey" not in shown
    assert sealed.octets not in shown


# Every letter that there is


def parcel(octets: bytes, blobs: Blobs, prefix: bytes = b"", skip: int = 0) -> Parcel:
    return Parcel(Envelope(None, ()), prefix, Content(len(octets), octets), skip, blobs)


class Cut(Blobs):
    """Files whose octets come in pieces."""

    def __init__(self, octets: bytes, piece: int) -> None:
        self.octets, self.piece = octets, piece

    async def read(self, place: str, offset: int = 0) -> Any:
        assert place == "it"
        for at in range(offset, len(self.octets), self.piece):
            yield self.octets[at : at + self.piece]


class Ready:
    """A store that answers every question with the same keys."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def read(self, _question: Any) -> Any:
        return self.answer


async def dressed(vouched: Any, octets: bytes, pieces: int = 0) -> bytes:
    signatures = Signatures(Ready(vouched), VAULT, Log(), lambda: NOW)  # type: ignore[arg-type]
    blobs = Cut(octets, pieces or 1)
    content = Content(len(octets), None, "it") if pieces else Content(len(octets), octets)
    one = Parcel(Envelope(None, ()), b"Delivered-To: x@example.com\r\n", content, 0, blobs)
    dress = await signatures._dress(one, "x")
    assert "signed" in dress.told
    return b"".join([block async for block in dress.on(one).blocks()])


@pytest.mark.parametrize(
    "name",
    [
        "spamassassin", "mailcore2", "mime4j", "ruby-mail", "nodemailer-mailparser", "email-mime",
        "haraka-specimens", "laminas-mail", "cpython-test_email", "jpmobile-ja", "sisimai-bounces",
        "dkim-dkimpy", "arc-suite",
    ],
)  # fmt: skip
async def test_every_letter_of_the_corpora_verifies(name: str) -> None:
    """Ours of all of them; dkimpy's of those whose headers it can read."""
    keys, zone = _keys()
    count = unread = 0
    for found in corpus_letters(name)[:400]:
        octets = found.partition(b"\n")[2] if found.startswith(b"From ") else found
        octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\n", b"\r\n")
        head = octets.partition(b"\r\n\r\n")[0]
        if len(head) > 100_000 or b"\r\n\r\n" not in octets:
            continue
        octets = b"From: ann@example.com\r\n" + octets if b"\nfrom:" not in b"\n" + head.lower() else octets
        whole = await dressed(keys, octets)
        if len(octets) < 50_000:
            assert whole == await dressed(keys, octets, 977)
        verdicts = (await judged(whole, zone, NOW))[:2]
        assert [v.result for v in verdicts] == ["pass", "pass"], octets[:300]
        count += 1
        try:
            assert believed(whole, zone, NOW) == [True, True], octets[:300]
        except dkimpy.MessageFormatError:  # it takes no header with a line that is no field
            unread += 1
    assert count > unread


@given(st.data())
def test_any_octets(data: st.DataObject) -> None:
    """Whatever the lines are, and wherever the blocks are cut."""
    line = st.lists(st.sampled_from([b"a", b" ", b"\t", b"  ", b".", b"\xe3\x81\x82", b"="]), max_size=6)
    lines = data.draw(st.lists(line, max_size=8))
    octets = b"From: ann@example.com\r\nSubject: x\r\n\r\n" + b"".join(b"".join(p) + b"\r\n" for p in lines)
    keys, zone = _keys()
    whole = asyncio.run(dressed(keys, octets, data.draw(st.integers(1, 40))))
    assert [v.result for v in asyncio.run(judged(whole, zone, NOW))] == ["pass", "pass"]
    assert believed(whole, zone, NOW) == [True, True]


@cache
def _keys() -> tuple[Any, Zone]:
    """The keys without a database."""
    zone, sealed = Zone(), []
    for number, key in enumerate(pair().keys):
        selector = f"s{number}"
        octets = VAULT.seal(dkim_keys._octets(key), dkim_keys.purpose("example.com", selector))
        sealed.append(dkim_keys.Sealed("example.com", selector, octets))
        signer = dkim_keys.opened(VAULT, sealed[-1])
        zone.enter(f"{selector}._domainkey.example.com", signer.record)
    return signing._Vouched(sealed), zone


async def test_a_large_letter_is_not_held() -> None:
    """64 MB go by in pieces, and the hash is that of the whole."""
    keys, zone = _keys()
    piece = b"x" * 1022 + b"\r\n"
    count = 64 * 1024

    class Endless(Blobs):
        def __init__(self) -> None:
            self.seen = 0

        async def read(self, place: str, offset: int = 0) -> Any:
            yield b"From: ann@example.com\r\n\r\n"
            block = piece * 1024
            for _ in range(count // 1024):
                self.seen += 1
                yield block

    blobs = Endless()
    signatures = Signatures(Ready(keys), VAULT, Log(), lambda: NOW)  # type: ignore[arg-type]
    content = Content(count * len(piece), None, "it")
    dress = await signatures._dress(Parcel(Envelope(None, ()), b"", content, 0, blobs), "x")
    assert blobs.seen == 64
    digest = hashlib.sha256()
    for _ in range(count // 1024):
        digest.update(piece * 1024)
    assert b"bh=" + base64.b64encode(digest.digest()) in dress.prefix.replace(b"\r\n\t", b"")
    assert zone.texts
