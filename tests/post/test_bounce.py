"""Reports: what of the letter they bring back, and who they come from."""

import email
import email.policy
from typing import Any

import pytest
from outbox import LETTER, NOW, Outbox, outbox

from hawknest.mail.dsn import Action
from hawknest.mail.envelope import Notify
from hawknest.post.bounce import Fate, Report, Reporter, envelope_of, recipient_of, wants
from hawknest.post.route import NOTHING_SAID
from hawknest.store.outgoing import Waiting
from stores import Nest

PREFIX = b"Delivered-To: list@example.com\r\n"
RETURN_PATH = b"Return-Path: <ann@example.com>\r\n"


async def waiting(box: Outbox, **fields: Any) -> Waiting:
    await box.send("bob@far.example", **fields)
    return (await box.rows())[-1]


def fate(row: Waiting, action: Action = Action.FAILED) -> Fate:
    return Fate(row, action, "5.1.1", "550 5.1.1 nobody\nreally", "mx.far.example")


async def composed(reporter: Reporter, row: Waiting) -> bytes:
    report = await reporter.report([fate(row)], "0123456789abcdef", NOW + 60)
    assert isinstance(report, Report)
    assert report.delivery.content.data is not None
    assert report.delivery.letter.id == "0123456789abcdef"
    assert report.delivery.letter.message_id == "<0123456789abcdef@mail.example.com>"
    assert report.delivery.letter.detail == {"about": row.letter_id}
    return report.delivery.content.data[report.delivery.skip :]


@pytest.mark.parametrize(
    ("ret", "kind", "whole"), [("", "text/rfc822-headers", False), ("FULL", "message/rfc822", True)]
)
async def test_the_letter_is_brought_back_as_it_left(
    sqlite_nest: Nest, ret: str, kind: str, whole: bool
) -> None:
    """With our trace lines, without what stays here; all of it only where RET=FULL asks (RFC 3461 §4.3)."""
    async with outbox(sqlite_nest, running=False) as box:
        row = await waiting(box, data=RETURN_PATH + LETTER, skip=len(RETURN_PATH), prefix=PREFIX, ret=ret)
        letter = await composed(box.reporter, row)
        message: Any = email.message_from_bytes(letter, policy=email.policy.default)
        assert message["To"] == "ann@example.com"
        assert message["Auto-Submitted"] == "auto-replied"
        assert message["References"] == "<1@example.com>"
        part = message.get_payload()[2]
        assert part.get_content_type() == kind
        assert (PREFIX in letter, RETURN_PATH in letter) == (True, False)
        assert (b"\r\n\r\nHi.\r\n" in letter) == whole


async def test_of_a_large_letter_only_the_header(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        spool = box.store.blobs.spool("large", 1024)
        await spool.write(LETTER + b"0123456789\r\n" * 100_000)
        row = await waiting(box, content=await spool.finish(), ret="FULL")
        letter = await composed(box.reporter, row)
        assert b"Subject: hello" in letter
        assert len(letter) < 8192


async def test_a_letter_that_cannot_be_read_is_reported_all_the_same(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        row = await waiting(box, data=b"\xff\0no header at all", ret="FULL")
        assert b"Final-Recipient: rfc822; bob@far.example" in await composed(box.reporter, row)


async def test_a_letter_whose_file_is_gone_is_reported_all_the_same(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        spool = box.store.blobs.spool("large", 1)
        await spool.write(LETTER)
        content = await spool.finish()
        row = await waiting(box, content=content, ret="FULL")
        box.store.blobs.remove(content.place or "")
        assert b"Final-Recipient: rfc822; bob@far.example" in await composed(box.reporter, row)


@pytest.mark.parametrize(
    ("notify", "failed", "delayed", "relayed"),
    [
        (NOTHING_SAID, True, True, False),
        (Notify.NEVER.value, False, False, False),
        (Notify.FAILURE.value, True, False, False),
        (Notify.DELAY.value, False, True, False),
        (Notify.SUCCESS.value, False, False, True),
        ((Notify.SUCCESS | Notify.FAILURE | Notify.DELAY).value, True, True, True),
    ],
)
async def test_who_is_told_of_what(
    sqlite_nest: Nest, notify: int, failed: bool, delayed: bool, relayed: bool
) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        row = await waiting(box, notify=notify)
        wanted = {action: wants(fate(row, action)) for action in Action}
        assert wanted[Action.FAILED] is failed
        assert wanted[Action.DELAYED] is delayed
        assert wanted[Action.RELAYED] is relayed
        nobody = await waiting(box, notify=notify, sender="")
        assert not any(wants(fate(nobody, action)) for action in Action)


async def test_the_envelope_comes_back_as_it_was_queued(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        row = await waiting(
            box,
            sender='"odd one"@example.com',
            ret="HDRS",
            envid="x y",
            body="BINARYMIME",
            smtputf8=True,
            orcpt="utf-8;\\x{624B}@far.example",
        )
        recipient = recipient_of(row)
        envelope = envelope_of(row, [recipient])
        assert str(envelope.reverse_path) == '"odd one"@example.com'
        assert (envelope.ret, envelope.envid, envelope.body) == ("HDRS", "x y", "BINARYMIME")
        assert envelope.smtputf8
        assert recipient.orcpt is not None
        assert recipient.orcpt.text == "手@far.example"
