"""The queue with a real store and real SMTP: outcomes, retries, reports, holding, several workers, and dying in between."""

import asyncio
import email
import email.policy
import itertools
import random
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outbox import DAY, NOBODY, NOW, Clock, outbox, site, use

import smtpsink
from hawknest.accounts import users
from hawknest.mail.envelope import Notify
from hawknest.post import retry, waiting
from hawknest.post.clerk import Clerk
from hawknest.post.hand import Hand
from hawknest.post.local import Stale
from hawknest.post.outcome import Deferred, Delivered, Failed, Where
from hawknest.post.settle import settle
from hawknest.store import Statement, StoreFull, StoreGone, outgoing
from smtpsink import Drop, Script, Slow
from stores import Nest

HOUR = 3600.0
EXAMPLES = itertools.count()


def report(letter: bytes) -> tuple[Any, list[dict[str, str]]]:
    """A report, and its fields by recipient."""
    message: Any = email.message_from_bytes(letter, policy=email.policy.default)
    assert message.get_content_type() == "multipart/report"
    groups = message.get_payload()[1].get_payload()
    return message, [dict(group.items()) for group in groups[1:]]


async def test_a_letter_is_delivered_and_leaves_nothing_behind(nest: Nest) -> None:
    async with outbox(nest) as box, smtpsink.serve() as sink:
        box.dns.sites["far.example"] = site(sink)
        letter_id = await box.send("bob@far.example", "eve@far.example")
        assert await box.settled() == []
        assert [letter.recipients for letter in sink.letters] == [
            [("bob@far.example", ""), ("eve@far.example", "")]
        ]
        assert sink.letters[0].sender == "ann@example.com"
        assert sink.letters[0].helo == "mail.example.com"
        step, _ = await box.steps(letter_id, "delivered")
        assert step.detail["host"] == "mx1.example"
        assert step.detail["said"] == "250 2.0.0 queued as 1"
        assert step.detail["ip"] == "127.0.0.1"
        assert step.detail["attempt"] == 1
        assert await box.inbox("ann@example.com") == []
        with nest.connection() as c:
            assert c.all(Statement("SELECT id FROM blob")) == []
            assert c.all(Statement("SELECT id FROM outgoing")) == []


