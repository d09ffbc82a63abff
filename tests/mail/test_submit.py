"""Address lists, letters handed in, and automatic replies."""

import email
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.address import Address
from hawknest.mail.autoreply import Reply, Silence, compose, why_silent
from hawknest.mail.header import Header, split
from hawknest.mail.mailboxes import Mailbox, mailboxes
from hawknest.mail.submit import doubled, from_pipe, missing_fields, recipients, without


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"", []),
        (b"a@b.example", [("", "a@b.example")]),
        (b"Ann <a@b.example>, c@d.example,", [("Ann", "a@b.example"), ("", "c@d.example")]),
        (b'"Doe, Ann" <a@b.example>', [("Doe, Ann", "a@b.example")]),
        (b'"a\\"b" <a@b.example>', [('a"b', "a@b.example")]),
        (b"a@b.example (Ann (of B))", [("Ann (of B)", "a@b.example")]),
        (b'(5" disk) a@b.example, "x" <c@d.example>', [('5" disk', "a@b.example"), ("x", "c@d.example")]),
        (
            b"friends: a@b.example, Cy <c@d.example>;, e@f.example",
            [("", "a@b.example"), ("Cy", "c@d.example"), ("", "e@f.example")],
        ),
        (b"undisclosed-recipients:;", []),
        (b"=?utf-8?B?5pel5pys?= <a@b.example>", [("日本", "a@b.example")]),
        (b"=?utf-8?q?Doe,_Ann?= <a@b.example>", [("Doe, Ann", "a@b.example")]),
        (b'"=?utf-8?q?Ann?=" <a@b.example>', [("Ann", "a@b.example")]),
        ("日本 <ユーザ@例え.jp>".encode(), [("日本", "ユーザ@xn--r8jz45g.jp")]),
        (b"<@x.example,@y.example:a@b.example>", [("", "a@b.example")]),
        (b"a @ b.example", [("", "a@b.example")]),
        (b'"a b"@c.example', [("", '"a b"@c.example')]),
        (b"Ann\r\n <a@b.example>,\r\n c@d.example", [("Ann", "a@b.example"), ("", "c@d.example")]),
        (b"<a@b.example, <c@d.example>", [("", "a@b.example"), ("", "c@d.example")]),
        (b"a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
        (b"root, Ann Doe, <>", [("", "root"), ("", "AnnDoe")]),
        (b"a@b.example; c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
    ],
)
def test_address_lists(value, found):
    assert [(entry.name, str(entry.address or entry.text)) for entry in mailboxes(value)] == found


def test_what_is_no_address_is_kept_as_text():
    assert mailboxes(b"root, x@@y") == [Mailbox("", None, "root"), Mailbox("", None, "x@@y")]


@given(
    st.lists(st.sampled_from([*'"\\<>(),;:@[] ', "a", "b.c", "=?utf-8?q?", "?=", "\r\n", "é"])).map(
        lambda x: "".join(x).encode()
    )
    | st.binary()
)
def test_any_bytes_are_a_list(value):
    for entry in mailboxes(value):
        assert entry.text
        assert not {"\r", "\n", "\0"} & set(entry.name + entry.text)


@pytest.mark.parametrize(
    "piece", ["(", ")", '"', "<", ",", ":", "a@", "[", "\\", "=?", "=?a?q?", '"\\', "(\\"]
)
def test_long_nonsense_is_read_once(piece):
    assert len(mailboxes(piece.encode() * 100_000)) <= 100_000


def test_what_a_letter_lacks():
    letter = Header(b"Subject: x\r\n")
    at = {"host": "mx.hawk.example", "letter_id": "0abc", "now": 0.0}
    assert missing_fields(letter, **at) == (
        b"Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nMessage-ID: <0abc@mx.hawk.example>\r\n"
    )
    assert (
        missing_fields(letter, sender=Address("a", "b.example"), **at).count(b"\r\nFrom: a@b.example\r\n")
        == 1
    )
    assert (
        missing_fields(
            Header(b"date: x\r\nFROM: y\r\nmessage-id:\r\n"), sender=Address("a", "b.example"), **at
        )
        == b""
    )


