"""Lists of `tag=value`, as DKIM, DMARC and their reports write them. RFC 6376 §3.2."""

import re
from collections.abc import Mapping
from typing import Final

# tag-list  =  tag-spec *( ";" tag-spec ) [ ";" ]         ; RFC 6376 §3.2
# tag-spec  =  [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
# tag-name  =  ALPHA *ALNUMPUNC                          ; ALNUMPUNC = ALPHA / DIGIT / "_"
_TAG: Final = re.compile(rb"[ \t\r\n]*+([A-Za-z][A-Za-z0-9_]*+)[ \t\r\n]*+=([^;]*+)")
_SPACE: Final = re.compile(rb"[ \t\r\n]+")
LIMIT: Final = 100  # tags


class BadTags(ValueError):
    """The text is no list of tags; the message says why."""


def read(text: bytes) -> Mapping[str, bytes]:
    """Read a list of tags: their values without the spaces around them, in the order in which they stand.

    Raises BadTags.
    """
    parts = text.split(b";")
    if not parts[-1].strip(b" \t\r\n"):
        parts.pop()
    if len(parts) > LIMIT:
        raise BadTags("too many tags")
    found: dict[str, bytes] = {}
    for part in parts:
        tag = _TAG.fullmatch(part)
        if tag is None:
            raise BadTags("a tag is not name=value")
        name = tag[1].decode("ascii")
        if name in found:
            raise BadTags(f"the tag {name} stands twice")
        found[name] = tag[2].strip(b" \t\r\n")
    return found


def without_space(value: bytes) -> bytes:
    """A value in which spaces count for nothing, such as base64."""
    return _SPACE.sub(b"", value)


def listed(value: bytes) -> list[bytes]:
    """The members of a value that is a list with colons between."""
    return [part.strip(b" \t\r\n") for part in value.split(b":")]
