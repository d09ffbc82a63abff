"""Letters that a destination refuses for our address' sake go by the smart host; what is refused for what it is does not."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from outbox import DAY, NOBODY, Dns, Outbox, outbox, site

import smtpsink
from hawknest.post import failover_memory
from hawknest.post.destination_route import Route
from hawknest.post.failover import Failover, Settings
from hawknest.post.failover_cause import Cause
from hawknest.post.failover_memory import ALL, Barrier, Memory
from hawknest.post.failover_words import note
from hawknest.post.notices import worded
from hawknest.post.outcome import Deferred
from smtpsink import Script, Sink
from stores import Nest

LISTED = "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org"
KEEP = 3 * DAY


@dataclass
class Owners:
    """Who is told."""

    told: list[tuple[str, Cause, bool]] = field(default_factory=list)

    async def met(self, barrier: Barrier, route: Route | None) -> None:
        self.told.append((barrier.destination, barrier.cause, route is not None))


@dataclass
class World:
    """An outbox whose letters can go two ways."""

    box: Outbox
    far: Sink
    smart: Sink
    around: Dns
    owners: Owners
    memory: Memory
    settings: Settings
    routes: list[Route]

    async def send(self, to: str = "bob@far.example") -> str:
        letter = await self.box.send(to)
        await self.box.settled()
        return letter

    async def events(self, letter: str) -> list[str]:
        return [step.event for step in await self.box.steps(letter) if step.event != "queued"]


@contextlib.asynccontextmanager
async def world(nest: Nest, script: Script | None = None, **route: Any) -> AsyncIterator[World]:
    async with smtpsink.serve(script) as far, smtpsink.serve() as smart, outbox(nest) as box:
        box.dns.sites["far.example"] = site(far)
        around = Dns(smart=f"{smart.address}:{smart.port}")
        found = replace(site(smart), targets=(replace(site(smart).targets[0], host="smart.example"),))
        for name in ("far.example", "other.example", "third.example"):
            around.sites[name] = found
        routes = [Route("*", "smart.example", smart.port, failover=True)] if route.pop("there", True) else []
        there = World(
            box,
            far,
            smart,
            around,
            Owners(),
            Memory(box.store, box.clock),
            Settings(on=True, keep=KEEP),
            routes,
        )
        straight = box.remote
        remote = Failover(
            straight=straight,
            around=replace(straight, sites=around),
            routes=lambda: there.routes,
            settings=lambda: there.settings,
            memory=there.memory,
            owners=there.owners,
            log=box.log,
            clock=box.clock,
        )
        object.__setattr__(box.queue._rooms, "remote", remote)
        yield there


@pytest.mark.parametrize("stage", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "end"])
async def test_refused_for_our_address_it_goes_by_the_smart_host(sqlite_nest: Nest, stage: str) -> None:
    async with world(sqlite_nest, Script(answers={stage: LISTED})) as here:
        letter = await here.send()
        assert await here.events(letter) == ["around blocked", "delivered"]
        around, delivered = [s for s in await here.box.steps(letter) if s.event != "queued"]
        assert around.detail["host"] == "mx1.example"
        assert around.detail["said"] == LISTED
        assert delivered.detail["host"] == "smart.example"
        assert len(here.smart.letters) == 1
        assert here.owners.told == [("far.example", Cause.BLOCKED, True)]
        assert (await here.box.store.read(failover_memory.listing))[0].destination == "far.example"


async def test_what_comes_next_does_not_knock_in_vain(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, Script(answers={"RCPT": LISTED})) as here:
        await here.send()
        knocks = here.far.connections
        for _ in range(3):
            assert await here.events(await here.send()) == ["around blocked", "delivered"]
        assert here.far.connections == knocks
        assert len(here.smart.letters) == 4
        assert len(here.owners.told) == 1  # it is told of what is met, not of every letter


async def test_only_that_destination(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, Script(answers={"RCPT": LISTED})) as here, smtpsink.serve() as other:
        here.box.dns.sites["other.example"] = site(other)
        await here.send()
        assert await here.events(await here.send("eve@other.example")) == ["delivered"]
        assert len(other.letters) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.7.1 Message content rejected, UBE, id=22220-02-222",
        "550 5.1.1 User unknown",
        "554 5.7.1 Your message was rejected due to example.com's DMARC policy",
    ],
)
async def test_a_refused_letter_is_refused(sqlite_nest: Nest, answer: str) -> None:
    async with world(sqlite_nest, Script(answers={"end": answer})) as here:
        assert await here.events(await here.send()) == ["failed", "reported"]
        assert not here.smart.letters
        assert not here.owners.told


async def test_what_the_smart_host_refuses_is_refused(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, Script(answers={"RCPT": LISTED})) as here:
        here.smart.script.answers = {"RCPT": "550 5.1.1 User unknown"}
        letter = await here.send()
        assert await here.events(letter) == ["around blocked", "failed", "reported"]


async def test_after_some_days_a_letter_tries_the_straight_way(nest: Nest) -> None:
    script = Script(answers={"RCPT": LISTED})
    async with world(nest, script) as here:
        await here.send()
        began = (await here.box.store.read(failover_memory.listing))[0].since
        here.box.clock.now += KEEP + 1
        assert await here.events(await here.send()) == ["around blocked", "delivered"]  # still barred
        assert len(here.owners.told) == 2
        (kept,) = await here.box.store.read(failover_memory.listing)
        assert (kept.since, kept.until) == (began, here.box.clock.now + KEEP)
        script.answers = {}
        assert await here.events(await here.send()) == ["around blocked", "delivered"]
        here.box.clock.now += KEEP + 1
        assert await here.events(await here.send()) == ["delivered"]
        assert len(here.far.letters) == 1
        assert not await here.box.store.read(failover_memory.listing)
        assert await here.events(await here.send()) == ["delivered"]


async def test_a_refusal_of_the_letter_proves_the_straight_way_too(sqlite_nest: Nest) -> None:
    script = Script(answers={"RCPT": LISTED})
    async with world(sqlite_nest, script) as here:
        await here.send()
        script.answers = {"RCPT": "550 5.1.1 User unknown"}
        here.box.clock.now += KEEP + 1
        assert await here.events(await here.send()) == ["failed", "reported"]
        assert not here.memory.known


async def test_another_worker_hears_of_it(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, Script(answers={"RCPT": LISTED})) as here:
        await here.send()
        other = Memory(here.box.store, here.box.clock)
        await other.look()
        assert other.standing("far.example") == here.memory.known["far.example"]
        assert other.standing("other.example") is None


async def test_switched_off_or_without_a_smart_host_the_owner_is_told_alone(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, Script(answers={"RCPT": LISTED}), there=False) as here:
        assert await here.events(await here.send()) == ["failed", "reported"]
        assert here.owners.told == [("far.example", Cause.BLOCKED, False)]
        here.routes.append(Route("*", "smart.example", here.smart.port, failover=True))
        here.settings = Settings(on=False, keep=KEEP)
        assert await here.events(await here.send()) == ["failed", "reported"]
        assert here.owners.told[1] == ("far.example", Cause.BLOCKED, False)


async def test_a_route_of_its_own_is_taken_as_ever(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest, Script(answers={"RCPT": LISTED})) as here:
        here.routes.append(Route("far.example", "mx1.example", here.far.port))
        assert await here.events(await here.send()) == ["failed", "reported"]
        assert not here.smart.letters


async def test_a_destination_that_is_down_is_waited_for_at_first(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest) as here:
        here.box.dns.sites["far.example"] = site(NOBODY)
        letter = await here.send()
        assert await here.events(letter) == ["deferred"]
        await here.box.passes(3600)
        assert await here.events(letter) == ["deferred", "deferred"]
        await here.box.passes(3600)
        assert (await here.events(letter))[2:] == ["around silent", "delivered"]
        assert here.owners.told == [("far.example", Cause.SILENT, True)]
        assert await here.events(await here.send()) == ["around silent", "delivered"]


async def test_where_nobody_at_all_can_be_reached_the_port_is_shut(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest) as here:
        for name in ("far", "other", "third"):
            here.box.dns.sites[f"{name}.example"] = site(NOBODY)
        assert await here.events(await here.send("a@far.example")) == ["deferred"]
        assert await here.events(await here.send("a@other.example")) == ["deferred"]
        assert await here.events(await here.send("a@third.example")) == ["around closed", "delivered"]
        assert here.owners.told == [(ALL, Cause.CLOSED, True)]
        assert await here.events(await here.send("b@far.example")) == ["around closed", "delivered"]
        here.box.clock.now += KEEP + 1
        here.box.dns.sites["far.example"] = site(here.far)
        assert await here.events(await here.send("c@far.example")) == ["delivered"]
        assert not here.memory.known


async def test_somebody_who_answers_shows_that_the_port_is_open(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest) as here:
        for name in ("other", "third"):
            here.box.dns.sites[f"{name}.example"] = site(NOBODY)
        here.box.dns.sites["fourth.example"] = site(NOBODY)
        await here.send("a@other.example")
        await here.send("a@third.example")
        await here.send("a@far.example")
        assert await here.events(await here.send("a@fourth.example")) == ["deferred"]
        assert not here.owners.told


async def test_dns_trouble_is_no_barrier(sqlite_nest: Nest) -> None:
    async with world(sqlite_nest) as here:
        here.box.dns.sites["far.example"] = Deferred("4.4.3", "the resolvers do not answer", everyone=True)
        letter = await here.send()
        for _ in range(3):
            await here.box.passes(7200)
        assert set(await here.events(letter)) <= {"deferred", "reported"}
        assert not here.memory.known


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("there", [True, False])
def test_words_for_the_owner(cause: Cause, there: bool) -> None:
    barrier = Barrier("far.example", cause, "mx.far.example", LISTED, 0.0, KEEP)
    told = note(barrier, Route("*", "smart.example", 587, failover=True) if there else None)
    for language in ("en", "ja"):
        subject, text = worded(told, language)
        assert subject
        assert "{" not in text + subject
        assert LISTED in text
        assert ("smart.example" in text) is there
