"""What a TLS client asks for, read from its first octets before the certificate is chosen. RFC 8446 §4.1.2, RFC 7301 §3.1.

Python tells a server which name a client asks for before the certificate is chosen, and which protocols it offers only after. Who
proves a name by `tls-alpn-01` (RFC 8737) has to know both at once.
"""

from typing import Final

LIMIT: Final = 64 * 1024  # octets that a ClientHello may have here
_HANDSHAKE: Final = 22  # content type of a record, RFC 8446 §5.1
_CLIENT_HELLO: Final = 1
_ALPN: Final = 16  # RFC 7301 §3.1


class _Cursor:
    """Reads on in octets, and raises IndexError where they end."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._octets)

    def take(self, count: int) -> bytes:
        found = self._octets[self._at : self._at + count]
        if len(found) < count:
            raise IndexError
        self._at += count
        return found

    def vector(self, width: int) -> bytes:
        """Octets with their number before them, in so many octets (RFC 8446 §3.4)."""
        return self.take(int.from_bytes(self.take(width)))


def protocols(octets: bytes) -> tuple[bytes, ...] | None:
    """Read which protocols a client offers by ALPN; none where it offers none, or speaks no TLS.

    `octets` are all that it has sent. Returns None while more of them are needed.
    """
    message, at = bytearray(), 0
    while len(octets) - at >= 5:
        if octets[at] != _HANDSHAKE:
            return ()
        length = int.from_bytes(octets[at + 3 : at + 5])
        fragment = octets[at + 5 : at + 5 + length]
        message += fragment
        if len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4]):
            return _offered(bytes(message))
        if len(fragment) < length:
            break
        at += 5 + length
    return None if len(octets) < LIMIT else ()


def _offered(message: bytes) -> tuple[bytes, ...]:
    try:
        return _alpn(_extensions(message))
    except IndexError:
        return ()


def _extensions(message: bytes) -> _Cursor:
    if message[0] != _CLIENT_HELLO:
        raise IndexError
    hello = _Cursor(_Cursor(message[1:]).vector(3))
    hello.take(2 + 32)  # version and random
    hello.vector(1)  # session
    hello.vector(2)  # ciphers
    hello.vector(1)  # compression
    return _Cursor(hello.vector(2))


def _alpn(extensions: _Cursor) -> tuple[bytes, ...]:
    while extensions:
        kind, data = int.from_bytes(extensions.take(2)), extensions.vector(2)
        if kind == _ALPN:
            names = _Cursor(_Cursor(data).vector(2))
            found: list[bytes] = []
            while names:
                found.append(names.vector(1))
            return tuple(found)
    return ()
