"""A real letter, out and back: from the domain's postmaster to an address that answers, and the answer in a mailbox. RFC 3834 §4, RFC 8601.

What was sent is one row; how it went is read off the letter's journey and the letters that came since, so whichever worker or
command looks sees the same. An answer is known by the Message-ID that it names, or by the word in its subject.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from hawknest.accounts import domains, settings
from hawknest.accounts.changes import directory_version
from hawknest.accounts.errors import AccountError
from hawknest.mail import build, mime
from hawknest.mail.address import Address, AddressError, parse_address
from hawknest.mail.dates import letter_date
from hawknest.mail.envelope import Body, Envelope, Recipient
from hawknest.mail.header import Header
from hawknest.mail.searchtext import body_text
from hawknest.mail.words import encode_words
from hawknest.post.local import Acceptance, Terms, accept, own
from hawknest.post.reading import contents, with_octets
from hawknest.post.route import NOTHING_SAID, Copy, Plan
from hawknest.store import Connection, Statement, journey, outgoing

LIMIT: Final = 600.0  # seconds until an answer is given up
PAST: Final = 86400.0  # seconds after which a letter is no news
AGAIN: Final = 60.0  # seconds until another letter may be sent for a domain
LETTERS: Final = 50  # that are looked at for an answer
OCTETS: Final = 256 * 1024  # of one of them
TEXT: Final = 20_000  # characters of an answer in which results are looked for
KEPT: Final = 20  # domains whose last letter is remembered
_STATE: Final = "coach"

_TOP: Final = Statement("SELECT coalesce(max(id), 0) FROM email")
_CAME: Final = Statement(
    """SELECT e.blob_id, e.size FROM email e JOIN letter l ON l.id = e.letter_id
       WHERE e.id > :after AND l.service <> 'local' ORDER BY e.id DESC LIMIT :count"""
)
#: The results that an echo quotes: RFC 8601 §2.2, or in its own words.
_RESULT: Final = re.compile(r"\b(spf|dkim|dmarc|arc|iprev)[ \t]*[=:][ \t]*([a-z]{3,12})\b")
_RESULTS: Final = frozenset("none neutral pass fail softfail temperror permerror policy".split())


class Phase(StrEnum):
    """How far the letter is."""

    SENT = "sent"  # into the queue
    DEFERRED = "deferred"  # the other server asks for patience
    LEFT = "left"  # the other server has it
    BOUNCED = "bounced"
    BACK = "back"
    SILENT = "silent"  # no answer in time


@dataclass(frozen=True, slots=True)
class Trial:
    """A letter that was sent; `after` is the last email that was there before, `at` in seconds since the epoch."""

    letter: str
    token: str
    message_id: str
    to: str
    at: float
    after: int


@dataclass(frozen=True, slots=True)
class Echo:
    """How a trial stands."""

    phase: Phase
    to: str
    at: float
    words: str = ""  # of the other server
    results: tuple[tuple[str, str], ...] = ()  # that the answer quotes: method and result


def begin(connection: Connection, domain: str, to: str, *, host: str, now: float, utc_offset: int) -> Trial:
    """Send the letter; `now` is in seconds since the epoch. Raises AccountError in plain words."""
    kept: dict[str, Any] = settings.state(connection, _STATE) or {}
    last = kept.get(domain)
    if last and now - last["at"] < AGAIN:
        raise AccountError("a test letter was sent a moment ago; wait a minute before the next")
    address = _elsewhere(connection, to)
    trial = Trial("", secrets.token_hex(8), "", str(address), now, int((connection.one(_TOP) or (0,))[0]))
    sender = Address("postmaster", domain)
    trial = replace(trial, message_id=f"<coach.{trial.token}@{host}>")
    letter = _letter(sender, address, trial, now, utc_offset)
    envelope = Envelope(
        reverse_path=sender,
        recipients=(Recipient(address),),
        body=Body.SEVEN_BIT,
        smtputf8=False,
        size=len(letter),
    )
    recipient = outgoing.Recipient(str(address), address.domain, "", NOTHING_SAID, now)
    plan = Plan((), (Copy(str(sender), b"", (recipient,)),), (), (), directory_version(connection))
    delivery = own(letter, envelope, "local", now, "")
    delivery = replace(delivery, letter=replace(delivery.letter, message_id=trial.message_id, detail={}))
    accept(connection, [Acceptance(plan, delivery, Terms(LIMIT, LIMIT))])
    trial = replace(trial, letter=delivery.letter.id)
    newest = sorted(kept.items(), key=lambda one: one[1]["at"])[-KEPT:]
    settings.set_state(connection, _STATE, {**dict(newest), domain: asdict(trial)})
    return trial


def _elsewhere(connection: Connection, to: str) -> Address:
    """Read the address of an echo. Raises AccountError."""
    try:
        address = parse_address(to.strip())
    except AddressError as error:
        raise AccountError(f"{to.strip()[:100]} is no address: {error}") from None
    if address.domain in {one.name for one in domains.listing(connection)}:
        raise AccountError(f"{address} is an address of this server; an echo has to be elsewhere")
    if not str(address).isascii():
        raise AccountError(f"{address} is not written in ASCII, which not every server takes")
    return address


def _letter(sender: Address, to: Address, trial: Trial, now: float, utc_offset: int) -> bytes:
    subject = f"Hawknest test {trial.token}"
    head = [
        f"Date: {letter_date(now, utc_offset)}",
        f"From: {build.mailbox('Hawknest', sender)}",
        f"To: {to}",
        f"Subject: {encode_words(subject)}",
        f"Message-ID: {trial.message_id}",
        "MIME-Version: 1.0",
        "",
    ]
    return "\r\n".join(head).encode() + build.text_part(_TEXT.format(domain=sender.domain, token=trial.token))


_TEXT: Final = """\
This letter tests the way out of the mail server of {domain}, and back.
Please answer it, and leave the subject as it is.

