"""How each command line is read: what it means, or the reply that it deserves."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.address import Address, parse_address
from hawknest.mail.envelope import (
    Body,
    Envelope,
    Notify,
    OriginalRecipient,
    Recipient,
    Ret,
)
from hawknest.wire.smtp.client import Client, Extensions
from hawknest.wire.smtp.command import (
    Auth,
    Bdat,
    Command,
    Data,
    Ehlo,
    Helo,
    Help,
    Lhlo,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Unimplemented,
    Vrfy,
)
from hawknest.wire.smtp.grammar import CommandError, parse

ANN = parse_address("ann@example.com")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"HELO client.example", Helo("client.example")),
        (b"ehlo [192.0.2.1]", Ehlo("[192.0.2.1]")),
        (b"EHLO  [IPv6:2001:db8::1] ", Ehlo("[IPv6:2001:db8::1]")),
        (b"EHLO my pc", Ehlo("my pc")),
        (b"LHLO c", Lhlo("c")),
        (b"MAIL FROM:<>", Mail(None)),
        (b"mail from:<ann@example.com>", Mail(ANN)),
        (b"MAIL FROM:<ann@EXAMPLE.com> ", Mail(ANN)),
        # quirk_space_before_path, quirk_no_brackets
        (b"MAIL FROM: <ann@example.com>", Mail(ANN)),
        (b"MAIL FROM:ann@example.com SIZE=5", Mail(ANN, 5)),
        (b"MAIL FROM:<ann@example.com> SIZE=0", Mail(ANN)),
        (b"MAIL FROM:<ann@example.com>  size=5  body=8bitmime ", Mail(ANN, 5, Body.EIGHT_BIT)),
        (b"MAIL FROM:<ann@example.com> BODY=7BIT", Mail(ANN)),
        (b"MAIL FROM:<ann@example.com> BODY=BINARYMIME", Mail(ANN, body=Body.BINARY)),
        (b"MAIL FROM:<> SIZE=" + b"9" * 20, Mail(None, 10**20 - 1)),
        ("MAIL FROM:<änn@example.com> SMTPUTF8".encode(), Mail(Address("änn", "example.com"), smtputf8=True)),
        (b"MAIL FROM:<ann@example.com> RET=full ENVID=a+2Bb", Mail(ANN, ret=Ret.FULL, envid="a+b")),
        # RFC 4954 §5: who wrote it first; believed of nobody.
        (b"MAIL FROM:<ann@example.com> AUTH=<>", Mail(ANN)),
        (b"MAIL FROM:<ann@example.com> AUTH=e+3Dmc2@example.com", Mail(ANN)),
        (b"RCPT TO:<ann@example.com>", Rcpt(ANN)),
        (b"RCPT TO:<Postmaster>", Rcpt(Address("Postmaster", ""))),
        (b'RCPT TO:<"a b"@example.com>', Rcpt(Address("a b", "example.com"))),
        (b'RCPT TO:<"> NOTIFY=NEVER"@example.com>', Rcpt(Address("> NOTIFY=NEVER", "example.com"))),
        (b"RCPT TO:<@a.example,@b.example:ann@example.com>", Rcpt(ANN, routed=True)),
        (b"RCPT TO:<ann@example.com> NOTIFY=NEVER", Rcpt(ANN, notify=Notify.NEVER)),
        (
            b"RCPT TO:<ann@example.com> ORCPT=rfc822;a+2Bb@c notify=delay,success",
            Rcpt(ANN, OriginalRecipient("rfc822", "a+b@c"), Notify.DELAY | Notify.SUCCESS),
        ),
        (b"DATA", Data()),
        (b"data ", Data()),
        (b"BDAT 0", Bdat(0, last=False)),
        (b"BDAT 007 last", Bdat(7, last=True)),
        (b"RSET", Rset()),
        (b"NOOP", Noop()),
        (b"NOOP anything \0 at all", Noop()),
        (b"QUIT\t", Quit()),
        (b"STARTTLS", StartTls()),
        (b"AUTH PLAIN", Auth("PLAIN")),
        (b"AUTH plain =", Auth("PLAIN", b"")),
        (b"AUTH SCRAM-SHA-256-PLUS YQ==", Auth("SCRAM-SHA-256-PLUS", b"a")),
        (b"VRFY ann", Vrfy()),
        (b"HELP", Help()),
        (b"HELP me", Help()),
        (b"EXPN list", Unimplemented()),
        (b"ETRN example.com", Unimplemented()),
        (b"TURN", Unimplemented()),
    ],
)
def test_commands(line: bytes, command: Command) -> None:
    """RFC 5321 §4.1.1 and the extensions."""
    assert parse(line) == command


@pytest.mark.parametrize(
    ("line", "code", "enhanced"),
    [
        (b"", 500, (5, 5, 1)),
        (b" ", 500, (5, 5, 1)),
        (b"\xff\xfe", 500, (5, 5, 1)),
        (b" NOOP", 500, (5, 5, 1)),
        (b"NOOPS", 500, (5, 5, 1)),
        (b"DATA\0", 500, (5, 5, 1)),
        (b"_DUMP", 500, (5, 5, 1)),
        (b"XCLIENT NAME=x", 500, (5, 5, 1)),
        (b"GET / HTTP/1.1", 421, (4, 7, 0)),
        (b"POST /x HTTP/1.0", 421, (4, 7, 0)),
        (b"CONNECT example.com:25 HTTP/1.1", 421, (4, 7, 0)),
        (b"GETTING", 500, (5, 5, 1)),
        (b"HELO", 501, (5, 5, 4)),
        (b"EHLO \xff", 501, (5, 5, 4)),
        (b"MAIL", 501, (5, 5, 4)),
        (b"MAIL FROM", 501, (5, 5, 4)),
        (b"MAIL FROM <ann@example.com>", 501, (5, 5, 4)),
        (b"MAIL FROM:", 553, (5, 1, 7)),
        (b"MAIL FROM:<ann@example.com", 553, (5, 1, 7)),
        (b"MAIL FROM:<ann>", 553, (5, 1, 7)),
        (b"MAIL FROM:<ann@exam ple.com>", 553, (5, 1, 7)),
        (b"MAIL FROM:<ann@example.com>SIZE=5", 553, (5, 1, 7)),
        (b"MAIL FROM:<ann@example.com> SIZE", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> SIZE=", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> SIZE=+5", 501, (5, 5, 4)),
        ("MAIL FROM:<ann@example.com> SIZE=٣".encode(), 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> SIZE=5 size=5", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> BODY", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> SMTPUTF8=", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> ENVID=a=b", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> ENVID=" + b"x" * 101, 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> ENVID=+00", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> =5", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> -X=5", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> X=a\tb", 501, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> MT-PRIORITY=3", 555, (5, 5, 4)),
        (b"MAIL FROM:<ann@example.com> HOLDFOR=3", 555, (5, 5, 4)),
        ("MAIL FROM:<änn@example.com>".encode(), 553, (5, 6, 7)),
        (b"RCPT TO:<>", 553, (5, 1, 3)),
        (b"RCPT TO:<@a.example:>", 553, (5, 1, 3)),
        (b"RCPT FROM:<ann@example.com>", 501, (5, 5, 4)),
        (b"RCPT TO:<ann@example.com> NOTIFY", 501, (5, 5, 4)),
        (b"RCPT TO:<ann@example.com> NOTIFY=", 501, (5, 5, 4)),
        (b"RCPT TO:<ann@example.com> ORCPT=rfc822;" + b"x" * 500, 501, (5, 5, 4)),
        (b"RCPT TO:<ann@example.com> SIZE=5", 555, (5, 5, 4)),
        (b"DATA now", 501, (5, 5, 4)),
        (b"BDAT", 501, (5, 5, 4)),
        (b"BDAT -1", 501, (5, 5, 4)),
        (b"BDAT 5LAST", 501, (5, 5, 4)),
        (b"BDAT 5 LAST LAST", 501, (5, 5, 4)),
        (b"BDAT 0x5", 501, (5, 5, 4)),
        (b"BDAT " + b"9" * 21, 501, (5, 5, 4)),
        (b"VRFY", 501, (5, 5, 4)),
        (b"AUTH", 501, (5, 5, 4)),
        (b"AUTH =", 501, (5, 5, 4)),
        (b"AUTH " + b"X" * 21, 501, (5, 5, 4)),
        (b"AUTH PLAIN A B", 501, (5, 5, 2)),
        (b"AUTH PLAIN ====", 501, (5, 5, 2)),
    ],
)
def test_mistakes(line: bytes, code: int, enhanced: tuple[int, int, int]) -> None:
    """RFC 5321 §4.2.2-4.2.4, RFC 3463, and 555 for a parameter that is not known (RFC 5321 §4.1.1.11)."""
    with pytest.raises(CommandError) as refused:
        parse(line)
    assert (refused.value.reply.code, refused.value.reply.enhanced) == (code, enhanced)


LOCALS = st.text(st.sampled_from('abz.09+-_!#ä漢 "\\@<>'), min_size=1, max_size=20)
ADDRESSES = st.builds(
    Address, LOCALS, st.sampled_from(["example.com", "xn--bcher-kva.example", "[192.0.2.1]"])
)
PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


@given(
    st.builds(
        Envelope,
        st.none() | ADDRESSES,
        st.just(()),
        st.sampled_from(list(Body)),
        st.just(True),
        st.none() | st.sampled_from(list(Ret)),
        st.none() | PRINTABLE,
    ),
    st.builds(
        Recipient,
        ADDRESSES,
        st.none() | st.builds(OriginalRecipient, st.just("rfc822"), PRINTABLE),
        st.none() | st.sampled_from([Notify.NEVER, Notify.DELAY, Notify.SUCCESS | Notify.FAILURE]),
    ),
    st.integers(0, 10**19),
)
def test_what_the_client_says_is_what_the_server_reads(
    envelope: Envelope, recipient: Recipient, size: int
) -> None:
    """Rendered and parsed, an envelope is the same, whatever odd characters its addresses have."""
    client = Client()
    client.extensions = Extensions(
        dict.fromkeys(["SIZE", "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8", "DSN"], "")
    )
    client.mail(envelope, size)
    client.rcpt(recipient)
    mail, rcpt, rest = client.outbox().split(b"\r\n")
    assert rest == b""
    assert parse(mail) == Mail(
        envelope.reverse_path, size, envelope.body, envelope.smtputf8, envelope.ret, envelope.envid
    )
    assert parse(rcpt) == Rcpt(recipient.address, recipient.orcpt, recipient.notify)


@pytest.mark.parametrize("verb", [b"EHLO", b"MAIL", b"RCPT", b"BDAT", b"AUTH"])
@pytest.mark.parametrize(
    "piece",
    [
        b" ",
        b"a",
        b"<",
        b'"',
        b"\\",
        b"@a,",
        b"a@",
        b".",
        b"=",
        b";",
        b" X=1",
        b" A=1",
        b",",
        b"+4",
        b"\xc3\xa4",
    ],
)
def test_no_line_takes_time_that_grows_faster_than_it(verb: bytes, piece: bytes) -> None:
    """A line ten times as long takes about ten times as long to read, not a hundred times."""

    def took(line: bytes) -> float:
        best = 1.0
        for _ in range(3):
            start = time.perf_counter()
            with contextlib.suppress(CommandError):
                parse(line)
            best = min(best, time.perf_counter() - start)
        return best

    for beginning in (b"", b"FROM:<", b"TO:<", b"TO:<a@b.example> ORCPT=rfc822;", b"FROM:<a@b.example> "):
        head = verb + b" " + beginning
        short, long = took(head + piece * (2_000 // len(piece))), took(head + piece * (20_000 // len(piece)))
        assert long < 40 * short + 0.002, (head, piece)
