"""Reading lines and counted octets from bytes that arrive in any pieces.

A parser is a generator: it yields while it needs more bytes and returns what it read, so that a protocol reads top to
bottom and no cut of the byte stream can matter. Only CRLF ends a line.
"""

from collections.abc import Generator
from typing import TypeVar

from hawknest.wire.errors import LineTooLong
from hawknest.wire.witness import Witness

T = TypeVar("T")

#: A parser: it yields when it needs more bytes, and returns what it parsed.
Parse = Generator[None, None, T]


class Inbox:
    """Bytes received and not yet parsed."""

    __slots__ = ("_searched", "buffer", "closed", "witness")

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.closed = False
        self.witness: Witness | None = None  # who is told of the lines that were read
        self._searched = 0  # octets in which no line ends

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self.buffer += data

    def drop(self) -> int:
        """Forget everything unparsed: what came before TLS is nobody's word (RFC 3207 §6)."""
        count = len(self.buffer)
        self.buffer.clear()
        self._searched = 0
        return count

    def unread(self, data: bytes) -> None:
        """Put back what was read too much of."""
        if data:
            self.buffer[:0] = data

    def line(self, limit: int, *, pass_over: bool = True, secret: bool = False) -> Parse[bytes]:
        """Read one line, without its CRLF.

        A line of more than `limit` octets is passed over in constant memory, up to its end; or not, where who sends
        such a line is not to be listened to any longer. `secret`: it is part of a login.
        Raises LineTooLong, EOFError.
        """
        buffer = self.buffer
        while (end := buffer.find(b"\r\n", self._searched)) < 0:
            if len(buffer) >= limit + 2:  # else the rest of its CRLF may be still to come
                self._searched = 0
                if pass_over:
                    yield from self._pass_over()
                raise LineTooLong(limit)
            self._searched = max(len(buffer) - 1, 0)
            if self.closed:
                raise EOFError
            yield
        self._searched = 0
        line = bytes(buffer[:end])
        del buffer[: end + 2]
        if end > limit:
            raise LineTooLong(limit)
        if self.witness is not None:
            self.witness.heard(line, secret=secret)
        return line

    def some(self, most: int) -> Parse[bytes]:
        """Read what there is, at least one octet and at most `most`. Raises EOFError."""
        buffer = self.buffer
        while not buffer:
            if self.closed:
                raise EOFError
            yield
        if len(buffer) <= most:
            data = bytes(buffer)
            buffer.clear()
            return data
        with memoryview(buffer) as view:
            data = bytes(view[:most])
        del buffer[:most]
        return data

    def _pass_over(self) -> Parse[None]:
        """Forget the rest of a line that is too long."""
        buffer = self.buffer
        while (end := buffer.find(b"\r\n")) < 0:
            del buffer[: max(len(buffer) - 1, 0)]  # the last octet may be the CR of its end
            if self.closed:
                raise EOFError
            yield
        del buffer[: end + 2]
