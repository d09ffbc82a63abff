"""Which certificates are had, when they are renewed and what becomes of failures, with an authority of the tests' own."""

import datetime as dt
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given
from hypothesis import strategies as st

from dnsserver import DnsServer, Odd
from hawknest.accounts import authority
from hawknest.accounts.authority import Wish
from hawknest.accounts.errors import AccountError
from hawknest.app.nest import Nest
from hawknest.log import Log
from hawknest.net import acme
from hawknest.net.acme import LETSENCRYPT, STAGING, AcmeError, Authority, Window
from hawknest.net.resolver import Resolver, Settings
from hawknest.post import certificate_names, certificate_rules, certificate_words
from hawknest.post.certificate_order import Wanted, Ways
from hawknest.post.certificate_renewal import Renewal
from hawknest.post.certificate_rules import pause
from hawknest.post.notices import Note
from hawknest.store import certificates
from hawknest.store.certificates import Kept
from nests import nest

CA = "https://ca.example/dir"
DAY = 86400.0


@dataclass
class Clock:
    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


class Maker:
    """Gives certificates of 90 days, or says why not."""

    def __init__(self, clock: Clock, resolver: Any) -> None:
        self.clock, self.resolver, self.registrar = clock, resolver, self
        self.asked: list[Wanted] = []
        self.refuses: dict[str, AcmeError] = {}  # by name

    async def can(self, names: tuple[str, ...]) -> bool:
        return not names

    async def obtain(self, wanted: Wanted) -> bytes:
        self.asked.append(wanted)
        for name in wanted.names:
            if (error := self.refuses.get(name)) is not None:
                raise error
        return chain(wanted.key, wanted.names, self.clock.now)


def chain(key: bytes, names: tuple[str, ...], now: float) -> bytes:
    private, at = acme.read_key(key), dt.datetime.fromtimestamp(now, dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at)
        .not_valid_after(at + dt.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
        .sign(private, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@dataclass
class Told:
    """Notices that were to be written."""

    notes: list[tuple[str, Note]] = field(default_factory=list[tuple[str, Note]])

    async def owners(self, key: str, note: Note, every: float = 0) -> bool:
        assert every >= 0
        self.notes.append((key, note))
        return True


@dataclass
class House:
    rooms: Nest
    renewal: Renewal
    maker: Maker
    clock: Clock
    told: Told
    dns: DnsServer

    async def kept(self) -> dict[str, Kept]:
        return {one.subject: one for one in await self.rooms.store.read(certificates.listing) if one.ca == CA}

    async def round(self, seconds: float = 0.0) -> dict[str, Kept]:
        self.clock.now += seconds
        self.renewal.look_at_names()
        await self.renewal.round()
        await self.rooms.certificates.load()
        return await self.kept()


NAMES = {
    "mx.example.org A": "192.0.2.1",
    "mta-sts.example.org A": "192.0.2.1",
    "mail.example.org CNAME": "mx.example.org",
    "autoconfig.example.org A": "192.0.2.99",
}


@asynccontextmanager
async def house(
    directory: Path, monkeypatch: pytest.MonkeyPatch, window: list[Window | None] | None = None
) -> AsyncIterator[House]:
    """A nest that wants certificates of an authority, with a clock that can be set."""
    with DnsServer(NAMES, ttl=0) as server:
        async with nest(directory) as rooms:
            clock, told = Clock(), Told()
            resolver = Resolver(Settings(servers=(server.endpoint,)), Log())
            maker = Maker(clock, resolver)
            renewal = replace(
                rooms.certificates.renewal, ordering=maker, notices=told, clock=clock, random=lambda: 0.5
            )
            monkeypatch.setattr(rooms.certificates, "renewal", renewal)
            monkeypatch.setattr(rooms.certificates, "clock", clock)

            async def asked(_self: Renewal, _whose: Authority, _one: Kept) -> Window | None:
                return window[0] if window else None

            monkeypatch.setattr(Renewal, "_window", asked)
            await rooms.store.write(
                lambda c: authority.want(c, Wish(ca=CA, terms="https://ca.example/terms", agreed_at=1.0))
            )
            yield House(rooms, renewal, maker, clock, told, server)
            await resolver.close()


async def test_the_names_that_lead_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path, monkeypatch) as here:
        kept = await here.round()
        assert {subject: one.names for subject, one in kept.items()} == {
            "mx.example.org": ("mx.example.org",),
            "example.org": ("mta-sts.example.org", "mail.example.org"),
        }
        here.dns.add({"autoconfig.example.org A": "192.0.2.1", "mail.example.net A": "192.0.2.1"})
        kept = await here.round(3601)
        assert "autoconfig.example.org" in kept["example.org"].names
        assert kept["example.net"].names == ("mail.example.net",)
        here.dns.remove("mta-sts.example.org", "A")  # what is no longer there is left out of the next one
        kept = await here.round(3601)
        assert "mta-sts.example.org" in kept["example.org"].names
        assert "mta-sts.example.org" not in kept["example.org"].wanted
        assert len(here.maker.asked) == 4
        assert here.rooms.certificate.shown("mail.example.net").names == ("mail.example.net",)


async def test_a_resolver_that_fails_takes_no_name_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, monkeypatch) as here:
        before = await here.round()
        here.dns.odd("*", Odd.SERVFAIL)
        after = await here.round(3601)
        assert {s: one.wanted for s, one in after.items()} == {s: one.wanted for s, one in before.items()}


