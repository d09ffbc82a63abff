r"""EXPUNGE: what is marked \Deleted goes. RFC 9051 §6.4.3, §6.4.9."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from hawknest.doors.imap import whose
from hawknest.doors.imap.numbers import ranges_of
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.store import Connection
from hawknest.store import expunge as removal
from hawknest.store.letters import Flag
from hawknest.wire.imap.command import Expunge

PORTION: Final = 500  # letters in one transaction


async def expunge_command(session: Session, command: Expunge) -> Answer:
    """Remove what is marked, of the client's UIDs where it names some. Raises StoreError, Refused."""
    selected = session.mailbox
    if selected.read_only:
        raise Refused("The mailbox is open for reading only", "NOPERM")
    whose.require(selected.rights, "e")
    await expunge(session, command)
    modseq = selected.opened.image.mailbox.modseq
    return Answer("Expunged", f"HIGHESTMODSEQ {modseq}" if session.qresync else "")


async def expunge(session: Session, command: Expunge | None) -> None:
    """Remove what is marked, a portion at a time. Raises StoreError."""
    selected = session.mailbox
    await session.rooms.images.refresh(selected.opened)
    image, view = selected.opened.image, selected.view
    stretches = [(0, view.count)]
    if command is not None and command.uids is not None:
        stretches = view.places(ranges_of(selected, command.uids, by_uid=True), by_uid=True)
    uids = [
        uid
        for uid in view.uids_at(stretches)
        if (index := image.index(uid)) is not None and image.flags[index] & Flag.DELETED
    ]
    await remove(session, uids)


async def remove(session: Session, uids: Sequence[int]) -> None:
    """Remove letters from the selected mailbox for good. Raises StoreError."""
    store, mailbox = session.rooms.store, session.mailbox.opened.image.mailbox
    for start in range(0, len(uids), PORTION):
        portion = uids[start : start + PORTION]

        def job(connection: Connection, portion: Sequence[int] = portion) -> list[str]:
            return removal.remove(connection, mailbox.account_id, mailbox.id, portion)

        await clear(session, await store.write(job))


async def clear(session: Session, places: Sequence[str]) -> None:
    """Remove the files of letters that are gone, and look at the mailbox anew. Raises StoreError."""
    for place in places:
        await asyncio.to_thread(partial(session.rooms.store.blobs.remove, place))
    await session.rooms.images.refresh(session.mailbox.opened)
