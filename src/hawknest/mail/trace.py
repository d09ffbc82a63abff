"""The fields a server writes on top of a letter: Received, Return-Path, Delivered-To. RFC 5321 §4.4, RFC 3848.

What a peer said of itself goes into these lines, so nothing of it is copied that is not a plain host name or
address. Who signed in is never told: the `A` of ESMTPSA says that somebody did.
"""

import re
from dataclasses import dataclass
from typing import Final

from hawknest.mail.address import Address
from hawknest.mail.dates import letter_date

_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9_])?|\[[A-Za-z0-9.:]{2,60}\])", re.ASCII
)
_TLS_WORD: Final = re.compile(r"[A-Za-z0-9._-]{1,80}", re.ASCII)
#: What stands in place of a host name that could not be copied.
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a letter came in."""

    lmtp: bool = False
    #: EHLO or LHLO was said, not HELO.
    extended: bool = True
    tls: bool = False
    authenticated: bool = False
    #: The letter was sent with SMTPUTF8.
    utf8: bool = False

    def __str__(self) -> str:
        """The word after `with`: SMTP, ESMTPSA, UTF8LMTPS, … RFC 3848, RFC 6531 §4.3."""
        return _KEYWORDS[self.lmtp, self.extended, self.utf8][self.tls + 2 * self.authenticated]


_KEYWORDS: Final = {
    (lmtp, extended, utf8): tuple(
        (("UTF8" if utf8 else "E" if extended and not lmtp else "") + ("LMTP" if lmtp else "SMTP") + suffix)
        if extended or lmtp or utf8
        else "SMTP"  # HELO has neither TLS nor AUTH
        for suffix in ("", "S", "A", "SA")
    )
    for lmtp in (False, True)
    for extended in (False, True)
    for utf8 in (False, True)
}


@dataclass(frozen=True, slots=True)
class Reception:
    """How, when and from whom a letter came in: what Received tells."""

    #: What the peer called itself in HELO, EHLO or LHLO; anything.
    helo: str
    #: The peer's IP address.
    peer: str
    #: Our own name.
    host: str
    protocol: Protocol
    #: The trace id, under which the letter's journey is found in the log.
    trace_id: str
    #: Seconds since the epoch.
    time: float
    #: Seconds that the host's local time is ahead of UTC.
    utc_offset: int = 0
    #: The peer's name when DNS tells the same both ways.
    peer_name: str | None = None
    tls_version: str | None = None
    tls_cipher: str | None = None
    #: Set only for a letter with a single recipient, so that no one learns of another. RFC 5321 §7.6
    recipient: Address | None = None


def received(reception: Reception) -> bytes:
    """The Received field, with its line end, folded by its clauses.

    Time-stamp-line = "Received:" FWS Stamp <CRLF>
    Stamp = From-domain By-domain Opt-info [CFWS] ";" FWS date-time     ; RFC 5321 §4.4
    """
    r = reception
    peer = f"[IPv6:{r.peer}]" if ":" in r.peer else f"[{r.peer}]"
    if r.peer_name is not None:
        peer = f"{host_or_unknown(r.peer_name)} {peer}"
    tls = ""
    if r.protocol.tls:
        tls = f"\r\n\t({_tls_words(r.tls_version, r.tls_cipher)})"
    # A local part beyond ASCII makes the header UTF-8, which only a letter sent with SMTPUTF8 may have.
    address = r.recipient
    shown = address is not None and (r.protocol.utf8 or not address.needs_smtputf8)
    recipient = f"\r\n\tfor <{address}>" if shown else ""
    return (
        f"Received: from {host_or_unknown(r.helo)} ({peer})\r\n"
        f"\tby {r.host} (Hawknest) with {r.protocol} id {r.trace_id}"
        f"{tls}{recipient};\r\n\t{letter_date(r.time, r.utc_offset)}\r\n"
    ).encode()


def host_or_unknown(name: str) -> str:
    """A host name or address literal that a peer gave, or `unknown` when it is neither."""
    return name if _HOST.fullmatch(name) else UNKNOWN


def _tls_words(version: str | None, cipher: str | None) -> str:
    words = [word for word in (version, cipher) if word and _TLS_WORD.fullmatch(word)]
    return "encrypted with " + ", ".join(words) if words else "encrypted"


def return_path(reverse_path: Address | None) -> bytes:
    """The Return-Path field, with its line end; None is the null reverse-path. RFC 5321 §4.4."""
    return f"Return-Path: <{reverse_path or ''}>\r\n".encode()


def delivered_to(address: Address) -> bytes:
    """The Delivered-To field, with its line end, by which a forwarding loop is seen. RFC 9228 §2."""
    return f"Delivered-To: {address}\r\n".encode()
