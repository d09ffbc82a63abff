"""The mark that is in the database and beside it, so that a database which was put back to an earlier state is noticed.

Each machine has its own. It changes at every start and every hour: first in the database, then beside it. When a crash comes
between the two, the next start takes it for a database that was put back, and a leap too many does no harm.
"""

import contextlib
import secrets
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from hawknest.log import Log
from hawknest.store import Connection, Store, StoreFull, restored

FILE: Final = "mark"  # in the data directory


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark as it stands beside the database."""

    machine: str
    value: str


def renew(connection: Connection, directory: Path, log: Log) -> None:
    """See whether the database is the one that was here last, do what has to be done where it is not, and change the mark.

    A full disk does not keep a server from starting: the mark then stays as it is. Raises StoreError.
    """
    beside = _beside(directory)
    same = beside is None or restored.mark(connection, beside.machine) == beside.value
    fresh = Mark(beside.machine if beside is not None else secrets.token_hex(8), secrets.token_hex(8))
    connection.begin()
    try:
        mailboxes = 0 if same else restored.leap(connection)
        restored.set_mark(connection, fresh.machine, fresh.value)
        connection.commit()
        put(directory, fresh)
    except (StoreFull, OSError) as error:
        connection.rollback()
        if not same:
            raise
        log.system.warning("the mark of the database is not changed", error=str(error))
        return
    if not same:
        log.system.warning(
            "this is not the database that was here last, as when a copy is put back: UIDs leap over those that were given",
            mailboxes=mailboxes,
        )


async def change(store: Store, directory: Path) -> None:
    """Change the mark: an earlier copy of the database is known as such from now on. Raises StoreError, OSError."""
    beside = _beside(directory)
    if beside is not None:
        fresh = Mark(beside.machine, secrets.token_hex(8))
        await store.write(partial(restored.set_mark, machine=fresh.machine, value=fresh.value))
        put(directory, fresh)


def put(directory: Path, mark: Mark) -> None:
    """Put a mark beside the database. Raises OSError."""
    fresh = directory / f"{FILE}.new"
    fresh.write_text(f"{mark.machine} {mark.value}\n", "ascii")
    fresh.replace(directory / FILE)


def _beside(directory: Path) -> Mark | None:
    with contextlib.suppress(FileNotFoundError):
        words = (directory / FILE).read_text("ascii", "replace").split()
        if len(words) == 2:
            return Mark(*words)
    return None
