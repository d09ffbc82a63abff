"""A letter as POP3 carries it: between the first line of an answer and a line with a dot. RFC 1939 §3."""


class Stuffer:
    """Stuffs a letter that comes in chunks.

    Only CRLF is a line end: a bare CR or LF stays as it is, as far as that can be carried.
    """

    __slots__ = ("_tail",)

    def __init__(self) -> None:
        self._tail = b"\r\n"  # the last two octets; at the beginning, those of the first line

    def write(self, octets: bytes) -> bytes:
        """Stuff a chunk."""
        if not octets:
            return b""
        whole = self._tail + octets
        self._tail = whole[-2:]
        if b"\r\n." in whole:
            return whole.replace(b"\r\n.", b"\r\n..")[2:]
        return octets

    def end(self) -> bytes:
        """End the letter, with the line end that it lacks."""
        return b".\r\n" if self._tail == b"\r\n" else b"\r\n.\r\n"
