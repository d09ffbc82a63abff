"""A maildrop: an account's INBOX as it was when it was opened, for one session at a time. RFC 1939 §4.

Letters are read a little ahead: programs fetch them in order, and one trip to the database brings several small ones.
Nothing is deleted before QUIT.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from hawknest.store import Connection, Store, StoreError, expunge, leases, letters
from hawknest.store.blobs import Content
from hawknest.store.letters import Item

LEASE: Final = 60.0  # seconds that a maildrop stays reserved when its worker died; renewed while it lives
AHEAD: Final = 64  # letters read at once
AHEAD_OCTETS: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A letter as the client sees it."""

    size: int  # octets as they are given: with the line end at the end (RFC 1939 §11)
    uid: str  # the unique-id (RFC 1939 §7)


class Maildrops:
    """The maildrops that this worker has open; other workers are kept out by leases."""

    def __init__(self, store: Store, owner: str, clock: Callable[[], float]) -> None:
        self._store = store
        self._owner = owner
        self._clock = clock
        self._open: set[int] = set()

    async def open(self, account_id: int) -> "Maildrop | None":
        """Open an account's maildrop; None: another session has it. Raises StoreError."""
        if account_id in self._open:
            return None
        self._open.add(account_id)
        now = self._clock()
        take = partial(leases.take, name=_name(account_id), owner=self._owner, now=now, until=now + LEASE)
        opened: Maildrop | None = None
        ours = True  # also where the answer is lost: the lease may have been taken
        try:
            if ours := await self._store.write(take):
                inbox = await self._store.read(partial(letters.inbox, account_id=account_id))
                opened = Maildrop(self._store, account_id, *inbox)
        finally:
            if opened is None:
                with contextlib.suppress(StoreError):
                    await self._release(account_id, ours=ours)
        return opened

    async def close(self, drop: "Maildrop") -> None:
        """Let another session open it. Raises StoreError."""
        await self._release(drop.account_id, ours=True)

    async def _release(self, account_id: int, *, ours: bool) -> None:
        try:
            if ours:
                back = partial(leases.give_back, name=_name(account_id), owner=self._owner)
                await self._store.write(back)
        finally:  # not earlier: whoever opened it meanwhile would lose the lease that we give back
            self._open.discard(account_id)


def _name(account_id: int) -> str:
    """The name of the lease."""
    return f"pop3:{account_id}"


class Maildrop:
    """One open maildrop; letters are counted from 0 here."""

    def __init__(
        self, store: Store, account_id: int, mailbox_id: int, uidvalidity: int, items: list[Item]
    ) -> None:
        self.account_id = account_id
        self.entries = [Entry(item.size + item.lacks, f"{uidvalidity:x}.{item.uid}") for item in items]
        self.deleted: set[int] = set()
        self._store = store
        self._mailbox_id = mailbox_id
        self._items = items
        self._ahead: dict[int, Content] = {}
        self._last = -1

    @property
    def kept(self) -> list[tuple[int, Entry]]:
        """The letters that are not marked to be deleted, with their places."""
        return [(index, entry) for index, entry in enumerate(self.entries) if index not in self.deleted]

    async def read(self, index: int) -> Content | None:
        """Read a letter; None: it is gone. Raises StoreError."""
        in_order, self._last = index == self._last + 1, index
        if (content := self._ahead.pop(index, None)) is not None:
            return content
        wanted = self._wanted(index) if in_order else [index]
        found = await self._store.read(lambda connection: self._fetch(connection, wanted))
        content = found.pop(index, None)
        self._ahead = found
        return content

    async def octets(self, content: Content) -> AsyncGenerator[bytes]:
        """Give a letter's octets block by block. Raises StoreError."""
        if content.place is None:
            yield content.data or b""
            return
        async for block in self._store.blobs.read(content.place):
            yield block

    async def remove(self) -> None:
        """Delete what is marked, all of it or nothing. Raises StoreError."""
        uids = [self._items[index].uid for index in sorted(self.deleted)]

        def job(connection: Connection) -> list[str]:
            return expunge.remove(connection, self.account_id, self._mailbox_id, uids)

        for place in await self._store.write(job):
            await asyncio.to_thread(self._store.blobs.remove, place)

    def _wanted(self, index: int) -> list[int]:
        wanted, octets = [index], self._items[index].size
        for later in range(index + 1, min(index + AHEAD, len(self._items))):
            octets += self._items[later].size
            if octets > AHEAD_OCTETS:
                break
            wanted.append(later)
        return wanted

    def _fetch(self, connection: Connection, wanted: list[int]) -> dict[int, Content]:
        found: dict[int, Content] = {}
        for index in wanted:
            if (content := letters.read(connection, self._items[index].blob_id)) is not None:
                found[index] = content
        return found
