"""Migrations: in order, each whole or not at all, after a snapshot; data of a newer program is left alone."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from hawknest.store import SchemaTooNew, Statement, StoreError, prepare
from hawknest.store.sqlite import SqliteDatabase
from stores import Nest

migrate = import_module("hawknest.store.migrate")  # the package has a function of that name

LETTERS = Statement("SELECT count(*) FROM blob")
FUTURE = Statement("INSERT INTO schema_version (version, name, at) VALUES (9999, 'the future', 0)")
VERSIONS = Statement("SELECT version FROM schema_version WHERE version > 0 ORDER BY version")
STAMP = Statement("SELECT stamp FROM added")


def extra(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    steps = [*migrate.migrations(), migrate.Migration(2, "stamps", text)]
    monkeypatch.setattr(migrate, "migrations", lambda: steps)


def told(nest: Nest) -> list[str]:
    lines: list[str] = []
    prepare(nest.settings, nest.directory, lines.append)
    return lines


def test_a_new_nest_needs_no_snapshot_and_no_words(empty_nest: Nest) -> None:
    assert told(empty_nest) == []
    assert told(empty_nest) == []
    assert not (empty_nest.directory / "snapshots").exists()
    with empty_nest.connection() as connection:
        assert connection.all(VERSIONS) == [(1,)]
        assert connection.one(LETTERS) == (0,)


def test_data_is_migrated_after_a_snapshot(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    extra(monkeypatch, "CREATE TABLE added (stamp REAL NOT NULL) STRICT; INSERT INTO added VALUES (0.5);")
    lines = told(nest)
    assert lines[-1] == "migrated the data to schema 2 (stamps)"
    with nest.connection() as connection:
        assert connection.all(STAMP) == [(0.5,)]
    if nest.settings.database and not shutil.which("pg_dump"):
        assert "no snapshot" in lines[0]
        return
    (snapshot,) = (nest.directory / "snapshots").iterdir()
    assert str(snapshot) in lines[0]
    assert snapshot.stat().st_size > 1000
    assert snapshot.parent.stat().st_mode & 0o077 == 0
    assert told(nest) == []


def test_a_snapshot_is_the_data_of_before(sqlite_nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite_nest.connection() as connection:
        connection.script("INSERT INTO counter (name, value) VALUES ('mine', 7)")
        extra(monkeypatch, "UPDATE counter SET value = 0;")  # while somebody else has it open
        told(sqlite_nest)
    (snapshot,) = (sqlite_nest.directory / "snapshots").iterdir()
    restored = sqlite_nest.directory / "hawknest.sqlite"
    for file in sqlite_nest.directory.glob("hawknest.sqlite*"):
        file.unlink()
    shutil.copy(snapshot, restored)
    with sqlite_nest.connection() as connection:
        assert connection.one(Statement("SELECT value FROM counter WHERE name = 'mine'")) == (7,)
        assert connection.all(VERSIONS) == [(1,)]


def test_a_migration_that_fails_changes_nothing(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    extra(monkeypatch, "CREATE TABLE added (stamp REAL NOT NULL) STRICT; INSERT INTO nowhere VALUES (1);")
    with pytest.raises(StoreError):
        told(nest)
    with nest.connection() as connection:
        assert connection.all(VERSIONS) == [(1,)]
        with pytest.raises(StoreError):
            connection.all(STAMP)


def test_data_of_a_newer_program_is_left_alone(nest: Nest) -> None:
    nest.do(lambda connection: connection.run(FUTURE))
    with pytest.raises(SchemaTooNew, match=r"schema 9999 .* newer Hawknest.* up to 1"):
        told(nest)
    assert not (nest.directory / "snapshots").exists()


def test_several_begin_at_once(empty_nest: Nest) -> None:
    with ThreadPoolExecutor(6) as threads:
        assert [*threads.map(lambda _: told(empty_nest), range(6))].count([]) >= 1
    with empty_nest.connection() as connection:
        assert connection.all(VERSIONS) == [(1,)]


def test_a_new_database_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for turn in range(25):
            database = SqliteDatabase(tmp_path / f"{turn}.sqlite")
            opened = [threads.submit(database.connect, readonly=number % 2 == 1) for number in range(8)]
            for connection in opened:
                connection.result().close()


def test_the_numbers_of_the_migrations_have_no_gap() -> None:
    steps = migrate.migrations()
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
    assert all(step.name and step.text for step in steps)


def test_nothing_is_written_outside_the_data_directory(empty_nest: Nest, tmp_path: Path) -> None:
    told(empty_nest)
    assert [path.name for path in tmp_path.iterdir()] == [empty_nest.directory.name]