async def test_renewed_at_two_thirds_with_the_same_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, monkeypatch) as here:
        first = (await here.round())["mx.example.org"]
        assert 60 * DAY < first.renew_at - here.clock.now < 64 * DAY
        await here.round(59 * DAY)
        assert len(here.maker.asked) == 2
        second = (await here.round(5 * DAY))["mx.example.org"]
        assert len(here.maker.asked) == 4
        assert (second.pin, second.begins_at - first.begins_at) == (first.pin, 64 * DAY)
        assert here.maker.asked[-1].follows


async def test_renewed_when_the_authority_would_like_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    window: list[Window | None] = [Window(now + 20 * DAY, now + 22 * DAY, now + 6 * 3600)]
    async with house(tmp_path, monkeypatch, window) as here:
        kept = (await here.round())["mx.example.org"]
        assert kept.renew_at == pytest.approx(now + 21 * DAY)
        window[0] = Window(now - DAY, now, now + 12 * 3600)  # it has changed its mind: at once
        await here.round(6 * 3600 + 1)
        window[0] = Window(now + 50 * DAY, now + 50 * DAY, now + 100 * DAY)
        await here.round(1)
        assert len(here.maker.asked) == 4
        kept = (await here.kept())["mx.example.org"]
        assert kept.renew_at == now + 50 * DAY
        window[0] = None  # it does not answer: what it said holds
        assert (await here.round(40 * DAY))["mx.example.org"].renew_at == now + 50 * DAY


async def test_failures_are_kept_and_tried_again_later_and_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, monkeypatch) as here:
        here.maker.refuses["mx.example.org"] = AcmeError("connection", "timed out", ("mx.example.org",))
        waits: list[float] = []
        for _ in range(6):
            one = (await here.round())["mx.example.org"]
            waits.append(one.renew_at - here.clock.now)
            here.clock.now = one.renew_at + 1
        assert waits == [60, 600, 3600, 4 * 3600, 12 * 3600, 12 * 3600]
        assert (one.problem, one.about, one.failures) == ("connection", "mx.example.org", 6)
        here.maker.refuses.clear()
        one = (await here.round())["mx.example.org"]
        assert (one.problem, one.failures, bool(one.names)) == ("", 0, True)
        assert here.told.notes == []


async def test_left_alone_as_long_as_it_wants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path, monkeypatch) as here:
        here.maker.refuses["mx.example.org"] = AcmeError(
            "rateLimited", "too many", ("mx.example.org",), 50000.0
        )
        one = (await here.round())["mx.example.org"]
        assert one.renew_at - here.clock.now == 50000


def test_names_are_looked_for_often_while_somebody_enters_them() -> None:
    kinds = ("no-address", "other-server", "dns", "rateLimited")
    assert [pause(kind, 0, 0.5, 10.0) for kind in kinds] == [15, 15, 60, 60]
    assert [pause(kind, 0, 0.5, 3600.0) for kind in kinds] == [300, 300, 60, 60]


async def test_what_costs_nothing_is_looked_at_again_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, monkeypatch) as here:
        here.maker.refuses["mx.example.org"] = AcmeError("no-address", "", ("mx.example.org",))
        for _ in range(4):
            one = (await here.round(400))["mx.example.org"]
            assert one.renew_at - here.clock.now == 300
        assert one.failures == 1


async def test_trouble_with_one_name_keeps_none_of_the_others_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, monkeypatch) as here:
        here.maker.refuses["mta-sts.example.org"] = AcmeError("caa", "no", ("mta-sts.example.org",))
        one = (await here.round())["example.org"]
        assert one.names == ("mail.example.org",)
        assert (one.problem, one.about) == ("caa", "mta-sts.example.org")
        count = len(here.maker.asked)
        await here.round(3601)
        assert len(here.maker.asked) == count
        await here.round(DAY)  # all of them again, but no second certificate for the same names
        assert len(here.maker.asked) == count + 1
        assert (await here.kept())["example.org"].begins_at == one.begins_at
        here.maker.refuses.clear()
        one = (await here.round(2 * DAY))["example.org"]
        assert (len(one.names), one.problem) == (2, "")


async def test_trouble_with_a_name_that_nobody_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, monkeypatch) as here:
        here.maker.refuses["mail.example.org"] = AcmeError("caa", "\x1b[2J", ("elsewhere.example\r",))
        one = (await here.round())["example.org"]
        assert (one.names, one.problem, one.about, one.detail) == ((), "caa", "elsewhere.example ", " [2J")


