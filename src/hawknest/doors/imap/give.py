"""Giving attributes and octets of messages. RFC 9051 §7.5.2.

Messages are answered in batches, and a batch column by column: all the UIDs, all the flags, all the envelopes; then one
template makes a line of each row. What is in memory is written at once; what has to be read comes from a reader's thread,
which prepares a batch while the one before is being sent. A letter that is asked for whole is passed on as it lies there,
without being copied into its line.
"""

import contextlib
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from hawknest.doors.imap import news
from hawknest.doors.imap.batch import Batch, Portions
from hawknest.doors.imap.rooms import Session
from hawknest.doors.imap.sections import (
    Piece,
    UnknownEncoding,
    cut,
    from_fields,
    is_fields,
    is_whole,
    label,
    value,
)
from hawknest.mail import mime
from hawknest.mail.mime import Octets
from hawknest.post import reading
from hawknest.store import Connection
from hawknest.store.blobs import Content
from hawknest.store.derived import Derived
from hawknest.wire.imap.fetching import Attribute, Section
from hawknest.wire.imap.strings import string
from hawknest.wire.imap.structure import bodystructure

LIGHT: Final = 5000  # messages in a batch that is written from memory
DERIVED: Final = 512  # in a batch of which something is read
OCTETS: Final = 1 << 20  # of letters in a batch of which these are read

_DERIVED: Final = frozenset({Attribute.ENVELOPE, Attribute.BODYSTRUCTURE, Attribute.PREVIEW})
_END: Final = b"%b)\r\n"  # of a template


