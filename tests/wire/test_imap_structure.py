"""ENVELOPE and BODYSTRUCTURE of letters good and bad, as IMAP writes them."""

import mmap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.fuzz_mime import well_formed
from hawknest.mail.addresslist import GROUP_END, Entry, entries
from hawknest.mail.mime import scan
from hawknest.mail.searchtext import body_text
from hawknest.wire.imap.structure import bodystructure, envelope

ENVELOPES = {
    "nothing": (b"", b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"),
    "RFC 9051 §8": (
        (
            b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n"
            b"Subject: IMAP4rev2 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n"
            b"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\nMessage-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n"
        ),
        (
            b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" '
            b'(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) '
            b'(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) '
            b'((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
            b'"<B27397-0100000@cac.washington.edu>")'
        ),
    ),
    "octets beyond ASCII, quotes, folds, an empty Sender, two of a kind": (
        b'Subject: caf\xc3\xa9\r\nSUBJECT: two\r\nFROM : "a \\"b\\""\r\n <a@b>\r\nSender:\r\nTo: a@b\r\nTo: c@d\r\nIn-Reply-To: <a>\r\n\t<b>\r\n',
        (
            b'(NIL {5}\r\ncaf\xc3\xa9 (("a \\"b\\"" NIL "a" "b")) (("a \\"b\\"" NIL "a" "b")) (("a \\"b\\"" NIL "a" "b")) '
            b'((NIL NIL "a" "b")(NIL NIL "c" "d")) NIL NIL "<a>\t<b>" NIL)'
        ),
    ),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_envelopes(name: str) -> None:
    header, expected = ENVELOPES[name]
    assert envelope(header) == expected
    assert envelope(header.replace(b"\r\n", b"\n")) == expected.replace(b"\r\n", b"\n").replace(
        b"}\n", b"}\r\n"
    )


ADDRESSES = {
    b"a@b": [Entry(None, None, b"a", b"b")],
    b"A  B <a@b> , <c@d>": [Entry(b"A B", None, b"a", b"b"), Entry(None, None, b"c", b"d")],
    b'"A, B" <a@b>': [Entry(b"A, B", None, b"a", b"b")],
    b"a@b (A (of) B)": [Entry(b"A (of) B", None, b"a", b"b")],
    b"A (c) B <a@b> (d)": [Entry(b"A B", None, b"a", b"b")],
    b"=?utf-8?q?a,_<b>?= <a@b>": [Entry(b"=?utf-8?q?a,_<b>?=", None, b"a", b"b")],
    b'"a b"@c, a@[IPv6:::1]': [Entry(None, None, b"a b", b"c"), Entry(None, None, b"a", b"[IPv6:::1]")],
    b"<@x,@y:a@b>": [Entry(None, b"@x,@y", b"a", b"b")],
    b"a @ b . c <a . b @ c>": [Entry(b"a @ b . c", None, b"a.b", b"c")],
    b"G: a@b, C <c@d>; , e@f": [
        Entry(None, None, b"G", None),
        Entry(None, None, b"a", b"b"),
        Entry(b"C", None, b"c", b"d"),
        GROUP_END,
        Entry(None, None, b"e", b"f"),
    ],
    b"undisclosed-recipients:;": [Entry(None, None, b"undisclosed-recipients", None), GROUP_END],
    b"G: H: a@b": [
        Entry(None, None, b"G", None),
        GROUP_END,
        Entry(None, None, b"H", None),
        Entry(None, None, b"a", b"b"),
        GROUP_END,
    ],
    b"nobody": [Entry(None, None, b"nobody", b"MISSING_DOMAIN")],
    b"two words": [Entry(b"two words", None, b"MISSING_MAILBOX", b"MISSING_DOMAIN")],
    b"A B a@b": [Entry(b"A B", None, b"a", b"b")],
    b"a@b c@d": [Entry(None, None, b"a", b"b"), Entry(None, None, b"c", b"d")],
    b"<a@b> <c@d>": [Entry(None, None, b"a", b"b"), Entry(None, None, b"c", b"d")],
    b"A <>, <>, ,": [Entry(b"A", None, b"MISSING_MAILBOX", b"MISSING_DOMAIN")],
    b'"open <a@b>': [Entry(b"open <a@b>", None, b"MISSING_MAILBOX", b"MISSING_DOMAIN")],
    b"<a@b": [Entry(None, None, b"a", b"b")],
    b"<a;b@c>": [Entry(None, None, b"a;b", b"c")],
    b"(": [],
    b"\xff@\xfe": [Entry(None, None, b"\xff", b"\xfe")],
}


@pytest.mark.parametrize("value", ADDRESSES)
def test_addresses(value: bytes) -> None:
    assert entries(value) == ADDRESSES[value]
    # The quick reading and the slow one agree: an empty comment at the start takes the quick one away.
    assert entries(b"() " + value) == ADDRESSES[value]


STRUCTURES = {
    "a text": (
        b"Subject: x\r\n\r\na\r\nb",
        b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 4 1 NIL NIL NIL NIL)',
        b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 4 1)',
    ),
    "all fields": (
        (
            b"Content-Type: Image/PNG; name=a\r\nContent-ID: <a>\r\nContent-Description: \xff\r\nContent-Transfer-Encoding: BASE64\r\n"
            b'Content-MD5: m\r\nContent-Disposition: Inline; filename="a\\"b"\r\nContent-Language: en, de\r\nContent-Location: l\r\n\r\nYQ=='
        ),
        b'("image" "png" ("name" "a") "<a>" {1}\r\n\xff "BASE64" 4 "m" ("Inline" ("filename" "a\\"b")) ("en" "de") "l")',
        b'("image" "png" ("name" "a") "<a>" {1}\r\n\xff "BASE64" 4)',
    ),
    "a multipart": (
        b"Content-Type: multipart/mixed; boundary=b\r\nContent-Language: en\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\n\r\n--b--",
        (
            b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL)'
            b'("a" "b" NIL NIL NIL "7bit" 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL ("en") NIL)'
        ),
        b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0)("a" "b" NIL NIL NIL "7bit" 0) "mixed")',
    ),
    "a multipart without parts": (
        b"Content-Type: multipart/x; boundary=b\r\n\r\n",
        b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) "x" ("boundary" "b") NIL NIL NIL)',
        b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) "x")',
    ),
    "a letter inside": (
        b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: text/html; charset*=''utf-8\r\n\r\n<p>\r\n",
        (
            b'("message" "rfc822" NIL NIL NIL "7bit" 63 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) '
            b'("text" "html" ("charset*" "\'\'utf-8") NIL NIL "7bit" 5 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL)'
        ),
        (
            b'("message" "rfc822" NIL NIL NIL "7bit" 63 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) '
            b'("text" "html" ("charset*" "\'\'utf-8") NIL NIL "7bit" 5 1) 4)'
        ),
    ),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_structures(name: str) -> None:
    letter, extended, plain = STRUCTURES[name]
    assert bodystructure(scan(letter), letter, extended=True) == extended
    assert bodystructure(scan(letter), letter, extended=False) == plain


