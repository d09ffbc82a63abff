"""Reports, composed and read back by the standard library; and reports of other servers, read by us."""

import email
import email.utils
import re
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnreader import read_report
from hawknest.mail.address import Address
from hawknest.mail.dsn import EVENTS, Action, Report, Status, compose
from hawknest.mail.envelope import Body, Envelope, Notify, OriginalRecipient, Recipient, Ret
from mail_corpora import corpus

ORIGINAL = (
    b"Received: from a\r\nDate: Wed, 18 Nov 2026 10:00:00 +0900\r\nFrom: sender@origin.example\r\n"
    b"Subject: =?utf-8?B?44GT44KT44Gr44Gh44Gv?=\r\nMessage-ID: <1@origin.example>\r\n"
    b"References: <0@origin.example>\r\n\r\nbody\r\n"
)
SENDER = Address("sender", "origin.example")
REMOTE_WORDS = "550-5.1.1 The account does not exist.\n550 5.1.1 See https://remote.example/help"


def report(*statuses, sender: Address | None = SENDER, **envelope):
    recipients = tuple(status.recipient for status in statuses)
    return Report(
        envelope=Envelope(sender, recipients, **envelope),
        statuses=statuses,
        host="mx.hawk.example",
        report_id="0abc.1",
        arrival=1_794_963_600.0,
        now=1_794_967_200.0,
        utc_offset=32400,
    )


def failed(address: Address | None = None, **more):
    address = address or Address("nobody", "remote.example")
    return Status(
        Recipient(address), Action.FAILED, "5.1.1", "mx.remote.example", REMOTE_WORDS, 1_794_967_100.0, **more
    )


def parsed(letter: bytes):
    assert letter.count(b"\r\n") == letter.count(b"\n") == letter.count(b"\r")
    message = email.message_from_bytes(letter, policy=policy.SMTP)
    assert message.get_content_type() == "multipart/report"
    assert len(message.get_payload()) == 3
    return message


def test_a_failure():
    envelope, letter = compose(report(failed(), ret=Ret.HDRS, envid="QQ 1"), ORIGINAL, whole=True)
    assert envelope == Envelope(None, (Recipient(SENDER, notify=Notify.NEVER),), size=len(letter))
    message = parsed(letter)
    assert message["From"] == "Mail Delivery System <MAILER-DAEMON@mx.hawk.example>"
    assert message["To"] == "sender@origin.example"
    assert message["Subject"] == "Your letter could not be delivered / メールを届けられませんでした"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["References"] == "<0@origin.example> <1@origin.example>"
    assert message["Message-ID"] == "<0abc.1@mx.hawk.example>"
    assert email.utils.parsedate_to_datetime(message["Date"]).timestamp() == 1_794_967_200
    assert message.get_param("report-type") == "delivery-status"
    words, fields, original = message.get_payload()
    text = words.get_content()
    for line in (
        "こんにちは",
        "nobody@remote.example",
        "10:00:00",
        *REMOTE_WORDS.splitlines(),
        "typing mistake",
        "打ち間違い",
    ):
        assert line in text
    about_letter, about_recipient = fields.get_payload()
    assert dict(about_letter.items()) == {
        "Original-Envelope-Id": "QQ 1",
        "Reporting-MTA": "dns; mx.hawk.example",
        "Arrival-Date": "Wed, 18 Nov 2026 10:00:00 +0900",
    }
    diagnostic = about_recipient["Diagnostic-Code"]
    assert re.sub(r"\s+", " ", diagnostic) == "smtp; " + REMOTE_WORDS.replace("\n", " ")
    assert {name: value for name, value in about_recipient.items() if name != "Diagnostic-Code"} == {
        "Final-Recipient": "rfc822; nobody@remote.example",
        "Action": "failed",
        "Status": "5.1.1",
        "Remote-MTA": "dns; mx.remote.example",
        "Last-Attempt-Date": "Wed, 18 Nov 2026 10:58:20 +0900",
    }
    assert original.get_content_type() == "text/rfc822-headers"
    assert original.get_payload(decode=True).rstrip() == ORIGINAL.partition(b"\r\n\r\n")[0]


def test_the_whole_letter_comes_back_when_it_was_asked_for():
    _, letter = compose(report(failed(), ret=Ret.FULL), ORIGINAL, whole=True)
    original = parsed(letter).get_payload()[2]
    assert original.get_content_type() == "message/rfc822"
    assert original.get_payload(0).get_content() == "body\r\n"
    assert letter.count(ORIGINAL) == 1


@pytest.mark.parametrize(
    ("original", "whole"),
    [
        (ORIGINAL, False),
        (ORIGINAL + b"x" * 60_000, True),
        (ORIGINAL + b"x" * 999, True),
        (ORIGINAL + b"bare\n", True),
    ],
)
def test_else_its_header_does(original, whole):
    _, letter = compose(report(failed(), ret=Ret.FULL), original, whole=whole)
    assert parsed(letter).get_payload()[2].get_content_type() == "text/rfc822-headers"


def test_a_delay():
    status = Status(
        Recipient(Address("a", "b.example"), orcpt=OriginalRecipient("rfc822", "first@c.example")),
        Action.DELAYED,
        "4.4.1",
        will_retry_until=1_795_395_600.0,
    )
    _, letter = compose(report(status, ret=Ret.FULL), ORIGINAL, whole=True)
    words, fields, original = parsed(letter).get_payload()
    assert "need not do anything" in words.get_content()
    assert original.get_content_type() == "text/rfc822-headers"
    about_recipient = fields.get_payload(1)
    assert about_recipient["Original-Recipient"] == "rfc822; first@c.example"
    assert about_recipient["Will-Retry-Until"] == "Mon, 23 Nov 2026 10:00:00 +0900"
    assert about_recipient["Diagnostic-Code"] is None