#: Answers of the server, what becomes of the recipient, and the code and words that are kept.
OUTCOMES = [
    ({"RCPT": "550 5.1.1 no such user"}, "failed", "5.1.1", "550 5.1.1 no such user"),
    ({"RCPT": "550 no such user"}, "failed", "5.1.1", "550 no such user"),
    ({"RCPT": "450 4.2.1 greylisted"}, "deferred", "4.2.1", "450 4.2.1 greylisted"),
    ({"RCPT": "452 too many"}, "deferred", "4.1.1", "452 too many"),
    ({"MAIL": "553 5.1.8 who are you"}, "failed", "5.1.8", "553 5.1.8 who are you"),
    ({"MAIL": "451 4.3.0 later"}, "deferred", "4.3.0", "451 4.3.0 later"),
    ({"DATA": "554 5.7.1 no"}, "failed", "5.7.1", "554 5.7.1 no"),
    ({"DATA": "451 busy"}, "deferred", "4.6.0", "451 busy"),
    ({"end": "552 5.3.4 too big"}, "failed", "5.3.4", "552 5.3.4 too big"),
    ({"end": "554-5.7.1 spam\nsays who"}, "failed", "5.7.1", None),
    ({"end": "451 4.7.1 come back"}, "deferred", "4.7.1", "451 4.7.1 come back"),
    ({"end": "550 2.0.0 odd"}, "failed", "5.6.0", "550 2.0.0 odd"),
    ({"connect": "554 5.7.1 go away"}, "deferred", "4.7.1", None),
    ({"connect": "421 4.3.2 busy"}, "deferred", "4.3.2", "421 4.3.2 busy"),
    ({"connect": "521 I take no mail"}, "failed", "5.3.2", "521 I take no mail"),
    ({"connect": "hello there"}, "deferred", "4.5.0", None),
    ({"EHLO": "421 4.3.2 no"}, "deferred", "4.3.2", "421 4.3.2 no"),
    ({"EHLO": "550 5.7.1 no", "HELO": "550 5.7.1 no"}, "deferred", "4.7.1", "550 5.7.1 no"),
    ({"connect": Drop()}, "deferred", "4.4.2", "the server closed the connection"),
    ({"EHLO": Drop()}, "deferred", "4.4.2", "the server closed the connection"),
    ({"MAIL": Drop()}, "deferred", "4.4.2", "the server closed the connection"),
    ({"RCPT": Drop()}, "deferred", "4.4.2", "the server closed the connection"),
    ({"DATA": Drop()}, "deferred", "4.4.2", "the server closed the connection"),
    ({"end": Drop()}, "deferred", "4.4.2", "the server closed the connection"),
    ({"end": "999 what"}, "deferred", "4.5.0", None),
    ({"connect": Slow(3, "220 hi")}, "deferred", "4.4.2", "the server said nothing for 0 seconds"),
    ({"end": Slow(3, "250 hi")}, "deferred", "4.4.2", "the server said nothing for 0 seconds"),
    ({"EHLO": "502 5.5.1 what?"}, "delivered", "2.0.0", "250 2.0.0 queued as 1"),
    ({}, "delivered", "2.0.0", "250 2.0.0 queued as 1"),
    ({"end": "250 ok"}, "delivered", "2.0.0", "250 ok"),
]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(("answers", "event", "code", "words"), OUTCOMES)
async def test_outcomes(
    sqlite_nest: Nest, answers: Any, event: str, code: str, words: str | None, *, pipelining: bool
) -> None:
    extensions = [e for e in smtpsink.EXTENSIONS if pipelining or e != "PIPELINING"]
    script = Script(answers=answers, extensions=extensions)
    patience = {"greeting": 0.3, "end": 0.3} if any(isinstance(a, Slow) for a in answers.values()) else {}
    async with outbox(sqlite_nest, patience=patience) as box, smtpsink.serve(script) as sink:
        box.dns.sites["far.example"] = site(sink)
        letter_id = await box.send("bob@far.example")
        left = await box.settled()
        steps = [s for s in await box.steps(letter_id) if s.event not in {"queued", "reported"}]
        assert [(s.event, s.detail["code"]) for s in steps] == [(event, code)]
        if words:
            assert steps[0].detail["said"] == words
        assert len(left) == (event == "deferred")
        for row in left:
            assert row.attempts == 1
            assert row.next_at == NOW + 300
            assert row.last_words == steps[0].detail["said"]
        assert len(await box.inbox("ann@example.com")) == (event == "failed")


async def test_each_recipient_has_its_own_outcome(nest: Nest) -> None:
    script = Script(
        recipients={"no@far.example": "550 5.1.1 nobody", "later@far.example": "450 4.2.2 full"},
    )
    async with outbox(nest) as box, smtpsink.serve(script) as sink:
        box.dns.sites["far.example"] = site(sink)
        letter_id = await box.send(
            "yes@far.example", "no@far.example", "later@far.example", "also@far.example"
        )
        left = await box.settled()
        assert [row.address for row in left] == ["later@far.example"]
        assert [r for r, _ in sink.letters[0].recipients] == ["yes@far.example", "also@far.example"]
        assert {s.address for s in await box.steps(letter_id, "delivered")} == {
            "yes@far.example",
            "also@far.example",
        }
        (told,) = await box.inbox("ann@example.com")
        assert told.startswith(b"Return-Path: <>\r\n")
        _, fields = report(told)
        assert [(f["Final-Recipient"], f["Action"], f["Status"]) for f in fields] == [
            ("rfc822; no@far.example", "failed", "5.1.1")
        ]
        assert "550 5.1.1 nobody" in fields[0]["Diagnostic-Code"]
        script.recipients = {}
        assert await box.passes(300) == []
        assert [r for r, _ in sink.letters[1].recipients] == ["later@far.example"]