@dataclass(slots=True)
class _Read:
    """What a reader's thread made of a batch."""

    lines: list[bytes | Piece] = field(default_factory=list[bytes | Piece])
    fresh: dict[int, Derived] = field(default_factory=dict[int, Derived])  # to be kept
    lost: int = 0  # messages whose octets are gone
    unknown: int = 0  # whose encoding nobody knows


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
            self._sections.insert(0, Attribute.BODY)
        self._needs_octets = any(not is_fields(section) for section in self._sections)
        self._needs_parts = any(not is_whole(section) for section in self._sections)
        self._reads = bool(self._sections) or bool(_DERIVED & set(attributes))
        self._needs_derived = self._needs_parts or bool(_DERIVED & set(attributes))
        self._template = self._make_template()
        last = self._sections[-1] if self._sections else None
        self._whole = last if isinstance(last, Section) and is_whole(last) else None

    async def give(self, uids: Sequence[int]) -> None:
        """Give them of messages. Raises StoreError."""
        server, link = self.session.server, self.session.link
        selected = self.session.mailbox
        if Attribute.FLAGS in self._attributes:
            news.tell_keywords(self.session, selected)
        octets = OCTETS if self._needs_octets else 0
        portions = Portions(selected, self._attributes, DERIVED if self._reads else LIGHT, octets)
        if not self._reads:
            for batch in portions.of(uids):
                server.lines(self._written(batch, {}))
                await link.flush()
        else:
            async with contextlib.aclosing(self._ahead(portions, uids)) as reads:
                async for read in reads:
                    await self._send(read)
                    if link.ended is not None:
                        return
        self.missing += portions.missing

    async def _send(self, read: _Read) -> None:
        server = self.session.server
        for line in read.lines:
            if isinstance(line, Piece):
                await self._stream(line)
            else:
                server.write(line)
        await self.session.link.flush()
        self.lost += read.lost
        self.unknown += read.unknown
        if read.fresh:
            self.session.rooms.keep(read.fresh)

    async def _ahead(self, portions: Portions, uids: Sequence[int]) -> AsyncGenerator[_Read]:
        """Read batches, the next one while the one before is being sent."""
        store = self.session.rooms.store
        under_way = None
        for batch in portions.of(uids):
            following = store.read(partial(self._read, batch=batch))
            if under_way is not None:
                yield await under_way
            under_way = following
        if under_way is not None:
            yield await under_way

    # In a reader's thread

    def _read(self, connection: Connection, batch: Batch) -> _Read:
        """Read what a batch needs, and write it."""
        read = _Read()
        found: dict[int, Derived] = {}
        if self._needs_derived:
            blobs = list(dict.fromkeys(batch.blobs))
            found, read.fresh = reading.of(connection, blobs, self.session.rooms.store.blobs.files)
            if len(found) < len(blobs):
                kept = [place for place, blob in enumerate(batch.blobs) if blob in found]
                read.lost = len(batch.blobs) - len(kept)
                batch = batch.only(kept)
        if not self._needs_octets and all(found[blob].fields is not None for blob in batch.blobs):
            read.lines.append(self._written(batch, found))
            return read
        wanted = batch.blobs
        if not self._needs_octets:
            wanted = [blob for blob in batch.blobs if found[blob].fields is None]
        contents = reading.contents(connection, wanted)
        columns = self._all_columns(batch, found)
        rows = zip(*columns, strict=True) if columns else [()] * len(batch.uids)
        for head, blob, row in zip(self._heads(batch), batch.blobs, rows, strict=True):
            self._row(read, (head, *row), found.get(blob), contents.get(blob))
        return read

    def _row(
        self, read: _Read, row: tuple[Any, ...], derived: Derived | None, content: Content | None
    ) -> None:
        """Write one message of which octets are asked for."""
        try:
            if content is None:
                if derived is None or derived.fields is None or self._needs_octets:
                    read.lost += 1
                    return
                values: list[bytes | Piece] = [column[0] for column in self._chosen([derived.fields])]
                read.lines.append(self._template % (*row, *values))
                return
            root = (
                mime.unpack(derived.parts)
                if derived is not None
                else mime.Part(0, 0, content.size, 0, "", "")
            )
            with self._octets(content) as data:
                before = self._sections[:-1] if self._whole else self._sections
                values = [self._value(section, root, data, content.place) for section in before]
                self._line(read, (*row, *values), data, content)
        except UnknownEncoding:
            read.unknown += 1
        except (OSError, ValueError):
            read.lost += 1

    def _line(self, read: _Read, row: tuple[Any, ...], data: Octets, content: Content) -> None:
        """Write a line; a letter that is its last word stands beside it, as it lies there."""
        if self._whole is None:
            read.lines += _with_pieces(self._template, row)
            return
        start = self._template[: -len(_END)]
        found = cut(self._whole, data, content.place, 0, content.size)
        if isinstance(found, Piece):
            read.lines += [*_with_pieces(start, row), found, b")\r\n"]
        else:
            read.lines += [*_with_pieces(start + b"{%d}\r\n", (*row, len(found))), found, b")\r\n"]

    @contextlib.contextmanager
    def _octets(self, content: Content) -> Generator[Octets]:
        """Give a letter's octets, wherever they lie. Raises OSError, ValueError."""
        if content.place is None:
            yield content.data or b""
            return
        with contextlib.closing(reading.mapped(self.session.rooms.store.blobs.files / content.place)) as data:
            yield data

    @staticmethod
    def _value(
        section: Section | Attribute, root: mime.Part, data: Octets, place: str | None
    ) -> bytes | Piece:
        if isinstance(section, Attribute):
            return bodystructure(root, data, extended=False)
        return value(section, root, data, place)

    def _written(self, batch: Batch, found: dict[int, Derived]) -> bytes:
        """Write a batch of which no octets are asked for but fields that are kept."""
        columns = self._all_columns(batch, found)
        if self._sections:
            columns += self._chosen([found[blob].fields or b"" for blob in batch.blobs])
        template = self._template
        if not columns:
            return b"".join([template % number for number in self._heads(batch)])
        return b"".join([template % row for row in zip(self._heads(batch), *columns, strict=True)])

    def _chosen(self, copies: Sequence[bytes]) -> list[list[bytes]]:
        """Write sections that are all fields, from copies of headers: a column of each."""
        return [from_fields(section, copies) for section in self._sections if isinstance(section, Section)]

    def _heads(self, batch: Batch) -> Sequence[int]:
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

    def _make_template(self) -> bytes:
        words = [_WORDS[attribute] for attribute in self._attributes]
        for section in self._sections:
            name = section.value.encode() if isinstance(section, Attribute) else label(section)
            words.append(name.replace(b"%", b"%%") + b" %b")
        verb = b"UIDFETCH" if self.session.uid_only else b"FETCH"
        return b"* %d " + verb + b" (" + b" ".join(words) + b")\r\n"

    # In the event loop again

    async def _stream(self, piece: Piece) -> None:
        """Send a piece of a file. Raises StoreError."""
        server, link = self.session.server, self.session.link
        left = piece.end - piece.start
        server.write(b"{%d}\r\n" % left)
        blocks = self.session.rooms.store.blobs.read(piece.place, piece.start)
        async with contextlib.aclosing(blocks):
            async for block in blocks:
                octets = block[:left]
                server.write(octets.replace(b"\0", b"\x80"))
                left -= len(octets)
                await link.flush()
                if not left or link.ended is not None:
                    return
        link.abort()  # half a literal must not look like a whole one


def _with_pieces(template: bytes, row: tuple[Any, ...]) -> list[bytes | Piece]:
    """Write a line, in pieces where parts of it come from a file."""
    pieces = [one for one in row if isinstance(one, Piece)]
    if not pieces:
        return [template % row]
    mark = b"\0piece\0"
    whole = template % tuple(mark if isinstance(one, Piece) else one for one in row)
    found: list[bytes | Piece] = []
    for text, piece in zip(whole.split(mark), [*pieces, None], strict=True):
        found.append(text)
        if piece is not None:
            found.append(piece)
    return found


def _derived(attribute: Attribute, found: Derived) -> bytes:
    match attribute:
        case Attribute.ENVELOPE:
            return found.envelope
        case Attribute.BODYSTRUCTURE:
            return found.structure
        case _:
            return string(found.preview.encode())  # NIL is for who is LAZY (RFC 8970 §3.2)


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
