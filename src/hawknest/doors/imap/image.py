"""One mailbox as it is, in memory, for all sessions of this process that have it open.

What clients ask most (which letters, what flags, how large, since when) is answered from here. An image follows the store: it
is told what changed (`store.changes`) and takes it in. Columns are arrays in the order of UIDs, about 45 octets a letter.

`uids` is never changed but at its end: when letters go, a new array takes its place. So each client's view of the mailbox
(`view`) is a reference to the array it last saw, and a length.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from itertools import compress
from operator import ne
from typing import Final, TypeVar

from hawknest.store.changes import Delta
from hawknest.store.engine import Row
from hawknest.store.flags import Change, Mode
from hawknest.store.mailbox import Mailbox
from hawknest.store.places import Range

N = TypeVar("N", int, float)

_UNSEEN: Final = re.compile(
    b"[" + b"".join(re.escape(bytes([flags])) for flags in range(0, 32, 2)) + b"]"
)  # \Seen is 1

LOG: Final = 20_000  # changes that are remembered one by one


class Image:
    """A mailbox in memory."""

    __slots__ = (
        "blobs",
        "emails",
        "flags",
        "gone",
        "indexed",
        "keywords",
        "known",
        "log",
        "logged_since",
        "mailbox",
        "modseqs",
        "received",
        "recent_from",
        "saved",
        "sizes",
        "uids",
    )

    def __init__(self, delta: Delta) -> None:
        self.mailbox: Mailbox = delta.mailbox
        self.uids = array("I")
        self.flags = bytearray()
        self.modseqs = array("Q")
        self.sizes = array("Q")
        self.received: array[float] = array("d")
        self.blobs = array("Q")
        self.emails = array("Q")
        self.keywords: dict[int, str] = {}  # by UID, of those that have some
        self.known: set[str] = set()  # keywords that are or were in use here
        self.saved: dict[int, float] = {}  # by UID, where it is another time than `received`
        self.gone = array("I")  # UIDs that went since the image was made, as they went
        self.log: list[tuple[int, int]] = []  # modseq and UID of letters that changed or came, in this order
        self.logged_since = delta.mailbox.modseq  # all later changes are in the log
        self.indexed = 0  # the index of words knows all letters up to this UID
        self.recent_from = 0  # UIDs from here on no session was told of yet (RFC 3501 §2.3.2)
        self._append(delta.new)

    def __len__(self) -> int:
        return len(self.uids)

    def take(self, delta: Delta) -> None:
        """Take in what changed; to be told a thing twice does no harm, nor to be told of a time before."""
        if delta.mailbox.modseq < self.mailbox.modseq:
            return  # what came since then may have gone, and must not come back
        self._remove(delta.gone)
        logged: list[tuple[int, int]] = []
        for row in delta.changed:
            index = self.index(row[0])
            if index is not None and row[3] > self.modseqs[index]:
                self._flag(index, row[1], row[2])
                self.modseqs[index] = row[3]
                logged.append((row[3], row[0]))
        last = self.uids[-1] if self.uids else 0
        dead = set(delta.gone)
        new = [row for row in delta.new if row[0] > last and row[0] not in dead]
        self._append(new)
        self._note(logged + [(row[3], row[0]) for row in new])
        self.mailbox = delta.mailbox

    def alter(self, ranges: Iterable[Range], what: Change, modseq: int) -> None:
        """Take in a change of flags that the store made of what is here (`store.flags.change`), under this modseq."""
        logged: list[tuple[int, int]] = []
        for first, last in ranges:
            start, end = bisect_left(self.uids, first), bisect_right(self.uids, last)
            places = self._alter_bits(start, end, what) if what.simple else self._alter_each(start, end, what)
            for place in places:
                self.modseqs[place] = modseq
            logged += [(modseq, self.uids[place]) for place in places]
        self._note(logged)
        self.mailbox = replace(self.mailbox, modseq=modseq)

    def _alter_bits(self, start: int, end: int, what: Change) -> list[int]:
        """Add or remove system flags; returns the places of letters whose flags are others now."""
        adds = what.mode is Mode.ADD
        table = bytes(flags | what.flags if adds else flags & ~what.flags for flags in range(256))
        before = self.flags[start:end]
        after = before.translate(table)
        self.flags[start:end] = after
        return list(compress(range(start, end), map(ne, before, after)))

    def _alter_each(self, start: int, end: int, what: Change) -> list[int]:
        limit = what.unchanged_since
        places: list[int] = []
        for place in range(start, end):
            if limit is not None and self.modseqs[place] > limit:
                continue
            had = self.flags[place], self.keywords.get(self.uids[place], "")
            if (new := what.of(*had)) != had:
                self._flag(place, *new)
                places.append(place)
        return places

    def index(self, uid: int) -> int | None:
        """Find a letter's place, or None where it is gone."""
        at = bisect_left(self.uids, uid)
        return at if at < len(self.uids) and self.uids[at] == uid else None

    def changed_since(self, modseq: int, but: Container[int] = ()) -> Sequence[int]:
        """List the UIDs of letters whose flags changed, or that came, after a modseq, `but` for those of some modseqs."""
        if modseq >= self.logged_since:
            latest: dict[int, int] = {}
            for its, uid in reversed(self.log):
                if its <= modseq:
                    break
                latest.setdefault(uid, its)
            return sorted(uid for uid, its in latest.items() if its not in but)
        pairs = zip(self.uids, self.modseqs, strict=True)
        return [uid for uid, its in pairs if its > modseq and its not in but]

    def learn(self, keywords: Iterable[str]) -> None:
        """Note which keywords are in use; their case counts for nothing (RFC 9051 §2.3.2)."""
        for word in {word for words in set(keywords) for word in words.split()} - self.known:
            if word.lower() not in {known.lower() for known in self.known}:
                self.known.add(word)

    def first_unseen(self) -> int | None:
        """Find the place of the first letter that was not seen."""
        found = _UNSEEN.search(self.flags)
        return found.start() if found else None

    def count(self, wanted: Callable[[int], bool]) -> int:
        """Count the letters whose flags are wanted."""
        counts = [self.flags.count(flags) for flags in range(32)]
        return sum(count for flags, count in enumerate(counts) if wanted(flags))

    def _append(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        uids, flags, keywords, modseqs, sizes, received, saved, blobs, emails = zip(*rows, strict=True)
        self.uids.extend(uids)
        self.flags.extend(flags)
        self.modseqs.extend(modseqs)
        self.sizes.extend(sizes)
        self.received.extend(received)
        self.blobs.extend(blobs)
        self.emails.extend(emails)
        some = {uid: words for uid, words in zip(uids, keywords, strict=True) if words}
        self.keywords.update(some)
        self.learn(some.values())
        for uid, at in zip(uids, saved, strict=True):
            if at is not None:
                self.saved[uid] = at

    def _flag(self, index: int, flags: int, keywords: str) -> None:
        uid = self.uids[index]
        self.flags[index] = flags
        if keywords:
            self.keywords[uid] = keywords
            self.learn([keywords])
        else:
            self.keywords.pop(uid, None)

    def _note(self, changes: list[tuple[int, int]]) -> None:
        """Remember changes, in the order of modseqs: those of a delta come in any."""
        self.log += sorted(changes)
        if len(self.log) > LOG:
            first = len(self.log) - LOG // 2
            self.logged_since = self.log[first - 1][0]
            del self.log[:first]

    def _remove(self, uids: Iterable[int]) -> None:
        places = [index for uid in uids if (index := self.index(uid)) is not None]
        if not places:
            return
        self.gone.extend([self.uids[index] for index in places])
        for index in places:
            self.keywords.pop(self.uids[index], None)
            self.saved.pop(self.uids[index], None)
        kept = _others(places, len(self.uids))
        self.uids = _only(self.uids, kept)
        self.flags = bytearray(b"".join([self.flags[a:b] for a, b in kept]))
        self.modseqs = _only(self.modseqs, kept)
        self.sizes = _only(self.sizes, kept)
        self.received = _only(self.received, kept)
        self.blobs = _only(self.blobs, kept)
        self.emails = _only(self.emails, kept)


def _others(places: Sequence[int], length: int) -> list[tuple[int, int]]:
    """Give the stretches between places, each with its beginning and its end."""
    stretches: list[tuple[int, int]] = []
    start = 0
    for place in [*places, length]:
        if place > start:
            stretches.append((start, place))
        start = place + 1
    return stretches


def _only(column: "array[N]", stretches: Iterable[tuple[int, int]]) -> "array[N]":
    kept = column[:0]
    for start, end in stretches:
        kept.extend(column[start:end])
    return kept
