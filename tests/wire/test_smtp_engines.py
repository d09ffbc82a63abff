"""Both ends of SMTP as engines: they understand each other, and nothing that arrives breaks them."""

import contextlib
import importlib
import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawknest.mail.address import parse_address
from hawknest.mail.envelope import Body, Envelope, Notify, OriginalRecipient, Recipient, Ret
from hawknest.wire.errors import LineTooLong, ProtocolError
from hawknest.wire.lines import Inbox
from hawknest.wire.smtp import replies
from hawknest.wire.smtp.body import crlf
from hawknest.wire.smtp.client import Client, extensions
from hawknest.wire.smtp.command import Mail as MailCommand
from hawknest.wire.smtp.command import Rcpt
from hawknest.wire.smtp.grammar import GRAMMAR, CommandError, parse
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import (
    HEARD,
    Begin,
    Chunk,
    End,
    Hello,
    Kind,
    Limits,
    Offers,
    Over,
    Server,
    State,
)

OCTETS = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"a", b"line of text\r\n", b"\0\xff"])).map(
    b"".join
)


def server(kind: Kind = Kind.MX, **offers: object) -> Server:
    made = Server(kind, "mx.example", Offers(**offers), Limits())  # type: ignore[arg-type]
    made.reply(Reply(220, None, "hello"))
    return made


class Conversation:
    """A client's and a server's engine, each fed what the other says; the server's door says yes to everything."""

    def __init__(self, made: Server) -> None:
        self.server = made
        self.client = Client(lmtp=made.kind is Kind.LMTP)
        self.events: list[object] = []
        self.letter = b""

    def turn(self) -> list[Reply]:
        """Carry octets until neither has any, and give the client's replies."""
        heard: list[Reply] = []
        while True:
            self.server.feed(self.client.outbox())
            while (event := self.server.next_event()) is not None:
                self.events.append(event)
                self.answer(event)
                if isinstance(event, Over):
                    break
            if not (back := self.server.outbox()):
                return heard
            self.client.feed(back)
            while (reply := self.client.next_event()) is not None:
                heard.append(reply)

    def answer(self, event: object) -> None:
        match event:
            case Hello():
                self.server.hello()
            case Begin():
                self.letter = b""
                self.server.go_ahead()
            case Chunk(data):
                self.letter += data
            case End():
                self.server.reply(event.defect or replies.OK)
            case Over():
                pass
            case _:
                self.server.reply(replies.OK)


def introduced(made: Server | None = None) -> Conversation:
    talk = Conversation(made or server())
    assert [reply.code for reply in talk.turn()] == [220]
    talk.client.hello("client.example")
    (hello,) = talk.turn()
    talk.client.extensions = extensions(hello)
    return talk


@given(OCTETS, st.lists(st.integers(0, 300), max_size=5))
def test_a_letter_by_data_arrives_with_crlf_line_ends(octets: bytes, cuts: list[int]) -> None:
    talk = introduced()
    talk.client.mail(Envelope(None, ()), len(octets))
    talk.client.rcpt(Recipient(parse_address("mia@example.org")))
    talk.client.data()
    assert [reply.code for reply in talk.turn()] == [250, 250, 354]
    edges = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    for a, b in itertools.pairwise(edges):
        talk.client.body(octets[a:b])
        talk.turn()
    talk.client.end_body()
    assert [reply.code for reply in talk.turn()] == [250]
    expected = crlf(octets)
    assert talk.letter == expected + (b"" if not expected or expected.endswith(b"\r\n") else b"\r\n")


@given(OCTETS, st.lists(st.integers(0, 300), max_size=5))
def test_a_letter_by_bdat_arrives_as_it_is(octets: bytes, cuts: list[int]) -> None:
    talk = introduced()
    talk.client.mail(Envelope(None, (), Body.BINARY), len(octets))
    talk.client.rcpt(Recipient(parse_address("mia@example.org")))
    edges = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    for a, b in itertools.pairwise(edges):
        talk.client.bdat(octets[a:b], last=False)
    talk.client.bdat(b"", last=True)
    assert {reply.code for reply in talk.turn()} == {250}
    assert talk.letter == octets