async def test_all_refused_leaves_the_session_usable(sqlite_nest: Nest) -> None:
    """RFC 2920 §3.1: a server may say 354 though it took no recipient."""
    script = Script(recipients={"no@far.example": "550 5.1.1 nobody"})
    async with outbox(sqlite_nest, per_destination=1) as box, smtpsink.serve(script) as sink:
        box.dns.sites["far.example"] = site(sink)
        await box.send("no@far.example")
        await box.send("yes@far.example")
        await box.send("no@far.example")
        assert await box.settled() == []
        assert sink.connections == 1
        assert [letter.recipients[0][0] for letter in sink.letters] == ["yes@far.example"]


async def test_reports_on_one_letter_go_together_and_none_for_nobody(sqlite_nest: Nest) -> None:
    script = Script(answers={"RCPT": "550 5.1.1 nobody"})
    async with outbox(sqlite_nest) as box, smtpsink.serve(script) as sink:
        box.dns.sites["far.example"] = site(sink)
        await box.send("a@far.example", "b@far.example", orcpt="rfc822;first@far.example", envid="E1")
        await box.send("c@far.example", sender="")
        await box.send("d@far.example", notify=Notify.NEVER.value)
        await box.send("e@far.example", notify=Notify.SUCCESS.value)
        assert await box.settled() == []
        (told,) = await box.inbox("ann@example.com")
        message, fields = report(told)
        assert [f["Final-Recipient"] for f in fields] == ["rfc822; a@far.example", "rfc822; b@far.example"]
        assert fields[0]["Original-Recipient"] == "rfc822; first@far.example"
        assert "Original-Envelope-Id: E1" in told.decode()
        assert "Subject: hello" in message.get_payload()[2].get_payload()


async def test_a_report_to_elsewhere_is_queued(sqlite_nest: Nest) -> None:
    """A forwarded letter bounces back to its sender, who lives elsewhere; the report leaves from nobody."""
    async with outbox(sqlite_nest) as box, smtpsink.serve() as sink:
        box.dns.sites["far.example"] = Failed("5.1.2", "The domain does not exist")
        box.dns.sites["origin.example"] = site(sink)
        letter_id = await box.send("bob@far.example", sender="zoe@origin.example")
        await box.until(lambda: sink.letters)
        assert await box.settled() == []
        (letter,) = sink.letters
        assert letter.sender == ""
        assert letter.recipients[0][0] == "zoe@origin.example"
        _, fields = report(letter.data)
        assert fields[0]["Status"] == "5.1.2"
        (step,) = await box.steps(letter_id, "reported")
        assert await box.steps(step.detail["letter"], "delivered")


async def test_a_report_that_nobody_can_get_is_written_down(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest) as box:
        box.dns.sites["far.example"] = Failed("5.1.2", "The domain does not exist")
        letter_id = await box.send("bob@far.example", sender="nobody@example.com")
        assert await box.settled() == []
        (step,) = await box.steps(letter_id, "reported")
        assert "There is no mailbox nobody@example.com here" in step.detail["not_sent"]


@pytest.mark.parametrize(
    ("notify", "dsn", "reports"),
    [
        (-1, False, 0),
        (Notify.FAILURE.value, False, 0),
        (Notify.SUCCESS.value, True, 0),  # the other server has that duty now
        (Notify.SUCCESS.value, False, 1),
        ((Notify.SUCCESS | Notify.FAILURE).value, False, 1),
        (Notify.NEVER.value, False, 0),
    ],
)
async def test_success_is_reported_where_the_other_side_will_not(
    sqlite_nest: Nest, notify: int, dsn: bool, reports: int
) -> None:
    """RFC 3461 §5.2.2."""
    extensions = [e for e in smtpsink.EXTENSIONS if dsn or e != "DSN"]
    async with outbox(sqlite_nest) as box, smtpsink.serve(Script(extensions=extensions)) as sink:
        box.dns.sites["far.example"] = site(sink)
        await box.send("bob@far.example", notify=notify)
        assert await box.settled() == []
        found = await box.inbox("ann@example.com")
        assert [report(letter)[1][0]["Action"] for letter in found] == ["relayed"] * reports
        assert ("NOTIFY=SUCCESS" in sink.commands("RCPT")[0]) == dsn