def test_blind_copies_do_not_leave():
    letter = b"To: a@b.example\r\nBcc: c@d.example,\r\n\te@f.example\r\nbcc :g\r\nSubject: Bcc: x\r\n\r\nBcc: body\r\n"
    assert without(letter) == b"To: a@b.example\r\nSubject: Bcc: x\r\n\r\nBcc: body\r\n"
    assert without(b"A: b\r\n\r\n") == b"A: b\r\n\r\n"


def test_recipients_of_a_letter():
    letter = b"To: a@b.example, root\r\nCc: c@d.example\r\nBcc: e@f.example\r\nTo: g@h.example\r\n"
    texts = [entry.text for entry in recipients(Header(letter))]
    assert texts == ["a@b.example", "root", "g@h.example", "c@d.example", "e@f.example"]
    assert [entry.text for entry in recipients(Header(b"Resent-To: i@j.example\r\n" + letter))] == [
        "i@j.example"
    ]


def test_doubled_fields_are_told():
    assert doubled(
        Header(b"To: a\r\nSubject: x\r\nto : b\r\nReceived: x\r\nReceived: y\r\nbcc: a\r\nBcc: b\r\n")
    ) == ["To", "Bcc"]


@pytest.mark.parametrize(
    ("pipe", "letter"),
    [
        (b"", b"\r\n"),
        (b"hello\n", b"\r\nhello\r\n"),
        (b"To: a\n\nhello", b"To: a\r\n\r\nhello\r\n"),
        (b"To: a\n b\nhello\n", b"To: a\r\n b\r\n\r\nhello\r\n"),
        (b"From me Mon\nTo: a\r\n\r\nhello\r\n", b"To: a\r\n\r\nhello\r\n"),
        (b" indented\n", b"\r\n indented\r\n"),
        (b"To: a\rBcc: b\r\rc", b"To: a\r\nBcc: b\r\n\r\nc\r\n"),
        (b"To: a\n", b"To: a\r\n\r\n"),
        (b"see http://x:\n", b"\r\nsee http://x:\r\n"),
    ],
)
def test_what_comes_out_of_a_pipe(pipe, letter):
    assert from_pipe(pipe) == letter


@given(st.binary() | st.text("aA: \r\n").map(str.encode))
def test_any_pipe_gives_a_letter(octets):
    letter = from_pipe(octets)
    assert letter.count(b"\r\n") == letter.count(b"\n") == letter.count(b"\r")
    assert split(letter).body_start > split(letter).header_end
    assert from_pipe(letter) == letter or octets.startswith((b"From ", b"\r\nFrom "))
    header = Header.of(letter).octets
    assert sum(field.end - field.start for field in Header(header)) == len(header)


OWN = [Address("ann", "hawk.example"), Address("ann.doe", "hawk.example")]
WRITER = Address("writer", "origin.example")
PLAIN = b"From: writer@origin.example\r\nTo: Ann <Ann+shop@hawk.example>\r\nSubject: Hello\r\nMessage-ID: <1@o>\r\n"


