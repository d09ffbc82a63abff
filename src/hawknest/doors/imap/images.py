"""The images of mailboxes that this process keeps, loaded when they are opened and fresh when they are asked for.

The bell says that a mailbox changed (`store.bell`); the next who looks asks the store what it was. An image that nobody has open
any more is kept for who comes next, as long as there is room.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from hawknest.doors.imap.image import Image
from hawknest.store import Connection, Store, changes, mailboxes
from hawknest.store.mailbox import Mailbox
from hawknest.store.mailboxes import NoSuchMailbox

ROOM: Final = 500_000  # letters in images that nobody has open


class Open:
    """An image and who looks at it."""

    __slots__ = ("_hears", "gone", "heard", "image", "lock", "users")

    def __init__(self, image: Image) -> None:
        self.image = image
        self.gone = False  # the mailbox was deleted
        self.users = 0
        self.lock = asyncio.Lock()
        self.heard = 0  # the modseq up to which the mailbox is known to have changed
        self._hears: set[Callable[[], None]] = set()

    @property
    def dirty(self) -> bool:
        """Whether the store knows more; of a mailbox that is gone, everybody is told so who asks."""
        return self.gone or self.heard > self.image.mailbox.modseq

    def ring(self, _: int, modseq: int) -> None:
        """Learn that the mailbox changed."""
        self.heard = max(self.heard, modseq)
        for hear in tuple(self._hears):
            hear()

    def settled(self) -> None:
        """Note that the store was asked, and knows no more: what was heard may have been anything."""
        self.heard = self.image.mailbox.modseq

    def watch(self, hear: Callable[[], None]) -> None:
        """Have `hear` called when it changed."""
        self._hears.add(hear)

    def forget(self, hear: Callable[[], None]) -> None:
        """Have it called no longer."""
        self._hears.discard(hear)


class Images:
    """The images of one process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[int, Open] = {}  # the longest unused first
        self._loading: dict[int, asyncio.Lock] = {}

    async def open(self, mailbox: Mailbox) -> Open:
        """Open a mailbox that was just looked up, as it is now; `close` it in the end. Raises StoreError."""
        opened = self._open.pop(mailbox.id, None)
        if opened is None:
            opened = await self._load(mailbox.id)
        self._open[mailbox.id] = opened
        opened.users += 1
        try:
            if mailbox.modseq > opened.image.mailbox.modseq:
                opened.ring(mailbox.id, mailbox.modseq)
            await self.refresh(opened)
        except BaseException:
            self.close(opened)
            raise
        return opened

    def close(self, opened: Open) -> None:
        """Have it open no longer."""
        opened.users -= 1
        if opened.gone and not opened.users:
            self._drop(opened)
        room = ROOM
        for one in reversed(list(self._open.values())):
            if not one.users:
                room -= len(one.image)
                if room < 0:
                    self._drop(one)

    async def refresh(self, opened: Open) -> None:
        """Bring an image up to date. Raises StoreError; NoSuchMailbox where the mailbox was deleted."""
        if not opened.dirty:
            return
        async with opened.lock:
            while opened.dirty:
                mailbox = opened.image.mailbox
                ask = partial(
                    changes.since, mailbox_id=mailbox.id, uidnext=mailbox.uidnext, modseq=mailbox.modseq
                )
                heard = opened.heard
                try:
                    opened.image.take(await self._store.read(ask))
                except NoSuchMailbox:
                    opened.gone = True
                    raise
                if opened.heard == heard:
                    opened.settled()

    async def _load(self, mailbox_id: int) -> Open:
        lock = self._loading.setdefault(mailbox_id, asyncio.Lock())
        async with lock:
            if (opened := self._open.get(mailbox_id)) is None:
                blank = Image(changes.Delta(Mailbox(mailbox_id, 0, "", "", 0, 1, 0), (), (), ()))
                opened = Open(blank)
                self._store.bell.watch(mailbox_id, opened.ring)  # first: what changes meanwhile is told again
                try:
                    opened.image = await self._store.read(partial(_image, mailbox_id=mailbox_id))
                except BaseException:
                    self._store.bell.forget(mailbox_id, opened.ring)
                    raise
                self._open[mailbox_id] = opened
        self._loading.pop(mailbox_id, None)
        return opened

    def _drop(self, opened: Open) -> None:
        number = opened.image.mailbox.id
        if self._open.get(number) is opened:
            del self._open[number]
        self._store.bell.forget(number, opened.ring)


def _image(connection: Connection, mailbox_id: int) -> Image:
    image = Image(changes.since(connection, mailbox_id, 1, 0))
    image.recent_from = mailboxes.recent(connection, mailbox_id)
    return image