async def test_delay_is_told_once_and_the_end_at_the_end(nest: Nest) -> None:
    async with outbox(nest) as box:
        box.dns.sites["far.example"] = site(NOBODY)
        letter_id = await box.send("bob@far.example")
        (row,) = await box.settled()
        assert "refused" in row.last_words
        waits: list[float] = []
        while (row := (await box.rows())[0]).next_at < NOW + 5 * DAY:
            waits.append(row.next_at - box.clock.now)
            await box.passes(row.next_at - box.clock.now)
            told = await box.inbox("ann@example.com")
            assert len(told) == (box.clock.now >= NOW + 4 * HOUR)
        assert waits[:5] == [300, 900, 1800, 3600, 2 * HOUR]
        _, fields = report(told[0])
        assert fields[0]["Action"] == "delayed"
        assert "Will-Retry-Until" in fields[0]
        assert await box.passes(row.next_at - box.clock.now) == []
        assert box.clock.now == NOW + 5 * DAY
        told = await box.inbox("ann@example.com")
        _, fields = report(told[1])
        assert (fields[0]["Action"], fields[0]["Status"]) == ("failed", "4.4.7")
        assert "refused" in fields[0]["Diagnostic-Code"]
        last = (await box.steps(letter_id, "failed"))[0]
        assert last.detail["gave_up"]


async def test_who_wants_no_delays_told_hears_of_none(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest) as box:
        await box.send("bob@far.example", notify=Notify.FAILURE.value)
        await box.settled()
        await box.passes(5 * HOUR)
        assert await box.inbox("ann@example.com") == []
        assert "resolvers" in (await box.rows())[0].last_words


async def test_one_connection_carries_many_letters(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, per_destination=2, letters=20) as box, smtpsink.serve() as sink:
        box.dns.sites["far.example"] = site(sink)
        for _ in range(30):
            await box.send("bob@far.example")
        assert await box.settled() == []
        assert len(sink.letters) == 30
        assert sink.connections <= 4
        assert sink.most_open <= 2
        await box.until(lambda: len(sink.commands("QUIT")) == sink.connections)


async def test_a_connection_that_died_while_idle_costs_no_attempt(sqlite_nest: Nest) -> None:
    script = Script(answers={"MAIL": ["250 ok", Drop(), "250 ok"]})
    async with outbox(sqlite_nest, keep_open=5.0) as box, smtpsink.serve(script) as sink:
        box.dns.sites["far.example"] = site(sink)
        await box.send("bob@far.example")
        await box.settled()
        letter_id = await box.send("bob@far.example")
        assert await box.settled() == []
        assert sink.connections == 2
        (step,) = await box.steps(letter_id, "delivered")
        assert step.detail["attempt"] == 1


async def test_no_more_than_so_many_at_one_destination(sqlite_nest: Nest) -> None:
    slow = Script(answers={"end": Slow(0.05, "250 ok")})
    async with (
        outbox(sqlite_nest, per_destination=3) as box,
        smtpsink.serve(slow) as sink,
        smtpsink.serve() as other,
    ):
        box.dns.sites["far.example"] = site(sink)
        box.dns.sites["near.example"] = site(other)
        for _ in range(12):
            await box.send("bob@far.example")
        await box.send("bob@near.example")
        await box.until(lambda: other.letters)
        assert len(sink.letters) < 12  # who is quick does not wait for who is slow
        assert await box.settled() == []
        assert sink.most_open == 3


async def test_a_slow_destination_does_not_stop_others(sqlite_nest: Nest, monkeypatch: Any) -> None:
    monkeypatch.setattr("hawknest.post.hand.CLAIM", 5)
    monkeypatch.setattr("hawknest.post.queue.CLAIM", 5)
    monkeypatch.setattr("hawknest.post.hand.STUCK", 0.2)
    monkeypatch.setattr("hawknest.post.queue.STUCK", 0.2)
    stuck = Script(answers={"end": Slow(5, "250 ok")})
    async with (
        smtpsink.serve(stuck) as sink,
        smtpsink.serve() as other,
        outbox(sqlite_nest, in_hand=20) as box,
    ):
        box.clock.runs = True
        box.dns.sites["slow.example"] = site(sink)
        box.dns.sites["near.example"] = site(other)
        for _ in range(60):
            await box.send("bob@slow.example")
        await box.send("bob@near.example")
        await box.until(lambda: other.letters, 4)
        stuck.answers = {}
        await sink.end()


