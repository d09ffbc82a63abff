"""The IMAP client's engine: what servers say, in any cuts; what is no IMAP; nothing without bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.wire.errors import ProtocolError
from hawknest.wire.imap import answers, client
from hawknest.wire.imap.answers import (
    Body,
    Capabilities,
    Chunk,
    Condition,
    Exists,
    Expunged,
    Fetched,
    Go,
    Listed,
    Namespaces,
)
from hawknest.wire.imap.client import Client


def heard(octets: bytes, cut: int = 1 << 20):
    """What a client hears, chunks of a letter joined."""
    engine = Client()
    found = []
    for at in range(0, len(octets), cut):
        engine.feed(octets[at : at + cut])
        while (event := engine.next_event()) is not None:
            if isinstance(event, Chunk) and found and isinstance(found[-1], Chunk):
                found[-1] = Chunk(found[-1].octets + event.octets)
            else:
                found.append(event)
    engine.eof()
    assert engine.next_event() is None
    return found


SAID = {
    b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello there": Condition(
        "OK", "CAPABILITY", ("IMAP4rev1", "AUTH=PLAIN"), "hello there"
    ),
    b"* PREAUTH welcome": Condition("PREAUTH", "", (), "welcome"),
    b"* BYE going down": Condition("BYE", "", (), "going down"),
    b"* ok": Condition("OK", "", (), ""),
    b"H12 NO [OVERQUOTA] full": Condition("NO", "OVERQUOTA", (), "full", 12),
    b"H3 OK [APPENDUID 38505 3955] done": Condition("OK", "APPENDUID", ("38505", "3955"), "done", 3),
    b"* OK [UIDVALIDITY 17]": Condition("OK", "UIDVALIDITY", ("17",), ""),
    b"+ idling": Go("idling"),
    b"+": Go(""),
    b"* CAPABILITY imap4rev1 Literal+": Capabilities(frozenset({"IMAP4REV1", "LITERAL+"})),
    b'* LIST (\\HasNoChildren \\Sent) "/" "a \\"b\\" \\\\c"': Listed(
        frozenset({"\\hasnochildren", "\\sent"}), "/", b'a "b" \\c'
    ),
    b"* LIST () NIL INBOX": Listed(frozenset(), "", b"INBOX"),
    b'* LIST () "." {4}\r\nx"y)': Listed(frozenset(), ".", b'x"y)'),
    b'* LIST () "." "NIL" ("CHILDINFO" ("SUBSCRIBED"))': Listed(frozenset(), ".", b"NIL"),
    b'* NAMESPACE (("INBOX." ".")) (("~" "/" "X" ("y"))) NIL': Namespaces(
        ((b"INBOX.", "."),), ((b"~", "/"),)
    ),
    b"* NAMESPACE NIL NIL NIL": Namespaces((), ()),
    b"* 172 EXISTS": Exists(172),
    b"* 44 expunge": Expunged(44),
    b'* 7 FETCH (UID 9 FLAGS (\\Seen $Forwarded) INTERNALDATE "17-Jul-1996 02:44:25 -0700")': Fetched(
        7, 9, ("\\Seen", "$Forwarded"), 837596665.0
    ),
    b'* 7 FETCH (INTERNALDATE " 1-Feb-2003 00:00:00 +0000" X-GM (1 (2 NIL)) BODY[HEADER.FIELDS (A B)]<0> "x")': Fetched(
        7, 0, (), 1044057600.0
    ),
    b"* 7 FETCH (FLAGS NIL)": Fetched(7),
    b"* FLAGS (\\Seen)": None,
    b"* SEARCH 1 2 3": None,
    b"* 3 RECENT": None,
    b"* LIST broken": None,
}


@pytest.mark.parametrize("line", SAID)
def test_what_is_said_is_understood(line):
    expected = [] if SAID[line] is None else [SAID[line]]
    assert heard(line + b"\r\n") == expected


@given(st.integers(1, 60))
def test_no_cut_matters(cut):
    whole = b"".join(line + b"\r\n" for line in SAID)
    assert heard(whole, cut) == [said for said in SAID.values() if said is not None]


LETTERS = [
    (b"* 5 FETCH (UID 7 BODY[] {9}\r\nA: b\r\n\r\n) FLAGS (x))\r\n", 7, b"A: b\r\n\r\n)"),
    (b"* 5 FETCH (BODY[] {4}\r\nbody UID 7)\r\n", 0, b"body"),
    (b"* 5 fetch (Uid 7 Body[] ~{3}\r\na\0b)\r\n", 7, b"a\0b"),
    (b"* 5 FETCH (UID 7 BODY[] {0}\r\n)\r\n", 7, b""),
    (b'* 5 FETCH (UID 7 BODY[] "a \\" b")\r\n', 0, b'a " b'),
    (b'* 5 FETCH (UID 7 BODY[] "")\r\n', 0, b""),
]


@pytest.mark.parametrize(("said", "uid", "octets"), LETTERS)
@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_a_letter_is_streamed(said, uid, octets, cut):
    body, *chunks, fetched = heard(said, cut)
    assert body == Body(uid, len(octets))
    assert b"".join(chunk.octets for chunk in chunks) == octets
    assert (fetched.number, fetched.uid) == (5, 7)


def test_a_letter_that_is_gone_has_no_octets():
    assert heard(b"* 5 FETCH (UID 7 BODY[] NIL)\r\n") == [Fetched(5, 7)]


def test_a_long_letter_takes_no_room():
    engine = Client()
    engine.feed(b"* 1 FETCH (UID 1 BODY[] {50000000}\r\n")
    assert engine.next_event() == Body(1, 50_000_000)
    for _ in range(50):
        engine.feed(b"x" * 1_000_000)
        while (event := engine.next_event()) is not None:
            assert len(event.octets) <= client.BLOCK
        assert not engine._inbox.buffer
    engine.feed(b")\r\n")
    assert engine.next_event() == Fetched(1, 1)


@pytest.mark.parametrize(
    "said",
    [
        b"220 mail.example.com ESMTP\r\n",
        b"H1 MAYBE\r\n",
        b"X1 OK\r\n",
        b"\r\n",
        b"* 1 FETCH (FLAGS (\r\n",
        b"* 1 FETCH FLAGS\r\n",
        b"* LIST () ) x\r\n",
        b'* LIST () "x\r\n',
        b"* LIST " + b"(" * 100 + b"\r\n",
        b"* LIST () " + b"x" * client.LINE_LIMIT + b"\r\n",
        b"* LIST () {999999999999}\r\n",
        b"* LIST (" + b"{1}\r\nx " * 2000 + b")\r\n",
        b"* 1 FETCH (X {900000}\r\n" + b"x" * 900_000 + b" Y {900000}\r\n",
    ],
)
def test_what_is_no_imap_ends_the_session(said):
    with pytest.raises(ProtocolError):
        heard(said)


@given(
    st.lists(
        st.one_of(
            st.sampled_from([*SAID, *(said for said, _, _ in LETTERS)]),
            st.binary(max_size=30),
            st.sampled_from(
                [b"* 1 FETCH (", b"{3}\r\n", b"~{1}\r\n", b")", b"\r\n", b'"', b"BODY[] ", b"UID 1 "]
            ),
        ),
        max_size=12,
    ),
    st.integers(1, 50),
)
def test_anything_may_be_said(parts, cut):
    said = b"".join(parts)
    results = []
    for size in (cut, 1 << 20):
        try:
            results.append(heard(said, size))
        except ProtocolError as error:
            results.append(str(error))
    assert isinstance(results[0], str) == isinstance(results[1], str)
    if not isinstance(results[0], str):
        assert results[0] == results[1]


def test_what_is_sent():
    engine = Client()
    tags = [
        engine.capability(),
        engine.login("mia", 'a "b"'),
        engine.authenticate("PLAIN"),
        engine.list_all(special_use=True),
        engine.examine(b"INBOX.a b"),
        engine.create(b"&ZeVnLIqe-"),
        engine.overview(1, 500),
        engine.fetch_letter(7),
        engine.append(b"INBOX", ["\\Seen", "x"], 837596665.0, 3, waits=False, binary=True),
    ]
    engine.octets(b"abc")
    engine.end_append()
    engine.answer(b"\0mia\0x")
    assert tags == list(range(1, 10))
    assert engine.outbox().decode().split("\r\n") == [
        "H1 CAPABILITY",
        'H2 LOGIN mia "a \\"b\\""',
        "H3 AUTHENTICATE PLAIN",
        'H4 LIST "" "*" RETURN (SPECIAL-USE)',
        'H5 EXAMINE "INBOX.a b"',
        "H6 CREATE &ZeVnLIqe-",
        "H7 FETCH 1:500 (UID FLAGS INTERNALDATE)",
        "H8 UID FETCH 7 (UID BODY.PEEK[])",
        'H9 APPEND INBOX (\\Seen x) "17-Jul-1996 09:44:25 +0000" ~{3+}',
        "abc",
        "AG1pYQB4",
        "",
    ]
    assert engine.outbox() == b""


@pytest.mark.parametrize("word", ["a\r\nH9 DELETE INBOX", "pass\nword", "пароль"])
def test_a_word_never_becomes_a_command(word):
    engine = Client()
    with pytest.raises(ValueError):
        engine.login("mia", word)
    with pytest.raises(ValueError):
        engine.examine(f"a\r\n{word}".encode())
    assert engine.outbox() == b""


@given(st.integers(0, 4_000_000_000))
def test_a_date_is_read_as_it_is_written(at):
    assert answers.untagged(b"1 FETCH (INTERNALDATE %b)" % answers.date_time(at), []) == Fetched(
        1, at=float(at)
    )