{domain} のメールサーバーの送受信を確かめるためのメールです。
件名を変えずに返信してください。

{token}
"""


def look(
    connection: Connection, domain: str, now: float, files: Path, settled: dict[str, Echo]
) -> Echo | None:
    """Tell how the last letter of a domain stands; None: there was none of late.

    Args:
        connection: the database.
        domain: whose letter.
        now: seconds since the epoch.
        files: where the letters' files are.
        settled: what is known of letters that came to an end, kept by who asks again and again.
    """
    kept: Mapping[str, Any] = settings.state(connection, _STATE) or {}
    if domain not in kept or now - kept[domain]["at"] > PAST:
        return None
    trial = Trial(**kept[domain])
    if trial.letter in settled:
        return settled[trial.letter]
    for header, text in _came(connection, trial, files):
        if _is_report(header):
            found = Echo(Phase.BOUNCED, trial.to, trial.at, _said(connection, trial)[1])
        else:
            found = Echo(Phase.BACK, trial.to, trial.at, results=_results(text))
        settled[trial.letter] = found
        return found
    phase, words = _said(connection, trial)
    if phase is not Phase.BOUNCED and now - trial.at > LIMIT:
        phase = Phase.SILENT
    return Echo(phase, trial.to, trial.at, words)


def _said(connection: Connection, trial: Trial) -> tuple[Phase, str]:
    """How far the letter is by its journey, and the other server's last words."""
    phase, words = Phase.SENT, ""
    for step in journey.steps(connection, trial.letter):
        match step.event:
            case "delivered":
                phase = Phase.LEFT
            case "failed":
                phase = Phase.BOUNCED
            case "deferred":
                phase = Phase.DEFERRED
            case _:
                continue
        words = str(step.detail.get("said", ""))[:300]
    return phase, words


def _came(connection: Connection, trial: Trial, files: Path) -> Iterator[tuple[Header, str]]:
    """The letters that belong to the trial, as header and text."""
    rows = connection.all(_CAME, after=trial.after, count=LETTERS)
    blobs = [int(blob) for blob, size in rows if size <= OCTETS]
    token, message_id = trial.token.encode(), trial.message_id.encode()
    for content in contents(connection, blobs).values():
        try:
            octets = with_octets(content, files, bytes)
        except (OSError, ValueError):
            continue
        if token not in octets:
            continue
        header = Header.of(octets)
        named = b" ".join(header.first(name) or b"" for name in ("In-Reply-To", "References"))
        if message_id in named or token in (header.first("Subject") or b"") or _is_report(header):
            yield header, body_text(octets, mime.scan(octets), TEXT)


def _is_report(header: Header) -> bool:
    return b"delivery-status" in (header.first("Content-Type") or b"").lower()


def _results(text: str) -> tuple[tuple[str, str], ...]:
    """The results that a text quotes, the worst of each method where it quotes several."""
    found: dict[str, str] = {}
    for method, result in _RESULT.findall(text.lower()):
        if result in _RESULTS and found.get(method, "pass") in {"pass", "none"}:
            found[method] = result
    return tuple(found.items())
