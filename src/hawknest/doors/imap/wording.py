"""Flags, dates and names as the answers write them. RFC 9051 §7.5, §9."""

import time
from functools import lru_cache
from typing import Final

from hawknest.doors.imap.rooms import Selected, Session
from hawknest.store.letters import Flag
from hawknest.wire.imap import names
from hawknest.wire.imap.strings import astring, string

#: The system flags by their bits.
FLAGS: Final = {
    Flag.SEEN: "\\Seen",
    Flag.ANSWERED: "\\Answered",
    Flag.FLAGGED: "\\Flagged",
    Flag.DELETED: "\\Deleted",
    Flag.DRAFT: "\\Draft",
}
_BITS: Final = {name.lower(): bit for bit, name in FLAGS.items()}
#: What is written for each combination of system flags.
COMBINED: Final = tuple(
    " ".join(name for bit, name in FLAGS.items() if flags & bit).encode() for flags in range(32)
)
_MONTHS: Final = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
#: Special uses (RFC 6154 §2) by our roles.
USES: Final = {
    "sent": "\\Sent",
    "drafts": "\\Drafts",
    "junk": "\\Junk",
    "trash": "\\Trash",
    "archive": "\\Archive",
}


def sort_flags(flags: tuple[str, ...]) -> tuple[int, tuple[str, ...], list[str]]:
    r"""Tell system flags, as bits, from keywords, and both from what no client can set: `\Recent` and what nobody knows."""
    bits = 0
    keywords: list[str] = []
    unknown: list[str] = []
    for flag in flags:
        if not flag.startswith("\\"):
            keywords.append(flag)
        elif (bit := _BITS.get(flag.lower())) is not None:
            bits |= bit
        elif flag.lower() != "\\recent":
            unknown.append(flag)
    return bits, tuple(keywords), unknown


def flags_of(selected: Selected, index: int) -> bytes:
    """Write the flags of a letter, by its place in the image."""
    image = selected.opened.image
    uid = image.uids[index]
    text = COMBINED[image.flags[index]]
    if (words := image.keywords.get(uid)) is not None:
        text = text + b" " + words.encode() if text else words.encode()
    if selected.recent and selected.is_recent(uid):
        text = text + b" \\Recent" if text else b"\\Recent"
    return text


@lru_cache(maxsize=4096)
def date_time(at: int) -> bytes:
    """Write seconds since the epoch as `date-time`, in UTC."""
    t = time.gmtime(max(at, 0))
    return b'"%2d-%b-%04d %02d:%02d:%02d +0000"' % (
        t.tm_mday,
        _MONTHS[t.tm_mon - 1],
        t.tm_year,
        t.tm_hour,
        t.tm_min,
        t.tm_sec,
    )


def mailbox_name(session: Session, name: str) -> bytes:
    """Write a mailbox's name as this client reads it."""
    if session.server.utf8:
        octets = name.encode()
        return (
            astring(octets)
            if octets.isascii()
            else b'"%b"' % octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        )
    return string(names.encode(name))


def mailbox_id(mailbox_id: int, uidvalidity: int) -> bytes:
    """Name a mailbox for ever (RFC 8474 §4.1): ids of rows may be used again, with their UIDVALIDITY they are not."""
    return b"M%d-%d" % (mailbox_id, uidvalidity)


def email_id(blob_id: int, received: float) -> bytes:
    """Name a letter's content for ever (RFC 8474 §5.1); copies have the same."""
    return b"E%d-%d" % (blob_id, int(received))
