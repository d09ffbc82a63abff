"""The images of mailboxes that this process keeps, loaded when they are opened and fresh when they are asked for.

The bell says that a mailbox changed (`store.bell`); the next who looks asks the store what it was. An image that nobody has open
any more is kept for who comes next, as long as there is room. One that took long to load is written down (`snapshot`), so that
next time only what changed since has to be read row by row.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from hawknest.doors.imap import snapshot
from hawknest.doors.imap.image import Image
from hawknest.store import Connection, Store, changes, mailboxes, snapshots
from hawknest.store.mailbox import Mailbox
from hawknest.store.mailboxes import NoSuchMailbox
from hawknest.store.snapshots import Snapshot

ROOM: Final = 500_000  # letters in images that nobody has open
LONG: Final = 1000  # rows that take long to read


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
                opened = Open(Image(changes.Delta(Mailbox(mailbox_id, 0, "", "", 0, 1, 0), (), (), ())))
                self._store.bell.watch(mailbox_id, opened.ring)  # first: what changes meanwhile is told again
                try:
                    opened.image, taken = await self._store.read(partial(_image, mailbox_id=mailbox_id))
                except BaseException:
                    self._store.bell.forget(mailbox_id, opened.ring)
                    raise
                self._open[mailbox_id] = opened
                if taken is not None:
                    keep = partial(
                        snapshots.put, mailbox_id=mailbox_id, version=snapshot.VERSION, snapshot=taken
                    )
                    self._store.write(keep).add_done_callback(unheard)
        self._loading.pop(mailbox_id, None)
        return opened

    def _drop(self, opened: Open) -> None:
        number = opened.image.mailbox.id
        if self._open.get(number) is opened:
            del self._open[number]
        self._store.bell.forget(number, opened.ring)


def _image(connection: Connection, mailbox_id: int) -> tuple[Image, Snapshot | None]:
    """Load a mailbox, and take a snapshot of it where that took long. Raises NoSuchMailbox."""
    image = _kept(connection, mailbox_id)
    if image is None:
        image = Image(changes.since(connection, mailbox_id, 1, 0))
        rows = len(image)
    else:
        delta = changes.since(connection, mailbox_id, image.mailbox.uidnext, image.mailbox.modseq)
        image.take(delta)
        rows = len(delta.new) + len(delta.changed) + len(delta.gone)
    image.recent_from = mailboxes.recent(connection, mailbox_id)
    if rows <= LONG:
        return image, None
    return image, Snapshot(image.mailbox.uidnext, image.mailbox.modseq, snapshot.packed(image))


def _kept(connection: Connection, mailbox_id: int) -> Image | None:
    """Give a mailbox as it was when a snapshot of it was taken."""
    taken = snapshots.get(connection, mailbox_id, snapshot.VERSION)
    if taken is None:
        return None
    return snapshot.unpacked(taken.octets, Mailbox(mailbox_id, 0, "", "", 0, taken.uidnext, taken.modseq))


def unheard(done: "asyncio.Future[None]") -> None:
    """Look at how something ended that nobody waits for."""
    if not done.cancelled():
        done.exception()
