"""Keys are made, found in the DNS, followed by others and retired by themselves; a process that is killed on the way leaves nothing half done."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hawknest.accounts import dkim_keys, domains
from hawknest.accounts.settings import Policies
from hawknest.log import Log
from hawknest.post import keysmith
from hawknest.post.keysmith import Keysmith
from hawknest.store import leases
from signed import VAULT, Zone, pair
from stores import Nest

NOW = 1_795_000_000.0
DAY = 86400.0
ROOT = Path(__file__).parents[2]


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Case:
    """A keysmith with a clock and a DNS of our own."""

    def __init__(self, smith: Keysmith, clock: Clock, zone: Zone) -> None:
        self.smith, self.clock, self.zone = smith, clock, zone

    async def passes(self, seconds: float) -> None:
        self.clock.now += seconds
        await self.smith.round()

    async def states(self, domain: str = "example.org") -> str:
        found = await self.smith.store.read(lambda c: dkim_keys.listing(c, domain))
        return " ".join(f"{key.selector}:{key.state}" for key in found)

    async def enter(self, domain: str = "example.org") -> None:
        """The owner enters all records that are shown."""
        for key in await self.smith.store.read(lambda c: dkim_keys.published(c, domain)):
            self.zone.enter(f"{key.selector}._domainkey.{domain}", key.record)


@asynccontextmanager
async def smithy(nest: Nest, **changes: Any) -> AsyncIterator[Case]:
    nest.do(lambda c: domains.add(c, "example.org", NOW))
    clock, zone = Clock(), Zone()
    async with nest.open() as store:
        smith = Keysmith(
            store=store,
            vault=VAULT,
            resolver=zone,
            log=Log(),
            owner=changes.pop("owner", "test"),
            clock=clock,
            policies=lambda: Policies(**changes),
        )
        yield Case(smith, clock, zone)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pairs in turn instead of new ones each time."""
    count = iter(range(1000))
    monkeypatch.setattr(keysmith.dkim_keys, "make", lambda: pair(next(count) % 2))


async def test_from_the_first_keys_to_the_next(nest: Nest) -> None:
    async with smithy(nest) as case:
        await case.passes(0)
        assert await case.states() == "hn2611r:new hn2611e:new"
        await case.passes(3600)
        assert await case.states() == "hn2611r:new hn2611e:new"
        await case.enter()
        del case.zone.texts["hn2611e._domainkey.example.org"]  # the owner took only one to the DNS
        await case.passes(60)
        assert await case.states() == "hn2611r:active hn2611e:new"
        await case.enter()
        await case.passes(60)
        assert await case.states() == "hn2611r:active hn2611e:active"

        await case.passes(179 * DAY)
        assert await case.states() == "hn2611r:active hn2611e:active"
        await case.passes(1 * DAY + 60)
        assert await case.states() == "hn2611r:active hn2611e:active hn2705r:new hn2705e:new"
        await case.passes(300 * DAY)  # nobody enters them: nothing is lost
        assert await case.states() == "hn2611r:active hn2611e:active hn2705r:new hn2705e:new"
        await case.enter()
        await case.passes(3600)
        assert await case.states() == "hn2611r:retiring hn2611e:retiring hn2705r:active hn2705e:active"
        shown = await case.smith.store.read(lambda c: dkim_keys.published(c, "example.org"))
        assert len(shown) == 4
        await case.passes(7 * DAY - 60)
        assert "hn2611r:retiring" in await case.states()
        await case.passes(60)
        assert await case.states() == "hn2611r:retired hn2611e:retired hn2705r:active hn2705e:active"
        await case.passes(170 * DAY)
        assert len((await case.states()).split()) == 4


async def test_never_where_that_is_off(sqlite_nest: Nest) -> None:
    async with smithy(sqlite_nest, dkim_rotation_days=0.0) as case:
        await case.passes(0)
        await case.enter()
        await case.passes(60)
        await case.passes(3000 * DAY)
        assert await case.states() == "hn2611r:active hn2611e:active"
        assert len(await case.smith.rotate("example.org")) == 2
        assert await case.smith.rotate("example.org") == []
        assert await case.smith.rotate("nowhere.example") == []


@pytest.mark.parametrize(
    "texts",
    [
        ("v=DKIM1; k=rsa; p=",),
        ("v=DKIM1; k=rsa; p=AAAA",),
        ("nonsense",),
        ("v=spf1 -all",),
        ("",),
        ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",),
    ],
)
async def test_what_was_entered_wrongly_is_not_there(sqlite_nest: Nest, texts: tuple[str, ...]) -> None:
    async with smithy(sqlite_nest) as case:
        await case.passes(0)
        for name in ("hn2611r", "hn2611e"):
            case.zone.enter(f"{name}._domainkey.example.org", *texts)
        await case.passes(60)
        assert await case.states() == "hn2611r:new hn2611e:new"
        found = await case.smith.store.read(lambda c: dkim_keys.listing(c, "example.org"))
        assert all(key.missing for key in found)


