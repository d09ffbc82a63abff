"""What the SMTP server's engine settles by itself: logins, TLS, chunks, limits, LMTP, one dialogue a rule."""

import tracemalloc
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smtptalk import SECRET, Door

from hawknest.wire.smtp import replies
from hawknest.wire.smtp import server as smtp
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import (
    Auth,
    AuthAnswer,
    AuthCancelled,
    Begin,
    End,
    Hello,
    Kind,
    Limits,
    Mail,
    Offers,
    Rcpt,
    StartTls,
)

LOGINS = Offers(auth=("PLAIN", "LOGIN"))
ENVELOPE = b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n"


def ready(kind: Kind = Kind.MX, offers: Offers | None = None, limits: Limits | None = None) -> Door:
    """A door to which a client has said hello."""
    door = Door(kind, offers, limits)
    door.hear(b"LHLO c\r\n" if kind is Kind.LMTP else b"EHLO c\r\n")
    return door


def codes(said: bytes) -> list[int]:
    """The codes of replies, one each."""
    return [int(line[:3]) for line in said.split(b"\r\n")[:-1] if line[3:4] != b"-"]


# AUTH


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        # RFC 4954 §4.1: with an initial response, and without.
        (b"AUTH PLAIN " + b64encode(SECRET) + b"\r\n", b"235 2.7.0 Welcome\r\n"),
        (b"auth plain\r\n" + b64encode(SECRET) + b"\r\n", b"334 \r\n235 2.7.0 Welcome\r\n"),
        (
            b"AUTH LOGIN\r\nbWlh\r\ncmlnaHQ=\r\n",
            b"334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.7.0 Welcome\r\n",
        ),
        (b"AUTH PLAIN AA==\r\n", b"535 5.7.8 Wrong name or password\r\n"),
        # RFC 4954 §4: "=" is an initial response of no octets.
        (b"AUTH PLAIN =\r\n", b"535 5.7.8 Wrong name or password\r\n"),
        # RFC 4954 §4: a lone "*" gives up; what is no base64, or too long, does so for the client.
        (b"AUTH PLAIN\r\n*\r\n", b"334 \r\n501 5.7.0 Authentication cancelled\r\n"),
        (b"AUTH PLAIN\r\n* \r\n", b"334 \r\n501 5.5.2 That is not base64\r\n"),
        (b"AUTH PLAIN\r\nA\r\n", b"334 \r\n501 5.5.2 That is not base64\r\n"),
        (b"AUTH PLAIN\r\nAA=A\r\n", b"334 \r\n501 5.5.2 That is not base64\r\n"),
        (b"AUTH PLAIN\r\n\xff\xff\xff\xff\r\n", b"334 \r\n501 5.5.2 That is not base64\r\n"),
        (b"AUTH PLAIN\r\n" + b"A" * 12292 + b"\r\n", b"334 \r\n500 5.5.6 The line is too long\r\n"),
        (b"AUTH PLAIN A\r\n", b"501 5.5.2 That is not base64\r\n"),
        (b"AUTH\r\n", b"501 5.5.4 The arguments of the command are wrong\r\n"),
        (b"AUTH P/L\r\n", b"501 5.5.4 The arguments of the command are wrong\r\n"),
        (b"AUTH NTLM\r\n", b"504 5.5.4 I do not offer this way of authentication\r\n"),
    ],
)
def test_auth(sent: bytes, said: bytes) -> None:
    """Whatever an exchange comes to, the command after it is heard, and nothing of it is taken for one."""
    door = ready(offers=LOGINS)
    assert door.hear(sent + b"NOOP\r\n") == said + b"250 2.0.0 OK\r\n"
    assert door.server.authenticated is said.endswith(b"235 2.7.0 Welcome\r\n")
    assert door.hear(b"MAIL FROM:<a@example.com>\r\n") == b"250 2.1.0 Sender accepted\r\n"


