"""Letters that came in parts, put together again: message/partial. RFC 2046 §5.2.2.

What is pure of it: reading what a part says of itself, and merging the header of the first part with the one it encloses.
Bodies are then simply one behind the other. Whatever does not say clearly which part of what it is, is no part.
"""

import re
from dataclasses import dataclass
from typing import Final

from hawknest.mail.header import Field, Header

ID: Final = 998  # octets of an id

# parameter := attribute "=" value          ; RFC 2045 §5.1
# value     := token / quoted-string        ; looser: any text without ; and spaces, since ids have @ in them
_TYPE: Final = re.compile(rb"[ \t]*+message[ \t]*+/[ \t]*+partial[ \t]*+(?=;|$)", re.IGNORECASE)
_PARAMETER: Final = re.compile(
    rb""";[ \t]*+([!#-'*+.0-9A-Z^-~-]++)[ \t]*+=[ \t]*+(?:"((?:[^"\\]|\\.)*+)"|([^\s;"]++))[ \t]*+(?=;|$)"""
)
_QUOTED: Final = re.compile(rb"\\(.)", re.DOTALL)
# comment = "(" *([FWS] ccontent) [FWS] ")" ; RFC 5322 §3.2.2; not those within quotes
_COMMENT: Final = re.compile(rb"""("(?:[^"\\]|\\.)*+")|\([^()"]*+\)""")
_NUMBER: Final = re.compile(rb"[0-9]{1,9}")

#: Fields that the whole letter has of the enclosed header; all that begin with Content- are, too (RFC 2046 §5.2.2.1).
_ENCLOSED: Final = frozenset({"subject", "message-id", "encrypted", "mime-version"})


@dataclass(frozen=True, slots=True)
class Part:
    """What a part says of itself."""

    id: bytes  # which all parts of a letter share
    number: int  # from 1
    total: int  # 0: it does not say; only the last part must


def read(header: Header) -> Part | None:
    """Read what part of what a letter is; None: it is no part, or does not say which."""
    value = header.first("Content-Type") or b""
    if b"artial" not in value and b"ARTIAL" not in value:  # nearly every letter
        return None
    value = _COMMENT.sub(rb"\1", value).strip(b" \t")
    begun = _TYPE.match(value)
    if begun is None:
        return None
    given = _parameters(value, begun.end())
    number, total = _number(given, b"number"), _number(given, b"total", missing=0)
    name = given.get(b"id", b"")
    if number is None or total is None or not number or (total and number > total):
        return None
    if (b"total" in given and not total) or not 0 < len(name) <= ID:
        return None
    return Part(name, number, total)


def _parameters(value: bytes, at: int) -> dict[bytes, bytes]:
    """Read the parameters from where they begin; a name that stands twice means nothing."""
    given: dict[bytes, bytes] = {}
    while found := _PARAMETER.match(value, at):
        name = found[1].lower()
        text = found[3] if found[2] is None else _QUOTED.sub(rb"\1", found[2])
        given[name] = b"" if name in given else text
        at = found.end()
    return given


def _number(given: dict[bytes, bytes], name: bytes, missing: int | None = None) -> int | None:
    text = given.get(name)
    if text is None:
        return missing
    return int(text) if _NUMBER.fullmatch(text) else None


def merge(enclosing: Header, enclosed: Header) -> bytes:
    """Make the header section of the whole letter (RFC 2046 §5.2.2.1).

    Args:
        enclosing: the header of part 1 as it came.
        enclosed: the header that its body begins with.

    Returns:
        The section, without the blank line that ends it.
    """
    lines = [_line(enclosing, field) for field in enclosing if not _is_enclosed(field)]
    lines += [_line(enclosed, field) for field in enclosed if _is_enclosed(field)]
    return b"".join(lines)


def _is_enclosed(field: Field) -> bool:
    name = field.name.lower()
    return name in _ENCLOSED or name.startswith("content-")


def _line(header: Header, field: Field) -> bytes:
    octets = header.octets[field.start : field.end]
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
