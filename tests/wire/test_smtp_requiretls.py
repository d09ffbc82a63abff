"""REQUIRETLS between our engines, and what others may say of it. RFC 8689 §2."""

import pytest

from hawknest.mail.address import parse_address
from hawknest.mail.envelope import Envelope, Recipient
from hawknest.wire.smtp.client import Client, Extensions
from hawknest.wire.smtp.command import Mail
from hawknest.wire.smtp.offers import Offers, keywords
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import Hello, Kind, Limits, Server

ENVELOPE = Envelope(
    parse_address("ann@example.com"), (Recipient(parse_address("bob@d.example")),), requiretls=True
)


def told(offered: dict[str, str]) -> str:
    client = Client()
    client.extensions = Extensions(offered)
    client.mail(ENVELOPE, 100)
    return client.outbox().decode()


def test_it_is_said_where_it_is_offered() -> None:
    assert told({"REQUIRETLS": ""}) == "MAIL FROM:<ann@example.com> REQUIRETLS\r\n"
    assert told({}) == "MAIL FROM:<ann@example.com>\r\n"


def answer(line: bytes, *, offered: bool, secure: bool) -> Reply | Mail:
    """What becomes of a MAIL command."""
    server = Server(Kind.MX, "mx.example", Offers(requiretls=offered), Limits())
    server.secure = secure
    server.reply(Reply(220, None, "hello"))
    server.feed(b"EHLO x\r\n" + line)
    assert isinstance(server.next_event(), Hello)
    server.hello()
    assert (b"REQUIRETLS" in server.outbox()) is offered
    event = server.next_event()
    if isinstance(event, Mail):
        return event
    code, _, text = server.outbox().decode().partition(" ")
    enhanced, _, words = text.partition(" ")
    one, two, three = map(int, enhanced.split("."))
    return Reply(int(code), (one, two, three), words.strip())


SAID = [
    (b"MAIL FROM:<a@b.example> REQUIRETLS\r\n", True, True, True),
    (b"MAIL FROM:<a@b.example> requiretls SIZE=5\r\n", True, True, True),
    (b"MAIL FROM:<> REQUIRETLS\r\n", True, True, True),
    (b"MAIL FROM:<a@b.example>\r\n", True, True, False),
    (b"MAIL FROM:<a@b.example> REQUIRETLS=\r\n", True, True, 501),
    (b"MAIL FROM:<a@b.example> REQUIRETLS=1\r\n", True, True, 501),
    (b"MAIL FROM:<a@b.example> REQUIRETLS\r\n", False, False, 530),
    (b"MAIL FROM:<a@b.example> REQUIRETLS\r\n", False, True, 555),  # LMTP
]


@pytest.mark.parametrize(("line", "offered", "secure", "expected"), SAID)
def test_what_is_said_of_it(line: bytes, offered: bool, secure: bool, expected: object) -> None:
    found = answer(line, offered=offered, secure=secure)
    assert (found.requiretls if isinstance(found, Mail) else found.code) == expected


def test_it_is_offered_where_the_door_says_so() -> None:
    assert "REQUIRETLS" in keywords(Offers(requiretls=True))
    assert "REQUIRETLS" not in keywords(Offers(starttls=True))
