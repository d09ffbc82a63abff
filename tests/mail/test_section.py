"""The sections of letters: parts by their numbers, fields of headers, bodies without their encoding."""

import base64
import binascii
import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail import decode, section
from hawknest.mail.mime import Part, scan
from mail_corpora import corpus

LETTER = (
    b"Subject: outer\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\n\r\none\r\n"
    b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: two\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"
    b"--y\r\nA: b\r\n\r\ntwo.one\r\n--y--\r\nend\r\n"
    b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: three\r\n\r\nthree.one\r\n--x--\r\n"
)


def octets(span: section.Span | None) -> bytes | None:
    return None if span is None else LETTER[span.start : span.end]


SECTIONS = {
    "BODY[1]": (section.body, (1,), b"one"),
    "BODY[1.1]": (section.body, (1, 1), None),
    "BODY[1.MIME]": (section.mime, (1,), b"\r\n"),
    "BODY[1.HEADER]": (section.header, (1,), None),
    "BODY[1.TEXT]": (section.text, (1,), None),
    "BODY[2.HEADER]": (
        section.header,
        (2,),
        b"Subject: two\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n",
    ),
    "BODY[2.TEXT]": (section.text, (2,), b"--y\r\nA: b\r\n\r\ntwo.one\r\n--y--\r\nend"),
    "BODY[2.MIME]": (section.mime, (2,), b"Content-Type: message/rfc822\r\n\r\n"),
    "BODY[2.1]": (section.body, (2, 1), b"two.one"),
    "BODY[2.1.MIME]": (section.mime, (2, 1), b"A: b\r\n\r\n"),
    "BODY[2.2]": (section.body, (2, 2), None),
    "BODY[3]": (section.body, (3,), b"Subject: three\r\n\r\nthree.one"),
    "BODY[3.1]": (section.body, (3, 1), b"three.one"),
    "BODY[3.1.MIME]": (section.mime, (3, 1), b"Subject: three\r\n\r\n"),
    "BODY[3.1.1]": (section.body, (3, 1, 1), None),
    "BODY[3.2]": (section.body, (3, 2), None),
    "BODY[4]": (section.body, (4,), None),
    "BODY[0]": (section.body, (0,), None),
    "BODY[]": (section.body, (), LETTER),
    "BODY[HEADER]": (section.header, (), LETTER[: LETTER.index(b"--x")]),
    "BODY[TEXT]": (section.text, (), LETTER[LETTER.index(b"--x") :]),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_sections(name: str):
    find, numbers, expected = SECTIONS[name]
    assert octets(find(scan(LETTER), numbers)) == expected


def test_a_letter_of_one_part():
    letter = b"A: b\r\n\r\ntext"
    root = scan(letter)
    assert section.find(root, (1,)) is root
    assert section.body(root, (1,)) == (8, 12)
    assert section.body(root, (2,)) is section.body(root, (1, 1)) is None
    forwarded = scan(b"Content-Type: message/rfc822\r\n\r\n" + letter)
    assert section.find(forwarded, (1,)) is forwarded
    assert section.find(forwarded, (1, 1)) is forwarded.parts[0]


def test_parts_that_say_their_numbers():
    """A letter with the example of RFC 9051 §6.4.5.1 in it, whose leaves say what their numbers are."""
    letter = corpus("mailcore2/parser/input/messages/rfc2060.txt").read_bytes()
    root = scan(letter)
    said = [
        (tuple(map(int, found[1].split(b"."))), found.start())
        for found in re.finditer(rb"part specifier should be: ([0-9.]+)", letter)
    ]
    assert len(said) == 10
    for numbers, at in said:
        span = section.body(root, numbers)
        assert span
        assert span.start <= at < span.end
        found = section.find(root, numbers)
        assert found
        assert found.is_letter or letter[span.start : span.end].startswith(b"This part")


HEADER = b"A: 1\r\nB: 2\r\n 3\r\nb : 4\r\nBB: 5\r\njunk\r\n\tmore\r\nA:6\r\n\r\n"


@pytest.mark.parametrize(
    ("names", "exclude", "expected"),
    [
        ([b"b"], False, b"B: 2\r\n 3\r\nb : 4\r\n\r\n"),
        ([b"b"], True, b"A: 1\r\nBB: 5\r\njunk\r\n\tmore\r\nA:6\r\n\r\n"),
        ([b"a", b"B", b"a"], False, b"A: 1\r\nB: 2\r\n 3\r\nb : 4\r\nA:6\r\n\r\n"),
        ([], False, b"\r\n"),
        ([], True, HEADER),
        ([b".*", b"", b"B:"], False, b"\r\n"),
    ],
)
def test_fields(names: list[bytes], exclude: bool, expected: bytes):
    assert section.fields(HEADER, names, exclude=exclude) == expected
    bare = HEADER.replace(b"\r\n", b"\n")
    assert section.fields(bare, names, exclude=exclude) == expected.replace(b"\r\n", b"\n")


@given(st.lists(st.sampled_from([b"A:", b"B:", b" ", b"x", b"\r\n", b"\n", b"\r"])).map(b"".join))
def test_fields_and_the_others_are_the_header(header: bytes):
    found, others = (section.fields(header, [b"A"], exclude=exclude) for exclude in (False, True))
    count = len(header) + (not header.endswith(b"\n") and bool(found.strip()))
    blank = (
        2 if header.endswith(b"\n\r\n") or header == b"\r\n" else header.endswith(b"\n\n") or header == b"\n"
    )
    assert len(found) + len(others) - blank in {count, len(header)}


def part(encoding: str, body: bytes) -> tuple[Part, bytes]:
    letter = b"Content-Transfer-Encoding: %b\r\n\r\n" % encoding.encode() + body
    return scan(letter), letter


@given(st.binary(max_size=400), st.sampled_from(["base64", "BASE64"]))
def test_base64(content: bytes, encoding: str):
    assert decode.decoded(*part(encoding, base64.encodebytes(content).replace(b"\n", b"\r\n"))) == content


@given(st.binary(max_size=400).filter(lambda content: b"\r" not in content))
def test_quoted_printable(content: bytes):
    assert decode.decoded(*part("Quoted-Printable", quopri.encodestring(content, quotetabs=True))) == content


BROKEN = {
    "nothing": ("base64", b"", b""),
    "junk": ("base64", b"YWJj*ZGVm\0\r\n-- \r\n", b"abcdef"),
    "padding within": ("base64", b"YQ==YmM=\r\nZA", b"abcd"),
    "one digit over": ("base64", b"YWJjZ", b"abc"),
    "only padding": ("base64", b"=====", b""),
    "escapes that are none": ("quoted-printable", b"a=zz=4=\r\n=41", b"a=zz=4A"),
    "spaces at line ends": ("quoted-printable", b"a \t\r\nb=20 \nc \t", b"a\r\nb \nc"),
    "a soft break with spaces behind it": ("quoted-printable", b"a= \r\nb", b"ab"),
    "an unknown one": ("x-own", b"a", None),
    "none": ("binary", b"\0\xff", b"\0\xff"),
    "uuencode": ("x-uuencode", b"begin 644 a.txt\r\n%:&5L;&\\\r\n`\r\nend\r\nmore", b"hello"),
    "uuencode that is none": ("x-uue", b"hello\r\n\x80\r\n", b"hello\r\n\x80\r\n"),
    "uuencode with lines that are none": (
        "x-uue",
        b"begin 644 a\r\n\x80\r\n" + binascii.b2a_uu(b"hello")[:-1] + b"ZZZ\r\n",
        b"hello",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_encodings(name: str):
    encoding, body, expected = BROKEN[name]
    found = decode.decoded(*part(encoding, body))
    assert found == expected
    assert decode.size(*part(encoding, body)) == (None if expected is None else len(expected))


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("line", [60, 1 << 30])
def test_pieces_join(encoding: str, line: int):
    """A body of many pieces, with lines and without, is decoded as one."""
    content = bytes(range(256)) * 4_000
    if encoding == "base64":
        coded = binascii.b2a_base64(content, newline=False)
        body = b"\r\n".join(coded[at : at + line] for at in range(0, len(coded), line))
    else:
        coded = b"".join(b"=%02X" % octet for octet in content)
        body = b"=\r\n".join(coded[at : at + line] for at in range(0, len(coded), line))
    found = decode.pieces(*part(encoding, body))
    assert found is not None
    pieces = list(found)
    assert len(pieces) > 3
    assert b"".join(pieces) == content


def test_a_multipart_comes_as_it_stands():
    letter = b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n--b\r\n\r\nYQ==\r\n--b--"
    assert decode.decoded(scan(letter), letter) == b"--b\r\n\r\nYQ==\r\n--b--"
