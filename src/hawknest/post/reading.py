"""What reading a letter yields: its parts, its envelope and structure as IMAP writes them, its first words.

It is derived from the octets alone and kept beside them (`store.derived`); `VERSION` says by which way, and a letter that was
read in another way is read again.
"""

import mmap
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar

from hawknest.mail import brief, mime, searchtext
from hawknest.mail.defects import defects
from hawknest.mail.mime import Octets, Part
from hawknest.mail.searchable import Searchable, searchable
from hawknest.store import Connection, derived
from hawknest.store.blobs import Content
from hawknest.store.derived import Derived
from hawknest.store.engine import Many
from hawknest.wire.imap import structure

VERSION: Final = 2

T = TypeVar("T")

_CONTENTS: Final = Many("SELECT id, size, data, place FROM blob WHERE id IN (VALUES {rows})", 1)


def structures(data: Octets) -> Derived:
    """Read a letter's structure."""
    return _structures(data, mime.scan(data))


def everything(data: Octets) -> tuple[Derived, Searchable]:
    """Read a letter's structure and its texts."""
    root = mime.scan(data)
    header = data[root.header : root.header_end]
    return _structures(data, root), searchable(header, searchtext.body_text(data, root))


def _structures(data: Octets, root: Part) -> Derived:
    header = data[root.header : root.header_end]
    return Derived(
        structure.envelope(header),
        structure.bodystructure(root, data, extended=True),
        mime.pack(root),
        searchtext.preview(data, root),
        " ".join(defects(data, root)),
        brief.fields(header),
    )


def contents(connection: Connection, blobs: Iterable[int]) -> dict[int, Content]:
    """Give the octets of blobs, or the files they lie in; what is gone is not there."""
    rows = connection.many(_CONTENTS, [(blob,) for blob in blobs])
    return {row[0]: Content(row[1], row[2], row[3]) for row in rows}


def mapped(path: Path) -> mmap.mmap:
    """Map a letter's file, to be read like octets. Raises OSError, ValueError where it is empty."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def with_octets(content: Content, files: Path, use: Callable[[Octets], T]) -> T:
    """Do something with a letter's octets, wherever they lie; `files` is the directory of the letters' files.

    Raises OSError, ValueError where its file cannot be read.
    """
    if content.place is None:
        return use(content.data or b"")
    with closing(mapped(files / content.place)) as data:
        return use(data)


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
                fresh[blob] = with_octets(content, files, structures)
            except (OSError, ValueError):
                continue
        found.update(fresh)
    return found, fresh
