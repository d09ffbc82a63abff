"""Numbered migrations, all that are missing in one transaction, after a snapshot; data of a newer program is refused politely."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from hawknest.store.engine import Connection, Database, Statement
from hawknest.store.errors import Duplicate, SchemaTooNew, StoreError

_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, name TEXT NOT NULL, at REAL NOT NULL) STRICT"
_VERSION: Final = Statement("SELECT coalesce(max(version), 0) FROM schema_version")
#: Version 0 is a row for all who come to migrate to line up at: the first holds it until its transaction ends.
_ZERO: Final = Statement(
    """INSERT INTO schema_version (version, name, at)
       SELECT 0, 'nothing', :at WHERE NOT EXISTS (SELECT 1 FROM schema_version)"""
)
_LINE_UP: Final = Statement("UPDATE schema_version SET version = 0 WHERE version = 0")
_DONE: Final = Statement("INSERT INTO schema_version (version, name, at) VALUES (:version, :name, :at)")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    version: int
    name: str
    text: str


def migrations() -> list[Migration]:
    """Read the program's migrations in order."""
    folder = resources.files("hawknest.store") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [Migration(int(f.name[:4]), f.name[5:-4], f.read_text("utf-8")) for f in files]


def migrate(database: Database, snapshots: Path, now: float, tell: Callable[[str], None]) -> None:
    """Bring the database to this program's schema.

    `snapshots` is the directory for the copy that is taken before existing data changes; `now` seconds since the
    epoch; `tell` is given a line for each thing done.
    Raises SchemaTooNew, StoreError.
    """
    connection = database.connect()
    try:
        with contextlib.suppress(Duplicate):  # another node makes the same table at this moment
            _transaction(connection, lambda: _begin(connection, now))
        steps = migrations()
        found = version(connection)
        if found > steps[-1].version:
            raise SchemaTooNew(
                f"the data has schema {found} and was written by a newer Hawknest; this one knows schemas up to "
                f"{steps[-1].version}: install the newer program again, or restore a snapshot of before"
            )
        missing = [step for step in steps if step.version > found]
        if missing and found:
            copy = database.snapshot(snapshots, f"before-schema-{missing[0].version}-{int(now)}")
            tell(f"snapshot before migration: {copy}" if copy else "no snapshot: pg_dump is not installed")
        _transaction(connection, lambda: _apply(connection, missing, now))
        for step in missing:
            if found:
                tell(f"migrated the data to schema {step.version} ({step.name})")
    finally:
        connection.close()


def _begin(connection: Connection, now: float) -> None:
    connection.script(_SCHEMA)
    connection.run(_ZERO, at=now)


def version(connection: Connection) -> int:
    row = connection.one(_VERSION)
    return row[0] if row else 0


def _apply(connection: Connection, steps: Sequence[Migration], now: float) -> None:
    connection.run(_LINE_UP)
    found = version(connection)  # again: another node may have been faster
    for step in steps:
        if step.version > found:
            connection.script(step.text)
            connection.run(_DONE, version=step.version, name=step.name, at=now)


def _transaction(connection: Connection, work: Callable[[], None]) -> None:
    connection.begin()
    try:
        work()
    except StoreError:
        connection.rollback()
        raise
    connection.commit()
