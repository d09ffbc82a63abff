"""The seam: the same statements on both engines, in the store's words."""

import contextlib
from pathlib import Path

import apsw
import pytest
from psycopg import errors

from hawknest.store import (
    Conflict,
    Connection,
    Duplicate,
    Statement,
    StoreError,
    StoreFull,
    StoreGone,
    postgres,
    sqlite,
)
from hawknest.store.engine import ROWS, Many
from hawknest.store.postgres import PostgresDatabase
from hawknest.store.sqlite import SqliteDatabase
from stores import Nest

ADD = Statement("INSERT INTO counter (name, value) VALUES (:name, :value)")
COUNT = Statement("UPDATE counter SET value = value + 1 WHERE name LIKE :pattern")
LIST = Statement("SELECT name, value FROM counter ORDER BY name")
ONE = Statement("SELECT value FROM counter WHERE name = :name")


ADD_MANY = Many("INSERT INTO counter (name, value) VALUES {rows} RETURNING name, value", 2)
GROW_MANY = Many(
    """UPDATE counter SET value = value + v.column2 FROM (VALUES {rows}) AS v WHERE name = v.column1
       RETURNING name, value""",
    2,
)


def test_a_statement_is_written_once() -> None:
    statement = Statement("SELECT a::text, '50%' FROM t\n  WHERE b = :b_c2 {skip_locked}")
    assert statement.sqlite == "SELECT a::text, '50%' FROM t WHERE b = :b_c2 "
    assert statement.postgres == "SELECT a::text, '50%%' FROM t WHERE b = %(b_c2)s FOR UPDATE SKIP LOCKED"


def test_rows_and_counts(connection: Connection) -> None:
    connection.run(ADD, name="a", value=1)
    connection.run(ADD, name="b", value=2)
    assert connection.all(LIST) == [("a", 1), ("b", 2), ("directory", 1)]
    assert connection.one(ONE, name="b") == (2,)
    assert connection.one(ONE, name="c") is None
    assert connection.run(COUNT, pattern="_") == 2
    assert connection.run(COUNT, pattern="none") == 0


def test_large_numbers_octets_and_reals_come_back_as_they_were(connection: Connection) -> None:
    every = bytes(range(256))
    keep = Statement("INSERT INTO blob (size, uses, data) VALUES (:size, 1, :data) RETURNING size, data")
    assert connection.one(keep, size=2**62, data=every) == (2**62, every)
    real = Statement(
        "INSERT INTO lease (name, owner, until) VALUES ('x', :owner, :until) RETURNING owner, until"
    )
    assert connection.one(real, owner="ユーザ'\"%", until=1.5e9 + 0.25) == ("ユーザ'\"%", 1.5e9 + 0.25)


@pytest.mark.parametrize("count", [0, 1, 2, ROWS, ROWS + 1, 3 * ROWS - 1])
def test_a_statement_over_many_rows(connection: Connection, count: int) -> None:
    rows = [(f"{number:03}", number) for number in range(count)]
    assert sorted(connection.many(ADD_MANY, rows)) == rows
    grown = connection.many(GROW_MANY, [(name, 1000 * value) for name, value in rows])
    assert sorted(grown) == [(name, 1001 * value) for name, value in rows]
    assert len(connection.all(LIST)) == count + 1


def test_a_rule_of_the_schema_broken_is_duplicate(connection: Connection) -> None:
    connection.run(ADD, name="a", value=1)
    with pytest.raises(Duplicate), connection.savepoint():
        connection.run(ADD, name="a", value=2)
    orphan = Statement("INSERT INTO alias (domain_id, local, builtin) VALUES (99, 'x', 0)")
    with pytest.raises(Duplicate), connection.savepoint():
        connection.run(orphan)
    assert connection.one(ONE, name="a") == (1,)


@pytest.mark.parametrize("text", ["SELECT nothing FROM nowhere", "SELEC 1"])
def test_a_broken_statement_is_its_own_fault(connection: Connection, text: str) -> None:
    with pytest.raises(StoreError) as caught, connection.savepoint():
        connection.all(Statement(text))
    assert type(caught.value) is StoreError  # not StoreGone: the connection is well
    assert connection.one(ONE, name="directory") == (1,)


def test_savepoints_nest_and_undo_alone(connection: Connection) -> None:
    with connection.savepoint():
        connection.run(ADD, name="outer", value=1)
        with contextlib.suppress(KeyError), connection.savepoint():
            connection.run(ADD, name="inner", value=1)
            raise KeyError
        connection.run(ADD, name="after", value=1)
    assert [name for name, _ in connection.all(LIST)] == ["after", "directory", "outer"]


def test_readers_only_read(nest: Nest) -> None:
    with nest.connection(readonly=True) as reader:
        with pytest.raises(StoreError):
            reader.run(ADD, name="a", value=1)
        assert reader.one(ONE, name="directory") == (1,)


def test_readers_see_what_is_committed_and_nothing_else(nest: Nest) -> None:
    with nest.connection() as writer, nest.connection(readonly=True) as reader:
        writer.begin()
        writer.run(ADD, name="a", value=1)
        assert reader.one(ONE, name="a") is None
        writer.commit()
        assert reader.one(ONE, name="a") == (1,)


def test_a_database_out_of_reach_is_told_without_the_password(tmp_path: Path) -> None:
    away = PostgresDatabase("postgresql://hawknest:s3cret@127.0.0.1:1/nest?connect_timeout=2")
    with pytest.raises(StoreGone, match="cannot reach") as caught:
        away.connect()
    assert "s3cret" not in str(caught.value)
    with pytest.raises(StoreGone, match="cannot open"):
        SqliteDatabase(tmp_path / "not there" / "x.sqlite").connect()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (apsw.FullError("database or disk is full"), StoreFull),
        (apsw.IOError("disk I/O error"), StoreFull),
        (apsw.ConstraintError("UNIQUE"), Duplicate),
        (apsw.BusyError("database is locked"), Conflict),
        (apsw.LockedError("table is locked"), Conflict),
        (apsw.CorruptError("malformed"), StoreGone),
        (apsw.SQLError("no such table"), StoreError),
    ],
)
def test_words_for_sqlite(error: apsw.Error, words: type[StoreError]) -> None:
    assert type(sqlite.translate(error)) is words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.DiskFull("no space"), StoreFull),
        (errors.UniqueViolation("x"), Duplicate),
        (errors.ForeignKeyViolation("x"), Duplicate),
        (errors.SerializationFailure("x"), Conflict),
        (errors.DeadlockDetected("x"), Conflict),
        (errors.AdminShutdown("x"), StoreGone),
        (errors.UndefinedTable("x"), StoreError),
        (errors.NumericValueOutOfRange("x"), StoreError),
        (errors.ProgramLimitExceeded("index row size"), StoreError),
    ],
)
def test_words_for_postgres(error: errors.Error, words: type[StoreError]) -> None:
    assert type(postgres.translate(error)) is words
