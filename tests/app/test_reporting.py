"""A day at the door becomes a report that leaves: letters come, are judged and counted; the next day a domain hears of them."""

import asyncio
import time
from pathlib import Path

import smtpsink
from hawknest.post.destination_route import Route
from hawknest.post.report_sending import ReportSending
from hawknest.post.report_unpacking import unpack
from hawknest.post.site import Tls
from hawknest.store import dmarc_rows, report_sent
from hawknest.trust import dmarc_report
from nests import STRANGER, converse, nest
from zone import Zone

RECORDS = {
    "bank.example TXT": "v=spf1 ip4:192.0.2.9 -all",
    "_dmarc.bank.example TXT": "v=DMARC1; p=reject; rua=mailto:dmarc@bank.example",
    "quiet.example TXT": "v=spf1 ip4:192.0.2.9 -all",
    "_dmarc.quiet.example TXT": "v=DMARC1; p=none",
}
ELSEWHERE = "198.51.100.7"


async def bring(rooms, domain: str, peer: str) -> None:
    letter = f"From: a@{domain}\r\nTo: mia@example.org\r\nSubject: x\r\n\r\nx\r\n"
    dialogue = (
        f"EHLO x\r\nMAIL FROM:<a@{domain}>\r\nRCPT TO:<mia@example.org>\r\nDATA\r\n{letter}.\r\nQUIT\r\n"
    )
    await converse(rooms, "smtp", dialogue.encode(), peer=peer)


async def arrival(sink: smtpsink.Sink) -> None:
    while True:
        if sink.letters:
            return
        await asyncio.sleep(0.01)


async def test_a_day_at_the_door(tmp_path: Path) -> None:
    async with nest(tmp_path, zone=Zone(RECORDS), policies={"dmarc_reports": "on"}) as rooms:
        for _ in range(3):
            await bring(rooms, "bank.example", STRANGER)
        await bring(rooms, "bank.example", ELSEWHERE)
        await bring(rooms, "quiet.example", STRANGER)
        day = dmarc_rows.day_of(time.time())
        assert await rooms.store.read(lambda c: dmarc_rows.domains_of(c, day)) == ["bank.example"]
        sending = ReportSending(
            store=rooms.store,
            router=rooms.router,
            resolver=Zone(RECORDS),
            log=rooms.log,
            owner="me",
            hostname="mx.example.org",
            terms=rooms._terms,
            clock=lambda: time.time() + 86400 + 4 * 3600,
            on_queued=rooms.queue.poke,
        )
        async with smtpsink.serve() as sink:
            rooms.routes = [Route("*", "127.0.0.1", sink.port, Tls.NEVER, verify=False)]
            running = asyncio.create_task(rooms.queue.run())
            assert await sending.send() == 1
            await asyncio.wait_for(arrival(sink), 10)
            running.cancel()
            [letter] = sink.letters
        [sent] = await rooms.store.read(report_sent.sent)
    [report] = unpack(letter.data).reports
    assert isinstance(report, dmarc_report.Report)
    assert report.domain == "bank.example"
    assert {(r.source, r.count, r.disposition, r.spf) for r in report.records} == {
        (STRANGER, 3, "pass", True),
        (ELSEWHERE, 1, "reject", False),
    }
    assert b"a@bank.example" not in letter.data
    assert (letter.sender, letter.recipients[0][0]) == ("dmarc-reports@example.org", "dmarc@bank.example")
    assert (sent.domain, sent.target, sent.letters) == ("bank.example", "dmarc@bank.example", 4)


async def test_nothing_is_counted_unless_it_is_told(tmp_path: Path) -> None:
    async with nest(tmp_path, zone=Zone(RECORDS)) as rooms:
        await bring(rooms, "bank.example", STRANGER)
        assert await rooms.store.read(dmarc_rows.days) == []
