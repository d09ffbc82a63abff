"""What is wrong with a letter: what makes mail programs stumble, and owners look for a letter that blocks their mailbox.

Nothing here keeps a letter from being listed, read or deleted; it only says where to look. Rules are those of RFC 5322 and RFC 2045.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from hawknest.mail.mime import DEPTH_LIMIT, HEADER_LIMIT, PART_LIMIT, Octets, Part

LINE: Final = 998  # octets of a line, without its end; RFC 5322 §2.1.1
LONG_HEADER: Final = 64 * 1024  # octets of a header that no mail program writes
_BLOCK: Final = 1 << 20


class Defect(StrEnum):
    """Something that is wrong with a letter."""

    NUL = "nul"  # an octet 0; RFC 5322 §3.5
    BARE_CR = "bare-cr"  # a CR that no LF follows; RFC 5322 §2.3
    BARE_LF = "bare-lf"  # a LF that no CR precedes; RFC 5322 §2.3
    LONG_LINE = "long-line"
    NO_HEADER = "no-header"  # not one field
    LONG_HEADER = "long-header"
    RAW_HEADER = "raw-header"  # octets in the header that are neither US-ASCII nor UTF-8; RFC 6532 §3
    NO_FROM = "no-from"  # RFC 5322 §3.6
    NO_DATE = "no-date"  # RFC 5322 §3.6
    TWICE = "twice"  # a field that may stand once only; RFC 5322 §3.6
    UNENDED = "unended"  # a multipart without its last delimiter; RFC 2046 §5.1.1
    DEEP = "deep"  # more parts, or deeper ones, than anybody looks at
    ENCODING = "encoding"  # a Content-Transfer-Encoding that nobody knows; RFC 2045 §6.1


#: Fields that may stand once only. RFC 5322 §3.6
_ONCE: Final = (
    b"date",
    b"from",
    b"sender",
    b"reply-to",
    b"to",
    b"cc",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"subject",
)
# field-name = 1*ftext                                   ; RFC 5322 §3.6.8
_NAME: Final = re.compile(rb"\n([!-9;-~]++)[ \t]*+:")
_KNOWN: Final = frozenset(
    {"7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", ""}
)


def defects(data: Octets, root: Part) -> tuple[Defect, ...]:
    """Tell what is wrong with a letter, in the order of `Defect`.

    Args:
        data: the whole letter, in memory or mapped.
        root: what `mime.scan` found in it.
    """
    found = {*_of_lines(data), *_of_header(data[root.header : root.header_end], root), *_of_parts(data, root)}
    return tuple(defect for defect in Defect if defect in found)


def _of_lines(data: Octets) -> Iterator[Defect]:
    nul = crs = lfs = crlfs = 0
    for block, before in _blocks(data):
        nul += block.count(b"\0")
        crs += block.count(b"\r")
        lfs += block.count(b"\n")
        crlfs += block.count(b"\r\n") + (before == b"\r" and block.startswith(b"\n"))
    if nul:
        yield Defect.NUL
    if crs > crlfs:
        yield Defect.BARE_CR
    if lfs > crlfs:
        yield Defect.BARE_LF
    if _has_long_line(data):
        yield Defect.LONG_LINE


def _blocks(data: Octets) -> Iterator[tuple[bytes, bytes]]:
    """Give the letter in blocks, each with the octet before it."""
    if isinstance(data, bytes):
        yield data, b""
        return
    for at in range(0, len(data), _BLOCK):
        yield data[at : at + _BLOCK], data[at - 1 : at] if at else b""


def _has_long_line(data: Octets) -> bool:
    """Look from line end to line end, as far ahead as a line may reach at a time."""
    start, size = 0, len(data)
    while size - start > LINE + 2:
        end = data.rfind(b"\n", start, start + LINE + 2)
        if end < 0:
            return True
        start = end + 1
    return size - start > LINE and data.find(b"\n", start) < 0


def _of_header(header: bytes, root: Part) -> Iterator[Defect]:
    names = [name.lower() for name in _NAME.findall(b"\n" + header)]
    if not names:
        yield Defect.NO_HEADER
        return
    if root.body - root.header > min(LONG_HEADER, HEADER_LIMIT):
        yield Defect.LONG_HEADER
    if b"from" not in names:
        yield Defect.NO_FROM
    if b"date" not in names:
        yield Defect.NO_DATE
    if any(names.count(name) > 1 for name in _ONCE):
        yield Defect.TWICE
    try:
        header.decode()
    except UnicodeDecodeError:
        yield Defect.RAW_HEADER


def _of_parts(data: Octets, root: Part) -> Iterator[Defect]:
    count, waiting = 0, [(root, 0)]
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if part.encoding.lower() not in _KNOWN:
            yield Defect.ENCODING
        if depth >= DEPTH_LIMIT or count >= PART_LIMIT:
            yield Defect.DEEP
        if part.is_multipart and not _is_ended(data, part):
            yield Defect.UNENDED
        waiting += [(child, depth + 1) for child in part.parts]


def _is_ended(data: Octets, part: Part) -> bool:
    """Whether the last delimiter of a multipart stands after its last part."""
    boundary = next((value for name, value in part.params if name == "boundary"), b"")
    after = part.parts[-1].end if part.parts else part.body
    return bool(boundary) and data.find(b"--" + boundary + b"--", after, part.end) >= 0
