"""What the SMTP dialogue says of a letter: from where, to whom, and what the sender wants to hear. RFC 5321 §2.3.1, RFC 3461."""

import re
from dataclasses import dataclass
from enum import Flag, StrEnum, auto
from typing import Final

from hawknest.mail.address import Address

ENVID_LIMIT: Final = 100  # characters, RFC 3461 §4.4
ORCPT_LIMIT: Final = 500  # characters, RFC 3461 §4.2

# xtext   = *( xchar / hexchar )                         ; RFC 3461 §4
# xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
# hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
# quirk_lower_case_hex: RFC 3461 wants upper case, some senders write lower.
_XTEXT: Final = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})*+")
_HEXCHAR: Final = re.compile(r"\+([0-9A-Fa-f]{2})")
_TO_ENCODE: Final = re.compile(r"[^!-*,-<>-~]")
# addr-type = atom
_ADDR_TYPE: Final = re.compile(r"[A-Za-z0-9-]{1,40}+")
# EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"         ; RFC 6533 §3
_UNICODE_CHAR: Final = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_TO_EMBED: Final = re.compile(r"[^!-*,-<>-\[\]-~]")


class EnvelopeError(ValueError):
    """A parameter of MAIL or RCPT is malformed; the message is fit to be sent to the peer."""


class Body(StrEnum):
    """What octets a letter has. RFC 6152, RFC 3030."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT = "8BITMIME"
    BINARY = "BINARYMIME"


class Ret(StrEnum):
    """How much of a letter a report of failure brings back. RFC 3461 §4.3."""

    FULL = "FULL"
    HDRS = "HDRS"


class Notify(Flag):
    """Of what a sender wants a report; NEVER is none of them. RFC 3461 §4.1."""

    NEVER = 0
    SUCCESS = auto()
    FAILURE = auto()
    DELAY = auto()


#: What a sender who said nothing is told. RFC 3461 §4.1
DEFAULT_NOTIFY: Final = Notify.FAILURE | Notify.DELAY


@dataclass(frozen=True, slots=True)
class OriginalRecipient:
    """Whom the sender first wrote to, before any forwarding: the ORCPT parameter, decoded. RFC 3461 §4.2."""

    #: `rfc822`, `utf-8`, or another kind of address.
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Recipient:
    address: Address
    orcpt: OriginalRecipient | None = None
    #: None when the sender said nothing.
    notify: Notify | None = None

    def wants(self, event: Notify) -> bool:
        """Whether the sender is to be told of such an event for this recipient."""
        return bool(event & (DEFAULT_NOTIFY if self.notify is None else self.notify))


@dataclass(frozen=True, slots=True)
class Envelope:
    #: None is the null reverse-path: nobody is to be told anything.
    reverse_path: Address | None
    recipients: tuple[Recipient, ...]
    body: Body = Body.SEVEN_BIT
    smtputf8: bool = False
    ret: Ret | None = None
    #: The sender's own name for this sending, decoded.
    envid: str | None = None
    #: Octets, as declared or as counted; None when unknown.
    size: int | None = None
    #: It is to be given on over proven TLS alone. RFC 8689 §2
    requiretls: bool = False


def encode_xtext(text: str) -> str:
    """Text as the value of an SMTP parameter. RFC 3461 §4.

    Args:
        text: ASCII text; other characters are written as their UTF-8.
    """
    return _TO_ENCODE.sub(lambda found: "".join(f"+{octet:02X}" for octet in found[0].encode()), text)


def decode_xtext(text: str) -> str:
    """The text that an SMTP parameter holds. RFC 3461 §4.

    Raises:
        EnvelopeError: it is no xtext, or holds anything but printable ASCII.
    """
    if not _XTEXT.fullmatch(text):
        raise EnvelopeError("the value is not valid xtext")
    decoded = _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), text)
    if not (decoded.isascii() and decoded.isprintable()):
        raise EnvelopeError("the value holds characters that are not printable ASCII")
    return decoded


def parse_envid(text: str) -> str:
    """The value of ENVID, decoded. RFC 3461 §4.4.

    Raises:
        EnvelopeError: it is malformed or too long.
    """
    if len(text) > ENVID_LIMIT:
        raise EnvelopeError("ENVID is longer than 100 characters")
    return decode_xtext(text)


def parse_notify(text: str) -> Notify:
    """The value of NOTIFY. RFC 3461 §4.1.

    notify-esmtp-value   = "NEVER" / 1#notify-list-element
    notify-list-element  = "SUCCESS" / "FAILURE" / "DELAY"

    Raises:
        EnvelopeError: it is none.
    """
    notify = Notify.NEVER
    words = text.upper().split(",")
    for word in words:
        if not text.isascii() or word not in Notify.__members__ or (word == "NEVER" and len(words) > 1):
            raise EnvelopeError("NOTIFY takes NEVER, or a list of SUCCESS, FAILURE and DELAY")
        notify |= Notify[word]
    return notify


def format_notify(notify: Notify) -> str:
    """The value of NOTIFY for the next server."""
    return ",".join(event.name or "" for event in notify) or "NEVER"


def parse_orcpt(text: str) -> OriginalRecipient:
    r"""The value of ORCPT. RFC 3461 §4.2, RFC 6533 §3.

    original-recipient-address = addr-type ";" xtext, and for the type utf-8 also UTF-8 itself or `\x{4E00}`

    Raises:
        EnvelopeError: it is none.
    """
    kind, semicolon, value = text.partition(";")
    if not semicolon or not _ADDR_TYPE.fullmatch(kind) or len(text) > ORCPT_LIMIT:
        raise EnvelopeError(
            "ORCPT takes a kind of address, a semicolon and the address, at most 500 characters"
        )
    if kind.lower() != "utf-8":
        return OriginalRecipient(kind.lower(), decode_xtext(value))
    if not value.isprintable() or " " in value:
        raise EnvelopeError("ORCPT holds characters that cannot stand there")
    decoded = _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), value)
    decoded = _UNICODE_CHAR.sub(_embedded, decoded)
    if not decoded.isprintable():
        raise EnvelopeError("ORCPT holds characters that cannot stand there")
    return OriginalRecipient("utf-8", decoded)


def _embedded(found: re.Match[str]) -> str:
    point = int(found[1], 16)
    return chr(point) if point <= 0x10FFFF else "\ufffd"


def format_orcpt(orcpt: OriginalRecipient) -> str:
    """The value of ORCPT for the next server, in ASCII. RFC 3461 §4.2, RFC 6533 §3."""
    if orcpt.kind == "utf-8":
        return f"utf-8;{embed_unicode(orcpt.text)}"
    return f"{orcpt.kind};{encode_xtext(orcpt.text)}"


def embed_unicode(text: str) -> str:
    r"""An address beyond ASCII written in ASCII, `\x{4E00}` for a character: utf-8-addr-xtext. RFC 6533 §3."""
    return _TO_EMBED.sub(lambda found: f"\\x{{{ord(found[0]):X}}}", text)
