"""Names and passwords in the form in which they are compared. RFC 8265 (OpaqueString, UsernameCaseMapped)."""

import re
import unicodedata

from hawknest.wire.sasl.values import LIMIT, Refused


def prepared(text: str) -> str:
    """Normalise a password or name: NFC, no control characters, not empty (N16), at most 1,024 octets.

    Raises Refused.
    """
    if not text.isascii():
        text = unicodedata.normalize(
            "NFC", "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
        )
    if not text:
        raise Refused("an empty name or password is never right")
    if len(text.encode("utf-8", "replace")) > LIMIT:
        raise Refused(f"longer than {LIMIT} octets")
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise Refused("control characters cannot be part of it")
    return text


def unescaped(saslname: str) -> str:
    """Read a saslname, in which "," and "=" are written =2C and =3D (RFC 5802 §5.1). Raises Refused."""
    if re.search(r"=(?!2C|3D)", saslname):
        raise Refused("malformed name")
    return saslname.replace("=2C", ",").replace("=3D", "=")
