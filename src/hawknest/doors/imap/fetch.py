r"""FETCH: attributes and octets of messages. RFC 9051 §6.4.5, RFC 7162 §3.1.4, RFC 9394 §3.

Messages are answered in batches, and a batch column by column: all the UIDs, all the flags, all the envelopes; then one
template makes a line of each row. What is in the image is written at once; what has to be read comes from a reader's thread,
which prepares a batch while the one before is being sent.
"""

import contextlib
import mmap
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from hawknest.doors.imap import news
from hawknest.doors.imap.numbers import stretches_of
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Selected, Session
from hawknest.doors.imap.sections import Piece, UnknownEncoding, label, value
from hawknest.doors.imap.select import within
from hawknest.doors.imap.store import apply
from hawknest.doors.imap.wording import COMBINED, date_time, email_id, flags_of
from hawknest.mail import mime
from hawknest.mail.mime import Octets, Part
from hawknest.post import reading
from hawknest.store import Connection, changes
from hawknest.store.derived import Derived
from hawknest.store.errors import FileGone
from hawknest.store.flags import Change, Mode
from hawknest.store.letters import Flag
from hawknest.wire.imap import sets
from hawknest.wire.imap.fetching import Attribute, Fetch, Section
from hawknest.wire.imap.strings import NIL, string
from hawknest.wire.imap.structure import bodystructure

LIGHT: Final = 5000  # messages in a batch that is written from memory
DERIVED: Final = 512  # in a batch of which envelopes and the like are read
OCTETS: Final = 1 << 20  # of letters in a batch of which these are read

_DERIVED: Final = frozenset({Attribute.ENVELOPE, Attribute.BODY, Attribute.BODYSTRUCTURE, Attribute.PREVIEW})


@dataclass(slots=True)
class Batch:
    """Messages that are answered together, by their places in the image when it was made."""

    numbers: list[int]
    uids: list[int]
    blobs: list[int]
    columns: dict[Attribute, Sequence[Any]] = field(default_factory=dict[Attribute, Sequence[Any]])


@dataclass(slots=True)
class Read:
    """What a reader's thread made of a batch."""

    lines: list[bytes | Piece] = field(default_factory=list[bytes | Piece])
    fresh: dict[int, Derived] = field(default_factory=dict[int, Derived])  # to be kept
    lost: int = 0  # messages whose octets are gone
    unknown: int = 0  # whose encoding nobody knows


async def fetch(session: Session, command: Fetch) -> Answer:
    """Give attributes of messages. Raises StoreError, Refused, CommandError."""
    selected = session.mailbox
    stretches = stretches_of(session, command.numbers, by_uid=command.by_uid)
    if command.changed_since is not None or Attribute.MODSEQ in command.attributes:
        session.condstore = True
    uids: Sequence[int] = selected.view.uids_at(stretches)
    if command.vanished and command.changed_since is not None:
        await _tell_vanished(session, command)
    if command.partial is not None:
        uids = part_of(uids, command.partial)
    image = selected.opened.image
    if command.changed_since is not None:
        recent = set(image.changed_since(command.changed_since))
        uids = [uid for uid in uids if uid in recent]
    attributes = command.attributes
    if any(not section.peek for section in command.sections) and await _see(session, uids):
        attributes = tuple(dict.fromkeys((*attributes, Attribute.FLAGS)))
    given = Given(session, attributes, command.sections)
    await given.give(uids)
    if given.unknown:
        raise Refused("The encoding of a part is not known", "UNKNOWN-CTE")
    if given.lost:
        raise Refused(f"{given.lost} of the letters cannot be read: their files are gone from the server")
    if given.missing:
        raise Refused("Some of the messages are gone already", "EXPUNGEISSUED")
    return Answer("That is all")


def part_of(uids: Sequence[int], wanted: tuple[int, int]) -> Sequence[int]:
    """Take a part of UIDs: from the first, or with negative numbers from the last (RFC 9394 §3.1)."""
    low, high = wanted
    if low > 0:
        return uids[low - 1 : high]
    count = len(uids)
    return uids[max(count + low, 0) : max(count + high + 1, 0)]


