"""Header sections of any bytes, encoded words, trace fields and dates."""

import email.header
import email.utils
import re
from email import policy
from email.parser import BytesHeaderParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.address import Address
from hawknest.mail.charset import decode
from hawknest.mail.dates import letter_date
from hawknest.mail.header import Header, Split, hops, message_ids, split, unfold
from hawknest.mail.trace import Protocol, Reception, delivered_to, received, return_path
from hawknest.mail.words import clean, decode_words, encode_phrase, encode_words
from mail_corpora import letters

CORPORA = [
    "cpython-test_email",
    "jpmobile-ja",
    "mime4j",
    "nodemailer-mailparser",
    "email-mime",
    "laminas-mail",
]


@pytest.mark.parametrize(
    ("letter", "where"),
    [
        (b"", Split(0, 0)),
        (b"\r\nbody", Split(0, 2)),
        (b"\nbody", Split(0, 1)),
        (b"A: b\r\n\r\nbody\n\nmore", Split(6, 8)),
        (b"A: b\n\nbody\r\n\r\nmore", Split(5, 6)),
        (b"A: b\n\r\nbody", Split(5, 7)),
        (b"A: b\r\n", Split(6, 6)),
        (b"A: b\r\n \r\nB: c\r\n\r\n", Split(15, 17)),
        (b"no header", Split(9, 9)),
    ],
)
def test_where_the_body_begins(letter, where):
    assert split(letter) == where


def test_fields():
    octets = (
        b"From me\r\nA: one\r\nJunk line\r\na :two\r\n\t three\r\nB:\r\n: no name\r\nC: \x80\xff\0\n four\r\n"
    )
    header = Header(octets)
    assert [(field.name, field.value) for field in header] == [
        ("A", b"one"),
        ("a", b"two\t three"),
        ("B", b""),
        ("C", b"\x80\xff\0 four"),
    ]
    assert (header.count("A"), header.count("X")) == (2, 0)
    assert (header.first("a"), header.first("X"), header.text("X")) == (b"one", None, "")
    for field in header:
        written = octets[field.start : field.end]
        assert written.startswith(field.name.encode())
        assert field.raw in written
        assert written.endswith(b"\n")


def test_hops_count_received_fields_only():
    assert hops(b"Received: a\r\nreceived: b\r\n Received: folded\r\nX-Received: c\r\nRECEIVED:\r\n") == 3


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (b"<a@b>", ["<a@b>"]),
        (b" (comment) <a@b>\r\n\t<c@d>", ["<a@b>", "<c@d>"]),
        (b"<a b@c> nothing <", []),
        (b"<" + b"x" * 1000 + b"> <a@b>", ["<a@b>"]),
    ],
)
def test_message_ids(value, ids):
    assert message_ids(value) == ids
    assert Header(b"Message-Id: " + value + b"\r\n").message_id == (ids[0] if ids else None)


@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from([b"A:", b" ", b"\r", b"\n", b"\r\n", b"=?", b"?=", b"x"])).map(b"".join)
)
def test_any_bytes_are_read(octets):
    end, start = split(octets)
    assert octets[end:start] in {b"", b"\n", b"\r\n"}
    at = 0
    for field in Header.of(octets):
        assert at <= field.start < field.end <= end
        at = field.end
        assert not re.search(r"[\r\n\0]", field.text)


@pytest.mark.parametrize(
    "piece", [b"a", b"a:", b" ", b"\n ", b"\r", b"\n", b"=?", b"=?a?q?", b"=?a?q?b?=", b"<", b"Received:\n"]
)
def test_long_nonsense_is_read_once(piece):
    header = Header(b"A: " + piece * 300_000)
    assert len(list(header)) <= 300_001
    assert header.text("A") is not None
    assert hops(header.octets) <= 300_001
    assert len(message_ids(header.octets)) == 0


@pytest.mark.parametrize("name", CORPORA)
def test_fields_as_the_standard_library_counts_them(name):
    parser = BytesHeaderParser(policy=policy.compat32)
    for letter in letters(name, (".eml", ".txt", ".msg")):
        ours = Header.of(letter)
        if letter.startswith((b"From ", b">From ")) or b"\r" in letter.replace(b"\r\n", b""):
            continue  # where the two differ on purpose
        theirs = parser.parsebytes(letter)
        if not theirs.defects and theirs.items():
            for field in ("From", "To", "Subject", "Received", "Message-ID"):
                assert ours.count(field) == len(theirs.get_all(field, []))
            if "Message-ID" in theirs and re.fullmatch(r"\s*<[!-;=?-~]+>\s*", str(theirs["Message-ID"])):
                assert ours.message_id == str(theirs["Message-ID"]).strip()


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?B?5pel5pys?=", "日本"),
        (b"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"),
        (b"=?UTF-8?q?a=C3=A9_b?= c", "aé b c"),
        (b"=?utf-8?B?5pe=?=\r\n =?utf-8?B?pQ==?=", "日"),  # a character cut between two words
        (b"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"=?utf-8*en?q?b?=", "b"),
        (b"=?utf-8?x?b?=", "=?utf-8?x?b?="),
        (b"=?no-such-charset?q?=C3=A9?=", "é"),
        (b"=?idna?q?xn--a?=", "xn--a"),
        (b"=?utf-8?B?!!?=", ""),
        (b"=?utf-8?B?YQ?=", "a"),
        (b"=?utf-8?B?YWJjZ?=", "abc"),
        (b"=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        ("é日".encode(), "é日"),
        ("日本".encode("iso2022_jp"), "日本"),
        (b"caf\xe9", "café"),
        (b"=?shift_jis?B?g2WDWINn?=", "テスト"),
        (b"=?iso-2022-jp?B?5pel5pys?=", "日本"),  # says one thing and is another
    ],
)
def test_encoded_words(octets, text):
    assert decode_words(octets) == text