def test_the_longest_password_fits() -> None:
    """RFC 4954 §4: the line of AUTH may be as long as the exchange needs, up to 12,288 octets."""
    long = b"a" * 254 + b"\0" + b"a" * 254 + b"\0" + b"p" * 1024
    door = ready(offers=LOGINS)
    assert codes(door.hear(b"AUTH PLAIN " + b64encode(long) + b"\r\n")) == [535]
    assert door.seen[-1] == Auth("PLAIN", long)
    door.hear(b"AUTH PLAIN\r\n" + b64encode(b"x" * 9216) + b"\r\n")
    assert door.seen[-1] == AuthAnswer(b"x" * 9216)


@pytest.mark.parametrize("sent", [b"*\r\n", b"!\r\n", b"A" * 12292 + b"\r\n"])
def test_the_door_hears_that_an_exchange_is_over(sent: bytes) -> None:
    door = ready(offers=LOGINS)
    door.hear(b"AUTH LOGIN\r\n" + sent + b"MAIL FROM:<a@example.com>\r\n")
    assert door.seen[-2:] == [AuthCancelled(), Mail(door.seen[-1].sender)]  # type: ignore[attr-defined]


def test_a_second_login_and_one_in_a_letter_are_refused() -> None:
    """RFC 4954 §4."""
    door = ready(offers=LOGINS)
    door.hear(b"MAIL FROM:<a@example.com>\r\n")
    assert codes(door.hear(b"AUTH PLAIN\r\n")) == [503]
    door.hear(b"RSET\r\nAUTH PLAIN " + b64encode(SECRET) + b"\r\n")
    assert codes(door.hear(b"AUTH PLAIN\r\nNOOP\r\n")) == [503, 250]


def test_no_password_is_shown() -> None:
    """Neither event prints what was said."""
    assert "secret" not in repr(Auth("PLAIN", b"secret")) + repr(AuthAnswer(b"secret"))


# STARTTLS


def test_tls_begins_anew() -> None:
    """RFC 3207 §4.2: after the handshake nothing of what was said before counts; STARTTLS is no longer offered."""
    door = ready(offers=Offers(starttls=True, auth=("PLAIN",)))
    door.hear(b"AUTH PLAIN " + b64encode(SECRET) + b"\r\n")
    assert door.hear(b"STARTTLS\r\n") == b"220 2.0.0 Begin TLS now\r\n"
    door.server.offers = Offers()
    assert not door.server.authenticated
    assert codes(door.hear(b"MAIL FROM:<a@example.com>\r\n")) == [503]
    assert b"STARTTLS" not in door.hear(b"EHLO c\r\n")
    assert codes(door.hear(b"STARTTLS\r\nMAIL FROM:<a@example.com>\r\n")) == [503, 250]


@pytest.mark.parametrize("together", [True, False])
def test_nothing_is_injected_before_tls(together: bool) -> None:
    """N22, RFC 3207 §6: commands behind STARTTLS, whole or half, in the same packet or before its answer was read."""
    injected = b"EHLO evil\r\nMAIL FROM:<evil@example.com>\r\nRSET\r\nMAIL FR"
    door = ready(offers=Offers(starttls=True))
    if together:
        door.hear(b"STARTTLS\r\n" + injected)
    else:
        door.server.feed(b"STARTTLS\r\n")
        door.server.feed(injected)
        door.go_on()
    assert door.seen[-1] == StartTls()
    assert door.hear(b"EHLO good\r\nMAIL FROM:<a@example.com>\r\n").endswith(
        b"\r\n250 2.1.0 Sender accepted\r\n"
    )
    assert door.seen[-2] == Hello("good", extended=True)


def test_starttls_has_its_time_and_no_arguments() -> None:
    door = Door(offers=Offers(starttls=True))
    assert codes(door.hear(b"STARTTLS\r\n")) == [220, 503]
    door.hear(b"EHLO c\r\n" + ENVELOPE)
    assert codes(door.hear(b"STARTTLS\r\n")) == [503]
    assert codes(door.hear(b"RSET\r\nSTARTTLS now\r\n")) == [250, 501]
    assert codes(ready().hear(b"STARTTLS\r\n")) == [502]


