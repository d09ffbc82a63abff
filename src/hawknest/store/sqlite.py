"""SQLite, the embedded engine: one file, write-ahead log, every commit on the disk before it is told."""

import contextlib
import errno
import fcntl
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import apsw

from hawknest.store.engine import Many, Row, Statement, for_engine, portions
from hawknest.store.errors import Conflict, Duplicate, StoreError, StoreFull, StoreGone

BUSY: Final = 30_000  # milliseconds to wait for another worker's transaction
CACHE: Final = 16 * 1024  # KiB of pages that a connection keeps
PAGE: Final = 8192  # octets a page
STATEMENTS: Final = 500  # prepared statements that a connection keeps
LOG: Final = 2000  # pages in the write-ahead log before a commit moves them into the database

_SETUP: Final = f"""
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -{CACHE};
    PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = {LOG};
"""


def translate(error: apsw.Error) -> StoreError:
    """Say in the store's words what SQLite said in its own."""
    match error:
        case apsw.FullError():
            return StoreFull(str(error))
        case apsw.IOError() if "disk I/O" in str(error) or "full" in str(error):
            return StoreFull(str(error))
        case apsw.ConstraintError():
            return Duplicate(str(error))
        case apsw.BusyError() | apsw.LockedError():
            return Conflict(str(error))
        case apsw.SQLError() | apsw.MismatchError() | apsw.TooBigError() | apsw.ReadOnlyError():
            return StoreError(f"{type(error).__name__}: {error}")  # the statement's own fault
        case _:
            return StoreGone(f"{type(error).__name__}: {error}")


class SqliteConnection:
    """A connection to the database file; see `engine.Connection`."""

    __slots__ = ("_connection", "_execute", "_turn", "touched")

    def __init__(self, connection: Any, turn: BinaryIO | None = None) -> None:
        self.touched: dict[int, int] = {}
        self._connection = connection
        self._turn = turn
        self._execute: Callable[..., Any] = connection.execute

    def all(self, statement: Statement, /, **values: Any) -> Sequence[Row]:
        try:
            return self._execute(statement.sqlite, values).fetchall()
        except apsw.Error as error:
            raise translate(error) from error

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        rows = self.all(statement, **values)
        return rows[0] if rows else None

    def run(self, statement: Statement, /, **values: Any) -> int:
        self.all(statement, **values)
        return self._connection.changes()

    def many(self, statement: Many, rows: Sequence[Row], /) -> Sequence[Row]:
        found: list[Row] = []
        try:
            for count, values in portions(rows):
                found += self._execute(statement.sqlite(count), values).fetchall()
        except apsw.Error as error:
            raise translate(error) from error
        return found

    def script(self, text: str) -> None:
        self._plainly(for_engine(text, "sqlite"))

    def begin(self) -> None:
        if self._turn is not None:
            fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            self._plainly("BEGIN IMMEDIATE")
        except StoreError:
            self._pass_turn()
            raise

    def commit(self) -> None:
        self._plainly("COMMIT")
        self._pass_turn()

    def rollback(self) -> None:
        try:
            if self._connection.in_transaction:
                self._plainly("ROLLBACK")
        finally:
            self._pass_turn()

    @contextlib.contextmanager
    def savepoint(self) -> Generator[None]:
        self._plainly("SAVEPOINT job")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:  # a full disk has undone all of it by itself
                self._plainly("ROLLBACK TO job")
                self._plainly("RELEASE job")
            raise
        self._plainly("RELEASE job")

    def close(self) -> None:
        self._connection.close()
        if self._turn is not None:
            self._turn.close()

    def _pass_turn(self) -> None:
        if self._turn is not None:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def _plainly(self, text: str) -> None:
        try:
            self._execute(text)
        except apsw.Error as error:
            raise translate(error) from error


class SqliteDatabase:
    """The database file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def connect(self, *, readonly: bool = False) -> SqliteConnection:
        turn = self._turn()
        try:
            # SQLite has no patience with two who make one file a write-ahead log: they come one after the other.
            fcntl.flock(turn, fcntl.LOCK_EX)
            connection: Any = apsw.Connection(str(self.path), statementcachesize=STATEMENTS)
            connection.set_busy_timeout(BUSY)
            connection.execute(f"PRAGMA page_size = {PAGE}; PRAGMA journal_mode = WAL")
            connection.execute(_SETUP)
            if readonly:
                connection.execute("PRAGMA query_only = ON")
            fcntl.flock(turn, fcntl.LOCK_UN)
        except apsw.Error as error:
            turn.close()
            raise StoreGone(f"cannot open the database {self.path}: {error}") from error
        if readonly:
            turn.close()
        return SqliteConnection(connection, None if readonly else turn)

    def _turn(self) -> BinaryIO:
        """Open the file on which writers, and those who open the database, queue up.

        SQLite itself lets a writer that finds another at work sleep and look again; on a lock of the kernel's the next one
        goes on at once, which is what lets several workers share one database at full speed.
        """
        try:
            return self.path.with_name(self.path.name + "-turn").open("ab")
        except OSError as error:
            trouble = StoreFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreGone
            raise trouble(f"cannot open the database {self.path}: {error.strerror}") from error

    def snapshot(self, directory: Path, name: str) -> Path:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = directory / f"{name}.sqlite"
        connection: Any = apsw.Connection(str(self.path))
        connection.set_busy_timeout(BUSY)
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except apsw.Error as error:
            raise translate(error) from error
        finally:
            connection.close()
        return target