@pytest.mark.parametrize(
    "written",
    [
        lambda record: (record.replace("; ", ";"),),
        lambda record: (record.replace("v=DKIM1; ", ""),),
        lambda record: (record + "; t=y", "another text"),
        lambda record: ("another text", record[:100] + " " + record[100:]),
    ],
)
async def test_other_spellings_of_a_record_are_it(
    sqlite_nest: Nest, written: Callable[[str], tuple[str, ...]]
) -> None:
    async with smithy(sqlite_nest) as case:
        await case.passes(0)
        (key, _) = await case.smith.store.read(lambda c: dkim_keys.published(c, "example.org"))
        case.zone.enter("hn2611r._domainkey.example.org", *written(key.record))
        await case.passes(60)
        assert await case.states() == "hn2611r:active hn2611e:new"


async def test_a_silent_dns_says_nothing(nest: Nest) -> None:
    async with smithy(nest) as case:
        await case.passes(0)
        await case.enter()
        await case.passes(60)
        case.zone.silent = True
        await case.passes(7 * 3600)
        found = await case.smith.store.read(lambda c: dkim_keys.listing(c, "example.org"))
        assert [key.missing for key in found] == [False, False]
        case.zone.silent = False
        case.zone.texts.clear()
        await case.passes(7 * 3600)
        found = await case.smith.store.read(lambda c: dkim_keys.listing(c, "example.org"))
        assert [(key.missing, key.state.value) for key in found] == [(True, "active"), (True, "active")]
        await case.enter()
        await case.passes(7 * 3600)
        found = await case.smith.store.read(lambda c: dkim_keys.listing(c, "example.org"))
        assert [key.missing for key in found] == [False, False]


async def test_how_often_is_asked(sqlite_nest: Nest) -> None:
    async with smithy(sqlite_nest) as case:
        await case.passes(0)
        for _ in range(10):
            await case.passes(60)
        assert len(case.zone.asked) == 2 * 11  # every minute in the first day
        await case.passes(DAY)
        case.zone.asked.clear()
        for _ in range(60):
            await case.passes(60)
        assert len(case.zone.asked) == 2 * 2
        await case.enter()
        await case.passes(1800)
        case.zone.asked.clear()
        for _ in range(12):
            await case.passes(3600)
        assert len(case.zone.asked) == 2 * 2


async def test_one_worker_does_it(sqlite_nest: Nest) -> None:
    async with smithy(sqlite_nest) as case:
        assert await case.smith._mine()
        case.smith.owner = "another"
        assert not await case.smith._mine()
        await case.smith.store.write(lambda c: leases.give_back_all(c, "test"))
        assert await case.smith._mine()


async def test_a_nest_without_dns_only_makes_keys(sqlite_nest: Nest) -> None:
    async with smithy(sqlite_nest) as case:
        case.smith.asks = False
        await case.passes(0)
        assert await case.states() == "hn2611r:new hn2611e:new"
        assert case.zone.asked == []


LIFE = """
import sys, time
sys.path.insert(0, "tests")
from pathlib import Path
from hawknest.accounts import dkim_keys
from hawknest.store import Settings, database
from signed import VAULT, pair
connection = database(Settings(), Path(sys.argv[1])).connect()
now = float(sys.argv[2])
def write(job):
    connection.begin(); job(connection); connection.commit()
write(lambda c: dkim_keys.complete(c, VAULT, "example.org", pair(), now))
print("ready", flush=True)
while True:
    now += 8 * 86400
    write(lambda c: dkim_keys.succeed(c, VAULT, "example.org", pair(), now))
    for key in dkim_keys.living(connection):
        if key.state == "new":
            write(lambda c: dkim_keys.found(c, key.id, now))
    write(lambda c: dkim_keys.retire(c, now))
"""


def test_kills(sqlite_nest: Nest) -> None:
    """Whenever it dies, each algorithm has at most one key that signs, and every secret that is still needed can be opened."""
    sqlite_nest.do(lambda c: domains.add(c, "example.org", NOW))
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
    for turn in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", LIFE, str(sqlite_nest.directory), str(NOW + turn * 1e9)],
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(random.uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with sqlite_nest.connection() as connection:
            keys = dkim_keys.listing(connection, "example.org")
            active = [key.algorithm for key in keys if key.state.value == "active"]
            assert len(active) == len(set(active))
            assert {key.algorithm for key in keys if key.state.value in {"active", "new"}} == {
                *pair_algorithms()
            }
            for key in keys:
                sealed = dkim_keys.secret(connection, key.id)
                assert bool(sealed) == (key.state.value != "retired")
                if sealed:
                    opened = dkim_keys.opened(VAULT, dkim_keys.Sealed(key.domain, key.selector, sealed))
                    assert opened.record == key.record


def pair_algorithms() -> list[Any]:
    return [dkim_keys.algorithm_of(key) for key in pair().keys]
