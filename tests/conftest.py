"""What all tests share: coroutine tests run in a loop of their own; stores on both engines."""

import asyncio
import inspect
import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from hawknest.store import Connection, Settings
from lab.laboratory import Lab, laboratory
from stores import ENGINES, Cluster, Nest, migrated_postgres, migrated_sqlite

#: The suite draws the same examples every time, so that a change is judged by what it changes; `./dev explore` draws new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("new", settings.get_profile("default"))
settings.load_profile("new" if os.environ.get("HAWKNEST_EXPLORE") else "same")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def test_…` with asyncio.run."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in names}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


@pytest.fixture(scope="session")
def cluster() -> Generator[Cluster]:
    """Give a running PostgreSQL; skips where there is none."""
    try:
        found = Cluster()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="session")
def lab() -> Generator[Lab]:
    """Give a world of names on loopback, DNSSEC and all; skips where its programs are missing. See lab/laboratory.py."""
    with laboratory() as found:
        yield found


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a migrated database file to copy."""
    return migrated_sqlite(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres_template(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the name of a migrated database to copy."""
    return migrated_postgres(cluster, tmp_path_factory.mktemp("template"))


@pytest.fixture(params=ENGINES)
def nest(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Nest]:
    """Give a fresh, migrated store on each engine; see stores.py."""
    yield from _nest(request, tmp_path, request.param, empty=False)


@pytest.fixture(params=ENGINES)
def empty_nest(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Nest]:
    """Give a database on each engine in which there is nothing yet."""
    yield from _nest(request, tmp_path, request.param, empty=True)


@pytest.fixture
def sqlite_nest(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Nest]:
    """Give a fresh, migrated store on SQLite alone, for what no engine changes."""
    yield from _nest(request, tmp_path, "sqlite", empty=False)


@pytest.fixture
def postgres_nest(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Nest]:
    """Give a fresh, migrated store on PostgreSQL alone."""
    yield from _nest(request, tmp_path, "postgres", empty=False)


@pytest.fixture(scope="session", params=ENGINES)
def undone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Connection]:
    """Give a connection whose tests undo what they did."""
    for nest in _nest(request, tmp_path_factory.mktemp("undone"), request.param, empty=False):
        with nest.connection() as found:
            yield found


@pytest.fixture
def connection(undone: Connection) -> Generator[Connection]:
    """Give a connection inside a transaction, which is undone at the end, on each engine."""
    undone.begin()
    yield undone
    undone.rollback()


def _nest(request: pytest.FixtureRequest, tmp_path: Path, engine: str, *, empty: bool) -> Generator[Nest]:
    directory = tmp_path / "nest"
    directory.mkdir(mode=0o700)
    if engine == "sqlite":
        if not empty:
            shutil.copy(request.getfixturevalue("sqlite_template"), directory / "hawknest.sqlite")
        nest = Nest(directory, Settings())
        yield nest
        nest.close()
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = cluster.create("template0" if empty else request.getfixturevalue("postgres_template"))
    nest = Nest(directory, Settings(database=cluster.url(name)))
    try:
        yield nest
    finally:
        nest.close()
        cluster.drop(name)