# Letters


def test_a_refused_chunk_refuses_the_letter() -> None:
    """RFC 3030 §2: chunks behind a refused one are passed over, whatever they look like, and begin nothing."""
    door = ready()
    door.refuse_letter = Reply(452, (4, 3, 1), "No room")
    said = door.hear(ENVELOPE + b"BDAT 6\r\nQUIT\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nRSET\r\n")
    assert codes(said) == [250, 250, 452, 503, 503, 250]
    assert door.seen.count(Begin()) == 1


def test_chunks_behind_one_that_is_too_big_are_no_mistakes() -> None:
    """A client that pipelines them could not know; it is not sent away for it."""
    door = ready(offers=Offers(size=10))
    said = door.hear(ENVELOPE + b"BDAT 20\r\n" + b"x" * 20 + b"BDAT 1\r\nx" * 50 + b"BDAT 0 LAST\r\nNOOP\r\n")
    assert codes(said) == [250, 250, 552] + [503] * 51 + [250]


def test_a_chunk_without_recipients_is_passed_over() -> None:
    door = ready()
    said = door.hear(
        b"MAIL FROM:<a@example.com>\r\nRCPT TO:<refuse@example.com>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"
    )
    assert codes(said) == [250, 550, 503, 250]


def test_an_empty_chunk_may_be_all_of_a_letter() -> None:
    door = ready()
    assert codes(door.hear(ENVELOPE + b"BDAT 0 LAST\r\n")) == [250, 250, 250]
    assert door.letters == [b""]


@pytest.mark.parametrize("rest", [b"RSET\r\n", b"QUIT\r\n", b"X\r\n" * 30, b"GET / HTTP/1.1\r\n"])
def test_whatever_ends_a_letter_between_chunks_is_told(rest: bytes) -> None:
    """The door, which waits for the rest, hears that none will come before it hears anything else."""
    door = ready()
    door.hear(ENVELOPE + b"BDAT 1\r\nx" + rest)
    assert door.seen[5] == End(1, aborted=True)
    assert door.over is (rest != b"RSET\r\n")
    assert door.letters == []


def test_help_is_given_between_chunks() -> None:
    """RFC 5321 §4.1.4: NOOP, HELP, VRFY and RSET can be said at any time."""
    door = ready()
    door.hear(ENVELOPE + b"BDAT 1\r\nx")
    assert codes(door.hear(b"NOOP\r\nHELP\r\nVRFY x\r\nEXPN x\r\nBDAT 1 LAST\r\ny")) == [
        250,
        214,
        252,
        502,
        250,
    ]
    assert door.letters == [b"xy"]


def test_size_is_counted_without_the_stuffed_dots() -> None:
    """RFC 1870 §5: the dots of transparency and the final dot are no part of the size."""
    door = ready(offers=Offers(size=6))
    assert codes(door.hear(ENVELOPE + b"DATA\r\n....\r\na\r\n.\r\n")) == [250, 250, 354, 552]
    assert codes(door.hear(ENVELOPE + b"DATA\r\n....\r\n..\r\n.\r\n")) == [250, 250, 354, 552]
    assert codes(door.hear(ENVELOPE + b"DATA\r\n..\r\na\r\n.\r\n")) == [250, 250, 354, 250]
    assert door.letters == [b".\r\na\r\n"]


@pytest.mark.parametrize("size", ["0", "6", "7", "9223372036854775807", "9223372036854775808", "9" * 20])
@pytest.mark.parametrize("limit", [0, 6])
def test_an_announced_size_is_believed(limit: int, size: str) -> None:
    """RFC 1870 §6.1; with no limit any letter may come that a number can hold."""
    door = ready(offers=Offers(size=limit))
    too_big = int(size) > (limit or smtp.SIZE_LIMIT)
    assert codes(door.hear(b"MAIL FROM:<> SIZE=" + size.encode() + b"\r\n")) == [552 if too_big else 250]