async def test_what_waits_for_a_dead_destination_does_not_knock_one_by_one(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, per_destination=1, running=False) as box:
        box.dns.sites["far.example"] = lambda: site(NOBODY)
        ids = [await box.send("bob@far.example") for _ in range(10)]
        task = asyncio.create_task(box.queue.run())
        left = await box.settled()
        assert len(left) == 10
        assert len(box.dns.asked) == 1
        for letter_id in ids:
            assert len(await box.steps(letter_id, "deferred")) == 1
        await box.queue.stop()
        await task


async def test_hold_release_retry_drop_and_give_back(nest: Nest) -> None:
    async with outbox(nest) as box, smtpsink.serve() as sink:
        box.dns.sites["far.example"] = site(sink)
        one = await box.send("held@far.example", held=True)
        two = await box.send("other@far.example", "more@far.example", held=True)
        assert len(await box.settled()) == 3

        def find(what: str) -> Any:
            return box.store.read(lambda c: waiting.find(c, what))

        assert await find("nothing") == []
        assert await find("HELD@far.example") == await find(one)
        assert len(await find("far.example")) == len(await find("all")) == 3
        ids = await find(two)
        assert await find(str(ids[0])) == ids[:1]
        counts = await box.store.read(lambda c: waiting.counts(c, box.clock()))
        assert counts == waiting.Counts(suspended=False, pending=3, held=3, delivering=0)

        assert await box.store.write(lambda c: waiting.release(c, ids[:1], NOW)) == 1
        box.queue.poke()
        assert len(await box.settled()) == 2
        assert [r[0] for r in sink.letters[0].recipients] == ["other@far.example"]

        assert await box.store.write(lambda c: waiting.drop(c, ids[1:], NOW)) == (1, [])
        assert [s.event for s in await box.steps(two)] == [
            "queued",
            "queued",
            "released",
            "delivered",
            "dropped",
        ]
        assert await box.inbox("ann@example.com") == []

        held = await find(one)
        assert await box.store.write(lambda c: waiting.give_back(c, held, NOW)) == 1
        box.queue.poke()
        assert await box.settled() == []
        assert len(sink.letters) == 1
        _, fields = report((await box.inbox("ann@example.com"))[0])
        assert fields[0]["Status"] == "5.7.1"
        assert await box.store.write(lambda c: waiting.hold(c, held, NOW)) == 0


async def test_retry_now(sqlite_nest: Nest) -> None:
    script = Script(answers={"MAIL": ["451 later", "250 ok"]})
    async with outbox(sqlite_nest) as box, smtpsink.serve(script) as sink:
        box.dns.sites["far.example"] = site(sink)
        await box.send("bob@far.example")
        (row,) = await box.settled()
        assert await box.store.write(lambda c: waiting.retry_now(c, [row.id], NOW)) == 1
        box.queue.poke()
        assert await box.settled() == []
        assert len(sink.letters) == 1


async def test_suspended_nothing_leaves_and_what_is_under_way_finishes(nest: Nest) -> None:
    script = Script(answers={"end": Slow(0.3, "250 ok")})
    async with outbox(nest, per_destination=1) as box, smtpsink.serve(script) as sink:
        box.dns.sites["far.example"] = site(sink)
        for _ in range(4):
            await box.send("bob@far.example")
        await box.until(lambda: sink.commands("DATA"))
        await box.queue.suspend()
        await box.until(lambda: sink.letters)
        await asyncio.sleep(0.5)
        assert len(sink.letters) == 1
        counts = await box.store.read(lambda c: waiting.counts(c, box.clock()))
        assert counts == waiting.Counts(suspended=True, pending=3, held=0, delivering=0)
        await box.send("bob@far.example")
        await asyncio.sleep(0.1)
        assert len(sink.letters) == 1
    script.answers = {}
    async with outbox(nest) as box, smtpsink.serve() as sink:  # it survives a restart
        box.dns.sites["far.example"] = site(sink)
        box.queue.poke()
        await asyncio.sleep(0.1)
        assert not sink.connections
        await box.queue.resume()
        assert await box.settled() == []
        assert len(sink.letters) == 4