@pytest.mark.parametrize("action", Action)
def test_every_action_has_words_and_an_event(action):
    status = Status(Recipient(Address("a", "b.example")), action, "2.0.0")
    _, letter = compose(report(status), ORIGINAL, whole=True)
    assert parsed(letter).get_payload()[1].get_payload(1)["Action"] == action
    assert EVENTS[action] in Notify
    assert read_report(letter).recipients[0].action == action


def test_nobody_is_told_of_a_letter_from_nobody():
    assert compose(report(failed(), sender=None), ORIGINAL, whole=True) is None
    assert compose(report(), ORIGINAL, whole=True) is None


def test_utf8_goes_only_to_those_who_sent_utf8():
    address = Address("ユーザ", "remote.example")
    _, plain = compose(report(failed(address)), ORIGINAL, whole=True)
    assert plain.isascii()
    assert b"Final-Recipient: utf-8; \\x{30E6}\\x{30FC}\\x{30B6}@remote.example\r\n" in plain
    original = "Subject: 日本\r\n\r\nbody\r\n".encode()
    envelope, letter = compose(report(failed(address), smtputf8=True, ret=Ret.FULL), original, whole=True)
    assert (envelope.body, envelope.smtputf8) == (Body.EIGHT_BIT, True)
    assert "Final-Recipient: utf-8; ユーザ@remote.example\r\n".encode() in letter
    kinds = [part.get_content_type() for part in parsed(letter).get_payload()]
    assert kinds == ["text/plain", "message/global-delivery-status", "message/global"]
    assert b"report-type=global-delivery-status" in letter
    assert b"\r\nContent-Transfer-Encoding: 8bit\r\n" in letter.partition(b"\r\n\r\n")[0] + b"\r\n"


@given(st.binary(max_size=300), st.booleans(), st.booleans(), st.sampled_from([None, *Ret]))
def test_any_letter_can_be_reported_on(original, whole, utf8, ret):
    status = failed()
    _, letter = compose(report(status, ret=ret, smtputf8=utf8), original, whole=whole)
    boundary = re.search(rb'boundary="(.*?)"', letter)[1]
    assert letter.count(b"\r\n--" + boundary) == 4
    assert letter.endswith(b"\r\n--" + boundary + b"--\r\n")
    assert letter.count(b"\n") == letter.count(b"\r\n") == letter.count(b"\r")
    assert max(map(len, letter.split(b"\r\n"))) <= 998
    assert read_report(letter).recipients[0].status == "5.1.1"


@given(st.text(), st.text(max_size=50))
def test_what_the_other_server_said_stays_in_its_place(said, host):
    status = Status(Recipient(Address("a", "b.example")), Action.FAILED, "5.0.0", host, said)
    _, letter = compose(report(status, envid=said[:100]), ORIGINAL, whole=True)
    assert letter.isascii()
    fields = parsed(letter).get_payload()[1].get_payload()
    assert len(fields) == 2
    assert set(fields[1].keys()) <= {"Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code"}


def test_a_boundary_is_never_in_the_letter():
    original = ORIGINAL.replace(b"body", b"--=_0abc.1\r\n--=_0abc.1_--")
    _, letter = compose(report(failed(), ret=Ret.FULL), original, whole=True)
    assert parsed(letter)


#: Letters of the corpus that have the parts of a report and are none: an empty part, boundaries that were changed
#: when names were taken out, a report inside another letter.
NO_REPORTS = {
    "lhost-googleworkspace-01.eml",
    "lhost-postfix-49.eml",
    "lhost-x5-01.eml",
    "rhost-franceptt-07.eml",
    "rhost-google-02.eml",
}


def test_reports_of_the_corpus():
    read = unread = 0
    for file in corpus("sisimai-bounces").rglob("*.eml"):
        letter = file.read_bytes()
        found = read_report(letter)
        for recipient in found.recipients if found else ():
            assert recipient.action.isprintable()
            assert not recipient.status or re.fullmatch(r"[245]\.\d+\.\d+", recipient.status)
        parts = (
            rb"(?im)^content-type:\s*multipart/report",
            rb"(?im)^content-type:\s*message/delivery-status",
        )
        if all(re.search(part, letter) for part in parts) and file.name not in NO_REPORTS:
            read += found is not None
            unread += found is None
    assert (read > 150, unread) == (True, 0)


def test_a_report_of_the_corpus():
    found = read_report((corpus("sisimai-bounces") / "bsd" / "lhost-postfix-02.eml").read_bytes())
    assert found.reporting_mta == "smtp.example.com"
    assert [
        (recipient.final_recipient, recipient.action, recipient.status) for recipient in found.recipients
    ] == [
        ("filtered@example.co.jp", "failed", "5.2.1"),
        ("userunknown@example.co.jp", "failed", "5.1.1"),
    ]
    assert found.recipients[0].diagnostic == "550 5.2.1 <filtered@example.co.jp>... User Unknown"
    assert found.recipients[0].remote_mta == "mx.example.co.jp"


@given(st.binary())
def test_any_bytes_are_no_report_or_one(octets):
    read_report(octets)
    head = (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n"
    )
    read_report(head + octets)
    read_report(head + b"Content-Transfer-Encoding: base64\r\n\r\n" + octets)
    read_report(head + b"\r\nA: b\r\n\r\nAction: " + octets)
