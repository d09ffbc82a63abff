"""The writer: many jobs, one transaction; a failing job fails alone; what is told is durable."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from hawknest.store import Conflict, Connection, Database, Duplicate, Statement, Store, StoreFull, StoreGone
from hawknest.store.writer import BATCH, TRIES, Writer
from stores import Nest

ADD = Statement("INSERT INTO counter (name, value) VALUES (:name, :value)")
NAMES = Statement("SELECT name FROM counter WHERE name <> 'directory' ORDER BY name")
COUNT = Statement("SELECT count(*) FROM counter")


def adding(name: str) -> Callable[[Connection], int]:
    return lambda connection: connection.run(ADD, name=name, value=1)


def names(connection: Connection) -> list[str]:
    return [name for (name,) in connection.all(NAMES)]


class Counted:
    """A database whose connections count commits and can be told to fail."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.commits = 0
        self.connects = 0
        self.fail: list[BaseException] = []

    def connect(self, *, readonly: bool = False) -> Any:
        self.connects += 1
        connection: Any = self._database.connect(readonly=readonly)
        counted = self

        class Watched:
            def __getattr__(self, name: str) -> Any:
                return getattr(connection, name)

            def commit(self) -> None:
                if counted.fail:
                    raise counted.fail.pop(0)
                counted.commits += 1
                connection.commit()

        return Watched()

    def snapshot(self, directory: Any, name: str) -> None:
        raise AssertionError


def gate() -> tuple[threading.Event, Callable[[Connection], None]]:
    """A job that keeps the writer busy until the event is set, so that others gather behind it."""
    event = threading.Event()

    def wait(_connection: Connection) -> None:
        event.wait(10)

    return event, wait


async def test_what_waits_is_committed_together(nest: Nest) -> None:
    database = Counted(nest.database)
    writer = Writer(database, lambda _: None)
    opened, wait = gate()
    first = writer.write(wait)
    await asyncio.sleep(0.05)  # the writer has taken it
    jobs = [writer.write(adding(f"{n:03}")) for n in range(100)]
    opened.set()
    assert await asyncio.gather(*jobs) == [1] * 100
    await first
    assert database.commits == 2
    await writer.close()
    with nest.connection() as connection:
        assert connection.one(COUNT) == (101,)


async def test_a_batch_has_an_end(sqlite_nest: Nest) -> None:
    database = Counted(sqlite_nest.database)
    writer = Writer(database, lambda _: None)
    opened, wait = gate()
    first = writer.write(wait)
    await asyncio.sleep(0.05)
    jobs = [writer.write(adding(f"{n:04}")) for n in range(BATCH + 1)]
    opened.set()
    await asyncio.gather(first, *jobs)
    assert database.commits == 3
    await writer.close()


async def test_a_failing_job_fails_alone(nest: Nest) -> None:
    async with nest.open() as store:
        opened, wait = gate()

        def half(connection: Connection) -> None:
            connection.run(ADD, name="half", value=1)
            raise KeyError("in the middle")

        futures = [store.write(job) for job in (wait, adding("a"), half, adding("a"), adding("b"))]
        opened.set()
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert results[1] == results[4] == 1
        assert isinstance(results[2], KeyError)
        assert isinstance(results[3], Duplicate)
        assert await store.read(names) == ["a", "b"]


async def test_items_of_one_work_are_done_together_and_a_failing_one_fails_alone(nest: Nest) -> None:
    done: list[list[str]] = []

    def add_all(connection: Connection, items: list[str]) -> list[str]:
        done.append(items)
        for item in items:
            connection.run(ADD, name=item, value=1)
        return [item.upper() for item in items]

    async with nest.open() as store:
        opened, wait = gate()
        first = store.write(wait)
        await asyncio.sleep(0.05)
        futures = [store.batch(add_all, "a"), store.write(adding("b")), store.batch(add_all, "c")]
        opened.set()
        assert await asyncio.gather(*futures) == ["A", 1, "C"]
        await first
        assert done == [["a", "c"]]
        opened, wait = gate()
        first = store.write(wait)
        await asyncio.sleep(0.05)
        again = [store.batch(add_all, item) for item in ("d", "a", "e")]
        opened.set()
        results = await asyncio.gather(*again, return_exceptions=True)
        await first
        assert [results[0], results[2]] == ["D", "E"]
        assert isinstance(results[1], Duplicate)
        assert done[1:] == [["d", "a", "e"], ["d"], ["a"], ["e"]]
        assert await store.read(names) == ["a", "b", "c", "d", "e"]