async def _tell_vanished(session: Session, command: Fetch) -> None:
    selected = session.mailbox
    mailbox = selected.opened.image.mailbox
    assert command.changed_since is not None
    ask = partial(changes.gone, mailbox_id=mailbox.id, modseq=command.changed_since)
    gone = within(await session.rooms.store.read(ask), command.numbers.resolve(mailbox.uidnext))
    if gone:
        session.server.untagged(b"VANISHED (EARLIER) " + sets.written(sets.ranges_of(gone)))


async def _see(session: Session, uids: Sequence[int]) -> bool:
    r"""Mark messages \Seen whose text is read. Returns whether that changed any."""
    selected = session.mailbox
    if selected.read_only or "s" not in selected.rights:
        return False
    image = selected.opened.image
    unseen = [
        uid for uid in uids if (index := image.index(uid)) is not None and not image.flags[index] & Flag.SEEN
    ]
    if unseen:
        await apply(session, unseen, Change(Mode.ADD, Flag.SEEN), told=False)
        selected.view.told.update((uid, selected.opened.image.mailbox.modseq) for uid in unseen)
    return bool(unseen)


class Given:
    """One giving of attributes and sections; it is FETCH's, and NOTIFY's for new messages."""

    def __init__(
        self, session: Session, attributes: Sequence[Attribute], sections: Sequence[Section]
    ) -> None:
        self.session = session
        self.missing = self.lost = self.unknown = 0
        self._attributes = [
            attribute
            for attribute in attributes
            if attribute is not Attribute.BODY and not (session.uid_only and attribute is Attribute.UID)
        ]
        self._sections: list[Section | Attribute] = list(sections)
        if Attribute.BODY in attributes:  # it is seldom asked for, so it is worked out like a section
            self._sections.append(Attribute.BODY)
        self._template = self._make_template()
        self._heavy = bool(self._sections)
        self._reads = self._heavy or bool(_DERIVED & set(attributes))

    async def give(self, uids: Sequence[int]) -> None:
        """Give them of messages. Raises StoreError."""
        server, link = self.session.server, self.session.link
        if not self._reads:
            for batch in self._batches(uids):
                server.lines(self._written(batch, {}))
                await link.flush()
            return
        async for read in self._ahead(uids):
            for line in read.lines:
                if isinstance(line, Piece):
                    await self._stream(line)
                else:
                    server.write(line)
            await link.flush()
            self.lost += read.lost
            self.unknown += read.unknown
            if read.fresh:
                self.session.rooms.keep(read.fresh)
            if link.ended is not None:
                return

    async def _ahead(self, uids: Sequence[int]) -> AsyncGenerator[Read]:
        """Read batches, the next one while the one before is being sent."""
        store = self.session.rooms.store
        under_way = None
        for batch in self._batches(uids):
            following = store.read(partial(self._read, batch=batch))
            if under_way is not None:
                yield await under_way
            under_way = following
        if under_way is not None:
            yield await under_way

    def _batches(self, uids: Sequence[int]) -> Iterator[Batch]:
        """Divide messages into batches; those that are gone are left out."""
        selected = self.session.mailbox
        most = DERIVED if self._reads else LIGHT
        at = 0
        while at < len(uids):
            image, view = selected.opened.image, selected.view
            end = at + most
            if self._heavy:
                end = self._by_octets(uids, at, end)
            portion = uids[at:end]
            at = end
            same = view.uids is image.uids
            places: list[int] = []
            numbers: list[int] = []
            for uid in portion:
                number = view.number(uid)
                index = number - 1 if same and number is not None else image.index(uid)
                if number is None or index is None:
                    self.missing += 1
                    continue
                places.append(index)
                numbers.append(number)
            yield self._batch(selected, places, numbers)

    def _by_octets(self, uids: Sequence[int], at: int, end: int) -> int:
        image = self.session.mailbox.opened.image
        octets = 0
        for place in range(at, min(end, len(uids))):
            index = image.index(uids[place])
            octets += image.sizes[index] if index is not None else 0
            if octets > OCTETS and place > at:
                return place
        return end

    def _batch(self, selected: Selected, places: list[int], numbers: list[int]) -> Batch:
        image = selected.opened.image
        batch = Batch(numbers, [image.uids[i] for i in places], [image.blobs[i] for i in places])
        for attribute in self._attributes:
            if (column := _COLUMNS.get(attribute)) is not None:
                batch.columns[attribute] = column(selected, places)
        if Attribute.FLAGS in batch.columns:
            news.tell_keywords(self.session, selected)
        return batch

    def _make_template(self) -> bytes:
        words = [_WORDS[attribute] for attribute in self._attributes]
        for section in self._sections:
            name = section.value.encode() if isinstance(section, Attribute) else label(section)
            words.append(name.replace(b"%", b"%%") + b" %b")
        verb = b"UIDFETCH" if self.session.uid_only else b"FETCH"
        return b"* %d " + verb + b" (" + b" ".join(words) + b")\r\n"

    def _written(self, batch: Batch, found: dict[int, Derived]) -> bytes:
        """Write a batch of which no octets are asked for."""
        columns = self._all_columns(batch, found)
        if not columns:
            return b"".join([self._template % number for number in self._heads(batch)])
        template = self._template
        return b"".join([template % row for row in zip(self._heads(batch), *columns, strict=True)])

    def _heads(self, batch: Batch) -> list[int]:
        return batch.uids if self.session.uid_only else batch.numbers

    def _all_columns(self, batch: Batch, found: dict[int, Derived]) -> list[Sequence[Any]]:
        columns: list[Sequence[Any]] = []
        for attribute in self._attributes:
            column = batch.columns.get(attribute)
            if column is None and attribute in _DERIVED:
                column = [_derived(attribute, found[blob]) for blob in batch.blobs]
            if column is not None:
                columns.append(column)
        return columns

    def _read(self, connection: Connection, batch: Batch) -> Read:
        """Read what a batch needs and write it; in a reader's thread."""
        files = self.session.rooms.store.blobs.files
        found, fresh = reading.of(connection, list(dict.fromkeys(batch.blobs)), files)
        read = Read(fresh=fresh)
        if len(found) < len(set(batch.blobs)):
            kept = [place for place, blob in enumerate(batch.blobs) if blob in found]
            read.lost = len(batch.blobs) - len(kept)
            batch = _only(batch, kept)
        if not self._sections:
            read.lines.append(self._written(batch, found))
            return read
        contents = reading.contents(connection, found)
        columns = self._all_columns(batch, found)
        rows = zip(*columns, strict=True) if columns else [()] * len(batch.uids)
        for head, blob, row in zip(self._heads(batch), batch.blobs, rows, strict=True):
            content = contents.get(blob)
            if content is None:
                read.lost += 1
                continue
            root = mime.unpack(found[blob].parts)
            try:
                with self._octets(content.data, content.place) as data:
                    values = [_value(section, root, data, content.place) for section in self._sections]
            except UnknownEncoding:
                read.unknown += 1
            except (FileGone, OSError, ValueError):
                read.lost += 1
            else:
                read.lines += _line(self._template, (head, *row, *values))
        return read

    @contextlib.contextmanager
    def _octets(self, data: bytes | None, place: str | None) -> Generator[Octets]:
        """Give a letter's octets, wherever they lie. Raises OSError, ValueError."""
        if place is None:
            yield data or b""
            return
        mapped: mmap.mmap = reading.mapped(self.session.rooms.store.blobs.files / place)
        try:
            yield mapped
        finally:
            mapped.close()

    async def _stream(self, piece: Piece) -> None:
        """Send a piece of a file. Raises StoreError."""
        server, link = self.session.server, self.session.link
        left = piece.end - piece.start
        server.write(b"{%d}\r\n" % left)
        blocks = self.session.rooms.store.blobs.read(piece.place, piece.start)
        async with contextlib.aclosing(blocks):
            async for block in blocks:
                octets = block[:left]
                server.write(octets if piece.binary else octets.replace(b"\0", b"\x80"))
                left -= len(octets)
                await link.flush()
                if not left or link.ended is not None:
                    return
        link.abort()  # half a literal must not look like a whole one


