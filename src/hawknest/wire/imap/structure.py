"""ENVELOPE and BODYSTRUCTURE as IMAP writes them. RFC 9051 §7.5.2, RFC 3501 §7.4.2.

Both tell what the letter says, octet for octet: nothing is decoded, and what is beyond ASCII goes out as a literal.
"""

import re
from collections.abc import Sequence
from typing import Final

from hawknest.mail.addresslist import entries
from hawknest.mail.content import Parameters
from hawknest.mail.header import unfold
from hawknest.mail.mime import Octets, Part
from hawknest.wire.imap.strings import NIL, nstring, string

_FIELD_LIMIT: Final = 1 << 20  # octets of a field that an envelope tells

_FIELD: Final = re.compile(
    rb"\n(date|subject|from|sender|reply-to|to|cc|bcc|in-reply-to|message-id)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE,
)
#: A multipart in which there is no part cannot be told; so one is told that is empty.
_EMPTY: Final = b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0'


def envelope(header: bytes) -> bytes:
    """Write the envelope of a letter.

    envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP
               env-to SP env-cc SP env-bcc SP env-in-reply-to SP env-message-id ")"        ; RFC 9051 §9

    A field that is there and empty is an empty string, one that is not there NIL (RFC 9051 §7.5.2).

    Args:
        header: the letter's header, with or without its blank line. Of a field that stands there twice the first holds; address
            lists are put together (RFC 5322 §4.5.3).
    """
    fields: dict[bytes, list[bytes]] = {}
    for found in _FIELD.finditer(b"\n" + header):
        fields.setdefault(found[1].lower(), []).append(found[2])

    def text(name: bytes) -> bytes:
        values = fields.get(name)
        return string(unfold(values[0][:_FIELD_LIMIT])) if values else NIL

    def subject() -> bytes:
        # quirk_folded_subject: list servers fold with a tab, or many spaces, where one space stood.
        values = fields.get(b"subject")
        if not values:
            return NIL
        lines = values[0][:_FIELD_LIMIT].split(b"\n")
        return string(b" ".join(filter(None, (line.strip(b" \t\r") for line in lines))))

    def addresses(name: bytes) -> bytes:
        values = fields.get(name)
        return _addresses(b",".join(values)[:_FIELD_LIMIT]) if values else NIL

    sender = addresses(b"from")
    others = [addresses(name) for name in (b"sender", b"reply-to", b"to", b"cc", b"bcc")]
    # RFC 9051 §7.5.2: where Sender or Reply-To is not there or empty, From is told.
    others[:2] = [sender if other == NIL else other for other in others[:2]]
    words = [text(b"date"), subject(), sender, *others, text(b"in-reply-to"), text(b"message-id")]
    return b"(" + b" ".join(words) + b")"


def _addresses(value: bytes) -> bytes:
    """Write an address list.

    address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"                  ; RFC 9051 §9
    """
    written = [
        b"(%b %b %b %b)" % (nstring(name or None), nstring(route), nstring(mailbox), nstring(domain))
        for name, route, mailbox, domain in entries(value)
    ]
    return b"(" + b"".join(written) + b")" if written else NIL


def bodystructure(part: Part, data: Octets, *, extended: bool) -> bytes:
    """Write the structure of a letter.

    body            = "(" (body-type-1part / body-type-mpart) ")"                          ; RFC 9051 §9
    body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
    body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]

    Args:
        part: the letter as it was scanned.
        data: the letter, for the envelopes of letters inside it.
        extended: BODYSTRUCTURE with the extension data; without it, BODY.
    """
    words: list[bytes] = []
    _write(words, part, data, extended=extended)
    return b"".join(words)


def _write(words: list[bytes], part: Part, data: Octets, *, extended: bool) -> None:
    if part.is_multipart:
        words.append(b"(")
        for child in part.parts:
            _write(words, child, data, extended=extended)
        if not part.parts:
            words.append(_EMPTY + (b" NIL NIL NIL NIL)" if extended else b")"))
        words += (b" ", _word(part.subtype))
        if extended:
            # body-ext-mpart = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc …]]]
            words += (b" ", _parameters(part.params), _disposition_and_rest(part))
    else:
        _single(words, part, data, extended=extended)
        if extended:
            # body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc …]]]
            words += (b" ", nstring(part.md5), _disposition_and_rest(part))
    words.append(b")")


def _single(words: list[bytes], part: Part, data: Octets, *, extended: bool) -> None:
    params = part.params
    if part.type == "text" and all(name not in {"charset", "charset*"} for name, _ in params):
        params = (*params, ("charset", b"us-ascii"))  # RFC 2046 §4.1.2
    # body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
    words.append(
        b"(%b %b %b %b %b %b %d"
        % (
            _word(part.type),
            _word(part.subtype),
            _parameters(params),
            nstring(part.id),
            nstring(part.description),
            _word(part.encoding),
            part.end - part.body,
        )
    )
    if part.is_letter and part.parts:
        # body-type-msg = media-message SP body-fields SP envelope SP body SP body-fld-lines
        inside = part.parts[0]
        words += (b" ", envelope(data[inside.header : inside.header_end]), b" ")
        _write(words, inside, data, extended=extended)
        words.append(b" %d" % part.lines)
    elif part.type == "text":
        words.append(b" %d" % part.lines)


def _word(word: str) -> bytes:
    return string(word.encode("latin-1"))


# body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
def _parameters(params: Parameters) -> bytes:
    if not params:
        return NIL
    return b"(" + b" ".join([_word(name) + b" " + string(value) for name, value in params]) + b")"


def _disposition_and_rest(part: Part) -> bytes:
    # body-fld-dsp = "(" string SP body-fld-param ")" / nil
    # body-fld-lang = nstring / "(" string *(SP string) ")"
    if not (part.disposition or part.language or part.location):
        return b" NIL NIL NIL"
    disposition, language = NIL, NIL
    if part.disposition:
        disposition = b"(%b %b)" % (_word(part.disposition[0]), _parameters(part.disposition[1]))
    if part.language:
        language = _languages(part.language)
    return b" %b %b %b" % (disposition, language, nstring(part.location))


def _languages(tags: Sequence[str]) -> bytes:
    return b"(" + b" ".join(map(_word, tags)) + b")"
