"""The URLs of parts of messages that CATENATE takes. RFC 5092 §11, RFC 4469 §5.

"/" mailbox [";UIDVALIDITY=" n] "/;UID=" n ["/;SECTION=" section] ["/;PARTIAL=" first ["." count]]
"""

import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote_to_bytes

from hawknest.wire.imap import fetching
from hawknest.wire.imap.cursor import CommandError, Cursor
from hawknest.wire.imap.fetching import Section

_URL: Final = re.compile(
    r"/?(?P<mailbox>[^;]+?)(?:;UIDVALIDITY=(?P<validity>[1-9][0-9]{0,9}))?/;UID=(?P<uid>[1-9][0-9]{0,9})"
    r"(?:/;SECTION=(?P<section>[^;/]+))?(?:/;PARTIAL=(?P<first>[0-9]{1,18})(?:\.(?P<count>[1-9][0-9]{0,17}))?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Url:
    """A part of a message."""

    mailbox: str
    uidvalidity: int | None
    uid: int
    section: Section


def read(text: str) -> Url:
    """Read a URL that is relative to this server. Raises CommandError."""
    found = _URL.fullmatch(text)
    if found is None:
        raise CommandError("This is no URL of a message here")
    name = _plain(found["mailbox"])
    spec = unquote_to_bytes(found["section"] or "")
    cursor = Cursor(b"BODY.PEEK[%b]" % spec, {})
    _, sections = fetching.attributes(cursor)
    cursor.end()
    section = sections[0]
    if found["first"] is not None:
        count = int(found["count"]) if found["count"] else (1 << 62)
        section = replace(section, partial=(int(found["first"]), count))
    validity = found["validity"]
    return Url(name, int(validity) if validity else None, int(found["uid"]), section)


def _plain(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise CommandError("A URL is in UTF-8") from None
