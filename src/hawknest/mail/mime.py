"""The parts of a letter, with the offsets where each begins and ends. RFC 2045, RFC 2046, RFC 6532.

The scanner reads a letter once, from its start to its end, and keeps where things are instead of copying them. Any octets are a
letter: what says nothing that can be understood is text, and a multipart that never ends, ends with what it stands in.

Which line ends a part? Each multipart that is open has a delimiter, `--` and its boundary at the start of a line. A line may begin with several
of them (`--a` and `--a-b`): then the longest is meant, and of equal ones the innermost (RFC 2046 §5.1.2: a line needs only to begin
with it). For each open multipart the scanner knows its next delimiter, and looks for it no further than to the next delimiter of those
around it; so every octet is looked at no more often than parts are nested, which is limited.
"""

import mmap
import re
from typing import Final

import msgspec

from hawknest.mail import content
from hawknest.mail.content import MediaType, Parameters

#: Parts are opened this deep, and so many of them; what lies beyond stays closed.
DEPTH_LIMIT: Final = 100
PART_LIMIT: Final = 10_000
HEADER_LIMIT: Final = (
    1 << 20
)  # octets of a header in which anything is looked for: a letter may be all header
_COUNT: Final = 1 << 20  # octets at a time in which lines are counted

Octets = bytes | mmap.mmap


class Part(msgspec.Struct, frozen=True, array_like=True):
    """A letter, or a part of one. Offsets are octets from the start of the letter."""

    #: Where its header begins, where its body begins (after the blank line), and where that ends: before the line end that
    #: belongs to the delimiter.
    header: int
    body: int
    end: int
    #: Line ends in the body; counted for `text` and `message` only, where IMAP tells them.
    lines: int
    #: In lower case.
    type: str
    subtype: str
    #: Names in lower case.
    params: Parameters = ()
    #: Content-Transfer-Encoding as it was written. RFC 2045 §6
    encoding: str = "7bit"
    #: The parts of a multipart; of `message/rfc822` and `message/global`, the letter inside.
    parts: tuple["Part", ...] = ()
    id: bytes | None = None
    description: bytes | None = None
    #: Content-Disposition: its word as it was written, and its parameters. RFC 2183
    disposition: tuple[str, Parameters] | None = None
    language: tuple[str, ...] = ()
    md5: bytes | None = None
    location: bytes | None = None

    @property
    def is_multipart(self) -> bool:
        """Whether its body is a row of parts, be it an empty one."""
        return self.type == "multipart"

    @property
    def header_end(self) -> int:
        """Where its header ends, or where nobody reads on in it."""
        return min(self.body, self.header + HEADER_LIMIT)

    @property
    def is_letter(self) -> bool:
        """Whether its body is a letter. RFC 2046 §5.2.1, RFC 6532 §3.7."""
        return self.type == "message" and self.subtype in _LETTERS


_LETTERS: Final = frozenset({"rfc822", "global"})

pack: Final = msgspec.msgpack.Encoder().encode
unpack: Final = msgspec.msgpack.Decoder(Part).decode


def scan(data: Octets) -> Part:
    """Find the parts of a letter.

    Args:
        data: the whole letter, in memory or mapped; lines may end with CRLF or with LF.
    """
    return _Scan(data).entity(0, 0, content.PLAIN)


class _Level:
    """A multipart that is open."""

    __slots__ = ("at", "hit", "marker")

    def __init__(self, boundary: bytes, at: int) -> None:
        self.marker = b"\n--" + boundary
        self.at = (
            at  # where its next delimiter is, the line end before it; if not `hit`: there is none before here
        )
        self.hit = False


# field-name of a field that speaks of content           ; RFC 2045 §9
_FIELD: Final = re.compile(
    rb"\ncontent-(type|transfer-encoding|disposition|id|description|language|md5|location)[ \t]*+:"
    rb"([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE,
)
_DIGEST: Final = MediaType("message", "rfc822", ())  # what parts of multipart/digest are; RFC 2046 §5.1.5
_OPAQUE: Final = MediaType("application", "octet-stream", ())


