"""Letters that the index does not know yet are read, and the answer is the same one: the RFC's."""

import itertools
from pathlib import Path

import pytest

from hawknest.mail import mime
from hawknest.mail.searchable import Field, searchable
from hawknest.mail.searchtext import body_text
from hawknest.post import looking
from hawknest.store import Connection, words
from hawknest.store.blobs import Content
from hawknest.store.letters import keep
from hawknest.store.vocabulary import Known
from stores import Nest

TEXT = (Field.HEADER, Field.BODY)
LETTERS = [
    b"Subject: one\r\nBcc: kim@far.test\r\nX-Empty:\r\n\r\nhello there\r\n",
    b"Subject:\r\nbcc :\r\nTo: Tom\r\n\r\n\r\n",
    b"From mia Mon Jan  1 00:00:00 2001\r\nsubject: two: parts\r\nno field at all\r\n\tfolded hello\r\nCc: Kim\r\n\r\nbye\r\n",
    b"only words, no field",
    b"",
    b"DKIM-Signature: v=1; b=aBc\r\n dEf=; s=\r\nSubject: =?utf-8?q?M=C3=BCller?=\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n",
]
#: Who is found: by a key of IMAP, or a field's name, and a needle.
FOUND = [
    (TEXT, "", {0, 1, 2, 3, 4, 5}),
    ((Field.BODY,), "", {0, 1, 2, 3, 4, 5}),
    ((Field.SUBJECT,), "", {0, 1, 2, 5}),
    ((Field.BCC,), "", {0, 1}),
    ((Field.CC,), "", {2}),
    ((Field.TO,), "", {1}),
    ((Field.FROM,), "", set()),  # a line "From mia" is no field
    ((Field.BCC,), "kim", {0}),
    ((Field.SUBJECT,), "m\u00dcLL", {5}),
    (TEXT, "hello", {0, 2}),
    (TEXT, "No Field at all folded", {2}),
    (TEXT, "from mia", {2}),
    (TEXT, "words, no", {3}),
    (TEXT, "subject: two", {2}),
    ((Field.BODY,), "no field", set()),
    ("Bcc", "", {0, 1}),
    ("BCC", "kim", {0}),
    ("x-empty", "", {0}),
    ("x-empty", "x", set()),
    ("x-two", "2", {5}),
    ("X-Two", "1 2", set()),
    ("Subject", "", {0, 1, 2, 5}),
    ("subject: two", "parts", set()),  # no name of a field
    ("subject: two", "", set()),
    ("", "", set()),
    (" no field at all", "", set()),
    ("no", "", set()),
    ("from", "mia", set()),
    ("dkim-signature", "", {5}),
    ("DKIM-Signature", "b=abc def=", {5}),
    ("DKIM-Signature", "dkim", set()),  # what comes after the colon is searched
    ("arc-seal", "", set()),
]


def kept(connection: Connection) -> list[int]:
    return keep(connection, [(Content(len(one), one), 1) for one in LETTERS])


@pytest.mark.parametrize(
    ("where", "needle", "finds"), FOUND, ids=[f"{where}-{needle}" for where, needle, _ in FOUND]
)
def test_a_letter_that_is_read(
    sqlite_nest: Nest, where: tuple[Field, ...] | str, needle: str, finds: set[int]
) -> None:
    blobs = sqlite_nest.do(kept)
    with sqlite_nest.connection(readonly=True) as connection:
        if isinstance(where, str):
            found = looking.having_field(connection, blobs, Path(), where, needle)
        else:
            found = looking.having(connection, blobs, Path(), where, needle)
    assert {blobs.index(blob) for blob in found} == finds


@pytest.mark.parametrize("enough", [0, words.ENOUGH])
def test_letters_that_the_index_knows(nest: Nest, enough: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "ENOUGH", enough)

    def index(connection: Connection) -> list[int]:
        blobs = kept(connection)
        roots = [mime.scan(one) for one in LETTERS]
        rows = [
            searchable(one[: root.header_end], body_text(one, root))
            for one, root in zip(LETTERS, roots, strict=True)
        ]
        words.put(connection, zip(blobs, rows, strict=True), Known())
        return blobs

    blobs = nest.do(index)
    with nest.connection(readonly=True) as connection:
        for where, needle, finds in FOUND:
            if isinstance(where, str):
                found = words.find_header(connection, set(blobs), where, needle)
            else:
                found = words.find(connection, set(blobs), where, needle)
            known = found is not None
            assert known == (
                not isinstance(where, str) or where.lower() not in ("dkim-signature", "arc-seal")
            )
            assert not known or {blobs.index(blob) for blob in found or ()} == finds, (where, needle)


def test_both_find_the_same_in_every_pair_of_lines(sqlite_nest: Nest) -> None:
    """Headers of two lines each, good ones and bad ones, and needles made of pieces of them."""
    lines = [b"To: a b", b"to\t: B", b"a b", b" a", b"b", b":a", b"To", b"Bcc:", b"x: to: a", b"", b"To:a\0b"]
    headers = [b"%b\r\n%b\r\n" % pair for pair in itertools.product(lines, repeat=2)]
    needles = ["", "a", "b", "a b", "to: a", "to:", ": a", " a", " ", "x", "b b"]

    def index(connection: Connection) -> dict[int, bytes]:
        blobs = keep(connection, [(Content(len(one), one), 1) for one in headers])
        roots = [mime.scan(one) for one in headers]
        rows = [
            searchable(one[: root.header_end], body_text(one, root))
            for one, root in zip(headers, roots, strict=True)
        ]
        words.put(connection, zip(blobs, rows, strict=True), Known())
        return dict(zip(blobs, headers, strict=True))

    blobs = sqlite_nest.do(index)
    with sqlite_nest.connection(readonly=True) as connection:
        for needle in needles:
            for field in (*((one,) for one in Field), TEXT):
                read = looking.having(connection, blobs, Path(), field, needle)
                found = words.find(connection, set(blobs), field, needle)
                assert read == found, (field, needle, {blobs[blob] for blob in read ^ found})
            for name in ("To", "bcc", "x", "", "a", "to: a", "x: to", "to\t"):
                read = looking.having_field(connection, blobs, Path(), name, needle)
                known = words.find_header(connection, set(blobs), name, needle)
                assert read == known, (name, needle, {blobs[blob] for blob in read ^ (known or set())})
