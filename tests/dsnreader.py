"""Reports that other servers send about our letters: the fields for programs, read. RFC 3464, RFC 6522."""

import binascii
import re
from dataclasses import dataclass
from typing import Final

from hawknest.mail.header import Header, split
from hawknest.mail.words import decode_words

_READ_LIMIT: Final = 1 << 20  # octets of a report that are looked at
_RECIPIENTS_LIMIT: Final = 1000
_BOUNDARY: Final = re.compile(rb';\s*boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_STATUS_TYPE: Final = re.compile(rb"\s*message/(?:global-)?delivery-status\b", re.IGNORECASE)
_REPORT_TYPE: Final = re.compile(rb"\s*multipart/(?:report|mixed)\b", re.IGNORECASE)
_LINE_BREAK: Final = re.compile(rb"\r*\n")
_CODE: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What another server says became of a letter for one recipient. Empty text where it says nothing."""

    #: The address without its type: where the letter ended, and whom the sender had written to.
    final_recipient: str
    original_recipient: str
    #: In lower case: failed, delayed, delivered, relayed, expanded, or what else was written.
    action: str
    #: An enhanced status code, or "".
    status: str
    diagnostic: str
    remote_mta: str


@dataclass(frozen=True, slots=True)
class ReadReport:
    reporting_mta: str
    #: The name that the sender gave to the sending: ENVID.
    envid: str
    recipients: tuple[RecipientReport, ...]


def read_report(letter: bytes) -> ReadReport | None:
    """The report that a letter is; None when it is no proper one. Never raises.

    Args:
        letter: the letter, or its first octets.
    """
    content = _status_content(letter[:_READ_LIMIT])
    if content is None:
        return None
    groups = [Header(group) for group in _groups(content)]
    recipients = tuple(
        _recipient(group) for group in groups if group.count("Action") or group.count("Status")
    )
    if not recipients:
        return None
    first = groups[0]
    return ReadReport(_untyped(first, "Reporting-MTA"), first.text("Original-Envelope-Id"), recipients)


def _status_content(letter: bytes) -> bytes | None:
    """The content of the delivery-status part, or None."""
    kind = Header.of(letter).first("Content-Type") or b""
    boundary = _BOUNDARY.search(kind)
    if boundary is None or not _REPORT_TYPE.match(kind):
        return None
    delimiter = re.escape(boundary[1] or boundary[2])
    body = letter[split(letter).header_end :]
    for part in re.split(rb"\r?\n--" + delimiter + rb"(?:--)?[ \t]*(?=\r?\n|\Z)", body)[1:]:
        octets = part.removeprefix(b"\r").removeprefix(b"\n")
        header = Header.of(octets)
        if _STATUS_TYPE.match(header.first("Content-Type") or b""):
            return _decoded(header, octets[split(octets).body_start :])
    return None


def _decoded(header: Header, body: bytes) -> bytes:
    match (header.first("Content-Transfer-Encoding") or b"").lower():
        case b"base64":
            try:
                return binascii.a2b_base64(body)
            except binascii.Error:
                return b""
        case b"quoted-printable":
            return binascii.a2b_qp(body)
        case _:
            return body


def _groups(content: bytes) -> list[bytes]:
    """The groups of fields, which blank lines keep apart. RFC 3464 §2.1."""
    lines = _LINE_BREAK.sub(b"\n", content)
    return [group for group in lines.split(b"\n\n") if group.strip()][: _RECIPIENTS_LIMIT + 1]


def _recipient(group: Header) -> RecipientReport:
    action = group.text("Action").lower().split()
    status = _CODE.search(group.text("Status"))
    return RecipientReport(
        final_recipient=_untyped(group, "Final-Recipient"),
        original_recipient=_untyped(group, "Original-Recipient"),
        action=action[0] if action else "",
        status=status[0] if status else "",
        diagnostic=_untyped(group, "Diagnostic-Code"),
        remote_mta=_untyped(group, "Remote-MTA"),
    )


def _untyped(group: Header, name: str) -> str:
    """A value without its type: `user@example.com` of `rfc822; user@example.com`. RFC 3464 §2.1.2."""
    kind, semicolon, rest = decode_words(group.first(name) or b"").partition(";")
    return (rest if semicolon else kind).strip()