class _Scan:
    """The reading of one letter."""

    __slots__ = ("data", "left", "levels", "owner", "size", "stop")

    def __init__(self, data: Octets) -> None:
        self.data = data
        self.size = len(data)
        self.left = PART_LIMIT
        self.levels: list[_Level] = []
        # The next delimiter of any open multipart: the line end before it, and whose it is; or the end, and nobody's.
        self.stop = self.size
        self.owner = -1

    def entity(self, start: int, depth: int, default: MediaType) -> Part:
        """Read a header and what it heads, up to the delimiter that ends it."""
        self.left -= 1
        limit = self.stop + 1 if self.owner >= 0 else self.size
        body = self._body(start, limit)
        fields = self._fields(start, body)
        kind = content.media_type(fields[b"type"]) if b"type" in fields else default
        parts: tuple[Part, ...] = ()
        if kind.type == "multipart" or (kind.type == "message" and kind.subtype in _LETTERS):
            if depth >= DEPTH_LIMIT or self.left <= 0:
                kind = _OPAQUE
            elif kind.type == "message":
                parts = (self.entity(body, depth + 1, content.PLAIN),)
            else:
                parts = self._children(body, depth, kind)
        return self._part(start, body, kind, fields, parts)

    def _part(
        self, start: int, body: int, kind: MediaType, fields: dict[bytes, bytes], parts: tuple[Part, ...]
    ) -> Part:
        # A last part without a body ends after its blank line, whose line end would else be the delimiter's.
        end = max(self._end(body), parts[-1].end) if parts else self._end(body)
        lines = self._lines(body, end) if kind.type in {"text", "message"} else 0
        if not fields:  # most parts of a letter without MIME, or a digest
            return Part(start, body, end, lines, *kind, parts=parts)
        return Part(
            start,
            body,
            end,
            lines,
            *kind,
            content.encoding(fields.get(b"transfer-encoding", b"")),
            parts,
            content.one_line(fields.get(b"id", b"")),
            content.one_line(fields.get(b"description", b"")),
            content.disposition(fields[b"disposition"]) if b"disposition" in fields else None,
            content.languages(fields.get(b"language", b"")),
            content.one_line(fields.get(b"md5", b"")),
            content.one_line(fields.get(b"location", b"")),
        )

    def _children(self, body: int, depth: int, kind: MediaType) -> tuple[Part, ...]:
        """Read the parts of a multipart, up to its last delimiter or one of a multipart around it."""
        boundary = next((value for name, value in kind.params if name == "boundary"), b"")
        if not boundary:
            return ()
        default = _DIGEST if kind.subtype == "digest" else content.PLAIN
        level, parts = _Level(boundary, body - 1), list[Part]()
        mine = len(self.levels)
        self.levels.append(level)
        self._advance(body - 1)
        while self.owner == mine:
            # delimiter := "--" boundary ; close-delimiter := delimiter "--"        ; RFC 2046 §5.1.1
            after = self.stop + len(level.marker)
            if self.data[after : after + 2] == b"--":
                self.levels.pop()
                self._advance(after)
                return tuple(parts)
            line_end = self.data.find(b"\n", after)
            if line_end < 0:
                break
            if self.left <= 1:
                self._close()
            else:
                self._advance(line_end)
            parts.append(self.entity(line_end + 1, depth + 1, default))
        del self.levels[mine:]
        if self.owner >= mine:
            self._advance(self.size)
        return tuple(parts)

    def _close(self) -> None:
        """Look for no more delimiters: what comes belongs to the part that begins now."""
        self.levels.clear()
        self.stop, self.owner = self.size, -1

    def _advance(self, start: int) -> None:
        """Find the next delimiter at or after an offset."""
        stop, owner, width = self.size, -1, 0
        for index, level in enumerate(self.levels):
            if level.at < start:
                level.at, level.hit = start, False
            size = len(level.marker)
            if not level.hit and level.at <= stop:
                at = self.data.find(level.marker, level.at, stop + size)
                level.hit = at >= 0
                level.at = at if level.hit else stop + 1
            if level.hit and (level.at < stop or (level.at == stop and size >= width)):
                stop, owner, width = level.at, index, size
        self.stop, self.owner = stop, owner

    def _body(self, start: int, limit: int) -> int:
        """Find where a body begins: after a blank line, or where the header ends without one."""
        data = self.data
        if data[start : start + 1] == b"\n" and start < limit:
            return start + 1
        if data[start : start + 2] == b"\r\n" and start + 1 < limit:
            return start + 2
        crlf = data.find(b"\n\r\n", start, limit)
        lf = data.find(b"\n\n", start, limit if crlf < 0 else crlf + 1)
        if lf >= 0:
            return lf + 2
        return crlf + 3 if crlf >= 0 else max(start, limit)

    def _fields(self, start: int, body: int) -> dict[bytes, bytes]:
        """Read the fields that speak of content; of two with one name the first holds."""
        header = b"\n" + self.data[start : min(body, start + HEADER_LIMIT)]
        fields: dict[bytes, bytes] = {}
        for found in _FIELD.finditer(header):
            fields.setdefault(found[1].lower(), found[2])
        return fields

    def _end(self, body: int) -> int:
        """Find the end of the body that ends at the next delimiter: the line end before it is the delimiter's."""
        stop = self.stop
        if self.owner >= 0 and stop > body and self.data[stop - 1 : stop] == b"\r":
            stop -= 1
        return max(body, stop)

    def _lines(self, body: int, end: int) -> int:
        data = self.data
        if isinstance(data, bytes):
            return data.count(b"\n", body, end)
        return sum(data[at : min(at + _COUNT, end)].count(b"\n") for at in range(body, end, _COUNT))
