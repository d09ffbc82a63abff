"""Reports on what became of a letter: delivery status notifications. RFC 3464, RFC 3461 §6, RFC 6522, RFC 6533.

A report has three parts: words for people (`hawknest.mail.dsn_words`), fields for programs, and the letter it is
about, or its header. It goes to the reverse-path of that letter with a null reverse-path of its own, so that no
report is ever made on a report.

The letter it is about may be broken in any way. The whole of it is brought back only when it can stand in a
message as it is (CRLF line ends, no overlong line, no NUL); else its header is, in quoted-printable where needed.
"""

import binascii
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hawknest.mail.address import Address
from hawknest.mail.build import mailbox, text_part
from hawknest.mail.dates import letter_date
from hawknest.mail.dsn_words import Outcome, Subject, about, explanation
from hawknest.mail.envelope import Body, Envelope, Notify, OriginalRecipient, Recipient, Ret, embed_unicode
from hawknest.mail.header import Header, message_ids, split
from hawknest.mail.tlsrequired import waives
from hawknest.mail.words import clean, encode_words, fold

FULL_LIMIT: Final = 50 * 1024  # octets of a letter that a report brings back
_LINE_LIMIT: Final = 998  # octets, RFC 5322 §2.1.1
_NAME: Final = "Mail Delivery System"


class Action(StrEnum):
    """What became of the letter for one recipient. RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


#: The kind of report that each action is, for NOTIFY. RFC 3461 §4.1
EVENTS: Final = {
    Action.FAILED: Notify.FAILURE,
    Action.DELAYED: Notify.DELAY,
    Action.DELIVERED: Notify.SUCCESS,
    Action.RELAYED: Notify.SUCCESS,
    Action.EXPANDED: Notify.SUCCESS,
}


@dataclass(frozen=True, slots=True)
class Status:
    """What became of the letter for one recipient: the fields of RFC 3464 §2.3."""

    recipient: Recipient
    action: Action
    #: An enhanced status code, `5.1.1`. RFC 3463
    code: str
    #: The host that answered, when one did.
    remote_mta: str | None = None
    #: What that host said, word for word; several lines when it said several.
    diagnostic: str | None = None
    #: Seconds since the epoch.
    last_attempt: float | None = None
    #: Seconds since the epoch; only for a delayed letter.
    will_retry_until: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report is made from, but the letter itself."""

    #: The envelope of the letter that the report is about.
    envelope: Envelope
    statuses: tuple[Status, ...]
    #: Our own name.
    host: str
    #: Names this report for ever: it becomes the Message-ID and the boundary. Letters, digits, "." and "-".
    report_id: str
    #: When the letter came, and now: seconds since the epoch.
    arrival: float
    now: float
    #: Seconds that local time is ahead of UTC.
    utc_offset: int = 0
    #: The domain that the report comes from, which signs it; without one: our own name.
    domain: str = ""


def compose(report: Report, original: bytes, *, whole: bool) -> tuple[Envelope, bytes] | None:
    """The report as a letter, and the envelope to send it with.

    Args:
        report: what to report.
        original: the letter it is about, or its first octets with at least the header section.
        whole: whether `original` is the whole letter, so that it may be brought back.

    Returns:
        None when nobody is to be told: the letter had a null reverse-path, or no status.
    """
    sender = report.envelope.reverse_path
    if sender is None or not report.statuses:
        return None
    utf8 = report.envelope.smtputf8
    parts = [
        text_part(_words(report, original)),
        _status_part(report, utf8=utf8),
        _original_part(report, original, whole=whole, utf8=utf8),
    ]
    boundary = f"=_{report.report_id}"
    while any(boundary.encode() in part for part in parts):
        boundary += "_"
    # RFC 2045 §6.4: a multipart says it is 8bit when any of its parts is.
    encoding = "7bit" if all(map(bytes.isascii, parts)) else "8bit"
    pieces = [_head(report, sender, original, boundary, encoding)]
    pieces += [b"\r\n--" + boundary.encode() + b"\r\n" + part for part in parts]
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
    letter = b"".join(pieces)
    # RFC 3461 §6.1: a report is sent from nobody, and no report is wanted on it.
    envelope = Envelope(
        reverse_path=None,
        recipients=(Recipient(sender, notify=Notify.NEVER),),
        body=Body.SEVEN_BIT if letter.isascii() else Body.EIGHT_BIT,
        smtputf8=utf8 and not letter.isascii(),
        size=len(letter),
        requiretls=report.envelope.requiretls,  # what it tells of the letter needs the same protection: RFC 8689 §5
    )
    return envelope, letter