async def test_the_owners_are_told_when_the_end_is_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, monkeypatch) as here:
        await here.round()
        here.maker.refuses["mx.example.org"] = AcmeError("connection", "timed out", ("mx.example.org",))
        for day in range(65, 76):
            await here.round((65 if day == 65 else 1) * DAY)
            assert here.told.notes == []
        await here.round(2 * DAY)
        ((key, note),) = here.told.notes
        assert key == "certificate mx.example.org"
        assert "could not reach mx.example.org" in note.text[0]
        assert "mx.example.org に接続できませんでした" in note.text[1]


async def test_a_key_is_told_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path, monkeypatch) as here:
        old = (await here.round())["mx.example.org"]
        store, vault = here.rooms.store, here.rooms.vault
        await store.write(lambda c: certificate_rules.announce(c, vault, here.clock.now))
        told = (await here.kept())["mx.example.org"].next_pin

        async def pins() -> list[str]:
            return await store.read(lambda c: certificate_rules.pins(c, "mx.example.org", "own"))

        assert await pins() == [old.pin, told]
        assert (await here.round(DAY))["mx.example.org"].pin == old.pin
        new = (await here.round(DAY + 1))["mx.example.org"]
        assert (new.pin, new.next_pin, await pins()) == (told, "", [told])


async def test_a_key_that_cannot_be_opened_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, monkeypatch) as here:
        old = (await here.round())["mx.example.org"]
        broken = replace(old, key="bm90IG91cnMgYXQgYWxsLCBub3QgYXQgYWxs")
        await here.rooms.store.write(lambda c: certificates.put(c, broken))
        await here.rooms.certificates.load()
        assert here.rooms.certificate.self_signed  # better than none
        new = (await here.round())["mx.example.org"]
        assert new.pin != old.pin
        assert not here.rooms.certificate.self_signed


async def test_a_trial_does_not_push_out_what_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, monkeypatch) as here:
        good = (await here.round())["mx.example.org"]
        await here.rooms.store.write(lambda c: authority.want(c, Wish(ca=STAGING, agreed_at=1.0)))
        await here.round()
        every = await here.rooms.store.read(certificates.listing)
        assert {one.ca for one in every if one.subject == "mx.example.org" and one.names} == {CA, STAGING}
        shown = certificate_rules.best(every, STAGING, here.clock.now)
        assert {one.ca for one in shown} == {CA}
        trial = next(one for one in every if one.ca == STAGING and one.subject == "mx.example.org")
        assert trial.pin == good.pin  # TLSA stays true whoever vouches
        later = certificate_rules.best(every, STAGING, good.ends_at + 1)
        assert len({one.subject for one in later}) == len(later)


async def test_an_authority_is_asked_only_where_its_terms_were_agreed_to(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        with pytest.raises(AccountError, match="terms"):
            await rooms.store.write(lambda c: authority.want(c, Wish(ca=CA)))
        assert await rooms.certificates.renewal.round() == float("inf")
        assert (await rooms.certificates.standing()).on is False


@pytest.mark.parametrize("text", ["http://ca.example/dir", "letsencrypted", "", "https://", "ftp://x"])
def test_what_is_no_authority(text: str) -> None:
    with pytest.raises(AccountError):
        authority.named(text)


def test_authorities_by_name() -> None:
    assert authority.named(" LetsEncrypt ") == LETSENCRYPT
    assert authority.called(STAGING) == "staging"


@given(
    st.floats(0, 1),
    st.floats(-200, 200),
    st.floats(0, 100),
    st.floats(0.5, 400),
)
def test_no_window_puts_renewal_behind_the_end(
    random: float, opens: float, length: float, life: float
) -> None:
    one = Kept(subject="a", ca=CA, begins_at=0.0, ends_at=life * DAY)
    for window in (None, Window(opens * DAY, (opens + length) * DAY, 1.0)):
        assert certificate_rules.scheduled(one, window, 0.0, random).renew_at <= 0.9 * life * DAY + 1


def test_every_kind_has_words() -> None:
    kinds = {*certificate_words.WRONG, *certificate_words.HELP, "something-new"}
    assert certificate_words.WRONG.keys() >= certificate_rules.UNASKED
    for kind in kinds:
        for texts in (
            certificate_words.wrong(kind, "a.example", "staging"),
            certificate_words.remedy(kind, "a.example", "staging"),
        ):
            assert all(texts)
            assert not any("{" in text for text in texts)
            assert any(ord(letter) > 0x3000 for letter in texts[1])


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("mx.example.org", True),
        ("localhost", False),
        ("mail.home.arpa", False),
        ("nas.local", False),
        ("192.0.2.1", False),
    ],
)
def test_names_of_the_internet(name: str, public: bool) -> None:
    assert certificate_names.is_public(name) is public


def test_the_way_that_is_tried_first_changes_with_each_failure() -> None:
    ways = Ways(http=True, tls=True, port=80)
    assert [ways.order("auto", turn, dns=False)[0] for turn in range(3)] == [
        "http-01",
        "tls-alpn-01",
        "http-01",
    ]
    assert ways.order("dns-01", 5, dns=False) == ("dns-01",)
    assert Ways(http=False, tls=False, port=80).order("auto", 1, dns=False) == ()
    assert ways.order("auto", 2, dns=True)[0] == "dns-01"