async def test_a_broken_statement_fails_alone(nest: Nest) -> None:
    async with nest.open() as store:
        opened, wait = gate()
        broken = Statement("SELECT nothing FROM nowhere")
        futures = [store.write(job) for job in (wait, adding("a"), lambda c: c.run(broken), adding("b"))]
        opened.set()
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert [results[1], results[3]] == [1, 1]
        assert await store.read(names) == ["a", "b"]


async def test_text_that_no_engine_can_keep_fails_alone(nest: Nest) -> None:
    async with nest.open() as store:
        opened, wait = gate()
        futures = [store.write(job) for job in (wait, adding("lone \ud800"), adding("nul \0"), adding("b"))]
        opened.set()
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert isinstance(results[1], Exception)
        assert results[3] == 1
        assert "b" in await store.read(names)


async def test_a_commit_that_fails_fails_for_all_and_changes_nothing(nest: Nest) -> None:
    database = Counted(nest.database)
    writer = Writer(database, lambda _: None)
    database.fail.append(StoreFull("disk full"))
    opened, wait = gate()
    futures = [writer.write(job) for job in (wait, adding("a"), adding("b"))]
    opened.set()
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert all(isinstance(result, StoreFull) for result in results[1:])
    await writer.write(adding("c"))
    await writer.close()
    with nest.connection() as connection:
        assert "c" in names(connection)
        assert not {"a", "b"} <= set(names(connection)) or results[1] == 1


@pytest.mark.parametrize("surprise", [StoreGone("broken"), RuntimeError("a bug of the driver")])
async def test_a_broken_connection_is_made_anew(nest: Nest, surprise: Exception) -> None:
    database = Counted(nest.database)
    writer = Writer(database, lambda _: None)
    database.fail.append(surprise)
    with pytest.raises(StoreGone):
        await writer.write(adding("a"))
    assert await asyncio.wait_for(writer.write(adding("b")), 10) == 1
    assert database.connects == 2
    await writer.close()
    with nest.connection() as connection:
        assert names(connection) == ["b"]


async def test_a_conflict_is_tried_again_but_not_for_ever(nest: Nest) -> None:
    async with nest.open() as store:
        runs: list[int] = []

        def twice(connection: Connection) -> str:
            runs.append(1)
            connection.run(ADD, name="x", value=1)
            if len(runs) < 3:
                raise Conflict("somebody else was there")
            return "done"

        def never(_connection: Connection) -> None:
            runs.append(1)
            raise Conflict("always")

        assert await store.write(twice) == "done"
        assert await store.read(names) == ["x"]
        runs.clear()
        with pytest.raises(Conflict):
            await store.write(never)
        assert len(runs) == TRIES


async def test_closing_finishes_what_is_queued_and_refuses_the_rest(nest: Nest) -> None:
    async with nest.open() as store:
        futures = [store.write(adding(str(n))) for n in range(10)]
    assert all(future.done() for future in futures)
    with pytest.raises(StoreGone):
        await asyncio.wait_for(store.write(adding("late")), 5)
    with nest.connection() as connection:
        assert len(names(connection)) == 10


async def test_what_was_told_is_there_for_every_new_connection(nest: Nest) -> None:
    async with nest.open() as store:
        for n in range(5):
            await store.write(adding(str(n)))
            with nest.connection(readonly=True) as other:
                assert names(other)[-1] == str(n)


async def test_two_workers_write_side_by_side(nest: Nest) -> None:
    async with nest.open() as one, nest.open() as two:
        jobs = [store.write(adding(f"{i}-{n}")) for n in range(50) for i, store in enumerate((one, two))]
        await asyncio.gather(*jobs)
        assert len(await one.read(names)) == 100


async def test_a_reader_whose_connection_broke_gets_another(nest: Nest) -> None:
    store = Store(nest.database, nest.directory, nest.settings)

    def gone(_connection: Connection) -> None:
        raise StoreGone("the server went away")

    for _ in range(20):
        with pytest.raises(StoreGone):
            await store.read(gone)
    assert len(store._opened) <= nest.settings.readers
    assert await store.read(names) == []
    await store.close()