def _value(section: Section | Attribute, root: Part, data: Octets, place: str | None) -> bytes | Piece:
    if isinstance(section, Attribute):
        return bodystructure(root, data, extended=False)
    return value(section, root, data, place)


def _only(batch: Batch, kept: Sequence[int]) -> Batch:
    def some(column: Sequence[Any]) -> list[Any]:
        return [column[place] for place in kept]

    columns: dict[Attribute, Sequence[Any]] = {name: some(column) for name, column in batch.columns.items()}
    return Batch(some(batch.numbers), some(batch.uids), some(batch.blobs), columns)


def _line(template: bytes, row: tuple[Any, ...]) -> list[bytes | Piece]:
    """Write one message, in pieces where parts of it come from a file."""
    if not any(isinstance(one, Piece) for one in row):
        return [template % row]
    pieces = [one for one in row if isinstance(one, Piece)]
    mark = b"\0piece\0"
    whole = template % tuple(mark if isinstance(one, Piece) else one for one in row)
    found: list[bytes | Piece] = []
    for text, piece in zip(whole.split(mark), [*pieces, None], strict=True):
        found.append(text)
        if piece is not None:
            found.append(piece)
    return found


def _flags(selected: Selected, places: Sequence[int]) -> list[bytes]:
    image = selected.opened.image
    if not image.keywords and not selected.recent:
        flags = image.flags
        return [COMBINED[flags[i]] for i in places]
    return [flags_of(selected, i) for i in places]


