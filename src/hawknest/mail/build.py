"""Small parts of letters that the server writes itself: a text, a field, a Message-ID. RFC 2045, RFC 5322."""

import base64
from typing import Final

from hawknest.mail.address import Address
from hawknest.mail.words import encode_phrase

_LINE_LIMIT: Final = 998  # octets, RFC 5322 §2.1.1


def text_part(text: str) -> bytes:
    """A text/plain part: its fields, the blank line and its body, in 7 bits and CRLF lines. RFC 2045 §6.

    Args:
        text: any text, lines ended in any way.
    """
    octets = ("\r\n".join(text.splitlines()) + "\r\n").encode("utf-8", "replace")
    if (
        octets.isascii()
        and b"\0" not in octets
        and all(len(line) <= _LINE_LIMIT for line in octets.split(b"\r\n"))
    ):
        return (
            b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + octets
        )
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + base64_lines(octets)


def base64_lines(octets: bytes) -> bytes:
    """Octets in base64, 76 characters a line. RFC 2045 §6.8."""
    encoded = base64.encodebytes(octets)
    return encoded.replace(b"\n", b"\r\n")


def mailbox(name: str, address: Address) -> str:
    """An address with a display name, for From and To. RFC 5322 §3.4."""
    return f"{encode_phrase(name)} <{address}>" if name else str(address)