async def test_two_workers_never_deliver_twice(nest: Nest) -> None:
    async with (
        smtpsink.serve() as sink,
        outbox(nest, owner="one", look=0.05) as one,
        outbox(nest, owner="two", look=0.05) as two,
    ):
        for box in (one, two):
            box.dns.sites["far.example"] = site(sink)
        for number in range(60):
            await (one if number % 2 else two).send(f"n{number}@far.example")
            (two if number % 3 else one).queue.poke()
        assert await one.settled() == []
        assert sorted(letter.recipients[0][0] for letter in sink.letters) == sorted(
            f"n{number}@far.example" for number in range(60)
        )


async def test_claims_of_a_dead_worker_run_out(nest: Nest) -> None:
    async with outbox(nest) as box, smtpsink.serve() as sink:
        box.dns.sites["far.example"] = site(sink)
        await box.queue.suspend()
        await box.send("bob@far.example")
        claimed = await box.store.write(lambda c: outgoing.claim(c, "dead", NOW, NOW + 300, 10))
        assert len(claimed) == 1
        await box.queue.resume()
        await asyncio.sleep(0.1)
        assert not sink.letters
        assert await box.passes(301) == []
        assert len(sink.letters) == 1


async def test_a_restarted_worker_takes_its_own_claims_again(sqlite_nest: Nest) -> None:
    async with smtpsink.serve() as sink, outbox(sqlite_nest, running=False) as box:
        box.dns.sites["far.example"] = site(sink)
        await box.send("bob@far.example")
        await box.store.write(lambda c: outgoing.claim(c, "test", NOW, NOW + 300, 10))
        task = asyncio.create_task(box.queue.run())
        await box.until(lambda: sink.letters)
        await box.queue.stop()
        await task


async def test_dying_between_delivery_and_commit_repeats_and_loses_nothing(
    sqlite_nest: Nest, monkeypatch: Any
) -> None:
    """After kill -9 past the final dot, the row is still there, and is tried again when the claim runs out."""
    async with smtpsink.serve() as sink:
        async with outbox(sqlite_nest, running=False) as box:
            box.dns.sites["far.example"] = site(sink)
            await box.send("bob@far.example")

            async def never(*_: Any) -> None:
                await asyncio.Event().wait()

            async def nothing(*_: Any) -> None:
                return

            monkeypatch.setattr(Clerk, "settle", never)
            monkeypatch.setattr(Hand, "abandon", nothing)
            task = asyncio.create_task(box.queue.run())
            await box.until(lambda: sink.letters)
            for courier in asyncio.all_tasks() - {asyncio.current_task()}:
                if "queue" in repr(courier) and courier is not task:
                    courier.cancel()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            (row,) = await box.rows()
            assert row.claimed_by == "test"
        monkeypatch.undo()
        async with outbox(sqlite_nest, owner="heir") as box:
            box.dns.sites["far.example"] = site(sink)
            await asyncio.sleep(0.1)
            assert len(sink.letters) == 1
            box.clock.now += 301
            box.queue.poke()
            assert await box.settled() == []
            assert len(sink.letters) == 2


async def test_an_outcome_for_a_row_that_was_taken_meanwhile_is_not_written(sqlite_nest: Nest) -> None:
    """The owner dropped it while it was being refused: no report, no row."""
    script = Script(answers={"RCPT": Slow(0.3, "550 5.1.1 nobody")})
    async with outbox(sqlite_nest) as box, smtpsink.serve(script) as sink:
        box.dns.sites["far.example"] = site(sink)
        letter_id = await box.send("bob@far.example")
        await box.until(lambda: sink.commands("RCPT"))
        (row,) = await box.rows()
        await box.store.write(lambda c: waiting.drop(c, [row.id], NOW))
        await asyncio.sleep(0.5)
        assert await box.inbox("ann@example.com") == []
        assert [s.event for s in await box.steps(letter_id)] == ["queued", "dropped"]


