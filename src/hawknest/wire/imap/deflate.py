"""Compression of a session, both ways. RFC 4978.

What comes in is decompressed in portions: the rest waits until the portion was read, so that nobody can make much of little
(RFC 4978 §4).
"""

import zlib
from typing import Final

PORTION: Final = 64 * 1024  # octets that are decompressed at once


class Deflate:
    """The two streams of a session: raw DEFLATE, without a header."""

    def __init__(self) -> None:
        self._out = zlib.compressobj(wbits=-15)
        self._in = zlib.decompressobj(wbits=-15)

    @property
    def waits(self) -> bool:
        """Whether there is more to decompress."""
        return bool(self._in.unconsumed_tail)

    def compress(self, data: bytes) -> bytes:
        """Compress, so that all of it can be read at once."""
        return self._out.compress(data) + self._out.flush(zlib.Z_SYNC_FLUSH)

    def expand(self, data: bytes = b"") -> bytes:
        """Decompress a portion of what came. Raises ValueError where it is nothing that can be."""
        try:
            return self._in.decompress(self._in.unconsumed_tail + data, PORTION)
        except zlib.error as error:
            raise ValueError(str(error)) from None
