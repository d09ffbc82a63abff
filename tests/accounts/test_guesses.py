"""One count of failed guesses for all workers: read with the look-up, written on failures alone."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from people import town

from hawknest.accounts import guesses, users
from hawknest.accounts.limiter import BLOCK, FREE, HALF_LIFE, Limiter, keys
from hawknest.accounts.locks import Verifier
from hawknest.accounts.login import BLOCKED, WRONG, Attempt, Client, Failure, Keys, Login
from hawknest.accounts.passwords import secrets_of
from hawknest.accounts.settings import Policies
from hawknest.store import Connection, Statement, Store, StoreFull
from hawknest.wire.sasl.scram import fresh_salt
from stores import Nest

LAN = Client("198.51.100.7", "imap", private=True)
FAR = Client("203.0.113.9", "smtp", private=True)
NOW = 1_800_000_000.0
PASSWORD = "bob has a password"
_ROWS = Statement("SELECT key, count FROM guess ORDER BY key")


def furnished(connection: Connection) -> None:
    town(connection)
    users.set_password(connection, "bob@example.com", secrets_of(PASSWORD, fresh_salt()))


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@contextlib.asynccontextmanager
async def workers(nest: Nest, count: int = 2) -> AsyncGenerator[tuple[Store, list[Keys], Clock]]:
    """Several workers with a store each, over one database."""
    nest.do(furnished)
    clock = Clock(NOW)
    async with contextlib.AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(nest.open()) for _ in range(count)]
        verifier = Verifier()
        stack.callback(verifier.close)
        found = [Keys(store, verifier, Limiter(clock), Policies, b"key", clock=clock) for store in stores]
        yield stores[0], found, clock


async def rows(store: Store) -> list[Any]:
    return list(await store.read(lambda c: c.all(_ROWS)))


async def fail(store: Store, client: Client, name: str, times: int, one: Keys) -> None:
    """Let guesses have been counted, without waiting for them."""
    add = tuple(one._shared(client.peer, name))
    for _ in range(times):
        await store.write(lambda c: guesses.add(c, add, NOW))


async def test_what_fails_at_one_worker_counts_at_the_other(nest: Nest) -> None:
    async with workers(nest) as (_, (one, other), _clock):
        for worker in (one, other, one, other):
            assert await worker.password(LAN, "bob", "wrong") == WRONG
        for worker in (one, other):
            await worker._find(LAN, "bob")
            assert worker._limiter.look(LAN.peer, "bob").pause > 0  # as after FREE failures at one
            assert worker._limiter.look(LAN.peer, "other").pause > 0  # the network
            assert worker._limiter.look(FAR.peer, "other").pause == 0
        assert FREE == 4


async def test_many_block_at_every_worker(nest: Nest) -> None:
    async with workers(nest) as (store, (one, other), clock):
        await fail(store, LAN, "bob", BLOCK, one)
        for worker in (one, other):
            assert await worker.password(LAN, "ann@example.com", "x") == BLOCKED  # the network
            assert await worker.password(FAR, "BOB", PASSWORD) == BLOCKED  # the name
            assert await worker.exchange(FAR, "PLAIN", f"\0bob\0{PASSWORD}".encode()).step() == BLOCKED
        clock.now += 5 * HALF_LIFE
        assert isinstance(await other.password(LAN, "bob", PASSWORD), Login)


async def test_a_success_at_one_clears_the_name_everywhere_and_not_the_network(nest: Nest) -> None:
    async with workers(nest) as (store, (one, other), clock):
        await fail(store, FAR, "bob", FREE - 1, one)
        assert await other.password(FAR, "bob", "wrong") == WRONG
        clock.now += HALF_LIFE  # so that nobody has to wait
        assert isinstance(await one.password(LAN, "bob", PASSWORD), Login)
        assert [key for key, _ in await rows(store)] == ["peer:203.0.113.0/24"]
        await other._find(LAN, "bob")
        assert not any(key.startswith("name:") for key in other._limiter._counts)


async def test_a_good_login_writes_nothing(sqlite_nest: Nest) -> None:
    async with workers(sqlite_nest, 1) as (store, (one,), _clock):
        store.write = None  # type: ignore[method-assign,assignment]
        for _ in range(3):
            assert isinstance(await one.password(LAN, "bob", PASSWORD), Login)


async def test_counted_at_once_none_is_lost(nest: Nest) -> None:
    async with workers(nest) as (store, found, _clock):
        add = [tuple(one._shared(LAN.peer, "bob")) for one in found]
        stores = [one._store for one in found]
        await asyncio.gather(
            *(
                s.write(lambda c, k=k: guesses.add(c, k, NOW))
                for s, k in zip(stores, add, strict=True)
                for _ in range(15)
            )
        )
        assert [count for _, count in await rows(store)] == [30.0, 30.0]


async def test_names_are_not_written_down_as_they_were_typed(sqlite_nest: Nest) -> None:
    async with workers(sqlite_nest, 1) as (store, (one,), _clock):
        assert await one.password(LAN, "my secret, in the wrong field", "x") == WRONG
        kept = [key for key, _ in await rows(store)]
        assert len(kept) == 2
        assert not any("secret" in key for key in kept)


async def test_where_nothing_can_be_written_each_worker_counts_alone(sqlite_nest: Nest) -> None:
    async with workers(sqlite_nest, 1) as (store, (one,), clock):

        async def full(_job: object) -> object:
            raise StoreFull("no room")

        store.write = full  # type: ignore[method-assign,assignment]
        for _ in range(FREE):
            assert await one.password(LAN, "bob", "wrong") == WRONG
        clock.now += 60  # long enough for the database to have it, if it could
        await one._find(LAN, "bob")
        assert one._limiter.look(LAN.peer, "bob").pause > 0 or one._limiter._count("name:bob") > FREE - 0.5


async def test_what_has_faded_is_forgotten(nest: Nest) -> None:
    async with workers(nest, 1) as (store, (one,), _clock):
        await fail(store, LAN, "bob", 3, one)
        await store.write(lambda c: guesses.forget(c, NOW + guesses.FADED - 1))
        assert len(await rows(store)) == 2
        await store.write(lambda c: guesses.forget(c, NOW + guesses.FADED + 1))
        assert await rows(store) == []


@pytest.mark.parametrize("passed", [0.0, HALF_LIFE, -HALF_LIFE, 1e9])
def test_counts_fade_and_clocks_may_differ(nest: Nest, passed: float) -> None:
    def job(connection: Connection) -> float:
        key = keys(LAN.peer, "")
        for _ in range(4):
            guesses.add(connection, key, NOW)
        guesses.add(connection, key, NOW + passed)
        return guesses.read(connection, key, NOW + passed)[key[0]]

    expected = 1 + 4 * 0.5 ** (max(passed, 0) / HALF_LIFE)
    assert nest.do(job) == pytest.approx(expected, abs=0.01)


async def test_who_tried_is_told(sqlite_nest: Nest) -> None:
    sqlite_nest.do(furnished)
    seen: list[Attempt] = []
    async with sqlite_nest.open() as store:
        verifier = Verifier()
        doors = Keys(
            store, verifier, Limiter(lambda: 0.0), Policies, b"key", clock=lambda: NOW, seen=seen.append
        )
        await doors.password(LAN, "bob", PASSWORD)
        await doors.password(LAN, "bob", "wrong")
        await doors.password(LAN, "nobody", "wrong")
        await store.write(lambda c: users.change(c, "bob@example.com", active=False))
        assert await doors.password(LAN, "bob", PASSWORD) == WRONG
        verifier.close()
    told = [(a.service, a.peer, a.credential, a.failure) for a in seen]
    assert told == [
        ("imap", LAN.peer, "password", None),
        ("imap", LAN.peer, "", Failure.WRONG),
        ("imap", LAN.peer, "", Failure.INACTIVE),
    ]
