"""A letter as it leaves: its envelope, and its octets block by block, so that 1 GB takes the memory of one block.

The octets are the blob's, without the lines that stay here and behind the trace lines that are ours to add.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from hawknest.mail.envelope import Envelope
from hawknest.mail.header import split
from hawknest.store.blobs import Blobs, Content

LINE: Final = 998  # octets of a line of a message, without its CRLF (RFC 5322 §2.1.1)
HEADER: Final = 128 * 1024  # octets in which the end of the header is looked for

_OVERLONG: Final = re.compile(rb"[^\n]{%d}" % (LINE + 2))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter that leaves, for recipients who share a destination."""

    envelope: Envelope
    prefix: bytes = field(repr=False)
    content: Content
    skip: int
    blobs: Blobs

    @property
    def size(self) -> int:
        """Octets that are sent."""
        return len(self.prefix) + self.content.size - self.skip

    async def blocks(self) -> AsyncGenerator[bytes]:
        """Give the octets, block by block. Raises StoreGone."""
        if self.content.data is not None:
            yield self.prefix + (self.content.data[self.skip :] if self.skip else self.content.data)
            return
        assert self.content.place is not None
        if self.prefix:
            yield self.prefix
        async with aclosing(self.blobs.read(self.content.place, self.skip)) as blocks:
            async for block in blocks:
                yield block

    async def header_is_ascii(self) -> bool:
        """Whether the header can be read by a server without SMTPUTF8 (RFC 6532 §3)."""
        head = b""
        async with aclosing(self.blocks()) as blocks:
            async for block in blocks:
                head += block
                if len(head) >= HEADER:
                    break
        return head[: split(head).header_end].isascii()

    async def is_text(self) -> bool:
        """Whether it can be sent with DATA: only CRLF ends lines, none is overlong, no NUL (RFC 2045 §2.8)."""
        kept = b""
        async with aclosing(self.blocks()) as blocks:
            async for block in blocks:
                data = kept + block
                cut = max(data.rfind(b"\n") + 1, 0)
                if not _is_text(data[:cut]) or len(data) - cut > LINE + 1:
                    return False
                kept = data[cut:]
        return _is_text(kept)


def _is_text(data: bytes) -> bool:
    ends = data.count(b"\r\n")
    return ends == data.count(b"\n") == data.count(b"\r") and b"\0" not in data and not _OVERLONG.search(data)
