"""Letters that came in parts are filed whole, for users who want it. RFC 2046 §5.2.2.

Parts pass through like any letter; one worker looks at what has come for such users some seconds later. When all parts
of one id from one sender are there, the whole is filed and the parts are moved to Trash, in one transaction. Whatever
does not fit together stays as it came: nothing is lost. A whole is never taken for a part again, so parts within parts end.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import partial as with_
from typing import Final

from hawknest.log import Log
from hawknest.mail import partial
from hawknest.mail.header import Header, find_message_id, split
from hawknest.post.traceid import trace_id
from hawknest.store import Connection, Store, StoreError, journey, leases, letters, parts
from hawknest.store.blobs import Content, Spool
from hawknest.store.errors import FileGone
from hawknest.store.parts import Box, Complete, Found, Row

HEADER: Final = 128 * 1024  # octets in which the end of a header is looked for
PAUSE: Final = 5.0  # seconds between two looks
TROUBLE: Final = 60.0  # seconds until the next look when the store has trouble
HELD: Final = 60.0  # seconds that the lease lasts
SHOWN: Final = 20  # parts that the journey of the whole names
_LEASE: Final = "reassembly"


@dataclass(frozen=True, slots=True)
class Reassembly:
    """What puts parts together; `owner` is this worker's name."""

    store: Store
    log: Log
    owner: str
    clock: Callable[[], float]

    async def run(self) -> None:
        """Look every few seconds, for as long as the worker lives."""
        while True:
            await asyncio.sleep(PAUSE)
            try:
                while await self.look():
                    pass
            except StoreError as error:
                self.log.system.error("parts not put together", error=str(error))
                await asyncio.sleep(TROUBLE)

    async def look(self) -> bool:
        """Look at letters that have come. Returns whether there were any. Raises StoreError."""
        boxes = await self.store.read(parts.due)
        if not boxes:
            return False
        now = self.clock()
        take = with_(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HELD)
        if not await self.store.write(take):
            return False
        for box in boxes:
            try:
                await self._box(box, now)
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 (a bug must cost these letters a service, not the worker its life)
                self.log.system.error("internal error", account=box.address, error=repr(error), exc=error)
                await self.store.write(with_(parts.done, box=box, looked=box.next - 1))
        return True

    async def _box(self, box: Box, now: float) -> None:
        """Look at the next letters of an account."""
        new = await self.store.read(with_(parts.new, box=box, now=now))
        looked = new[-1].uid if len(new) == parts.BATCH else box.next - 1
        found: list[Found] = []
        for letter in new:
            content = await self.store.read(with_(letters.read, blob_id=letter.blob_id))
            head = await self._head(content) if content else b""
            if (part := partial.read(header := Header.of(head))) is not None:
                whole = _whole(header.first("Return-Path") or b"", part.id)
                found.append(Found(letter, whole, part.number, part.total))
        for complete in await self.store.write(with_(parts.note, box=box, found=found, now=now)):
            await self._join(box, complete, now)
        await self.store.write(
            with_(parts.done, box=box, looked=looked)
        )  # not earlier: trouble means once more

    async def _head(self, content: Content) -> bytes:
        """The first octets of a letter; none where its file is gone."""
        with contextlib.suppress(FileGone):
            async with contextlib.aclosing(self._octets(content)) as blocks:
                async for block in blocks:
                    return block[:HEADER]
        return b""

    async def _join(self, box: Box, complete: Complete, now: float) -> None:
        """File a letter whole, or leave its parts as they are."""
        rows = await self.store.read(with_(parts.rows, account_id=box.account_id, complete=complete))
        joined = await self._joined(complete, rows, now) if len(rows) == complete.total else None
        filed = False
        if joined is not None:
            with contextlib.suppress(letters.OverQuota):
                filed = await self.store.write(with_(_file, box=box, joined=joined, now=now))
        if not filed:
            await self.store.write(with_(parts.forget, account_id=box.account_id, whole=complete.whole))
        if joined is not None and filed:
            self.log.delivery.info(
                "put together", letter=joined.id, to=box.address, parts=len(rows), size=joined.content.size
            )
        elif joined is not None and joined.content.place:
            self.store.blobs.remove(joined.content.place)

    async def _joined(self, complete: Complete, rows: list[Row], now: float) -> "Joined | None":
        """Write the whole letter; None: the parts do not make one, or a file is gone."""
        letter_id = trace_id(now)
        spool = self.store.blobs.spool(letter_id, self.store.settings.inline)
        finished = False
        try:
            message_id = await self._write(spool, rows)
            if message_id is None:
                return None
            content = await spool.finish()
            finished = True
            return Joined(letter_id, complete, rows, content, message_id)
        finally:
            if not finished:
                spool.discard()

    async def _write(self, spool: Spool, rows: list[Row]) -> str | None:
        """Write one part behind the other. Returns the Message-ID of the whole; None where they do not make one."""
        message_id = ""
        for row in rows:
            content = await self.store.read(with_(letters.read, blob_id=row.blob_id))
            if content is None:
                return None
            async with contextlib.aclosing(self._octets(content)) as blocks:
                try:
                    *headers, rest = await _headers(blocks, 2 if row.number == 1 else 1)
                except (FileGone, NoEnd):
                    return None
                if row.number == 1:
                    merged = partial.merge(*(Header(octets) for octets in headers))
                    message_id = find_message_id(merged) or ""
                    await spool.write(merged + b"\r\n")
                await spool.write(rest)
                async for block in blocks:
                    await spool.write(block)
        return message_id

    async def _octets(self, content: Content) -> AsyncGenerator[bytes]:
        """Give a letter block by block. Raises StoreGone."""
        if content.place is None:
            yield content.data or b""
            return
        async with contextlib.aclosing(self.store.blobs.read(content.place)) as blocks:
            async for block in blocks:
                yield block


