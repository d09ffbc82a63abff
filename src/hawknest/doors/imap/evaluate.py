"""Which messages of a mailbox a search means. RFC 9051 §6.4.4.

A set of messages is one long integer with an octet for each, 0 or 1, in the order of UIDs: and, or and not are then single
operations, whatever the size of the mailbox. Flags, sizes, dates and numbers are answered from the image; texts come from the
store's index (`texts`), and only for messages that everything cheaper has left.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

from hawknest.doors.imap import texts
from hawknest.doors.imap.image import Image
from hawknest.doors.imap.numbers import ranges_of
from hawknest.doors.imap.rooms import Selected, Session
from hawknest.doors.imap.wording import email_id, sort_flags
from hawknest.wire.imap.cursor import CommandError
from hawknest.wire.imap.searching import (
    Aged,
    All,
    And,
    Changed,
    Clock,
    Dated,
    Flagged,
    Has,
    Header,
    Key,
    Named,
    Not,
    Numbers,
    Or,
    SaveDates,
    Sized,
    When,
)

DAY: Final = 86400


@dataclass(frozen=True, slots=True)
class Columns:
    """A mailbox as it was when the search began."""

    uids: "array[int]"
    flags: bytes
    modseqs: "array[int]"
    sizes: "array[int]"
    received: "array[float]"
    blobs: "array[int]"


class Evaluation:
    """One search of one mailbox; `selected` where it is the one that the client counts messages in."""

    def __init__(self, session: Session, image: Image, selected: Selected | None) -> None:
        self.session = session
        self.image = image
        self.columns = Columns(
            image.uids, bytes(image.flags), image.modseqs, image.sizes, image.received, image.blobs
        )
        self._selected = selected
        self._count = len(image.uids)
        self._all = int.from_bytes(b"\1" * self._count, "little")
        self._now = session.rooms.clock()

    def __len__(self) -> int:
        return self._count

    async def uids(self, key: Key) -> list[int]:
        """List the UIDs that a key means, ascending. Raises StoreError, CommandError."""
        return list(compress(self.columns.uids, self._octets(await self._mask(key, self._all))))

    def highest(self, uids: Sequence[int]) -> int:
        """Give the highest modseq of messages."""
        places = [place for uid in uids if (place := self._place(uid)) is not None]
        return max((self.columns.modseqs[place] for place in places), default=0)

    def places(self, uids: Iterable[int]) -> list[int]:
        """Give the places of messages in the columns."""
        return [place for uid in uids if (place := self._place(uid)) is not None]

    def _place(self, uid: int) -> int | None:
        at = bisect_left(self.columns.uids, uid, 0, self._count)
        return at if at < self._count and self.columns.uids[at] == uid else None

    def _octets(self, mask: int) -> bytes:
        return mask.to_bytes(self._count, "little")

    async def _mask(self, key: Key, domain: int) -> int:
        """Find the messages that a key means, of those in the domain."""
        if not domain:
            return 0
        match key:
            case And(keys):
                for one in sorted(keys, key=_cost):
                    domain = await self._mask(one, domain)
                return domain
            case Or(one, other):
                first, second = sorted((one, other), key=_cost)
                found = await self._mask(first, domain)
                return found | await self._mask(second, domain & ~found)
            case Not(inner):
                return domain & ~await self._mask(inner, domain)
            case Has() | Header():
                return await self._texts(key, domain)
            case Dated(clock=Clock.SENT):
                return await self._texts(key, domain)
            case _:
                return self._known(key) & domain

    async def _texts(self, key: Has | Header | Dated, domain: int) -> int:
        uids = list(compress(self.columns.uids, self._octets(domain)))
        found = await texts.matching(self.session, self.image, key, uids)
        return self._of_uids(found) & domain

    def _known(self, key: Key) -> int:
        """Answer from memory."""
        columns = self.columns
        match key:
            case All() | SaveDates():
                return self._all
            case Flagged(flag):
                return self._flagged(flag)
            case Sized(larger, octets):
                if larger:
                    return _mask_of([size > octets for size in columns.sizes])
                return _mask_of([size < octets for size in columns.sizes])
            case Dated():
                return self._dated(key)
            case Aged(younger, seconds):
                limit = self._now - seconds
                if younger:
                    return _mask_of([at >= limit for at in columns.received])
                return _mask_of([at <= limit for at in columns.received])
            case Numbers():
                return self._numbered(key)
            case Changed(modseq):
                self.session.condstore = True
                return _mask_of([its >= modseq for its in columns.modseqs])
            case Named(thread, name):
                if thread:
                    return 0
                pairs = zip(columns.blobs, columns.received, strict=True)
                wanted = name.encode()
                return _mask_of([email_id(blob, at) == wanted for blob, at in pairs])
            case _:
                raise AssertionError(key)

    def _flagged(self, flag: str) -> int:
        if flag == "\\Recent":
            ranges = self._selected.recent if self._selected else []
            return self._of_ranges(ranges)
        bits, keywords, unknown = sort_flags((flag,))
        if unknown:
            return 0
        if bits:
            table = bytes(1 if octet & bits else 0 for octet in range(256))
            return int.from_bytes(self.columns.flags.translate(table), "little")
        wanted = keywords[0].lower()
        having = self.image.keywords.items()
        return self._of_uids(uid for uid, words in having if wanted in words.lower().split())

    def _dated(self, key: Dated) -> int:
        start, end = key.day * DAY, (key.day + 1) * DAY
        times: Iterable[float] = self.columns.received
        if key.clock is Clock.SAVED:
            saved = self.image.saved
            times = [saved.get(uid, at) for uid, at in zip(self.columns.uids, times, strict=True)]
        match key.when:
            case When.BEFORE:
                return _mask_of([at < start for at in times])
            case When.ON:
                return _mask_of([start <= at < end for at in times])
            case When.SINCE:
                return _mask_of([at >= start for at in times])

    def _numbered(self, key: Numbers) -> int:
        if self._selected is None:
            if key.numbers.saved:
                raise CommandError("$ means nothing in several mailboxes")
            last = self.columns.uids[-1] if self._count else 0
            return self._of_ranges(key.numbers.resolve(last))
        ranges = ranges_of(self._selected, key.numbers, by_uid=key.by_uid)
        if key.by_uid:
            return self._of_ranges(ranges)
        view = self._selected.view
        if ranges and ranges[-1][1] > view.count and not any(0 in pair for pair in key.numbers.ranges):
            raise CommandError("There is no message of that number")
        return self._of_uids(view.uids_at(view.places(ranges, by_uid=False)))

    def _of_ranges(self, ranges: Iterable[tuple[int, int]]) -> int:
        octets = bytearray(self._count)
        for first, last in ranges:
            start = bisect_left(self.columns.uids, first, 0, self._count)
            end = bisect_right(self.columns.uids, last, 0, self._count)
            octets[start:end] = b"\1" * max(end - start, 0)
        return int.from_bytes(octets, "little")

    def _of_uids(self, uids: Iterable[int]) -> int:
        octets = bytearray(self._count)
        for uid in uids:
            place = self._place(uid)
            if place is not None:
                octets[place] = 1
        return int.from_bytes(octets, "little")


def _mask_of(holds: Sequence[bool]) -> int:
    return int.from_bytes(bytes(holds), "little")


def _cost(key: Key) -> int:
    """Say how dear a key is to answer, roughly."""
    match key:
        case Has() | Header():
            return 3
        case Dated(clock=Clock.SENT):
            return 2
        case Not(inner):
            return _cost(inner)
        case Or(one, other):
            return max(_cost(one), _cost(other))
        case And(keys):
            return max(map(_cost, keys), default=0)
        case _:
            return 1
