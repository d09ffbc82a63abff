"""Modified UTF-7, in which IMAP4rev1 and Maildir folders write mailbox names. RFC 3501 §5.1.3.

Printable ASCII stands for itself, `&` is written `&-`, and all else is UTF-16 in base64 between `&` and `-`, with a
comma in place of the slash.
"""

import binascii
import re
from typing import Final

_OTHER: Final = re.compile("[^ -~]+")
_SHIFTED: Final = re.compile("&([A-Za-z0-9+,]*)-")


def encode(name: str) -> str:
    """Write a name in ASCII."""
    return _OTHER.sub(lambda run: shifted(run[0]), name.replace("&", "&-"))


def shifted(text: str) -> str:
    """Write all of a text between `&` and `-`."""
    octets = text.encode("utf-16-be", "surrogatepass")
    return f"&{binascii.b2a_base64(octets, newline=False).decode().rstrip('=').replace('/', ',')}-"


def decode(name: str) -> str:
    """Read a name; what is no modified UTF-7 in it stays as it is."""
    return _SHIFTED.sub(_unshifted, name)


def _unshifted(found: re.Match[str]) -> str:
    digits = found[1].replace(",", "/")
    if not digits:
        return "&"
    try:
        return binascii.a2b_base64(digits + "=" * (-len(digits) % 4)).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return found[0]