@dataclass(frozen=True, slots=True)
class Joined:
    """A letter that was put together, and of what."""

    id: str  # its trace id
    complete: Complete
    rows: list[Row]
    content: Content
    message_id: str


class NoEnd(Exception):
    """A header section has no end where one should be."""


async def _headers(blocks: AsyncGenerator[bytes], count: int) -> list[bytes]:
    """Take so many header sections, one behind the other, from the start of a letter.

    Returns them and what was read beyond. Raises NoEnd.
    """
    read, ended, found = b"", False, list[bytes]()
    while len(found) < count:
        end, body = split(read)
        if end != body:
            found.append(read[:end])
            read = read[body:]
        elif ended or len(read) > HEADER:
            raise NoEnd
        else:
            block = await anext(blocks, None)
            ended = block is None
            read += block or b""
    return [*found, read]


def _whole(sender: bytes, name: bytes) -> str:
    """Name what parts share: their sender, as it was when they came, and their id."""
    return hashlib.sha256(sender.lower() + b"\0" + name).hexdigest()


def _file(connection: Connection, box: Box, joined: Joined, now: float) -> bool:
    """File the whole in place of its parts, in one transaction.

    Returns whether that was done: not where a part has gone meanwhile. Raises OverQuota.
    """
    rows, content = joined.rows, joined.content
    if parts.rows(connection, box.account_id, joined.complete) != rows:
        return False
    (blob,) = letters.keep(connection, [(content, 1)])
    (filed,) = letters.file(
        connection,
        [letters.Filing(box.account_id, blob, content.size, joined.id, now, box.quota, lacks=content.lacks)],
    )
    row = journey.Letter(joined.id, now, parts.WHOLE, "", "", joined.message_id, content.size, {})
    of = [part.letter_id for part in rows if part.letter_id]
    steps = [
        journey.Step(now, "joined", box.address, {"of": of[:SHOWN]}),
        journey.Step(now, "filed", box.address, {"uid": filed.uid}),
    ]
    journey.begin(connection, [(row, steps)])
    for part in of:
        journey.add(connection, part, [journey.Step(now, "part of", box.address, {"letter": joined.id})])
    parts.to_trash(connection, box, rows)
    parts.forget(connection, box.account_id, joined.complete.whole)
    return True
