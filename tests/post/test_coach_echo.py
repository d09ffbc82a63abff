"""A real letter, out and back: what is sent, how an answer is known, and what is said where none comes."""

import time
from functools import partial
from pathlib import Path

import pytest

from hawknest.accounts.errors import AccountError
from hawknest.mail.header import Header
from hawknest.post.coach import echo
from hawknest.post.coach.echo import Echo, Phase, Trial
from hawknest.store import journey, letters, outgoing
from hawknest.store.journey import Step
from nests import converse, nest

TO = "echo@elsewhere.example"


async def begun(rooms, now=None, to=TO) -> Trial:
    return await rooms.store.write(
        partial(
            echo.begin,
            domain="example.org",
            to=to,
            host="mx.example.org",
            now=now or time.time(),
            utc_offset=0,
        )
    )


async def seen(rooms, now=None) -> Echo | None:
    files = rooms.config.directory / "blobs"
    look = partial(echo.look, domain="example.org", now=now or time.time(), files=files, settled={})
    return await rooms.store.read(look)


async def answer(rooms, header: str, body: str = "Thank you.", sender: str = TO) -> None:
    letter = f"From: {TO}\r\nTo: postmaster@example.org\r\n{header}\r\n\r\n{body}\r\n"
    said = await converse(
        rooms,
        "smtp",
        f"EHLO x.example\r\nMAIL FROM:<{sender}>\r\nRCPT TO:<postmaster@example.org>\r\nDATA\r\n{letter}.\r\nQUIT\r\n".encode(),
        peer="192.0.2.9",
    )
    assert b"250 2.0.0" in said or b"250 2." in said


async def test_what_is_sent(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        assert await seen(rooms) is None
        trial = await begun(rooms)
        waiting = await rooms.store.read(outgoing.listing)
        assert [(one.address, one.reverse_path) for one in waiting] == [(TO, "postmaster@example.org")]
        content = await rooms.store.read(lambda c: letters.read(c, waiting[0].blob_id))
        header = Header.of(content.data)
        assert header.first("Message-ID").strip() == trial.message_id.encode()
        assert trial.token.encode() in header.first("Subject")
        assert await seen(rooms) == Echo(Phase.SENT, TO, trial.at)


@pytest.mark.parametrize(
    "header",
    [
        "In-Reply-To: {id}",
        "References: <x@y> {id}",
        "Subject: Re: Hawknest test {token}",
        "Subject: AW: {token}",
    ],
)
async def test_an_answer_is_known_by_what_it_names(tmp_path: Path, header: str) -> None:
    async with nest(tmp_path) as rooms:
        trial = await begun(rooms)
        await answer(rooms, "Subject: something else")
        assert (await seen(rooms)).phase is Phase.SENT
        quoted = "Authentication-Results: elsewhere.example; spf=pass smtp.mailfrom=example.org;\r\n dkim=pass; dmarc=FAIL"
        await answer(
            rooms, header.format(id=trial.message_id, token=trial.token), f"{quoted}\r\n{trial.token}"
        )
        found = await seen(rooms)
        assert found.phase is Phase.BACK
        assert dict(found.results) == {"spf": "pass", "dkim": "pass", "dmarc": "fail"}


async def test_a_report_is_no_answer(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        trial = await begun(rooms)
        said = Step(time.time(), "failed", TO, {"said": "550 5.7.1 not from there"})
        await rooms.store.write(lambda c: journey.add(c, trial.letter, [said]))
        assert (await seen(rooms)).phase is Phase.BOUNCED
        header = "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\nSubject: failure"
        await answer(rooms, header, f"--x\r\n\r\n{trial.token}\r\n--x--", sender="")
        found = await seen(rooms)
        assert (found.phase, found.words) == (Phase.BOUNCED, "550 5.7.1 not from there")


async def test_how_far_it_is(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        trial = await begun(rooms)
        for event, phase in (("deferred", Phase.DEFERRED), ("delivered", Phase.LEFT)):
            step = Step(time.time(), event, TO, {"said": "words"})
            await rooms.store.write(lambda c, step=step: journey.add(c, trial.letter, [step]))
            assert (await seen(rooms)).phase is phase
        assert (await seen(rooms, trial.at + echo.LIMIT + 1)).phase is Phase.SILENT
        assert await seen(rooms, trial.at + echo.PAST + 1) is None


@pytest.mark.parametrize("to", ["mia@example.org", "nonsense", "a@b@c", "名前@elsewhere.example", ""])
async def test_where_it_cannot_go(tmp_path: Path, to: str) -> None:
    async with nest(tmp_path) as rooms:
        with pytest.raises(AccountError):
            await begun(rooms, to=to)


async def test_one_a_minute(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        now = time.time()
        await begun(rooms, now)
        with pytest.raises(AccountError):
            await begun(rooms, now + 10)
        await begun(rooms, now + echo.AGAIN + 1)