@given(
    st.binary(),
    st.sampled_from(
        ["", "utf-8", "utf-7", "iso-2022-jp", "punycode", "zlib", "a\0b", "..", "big5", "hz", "é"]
    ),
)
def test_any_charset_is_read(octets, label):
    assert isinstance(decode(octets, label), str)


@given(st.text() | st.text("abc ", min_size=60, max_size=300))
def test_written_words_are_read_back_and_stay_in_their_field(text):
    written = encode_words(text)
    assert re.fullmatch(r"(?:[ -~]|\r\n (?=\S))*", written)
    assert all(len(line) <= 78 for line in written.split("\r\n"))
    assert decode_words(unfold(written.encode())) == clean(text)
    if written.startswith("=?") and clean(text):
        parsed = str(email.header.make_header(email.header.decode_header(written)))
        assert parsed == clean(text)


@given(st.text(min_size=1, max_size=100).filter(clean))
def test_written_names_are_read_back(name):
    unfolded = re.sub(r"\r\n (?=\S)", " ", encode_phrase(name))
    assert re.fullmatch("[ -~]+", unfolded)
    (address,) = policy.default.header_factory("From", f"{unfolded} <a@b.example>").addresses
    assert address.addr_spec == "a@b.example"


def test_dates():
    assert letter_date(0) == "Thu, 01 Jan 1970 00:00:00 +0000"
    assert letter_date(1_794_963_600.9, 32400) == "Wed, 18 Nov 2026 10:00:00 +0900"
    assert letter_date(1_794_963_600, -12600) == "Tue, 17 Nov 2026 21:30:00 -0330"


@given(st.integers(0, 2**33), st.integers(-14 * 60, 14 * 60).map(lambda minutes: minutes * 60))
def test_dates_are_read_back(when, offset):
    assert email.utils.parsedate_to_datetime(letter_date(when, offset)).timestamp() == when


KEYWORDS = {
    "SMTP": Protocol(extended=False),
    "ESMTP": Protocol(),
    "ESMTPS": Protocol(tls=True),
    "ESMTPA": Protocol(authenticated=True),
    "ESMTPSA": Protocol(tls=True, authenticated=True),
    "LMTP": Protocol(lmtp=True),
    "LMTPSA": Protocol(lmtp=True, tls=True, authenticated=True),
    "UTF8SMTP": Protocol(utf8=True),
    "UTF8SMTPSA": Protocol(utf8=True, tls=True, authenticated=True),
    "UTF8LMTPS": Protocol(utf8=True, lmtp=True, tls=True),
}


@pytest.mark.parametrize(("word", "protocol"), KEYWORDS.items())
def test_protocol_words(word, protocol):
    assert str(protocol) == word


def reception(**changes):
    plain = {
        "helo": "mail.example.com",
        "peer": "192.0.2.1",
        "host": "mx.example.org",
        "protocol": Protocol(),
        "trace_id": "0abc",
        "time": 1_794_963_600.0,
    }
    return Reception(**(plain | changes))


def test_received():
    assert received(reception()) == (
        b"Received: from mail.example.com ([192.0.2.1])\r\n"
        b"\tby mx.example.org (Hawknest) with ESMTP id 0abc;\r\n"
        b"\tWed, 18 Nov 2026 01:00:00 +0000\r\n"
    )
    full = reception(
        helo="[IPv6:2001:db8::1]",
        peer="2001:db8::1",
        peer_name="mail.example.com",
        protocol=Protocol(tls=True, authenticated=True),
        tls_version="TLSv1.3",
        tls_cipher="TLS_AES_256_GCM_SHA384",
        recipient=Address("a b", "example.org"),
        utc_offset=32400,
    )
    assert received(full) == (
        b"Received: from [IPv6:2001:db8::1] (mail.example.com [IPv6:2001:db8::1])\r\n"
        b"\tby mx.example.org (Hawknest) with ESMTPSA id 0abc\r\n"
        b"\t(encrypted with TLSv1.3, TLS_AES_256_GCM_SHA384)\r\n"
        b'\tfor <"a b"@example.org>;\r\n'
        b"\tWed, 18 Nov 2026 10:00:00 +0900\r\n"
    )


def test_a_utf8_recipient_is_told_only_in_a_utf8_letter():
    address = Address("ユーザ", "example.org")
    assert b"for" not in received(reception(recipient=address))
    assert "for <ユーザ@example.org>".encode() in received(
        reception(recipient=address, protocol=Protocol(utf8=True))
    )


@given(st.text() | st.text("a.-_[]:()\r\n", max_size=300), st.text())
def test_nothing_a_peer_says_gets_out_of_its_place(helo, name):
    line = received(
        reception(helo=helo, peer_name=name, protocol=Protocol(tls=True), tls_version=helo, tls_cipher=name)
    )
    assert line.isascii()
    assert line.count(b"\n") == line.count(b"\r\n\t") + 1
    assert all(len(part) < 998 for part in line.split(b"\r\n"))
    assert (line.count(b"("), line.count(b")")) == (3, 3)
    assert [field.name for field in Header(line)] == ["Received"]


def test_return_path_and_delivered_to():
    assert return_path(None) == b"Return-Path: <>\r\n"
    assert return_path(Address("a", "b.example")) == b"Return-Path: <a@b.example>\r\n"
    assert delivered_to(Address("a", "b.example")) == b"Delivered-To: a@b.example\r\n"
