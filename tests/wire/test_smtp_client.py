"""The SMTP client's engine: what it says, what it takes for an answer, and what it never says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smtptalk import Door

from hawknest.mail.address import Address, parse_address
from hawknest.mail.envelope import Body, Envelope, Notify, OriginalRecipient, Recipient, Ret
from hawknest.wire.errors import LineTooLong, ProtocolError
from hawknest.wire.smtp.client import LINE_LIMIT, LINES_LIMIT, Client, Extensions, extensions, needs_smtputf8
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import Kind

ANN, MIA = parse_address("ann@example.com"), parse_address("mia@example.org")


def heard(octets: bytes) -> list[Reply]:
    """What a client takes octets for."""
    client, found = Client(), []
    client.feed(octets)
    while (reply := client.next_event()) is not None:
        found.append(reply)
    return found


@pytest.mark.parametrize(
    ("octets", "reply"),
    [
        (b"250 OK\r\n", Reply(250, None, "OK")),
        # quirk_bare_code, and a code with a space behind it
        (b"354\r\n", Reply(354, None, "")),
        (b"354 \r\n", Reply(354, None, "")),
        (b"250-one\r\n250-two\r\n250 three\r\n", Reply(250, None, "one\ntwo\nthree")),
        (b"250-one\r\n250\r\n", Reply(250, None, "one\n")),
        # RFC 2034 §4: the enhanced code stands in each line, and its class is that of the reply.
        (b"550 5.1.1 no\r\n", Reply(550, (5, 1, 1), "no")),
        (b"550 5.1.1\r\n", Reply(550, (5, 1, 1), "")),
        (b"550-5.7.1 one\r\n550 5.7.1 two\r\n", Reply(550, (5, 7, 1), "one\ntwo")),
        (b"550-5.7.1 one\r\n550 two\r\n", Reply(550, (5, 7, 1), "one\ntwo")),
        (b"550 2.0.0 odd\r\n", Reply(550, None, "2.0.0 odd")),
        (b"550 5.1.1000 odd\r\n", Reply(550, None, "5.1.1000 odd")),
        (b"550 5.1.1.1 odd\r\n", Reply(550, None, "5.1.1.1 odd")),
        (b"250 3.5.7 odd\r\n", Reply(250, None, "3.5.7 odd")),
        # The words are kept, whatever they are.
        (b"550 a\nb\rc\0\x1b \r\n", Reply(550, None, "a\nb\rc\0\x1b ")),
        ("550 größer\r\n".encode(), Reply(550, None, "größer")),
        ("550 größer\r\n".encode("latin-1"), Reply(550, None, "gr\ufffd\ufffder")),
    ],
)
def test_replies(octets: bytes, reply: Reply) -> None:
    """RFC 5321 §4.2."""
    assert heard(octets) == [reply]


@pytest.mark.parametrize(
    "octets",
    [
        b"\r\n",
        b"OK\r\n",
        b"2500 x\r\n",
        b"150 x\r\n",
        b"600 x\r\n",
        b"25\r\n",
        b"250+x\r\n",
        b"\xb2\xb5\xb0 x\r\n",
    ],
)
def test_what_is_no_reply(octets: bytes) -> None:
    with pytest.raises(ProtocolError):
        heard(octets)


def test_replies_have_bounds() -> None:
    assert heard(b"250-x\r\n" * (LINES_LIMIT - 1) + b"250 x\r\n")
    with pytest.raises(ProtocolError):
        heard(b"250-x\r\n" * LINES_LIMIT + b"250 x\r\n")
    assert heard(b"250 " + b"x" * (LINE_LIMIT - 4) + b"\r\n")
    with pytest.raises(LineTooLong):
        heard(b"250 " + b"x" * (LINE_LIMIT - 3) + b"\r\n")


@given(
    st.integers(200, 599),
    st.none() | st.tuples(st.just(0), st.integers(0, 999), st.integers(0, 999)),
    st.lists(
        st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, categories=["L", "N"]), min_size=1),
        min_size=1,
    ),
)
def test_a_reply_is_read_as_it_was_written(
    code: int, enhanced: tuple[int, int, int] | None, lines: list[str]
) -> None:
    if enhanced is not None:
        enhanced = (code // 100, *enhanced[1:])
    if enhanced is not None and enhanced[0] == 3:
        enhanced = None
    reply = Reply(code, enhanced, "\n".join(line[:100] for line in lines))
    assert heard(reply.encode()) == [reply]


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("mx.example", {}),
        ("mx.example\nPIPELINING\nsize 1000\n8bitmime", {"PIPELINING": "", "SIZE": "1000", "8BITMIME": ""}),
        ("mx.example\nAUTH PLAIN LOGIN\nAUTH=PLAIN LOGIN", {"AUTH": "PLAIN LOGIN"}),
        ("mx.example\nAUTH=LOGIN", {"AUTH": "LOGIN"}),
        ("PIPELINING", {}),  # the first line is a name and a greeting (RFC 5321 §4.1.1.1)
    ],
)
def test_extensions(text: str, keywords: dict[str, str]) -> None:
    assert extensions(Reply(250, None, text)).keywords == keywords


@pytest.mark.parametrize(
    ("text", "size"), [("", 0), ("0", 0), ("1000", 1000), ("-1", 0), ("1e9", 0), ("9" * 30, 0), ("\u0661", 0)]
)
def test_the_size_that_is_taken(text: str, size: int) -> None:
    """RFC 1870 §4; what is no number says nothing."""
    assert Extensions({"SIZE": text}).size == size


ALL = Extensions(
    dict.fromkeys(["SIZE", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "BINARYMIME", "PIPELINING"], "")
)
LETTER = Envelope(ANN, (), Body.BINARY, smtputf8=True, ret=Ret.HDRS, envid="a+b=c d")
RECIPIENT = Recipient(MIA, OriginalRecipient("rfc822", "Mia+x@example.org"), Notify.SUCCESS | Notify.DELAY)
SAID = {
    "SIZE": "SIZE=99",
    "BINARYMIME": "BODY=BINARYMIME",
    "8BITMIME": "BODY=8BITMIME",
    "SMTPUTF8": "SMTPUTF8",
    "DSN": "RET=HDRS ENVID=a+2Bb+3Dc+20d",
}


@pytest.mark.parametrize("missing", ["", "SIZE", "SMTPUTF8", "DSN", "BINARYMIME", "CHUNKING", "8BITMIME"])
def test_parameters_as_they_are_offered(missing: str) -> None:
    """RFC 5321 §4.1.1.11: nothing that was not offered; a binary letter needs CHUNKING too (RFC 3030 §3)."""
    client = Client()
    client.extensions = Extensions({key: value for key, value in ALL.keywords.items() if key != missing})
    client.mail(LETTER, 99)
    client.rcpt(RECIPIENT)
    binary = missing not in {"BINARYMIME", "CHUNKING"}
    expected = ["SIZE", "BINARYMIME" if binary else "8BITMIME", "SMTPUTF8", "DSN"]
    mail = " ".join(["MAIL FROM:<ann@example.com>", *(SAID[word] for word in expected if word != missing)])
    dsn = "" if missing == "DSN" else " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Mia+2Bx@example.org"
    assert client.outbox().decode() == f"{mail}\r\nRCPT TO:<mia@example.org>{dsn}\r\n"


def test_a_plain_letter_has_a_plain_envelope() -> None:
    client = Client()
    client.extensions = ALL
    client.mail(Envelope(None, ()), 5)
    client.rcpt(Recipient(MIA, notify=Notify.NEVER))
    client.rset()
    client.quit()
    assert client.outbox() == (
        b"MAIL FROM:<> SIZE=5\r\nRCPT TO:<mia@example.org> NOTIFY=NEVER\r\nRSET\r\nQUIT\r\n"
    )


@pytest.mark.parametrize("text", ["a\r\nRSET\r\n@x", "a\nb", "a\rb"])
def test_no_command_has_two_lines(text: str) -> None:
    """N24: what cannot be an address, should it come here, is not said."""
    client = Client()
    for say in (
        lambda: client.mail(Envelope(Address("ann", text), ()), 1),
        lambda: client.rcpt(Recipient(Address("ann", text))),
        lambda: client.hello(text),
        lambda: client.helo(text),
    ):
        with pytest.raises(ValueError, match="more than one line"):
            say()
    assert client.outbox() == b""


def test_logins() -> None:
    """RFC 4954 §4: an initial response of no octets is "=", an answer of none an empty line, "*" gives up."""
    client = Client()
    client.auth("PLAIN", b"\0mia\0right")
    client.auth("EXTERNAL", b"")
    client.auth("LOGIN", None)
    client.auth_answer(b"mia")
    client.auth_answer(b"")
    client.auth_cancel()
    assert client.outbox() == (
        b"AUTH PLAIN AG1pYQByaWdodA==\r\nAUTH EXTERNAL =\r\nAUTH LOGIN\r\nbWlh\r\n\r\n*\r\n"
    )


def test_greetings() -> None:
    client, lmtp = Client(), Client(lmtp=True)
    client.extensions = ALL
    client.hello("[192.0.2.1]")
    client.helo("client.example")
    lmtp.hello("client.example")
    client.start_tls()
    assert client.outbox() == b"EHLO [192.0.2.1]\r\nHELO client.example\r\nSTARTTLS\r\n"
    assert lmtp.outbox() == b"LHLO client.example\r\n"
    assert "PIPELINING" not in client.extensions  # HELO offers nothing


def test_answers_given_before_tls_are_forgotten() -> None:
    """N22 from the other side: what a listener put behind 220, whole or half, is no answer to what is said in TLS."""
    client = Client()
    client.feed(b"220 hello\r\n220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n250-half a li")
    assert [client.next_event(), client.next_event()] == [Reply(220, None, "hello"), Reply(220, None, "go")]
    assert client.drop() > 0
    client.feed(b"250 ok\r\n")
    assert client.next_event() == Reply(250, None, "ok")
    assert client.next_event() is None


def test_a_server_that_vanishes_gave_no_answer() -> None:
    client = Client()
    client.feed(b"250-one\r\n250 tw")
    client.eof()
    assert client.next_event() is None


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5), st.data())
def test_letter_after_letter_over_one_session(letters: list[bytes], data: st.DataObject) -> None:
    """Both engines, SMTP or LMTP, DATA or BDAT: each letter arrives once, for those who were accepted, in order."""
    door = Door(data.draw(st.sampled_from(list(Kind))))
    client = Client(lmtp=door.server.kind is Kind.LMTP)
    talk = Talk(door, client)
    assert talk.turn() == [220]
    client.hello("client.example")
    talk.turn()
    for letter in letters:
        names = data.draw(st.lists(st.sampled_from(["mia", "tom", "refuse", "busy"]), max_size=4))
        chunked = data.draw(st.booleans())
        accepted = sum(name in {"mia", "tom"} for name in names)
        finals = [250] * (accepted if client.lmtp else 1)
        client.rset()
        client.mail(Envelope(ANN, (), Body.EIGHT_BIT), len(letter))
        for name in names:
            client.rcpt(Recipient(Address(name, "example.org")))
        answers = [250, 250, *({"refuse": 550, "busy": 452}.get(name, 250) for name in names)]
        if chunked:
            client.bdat(letter[:7], last=False)
            client.bdat(letter[7:], last=True)
            assert talk.turn() == answers + ([250, *finals] if accepted else [503, 503])
        else:
            client.data()
            no = 503 if client.lmtp else 554
            assert talk.turn() == [*answers, 354 if accepted else no]
            if accepted:
                client.body(letter.replace(b"\r", b"").replace(b"\n", b""))
                client.end_body()
                assert talk.turn() == finals
                letter = letter.replace(b"\r", b"").replace(b"\n", b"")  # noqa: PLW2901
                letter += b"\r\n" if letter else b""  # noqa: PLW2901
        if accepted:
            assert door.letters.pop() == letter
    client.quit()
    assert talk.turn() == [221]
    assert door.over
    assert door.letters == []


class Talk:
    """Carries octets between a client and a door."""

    def __init__(self, door: Door, client: Client) -> None:
        self.door = door
        self.client = client

    def turn(self) -> list[int]:
        """Carry until neither has any; gives the codes that the client heard."""
        codes: list[int] = []
        while said := self.door.hear(self.client.outbox()):
            self.client.feed(said)
            while (reply := self.client.next_event()) is not None:
                codes.append(reply.code)
        return codes


def test_who_needs_smtputf8() -> None:
    """RFC 6531 §3.3: a domain has an ASCII spelling, a local part has none."""
    assert not needs_smtputf8(None, (MIA, parse_address("mia@bücher.example")))
    assert needs_smtputf8(parse_address("änn@example.com"), (MIA,))
    assert needs_smtputf8(None, (MIA, parse_address("mïa@example.org")))
