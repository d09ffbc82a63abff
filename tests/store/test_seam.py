"""The seam: the same statements on both engines, in the store's words."""

from hawknest.store import Connection, Statement

ADD = Statement("INSERT INTO counter (name, value) VALUES (:name, :value)")
COUNT = Statement("UPDATE counter SET value = value + 1 WHERE name LIKE :pattern")
LIST = Statement("SELECT name, value FROM counter ORDER BY name")
ONE = Statement("SELECT value FROM counter WHERE name = :name")


def test_a_statement_is_written_once() -> None:
    statement = Statement("SELECT a::text, '50%' FROM t\n  WHERE b = :b_c {skip_locked}")
    assert statement.sqlite == "SELECT a::text, '50%' FROM t WHERE b = :b_c "
    assert statement.postgres == "SELECT a::text, '50%%' FROM t WHERE b = %(b_c)s FOR UPDATE SKIP LOCKED"


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
    keep = Statement(
        "INSERT INTO blob (sha256, size, uses, data) VALUES (:sha, :size, 1, :data) RETURNING sha256, size, data"
    )
    assert connection.one(keep, sha=every, size=2**62, data=every) == (every, 2**62, every)
    real = Statement(
        "INSERT INTO lease (name, owner, until) VALUES ('x', :owner, :until) RETURNING owner, until"
    )
    assert connection.one(real, owner="ユーザ'\"%", until=1.5e9 + 0.25) == ("ユーザ'\"%", 1.5e9 + 0.25)
