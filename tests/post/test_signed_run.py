"""A whole nest that sends to a server that takes everything: what a user, a forward, an automatic reply, a report and sendmail send is
signed by the domain that its From is of, and so believed by whoever asks DMARC.
"""

import asyncio
import base64
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import smtpsink
from hawknest import store as storage
from hawknest.accounts import domains, exempt, settings, users
from hawknest.accounts import vault as vaults
from hawknest.app.nest import Nest, opened
from hawknest.config import Tls
from hawknest.config.fields import Route
from hawknest.log import Log
from hawknest.mail import authres
from hawknest.mail.header import Header
from hawknest.mail.mailboxes import mailboxes
from hawknest.store import journey
from hawknest.trust import arc, dmarc
from nests import PASSWORD, _furnished, config, converse
from signed import Zone, believed, judged, publish
from smtpsink import Letter, Script, Sink

SIGN_IN = base64.b64encode(b"\0mia@example.org\0" + PASSWORD.encode())
LETTER = b"From: %b\r\nTo: %b\r\nSubject: hello\r\n\r\nHi.\r\n"
STRICT = "v=DMARC1; p=reject; adkim=s; aspf=s"


class Case:
    def __init__(self, rooms: Nest, sink: Sink, zone: Zone) -> None:
        self.rooms, self.sink, self.zone = rooms, sink, zone

    async def left(self, count: int = 1) -> list[Letter]:
        """Wait until so many letters have left."""
        for _ in range(400):
            if len(self.sink.letters) >= count:
                return self.sink.letters
            await asyncio.sleep(0.02)
        raise AssertionError(self.sink.lines)

    async def dmarc(self, letter: Letter) -> dmarc.Verdict:
        """What the receiver finds: SPF for the domain of the reverse-path, or of our greeting; the signatures; both aligned or not."""
        now = self.rooms.signatures.clock()
        verdicts = await judged(letter.data, self.zone, now)
        assert all(v.result == "pass" for v in verdicts if v.domain != "far.example")
        spf = letter.sender.rpartition("@")[2] or letter.helo
        (author,) = mailboxes(Header.of(letter.data).every("From")[0].raw)
        assert author.address is not None
        signed_by = [v.domain for v in verdicts if v.result == "pass"]
        ours = [spf] if spf.endswith(("example.org", "example.net")) else []
        return await dmarc.Check(self.zone).verdict(author.address.domain, spf=ours, dkim=signed_by)


@contextlib.asynccontextmanager
async def running(
    directory: Path, zone: Zone, change: Any = None, script: Script | None = None
) -> AsyncIterator[Case]:
    shutil.copy(_furnished(), directory / "hawknest.sqlite")
    connection = storage.prepare(storage.Settings(), directory, lambda _: None).connect()
    connection.begin()
    publish(connection, vaults.at(directory), zone, 1.0, "example.org", "example.net")
    exempt.add(connection, "127.0.0.1")
    settings.set_policy(connection, "check_senders", "off")
    if change is not None:
        change(connection)
    connection.commit()
    connection.close()
    for name in ("example.org", "example.net"):
        zone.enter(f"_dmarc.{name}", STRICT)
    async with smtpsink.serve(script or Script()) as sink:
        route = Route(match="*", host="127.0.0.1", port=sink.port, tls=Tls.NONE)
        async with opened(config(directory, route=[route]), Log()) as rooms:
            assert rooms.signatures.rewriting is not None
            object.__setattr__(rooms.signatures.rewriting, "resolver", zone)
            rooms.office = replace(rooms.office, checks=replace(rooms.office.checks, resolver=zone))
            task = asyncio.create_task(rooms.queue.run())
            try:
                yield Case(rooms, sink, zone)
            finally:
                await rooms.queue.stop()
                async with asyncio.timeout(10):
                    await task


async def submit(rooms: Nest, author: str, to: str, sender: str = "mia@example.org") -> bytes:
    dialogue = b"EHLO x\r\nAUTH PLAIN %b\r\nMAIL FROM:<%b>\r\nRCPT TO:<%b>\r\nDATA\r\n" % (
        SIGN_IN,
        sender.encode(),
        to.encode(),
    )
    letter = LETTER % (author.encode(), to.encode())
    return await converse(rooms, "submission", dialogue + letter + b".\r\nQUIT\r\n", "127.0.0.1")