def test_every_parameter_travels() -> None:
    talk = introduced(server(size=5000))
    envelope = Envelope(
        parse_address("ännchen@bücher.example"),
        (),
        Body.EIGHT_BIT,
        smtputf8=True,
        ret=Ret.HDRS,
        envid="QQ+314=159",
    )
    original = OriginalRecipient("rfc822", "Mia+x@example.org")
    talk.client.mail(envelope, 1234)
    talk.client.rcpt(Recipient(parse_address('"mia x"@example.org'), original, Notify.SUCCESS | Notify.DELAY))
    talk.turn()
    mail, rcpt = talk.events[-2:]
    assert mail == MailCommand(envelope.reverse_path, 1234, Body.EIGHT_BIT, True, Ret.HDRS, "QQ+314=159")
    assert rcpt == Rcpt(parse_address('"mia x"@example.org'), original, Notify.SUCCESS | Notify.DELAY)


def test_what_a_server_does_not_offer_is_not_said() -> None:
    client = Client()
    client.mail(Envelope(parse_address("ann@example.com"), (), Body.EIGHT_BIT, ret=Ret.FULL, envid="x"), 99)
    client.rcpt(Recipient(parse_address("mia@example.org"), OriginalRecipient("rfc822", "x@y"), Notify.NEVER))
    assert client.outbox() == b"MAIL FROM:<ann@example.com>\r\nRCPT TO:<mia@example.org>\r\n"


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("state", [state for state in State if state is not State.OVER])
@pytest.mark.parametrize("verb", [verb.decode() for verb in GRAMMAR])
def test_each_command_in_each_state_is_answered(kind: Kind, state: State, verb: str) -> None:
    """The grid: a command that the state hears gets an answer or an event, any other 503; none breaks the session."""
    talk = Conversation(server(kind))
    hello = "LHLO" if kind is Kind.LMTP else "EHLO"
    way = {
        State.CONNECTED: "",
        State.READY: f"{hello} x\r\n",
        State.MAIL: f"{hello} x\r\nMAIL FROM:<a@example.com>\r\n",
        State.RCPT: f"{hello} x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n",
        State.BDAT: f"{hello} x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nBDAT 1\r\nx",
    }[state]
    talk.server.feed(way.encode())
    talk.turn()
    assert talk.server.state is state
    line = {
        "HELO": "HELO x",
        "EHLO": "EHLO x",
        "LHLO": "LHLO x",
        "MAIL": "MAIL FROM:<a@example.com>",
        "RCPT": "RCPT TO:<b@example.com>",
        "BDAT": "BDAT 0 LAST",
        "AUTH": "AUTH PLAIN",
        "VRFY": "VRFY x",
    }.get(verb, verb)
    talk.client.outbox()
    talk.server.feed(line.encode() + b"\r\n" + (b".\r\n" if verb == "DATA" else b""))
    heard = talk.turn()
    assert heard
    codes = [reply.code for reply in heard]
    if type(parse(line.encode())) not in HEARD[state]:
        lonely = (verb, state) == ("DATA", State.MAIL) and kind is not Kind.LMTP
        assert codes[0] == (554 if lonely else 503)
    talk.server.feed(b"NOOP\r\n")
    if verb != "QUIT":
        assert [reply.code for reply in talk.turn()][-1] == 250


NASTY = [
    b"",
    b"x" * 1000,
    b"x" * 70_000,
    b"%n%s%x",
    b"\0",
    b"\xff\xfe",
    b"-1",
    b"2147483648",
    b"9" * 400,
    b"\t \t",
    b"a\rb",
]


@pytest.mark.parametrize("verb", sorted(GRAMMAR))
def test_nasty_arguments_get_an_error_and_the_session_goes_on(verb: bytes) -> None:
    """N15, N17, N19."""
    for nasty in NASTY:
        for form in (
            verb + b" " + nasty,
            verb + nasty,
            verb + b" FROM:<" + nasty + b">",
            verb + b" TO:" + nasty,
        ):
            talk = introduced()
            talk.server.feed(form + b"\r\n")
            talk.turn()
            if talk.server.state is State.OVER or verb == b"BDAT":
                continue
            talk.server.feed(b"NOOP\r\n")
            assert talk.turn()[-1].code in {250, 354, 503}, form[:60]


