"""Rings that cross processes: by datagrams on one machine, by PostgreSQL between several."""

import asyncio
from pathlib import Path

from hawknest.app import relay
from hawknest.store.bell import SOME, Bell
from stores import Nest


class Ear:
    """Somebody who watches."""

    def __init__(self, bell: Bell, *numbers: int) -> None:
        self.heard: list[tuple[int, int]] = []
        self.event = asyncio.Event()
        for number in numbers:
            bell.watch(number, self)

    def __call__(self, number: int, modseq: int) -> None:
        self.heard.append((number, modseq))
        self.event.set()

    async def wait(self) -> list[tuple[int, int]]:
        async with asyncio.timeout(20):
            await self.event.wait()
        self.event.clear()
        return self.heard


def test_a_ring_reaches_the_other_workers(tmp_path: Path) -> None:
    async def play() -> None:
        bells = [Bell() for _ in range(3)]
        paths = [tmp_path / f"bell-{number}.sock" for number in range(3)]

        def join(number: int):
            others = [path for path in paths if path != paths[number]]
            return relay.joined(bells[number], paths[number], others)

        ears = [Ear(bell, 7, -4) for bell in bells]
        with join(0), join(1):
            bells[0].ring({7: 12, -4: SOME, 9: 1})  # the third is not there yet
            assert set(await ears[1].wait()) == {(7, 12), (-4, SOME)}
            assert set(ears[0].heard) == {(7, 12), (-4, SOME)}
            assert ears[2].heard == []
            with join(2):
                bells[1].ring(dict.fromkeys(range(1000), 5))
                assert (7, 5) in await ears[2].wait()
            bells[1].ring({7: 13})  # and is gone again
        bells[0].ring({7: 14})

    asyncio.run(play())
    assert not list(tmp_path.iterdir())


def test_what_is_no_ring_is_passed_over(tmp_path: Path) -> None:
    async def play() -> None:
        bell = Bell()
        ear = Ear(bell, 7)
        own = tmp_path / "bell-0.sock"
        with relay.joined(bell, own, []):
            import socket

            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.sendto(b"nonsense", str(own))
                sock.sendto(b"", str(own))
            other = Bell()
            with relay.joined(other, tmp_path / "bell-1.sock", [own]):
                other.ring({7: 1})
                assert await ear.wait() == [(7, 1)]

    asyncio.run(play())


def test_a_ring_reaches_other_machines(postgres_nest: Nest) -> None:
    async def play() -> None:
        async with postgres_nest.open() as one, postgres_nest.open() as other:
            assert one.share()
            assert other.share()
            for store in (one, other):
                await asyncio.to_thread(store._relay.listening.wait, 20)
            mine, theirs = Ear(one.bell, 7), Ear(other.bell, 7, -4)
            one.bell.ring({7: 3, -4: SOME} | dict.fromkeys(range(100, 500), 2))
            assert set(await theirs.wait()) == {(7, 3), (-4, SOME)}
            assert mine.heard == [(7, 3)]  # not twice
            other.bell.everything()
            assert (7, SOME) in theirs.heard

    asyncio.run(play())


def test_one_machine_needs_nobody(sqlite_nest: Nest) -> None:
    async def play() -> None:
        async with sqlite_nest.open() as store:
            assert not store.share()

    asyncio.run(play())
