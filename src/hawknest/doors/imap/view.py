"""One client's message numbers against the mailbox as it is. RFC 9051 §2.3.1.2, §7.5.1, RFC 7162 §3.2.10.

A client counts messages from 1, and its numbers must not change behind its back: that a message is gone is told only when the
client is not using numbers (never while FETCH, STORE or SEARCH without UID is under way), and what is new only after that.
Until then a view keeps the array of UIDs that the client last heard of.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hawknest.doors.imap.image import Image


@dataclass(frozen=True, slots=True)
class News:
    """What a client is to be told, in this order."""

    gone: Sequence[tuple[int, int]] = ()  # number, as it is when it is told, and UID
    exists: int | None = None  # how many messages there are, where that grew
    flags: Sequence[int] = ()  # UIDs whose flags are others now

    def __bool__(self) -> bool:
        return bool(self.gone) or self.exists is not None or bool(self.flags)


@dataclass(slots=True)
class View:
    """What a client knows of a mailbox."""

    uids: "array[int]"
    count: int = 0
    modseq: int = 0  # flags up to here it was told
    gone: int = 0  # how many of those that went it has dealt with
    told: set[int] = field(default_factory=set[int])  # modseqs of changes that it knows of, being its own
    owed: set[int] = field(default_factory=set[int])  # UIDs with changes of others that its own have covered

    @classmethod
    def of(cls, image: Image) -> "View":
        """See a mailbox as it is."""
        return cls(image.uids, len(image.uids), image.mailbox.modseq, len(image.gone))

    def sync(self, image: Image, *, expunge: bool) -> News:
        """Bring the view as near to the mailbox as it may be, and say what the client is to be told.

        `expunge`: it may be told that messages are gone.
        """
        gone: Sequence[tuple[int, int]] = ()
        exists: int | None = None
        behind = len(image.gone) != self.gone
        known = self.uids[self.count - 1] if self.count else 0
        if not behind or expunge:
            gone = self._gone(image) if behind else ()
            if len(image.uids) != self.count - len(gone):
                exists = len(image.uids)
            self.uids, self.count, self.gone = image.uids, len(image.uids), len(image.gone)
        flags: Sequence[int] = ()
        if image.mailbox.modseq > self.modseq:
            changed = {*image.changed_since(self.modseq, but=self.told), *self.owed}
            flags = sorted(uid for uid in changed if uid <= known and image.index(uid) is not None)
            self.modseq = image.mailbox.modseq
        self.told.clear()
        self.owed.clear()
        return News(gone, exists, flags)

    def owe(self, image: Image) -> None:
        """Note what others have changed, before changes of the client's own lie over it: their modseqs will be all there is."""
        if image.mailbox.modseq > self.modseq:
            self.owed.update(image.changed_since(self.modseq, but=self.told))

    def number(self, uid: int) -> int | None:
        """Give the client's number of a UID, or None where it knows of none."""
        at = bisect_left(self.uids, uid, 0, self.count)
        return at + 1 if at < self.count and self.uids[at] == uid else None

    def numbers(self, uids: Sequence[int]) -> list[int]:
        """Give the client's numbers of UIDs, in their order; those it does not know of are left out."""
        if len(uids) * 8 < self.count:
            return [number for uid in uids if (number := self.number(uid)) is not None]
        # The array may go on beyond what the client knows.
        known = dict(zip(self.uids, range(1, self.count + 1), strict=False))
        return [known[uid] for uid in uids if uid in known]

    def largest(self, *, by_uid: bool) -> int:
        """Give what `*` means: the largest number, or the largest UID; 0: there are no messages."""
        if not self.count:
            return 0
        return self.uids[self.count - 1] if by_uid else self.count

    def places(self, ranges: Iterable[tuple[int, int]], *, by_uid: bool) -> list[tuple[int, int]]:
        """Turn ascending ranges of numbers or UIDs into stretches of the view, each with its beginning and its end.

        What is not there is passed over.
        """
        stretches: list[tuple[int, int]] = []
        for first, last in ranges:
            if by_uid:
                start, end = (
                    bisect_left(self.uids, first, 0, self.count),
                    bisect_right(self.uids, last, 0, self.count),
                )
            else:
                start, end = first - 1, min(last, self.count)
            if start < end:
                stretches.append((start, end))
        return stretches

    def uids_at(self, stretches: Iterable[tuple[int, int]]) -> "array[int]":
        """Give the UIDs of stretches."""
        found = array("I")
        for start, end in stretches:
            found.extend(self.uids[start:end])
        return found

    def _gone(self, image: Image) -> list[tuple[int, int]]:
        """Number what is gone as the client has to hear it: each number counts what went before it."""
        numbers = [(number, uid) for uid in image.gone[self.gone :] if (number := self.number(uid))]
        return [(number - before, uid) for before, (number, uid) in enumerate(sorted(numbers))]
