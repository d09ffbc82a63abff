"""The letters of an account, mailbox by mailbox, as they go out."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from typing import Final

from hawknest.post.carry.letter import Known, Label, Letter, flowing
from hawknest.store import Store, carried, letters, mailboxes
from hawknest.store.blobs import Content
from hawknest.store.letters import Flag
from hawknest.store.mailbox import Mailbox

PAGE: Final = 500  # letters that are listed at once


class Leaving:
    """Gives the letters that an account has at this moment; a source.

    The keys are `UIDVALIDITY.UID`, which mean one letter for ever (RFC 9051 §2.3.1.1). `lost` counts letters whose file is
    gone.
    """

    def __init__(self, store: Store, boxes: list[Mailbox]) -> None:
        self._store = store
        self.boxes = boxes
        self.lost = 0

    async def letters(self, known: Known) -> AsyncGenerator[Letter]:
        """Give the letters that are not known; see `letter.Source`."""
        for box in self.boxes:
            after = 0
            while rows := await self._store.read(
                lambda c, box=box, after=after: carried.emails(c, box.id, after, box.uidnext, PAGE)
            ):
                after = rows[-1][0]
                for uid, flags, words, at, blob_id, _ in rows:
                    label = Label(box.name, f"{box.uidvalidity}.{uid}", Flag(flags), tuple(words.split()), at)
                    if await known(label):
                        continue
                    blocks = await octets(self._store, blob_id)
                    if blocks is None:
                        self.lost += 1
                    else:
                        yield Letter(label, blocks)


async def leaving(store: Store, account_id: int, only: Collection[str] = ()) -> Leaving:
    """Look at what an account has: all its mailboxes, or `only` some. Raises NoSuchMailbox, BadName."""
    if only:
        boxes = await store.read(lambda c: [mailboxes.find(c, account_id, name) for name in only])
    else:
        boxes = await store.read(lambda c: mailboxes.listing(c, account_id))
    return Leaving(store, boxes)


async def octets(store: Store, blob_id: int) -> AsyncIterator[bytes] | None:
    """Read the octets of a letter; None: they are gone."""
    content: Content | None = await store.read(lambda c: letters.read(c, blob_id))
    if content is None:
        return None
    if content.place is None:
        return flowing((content.data or b"",))
    return store.blobs.read(content.place) if (store.blobs.files / content.place).exists() else None
