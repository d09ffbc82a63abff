"""Texts that are searched: in the header's fields, in the body, anywhere. RFC 9051 §6.4.4.

A letter is read, decoded and looked through.
"""

from collections.abc import Sequence

from hawknest.doors.imap.image import Image
from hawknest.doors.imap.rooms import Session
from hawknest.post import reading
from hawknest.post.looking import holds
from hawknest.store import Connection
from hawknest.wire.imap.searching import Dated, Has, Header

PORTION = 50  # letters that are looked through at once


async def matching(
    session: Session, image: Image, key: Has | Header | Dated, uids: Sequence[int]
) -> list[int]:
    """Find the messages that a key means, of those named. Raises StoreError."""
    found: list[int] = []
    blobs = {uid: image.blobs[at] for uid in uids if (at := image.index(uid)) is not None}
    files = session.rooms.store.blobs.files
    for start in range(0, len(uids), PORTION):
        portion = {uid: blobs[uid] for uid in uids[start : start + PORTION] if uid in blobs}

        def look(connection: Connection, portion: dict[int, int] = portion) -> list[int]:
            contents = reading.contents(connection, portion.values())
            return [
                uid for uid, blob in portion.items() if blob in contents and holds(contents[blob], files, key)
            ]

        found += await session.rooms.store.read(look)
    return found
