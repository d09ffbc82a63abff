"""What a search asks of letters that is not in memory: texts, and when they were sent. RFC 9051 §6.4.4.

The index answers for the letters that it knows; those that have just come are read. Which it knows, the image remembers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, Final

from hawknest.doors.imap.image import Image
from hawknest.doors.imap.rooms import Session
from hawknest.mail import searchable
from hawknest.mail.headline import Headline
from hawknest.mail.thread import Entry
from hawknest.post import looking
from hawknest.store import Connection, headlines, words
from hawknest.store.headlines import Key
from hawknest.wire.imap.searching import Dated, Field, Has, Header, When

PORTION: Final = 50  # letters that are read in one go

_FIELDS: Final = {
    Field.SUBJECT: (searchable.Field.SUBJECT,),
    Field.FROM: (searchable.Field.FROM,),
    Field.TO: (searchable.Field.TO,),
    Field.CC: (searchable.Field.CC,),
    Field.BCC: (searchable.Field.BCC,),
    Field.BODY: (searchable.Field.BODY,),
    Field.TEXT: (searchable.Field.HEADER, searchable.Field.BODY),
}

#: Finds some of the letters of these blobs.
_Look = Callable[[Connection, Sequence[int]], set[int]]


async def matching(
    session: Session, image: Image, key: Has | Header | Dated, uids: Sequence[int]
) -> list[int]:
    """Find the messages that a key means, of those named. Raises StoreError."""
    blobs = {uid: image.blobs[at] for uid in uids if (at := image.index(uid)) is not None}
    if isinstance(key, Dated):
        days = await keys(session, image, Key.DAY, blobs)
        return [uid for uid in blobs if _is(days.get(uid), key)]
    known, unknown = await _divide(session, image, blobs)
    store = session.rooms.store
    found: set[int] = set()
    if known:
        answer = await store.read(partial(_ask, key=key, blobs=known))
        if answer is None:  # the index keeps nothing of it
            unknown = set(blobs.values())
        else:
            found = answer
    found |= await _read(session, _reading(key, session), sorted(unknown))
    return [uid for uid, blob in blobs.items() if blob in found]


def _ask(connection: Connection, key: Has | Header, blobs: set[int]) -> set[int] | None:
    if isinstance(key, Header):
        return words.find_header(connection, blobs, key.name, key.needle)
    return words.find(connection, blobs, _FIELDS[key.field], key.needle)


def _reading(key: Has | Header, session: Session) -> _Look:
    files = session.rooms.store.blobs.files
    if isinstance(key, Header):
        return lambda connection, blobs: looking.having_field(connection, blobs, files, key.name, key.needle)
    return lambda connection, blobs: looking.having(connection, blobs, files, _FIELDS[key.field], key.needle)


async def _read(session: Session, look: _Look, blobs: Sequence[int]) -> set[int]:
    """Look through letters."""
    found: set[int] = set()
    async for portion in _portions(session, blobs):
        found |= await session.rooms.store.read(lambda connection, portion=portion: look(connection, portion))
    return found


async def _portions(session: Session, blobs: Sequence[int]) -> AsyncIterator[Sequence[int]]:
    """Give letters that are to be read, some at a time, and say now and then how far it is."""
    clock, progress = asyncio.get_running_loop().time, session.progress
    progress.begin(len(blobs), clock())
    for start in range(0, len(blobs), PORTION):
        portion = blobs[start : start + PORTION]
        yield portion
        if code := progress.read(len(portion), clock(), session.server.tag):
            session.server.note("Still looking", code)
            await session.link.flush()


async def _divide(session: Session, image: Image, blobs: dict[int, int]) -> tuple[set[int], set[int]]:
    """Tell letters that the index knows from those that it does not."""
    unsure = {blob for uid, blob in blobs.items() if uid > image.indexed}
    missing: set[int] = set()
    if unsure:
        missing = await session.rooms.store.read(partial(words.missing, blobs=unsure))
        if len(blobs) == len(image):
            first = min((uid for uid, blob in blobs.items() if blob in missing), default=None)
            image.indexed = image.uids[-1] if first is None else first - 1
    return set(blobs.values()) - missing, missing


def _is(day: Any, key: Dated) -> bool:
    if day is None:
        return False
    match key.when:
        case When.BEFORE:
            return day < key.day
        case When.ON:
            return day == key.day
        case When.SINCE:
            return day >= key.day


async def keys(session: Session, image: Image, key: Key, blobs: dict[int, int]) -> dict[int, Any]:
    """Give what messages are sorted by, by UID; `blobs` are the messages' octets. Raises StoreError."""
    store = session.rooms.store
    found = await store.read(partial(headlines.keys, mailbox_id=image.mailbox.id, key=key))
    lacking = {uid: blob for uid, blob in blobs.items() if uid not in found}
    for uid, line in (await _headlines(session, lacking)).items():
        found[uid] = _key(line, key)
    return found


async def entries(session: Session, image: Image, blobs: dict[int, int]) -> dict[int, Entry]:
    """Give messages as conversations are made of them, by UID. Raises StoreError."""
    store = session.rooms.store
    listed = await store.read(partial(headlines.entries, mailbox_id=image.mailbox.id))
    found = {entry.number: entry for entry in listed}
    lacking = {uid: blob for uid, blob in blobs.items() if uid not in found}
    for uid, line in (await _headlines(session, lacking)).items():
        at = image.index(uid)
        sent = line.sent_at if line.sent_at is not None else image.received[at] if at is not None else 0.0
        found[uid] = Entry(uid, sent, line.subject_key, line.reply, line.message_id, line.references)
    return found


async def _headlines(session: Session, blobs: dict[int, int]) -> dict[int, Headline]:
    store = session.rooms.store
    found: dict[int, Headline] = {}
    async for portion in _portions(session, list(blobs.values())):
        found |= await store.read(partial(looking.headlines, blobs=portion, files=store.blobs.files))
    return {uid: found[blob] for uid, blob in blobs.items() if blob in found}


def _key(line: Headline, key: Key) -> Any:
    match key:
        case Key.DATE:
            return line.sent_at
        case Key.DAY:
            return line.sent_day
        case _:
            return getattr(line, key.value)
