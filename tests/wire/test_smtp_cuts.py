"""No cut of the octets matters to either engine, and lines are lines however they arrive. RFC 5321 §2.3.8."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from smtptalk import Door, pieces

from hawknest.wire.errors import LineTooLong, ProtocolError
from hawknest.wire.lines import Inbox
from hawknest.wire.smtp import server as smtp
from hawknest.wire.smtp.client import LINE_LIMIT, Client
from hawknest.wire.smtp.server import Chunk, Kind, Limits, Offers

CUTS = st.lists(st.integers(0, 4000), max_size=25)
LINES = [
    b"EHLO client.example\r\n",
    b"LHLO client.example\r\n",
    b"HELO c\r\n",
    b"MAIL FROM:<ann@example.com>\r\n",
    b"MAIL FROM:<> SIZE=5 BODY=8BITMIME SMTPUTF8\r\n",
    b"MAIL FROM:<ann@example.com> BODY=BINARYMIME\r\n",
    b"MAIL FROM:<refuse@example.com>\r\n",
    b"RCPT TO:<mia@example.org>\r\n",
    b"RCPT TO:<refuse@example.org>\r\n",
    b"RCPT TO:<busy@example.org>\r\n",
    "RCPT TO:<änn@example.org>\r\n".encode(),
    b"DATA\r\n",
    b"one\r\n..two\r\n.\r\n",
    b"bare\n.\r\nand\r.\r\n\r\n.\r\n",
    b".\r\n",
    b"BDAT 7\r\nMAIL\r\n.",
    b"BDAT 12 LAST\r\n.\r\n.\r\nQUIT\r\n",
    b"BDAT 0 LAST\r\n",
    b"BDAT 3000\r\n" + b"x" * 3000,
    b"AUTH PLAIN AG1pYQByaWdodA==\r\n",
    b"AUTH PLAIN\r\n",
    b"AG1pYQByaWdodA==\r\n",
    b"AUTH LOGIN\r\n",
    b"bWlh\r\n",
    b"*\r\n",
    b"NOOP\r\n",
    b"RSET\r\n",
    b"VRFY x\r\n",
    b"XYZZY\r\n",
    b"\r\n",
    b"\xff\0\r\n",
    b"x" * smtp.LINE_LIMIT + b"\r\n",
    b"NOOP " + b"x" * (smtp.LINE_LIMIT - 5) + b"\r\n",
    b"NOOP " + b"x" * (smtp.LINE_LIMIT - 4) + b"\r\n",
    b"x" * smtp.AUTH_LIMIT + b"\r\n",
    b"x" * (smtp.AUTH_LIMIT + 1) + b"\r\n",
    b"\n",
    b"\r",
    b"QUIT\r\n",
]
DIALOGUES = st.lists(st.sampled_from(LINES), max_size=25).map(b"".join)
#: Beginnings that lead somewhere, so that chance does not spend its time at the gate.
BEGINNINGS = st.sampled_from(
    [
        b"",
        b"EHLO c\r\n",
        b"EHLO c\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n",
        b"EHLO c\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n",
        b"LHLO c\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nRCPT TO:<c@example.com>\r\nDATA\r\n",
        b"EHLO c\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nBDAT 3\r\nabc",
        b"EHLO c\r\nAUTH LOGIN\r\n",
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(list(Kind)),
    st.builds(Limits, mend_newlines=st.booleans()),
    st.builds(Offers, st.sampled_from([0, 2500]), auth=st.just(("PLAIN", "LOGIN"))),
    st.builds(bytes.__add__, BEGINNINGS, DIALOGUES),
    CUTS,
)
@example(  # too big and with a bare newline: both in one chunk, or one after the other
    Kind.MX,
    Limits(),
    Offers(2500),
    b"EHLO c\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
    + b"x" * 2560
    + b"\r\nbare\n\r\n.\r\n",
    [2567],
)
def test_the_server_sees_the_same_however_octets_arrive(
    kind: Kind, limits: Limits, offers: Offers, dialogue: bytes, cuts: list[int]
) -> None:
    def told(where: list[int]) -> Door:
        door = Door(kind, offers, limits)
        door.tell(dialogue, where)
        return door

    whole, cut = told([]), told(cuts)
    assert cut.said == whole.said
    # Of a letter with a defect come as many octets as came before that was known.
    assert decisions(cut) == decisions(whole)
    assert cut.letters == whole.letters


def decisions(door: Door) -> list[object]:
    return [event for event in door.seen if not isinstance(event, Chunk)]


REPLIES = st.lists(
    st.sampled_from(
        [
            b"250 OK\r\n",
            b"250-mx.example\r\n",
            b"250-2.1.5 SIZE 10\r\n",
            b"250 2.1.5 fine\r\n",
            b"354\r\n",
            b"550-5.1.1 no\r\n",
            b"550 5.1.1 such user\r\n",
            b"421 4.3.2 \xff\r\n",
            b"nonsense\r\n",
            b"250-" + b"x" * (LINE_LIMIT - 4) + b"\r\n",
            b"250-" + b"x" * (LINE_LIMIT - 3) + b"\r\n",
            b"\r",
            b"\n",
        ]
    ),
    max_size=20,
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(REPLIES, CUTS)
def test_the_client_reads_the_same_however_octets_arrive(octets: bytes, cuts: list[int]) -> None:
    def read(where: list[int]) -> list[object]:
        client, found = Client(), []
        try:
            for piece in pieces(octets, where):
                client.feed(piece)
                while (reply := client.next_event()) is not None:
                    found.append(reply)
        except ProtocolError as error:
            found.append(type(error))
        return found

    assert read(cuts) == read([])


def one_line(feeds: list[bytes], limit: int) -> bytes | type[Exception] | None:
    """Read one line; None: more octets are needed."""
    inbox = Inbox()
    reading = inbox.line(limit)
    for feed in feeds:
        inbox.feed(feed)
        try:
            next(reading)
        except StopIteration as done:
            return done.value
        except LineTooLong:
            return LineTooLong
    return None


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 12, 30])
def test_the_limit_of_a_line_is_the_same_for_every_cut(length: int) -> None:
    data = b"x" * length + b"\r\n"
    expected = b"x" * length if length <= 10 else LineTooLong
    for first in range(len(data) + 1):
        for second in range(first, len(data) + 1):
            assert one_line([data[:first], data[first:second], data[second:]], 10) == expected


def test_only_crlf_ends_a_line() -> None:
    assert one_line([b"a\nb\rc\r", b"\rd\n\r\n"], 100) == b"a\nb\rc\r\rd\n"


def test_what_is_dropped_in_the_middle_of_a_line_is_forgotten() -> None:
    """N22: the part of a line that came before TLS is not the beginning of one that comes after."""
    inbox = Inbox()
    reading = inbox.line(100)
    inbox.feed(b"half a line that is longer than what follows")
    assert next(reading) is None
    assert inbox.drop() == 44
    inbox.feed(b"NOOP\r\n")
    with pytest.raises(StopIteration) as done:
        next(reading)
    assert done.value.value == b"NOOP"


def test_a_last_line_without_end_is_none() -> None:
    inbox = Inbox()
    inbox.feed(b"one\r\ntwo\r")
    inbox.closed = True
    with pytest.raises(StopIteration) as done:
        next(inbox.line(10))
    assert done.value.value == b"one"
    with pytest.raises(EOFError):
        next(inbox.line(10))


def test_long_lines_cost_no_time_that_grows_with_what_came_before() -> None:
    """Octet by octet, a line is searched for its end once, not once an octet."""
    inbox = Inbox()
    reading = inbox.line(1 << 20)
    inbox.feed(b"x" * (1 << 19))
    next(reading)
    for _ in range(20_000):
        inbox.feed(b"x")
        next(reading)
    inbox.feed(b"\r\n")
    with pytest.raises(StopIteration) as done:
        next(reading)
    assert len(done.value.value) == (1 << 19) + 20_000


def test_a_server_that_talks_without_a_line_end_is_not_listened_to() -> None:
    client = Client()
    for _ in range(4):
        client.feed(b"x" * 1000)
        assert client.next_event() is None
    client.feed(b"x" * 1000)
    with pytest.raises(ProtocolError):
        client.next_event()
