"""What reading a letter yields: its parts, its envelope and structure as IMAP writes them, its first words.

It is derived from the octets alone and kept beside them (`store.derived`); `VERSION` says by which way, and a letter that was
read in another way is read again.
"""

import mmap
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hawknest.mail import mime
from hawknest.mail.mime import Octets, Part
from hawknest.store import Connection, derived
from hawknest.store.blobs import Content
from hawknest.store.derived import Derived
from hawknest.store.engine import Many
from hawknest.wire.imap import structure

VERSION: Final = 1

_CONTENTS: Final = Many("SELECT id, size, data, place FROM blob WHERE id IN (VALUES {rows})", 1)


@dataclass(frozen=True, slots=True)
class Reading:
    """A letter as it was read."""

    derived: Derived
    root: Part


def read(data: Octets) -> Reading:
    """Read a letter."""
    root = mime.scan(data)
    found = Derived(
        structure.envelope(data[root.header : root.body]),
        structure.bodystructure(root, data, extended=True),
        mime.pack(root),
        "",
    )
    return Reading(found, root)


def contents(connection: Connection, blobs: Iterable[int]) -> dict[int, Content]:
    """Give the octets of blobs, or the files they lie in; what is gone is not there."""
    rows = connection.many(_CONTENTS, [(blob,) for blob in blobs])
    return {row[0]: Content(row[1], row[2], row[3]) for row in rows}


def mapped(path: Path) -> mmap.mmap:
    """Map a letter's file, to be read like octets. Raises OSError, ValueError where it is empty."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def read_content(content: Content, files: Path) -> Reading:
    """Read a letter wherever it lies; `files` is the directory of the letters' files. Raises OSError, ValueError."""
    if content.place is None:
        return read(content.data or b"")
    with closing(mapped(files / content.place)) as data:
        return read(data)


def of(
    connection: Connection, blobs: Sequence[int], files: Path
) -> tuple[dict[int, Derived], dict[int, Derived]]:
    """Give what was derived from blobs, and read those again where nothing was.

    Returns all that there is, and of it what is to be kept by `derived.put`; a letter whose file is gone is in neither.
    """
    found = derived.of(connection, VERSION, blobs)
    lacking = [blob for blob in blobs if blob not in found]
    fresh: dict[int, Derived] = {}
    if lacking:
        for blob, content in contents(connection, lacking).items():
            try:
                fresh[blob] = read_content(content, files).derived
            except (OSError, ValueError):
                continue
        found.update(fresh)
    return found, fresh