@pytest.mark.parametrize("way", [b"DATA\r\n", b"BDAT 99999999\r\n"])
def test_a_letter_far_too_big_that_does_not_end(way: bytes) -> None:
    """It is listened to for a while, because its sender should learn why it was refused; not for ever."""
    door = ready(offers=Offers(size=1000), limits=Limits(endless=100_000))
    door.hear(ENVELOPE + way)
    door.server.outbox()
    block = b"line of text\r\n" * 1000
    fed = 0
    while not door.over:
        assert door.hear(block) == b"" or door.over
        fed += len(block)
    assert 100_000 < fed < 130_000
    assert door.said.endswith(b"421 4.3.4 The letter is far too large, and does not end: goodbye\r\n")
    assert any(isinstance(event, End) and event.aborted for event in door.seen)


def test_a_huge_chunk_that_nobody_wants_ends_the_session() -> None:
    door = ready(limits=Limits(endless=1000))
    assert codes(door.hear(b"BDAT 1000\r\n" + b"x" * 1000 + b"NOOP\r\n")) == [503, 250]
    assert codes(door.hear(b"BDAT 1001\r\n")) == [421]
    assert door.over


@pytest.mark.parametrize("way", [b"DATA\r\n", b"BDAT 99999999999999999999 LAST\r\n"])
def test_with_no_limit_a_letter_streams_in_constant_memory(way: bytes) -> None:
    door = ready(offers=Offers(size=0), limits=Limits(endless=1000))
    door.hear(ENVELOPE + way)
    block = b"x" * 998 + b"\r\n"
    block *= 256
    tracemalloc.start()
    for _ in range(400):  # 100 MB
        door.server.feed(block)
        while (event := door.server.next_event()) is not None:
            assert type(event) is smtp.Chunk
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000


def test_lmtp_answers_for_each_recipient() -> None:
    """RFC 2033 §4.2: after DATA and after the last BDAT; no recipient, no 354."""
    door = ready(Kind.LMTP)
    mail = b"MAIL FROM:<a@example.com>\r\n"
    rcpts = b"RCPT TO:<b@example.com>\r\nRCPT TO:<refuse@example.com>\r\nRCPT TO:<c@example.com>\r\n"
    assert codes(door.hear(mail + rcpts + b"DATA\r\nx\r\n.\r\n")) == [250, 250, 550, 250, 354, 250, 250]
    assert codes(door.hear(mail + rcpts + b"BDAT 1\r\nxBDAT 1 LAST\r\ny")) == [
        250,
        250,
        550,
        250,
        250,
        250,
        250,
    ]
    assert codes(door.hear(mail + b"RCPT TO:<refuse@example.com>\r\nDATA\r\nNOOP\r\n")) == [
        250,
        550,
        503,
        250,
    ]
    assert codes(door.hear(b"EHLO c\r\nHELO c\r\n")) == [500, 500]
    assert codes(ready().hear(b"LHLO c\r\n")) == [500]


# Words


@pytest.mark.parametrize("moment", [Hello, Mail, Rcpt, Begin, smtp.Chunk, End])
def test_a_door_may_turn_a_client_away_at_any_event(moment: type) -> None:
    """421 ends the session, whatever was pipelined behind."""
    door = Door()
    door.server.feed(b"EHLO c\r\n" + ENVELOPE + b"DATA\r\nx\r\n.\r\nNOOP\r\n")
    while not isinstance(event := door.server.next_event(), moment):
        assert event is not None
        door._answer(event)
    door.server.reply(replies.STOPPING)
    door.go_on()
    assert codes(door.said)[-1] == 421
    assert door.over


