"""What is written down of our own sessions with other servers: every command, no password, no letter."""

import base64
import itertools
from typing import Any

import pytest
from outbox import server_context, site
from test_remote import attempt

import smtpsink
from hawknest.log import Conversation
from hawknest.mail.address import parse_address
from hawknest.mail.envelope import Body, Envelope, Recipient
from hawknest.post.site import Login, Tls
from hawknest.wire.smtp.client import Client
from smtpsink import Script
from stores import Nest

WORDS = Login("nest", "s3cret")


def listener() -> tuple[list[str], dict[str, Any]]:
    """Who writes down, and the setting that has it asked."""
    told: list[str] = []

    def witness(session: str) -> Conversation:
        told.append(session)
        return Conversation(lambda side, text: told.append(f"{side}: {text}"), us="C")

    return told, {"witness": witness}


def traces(password: str) -> list[str]:
    """A password, and whatever base64 makes of it wherever it stands."""
    found = [password]
    for offset, name in itertools.product(range(3), (b"", b"nest\0")):
        whole = base64.b64encode(b"x" * offset + name + password.encode()).decode().rstrip("=")
        found.append(whole[4:-2] if offset else whole[:-2])
    return found


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"])
async def test_a_login_is_masked(sqlite_nest: Nest, mechanism: str) -> None:
    script = Script(tls=server_context(), login=("nest", "s3cret"), mechanisms=mechanism)
    async with smtpsink.serve(script) as sink:
        told, settings = listener()
        await attempt(sqlite_nest, site(sink, tls=Tls.MUST, login=WORDS), settings=settings)
        assert sink.letters[0].login == "nest"
        size = len(sink.letters[0].data)
        answers = [line for number, line in sink.lines if line and line.split()[0] not in _VERBS]
    text = "\n".join(told)
    assert not [trace for trace in (*traces("s3cret"), *answers) if len(trace) > 3 and trace in text]
    assert told[0].endswith(f">127.0.0.1:{sink.port}")
    assert told[1] == "S: 220 sink.example ESMTP"
    auth = next(index for index, line in enumerate(told) if line.startswith("C: AUTH"))
    assert told[auth] in {f"C: AUTH {mechanism}", f"C: AUTH {mechanism} ***"}
    assert "S: 235 2.7.0 welcome" in told[auth:]
    assert f"C: ({size} octets of a letter)" in told
    assert "C: MAIL FROM:<ann@example.com>" in text
    assert "Subject" not in text


_VERBS = {"EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "QUIT"}


@pytest.mark.parametrize("noise", [b"334 \r\n250 x\r\n", b"334 \r\n235 x\r\n", b"354 \r\n334 \r\n"])
def test_no_trick_of_the_other_side_makes_a_secret_a_line(noise: bytes) -> None:
    """It answers before it is asked, so that a log that only sees octets pass would think that the login is over."""
    told: list[str] = []
    client = Client()
    client.observe(Conversation(lambda side, text: told.append(f"{side}: {text}"), us="C"))
    client.auth("LOGIN", None)
    client.feed(noise)
    while client.next_event() is not None:
        pass
    client.auth_answer(b"s3cret")
    client.feed(b"334 \r\n")
    client.next_event()
    client.auth_answer(b"s3cret")
    assert not [line for line in told if any(trace in line for trace in traces("s3cret"))]


@pytest.mark.parametrize("binary", [False, True])
def test_no_trick_of_the_other_side_makes_a_letter_lines(binary: bool) -> None:
    told: list[str] = []
    client = Client()
    client.observe(Conversation(lambda side, text: told.append(f"{side}: {text}"), us="C"))
    at = parse_address
    client.mail(Envelope(at("a@b.example"), (Recipient(at("c@d.example")),), Body.EIGHT_BIT), 10)
    for _ in range(3):
        if binary:
            client.bdat(b"my own letter\r\n", last=False)
        else:
            client.body(b"my own letter\r\n")
        client.feed(b"250 thank you\r\n")
        assert client.next_event() is not None
    assert "own" not in "".join(told)
    assert told.count("C: (15 octets of a letter)") == 3
