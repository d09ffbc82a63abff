"""Letters filed into the mailboxes of an account, many in one transaction, none twice.

What makes a run that was interrupted go on where it ended is written in the same transaction as the letters themselves.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from hawknest.post.carry.letter import Label, Letter
from hawknest.post.carry.lines import Digest
from hawknest.post.traceid import trace_id
from hawknest.store import Connection, Store, carried, letters, mailboxes
from hawknest.store.blobs import Content
from hawknest.store.carried import Carriage, Carried, Marks, Turn
from hawknest.store.mailbox import Mailbox

BATCH: Final = 200  # letters in one transaction
OCTETS: Final = 4 << 20  # of letters that are held in memory for it


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter whose octets are safe, and that is to be filed."""

    label: Label  # with a key in any case
    content: Content
    digest: bytes


@dataclass(slots=True)
class _Written:
    """What came of a transaction."""

    brought: int = 0
    passed: list[Kept] = field(default_factory=list)  # that an earlier run had brought
    ids: dict[str, int] = field(default_factory=dict)  # mailboxes found or made, by their names at the source
    places: dict[str, str] = field(default_factory=dict)  # their names here


class Filing:
    """Files letters; a sink.

    `place` says into which mailbox the letters of a source's mailbox go, `now` is in seconds since the epoch. `brought` counts
    the letters that were filed, `known_before` those that had been; `places` names the mailboxes they went into.
    """

    def __init__(self, store: Store, carriage: Carriage, place: Callable[[str], str], now: float) -> None:
        self._store = store
        self._carriage = carriage
        self._place = place
        self._now = now
        self._batch: list[Kept] = []
        self._held = 0
        self._seen: list[tuple[str, str]] = []
        self._turned: list[Turn] = []
        self._writing: asyncio.Future[_Written] | None = None
        self._ids: dict[str, int] = {}
        self.places: dict[str, str] = {}
        self.brought = 0
        self.known_before = 0

    async def known(self, label: Label) -> bool:
        """Tell whether an earlier run brought the letter, by its key."""
        if not label.key or self._carriage.fresh:
            return False
        mailbox, key = label.mailbox, label.key
        before = await self._store.read(lambda c: carried.marks(c, self._carriage, mailbox, key))
        if before is None:
            return False
        if before != (now := marks(label)):
            self._turned.append(Turn(mailbox, key, before, now))
        self.known_before += 1
        self._seen.append((mailbox, key))
        if len(self._seen) >= BATCH * 5:
            await self._write()
        return True

    async def take(self, letter: Letter) -> None:
        """Keep a letter's octets, and file it with others."""
        digest = Digest()
        spool = self._store.blobs.spool(trace_id(), self._store.settings.inline)
        try:
            async for block in letter.blocks:
                digest.see(block)
                await spool.write(block)
            content = await spool.finish()
        except BaseException:
            spool.discard()
            raise
        value = digest.value()
        label = letter.label if letter.label.key else replace(letter.label, key=value.hex())
        self._batch.append(Kept(label, content, value))
        self._held += len(content.data or b"")
        if len(self._batch) >= BATCH or self._held >= OCTETS:
            await self._write()

    async def make(self, names: Iterable[str]) -> None:
        """Make the mailboxes of a source, for those that have no letters too."""
        for name in names:
            await self._store.write(lambda c, name=name: self._open(c, name))

    def place_of(self, name: str) -> str:
        """Say which mailbox the letters of a source's mailbox went into."""
        return self.places.get(name) or self._place(name)

    async def finish(self) -> None:
        """File what is left."""
        await self._write()
        await self._settle()

    async def _write(self) -> None:
        """Hand the batch to the writer; the next one gathers while it works."""
        await self._settle()
        batch, seen, turned = self._batch, self._seen, self._turned
        self._batch, self._seen, self._turned, self._held = [], [], [], 0

        def job(connection: Connection) -> _Written:
            carried.see(connection, self._carriage, seen)
            for turn in turned:
                carried.follow(connection, self._carriage, turn)
            return self._file(connection, batch)

        if batch or seen:
            self._writing = self._store.write(job)

    async def _settle(self) -> None:
        """Wait until the last batch is durable."""
        if self._writing is None:
            return
        written = await self._writing
        self._writing = None
        self.places |= written.places
        self._ids |= written.ids
        self.brought += written.brought
        self.known_before += len(written.passed)
        for kept in written.passed:
            if kept.content.place is not None:
                await asyncio.to_thread(self._store.blobs.remove, kept.content.place)

    def _file(self, connection: Connection, batch: list[Kept]) -> _Written:
        """File letters in one transaction, which may have to run again: nothing else is changed by it."""
        run = self._carriage
        new: list[Kept] = []
        written = _Written()
        for kept in batch:
            known = not run.fresh and carried.claim(connection, run, kept.label.mailbox, kept.label.key)
            (written.passed if known else new).append(kept)
        for name in {kept.label.mailbox for kept in new} - self._ids.keys():
            mailbox = self._open(connection, name)
            written.ids[name], written.places[name] = mailbox.id, mailbox.name
        ids = self._ids | written.ids
        blobs = letters.keep(connection, [(kept.content, 1) for kept in new])
        filings = [
            self._filing(kept, blob, ids[kept.label.mailbox]) for kept, blob in zip(new, blobs, strict=True)
        ]
        filed = letters.file(connection, filings)
        rows = [
            Carried(
                kept.label.mailbox,
                kept.label.key,
                its.email_id,
                *marks(kept.label),
                kept.content.size,
                kept.digest,
            )
            for kept, its in zip(new, filed, strict=True)
        ]
        carried.note(connection, run, rows)
        written.brought = len(new)
        return written

    def _open(self, connection: Connection, name: str) -> Mailbox:
        """Find the mailbox for the letters of a source's mailbox, or make it."""
        account = self._carriage.account_id
        try:
            return mailboxes.find(connection, account, self._place(name))
        except mailboxes.NoSuchMailbox:
            mailbox = mailboxes.create(connection, account, self._place(name), self._now)
            mailboxes.subscribe(connection, account, mailbox.name)
            return mailbox

    def _filing(self, kept: Kept, blob_id: int, mailbox_id: int) -> letters.Filing:
        label = kept.label
        return letters.Filing(
            account_id=self._carriage.account_id,
            blob_id=blob_id,
            size=kept.content.size,
            letter_id="",
            at=label.at,
            mailbox_id=mailbox_id,
            flags=int(label.flags),
            keywords=marks(label)[1],
            saved_at=self._now,
            lacks=kept.content.lacks,
        )


def marks(label: Label) -> Marks:
    """Flags and keywords as the store has them."""
    return int(label.flags), " ".join(sorted(label.keywords))
