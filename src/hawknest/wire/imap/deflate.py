"""Compression of a session, both ways. RFC 4978.

What comes in is decompressed in portions: the rest waits until the portion was read, so that nobody can make much of little
(RFC 4978 §4).
"""

import zlib
from typing import Final

PORTION: Final = 64 * 1024  # octets that are decompressed at once
SLICE: Final = 16 * 1024  # compressed octets that are looked at for them


class Deflate:
    """The two streams of a session: raw DEFLATE, without a header."""

    def __init__(self) -> None:
        self._out = zlib.compressobj(wbits=-15)
        self._in = zlib.decompressobj(wbits=-15)
        self._raw = bytearray()  # came, and is not decompressed yet
        self._full = False  # the last portion was: there may be more inside

    @property
    def waits(self) -> bool:
        """Whether there is more to decompress."""
        return self._full or bool(self._raw)

    def take(self, data: bytes) -> None:
        """Take what came; it is decompressed when it is asked for."""
        self._raw += data

    def compress(self, data: bytes) -> bytes:
        """Compress, so that all of it can be read at once."""
        return self._out.compress(data) + self._out.flush(zlib.Z_SYNC_FLUSH)

    def expand(self) -> bytes:
        """Decompress a portion of what came. Raises ValueError where it is nothing that can be."""
        if self._in.eof:
            raise ValueError("there is more behind the end")
        raw = bytes(self._raw[:SLICE])
        del self._raw[:SLICE]
        try:
            data = self._in.decompress(raw, PORTION)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        self._raw[:0] = self._in.unused_data if self._in.eof else self._in.unconsumed_tail
        self._full = len(data) == PORTION
        return data

    def finish(self, data: bytes) -> bytes:
        """Compress the last that is sent so."""
        return self._out.compress(data) + self._out.flush(zlib.Z_FINISH)

    def rest(self) -> bytes:
        """Give what came behind the peer's last compressed octet."""
        return bytes(self._raw)