def test_words_beyond_ascii_only_for_who_knows_them() -> None:
    """RFC 6531 §3.7.4."""
    door = ready()
    door.server.feed(b"MAIL FROM:<>\r\n")
    door.server.next_event()
    door.server.reply(Reply(550, (5, 1, 1), "größer"))
    assert door.go_on() == b"550 5.1.1 gr\\xf6\\xdfer\r\n"
    door.server.feed(b"MAIL FROM:<> SMTPUTF8\r\n")
    door.server.next_event()
    door.server.reply(Reply(550, (5, 1, 1), "größer"))
    assert door.go_on() == "550 5.1.1 größer\r\n".encode()


@pytest.mark.parametrize("name", [b"a\rb", b"a\0b", b"a\nb", b"a\x1b[2Jb", b"", b" ", b"x" * 256])
def test_a_name_is_printable(name: bytes) -> None:
    door = Door()
    assert codes(door.hear(b"EHLO " + name + b"\r\n")) == [220, 501]
    assert door.seen == []


def test_white_space_at_the_end_is_borne() -> None:
    """RFC 5321 §4.1.1."""
    door = ready()
    said = door.hear(
        b"MAIL FROM:<a@example.com> \t\r\nRCPT TO:<b@example.com> \r\nDATA \t \r\n.\r\nQUIT\t\r\n"
    )
    assert codes(said) == [250, 250, 354, 250, 221]


@given(st.text(max_size=700), st.booleans())
def test_a_reply_is_lines_of_a_reply(text: str, utf8: bool) -> None:
    """Whatever its words, each line has the code, none is too long, and it is what it says it is (RFC 5321 §4.2)."""
    encoded = Reply(550, (5, 1, 1), text).encode(utf8=utf8)
    lines = encoded.split(b"\r\n")
    assert lines.pop() == b""
    assert len(lines) == text.count("\n") + 1
    assert [line[3:4] for line in lines] == [b"-"] * (len(lines) - 1) + [b" "]
    for line in lines:
        assert line.startswith((b"550-5.1.1 ", b"550 5.1.1 "))
        assert len(line) <= 510
        assert not set(line) & {*range(32), 127}
    encoded.decode("utf-8" if utf8 else "ascii")


def test_the_table_of_offers() -> None:
    """Each line follows from what there is."""
    said = ready(offers=Offers(0, starttls=True, auth=("PLAIN", "LOGIN"))).said.decode().split("\r\n")
    assert said[1:] == [
        "250-mx.example",
        "250-PIPELINING",
        "250-SIZE 0",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-CHUNKING",
        "250-BINARYMIME",
        "250-DSN",
        "250-ENHANCEDSTATUSCODES",
        "250-STARTTLS",
        "250-AUTH PLAIN LOGIN",
        "250 HELP",
        "",
    ]


def test_a_client_that_vanishes_leaves_nothing_half_done() -> None:
    """A letter without its end is no letter, and a command without its CRLF no command."""
    for rest in (b"DATA\r\nx\r\n.\r", b"BDAT 5 LAST\r\n1234", b"DATA\r", b"BDAT 5 LAST", b"DATA\r\nx\r\n.\n"):
        door = ready()
        door.tell(ENVELOPE + rest)
        assert door.letters == []
        assert not any(isinstance(event, End) for event in door.seen)
        assert [type(event) for event in door.seen][:3] == [Hello, Mail, Rcpt]


def test_a_recipient_beyond_ascii_needs_smtputf8() -> None:
    """RFC 6531 §3.5; a domain alone does not, it has an ASCII spelling."""
    door = ready()
    local, domain = "RCPT TO:<mïa@example.org>\r\n".encode(), "RCPT TO:<mia@bücher.example>\r\n".encode()
    assert codes(door.hear(b"MAIL FROM:<>\r\n" + local + domain)) == [250, 553, 250]
    assert codes(door.hear(b"RSET\r\nMAIL FROM:<> SMTPUTF8\r\n" + local + domain)) == [250, 250, 250, 250]
