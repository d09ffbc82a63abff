"""Every letter that others have gathered: scanned, told and searched without an exception, as a naive reader finds its parts."""

import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_mime import Tree, naive

from fuzz import fuzz_mime
from hawknest.mail.mime import Part, scan
from mail_corpora import corpus, letters

SETS = [
    *(
        "spamassassin",
        "mailcore2",
        "mime4j",
        "ruby-mail",
        "nodemailer-mailparser",
        "email-mime",
        "haraka-specimens",
    ),
    *(
        "laminas-mail",
        "cpython-test_email",
        "jpmobile-ja",
        "sisimai-bounces",
        "dkim-dkimpy",
        "dmarc-tlsrpt-reports",
    ),
    *("arc-suite", "xss-vectors", "ical-samples"),
]


def tree(part: Part) -> Tree:
    return (
        f"{part.type}/{part.subtype}",
        part.header,
        part.body,
        part.end,
        [tree(child) for child in part.parts],
    )


@pytest.mark.parametrize("name", SETS)
def test_letters(name: str) -> None:
    for letter in letters(name):
        fuzz_mime.fuzz(letter)
        if b"\n--" in letter and len(letter) < 100_000:
            assert tree(scan(letter)) == naive(letter)


def test_a_list() -> None:
    mbox = gzip.decompress(corpus("dovecot-list-mbox/mailbox.gz").read_bytes())
    for letter in re.split(rb"(?m)^From .*\n", mbox)[1:]:
        fuzz_mime.fuzz(letter)


LINES = st.sampled_from(
    [
        *(
            b"--a\n",
            b"--a\r\n",
            b"--a--\r\n",
            b"--ab\r\n",
            b"--ab--\r\n",
            b"--abc",
            b"\r\n",
            b"\r\n",
            b"\n",
            b"x\r\n",
            b"--",
            b"\r",
        ),
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=ab\r\n\r\n",
        b"Content-Type: multipart/digest; boundary=abc\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Content-Type: text/html\r\n",
    ]
)


@given(st.lists(LINES, max_size=40).map(b"".join))
def test_as_a_naive_reader_finds_them(letter: bytes) -> None:
    for whole in (letter, b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + letter):
        assert tree(scan(whole)) == naive(whole)
