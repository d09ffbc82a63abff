"""Migrations: in order, each whole or not at all, after a snapshot; data of a newer program is left alone."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from hawknest.store import SchemaTooNew, Statement, StoreError, mailboxes, prepare
from hawknest.store.sqlite import SqliteDatabase
from stores import Nest

migrate = import_module("hawknest.store.migrate")  # the package has a function of that name

NOW_AT = len(migrate.migrations())
VERSION_ROWS = [(version + 1,) for version in range(NOW_AT)]
LETTERS = Statement("SELECT count(*) FROM blob")
FUTURE = Statement("INSERT INTO schema_version (version, name, at) VALUES (9999, 'the future', 0)")
VERSIONS = Statement("SELECT version FROM schema_version WHERE version > 0 ORDER BY version")
STAMP = Statement("SELECT stamp FROM added")


def extra(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    steps = [*migrate.migrations(), migrate.Migration(NOW_AT + 1, "stamps", text)]
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
        assert connection.all(VERSIONS) == VERSION_ROWS
        assert connection.one(LETTERS) == (0,)


def test_data_is_migrated_after_a_snapshot(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    extra(monkeypatch, "CREATE TABLE added (stamp REAL NOT NULL) STRICT; INSERT INTO added VALUES (0.5);")
    lines = told(nest)
    assert lines[-1] == f"migrated the data to schema {NOW_AT + 1} (stamps)"
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
        assert connection.all(VERSIONS) == VERSION_ROWS


def test_a_nest_of_before_imap_keeps_its_mailboxes(empty_nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = migrate.migrations()
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "migrations", lambda: steps[:1])
        told(empty_nest)
    empty_nest.do(lambda connection: connection.script(OLD))
    told(empty_nest)
    with empty_nest.connection() as connection:
        boxes = {box.name: box.uidvalidity for box in mailboxes.listing(connection, 7)}
        assert boxes["INBOX"] == 1000  # POP3's clients know letters by it
        assert len(set(boxes.values())) == 3
        assert mailboxes.subscribed(connection, 7) == ["Drafts", "INBOX", "Sent"]
        assert mailboxes.ensure(connection, 7, "new", 0.0).uidvalidity > max(boxes.values())


OLD = """
    INSERT INTO domain (id, name, created_at) VALUES (1, 'example.org', 0);
    INSERT INTO account (id, domain_id, local, real_name, salt, active, admin, quota, message_limit, forward, keep_copy,
        responder_on, responder_subject, responder_text, finger_text, created_at)
        VALUES (7, 1, 'ann', '', '', 1, 0, 0, 0, '', 0, 0, '', '', '', 0);
    INSERT INTO mailbox (id, account_id, name, role, uidvalidity, uidnext, modseq)
        VALUES (11, 7, 'INBOX', 'inbox', 1000, 5, 9), (12, 7, 'Sent', 'sent', 1000, 1, 1), (13, 7, 'Drafts', NULL, 1000, 1, 1);
    INSERT INTO account_mail (account_id, inbox_id, modseq, octets) VALUES (7, 11, 9, 0);
"""


def test_a_migration_that_fails_changes_nothing(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    extra(monkeypatch, "CREATE TABLE added (stamp REAL NOT NULL) STRICT; INSERT INTO nowhere VALUES (1);")
    with pytest.raises(StoreError):
        told(nest)
    with nest.connection() as connection:
        assert connection.all(VERSIONS) == VERSION_ROWS
        with pytest.raises(StoreError):
            connection.all(STAMP)


def test_data_of_a_newer_program_is_left_alone(nest: Nest) -> None:
    nest.do(lambda connection: connection.run(FUTURE))
    with pytest.raises(SchemaTooNew, match=rf"schema 9999 .* newer Hawknest.* up to {NOW_AT}"):
        told(nest)
    assert not (nest.directory / "snapshots").exists()


def test_several_begin_at_once(empty_nest: Nest) -> None:
    with ThreadPoolExecutor(6) as threads:
        assert [*threads.map(lambda _: told(empty_nest), range(6))].count([]) >= 1
    with empty_nest.connection() as connection:
        assert connection.all(VERSIONS) == VERSION_ROWS


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