def _head(report: Report, sender: Address, original: bytes, boundary: str, encoding: str) -> bytes:
    """The report's own header. RFC 3464 §2, RFC 3834 §2."""
    header = Header.of(original)
    subject = "{} / {}".format(*about(_subject(report.statuses)))
    thread = message_ids(header.first("References") or b"")[-10:]
    if header.message_id:
        thread.append(header.message_id)
    references = "\r\n ".join(dict.fromkeys(identifier for identifier in thread if identifier.isascii()))
    utf8 = _kind_of_status(report, utf8=report.envelope.smtputf8) != "message/delivery-status"
    lines = [
        f"Date: {letter_date(report.now, report.utc_offset)}",
        f"From: {mailbox(_NAME, Address('MAILER-DAEMON', report.domain or report.host))}",
        f"To: {sender}",
        f"Subject: {encode_words(subject)}",
        f"Message-ID: <{report.report_id}@{report.host}>",
        *([f"References: {references}"] if references else []),
        "Auto-Submitted: auto-replied",
        *(["TLS-Required: No"] if waives(header) else []),
        "MIME-Version: 1.0",
        f"Content-Type: multipart/report; report-type={'global-' if utf8 else ''}delivery-status;",
        f'\tboundary="{boundary}"',
        f"Content-Transfer-Encoding: {encoding}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def _subject(statuses: tuple[Status, ...]) -> Subject:
    actions = {status.action for status in statuses}
    if Action.FAILED in actions:
        return Subject.FAILED
    return Subject.DELAYED if Action.DELAYED in actions else Subject.DELIVERED


def _words(report: Report, original: bytes) -> str:
    header = Header.of(original)
    outcomes = [
        Outcome(
            address=status.recipient.address.display,
            action=status.action.value,
            code=status.code,
            host=status.remote_mta,
            said=status.diagnostic,
            until=_date(status.will_retry_until, report),
        )
        for status in report.statuses
    ]
    return explanation(report.host, header.text("Subject")[:200], header.text("Date")[:60], outcomes)


def _date(when: float | None, report: Report) -> str | None:
    return None if when is None else letter_date(when, report.utc_offset)


def _kind_of_status(report: Report, *, utf8: bool) -> str:
    """The media type of the fields for programs: with UTF-8 only when needed and allowed. RFC 6533 §4."""
    beyond_ascii = any(status.recipient.address.needs_smtputf8 for status in report.statuses)
    return "message/global-delivery-status" if utf8 and beyond_ascii else "message/delivery-status"


# delivery-status-content = per-message-fields 1*( CRLF per-recipient-fields )     ; RFC 3464 §2.1
def _status_part(report: Report, *, utf8: bool) -> bytes:
    kind = _kind_of_status(report, utf8=utf8)
    raw = kind != "message/delivery-status"
    groups = [
        _message_fields(report),
        *(_recipient_fields(status, report, raw=raw) for status in report.statuses),
    ]
    text = "\r\n\r\n".join("\r\n".join(group) for group in groups) + "\r\n"
    encoding = "" if text.isascii() else "Content-Transfer-Encoding: 8bit\r\n"
    return f"Content-Type: {kind}\r\n{encoding}\r\n{text}".encode()


def _message_fields(report: Report) -> list[str]:
    """The fields about the letter as a whole. RFC 3464 §2.2."""
    envid = report.envelope.envid
    return [
        *([f"Original-Envelope-Id: {_ascii(envid)}"] if envid else []),
        f"Reporting-MTA: dns; {report.host}",
        f"Arrival-Date: {letter_date(report.arrival, report.utc_offset)}",
    ]


def _recipient_fields(status: Status, report: Report, *, raw: bool) -> list[str]:
    """The fields about one recipient. RFC 3464 §2.3."""
    recipient = status.recipient
    fields: list[str] = []
    if recipient.orcpt:
        fields.append(f"Original-Recipient: {_typed(recipient.orcpt, raw=raw)}")
    kind = "utf-8" if recipient.address.needs_smtputf8 else "rfc822"
    final = _typed(OriginalRecipient(kind, str(recipient.address)), raw=raw)
    fields += [f"Final-Recipient: {final}", f"Action: {status.action}", f"Status: {status.code}"]
    if status.remote_mta:
        fields.append(f"Remote-MTA: dns; {_ascii(status.remote_mta)}")
    if status.diagnostic:
        fields.append(f"Diagnostic-Code: {fold('smtp; ' + _ascii(status.diagnostic)[:2000])}")
    if status.last_attempt is not None:
        fields.append(f"Last-Attempt-Date: {letter_date(status.last_attempt, report.utc_offset)}")
    if status.will_retry_until is not None and status.action is Action.DELAYED:
        fields.append(f"Will-Retry-Until: {letter_date(status.will_retry_until, report.utc_offset)}")
    return fields


def _typed(address: OriginalRecipient, *, raw: bool) -> str:
    """An address with its type, `rfc822; user@example.com`. RFC 3464 §2.3.1, RFC 6533 §3."""
    if address.kind == "utf-8" and not raw:
        return f"utf-8; {embed_unicode(address.text)}"
    return f"{address.kind}; {clean(address.text) if address.kind == 'utf-8' else _ascii(address.text)}"


def _ascii(text: str) -> str:
    return clean(text).encode("ascii", "replace").decode("ascii")


def _original_part(report: Report, original: bytes, *, whole: bool, utf8: bool) -> bytes:
    """The letter itself, or its header: the third part. RFC 6522 §3."""
    failed = any(status.action is Action.FAILED for status in report.statuses)
    full = whole and failed and report.envelope.ret is Ret.FULL and len(original) <= FULL_LIMIT
    full = full and not report.envelope.requiretls  # RFC 8689 §5
    end = split(original).header_end
    header = original[:end]
    mixed = not header.isascii()
    global_header = utf8 and mixed and _is_utf8(header)
    if full and _fits(original) and (global_header or not mixed):
        encoding = "7bit" if original.isascii() else "8bit"
        return _part("message/global" if mixed else "message/rfc822", encoding, original)
    lines = header[:FULL_LIMIT].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if _fits(lines) and global_header:
        return _part("message/global-headers", "8bit", lines)
    if _fits(lines) and not mixed:
        return _part("text/rfc822-headers", "7bit", lines)
    return _part("text/rfc822-headers", "quoted-printable", _quoted_printable(lines))


def _part(kind: str, encoding: str, octets: bytes) -> bytes:
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + octets


def _quoted_printable(lines: bytes) -> bytes:
    """Octets in quoted-printable, line by line, so that only their CRLFs stay as they are. RFC 2045 §6.7."""
    encoded = (binascii.b2a_qp(line, istext=False) for line in lines.split(b"\r\n"))
    return b"\r\n".join(line.replace(b"\n", b"\r\n") for line in encoded)


def _fits(octets: bytes) -> bool:
    """Whether octets can stand in a message as they are, with 7bit or 8bit encoding. RFC 2045 §2.8."""
    ends = octets.count(b"\r\n")
    strict = ends == octets.count(b"\n") == octets.count(b"\r") and b"\0" not in octets
    return strict and all(len(line) <= _LINE_LIMIT for line in octets.split(b"\r\n"))


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
