"""Mailbox names as IMAP4rev1 sends them: modified UTF-7. RFC 3501 §5.1.3.

Printable ASCII stands for itself, `&` is `&-`, and anything else is UTF-16 in a base64 of its own between `&` and `-`.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error
from typing import Final

_FOREIGN: Final = re.compile(r"[^\x20-\x7e]+|&")
_SHIFTED: Final = re.compile(r"&([^-&]*)-")


def encode(name: str) -> bytes:
    """Write a name in modified UTF-7."""
    return _FOREIGN.sub(_shift, name).encode("ascii")


def decode(octets: bytes) -> str:
    """Read a name.

    quirk_utf8_name: clients that never asked for UTF-8 send it all the same; it is taken where it is valid, and so is what
    only looks like modified UTF-7.
    Raises ValueError where it is neither.
    """
    text = octets.decode("utf-8")
    if "&" not in text:
        return text
    try:
        return _SHIFTED.sub(_unshift, text)
    except (Error, UnicodeError):
        return text


def _shift(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    octets = b64encode(found[0].encode("utf-16-be", "surrogatepass")).rstrip(b"=").replace(b"/", b",")
    return f"&{octets.decode('ascii')}-"


def _unshift(found: re.Match[str]) -> str:
    text = found[1]
    if not text:
        return "&"
    octets = b64decode(text.replace(",", "/") + "=" * (-len(text) % 4), validate=True)
    return octets.decode("utf-16-be")
