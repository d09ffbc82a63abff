"""Messages that FETCH answers together, and what of them is in memory: column by column, in the order of UIDs."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hawknest.doors.imap.image import Image
from hawknest.doors.imap.rooms import Selected
from hawknest.doors.imap.wording import COMBINED, date_time, email_id, flags_of
from hawknest.wire.imap.fetching import Attribute

#: Places in an image; a range where they lie in a row, as they mostly do.
Places = range | list[int]

_RECENT: Final = tuple(text + b" \\Recent" if text else b"\\Recent" for text in COMBINED)


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that are answered together."""

    numbers: Sequence[int]
    uids: Sequence[int]
    blobs: Sequence[int]
    columns: dict[Attribute, Sequence[Any]] = field(default_factory=dict[Attribute, Sequence[Any]])

    def only(self, kept: Sequence[int]) -> "Batch":
        """Take some of them, by their places in the batch."""

        def some(column: Sequence[Any]) -> list[Any]:
            return [column[place] for place in kept]

        columns: dict[Attribute, Sequence[Any]] = {name: some(its) for name, its in self.columns.items()}
        return Batch(some(self.numbers), some(self.uids), some(self.blobs), columns)


@dataclass(slots=True)
class Portions:
    """Messages divided into batches; those that are gone are left out, and counted."""

    selected: Selected
    attributes: Sequence[Attribute]
    count: int  # messages in a batch at the most
    octets: int  # of letters in a batch at the most; 0: they do not matter
    missing: int = 0

    def of(self, uids: Sequence[int]) -> Iterator[Batch]:
        """Divide messages, ascending by UID."""
        at = 0
        while at < len(uids):
            image = self.selected.opened.image
            places, numbers = self._places(image, uids[at : at + self.count])
            at += self.count
            while len(places):
                some = self._by_octets(image, places) if self.octets else len(places)
                yield self._batch(image, places[:some], numbers[:some])
                places, numbers = places[some:], numbers[some:]

    def _places(self, image: Image, uids: Sequence[int]) -> tuple[Places, Sequence[int]]:
        """Find messages in the image, and the numbers that the client has for them."""
        view = self.selected.view
        if view.uids is image.uids:
            first = bisect_left(view.uids, uids[0], 0, view.count)
            last = first + len(uids)
            if last <= view.count and view.uids[last - 1] == uids[-1]:
                return range(first, last), range(first + 1, last + 1)
        places: list[int] = []
        numbers: list[int] = []
        for uid in uids:
            number, place = view.number(uid), image.index(uid)
            if number is None or place is None:
                self.missing += 1
            else:
                places.append(place)
                numbers.append(number)
        return places, numbers

    def _by_octets(self, image: Image, places: Places) -> int:
        octets = 0
        for count, place in enumerate(places):
            octets += image.sizes[place]
            if octets > self.octets and count:
                return count
        return len(places)

    def _batch(self, image: Image, places: Places, numbers: Sequence[int]) -> Batch:
        batch = Batch(numbers, take(image.uids, places), take(image.blobs, places))
        for attribute in self.attributes:
            if (column := COLUMNS.get(attribute)) is not None:
                batch.columns[attribute] = column(self.selected, image, places)
        return batch


def take(column: Any, places: Places) -> Any:
    """Take what stands at places of a column."""
    if isinstance(places, range):
        return column[places.start : places.stop]
    return [column[place] for place in places]


def _flags(selected: Selected, image: Image, places: Places) -> list[bytes]:
    if image.keywords:
        return [flags_of(selected, place) for place in places]
    flags: Sequence[int] = take(image.flags, places)
    texts = list(map(COMBINED.__getitem__, flags))
    if selected.recent:
        uids: Sequence[int] = take(image.uids, places)
        for first, last in selected.recent:
            start = bisect_left(uids, first)
            for at in range(start, bisect_left(uids, last + 1, start)):
                texts[at] = _RECENT[flags[at]]
    return texts


def _saved(_: Selected, image: Image, places: Places) -> list[bytes]:
    saved, received = image.saved, image.received
    return [date_time(int(saved.get(image.uids[place], received[place]))) for place in places]


def _internal(_: Selected, image: Image, places: Places) -> list[bytes]:
    received: array[float] = take(image.received, places)
    return [date_time(int(at)) for at in received]


def _emails(_: Selected, image: Image, places: Places) -> list[bytes]:
    pairs = zip(take(image.blobs, places), take(image.received, places), strict=True)
    return [email_id(blob, at) for blob, at in pairs]


#: What is written from memory, a column at a time.
COLUMNS: Final[Mapping[Attribute, Callable[[Selected, Image, Places], Sequence[Any]]]] = {
    Attribute.FLAGS: _flags,
    Attribute.UID: lambda _, image, places: take(image.uids, places),
    Attribute.SIZE: lambda _, image, places: take(image.sizes, places),
    Attribute.MODSEQ: lambda _, image, places: take(image.modseqs, places),
    Attribute.INTERNALDATE: _internal,
    Attribute.SAVEDATE: _saved,
    Attribute.EMAILID: _emails,
}
