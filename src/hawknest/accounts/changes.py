"""The directory's version: it grows with every change to who lives here, so that nobody acts on old knowledge.

Caches are valid for one version; a letter is filed only while the version is the one it was routed under.
"""

from typing import Final

from hawknest.store import Connection, Statement

_VERSION: Final = Statement("SELECT value FROM counter WHERE name = 'directory'")
_CHANGED: Final = Statement("UPDATE counter SET value = value + 1 WHERE name = 'directory'")


def directory_version(connection: Connection) -> int:
    """Tell the version that the database has now."""
    row = connection.one(_VERSION)
    assert row is not None
    return int(row[0])


def changed(connection: Connection) -> None:
    """Note a change, in the transaction that makes it."""
    connection.run(_CHANGED)