async def bring(rooms: Nest, letter: bytes, sender: str, to: str, peer: str = "192.0.2.9") -> bytes:
    dialogue = b"EHLO x\r\nMAIL FROM:<%b>\r\nRCPT TO:<%b>\r\nDATA\r\n" % (sender.encode(), to.encode())
    return await converse(rooms, "smtp", dialogue + letter + b".\r\nQUIT\r\n", peer)


@pytest.mark.parametrize("author", ["mia@example.org", "Mia <mia@example.net>", "team@example.org"])
async def test_a_submission(tmp_path: Path, author: str) -> None:
    async with running(tmp_path, zone := Zone()) as case:
        assert b"Accepted as" in await submit(case.rooms, author, "bob@far.example")
        (letter,) = await case.left()
        verdict = await case.dmarc(letter)
        assert (verdict.result, verdict.by_dkim) == ("pass", True)
        assert believed(letter.data, zone, case.rooms.signatures.clock()) == [True, True]
        (row,) = await case.rooms.store.read(lambda c: journey.newest(c, 1))
        await asyncio.sleep(0.1)
        steps = await case.rooms.store.read(lambda c: journey.steps(c, row.id))
        domain = author.partition("@")[2].strip(">")
        assert steps[-1].detail["signed"].startswith(f"{domain} hn")


async def test_somebody_elses_name(tmp_path: Path) -> None:
    async with running(tmp_path, Zone()) as case:
        assert b"Accepted as" in await submit(case.rooms, "tom@example.org", "bob@far.example")
        (letter,) = await case.left()
        assert b"DKIM-Signature" not in letter.data


async def test_programs_on_this_machine(tmp_path: Path) -> None:
    """Sendmail and cron: an exempt address."""
    async with running(tmp_path, Zone()) as case:
        letter = LETTER % (b"backup@example.org", b"bob@far.example")
        assert b"Accepted as" in await bring(
            case.rooms, letter, "backup@example.org", "bob@far.example", "127.0.0.1"
        )
        (sent,) = await case.left()
        assert (await case.dmarc(sent)).by_dkim


async def test_a_report(tmp_path: Path) -> None:
    """Its reverse-path is null and its From is of our first domain, which signs."""
    forward = lambda c: users.change(c, "mia@example.org", forward=("mia@far.example",), keep_copy=False)  # noqa: E731
    script = Script(recipients={"mia@far.example": "550 5.1.1 no such user"})
    async with running(tmp_path, Zone(), forward, script) as case:
        letter = LETTER % (b"tom@example.org", b"mia@example.org")
        await bring(
            case.rooms,
            letter.replace(b"tom@example.org", b"ann@far.example"),
            "ann@far.example",
            "mia@example.org",
        )
        (report,) = await case.left()
        assert report.sender == ""
        assert [address for address, _ in report.recipients] == ["ann@far.example"]
        assert b"\r\nFrom: Mail Delivery System <MAILER-DAEMON@example.org>\r\n" in report.data
        verdict = await case.dmarc(report)
        assert (verdict.result, verdict.by_dkim) == ("pass", True)


async def test_an_automatic_reply(tmp_path: Path) -> None:
    away = lambda c: users.change(c, "mia@example.org", responder_on=True, responder_text="Away.")  # noqa: E731
    async with running(tmp_path, Zone(), away) as case:
        letter = LETTER % (b"ann@far.example", b"mia@example.org")
        await bring(case.rooms, letter, "ann@far.example", "mia@example.org")
        (reply,) = await case.left()
        assert reply.sender == ""
        verdict = await case.dmarc(reply)
        assert (verdict.result, verdict.domain, verdict.by_dkim) == ("pass", "example.org", True)


FORWARD = {"forward": ("mia@far.example",), "keep_copy": False}


def forwarding(policy: str) -> Any:
    def change(connection: Any) -> None:
        users.change(connection, "mia@example.org", **FORWARD)
        settings.set_policy(connection, "forward_from_rewrite", policy)

    return change