def test_a_line_without_end_costs_no_memory() -> None:
    made = server()
    made.outbox()
    block = b"x" * 65536
    made.feed(block)
    made.next_event()
    tracemalloc.start()
    for _ in range(1600):  # 100 MB
        made.feed(block)
        assert made.next_event() is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    made.feed(b"\r\nNOOP\r\n")
    made.next_event()
    assert made.outbox().startswith(b"500 The line is too long\r\n250 ")


def test_a_letter_without_end_costs_no_memory() -> None:
    made = server(size=10_000)
    made.feed(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nDATA\r\n")
    talk = Conversation(made)
    talk.turn()
    block = b"line of text\r\n" * 5000
    tracemalloc.start()
    for _ in range(1000):
        made.feed(block)
        while (event := made.next_event()) is not None:
            assert isinstance(event, Chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    made.feed(b".\r\n")
    event = made.next_event()
    assert event == End(len(block) * 1000, replies.TOO_BIG)


def test_too_many_errors_end_the_session() -> None:
    made = server()
    made.feed(b"BLAH\r\n" * 100)
    assert isinstance(made.next_event(), Over)
    lines = made.outbox().split(b"\r\n")
    assert lines[-2].startswith(b"421 ")
    assert len(lines) < 30


def test_what_came_before_tls_is_forgotten() -> None:
    """N22: commands sent in the same packet as STARTTLS are nobody's."""
    made = server(starttls=True)
    made.feed(b"EHLO x\r\nSTARTTLS\r\nMAIL FROM:<injected@example.com>\r\n")
    assert isinstance(made.next_event(), Hello)
    made.hello()
    made.next_event()
    made.reply(replies.GO_AHEAD_TLS)
    assert made.drop() > 0
    made.secured()
    assert made.next_event() is None
    made.feed(b"MAIL FROM:<a@example.com>\r\n")
    made.outbox()
    assert made.next_event() is None
    assert made.outbox().startswith(b"503 ")


def test_a_reply_cannot_be_broken_in_two() -> None:
    encoded = Reply(550, (5, 1, 1), "no <a\r\n250 OK\r\n>\x1b[31m").encode()
    assert encoded.count(b"\r\n") == 3  # a newline is a line of the same reply, as it is meant to be
    assert all(line.startswith(b"550") for line in encoded.split(b"\r\n")[:-1])
    assert b"\x1b" not in encoded


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"250\x00x\r\n",
        b"25 OK\r\n",
        b"999 x\r\n",
        b"250-" + b"x" * 9000 + b"\r\n",
        b"250-a\r\n" * 400,
    ],
)
def test_answers_that_are_none_are_errors(octets: bytes) -> None:
    client = Client()
    client.feed(octets + b"250 OK\r\n")
    with pytest.raises(ProtocolError):
        client.next_event()


@pytest.mark.parametrize("name", ["fuzz_smtp_server", "fuzz_smtp_client"])
def test_fuzz_targets(name: str) -> None:
    module = importlib.import_module(f"fuzz.{name}")
    words = [verb + b" " for verb in GRAMMAR] + [
        b"\r\n",
        b"FROM:<a@b.example>",
        b"TO:<c@d.example>",
        b"10 LAST",
        b".",
        b"250-",
        b"220 x",
    ]
    text = st.lists(st.sampled_from(words) | st.binary(max_size=8), max_size=60).map(b"".join)

    @settings(max_examples=300, deadline=None)
    @given(text)
    def run(data: bytes) -> None:
        module.fuzz(data)

    run()


@given(st.binary(max_size=300))
def test_parse_gives_a_command_or_a_reply(line: bytes) -> None:
    with contextlib.suppress(CommandError):
        assert parse(line) is not None


@given(st.lists(st.binary(max_size=30)), st.lists(st.integers(0, 600), max_size=20))
def test_lines_do_not_depend_on_cuts(lines: list[bytes], cuts: list[int]) -> None:
    lines = [line.replace(b"\r", b"").replace(b"\n", b"") for line in lines]
    whole = b"".join(line + b"\r\n" for line in lines)
    inbox, found = Inbox(), []
    reading = inbox.line(20)
    edges = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    for a, b in itertools.pairwise(edges):
        inbox.feed(whole[a:b])
        while True:
            try:
                next(reading)
                break
            except StopIteration as done:
                found.append(done.value)
            except LineTooLong:
                found.append(None)
            reading = inbox.line(20)
    assert found == [line if len(line) <= 20 else None for line in lines]
