"""Dovecot as an oracle: every letter of the corpora in its mailbox, and what it tells of their parts beside what we do.

Lines end with CRLF on both sides, since Dovecot makes them so and we keep what came. What differs is in a table with the reason; a
difference without one fails, and so does a reason that nothing needs any more.
"""

import gzip
import os
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from hawknest.mail import section
from hawknest.mail.header import Header
from hawknest.mail.mime import Part, scan
from hawknest.wire.imap.structure import bodystructure, envelope
from interop.imapprocess import Dovecot, Value, parse
from mail_corpora import CORPORA

SETS = (
    *(
        "spamassassin",
        "dovecot-list-mbox",
        "mailcore2",
        "mime4j",
        "ruby-mail",
        "nodemailer-mailparser",
        "email-mime",
    ),
    *(
        "haraka-specimens",
        "laminas-mail",
        "cpython-test_email",
        "jpmobile-ja",
        "sisimai-bounces",
        "dkim-dkimpy",
    ),
)
NO_LETTERS = (".xml", ".out", ".pdf", ".jpg", ".png", ".gif", ".zip", ".gz")
FIELDS = ("Date", "Subject", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "In-Reply-To", "Message-ID")
#: Of the simple letters of the two large sets, one in so many is asked about.
EVERY = 1 if os.environ.get("HAWKNEST_EXPLORE") else 8

SPACE = "white space stays but for the ends; Dovecot makes runs one space in names and folded subjects, and keeps what ends a field"
TWICE = "of a field that stands twice the first holds, as everywhere in the house; Dovecot takes the last"
NOBODY = "an empty entry of an address list is left out (RFC 5322 §4.4); Dovecot makes a mailbox of it"
BROKEN = "an address that is none is told as far as it can be read; Dovecot says SYNTAX_ERROR, or drops what follows"
WORDS = "commas and quotes in encoded words belong to them; Dovecot parts the list there, or takes the quotes away"
NO_COMMA = "two addresses with a space between are two; Dovecot tells one"
NAME = "words before an address are its name, with an @ in them or without angle brackets behind; Dovecot tells no name then"
UNTYPED = (
    "without a media type that can be read a part is text/plain (RFC 2045 §5.2); Dovecot tells empty strings"
)
ENCODING = "Content-Transfer-Encoding is read without MIME-Version and Content-Type beside it, and with `;` behind; by Dovecot it is not"
AFTER_LAST = "the line end before a delimiter is the delimiter's (RFC 2046 §5.1.1); behind a last delimiter Dovecot gives it to the part"
EMPTY = "a field without a value is as if it were not there; Dovecot tells an empty string, or for a disposition an empty word"
NO_BLANK = "a letter without a body has no blank line to give (RFC 9051 §6.4.5.1); Dovecot adds one"
BLANK = "a blank line before a delimiter ends the header; Dovecot gives it to the delimiter, and the header has none"
SEMICOLONS = "`;;` ends a parameter as `;` does; by Dovecot nothing behind it is read"
UNQUOTED = "a file name or boundary that ought to be quoted is taken whole; Dovecot cuts it at the first space or `=`"
LONG = "a boundary has no limit here; Dovecot looks at 80 octets of it (RFC 2046 §5.1.1 allows 70)"
NO_BOUNDARY = "an empty boundary is none; Dovecot cuts at every `--`"
PIECES = "parameters in pieces follow those that are whole, and are encoded throughout (RFC 2231 §4.1); Dovecot keeps plain pieces plain"
CHARSET = "`charset*` is a charset, so none is added; Dovecot adds one"
BARE = "a bare CR stays where it stands; Dovecot drops some"

