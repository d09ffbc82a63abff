"""What parts of letters say of themselves, and the header of the whole. RFC 2046 §5.2.2."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.header import Header
from hawknest.mail.partial import Part, merge, read
from mail_corpora import CORPORA

LIST = CORPORA / "message-partial.txt"


def part(value):
    return read(Header(b"From: a@b.test\r\nContent-Type: " + value + b"\r\n"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'message/partial; id="a@b"; number=2; total=3', Part(b"a@b", 2, 3)),
        (b"Message/PARTIAL; number=1; id=a@b", Part(b"a@b", 1, 0)),
        (b'message/partial;\r\n\tid="ABC\\"D <x>";\r\n NUMBER = 1 ; Total=1', Part(b'ABC"D <x>', 1, 1)),
        (
            b'message/partial (half (of) it); number="2"; total=2; id="a(b)c"',
            None,
        ),  # comments within comments
        (b'message/partial (half); number="2"; total=2; id="a(b)c"', Part(b"a(b)c", 2, 2)),
        (b"message/partial; id=a; number=1; charset=us-ascii", Part(b"a", 1, 0)),
        (b"message/partial; number=1; total=2", None),
        (b"message/partial; id=a; total=2", None),
        (b"message/partial; id=a; number=0; total=2", None),
        (b"message/partial; id=a; number=3; total=2", None),
        (b"message/partial; id=a; number=1; total=0", None),
        (b"message/partial; id=a; number=-1", None),
        (b"message/partial; id=a; number=1; number=2", None),
        (b"message/partial; id=a; number=9999999999", None),
        (b'message/partial; id=""; number=1', None),
        (b"message/partial; id=" + b"a" * 999 + b"; number=1", None),
        (b"message/partially; id=a; number=1", None),
        (b"text/plain; x=message/partial; id=a; number=1", None),
        (b"message/partial", None),
    ],
)
def test_what_a_part_says(value, expected):
    assert part(value) == expected


@given(st.binary(max_size=300))
def test_whatever_stands_there_is_read_or_not(value):
    found = part(b"message/partial;" + value.replace(b"\n", b""))
    assert found is None or (found.number > 0 and 0 < len(found.id) <= 998)


@given(
    st.binary(min_size=1, max_size=60).filter(lambda b: not set(b) & set(b"\r\n\0")),
    st.integers(1, 99),
    st.integers(0, 99),
)
def test_what_is_written_is_read(name, number, more):
    total = number + more if more else 0
    quoted = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    value = b'message/partial; id="%b"; number=%d' % (quoted, number) + (
        b"; total=%d" % total if total else b""
    )
    assert part(value) == Part(name, number, total)


@pytest.mark.parametrize(
    "evil", [b"(" * 50_000, b'"' * 50_001, b"; a=b" * 20_000, b";" + b" " * 90_000, b"\\" * 9999]
)
def test_no_value_takes_long(evil):
    part(b"message/partial" + evil)
    part(b"message/partial; " + evil)


def test_the_header_of_the_whole():
    """The example of RFC 2046 §5.2.2.2, with fields that must go."""
    enclosing = (
        b"X-Weird-Header-1: Foo\r\nFrom: Bill@host.com\r\nTo: joe@otherhost.com\r\n"
        b"Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nSubject: Audio mail (part 1 of 2)\r\n"
        b"Message-ID: <id1@host.com>\r\nMIME-Version: 1.0\r\n"
        b'Content-type: message/partial; id="ABC@host.com";\r\n number=1; total=2\r\nEncrypted: no\r\n'
    )
    enclosed = (
        b"X-Weird-Header-1: Bar\r\nX-Weird-Header-2: Hello\r\nMessage-ID: <anotherid@foo.com>\r\n"
        b"Subject: Audio mail\r\nMIME-Version: 1.0\r\nContent-type: audio/basic\r\n"
        b"Content-transfer-encoding: base64"
    )
    assert merge(Header(enclosing), Header(enclosed)) == (
        b"X-Weird-Header-1: Foo\r\nFrom: Bill@host.com\r\nTo: joe@otherhost.com\r\n"
        b"Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nMessage-ID: <anotherid@foo.com>\r\n"
        b"Subject: Audio mail\r\nMIME-Version: 1.0\r\nContent-type: audio/basic\r\n"
        b"Content-transfer-encoding: base64\r\n"
    )


@pytest.mark.skipif(not LIST.exists(), reason="the corpora are not here")
def test_the_parts_of_the_corpora():
    said = {}
    for name in LIST.read_text().split():
        said[Path(name).name] = read(Header.of((CORPORA / name).read_bytes()))
    assert said == {
        "138": Part(b"foobar", 3, 3),
        "151": Part(b"foobar", 1, 3),
        "92": Part(b"foobar", 2, 3),
        "24": Part(b"799653575@Skywalker of the Jedi", 1, 5),
        "25": Part(b"799652823@Skywalker of the Jedi", 1, 2),
        "42": Part(b"703.23422.720290813.freyr", 1, 0),
        "51": Part(b"703.23422.720290813.freyr", 2, 2),
        "message-partial.1.msg.txt": Part(b"<skippy.Soft.1020332481@id.com>", 1, 2),
        "message-partial.2.msg.txt": Part(b"<skippy.Soft.1020332481@id.com>", 2, 2),
    }
