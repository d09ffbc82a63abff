"""An image of a mailbox as octets, and back: a large mailbox is opened from those and from what changed since.

The columns stand one after another as they are in memory, after the few things that are no columns; a checksum in front tells
whether they are what was written.
"""

import struct
import sys
from array import array
from typing import Final
from zlib import crc32

import msgspec

from hawknest.doors.imap.image import Image
from hawknest.store.changes import Delta
from hawknest.store.mailbox import Mailbox

#: Of the way they are written; machines that write numbers the other way round have one of their own.
VERSION: Final = 1 if sys.byteorder == "little" else -1

_HEAD: Final = struct.Struct("=III")  # checksum of the rest, letters, octets of the rest that are no columns
_COLUMNS: Final = ("uids", "modseqs", "sizes", "received", "blobs", "emails")  # and `flags`


class _Beside(msgspec.Struct, frozen=True):
    """What is in an image that is no column."""

    keywords: dict[int, str]
    saved: dict[int, float]


def packed(image: Image) -> bytes:
    """Write an image."""
    beside = msgspec.msgpack.encode(_Beside(image.keywords, image.saved))
    columns: list[array[float]] = [getattr(image, name) for name in _COLUMNS]
    octets = b"".join([beside, image.flags, *(column.tobytes() for column in columns)])
    lengths = struct.pack("=II", len(image), len(beside))
    return struct.pack("=I", crc32(octets, crc32(lengths))) + lengths + octets


def unpacked(octets: bytes, mailbox: Mailbox) -> Image | None:
    """Read an image of a mailbox, which has the UIDNEXT and modseq of then; None where the octets are not what was written."""
    if len(octets) < _HEAD.size:
        return None
    checksum, letters, length = _HEAD.unpack_from(octets)
    view = memoryview(octets)
    if crc32(view[4:]) != checksum:
        return None
    image = Image(Delta(mailbox, (), (), ()))
    at = _HEAD.size + length
    beside = msgspec.msgpack.decode(view[_HEAD.size : at], type=_Beside)
    image.flags += view[at : at + letters]
    at += letters
    for name in _COLUMNS:
        column: array[float] = getattr(image, name)
        end = at + letters * column.itemsize
        column.frombytes(view[at:end])
        at = end
    image.keywords.update(beside.keywords)
    image.saved.update(beside.saved)
    image.learn(beside.keywords.values())
    return image