async def test_a_bug_costs_one_attempt(sqlite_nest: Nest) -> None:
    class Wrong:
        def lane(self, destination: str) -> str:
            return destination

        async def deliver(self, recipients: Any, _session: Any) -> Any:
            if recipients[0].address == "bug@far.example":
                raise ZeroDivisionError
            return [Delivered("2.0.0", "250 ok", Where("h", "127.0.0.1", 25)) for _ in recipients], None

    async with outbox(sqlite_nest, running=False) as box:
        use(box, Wrong())
        task = asyncio.create_task(box.queue.run())
        await box.send("bug@far.example")
        await box.send("bob@far.example")
        (row,) = await box.settled()
        assert row.address == "bug@far.example"
        assert re.search(r"error inside this server; its log has it under [0-9a-z]{16}", row.last_words)
        await box.queue.stop()
        await task


async def test_stopping_puts_back_what_has_not_begun(sqlite_nest: Nest) -> None:
    script = Script(answers={"end": Slow(0.2, "250 ok")})
    async with smtpsink.serve(script) as sink:
        async with outbox(sqlite_nest, per_destination=1) as box:
            box.dns.sites["far.example"] = site(sink)
            for _ in range(5):
                await box.send("bob@far.example")
            await box.until(lambda: sink.commands("DATA"))
        async with outbox(sqlite_nest, running=False) as box:
            left = await box.rows()
            assert len(sink.letters) in {1, 2}
            assert len(left) == 5 - len(sink.letters)
            assert all(not row.claimed_by and row.attempts == 0 for row in left)


async def test_a_smart_host_is_one_way_for_all_destinations(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, per_destination=1) as box, smtpsink.serve() as sink:
        box.dns.smart = "smart.example"
        for name in "abc":
            box.dns.sites[f"{name}.example"] = site(sink)
        await box.send("bob@a.example", "bob@b.example", "eve@a.example")
        await box.send("bob@c.example")
        assert await box.settled() == []
        assert [[r for r, _ in letter.recipients] for letter in sink.letters] == [
            ["bob@a.example", "bob@b.example", "eve@a.example"],
            ["bob@c.example"],
        ]
        assert sink.connections == 1


async def test_trouble_with_the_configuration_costs_an_attempt_not_the_queue(sqlite_nest: Nest) -> None:
    """The password file of a route is gone."""

    class Misled:
        def lane(self, destination: str) -> str:
            raise ValueError(destination)

        async def deliver(self, recipients: Any, _session: Any) -> Any:
            raise ValueError(recipients)

    async with outbox(sqlite_nest, running=False) as box:
        use(box, Misled())
        task = asyncio.create_task(box.queue.run())
        await box.send("bob@far.example")
        (row,) = await box.settled()
        assert "error inside this server" in row.last_words
        await box.queue.stop()
        await task


async def test_it_wakes_by_itself_when_something_is_due(nest: Nest) -> None:
    script = Script(answers={"MAIL": ["451 later", "451 later", "250 ok"]})
    soon = retry.Settings(waits=(0.1,), jitter=0)
    async with (
        outbox(nest, clock=Clock(runs=True), retry=soon, look=60) as box,
        smtpsink.serve(script) as sink,
    ):
        box.dns.sites["far.example"] = site(sink)
        letter_id = await box.send("bob@far.example")
        await box.until(lambda: sink.letters, 3)
        await box.until(box.gone)
        assert [s.event for s in await box.steps(letter_id)] == [
            "queued",
            "deferred",
            "deferred",
            "delivered",
        ]


async def test_it_sees_what_other_workers_queued_without_a_word(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, look=0.2) as box, smtpsink.serve() as sink:
        box.dns.sites["far.example"] = site(sink)
        await asyncio.sleep(0.05)
        async with outbox(sqlite_nest, running=False) as other:
            await other.send("bob@far.example")
        await box.until(lambda: sink.letters, 3)


