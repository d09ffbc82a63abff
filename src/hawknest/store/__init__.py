"""The store: letters, mailboxes and queue rows, durable and in one transaction.

`Store` is the door to it. A unit of work is a plain function of a `Connection`: `await store.write(job)` runs it in the
next group commit and returns when it is on the disk; `await store.read(question)` runs it in a reader's thread. The event
loop never touches the database. The functions themselves live beside what they are about: `letters`, `mailboxes`,
`outgoing`, `journey`, `directory` …
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hawknest.store import letters
from hawknest.store.bell import Bell
from hawknest.store.blobs import Blobs
from hawknest.store.engine import Connection, Database, Row, Statement
from hawknest.store.errors import Conflict, Duplicate, SchemaTooNew, StoreError, StoreFull, StoreGone
from hawknest.store.migrate import migrate
from hawknest.store.postgres import PostgresDatabase
from hawknest.store.postgres_relay import PostgresRelay
from hawknest.store.sqlite import SqliteDatabase
from hawknest.store.writer import Item, Result, Work, Writer

__all__ = [
    "Conflict",
    "Connection",
    "Database",
    "Duplicate",
    "Row",
    "SchemaTooNew",
    "Settings",
    "Statement",
    "Store",
    "StoreError",
    "StoreFull",
    "StoreGone",
    "database",
    "letters",
    "prepare",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where letters are kept.

    `database` is a `postgresql://` URL, or empty for the embedded SQLite file in the data directory; `readers` the
    number of reading threads; `inline` the octets up to which a letter lies in the database itself, larger ones are
    files.
    """

    database: str = ""
    readers: int = 4
    inline: int = 128 * 1024


def database(settings: Settings, directory: Path) -> Database:
    """Name the database that the settings mean."""
    if settings.database:
        return PostgresDatabase(settings.database)
    return SqliteDatabase(directory / "hawknest.sqlite")


def prepare(settings: Settings, directory: Path, tell: Callable[[str], None]) -> Database:
    """Make or migrate the database below the data directory, and give it.

    Raises StoreError.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = database(settings, directory)
    migrate(found, directory / "snapshots", time.time(), tell)
    return found


class Store:
    """An open store: one writer, several readers, and the files of large letters."""

    def __init__(self, database: Database, directory: Path, settings: Settings) -> None:
        self.settings = settings
        self.blobs = Blobs(directory)
        self._database = database
        self.bell = Bell()
        self._writer = Writer(database, self.bell.ring)
        self._local = threading.local()
        self._opened: list[Connection] = []
        self._relay: PostgresRelay | None = None
        self._readers = ThreadPoolExecutor(settings.readers, "store-reader")

    def write(self, job: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Run a job in the next group commit; see `Writer.write`."""
        return self._writer.write(job)

    def batch(self, work: Work[Item, Result], item: Item) -> asyncio.Future[Result]:
        """Have a work done for an item and for all others that wait with it; see `Writer.batch`."""
        return self._writer.batch(work, item)

    def read(self, question: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Run a question in a reader's thread."""
        return asyncio.get_running_loop().run_in_executor(self._readers, self._ask, question)

    def share(self) -> bool:
        """Have the bell heard by all who share the database, where that carries it. Returns whether it does."""
        if not self.settings.database:
            return False
        self._relay = PostgresRelay(self.settings.database, self.bell)
        return True

    async def close(self) -> None:
        """Finish what is queued and let the database go."""
        if self._relay is not None:
            await self._relay.close()
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._opened:
            connection.close()

    def _ask(self, question: Callable[[Connection], T]) -> T:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._database.connect(readonly=True)
            self._opened.append(connection)
        try:
            return question(connection)
        except StoreGone:
            self._local.connection = None
            self._opened.remove(connection)
            connection.close()
            raise