@pytest.mark.parametrize(
    ("extra", "sender", "silence"),
    [
        (b"", WRITER, None),
        (b"Auto-Submitted: no (really)\r\n", WRITER, None),
        (b"Precedence: first-class\r\n", WRITER, None),
        (b"X-Auto-Response-Suppress: None\r\n", WRITER, None),
        (b"", None, Silence.NULL_SENDER),
        (b"Auto-Submitted: auto-replied\r\n", WRITER, Silence.AUTOMATIC),
        (b"Auto-Submitted: auto-generated; x=y\r\n", WRITER, Silence.AUTOMATIC),
        (b"Auto-Submitted:\r\n", WRITER, Silence.AUTOMATIC),
        (b"X-Auto-Response-Suppress: All\r\n", WRITER, Silence.AUTOMATIC),
        (b"Content-Type: multipart/report; a=b\r\n", WRITER, Silence.AUTOMATIC),
        (b"List-Id: <x.example>\r\n", WRITER, Silence.LIST),
        (b"LIST-UNSUBSCRIBE: <x>\r\n", WRITER, Silence.LIST),
        (b"Precedence: Bulk\r\n", WRITER, Silence.BULK),
        (b"precedence: list\r\n", WRITER, Silence.BULK),
        *(
            (b"", Address(local, "origin.example"), Silence.PROGRAM)
            for local in (
                "MAILER-DAEMON",
                "owner-list",
                "list-request",
                "list-owner",
                "Postmaster",
                "no-reply",
                "bounces+1=a.b",
            )
        ),
        (b"", Address("ANN", "hawk.example"), Silence.ONESELF),
        (b"", Address("ann+x", "hawk.example"), Silence.ONESELF),
    ],
)
def test_who_is_answered(extra, sender, silence):
    assert why_silent(Header(extra + PLAIN), sender, OWN) == silence


def test_only_who_wrote_to_the_address_is_answered():
    assert why_silent(Header(PLAIN), WRITER, OWN[1:]) is Silence.NOT_ADDRESSED
    assert why_silent(Header(b"To: x@y.example\r\nCc: z, ann.doe@hawk.example\r\n"), WRITER, OWN) is None
    assert why_silent(Header(b""), WRITER, OWN) is Silence.NOT_ADDRESSED


def reply(**changes):
    plain = {
        "sender": OWN[0],
        "name": "Ann Dö",
        "text": "I am away.\n",
        "subject": None,
        "reply_id": "0abc",
        "host": "mx.hawk.example",
        "now": 0.0,
    }
    return Reply(**(plain | changes))


def test_a_reply():
    letter_header = Header(PLAIN + b"References: <0@o>\r\n")
    envelope, letter = compose(reply(), letter_header, WRITER)
    assert envelope.reverse_path is None
    assert [recipient.address for recipient in envelope.recipients] == [WRITER]
    message = email.message_from_bytes(letter, policy=policy.SMTP)
    assert dict(message.items()) == {
        "Date": "Thu, 01 Jan 1970 00:00:00 +0000",
        "From": "Ann Dö <ann@hawk.example>",
        "To": "writer@origin.example",
        "Subject": "Auto: Hello",
        "Message-ID": "<0abc@mx.hawk.example>",
        "In-Reply-To": "<1@o>",
        "References": "<0@o> <1@o>",
        "Auto-Submitted": "auto-replied",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="us-ascii"',
        "Content-Transfer-Encoding": "7bit",
    }
    assert message.get_content() == "I am away.\r\n"
    assert why_silent(Header.of(letter), OWN[0], [WRITER]) is Silence.AUTOMATIC


def test_the_owners_subject_and_japanese():
    _, letter = compose(reply(subject="不在です", text="休暇中です。\n"), Header(PLAIN), WRITER)
    message = email.message_from_bytes(letter, policy=policy.SMTP)
    assert message["Subject"] == "不在です"
    assert message.get_content() == "休暇中です。\r\n"
    assert letter.isascii()


@given(st.binary(), st.text(), st.text(), st.text() | st.none())
def test_nothing_gets_out_of_its_field(original, name, text, subject):
    header = Header(b"Subject: " + original + b"\r\nMessage-ID: " + original + b"\r\n")
    _, letter = compose(reply(name=name, text=text, subject=subject), header, WRITER)
    known = {"Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted"}
    known |= {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    fields = list(Header.of(letter))
    assert {field.name for field in fields} <= known
    assert len({field.name for field in fields}) == len(fields)
    assert all(len(line) <= 998 for line in letter.split(b"\r\n"))
    assert letter.count(b"\r\n") == letter.count(b"\n")