@pytest.mark.parametrize("error", [StoreFull("no room"), StoreGone("no database"), Stale("changed")])
async def test_an_outcome_that_cannot_be_written_is_written_later(
    sqlite_nest: Nest, monkeypatch: Any, error: Exception
) -> None:
    """The disk is full, or the directory changed: the letter is not delivered again meanwhile."""
    monkeypatch.setattr("hawknest.post.clerk.PAUSE", 0.05)
    errors = [error, error]

    def failing(*args: Any, **fields: Any) -> Any:
        if errors:
            raise errors.pop()
        return settle(*args, **fields)

    monkeypatch.setattr("hawknest.post.clerk.settle", failing)
    script = Script(recipients={"no@far.example": "550 5.1.1 nobody"})
    async with outbox(sqlite_nest) as box, smtpsink.serve(script) as sink:
        box.dns.sites["far.example"] = site(sink)
        await box.send("bob@far.example", "no@far.example")
        assert await box.settled() == []
        assert not errors
        assert len(sink.letters) == 1
        assert len(await box.inbox("ann@example.com")) == 1


async def test_a_full_mailbox_gets_no_report_and_the_journey_says_so(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest) as box:
        sqlite_nest.do(lambda c: users.change(c, "ann@example.com", quota=10))
        box.reporter.router.refresh()
        box.dns.sites["far.example"] = Failed("5.1.2", "The domain does not exist")
        letter_id = await box.send("bob@far.example")
        assert await box.settled() == []
        (step,) = await box.steps(letter_id, "reported")
        assert "full" in step.detail["not_sent"]
        assert await box.inbox("ann@example.com") == []


class Fickle:
    """A remote whose answers are drawn at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.delivered: list[tuple[str, str]] = []

    def lane(self, destination: str) -> str:
        return destination

    async def deliver(self, recipients: Any, session: Any) -> Any:
        await asyncio.sleep(0)
        outcomes: list[Any] = []
        for recipient in recipients:
            number = self.random.random()
            if number < 0.3:
                self.delivered.append((recipient.letter_id, recipient.address))
                outcomes.append(Delivered("2.0.0", "250 ok", Where("h", "127.0.0.1", 25)))
            elif number < 0.4:
                outcomes.append(Failed("5.1.1", "550 no"))
            else:
                outcomes.append(Deferred("4.2.0", "450 later", everyone=number > 0.8))
        return outcomes, None


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 30))
def test_every_recipient_ends_once_and_every_failure_is_told_once(sqlite_nest: Nest, seed: int) -> None:
    """Two workers, many letters, any answers, five days: nobody is forgotten and nothing happens twice."""

    async def live() -> None:
        fickle = Fickle(seed)
        async with (
            outbox(sqlite_nest, owner="one", keep_open=0) as one,
            outbox(sqlite_nest, owner="two", keep_open=0, clock=one.clock) as two,
        ):
            start = one.clock.now = NOW + 10 * DAY * next(
                EXAMPLES
            )  # ids of letters repeat in the same millisecond
            before = len(await one.inbox("ann@example.com"))
            for box in (one, two):
                use(box, fickle)
            sent = [
                (await one.send(*[f"r{n}@d{n % 3}.example" for n in range(1 + i % 4)]), 1 + i % 4)
                for i in range(8)
            ]
            while rows := await one.settled():
                one.clock.now = max(one.clock.now, min(row.next_at for row in rows))
                one.queue.poke()
                two.queue.poke()
            assert one.clock.now <= start + 5 * DAY
            assert len(fickle.delivered) == len(set(fickle.delivered))
            failed = 0
            for letter_id, count in sent:
                steps = await one.steps(letter_id)
                ends = [s for s in steps if s.event in {"delivered", "failed"}]
                assert len(ends) == len({s.address for s in ends}) == count
                for end in ends:
                    assert [s for s in steps if s.address == end.address][-1] is end
                failed += sum(s.event == "failed" for s in ends)
            told = (await one.inbox("ann@example.com"))[before:]
            actions = [fields["Action"] for letter in told for fields in report(letter)[1]]
            assert actions.count("failed") == failed

    asyncio.run(live())