@pytest.mark.parametrize("policy", ["off", "dmarc"])
@pytest.mark.parametrize("record", ["", "v=DMARC1; p=none", "v=DMARC1; p=reject", "v=DMARC1; p=quarantine"])
async def test_a_forward(tmp_path: Path, policy: str, record: str) -> None:
    """SPF holds for the address that sends it on; From is the author's, unless that would be the letter's end."""
    async with running(tmp_path, zone := Zone(), forwarding(policy)) as case:
        zone.enter("_dmarc.strange.example", *([record] if record else []))
        letter = LETTER % (b"=?utf-8?B?44GC?= <ann@strange.example>", b"mia@example.org")
        await bring(case.rooms, letter, "ann@strange.example", "mia@example.org")
        (sent,) = await case.left()
        assert sent.sender.startswith("SRS0=")
        assert sent.sender.endswith("@example.org")
        verdict = await case.dmarc(sent)
        (author,) = mailboxes(Header.of(sent.data).every("From")[0].raw)
        if policy == "off" or ("p=reject" not in record and "p=quarantine" not in record):
            assert str(author.address) == "ann@strange.example"
            assert sent.data.endswith(letter)
            assert b"DKIM-Signature" not in sent.data
            assert str(verdict.result) == ("none" if not record else "fail")
            return
        assert (author.name, str(author.address)) == ("あ via example.org", sent.sender)
        assert (verdict.result, verdict.by_dkim, verdict.by_spf) == ("pass", True, True)
        head = Header.of(sent.data)
        assert head.first("Reply-To") == b"ann@strange.example"
        assert head.first("X-Original-From") == b"=?utf-8?B?44GC?= <ann@strange.example>"
        assert sent.data.endswith(b"Subject: hello\r\n\r\nHi.\r\n")
        # An answer to the address in From, and a report to the reverse-path, come by here and go on.
        answer = LETTER % (b"mia@far.example", str(author.address).encode())
        assert b"Accepted as" in await bring(case.rooms, answer, "mia@far.example", str(author.address))
        back = (await case.left(2))[1]
        assert [address for address, _ in back.recipients] == ["ann@strange.example"]


async def test_a_forward_whose_own_signature_holds_stays_as_it_is(tmp_path: Path) -> None:
    """A letter of example.net's, which is strict: as if it were somebody else's domain, it is believed by its signature."""
    zone = Zone()
    async with running(tmp_path, zone, forwarding("dmarc")) as case:
        assert b"Accepted as" in await submit(case.rooms, "mia@example.net", "bob@far.example")
        (first,) = await case.left()
        await case.rooms.store.write(lambda c: domains.remove(c, "example.net"))
        case.rooms.directory.refresh()
        assert b"Accepted as" in await bring(case.rooms, first.data, "mia@example.net", "mia@example.org")
        sent = (await case.left(2))[1]
        assert (await case.dmarc(sent)).by_dkim
        assert sent.data.endswith(first.data)


async def chain_of(letter: bytes, zone: Zone) -> arc.Verdict:
    header, _, body = letter.partition(b"\r\n\r\n")
    check = arc.Check(header + b"\r\n")
    check.update(body)
    return await check.verdict(zone)


@pytest.mark.parametrize("policy", ["off", "dmarc"])
async def test_what_is_sent_on_is_sealed_with_what_was_found(tmp_path: Path, policy: str) -> None:
    """ARC: twice round through the house makes a chain of two links, and a forged result of ours is in none."""

    def change(connection: Any) -> None:
        forwarding(policy)(connection)
        settings.set_policy(connection, "check_senders", "on")

    async with running(tmp_path, zone := Zone(), change) as case:
        letter = LETTER % (b"ann@strange.example", b"mia@example.org")
        forged = (
            b"Authentication-Results: mx.example.org; dmarc=pass header.from=strange.example\r\n" + letter
        )
        assert b"Accepted as" in await bring(case.rooms, forged, "ann@strange.example", "mia@example.org")
        (sent,) = await case.left()
        found = await chain_of(sent.data, zone)
        assert (found.result, found.sealer, found.links) == ("pass", "example.org", 1)
        assert [(one.name, one.result) for one in authres.read(found.results)] == [
            ("iprev", "permerror"),
            ("spf", "none"),
            ("dkim", "none"),
            ("dmarc", "none"),
        ]
        again = sent.data.partition(b"Delivered-To: mia@example.org\r\n")
        assert b"Accepted as" in await bring(
            case.rooms, again[0] + again[2], "ann@strange.example", "mia@example.org"
        )
        second = await chain_of((await case.left(2))[1].data, zone)
        assert (second.result, second.links) == ("pass", 2)
        assert ("arc", "pass") in [(one.name, one.result) for one in authres.read(second.results)]