#: What no rule below explains, letter by letter.
LETTERS: dict[str, str] = {
    "mailcore2/parser/input/mbox/jwz/22": SEMICOLONS,
    "mailcore2/parser/input/mbox/jwz/52": BROKEN,
    "mailcore2/parser/input/mbox/jwz/86": BROKEN,
    "mailcore2/parser/input/mbox/simple/3": NO_BOUNDARY,
    "mime4j/core/src/test/resources/mimetools-testmsgs/double-semicolon.msg": SEMICOLONS,
    "mime4j/core/src/test/resources/mimetools-testmsgs/multi-digest.msg": UNTYPED,
    "mime4j/core/src/test/resources/testmsgs/very-long-boundary.msg": LONG,
    "mime4j/core/src/test/resources/testmsgs/very-very-long-boundary.msg": LONG,
    "ruby-mail/emails/attachment_emails/attachment_with_unquoted_name.eml": UNQUOTED,
    "ruby-mail/emails/mime_emails/raw_email_with_binary_encoded.eml": UNQUOTED,
    "ruby-mail/emails/mime_emails/raw_email_with_illegal_boundary.eml": UNQUOTED,
    "ruby-mail/emails/plain_emails/raw_email_bad_time.eml": UNQUOTED,
    "ruby-mail/emails/plain_emails/raw_email_multiple_from.eml": NO_COMMA,
    "ruby-mail/emails/plain_emails/raw_email_with_at_display_name.eml": NAME,
    "laminas-mail/mail.eml": WORDS,
    "laminas-mail/mail_surrounding_single_quotes.eml": WORDS,
    "cpython-test_email/msg_29.txt": PIECES,
    "cpython-test_email/msg_32.txt": CHARSET,
    "cpython-test_email/msg_33.txt": PIECES,
    "sisimai-bounces/bsd/lhost-dragonfly-01.eml": BARE,
    "sisimai-bounces/bsd/lhost-sendgrid-03.eml": NAME,
    "sisimai-bounces/bsd/rhost-google-08.eml": TWICE,
}

#: Where a difference is, what we say, and what Dovecot says.
Difference = tuple[str, Value, Value]


def letters() -> Iterator[tuple[str, bytes]]:
    """The letters of the corpora with their names; of equal ones the first."""
    seen: set[bytes] = set()
    for name, octets in _files():
        letter = re.sub(rb"\r?\n", b"\r\n", octets)
        if letter in seen or not letter or b"\0" in letter:  # of which IMAP can carry none
            continue
        seen.add(letter)
        yield name, letter


def _files() -> Iterator[tuple[str, bytes]]:
    for place in SETS:
        for path in sorted((CORPORA / place).rglob("*")):
            octets = path.read_bytes() if path.is_file() and not path.name.startswith("UPSTREAM") else b""
            if path.name == "mailbox.gz":
                mbox = re.split(rb"(?m)^From .*\n", gzip.decompress(octets))[1:]
                yield from (
                    (f"{place}:{at}", letter)
                    for at, letter in enumerate(mbox)
                    if at % EVERY == 0 or b"boundary" in letter
                )
            elif not path.name.endswith(NO_LETTERS):
                octets = octets.partition(b"\n")[2] if octets.startswith(b"From ") else octets
                if place != "spamassassin" or len(octets) % EVERY == 0 or b"boundary" in octets:
                    yield str(path.relative_to(CORPORA)), octets


def parts(root: Part) -> Iterator[tuple[tuple[int, ...], Part]]:
    """Every part that IMAP has a number for."""

    def inside(part: Part, numbers: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Part]]:
        letter = part.parts[0] if part.is_letter else part
        for number, child in enumerate(letter.parts if letter.is_multipart else [letter] * part.is_letter, 1):
            yield (*numbers, number), child
            yield from inside(child, (*numbers, number))

    if not root.is_multipart:
        yield (1,), root
    yield from inside(root, () if root.is_multipart else (1,))


def asked(letter: bytes) -> dict[str, Value]:
    """What is fetched of a letter, and what we say to it."""
    root = scan(letter)
    found: dict[str, Value] = {
        "RFC822.SIZE": str(len(letter)),
        "ENVELOPE": parse(envelope(letter[: root.body]))[0],
        "BODY": parse(bodystructure(root, letter, extended=False))[0],
        "BODYSTRUCTURE": parse(bodystructure(root, letter, extended=True))[0],
    }

    def ask(what: str, span: section.Span | None) -> None:
        found[what] = letter[span.start : span.end] if span else None

    ask("BODY[HEADER]", section.header(root, ()))
    ask("BODY[TEXT]", section.text(root, ()))
    header = letter[: root.body]
    names = [b"SUBJECT", b"FROM", b"RECEIVED"]
    found["BODY[HEADER.FIELDS (SUBJECT FROM RECEIVED)]"] = section.fields(header, names)
    found["BODY[HEADER.FIELDS.NOT (SUBJECT FROM RECEIVED)]"] = section.fields(header, names, exclude=True)
    for numbers, part in list(parts(root))[:40]:
        path = ".".join(map(str, numbers))
        ask(f"BODY[{path}]", section.body(root, numbers))
        ask(f"BODY[{path}.MIME]", section.mime(root, numbers))
        if part.is_letter:
            ask(f"BODY[{path}.HEADER]", section.header(root, numbers))
            ask(f"BODY[{path}.TEXT]", section.text(root, numbers))
    return found


