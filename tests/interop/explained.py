"""Where Hawknest and Dovecot answer otherwise, and why that is right as it is: a table for each kind of question.

A row has a reason and says which differences it explains. The rows of ANSWERS are tried for every question.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from functools import partial
from html import unescape
from typing import Any

Value = Any  # None, octets, or a list of values


@dataclass(frozen=True)
class Difference:
    """One thing told otherwise, in the answer about one letter: `path` is the way to it inside a nested value."""

    question: str
    name: str  # of the letter
    letter: bytes
    path: tuple[int, ...]
    theirs: Value
    ours: Value

    def __str__(self) -> str:
        place = f" {self.path}" if self.path else ""
        theirs, ours = repr(self.theirs), repr(self.ours)
        start = next((n for n, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), 0)
        start = max(0, start - 60)
        cut = [("…" if start else "") + one[start : start + 240] for one in (theirs, ours)]
        return f"{self.question}{place} of {self.name}:\n  dovecot  {cut[0]}\n  hawknest {cut[1]}"


@dataclass(frozen=True)
class Row:
    """A kind of difference, and why it is right."""

    why: str
    explains: Callable[[Difference], bool]


# What a letter is like ------------------------------------------------------------------------------------------------

_CFWS = r"(?:[ \t\r\n]|\((?:[^()\\]|\\.)*+\))*+"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_WORD = rf'(?:{_ATOM}|"(?:[^"\\]|\\.)*+"){_CFWS}'
_LOCAL = rf'(?:{_ATOM}(?:\.{_ATOM})*+|"(?:[^"\\]|\\.)*+"){_CFWS}'
_ADDR = rf"{_LOCAL}@{_CFWS}(?:{_ATOM}(?:\.{_ATOM})*+|\[[^\[\]\\]*+\]){_CFWS}"
_MAILBOX = rf"{_CFWS}(?:{_ADDR}|(?:{_WORD})*+<{_CFWS}{_ADDR}>{_CFWS})"
_GROUP = rf"{_CFWS}(?:{_WORD})++:{_CFWS}(?:{_MAILBOX}(?:,{_MAILBOX})*+)?;{_CFWS}"
#: address-list, without what is obsolete (RFC 5322 §3.4)
_ADDRESSES = re.compile(rf"(?:{_MAILBOX}|{_GROUP})(?:,(?:{_MAILBOX}|{_GROUP}))*+\Z", re.DOTALL)
_ADDRESS_FIELD = re.compile(rb"(?im)^[> ]*(?:from|sender|reply-to|to|cc|bcc)[ \t]*:((?:[^\n]|\n[ \t])*+)")


def _bad_addresses(letter: bytes) -> bool:
    """Whether an address field in it is not what RFC 5322 wants."""
    found = (match[1].decode("latin-1").strip() for match in _ADDRESS_FIELD.finditer(letter))
    return any(value and not _ADDRESSES.match(value) for value in found)


def _header(letter: bytes) -> bytes:
    return b"" if letter.startswith(b"\r\n") else letter.partition(b"\r\n\r\n")[0]


def _twice(letter: bytes, name: str) -> bool:
    return len(re.findall(rb"(?im)^%b[ \t]*:" % name.encode(), _header(letter))) > 1


# Rows -----------------------------------------------------------------------------------------------------------------


def octets(row: Callable[[Difference, bytes, bytes], bool]) -> Callable[[Difference], bool]:
    """A row about two strings."""
    return lambda one: (
        isinstance(one.theirs, bytes) and isinstance(one.ours, bytes) and row(one, one.theirs, one.ours)
    )


def letters(*names: str) -> Callable[[Difference], bool]:
    """A row about a few letters."""
    return lambda one: one.name in names


_ENVELOPE = ["Date", "Subject", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "In-Reply-To", "Message-ID"]

ANSWERS = [
    Row(
        "of CR CR LF Dovecot keeps CR LF when it stores a letter; here its octets stay (RFC 9051 §2.3.4)",
        lambda one: b"\r\r\n" in one.letter,
    ),
    Row(
        "an internal date in the first nine days of a month may begin with a space or with 0 (RFC 9051 §9)",
        octets(lambda one, a, b: "INTERNALDATE" in one.question and b"0" + b[1:] == a),
    ),
]
#: Letters that are not quite right, where what was meant is clear.
MEANT = [
    Row(
        "a boundary may be written by RFC 2231, may hold =, end with spaces, be given after an empty parameter; a file's name "
        "may lack its quotes; an encoding may be followed by a semicolon: what was meant is clear, and is told",
        letters(
            *(
                "mailcore2 67",
                "mime4j 62",
                "mime4j 63",
                "mime4j 471",
                "mime4j 472",
                "mime4j 476",
                "mime4j 477",
            ),
            *("ruby-mail 21", "ruby-mail 34", "ruby-mail 57", "ruby-mail 58", "ruby-mail 84"),
        ),
    ),
    Row("an empty boundary separates nothing (RFC 2046 §5.1.1)", letters("mailcore2 154")),
]

ITEMS = [
    *ANSWERS,
    *MEANT,
    Row(
        "a line end that folds goes, the white space beside it stays (RFC 5322 §2.2.3); Dovecot makes it one space",
        octets(lambda one, a, b: a.split() == b.split()),
    ),
    Row(
        "types, encodings and charsets mean the same in any case (RFC 2045 §5.1): types are told in lower case, the rest as "
        "written; with Dovecot it is the other way round for what has a default",
        octets(lambda one, a, b: "BODY" in one.question and a.lower() == b.lower()),
    ),
    Row(
        "a Content-Type that is none makes a part text/plain, or in a digest a letter (RFC 2045 §5.2, RFC 2046 §5.1.5)",
        lambda one: (
            (isinstance(one.theirs, list) and b"" in one.theirs[:2] and isinstance(one.ours, list))
            or (one.theirs == b"" and one.ours == b"plain")
        ),
    ),
    Row(
        "the line end before a delimiter belongs to it (RFC 2046 §5.1.1), after a multipart inside, too: a line, two octets less",
        octets(
            lambda one, a, b: (
                "BODY" in one.question
                and a.isdigit()
                and int(a) - int(b) in {1, 2}
                and re.search(rb"--[ \t]*\r\n--", one.letter) is not None
            )
        ),
    ),
    Row(
        "what is no address list by RFC 5322 §3.4 is read as well as may be, by each in its own way",
        lambda one: (
            (
                ("ENVELOPE" in one.question and 2 <= one.path[0] <= 7)
                or ("BODY" in one.question and len(one.path) > 1)
            )
            and _bad_addresses(one.letter)
        ),
    ),
    Row(
        "an empty Content-Description or Content-Language says nothing: NIL",
        lambda one: "BODY" in one.question and one.theirs == b"" and one.ours is None,
    ),
    Row(
        "a comment beside an address in angles is a name, where there is no other",
        letters("sisimai-bounces 253"),
    ),
    Row(
        "a question mark ends a word of a parameter no more than a space does", letters("sisimai-bounces 288")
    ),
    Row(
        "a Content-Disposition or Content-Language that is no token says nothing (RFC 2183 §2)",
        letters("ruby-mail 42", "ruby-mail 44"),
    ),
    Row(
        "parameters by RFC 2231 are told in the order of the letter, put together, %-octets kept, no charset beside charset*",
        letters("cpython-test_email 29", "cpython-test_email 32", "cpython-test_email 33"),
    ),
    Row(
        "a letter without MIME-Version may say how it is encoded all the same; Dovecot then takes it for 7bit",
        lambda one: (
            "BODY" in one.question and one.theirs == b"7bit" and not field(one.letter, "MIME-Version")
        ),
    ),
    Row(
        "in a phrase, quotation marks in an encoded word stay",
        letters("laminas-mail 1", "laminas-mail 4"),
    ),
    Row(
        "of a field that may be there once (RFC 5322 §3.6) but is there twice, the first holds; with Dovecot the last",
        lambda one: (
            one.name == "sisimai-bounces 288"  # in the letter inside
            or (one.question == "ENVELOPE" and _twice(one.letter, _ENVELOPE[one.path[0]]))
        ),
    ),
]

SECTIONS = [
    *ANSWERS,
    *MEANT[:2],
    Row(
        "a part that is not there has no octets: NIL (RFC 9051 §7.5.2); Dovecot tells an empty string",
        lambda one: one.theirs == b"" and one.ours is None,
    ),
    Row(
        "no blank line follows the fields of a header that ends without one (RFC 9051 §6.4.5.1); Dovecot adds it",
        octets(lambda one, a, b: "HEADER.FIELDS" in one.question and a == b + b"\r\n"),
    ),
    Row(
        "the line end before a delimiter belongs to it (RFC 2046 §5.1.1), after a multipart inside, too; with Dovecot to that",
        octets(lambda one, a, b: a == b + b"\r\n" and b.rstrip(b" ").endswith(b"--")),
    ),
    Row(
        "where a part has a header only, the blank line before the delimiter ends the header; with Dovecot it is the delimiter's",
        octets(lambda one, a, b: "HEADER" in one.question.replace("MIME", "HEADER") and a + b"\r\n" == b),
    ),
]

BINARY = [
    *ANSWERS,
    *MEANT[:1],
    Row(
        "a part that is not there has no octets: NIL (RFC 9051 §7.5.2); Dovecot tells an empty string",
        lambda one: one.theirs == b"" and one.ours is None,
    ),
    Row(
        "of a broken encoding is told what can be had; Dovecot says NO, or closes the connection",
        lambda one: one.theirs in {b"NO ", b"CLOSED"} or one.theirs is None,
    ),
]


# SEARCH, a letter at a time: `theirs` and `ours` say whether it was found -----------------------------------------------

_DATE = re.compile(
    rb"(?:[A-Z][a-z]{2},\s*)?\d{1,2}\s+[A-Z][a-z]{2}\s+(?:19[7-9]\d|20[0-2]\d)\s+[012]\d:[0-5]\d(?::[0-5]\d)?\s+[+-]\d{4}"
    rb"(?:\s*\([^()]*\))?"
)


def field(letter: bytes, name: str) -> list[bytes]:
    """The values of a field, unfolded."""
    found = re.findall(rb"(?im)^%b[ \t]*:((?:[^\n]|\n[ \t])*+)" % name.encode(), _header(letter))
    return [value.replace(b"\r\n", b"").strip() for value in found]


def _clear_date(letter: bytes) -> bool:
    values = field(letter, "Date")
    return len(values) == 1 and _DATE.fullmatch(values[0]) is not None


def _clear_addresses(letter: bytes, name: str) -> bool:
    """Whether an address field is a plain list by RFC 5322: no group, no comment, no encoded word, nothing that folds."""
    values = field(letter, name)
    plain = all(
        _ADDRESSES.match(value.decode("latin-1")) and not re.search(rb'=\?|[\x80-\xff(:]|""|"\s|\s\s', value)
        for value in values
    )
    return len(values) <= 1 and plain


def _clear_subject(letter: bytes) -> bool:
    values = field(letter, "Subject")
    return len(values) <= 1 and not any(re.search(rb"=\?|[\x80-\xff]|\s\s", value) for value in values)


def third_reader(letter: bytes, *, header: bool) -> str:
    """The words of a letter as the standard library reads it: its text, without markup, and the names of what is attached."""
    try:
        message = message_from_bytes(letter)
        words = [text_of(part, header=header or part is not message) for part in message.walk()]
    except (LookupError, ValueError, AttributeError, TypeError):
        return ""
    return " ".join(" ".join(words).casefold().split())


def text_of(part: Message, *, header: bool) -> str:
    """The text of a part: of a letter its subject and people, too, of a file its name."""
    said = " ".join(str(part[name] or "") for name in ("Subject", "From", "To", "Cc") if header)
    said += f" {part.get_filename() or ''}"
    if part.get_content_maintype() != "text":
        return said
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    try:
        text = octets.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = octets.decode("latin-1")
    if part.get_content_subtype() == "html":
        text = re.sub(r"(?is)<(script|style|title)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", " ", text)
        text = unescape(text)
    return f"{said} {text}"


def word_of(question: str) -> tuple[str, str]:
    """What is looked for where."""
    key, _, word = question.partition("\n")
    return key, " ".join(word.casefold().split())


def _third_agrees(one: Difference) -> bool:
    key, word = word_of(one.question)
    return key in {"BODY", "TEXT"} and (word in third_reader(one.letter, header=key == "TEXT")) is one.ours


SEARCH: list[Row] = [
    Row(
        "a letter whose Date is none, or before 1970 or beyond 2038, was sent on no day, or on the day it says; with Dovecot in 1970",
        lambda one: one.question.startswith(("SENT", "NOT SENT")) and not _clear_date(one.letter),
    ),
    Row(
        "what is no plain address list is searched as it was written; Dovecot searches what it made of it, MISSING_DOMAIN, too",
        lambda one: (
            (key := word_of(one.question)[0]) in {"FROM", "TO", "CC", "BCC"}
            and not _clear_addresses(one.letter, key)
        ),
    ),
    Row(
        "what a person reads is searched, with attachments' names, but no markup, no MIME header and no file (RFC 9051 §6.4.4 "
        "leaves it to the server); the standard library reads the same",
        _third_agrees,
    ),
    Row(
        "a subject in an unknown charset is read by each in its own way",
        lambda one: word_of(one.question)[0] == "SUBJECT" and not _clear_subject(one.letter),
    ),
    Row(
        "a comment of HTML that does not end hides the rest, and markup within words does not part them",
        letters("spamassassin 2022", "spamassassin 1743"),
    ),
    Row(
        "an external body is told by what stands in its header (RFC 2046 §5.2.3)",
        letters("mailcore2 142"),
    ),
    Row(
        "a letter inside that is encoded against the rules (RFC 2046 §5.2.1) is searched decoded; Dovecot looks through its base64",
        letters("mime4j 149", "mime4j 150", "mime4j 318", "mime4j 338", "mime4j 339"),
    ),
]

# SORT and THREAD ------------------------------------------------------------------------------------------------------


def clear(letter: bytes, keys: str) -> bool:
    """Whether nothing in a letter that is to be sorted by these keys can be read in two ways."""
    fine = {"DATE": _clear_date, "SUBJECT": _clear_subject}
    for name in ("From", "To", "Cc"):
        fine[name.upper()] = partial(_clear_addresses, name=name)
    return b"\r\r\n" not in letter and all(is_fine(letter) for key, is_fine in fine.items() if key in keys)


ORDER: list[Row] = [
    Row(
        "characters that only a mobile carrier of Japan had are three different ones; Dovecot takes all for the same",
        letters("jpmobile-ja 1", "jpmobile-ja 11", "jpmobile-ja 13"),
    )
]