def _saved(selected: Selected, places: Sequence[int]) -> list[bytes]:
    image = selected.opened.image
    return [date_time(int(image.saved.get(image.uids[i], image.received[i]))) for i in places]


#: What is written from memory, a column at a time.
_COLUMNS: Final[dict[Attribute, Callable[[Selected, list[int]], Sequence[Any]]]] = {
    Attribute.FLAGS: _flags,
    Attribute.UID: lambda selected, places: [selected.opened.image.uids[i] for i in places],
    Attribute.SIZE: lambda selected, places: [selected.opened.image.sizes[i] for i in places],
    Attribute.MODSEQ: lambda selected, places: [selected.opened.image.modseqs[i] for i in places],
    Attribute.INTERNALDATE: lambda selected, places: [
        date_time(int(selected.opened.image.received[i])) for i in places
    ],
    Attribute.SAVEDATE: _saved,
    Attribute.EMAILID: lambda selected, places: [
        email_id(selected.opened.image.blobs[i], selected.opened.image.received[i]) for i in places
    ],
}
_WORDS: Final = {
    Attribute.FLAGS: b"FLAGS (%b)",
    Attribute.UID: b"UID %d",
    Attribute.SIZE: b"RFC822.SIZE %d",
    Attribute.MODSEQ: b"MODSEQ (%d)",
    Attribute.INTERNALDATE: b"INTERNALDATE %b",
    Attribute.SAVEDATE: b"SAVEDATE %b",
    Attribute.EMAILID: b"EMAILID (%b)",
    Attribute.THREADID: b"THREADID NIL",
    Attribute.ENVELOPE: b"ENVELOPE %b",
    Attribute.BODYSTRUCTURE: b"BODYSTRUCTURE %b",
    Attribute.PREVIEW: b"PREVIEW %b",
}


def _derived(attribute: Attribute, found: Derived) -> bytes:
    match attribute:
        case Attribute.ENVELOPE:
            return found.envelope
        case Attribute.BODYSTRUCTURE:
            return found.structure
        case _:
            return string(found.preview.encode()) if found.preview else NIL