def differences(where: str, ours: Value, theirs: Value) -> Iterator[Difference]:
    """Compare value by value; lists of one length go into their elements, and strings have no case where IMAP gives them none."""
    if where == "ENVELOPE" and isinstance(ours, list) and isinstance(theirs, list):
        for name, one, other in zip(FIELDS, ours, theirs, strict=True):
            if one != other:
                yield f"ENVELOPE {name}", one, other
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(f"{where} {at}", one, other)
    elif (
        isinstance(ours, bytes)
        and isinstance(theirs, bytes)
        and where.startswith(("BODY ", "BODYSTRUCTURE "))
    ):
        if ours.lower() != theirs.lower():
            yield where, ours, theirs
    elif ours != theirs and not (ours is None and theirs == b"" and where.startswith("BODY[")):
        yield where, ours, theirs


def reason(letter: bytes, where: str, ours: Value, theirs: Value) -> str | None:
    """Why there is a difference; None where no rule says it."""
    match ours, theirs:
        case bytes(), bytes() if ours.split() == theirs.split() and "BODY[" not in where:
            return SPACE
        case bytes(), bytes() if ours + b"\r\n" == theirs and "BODY[" in where:
            return NO_BLANK if "FIELDS" in where else AFTER_LAST
        case bytes(), bytes() if ours == theirs + b"\r\n" and where.endswith((".MIME]", ".HEADER]")):
            return BLANK
        case bytes(), b"7bit" if where.endswith(" 5"):
            return ENCODING
        case str(), str() if int(theirs) - int(ours) in {1, 2} and b"--\r\n--" in letter:
            return AFTER_LAST
        case None, b"" | [b"", None]:
            return EMPTY
        case list(), [bytes(), b"", *_] if ours[:2] == [b"text", b"plain"]:
            return UNTYPED
        case _:
            pass
    if where.startswith("ENVELOPE "):
        return _of_envelope(letter, where.partition(" ")[2], ours, theirs)
    return None


def _of_envelope(letter: bytes, name: str, ours: Value, theirs: Value) -> str | None:
    values = Header.of(letter).every(name)
    nobody: Value = [None, None, b"MISSING_MAILBOX", b"MISSING_DOMAIN"]
    if len(values) > 1 and theirs == values[-1].value:
        return TWICE
    if isinstance(theirs, list):
        if ([entry for entry in theirs if entry != nobody] or None) == ours:
            return NOBODY
        if _spaces(ours) == _spaces(theirs):
            return SPACE
        if isinstance(ours, list) and [entry[1:] for entry in ours] == [entry[1:] for entry in theirs]:
            return NAME
        if any(
            isinstance(entry, list) and entry[3] in {b"SYNTAX_ERROR", b"MISSING_DOMAIN"} for entry in theirs
        ):
            return BROKEN
    return None


def _spaces(value: Value) -> Value:
    if isinstance(value, list):
        return [_spaces(one) for one in value]
    return b" ".join(value.split()) if isinstance(value, bytes) else value


@pytest.mark.peer
@pytest.mark.skipif(
    not CORPORA.exists(), reason="the corpora are not here: set HAWKNEST_CORPORA to where they are"
)
def test_dovecot_tells_the_same() -> None:
    known = dict(letters())
    used: Counter[str] = Counter()
    unexplained: list[str] = []
    named: set[str] = set()
    with Dovecot() as dovecot:
        dovecot.append(list(known.values()))
        questions = [asked(letter) for letter in known.values()]
        items = [" ".join(question).replace("BODY[", "BODY.PEEK[") for question in questions]
        answers = dovecot.fetch(items)
        for (name, letter), ours, theirs in zip(known.items(), questions, answers, strict=True):
            for what in theirs:
                for where, one, other in differences(what, ours[what], theirs[what]):
                    why = reason(letter, where, one, other) or LETTERS.get(name)
                    if why is None:
                        unexplained.append(
                            f"{name} {where}\n  ours   {str(one)[:300]}\n  theirs {str(other)[:300]}"
                        )
                    elif name in LETTERS:
                        named.add(name)
                    used[why or ""] += 1
    assert not unexplained, "\n".join(unexplained[:60])
    assert named >= set(LETTERS)
    assert set(used) >= {SPACE, TWICE, NOBODY, BROKEN, UNTYPED, ENCODING, AFTER_LAST, EMPTY, NO_BLANK, BLANK}
