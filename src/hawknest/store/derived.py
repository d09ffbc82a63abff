"""What reading a letter yields, kept beside it: envelope, structure, where its parts are. It can be made again at any time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hawknest.store.engine import Connection, Many, Statement


@dataclass(frozen=True, slots=True)
class Derived:
    """What is derived from one blob."""

    envelope: bytes  # as IMAP writes it
    structure: bytes  # likewise
    parts: bytes  # packed
    preview: str
    defects: str = ""  # names of `mail.defects`, space between
    fields: bytes | None = None  # of the header, without what is long and seldom asked for; None: too long


_PUT: Final = Many(
    """INSERT INTO derived (blob_id, version, envelope, structure, parts, preview, defects, fields) VALUES {rows}
       ON CONFLICT (blob_id) DO UPDATE SET version = excluded.version, envelope = excluded.envelope,
         structure = excluded.structure, parts = excluded.parts, preview = excluded.preview, defects = excluded.defects,
         fields = excluded.fields""",
    8,
)
_THERE: Final = Many("SELECT b.id FROM blob b WHERE b.id IN (VALUES {rows})", 1)
_OF: Final = Many(
    """SELECT d.blob_id, d.version, d.envelope, d.structure, d.parts, d.preview, d.defects, d.fields FROM derived d
       WHERE d.blob_id IN (VALUES {rows})""",
    1,
)
_MISSING: Final = Statement(
    """SELECT b.id, b.size, b.place FROM blob b LEFT JOIN derived d ON d.blob_id = b.id
       WHERE b.id > :after AND (d.version IS NULL OR d.version <> :version)
         AND EXISTS (SELECT 1 FROM email e WHERE e.blob_id = b.id)
       ORDER BY b.id LIMIT :count"""
)


def put(connection: Connection, version: int, found: Mapping[int, Derived]) -> None:
    """Keep what was derived, by blob id; what is gone meanwhile is passed over."""
    there = {blob for (blob,) in connection.many(_THERE, [(blob,) for blob in found])}
    rows = [
        (blob, version, one.envelope, one.structure, one.parts, one.preview, one.defects, one.fields)
        for blob, one in found.items()
        if blob in there
    ]
    connection.many(_PUT, rows)


def of(connection: Connection, version: int, blobs: Iterable[int]) -> dict[int, Derived]:
    """Give what was derived from blobs by this version of the program; what is not there has to be derived anew."""
    rows = connection.many(_OF, [(blob,) for blob in blobs])
    return {row[0]: Derived(*row[2:]) for row in rows if row[1] == version}


def missing(
    connection: Connection, version: int, after: int, count: int
) -> Sequence[tuple[int, int, str | None]]:
    """List blobs of which nothing was derived by this version, above an id: id, size in octets, file or None."""
    return [
        (row[0], row[1], row[2])
        for row in connection.all(_MISSING, version=version, after=after, count=count)
    ]
