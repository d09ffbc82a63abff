"""The text of a letter: all of it for searching, its beginning for a preview. RFC 9051 §6.4.4, RFC 8970.

For searching, what people read is what counts: text parts without transfer encoding, charset and HTML, the names of attachments, and of
letters inside the letter their subjects, people and texts.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from hawknest.mail import content, decode
from hawknest.mail.charset import decode as decode_charset
from hawknest.mail.header import Header
from hawknest.mail.html import text_of
from hawknest.mail.mime import Octets, Part, scan
from hawknest.mail.words import clean, decode_words

TEXT_LIMIT: Final = 1 << 20  # characters of a letter that are searched
PREVIEW_LIMIT: Final = 200  # characters; RFC 8970 §3.1
_PREVIEW_OCTETS: Final = 65_536  # of a part, that a preview is made from
_TOLD: Final = ("Subject", "From", "To", "Cc", "Date")  # fields of a letter inside the letter
#: Parts that are read as text besides text/…: reports on letters, and their fields. RFC 3464, RFC 3798, RFC 5965, RFC 6533
_REPORTS: Final = frozenset(
    "delivery-status disposition-notification feedback-report global-delivery-status global-disposition-notification "
    "global-headers partial external-body".split()
)


def body_text(data: Octets, root: Part, limit: int = TEXT_LIMIT) -> str:
    """Take the text out of a letter's body.

    Args:
        data: the letter.
        root: the letter as it was scanned.
        limit: characters; what comes after them is left out.

    Returns:
        The texts, each on lines of its own; without NUL and without halves of characters, so that any database takes it.
    """
    texts: list[str] = []
    for text in _texts(data, root, limit):
        texts.append(text)
        limit -= len(text)
        if limit <= 0:
            texts[-1] = text[: limit or None]
            break
    return "\n".join(texts).replace("\0", " ")


def _texts(data: Octets, part: Part, limit: int, *, decoding: bool = True) -> Iterator[str]:
    yield from _names(part)
    if part.is_letter and decoding and part.encoding.lower() in {"base64", "quoted-printable"}:
        # quirk_encoded_letter: RFC 2045 §6.4 forbids it, and some do it; one within another is left alone.
        octets = decode.decoded(replace(part, type="text", parts=()), data, 4 * limit) or b""
        data, part = octets, Part(0, 0, len(octets), 0, "message", "rfc822", parts=(scan(octets),))
        decoding = False
    if part.is_letter and part.parts:
        inside = part.parts[0]
        header = Header(data[inside.header : min(inside.body, inside.header + limit)])
        yield from (field.text for name in _TOLD for field in header.every(name))
    elif not part.parts and (part.type == "text" or (part.type == "message" and part.subtype in _REPORTS)):
        yield _text(data, part, 4 * limit)
    for child in part.parts:
        yield from _texts(data, child, limit, decoding=decoding)


def _names(part: Part) -> Iterator[str]:
    """The name of an attachment, and what its sender says it is."""
    given = part.disposition[1] if part.disposition else ()
    if name := content.parameter(given, "filename") or content.parameter(part.params, "name"):
        yield name
    if part.description:
        yield decode_words(part.description)


def _text(data: Octets, part: Part, limit: int) -> str:
    """Read a part as text.

    Args:
        data: the letter.
        part: a part that is text.
        limit: octets of it, encoded, that are looked at.
    """
    octets = decode.decoded(part, data, limit)
    if octets is None:
        octets = data[part.body : min(part.end, part.body + limit)]
    charset = next((value for name, value in part.params if name == "charset"), b"")
    text = decode_charset(octets, charset.decode("latin-1"))
    return text_of(text) if part.subtype in {"html", "xhtml+xml", "x-html"} else text


#: How lines end that say who is quoted below.
_ATTRIBUTIONS: Final = (
    *(
        "wrote:",
        "writes:",
        "wrote :",
        "schrieb:",
        "schrieb :",
        "a écrit :",
        "a écrit:",
        "escribió:",
        "ha scritto:",
        "schreef:",
    ),
    *("のメール:", "のメール\uff1a", "書きました:", "書きました\uff1a", "さん:", "さん\uff1a"),
)
_ATTRIBUTED: Final = (
    "On ",
    "* On ",
    "At ",
    "Am ",
    "Le ",
    "El ",
    "Il ",
    "Op ",
)  # how they begin, when they take two lines
_RULE: Final = re.compile(r"[-=_*#~.]{4,}")
# Senders of bulk mail fill the preview with what nobody sees.
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)


def preview(data: Octets, root: Part) -> str:
    """Write the first words of a letter: RFC 8970 §3.1.

    Args:
        data: the letter.
        root: the letter as it was scanned.

    Returns:
        At most `PREVIEW_LIMIT` characters on one line; empty where the letter has no text.
    """
    for part in _first_texts(root):
        text = _text(data, part, _PREVIEW_OCTETS)
        if words := _one_line(_own_lines(text)) or _one_line(text[: 8 * PREVIEW_LIMIT]):
            return words
    return ""


def _own_lines(text: str) -> str:
    """Leave out what the reader knows: quotations, who is quoted, and the signature after "-- " (RFC 3676 §4.3)."""
    kept: list[str] = []
    length = 0
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith((">", "|")):
            continue
        if bare == "--":
            break
        if bare.endswith(_ATTRIBUTIONS):
            if kept and kept[-1].startswith(_ATTRIBUTED):
                kept.pop()
            continue
        kept.append(bare)
        length += len(bare)
        if length > 8 * PREVIEW_LIMIT:
            break
    return " ".join(kept)


def _one_line(text: str) -> str:
    words = " ".join(_UNSEEN.sub("", clean(_RULE.sub(" ", text))).split())
    return words if len(words) <= PREVIEW_LIMIT else words[: PREVIEW_LIMIT - 1].rstrip() + "…"


def _first_texts(part: Part) -> Iterator[Part]:
    """Give the text parts, as they would be read; of alternatives plain text first."""
    if part.parts:
        plain_first = part.subtype == "alternative"
        children = (
            sorted(part.parts, key=lambda child: child.subtype != "plain") if plain_first else part.parts
        )
        for child in children:
            yield from _first_texts(child)
    elif part.type == "text" and not (part.disposition and part.disposition[0].lower() == "attachment"):
        yield part
