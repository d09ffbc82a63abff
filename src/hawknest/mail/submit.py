"""What is done to a letter that a user, or a program of the user's, hands in. RFC 6409 §8, RFC 5322 §3.6.

A mail program may leave Date and Message-ID to the server; nothing else of its letter is touched. The `sendmail`
command takes more: whatever comes out of a pipe becomes a letter, and its recipients may be read from its header.
"""

import re
from collections.abc import Collection
from typing import Final

from hawknest.mail.address import Address
from hawknest.mail.dates import letter_date
from hawknest.mail.header import Header, split
from hawknest.mail.mailboxes import Mailbox, mailboxes

#: Fields that tell what only the sender may know; they never leave. RFC 5322 §3.6.3
BLIND: Final = frozenset({"bcc", "resent-bcc"})
#: Fields that a letter has at most once. RFC 5322 §3.6
SINGLE: Final = (
    "Date",
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Subject",
)
_RECIPIENTS: Final = ("To", "Cc", "Bcc")
_RESENT: Final = ("Resent-To", "Resent-Cc", "Resent-Bcc")
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_MBOX_FROM: Final = re.compile(rb"\A>?From [^\n]*\n")
_HEADER_LINE: Final = re.compile(rb"[!-9;-~]++[ \t]*+:|[ \t]")


def missing_fields(
    header: Header,
    *,
    host: str,
    letter_id: str,
    now: float,
    utc_offset: int = 0,
    sender: Address | None = None,
) -> bytes:
    """The fields that a letter lacks, to be put on top of it; empty when it lacks none.

    Args:
        header: the letter's header.
        host: our own name, for the Message-ID.
        letter_id: names this letter for ever, in the Message-ID: letters, digits, "." and "-".
        now: seconds since the epoch.
        utc_offset: seconds that local time is ahead of UTC.
        sender: who is written into From when that is missing too; None leaves it missing.
    """
    fields = ""
    if not header.count("Date"):
        fields += f"Date: {letter_date(now, utc_offset)}\r\n"
    if sender is not None and not header.count("From"):
        fields += f"From: {sender}\r\n"
    if not header.count("Message-ID"):
        fields += f"Message-ID: <{letter_id}@{host}>\r\n"
    return fields.encode()


def without(letter: bytes, names: Collection[str] = BLIND) -> bytes:
    """A letter without the fields of some names.

    Args:
        letter: the letter, or its first octets with the whole header section.
        names: the names in lower case.
    """
    end = split(letter).header_end
    pieces: list[bytes] = []
    at = 0
    for field in Header(letter[:end]):
        if field.name.lower() in names:
            pieces.append(letter[at : field.start])
            at = field.end
    return letter if not at else b"".join((*pieces, letter[at:]))


def recipients(header: Header) -> list[Mailbox]:
    """Whom a letter is for by its own header: To, Cc and Bcc, or the Resent fields when it is sent again.

    What is no full address comes with `address` None, for the caller to complete or to refuse.
    """
    names = _RESENT if any(header.count(name) for name in _RESENT) else _RECIPIENTS
    return [entry for name in names for field in header.every(name) for entry in mailboxes(field.raw)]


def doubled(header: Header) -> list[str]:
    """The fields that stand twice though a letter has them once. RFC 5322 §3.6.

    A web form that copies a visitor's line end into a field makes a second To or Bcc; a letter with one is
    better refused than sent on.
    """
    return [name for name in SINGLE if header.count(name) > 1]


def from_pipe(octets: bytes) -> bytes:
    """A letter out of what a program wrote to the `sendmail` command.

    Line ends become CRLF, an mbox `From ` line at the top goes, and a blank line is put before the first line that
    is no field, so that a text without any header is a body.
    """
    letter = _MBOX_FROM.sub(b"", _LINE_END.sub(b"\r\n", octets), count=1)
    if letter and not letter.endswith(b"\r\n"):
        letter += b"\r\n"
    at = 0
    while _HEADER_LINE.match(letter, at) and not (at == 0 and letter[:1] in b" \t"):
        at = letter.index(b"\r\n", at) + 2
    return letter if letter.startswith(b"\r\n", at) else letter[:at] + b"\r\n" + letter[at:]
