"""The seam between the store's statements and the database that runs them.

A statement is written once, in the part of SQL that SQLite and PostgreSQL share, with `:name` for values. It is turned
into each engine's own form when the module that holds it is imported, and never again. What a unit of work sees is a
`Connection`; which engine stands behind it, it cannot tell.
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

Row = tuple[Any, ...]

_VALUE: Final = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")
_ONLY: Final = re.compile(r"^-- only (\w+):\n(.*?)^-- end only$", re.MULTILINE | re.DOTALL)
ROWS: Final = 32  # rows of values in one statement at the most: each number of them is a statement of its own


class Statement:
    """One SQL statement for both engines.

    `text` uses `:name` for values; `{skip_locked}` where a claim must pass over rows that another node is claiming.
    `postgres` is PostgreSQL's own text where the two have no words in common.
    """

    __slots__ = ("postgres", "sqlite")

    def __init__(self, text: str, postgres: str = "") -> None:
        lean, other = " ".join(text.split()), " ".join((postgres or text).split())
        self.sqlite = lean.replace("{skip_locked}", "")
        self.postgres = _VALUE.sub(
            r"%(\1)s", other.replace("%", "%%").replace("{skip_locked}", "FOR UPDATE SKIP LOCKED")
        )


def for_engine(text: str, engine: str) -> str:
    """Leave out of a migration what is for other engines only: `-- only NAME:` to `-- end only`."""
    return _ONLY.sub(lambda part: part[2] if part[1] == engine else "", text)


class Many:
    """One SQL statement over many rows of values, for both engines.

    `text` has `{rows}` where they go, `(?, ?), (?, ?)` and so on, each `width` values wide.
    """

    __slots__ = ("_made", "_text", "width")

    def __init__(self, text: str, width: int) -> None:
        self._text = " ".join(text.split())
        self._made: dict[int, tuple[str, str]] = {}
        self.width = width

    def sqlite(self, count: int) -> str:
        """Give the statement for `count` rows in SQLite's form."""
        return self._of(count)[0]

    def postgres(self, count: int) -> str:
        """Give the statement for `count` rows in PostgreSQL's form."""
        return self._of(count)[1]

    def _of(self, count: int) -> tuple[str, str]:
        made = self._made.get(count)
        if made is None:
            row = f"({', '.join('?' * self.width)})"
            text = self._text.replace("{rows}", ", ".join([row] * count))
            made = self._made[count] = text, text.replace("%", "%%").replace("?", "%s")
        return made


def portions(rows: Sequence[Row]) -> Iterator[tuple[int, list[Any]]]:
    """Divide rows of values into statements: how many rows each has, and all its values."""
    for start in range(0, len(rows), ROWS):
        portion = rows[start : start + ROWS]
        yield len(portion), [value for row in portion for value in row]


class Connection(Protocol):
    """A connection inside a transaction, or a reader's.

    `touched` gathers what the transaction changes that others may be watching, and up to which modseq: a mailbox by its id,
    an account's list of mailboxes by the negative of its id.
    """

    touched: dict[int, int]

    def all(self, statement: Statement, /, **values: Any) -> Sequence[Row]:
        """Run a statement and give all its rows."""
        ...

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """Run a statement and give its first row, or None."""
        ...

    def run(self, statement: Statement, /, **values: Any) -> int:
        """Run a statement and give the number of rows it changed."""
        ...

    def many(self, statement: Many, rows: Sequence[Row], /) -> Sequence[Row]:
        """Run a statement over rows of values and give all its rows, in no particular order.

        One statement for many rows costs about what one for a single row does: the interpreter's lock, which each
        statement lets go of and has to win back, is the dearest part of a short one.
        """
        ...

    def script(self, text: str) -> None:
        """Run the statements of a migration, written in SQLite's types."""
        ...

    def begin(self) -> None:
        """Begin a transaction that may write."""
        ...

    def commit(self) -> None:
        """Make the transaction durable."""
        ...

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        ...

    def savepoint(self) -> contextlib.AbstractContextManager[None]:
        """A part of the transaction that is undone alone when its block raises."""
        ...

    def close(self) -> None:
        """Let the connection go."""
        ...


class Database(Protocol):
    """A database that connections can be made to."""

    def connect(self, *, readonly: bool = False) -> Connection:
        """Open a connection. Raises StoreGone."""
        ...

    def snapshot(self, directory: Path, name: str) -> Path | None:
        """Copy the whole database to a file, or give None where this engine has no means to."""
        ...
