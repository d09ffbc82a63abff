"""What lists and searches want to know of a letter without reading it: short texts, sort keys, ids.

A `Headline` is made once from the header section, is kept beside the letter, and can be made again at any time
(`VERSION` counts how). RFC 9051 §6.4.4 for the texts, RFC 5256 §3 and RFC 5957 §2 for the keys, RFC 5322 §3.6.4 for the ids.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hawknest.mail.casemap import casemap
from hawknest.mail.header import Header, message_ids, unfold
from hawknest.mail.mailboxes import mailboxes
from hawknest.mail.sent import sent
from hawknest.mail.subject import base_subject
from hawknest.mail.terms import normal
from hawknest.mail.words import decode_words

VERSION: Final = 1  # of the way headlines are made

TEXT_LIMIT: Final = 64 * 1024  # octets of a kind of field that are searched here; no person wrote more
KEY_LIMIT: Final = 500  # characters of a key: what differs only after them sorts by number
REFERENCES_LIMIT: Final = 500  # ids; the last ones are the nearest ancestors
#: Between the texts of two fields of a name: no needle holds it.
BETWEEN: Final = "\n"

# group = display-name ":" [group-list] ";"               ; RFC 5322 §3.4
_GROUP: Final = re.compile(rb'\s*+("(?:[^"\\]|\\.)*+"|[^",:;<>@()\\\[]++):', re.DOTALL)
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Headline:
    """A letter in short. Texts are as `mail.terms.normal` gives them, keys as `mail.casemap.casemap` does."""

    #: The texts that are searched: all fields of the name, `BETWEEN` between them.
    subject: str
    sender: str  # From
    to: str
    cc: str
    bcc: str
    #: The base subject, and whether the whole one said that it answers or forwards.
    subject_key: str
    reply: bool
    #: The name before the @ of the first mailbox; empty when there is none.
    sender_key: str
    to_key: str
    cc_key: str
    #: The first mailbox as people see it.
    sender_display: str
    to_display: str
    #: Seconds since the epoch, and days since it; None when the letter does not say.
    sent_at: int | None
    sent_day: int | None
    #: The letter's id and those of its ancestors, oldest first, each without needless quotes; "" when it has none.
    message_id: str
    references: tuple[str, ...]


def headline(header: bytes) -> Headline:
    """Make the headline of a letter.

    Args:
        header: its header section, any octets.
    """
    fields = Header(header)
    subject = base_subject(fields.text("Subject")[:TEXT_LIMIT])
    when = sent(fields.first("Date") or b"")
    sender, to, cc = (_first(fields.first(name) or b"") for name in ("From", "To", "Cc"))
    return Headline(
        subject=_text(fields, "Subject"),
        sender=_text(fields, "From"),
        to=_text(fields, "To"),
        cc=_text(fields, "Cc"),
        bcc=_text(fields, "Bcc"),
        subject_key=_key(subject.base),
        reply=subject.reply,
        sender_key=_key(sender[0]),
        to_key=_key(to[0]),
        cc_key=_key(cc[0]),
        sender_display=_key(sender[1]),
        to_display=_key(to[1]),
        sent_at=when.at if when else None,
        sent_day=when.day if when else None,
        message_id=next(iter(_ids(fields.first("Message-ID"))), ""),
        references=_ancestors(fields),
    )


def _text(fields: Header, name: str) -> str:
    return BETWEEN.join(
        normal(decode_words(unfold(field.raw[:TEXT_LIMIT]))) for field in fields.every(name)[:50]
    )


def _key(text: str) -> str:
    return casemap(text[:KEY_LIMIT])


def _first(value: bytes) -> tuple[str, str]:
    """The name before the @, and the looks, of the first entry of an address field. RFC 5256 §3, RFC 5957 §2.

    A group counts as an entry of its own, as in ENVELOPE: its name is both.
    """
    value = value[: TEXT_LIMIT // 8]
    if group := _GROUP.match(value):
        name = decode_words(group[1].strip())
        if name.startswith('"'):
            name = _QUOTED_PAIR.sub(r"\1", name[1:-1])
        return name, name
    first = next(iter(mailboxes(value)), None)
    if first is None:
        return "", ""
    local = first.address.local if first.address else first.text.rpartition("@")[0] or first.text
    return local, first.name or first.text


def _ancestors(fields: Header) -> tuple[str, ...]:
    """The ids that THREAD goes by: References, or else the first of In-Reply-To. RFC 5256 §3."""
    found = _ids(fields.first("References"))[-REFERENCES_LIMIT:]
    return tuple(found or _ids(fields.first("In-Reply-To"))[:1])


def _ids(value: bytes | None) -> list[str]:
    """The ids in a value; `<"a"@b>` is `<a@b>`. RFC 5256 §3."""
    found = message_ids((value or b"")[:TEXT_LIMIT])
    return [_unquoted(one) for one in found if "@" in one]


def _unquoted(one: str) -> str:
    if '"' not in one:
        return one
    return "".join(_pieces(one))


def _pieces(one: str) -> Iterable[str]:
    local, at, domain = one[1:].rpartition("@")
    quoted = len(local) > 1 and local.startswith('"') and local.endswith('"')
    return "<", _QUOTED_PAIR.sub(r"\1", local[1:-1]) if quoted else local, at, domain
