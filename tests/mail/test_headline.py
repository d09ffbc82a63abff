"""Headlines: what searches and sorting get to know of a letter."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.casemap import casemap
from hawknest.mail.header import split
from hawknest.mail.headline import Headline, headline
from hawknest.mail.terms import normal
from mail_corpora import letters

LETTER = """\
Date: Wed, 18 Nov 2026 01:00:00 +0900\r
From: =?utf-8?B?5bGx55Sw?= <Yamada@Example.ORG>, second@example.org\r
To: "Smith, \\"Al\\"" <al@example.com>,\r
 b@example.com\r
Cc: Friends: c@example.com, d@example.com;\r
Cc: e@example.com\r
Subject: Re: [club]  \uff2d\uff45eting\r
  on Monday\r
Message-ID: <"one"@example.org>\r
In-Reply-To: <no@example.org> <more@example.org>\r
References: <a@x> nonsense <no-at> <b@x>\r
""".encode()


def test_a_letter() -> None:
    assert headline(LETTER) == Headline(
        subject="re: [club] meeting on monday",
        sender="山田 <yamada@example.org>, second@example.org",
        to='"smith, \\"al\\"" <al@example.com>, b@example.com',
        cc="friends: c@example.com, d@example.com;\ne@example.com",
        bcc="",
        subject_key="MEETING ON MONDAY",
        reply=True,
        sender_key="YAMADA",
        to_key="AL",
        cc_key="FRIENDS",
        sender_display="山田",
        to_display='SMITH, "AL"',
        sent_at=1794931200,
        sent_day=20775,
        message_id="<one@example.org>",
        references=("<a@x>", "<b@x>"),
    )


def test_nothing_is_known_of_nothing() -> None:
    assert headline(b"") == Headline("", "", "", "", "", "", False, "", "", "", "", "", None, None, "", ())


@pytest.mark.parametrize(
    ("value", "key", "display"),
    [
        ("ann@example.org", "ANN", "ANN@EXAMPLE.ORG"),
        ("Ann <ann@example.org>", "ANN", "ANN"),
        ("ann@example.org (Ann)", "ANN", "ANN"),
        ("undisclosed-recipients:;", "UNDISCLOSED-RECIPIENTS", "UNDISCLOSED-RECIPIENTS"),
        ('"A \\"B\\" group": x@example.org;', 'A "B" GROUP', 'A "B" GROUP'),
        ("ann", "ANN", "ANN"),
        ("<>", "", ""),
        (", ,", "", ""),
    ],
)
def test_the_first_mailbox_is_the_key(value: str, key: str, display: str) -> None:
    found = headline(f"From: {value}\r\n".encode())
    assert (found.sender_key, found.sender_display) == (key, display)


def test_in_reply_to_where_there_are_no_references() -> None:
    found = headline(b"In-Reply-To: Your letter of Monday <a@x> <b@x>\r\nReferences: none\r\n")
    assert found.references == ("<a@x>",)


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    headline(b"Subject: " + octets + b"\r\nFrom: " + octets + b"\r\nReferences: " + octets)


def test_corpora_hold_only_what_a_database_takes() -> None:
    for letter in letters("email-mime") + letters("jpmobile-ja") + letters("mime4j"):
        found = headline(letter[: split(letter).header_end])
        for text in (
            found.subject,
            found.sender,
            found.to,
            found.cc,
            found.bcc,
            found.subject_key,
            found.sender_key,
        ):
            text.encode()
            assert "\0" not in text


@given(st.text())
def test_normal_texts_stay_as_they_are(text: str) -> None:
    found = normal(text)
    assert normal(found) == found
    assert normal(text.upper()) == normal(text.upper().casefold())
    assert "  " not in found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Straße", "strasse"),
        ("\uff21\uff22\uff23\u3000ｶﾞ", "abc ガ"),
        ("a\r\n\t b\u3000c\0d", "a b c d"),
        ("㎒ ㈱", "mhz (株)"),
        ("Cafe\u0301", "café"),
    ],
)
def test_normal(text: str, found: str) -> None:
    assert normal(text) == found


@given(st.text(), st.text())
def test_casemap_orders_as_utf_8_does(one: str, other: str) -> None:
    one, other = casemap(one), casemap(other)
    assert casemap(one) == one or not one.isascii()
    if not any("\ud800" <= c <= "\udfff" for c in one + other):
        assert (one < other) == (one.encode() < other.encode())


def test_casemap_is_without_case_and_form() -> None:
    assert casemap("straße") == "STRAßE"  # the RFC maps one character to one
    assert casemap("ǆ") == casemap("ǅ") == unicodedata.normalize("NFKD", "ǅ")
    assert casemap("café") == casemap("CAFE\u0301")