def test_a_letter_that_is_mapped(tmp_path: Path) -> None:
    """A large letter is not read into memory: what is said of it is the same."""
    letter = b"".join(letter for letter, _, _ in STRUCTURES.values()) + b"line\n" * 500_000
    letter = b"Content-Type: message/rfc822\r\n\r\n" + letter
    (tmp_path / "letter").write_bytes(letter)
    with (
        (tmp_path / "letter").open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
    ):
        root = scan(mapped)
        assert root == scan(letter)
        assert root.lines == letter.count(b"\n") - 2
        assert bodystructure(root, mapped, extended=True) == bodystructure(root, letter, extended=True)
        assert body_text(mapped, root) == body_text(letter, root)


@given(st.lists(st.sampled_from([*b'"\\<>@,;:()[] \t\r\n=?abq', 0, 255]), max_size=60).map(bytes))
def test_any_addresses(value: bytes) -> None:
    well_formed(envelope(b"To: " + value + b"\r\n"))


HOSTILE = [
    b"a@b,",
    b"<",
    b"<a@b> ",
    b"(",
    b"()",
    b'"',
    b'"a" ',
    b"a ",
    b"@",
    b"a:",
    b";",
    b"<@a:",
    b"<@a,",
    b"=?",
    b"=?a?q?b",
    b"[",
    b"\\",
    b"a@ ",
    b". ",
    b"\n ",
    b"=?a?q?b?= ",
    b"\r",
    b" \t",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_linear_time(piece: bytes) -> None:
    def took(count: int) -> float:
        start = time.process_time()
        envelope(
            b"To: "
            + piece * count
            + b"x\r\n y\r\nSubject: "
            + piece * count
            + b"x\r\n y\r\nDate: "
            + piece * count
            + b"x\r\n y"
        )
        return time.process_time() - start

    small, large = (min(took(count) for _ in range(3)) for count in (2_000, 16_000))
    assert large < 8 * 5 * small + 0.05
