"""Letters are read once they are there: their structure for IMAP, their words for searching.

It happens behind the 250, by one worker, and only while nothing more urgent is going on: what a client asks of a letter that was
not read yet is answered by reading it then. All of it can be made again, so a new way of reading is a new version number.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from hawknest.log import Log
from hawknest.mail import searchable as search
from hawknest.mail.searchable import Searchable
from hawknest.post import reading
from hawknest.store import Connection, Statement, Store, StoreError, derived, leases, vocabulary, words
from hawknest.store.blobs import Content
from hawknest.store.derived import Derived
from hawknest.store.vocabulary import Known

PORTION: Final = 32  # letters that are read in one go
OCTETS: Final = 4 << 20  # of letters in one go
START: Final = 5.0  # seconds after the start until the first look at everything: whoever comes first is not to wait for it
QUIET: Final = 0.5  # seconds without a change after which there is time
PATIENCE: Final = 30.0  # seconds after which there must be time
TROUBLE: Final = 60.0  # seconds until the next try when the store has trouble
ROUND: Final = 3600.0  # seconds between two looks at everything
HELD: Final = 60.0  # seconds that the lease lasts
_LEASE: Final = "indexing"

_MISSING: Final = Statement(
    """SELECT b.id, b.size FROM blob b
         LEFT JOIN derived d ON d.blob_id = b.id AND d.version = :reading
         LEFT JOIN searched s ON s.blob_id = b.id AND s.version = :searching
       WHERE b.id > :after AND (d.blob_id IS NULL OR s.blob_id IS NULL)
         AND EXISTS (SELECT 1 FROM email e WHERE e.blob_id = b.id)
       ORDER BY b.id LIMIT :count"""
)


_STANDING: Final = Statement(
    """SELECT count(*), count(CASE WHEN d.blob_id IS NOT NULL AND s.blob_id IS NOT NULL THEN 1 END)
       FROM (SELECT DISTINCT blob_id FROM email) AS e
         LEFT JOIN derived d ON d.blob_id = e.blob_id AND d.version = :reading
         LEFT JOIN searched s ON s.blob_id = e.blob_id AND s.version = :searching"""
)
_FORGET_DERIVED: Final = Statement("UPDATE derived SET version = 0")
_FORGET_SEARCHED: Final = Statement("UPDATE searched SET version = 0")


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of some letters, by blob id."""

    derived: Mapping[int, Derived]
    searchable: Mapping[int, Searchable]


def missing(connection: Connection, after: int, count: int = PORTION) -> list[tuple[int, int]]:
    """List letters that were not read yet, above a blob id: the ids, and their octets."""
    versions = {"reading": reading.VERSION, "searching": search.VERSION}
    return [(row[0], row[1]) for row in connection.all(_MISSING, after=after, count=count, **versions)]


def read(connection: Connection, blobs: Sequence[int], files: Path) -> Read:
    """Read letters; of one whose file is gone, an empty one is made."""
    structures: dict[int, Derived] = {}
    texts: dict[int, Searchable] = {}
    for blob, content in reading.contents(connection, blobs).items():
        structures[blob], texts[blob] = _both(content, files)
    return Read(structures, texts)


def _both(content: Content, files: Path) -> tuple[Derived, Searchable]:
    try:
        return reading.with_octets(content, files, reading.everything)
    except (OSError, ValueError):
        return reading.everything(b"")


def keep(connection: Connection, found: Read, known: Known) -> set[str]:
    """Keep what was read. Returns the words that were new."""
    derived.put(connection, reading.VERSION, found.derived)
    return words.put(connection, found.searchable.items(), known)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the reading is."""

    letters: int
    read: int


def standing(connection: Connection) -> Standing:
    """Count the letters, and those that were read."""
    row = connection.one(_STANDING, reading=reading.VERSION, searching=search.VERSION)
    return Standing(*row) if row else Standing(0, 0)


def forget(connection: Connection) -> int:
    """Have all letters read again. Returns how many there are."""
    connection.run(_FORGET_DERIVED)
    connection.run(_FORGET_SEARCHED)
    return standing(connection).letters


class Indexing:
    """What reads letters; `owner` is this worker's name."""

    def __init__(self, store: Store, log: Log, owner: str, clock: Callable[[], float]) -> None:
        self._store = store
        self._log = log
        self._owner = owner
        self._clock = clock
        self._known = Known()
        self._after = 0  # the blob id up to which all was read
        self._rung = asyncio.Event()
        self._last = 0.0  # when something changed last

    async def run(self) -> None:
        """Read what comes, for as long as the worker lives."""
        self._store.bell.follow(self._ring)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START):
                await self._rung.wait()
        while True:
            try:
                await self._round()
            except StoreError as error:
                self._log.system.error("letters not indexed", error=str(error))
                await asyncio.sleep(TROUBLE)
            self._rung.clear()
            try:
                async with asyncio.timeout(ROUND):
                    await self._rung.wait()
            except TimeoutError:
                self._after = 0  # other workers' letters may have come behind it
                await self._store.write(vocabulary.gather)

    def _ring(self) -> None:
        self._last = asyncio.get_running_loop().time()
        self._rung.set()

    async def _round(self) -> None:
        """Read all that is there to be read."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while True:
            while (now := loop.time()) - self._last < QUIET and now - begun < PATIENCE:  # noqa: ASYNC110 (nothing is to happen)
                await asyncio.sleep(QUIET / 4)
            if not await self.portion():
                return

    def again(self) -> None:
        """Look at all letters again."""
        self._after = 0
        self._rung.set()

    async def portion(self) -> int:
        """Read some letters. Returns how many; 0: there are none left. Raises StoreError."""
        lacking = await self._store.read(partial(missing, after=self._after))
        if not lacking:
            return 0
        now = self._clock()
        lease = partial(leases.take, name=_LEASE, owner=self._owner, now=now, until=now + HELD)
        if not await self._store.write(lease):
            return 0
        chosen = _some(lacking)
        found = await self._store.read(partial(read, blobs=chosen, files=self._store.blobs.files))
        new = await self._store.write(partial(keep, found=found, known=self._known))
        self._known.learn(new)
        self._after = chosen[-1]
        return len(chosen)


def _some(lacking: Sequence[tuple[int, int]]) -> list[int]:
    """Choose as many letters as are read in one go."""
    chosen: list[int] = []
    octets = 0
    for blob, size in lacking:
        octets += size
        if chosen and octets > OCTETS:
            break
        chosen.append(blob)
    return chosen
