"""The text of letters: what is found in them, what a preview shows, and HTML that is made to be slow."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.html import text_of
from hawknest.mail.mime import scan
from hawknest.mail.searchtext import PREVIEW_LIMIT, body_text, preview
from mail_corpora import corpus

LETTER = (
    b"Subject: not of the body\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\nnot of a part\r\n--m\r\n"
    b"Content-Type: multipart/alternative; boundary=a\r\n\r\n"
    b"--a\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<style>p { color: red }</style><p>Caf=E9 <b>a</b>u lait<p>&lt;now=\r\n&gt;\r\n"
    b"--a\r\nContent-Type: text/plain; charset=iso-2022-jp\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes("会議の資料です。\n".encode("iso2022_jp"))
    + b"--a--\r\n--m\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Description: =?utf-8?q?the_r=C3=A9sum=C3=A9?=\r\n"
    b"Content-Disposition: attachment; filename*0*=utf-8''%E8%B3%87; filename*1*=%E6%96%99; filename*2=.pdf\r\n\r\nc2VjcmV0\r\n"
    b"--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?f=C3=B6rwarded?=\r\nFrom: Ann <ann@example.com>\r\nX-Not: told\r\n\r\ninner\0text\r\n--m--\r\n"
)


def test_what_is_found() -> None:
    text = body_text(LETTER, scan(LETTER))
    assert text.split("\n") == [
        "Café au lait",
        "<now>",
        "会議の資料です。",
        "",
        "資料.pdf",
        "the résumé",
        "förwarded",
        "Ann <ann@example.com>",
        "inner text",
    ]


def test_a_limit() -> None:
    letter = b"Content-Type: text/plain\r\n\r\n" + b"abcd" * 1000
    assert body_text(letter, scan(letter), limit=10) == "abcdabcdab"
    letter = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nabcd\r\n--b\r\n\r\nefgh\r\n--b\r\n\r\nijkl\r\n--b--"
    assert [body_text(letter, scan(letter), limit=limit) for limit in (3, 4, 6)] == [
        "abc",
        "abcd",
        "abcd\nef",
    ]


def test_a_letter_inside_that_is_encoded() -> None:
    """RFC 2045 §6.4 forbids it, and some do it: what is in it is found, once deep."""
    inner = b"Subject: deep\r\nContent-Type: text/html\r\n\r\n<p>found"
    for _ in range(2):
        letter = (
            b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(inner)
        )
        found = body_text(letter, scan(letter))
        assert ("deep" in found, "found" in found) == (inner.startswith(b"Subject"),) * 2
        inner = letter


PREVIEWS = {
    "plain before HTML": (LETTER, "会議の資料です。"),
    "HTML alone": (
        b"Content-Type: text/html\r\n\r\n<title>no</title><div>a<br>b&nbsp;&zwnj;&shy; c",
        "a b c",
    ),
    "without quotations": (
        b"\r\nHi,\r\n\r\nOn 1 May 2026, in a long\r\nline, Ann wrote:\r\n> quoted\r\n| quoted\r\nme too\r\n-- \r\nBob\r\n",
        "Hi, me too",
    ),
    "in Japanese": ("\r\n了解です。\r\n2026年5月1日 山崎さんのメール:\r\n> 会議".encode(), "了解です。"),
    "nothing but quotations": (b"\r\n> quoted\r\n", "> quoted"),
    "no text": (b"Content-Type: image/png\r\n\r\nabc", ""),
    "an attached text": (b"Content-Disposition: attachment\r\n\r\nabc", ""),
    "an empty plain text beside HTML": (
        b"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\n \r\n--a\r\nContent-Type: text/html\r\n\r\n<p>x\r\n--a--",
        "x",
    ),
    "rules and control characters": (b"\r\n=====\x07\x1b[1m----------a\r\n~~~~~~\r\n", "[1m a"),
}


@pytest.mark.parametrize("name", PREVIEWS)
def test_previews(name: str) -> None:
    letter, expected = PREVIEWS[name]
    assert preview(letter, scan(letter)) == expected


def test_a_preview_is_short() -> None:
    letter = "\r\n漢字 ".encode() * 500
    words = preview(letter, scan(letter))
    assert len(words) <= PREVIEW_LIMIT
    assert words.endswith("…")


def test_a_letter_from_a_telephone() -> None:
    letter = corpus("jpmobile-ja/email-fixtures/iphone-circled-numbers-in-jis.eml").read_bytes()
    assert "②" in body_text(letter, scan(letter))


PAGES = {
    "a <!-- b --> c <!> d": "a c d",
    "<SCRIPT>if (a<b) </SCRIPT >x<style>y": "x",
    "<a title=\"a>b\" href='>' x=>>y</a>z": ">yz",
    "a<br/>b<td>c": "a\nb\nc",
    "1 < 2 <3 <- 4": "1 < 2 <3 <- 4",
    "&eacute;&#233;&#xe9;&amp;lt;&nope;&#99999999999;&#0;": "ééé&lt;&nope;\ufffd\ufffd",
    "w<b>o</b>r<span>d</span>": "word",
    "<scripted>a</scripted><p": "a",
    "": "",
}


@pytest.mark.parametrize("page", PAGES)
def test_html(page: str) -> None:
    assert text_of(page) == PAGES[page]


HOSTILE = [
    "<",
    "<a ",
    "<a b='",
    '<a b="',
    "<!--",
    "<script>",
    "<script",
    "</script",
    "&",
    "&#",
    "&#9",
    "&#x9",
    "=",
    "<div>",
    "<b a=1>",
    "</",
    "<!",
    " ",
    "<a =",
    "a\n",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_html_in_linear_time(piece: str) -> None:
    def took(count: int) -> float:
        start = time.process_time()
        text_of(piece * count)
        return time.process_time() - start

    small, large = (min(took(count) for _ in range(3)) for count in (4_000, 32_000))
    assert large < 8 * 5 * small + 0.05


@given(
    st.lists(st.sampled_from([*HOSTILE, ">", "-->", "'", '"', "x", "\0", "</script>"]), max_size=30).map(
        "".join
    )
)
def test_any_html(page: str) -> None:
    assert "\n\n" not in text_of(page)
