"""Replies that the server writes for someone who is away. RFC 3834.

An automatic reply to the wrong letter loops, tells a list's hundreds that one is on holiday, or tells a spammer
that an address lives. So the letter has to prove itself: a person wrote it, to this very address.
How often one sender is answered is not decided here: that needs a memory.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hawknest.mail.address import Address
from hawknest.mail.build import mailbox, text_part
from hawknest.mail.dates import letter_date
from hawknest.mail.envelope import Body, Envelope, Notify, Recipient
from hawknest.mail.header import Header, message_ids
from hawknest.mail.mailboxes import mailboxes
from hawknest.mail.words import encode_words

_THREAD_LIMIT: Final = 20  # identifiers in References
_SUBJECT_LIMIT: Final = 200  # characters of the original's subject

#: Fields that only lists, and programs that write to many, put in. RFC 2369, RFC 2919, RFC 8058
_LIST_FIELDS: Final = (
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Post",
    "List-Help",
    "List-Owner",
    "List-Subscribe",
    "List-Archive",
    "Mailing-List",
    "X-Mailing-List",
    "X-Loop",
    "Feedback-ID",
)
_PRECEDENCES: Final = frozenset({b"bulk", b"list", b"junk"})
#: Programs' names before the @. RFC 3834 §2, RFC 5230 §4.6
_PROGRAM: Final = re.compile(
    r"owner-.*|.*-(?:owner|request|relay|bounces?|errors)|(?:mailer-?daemon|listserv|majordomo|postmaster|root|nobody"
    r"|no-?reply|do-?not-?reply|bounces?|www|www-data|bounces?[+=-].*)",
    re.IGNORECASE | re.DOTALL,
)
_ADDRESSED: Final = ("To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc")


class Silence(StrEnum):
    """Why a letter gets no automatic reply."""

    NULL_SENDER = "it has no sender: it is a report"
    PROGRAM = "its sender is a program"
    ONESELF = "its sender is the person who is away"
    AUTOMATIC = "it was sent by a program"
    LIST = "it came through a mailing list"
    BULK = "it is bulk mail"
    NOT_ADDRESSED = "the person is not named in To or Cc"


def why_silent(header: Header, reverse_path: Address | None, own: Iterable[Address]) -> Silence | None:
    """Why a letter must not be answered by a program; None when it may be. RFC 3834 §2, RFC 5230 §4.5-4.6.

    Args:
        header: the letter's header.
        reverse_path: the sender in the envelope.
        own: every address of the person who is away.
    """
    if reverse_path is None:
        return Silence.NULL_SENDER
    if _PROGRAM.fullmatch(reverse_path.local):
        return Silence.PROGRAM
    keys = {address.key for address in own}
    if reverse_path.key in keys or reverse_path.split_plus()[0].key in keys:
        return Silence.ONESELF
    return _of_header(header) or (None if _names(header, keys) else Silence.NOT_ADDRESSED)


def _of_header(header: Header) -> Silence | None:
    # auto-submitted-field = "Auto-Submitted:" [CFWS] auto-submitted [CFWS]      ; RFC 3834 §5
    automatic = header.first("Auto-Submitted")
    if automatic is not None and re.split(rb"[;(\s]", automatic.lower(), maxsplit=1)[0] != b"no":
        return Silence.AUTOMATIC
    # quirk_auto_response_suppress: Exchange asks for silence in its own field, and writes None when it does not.
    suppress = header.first("X-Auto-Response-Suppress")
    if (
        (suppress or b"None").lower() != b"none"
        or header.count("X-Autoreply")
        or header.count("X-Autorespond")
    ):
        return Silence.AUTOMATIC
    if any(header.count(name) for name in _LIST_FIELDS):
        return Silence.LIST
    if (header.first("Precedence") or b"").lower() in _PRECEDENCES:
        return Silence.BULK
    if (header.first("Content-Type") or b"").lower().startswith(b"multipart/report"):
        return Silence.AUTOMATIC
    return None


def _names(header: Header, keys: Collection[str]) -> bool:
    """Whether one of the addresses stands in To, Cc or Bcc, with or without a detail after "+"."""
    for name in _ADDRESSED:
        for field in header.every(name):
            for entry in mailboxes(field.raw):
                address = entry.address
                if address and (address.key in keys or address.split_plus()[0].key in keys):
                    return True
    return False


@dataclass(frozen=True, slots=True)
class Reply:
    """What an automatic reply says, and for whom."""

    sender: Address
    #: The display name of the person who is away, or "".
    name: str
    text: str
    #: None takes the subject of the letter, with `Auto: ` before it.
    subject: str | None
    #: Letters, digits, "." and "-": it becomes the Message-ID.
    reply_id: str
    #: Our own name.
    host: str
    #: Seconds since the epoch, and seconds that local time is ahead of UTC.
    now: float
    utc_offset: int = 0


def compose(reply: Reply, header: Header, to: Address) -> tuple[Envelope, bytes]:
    """The reply as a letter, and the envelope to send it with. RFC 3834 §3.

    Args:
        reply: what to say.
        header: the header of the letter that is answered.
        to: its reverse-path, the only address that may be answered (RFC 3834 §4).
    """
    subject = reply.subject
    if subject is None:
        subject = f"Auto: {header.text('Subject')[:_SUBJECT_LIMIT]}"
    answered = header.message_id
    thread = message_ids(header.first("References") or header.first("In-Reply-To") or b"")
    thread = [identifier for identifier in [*thread, answered or ""] if identifier and identifier.isascii()]
    lines = [
        f"Date: {letter_date(reply.now, reply.utc_offset)}",
        f"From: {mailbox(reply.name, reply.sender)}",
        f"To: {to}",
        f"Subject: {encode_words(subject)}",
        f"Message-ID: <{reply.reply_id}@{reply.host}>",
        *([f"In-Reply-To: {answered}"] if answered and answered.isascii() else []),
        *(["References: " + "\r\n ".join(dict.fromkeys(thread[-_THREAD_LIMIT:]))] if thread else []),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "",
    ]
    letter = "\r\n".join(lines).encode() + text_part(reply.text)
    # RFC 3834 §3.3: sent from nobody, so that nothing comes back.
    envelope = Envelope(
        reverse_path=None,
        recipients=(Recipient(to, notify=Notify.NEVER),),
        body=Body.SEVEN_BIT if letter.isascii() else Body.EIGHT_BIT,
        smtputf8=not letter.isascii(),
        size=len(letter),
    )
    return envelope, letter
