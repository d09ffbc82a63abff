"""The coach at work: lines turn by themselves within seconds, others are left in peace, and nothing is asked when nobody watches."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from coachworld import Net, World

from hawknest.post.coach import Coach, Standing
from hawknest.post.coach.asking import Asker
from hawknest.post.coach.watching import DOMAINS, EACH, Busy, Watching
from hawknest.store import StoreGone


class Clock:
    """A world whose time goes fast: `ticks` are its monotonic seconds."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def run(self, seconds: float, step: float = 0.25) -> None:
        for _ in range(int(seconds / step)):
            self.world.ticks += step
            await asyncio.sleep(0.001)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hawknest.post.coach.engine.REST", 0.0005)


@pytest.mark.usefixtures("quick")
async def test_lines_turn_green_by_themselves() -> None:
    world = World({"mail.d.example A": None, "mail.d.example AAAA": None, "d.example MX": None})
    told: list[Standing] = []
    task = asyncio.create_task(world.coach().watch(told.append))
    clock = Clock(world)
    await clock.run(6)
    assert {k: str(told[-1].of(k).state) for k in ("host", "reverse", "mx", "ports")} == {
        "host": "red",
        "reverse": "waiting",
        "mx": "red",
        "ports": "waiting",
    }
    world.names.zone_data |= {"mail.d.example A": ["192.0.2.1"], "mail.d.example AAAA": ["2001:db8::1"]}
    began = world.ticks
    while told[-1].of("ports").state != "green":
        assert world.ticks - began < 5, "a record that is entered is seen within seconds"
        await clock.run(0.5)
    assert told[-1].of("reverse").state == "green"
    world.names.zone_data |= {"d.example MX": ["10 mail.d.example."]}
    await clock.run(5)
    assert told[-1].ready
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.usefixtures("quick")
async def test_others_are_asked_seldom() -> None:
    world = World(net=Net({"mx.big.example:25": None}))
    task = asyncio.create_task(world.coach().watch(lambda _: None))
    await Clock(world).run(100)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    tried = Counter(world.net.tried)
    assert tried["greet mx.big.example:25"] <= 3
    assert tried["date https://time.example/"] <= 2
    asked = Counter(world.names.asked)
    assert asked["d.example MX"] <= 10  # all is well: each half a minute, and once to compare
    assert sum("bl.example" in name for name in world.usual.asked) <= 8


@pytest.mark.usefixtures("quick")
async def test_one_coach_for_all_who_watch_a_domain_and_none_for_nobody() -> None:
    world = World()
    made: list[str] = []

    def make(domain: str) -> Any:
        made.append(domain)
        return world.coach()

    watching = Watching(make)
    with watching.watching(1, "d.example") as first:
        async with asyncio.timeout(5):
            await first.news.wait()
        with watching.watching(2, "d.example") as second:
            assert second.take() is not None, "who comes later sees at once how things stand"
        assert watching.alive(first)
    assert made == ["d.example"]
    await asyncio.sleep(0.01)
    before = len(world.names.asked)
    world.ticks += 100
    await asyncio.sleep(0.02)
    assert len(world.names.asked) == before
    assert not [task for task in asyncio.all_tasks() if "coach" in task.get_name() and not task.done()]


@pytest.mark.usefixtures("quick")
async def test_few_watch_at_once() -> None:
    import contextlib

    world = World()
    watching = Watching(lambda _: world.coach())
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(EACH):
            stack.enter_context(watching.watching(1, "d.example"))
        with pytest.raises(Busy), watching.watching(1, "d.example"):
            pass
        for number in range(DOMAINS - 1):
            stack.enter_context(watching.watching(10 + number, f"d{number}.example"))
        with pytest.raises(Busy), watching.watching(99, "one-more.example"):
            pass
    with watching.watching(1, "d.example"):
        pass
    await asyncio.sleep(0.01)


async def test_where_the_store_is_gone_the_watching_ends() -> None:
    async def gone() -> Any:
        raise StoreGone("the database is gone")

    world = World()
    watching = Watching(
        lambda _: Coach(
            gone, Asker(world.names, world.usual, {}, lambda: 0.0), world.net, lambda: 0.0, lambda: 0.0
        )
    )
    with watching.watching(1, "d.example") as watcher:
        await asyncio.sleep(0.02)
        assert not watching.alive(watcher)


async def test_a_look_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hawknest.post.coach.engine.PATIENCE", 0.02)
    world = World()

    async def forever(_: str) -> float:
        await asyncio.sleep(60)
        return 0.0

    monkeypatch.setattr(world.net, "date", forever)
    standing = await world.coach().once()
    found = standing.of("clock").outcome
    assert found is not None
    assert (str(found.state), found.key) == ("unknown", "too-slow")


async def test_a_situation_that_changes_is_seen() -> None:
    world = World()
    coach = world.coach()
    await coach.once()
    world.ticks += 10
    world.situation = World(host="mail2.d.example").situation
    assert (await coach.once()).of("host").state == "red"
