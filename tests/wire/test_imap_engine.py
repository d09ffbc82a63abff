"""The engine of an IMAP session: states and commands, literals, cuts, compression, STARTTLS, IDLE, broken APPENDs."""

import itertools
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.wire.imap.appending import Abort, Begin, Commit, Octets, Size
from hawknest.wire.imap.capability import Offers, State, capabilities, known
from hawknest.wire.imap.command import (
    Authenticate,
    Compress,
    Done,
    Idle,
    Login,
    Noop,
    Select,
    StartTls,
    Unauthenticate,
)
from hawknest.wire.imap.server import AUTH_LIMIT, HEARD, LINE_EARLY, TEXT, TEXT_EARLY, Event, Over, Server

FORMS = {
    "CAPABILITY": b"",
    "NOOP": b"",
    "CHECK": b"",
    "LOGOUT": b"",
    "ID": b" NIL",
    "STARTTLS": b"",
    "AUTHENTICATE": b" PLAIN",
    "LOGIN": b" a b",
    "ENABLE": b" X",
    "SELECT": b" a",
    "EXAMINE": b" a",
    "CREATE": b" a",
    "DELETE": b" a",
    "RENAME": b" a b",
    "SUBSCRIBE": b" a",
    "UNSUBSCRIBE": b" a",
    "LIST": b' "" *',
    "LSUB": b' "" *',
    "NAMESPACE": b"",
    "STATUS": b" a (MESSAGES)",
    "APPEND": b" a {1+}\r\nx",
    "REPLACE": b" 1 a {1+}\r\nx",
    "UID REPLACE": b" 1 a {1+}\r\nx",
    "IDLE": b"",
    "CLOSE": b"",
    "UNSELECT": b"",
    "EXPUNGE": b"",
    "UID EXPUNGE": b" 1",
    "SEARCH": b" ALL",
    "UID SEARCH": b" ALL",
    "ESEARCH": b" IN (personal) ALL",
    "SORT": b" (DATE) UTF-8 ALL",
    "UID SORT": b" (DATE) UTF-8 ALL",
    "THREAD": b" REFERENCES UTF-8 ALL",
    "UID THREAD": b" REFERENCES UTF-8 ALL",
    "FETCH": b" 1 FLAGS",
    "UID FETCH": b" 1 FLAGS",
    "STORE": b" 1 FLAGS ()",
    "UID STORE": b" 1 FLAGS ()",
    "COPY": b" 1 a",
    "UID COPY": b" 1 a",
    "MOVE": b" 1 a",
    "UID MOVE": b" 1 a",
    "GETQUOTA": b" a",
    "GETQUOTAROOT": b" a",
    "SETQUOTA": b" a ()",
    "SETACL": b" a b l",
    "DELETEACL": b" a b",
    "GETACL": b" a",
    "LISTRIGHTS": b" a b",
    "MYRIGHTS": b" a",
    "GETMETADATA": b" a /private/b",
    "SETMETADATA": b" a (/private/b NIL)",
    "NOTIFY": b" NONE",
    "COMPRESS": b" DEFLATE",
    "UNAUTHENTICATE": b"",
}
BEFORE = {"CAPABILITY", "NOOP", "CHECK", "LOGOUT", "ID", "STARTTLS", "AUTHENTICATE", "LOGIN"}
SELECTED = {
    *("CLOSE UNSELECT EXPUNGE SEARCH SORT THREAD FETCH STORE COPY MOVE REPLACE").split(),
    *(f"UID {name}" for name in "EXPUNGE SEARCH SORT THREAD FETCH STORE COPY MOVE REPLACE".split()),
}


def server(state: State = State.SELECTED) -> Server:
    made = Server(Offers(starttls=True, auth=("PLAIN",), login=True))
    made.state = state
    return made


def answer(engine: Server, event: Event) -> None:
    """Answer an event as a door does that says yes to everything."""
    match event:
        case Size() | Octets() | Begin() | Abort() | Over():
            pass
        case Idle():
            engine.idling()
        case Commit() | Done():
            if not engine.answered:
                engine.ok("done")
        case _ if not engine.answered:
            engine.ok("done")
        case _:
            pass


def talk(engine: Server, octets: bytes, cuts: list[int] | None = None) -> tuple[list[Event], bytes]:
    """Feed octets, answer all that comes, and give the events and what was said; letters as one piece."""
    events: list[Event] = []
    said = b""
    edges = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts or [])})
    for start, stop in itertools.pairwise(edges):
        engine.feed(octets[start:stop])
        while (event := engine.next_event()) is not None:
            if isinstance(event, Octets) and events and isinstance(events[-1], Octets):
                events[-1] = Octets(events[-1].data + event.data)
            else:
                events.append(event)
            answer(engine, event)
            if isinstance(event, Compress):
                said += engine.outbox()
                engine.compress()
            if isinstance(event, Over):
                break
        said += engine.outbox()
    return events, said


@pytest.mark.parametrize("name", sorted(FORMS))
@pytest.mark.parametrize("state", [State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED])
def test_every_command_in_every_state_has_one_answer(name: str, state: State) -> None:
    _, said = talk(
        server(state),
        b"t " + name.encode() + FORMS[name] + b"\r\n" + (b"DONE\r\n" if name == "IDLE" else b""),
    )
    tagged = re.findall(rb"^t (OK|NO|BAD)", said, re.MULTILINE)
    after = name in {"CAPABILITY", "NOOP", "CHECK", "LOGOUT", "ID"} or name not in BEFORE
    heard = name in BEFORE if state is State.NOT_AUTHENTICATED else after
    if state is State.AUTHENTICATED and name in SELECTED:
        heard = False
    assert tagged == ([b"OK"] if heard else [b"BAD"])


def test_the_grid_knows_every_command() -> None:
    from hawknest.wire.imap.grammar import GRAMMAR

    assert set(FORMS) == set(GRAMMAR) | {"APPEND", "REPLACE", "UID REPLACE"}
    assert not HEARD[State.OVER]


DIALOGUE = (
    b"a LOGIN {1+}\r\nm {3+}\r\npw1\r\nb SELECT INBOX\r\nc FETCH 1:* (FLAGS)\r\nd APPEND x (\\Seen) {5+}\r\nab\r\nc {2+}\r\nxy\r\n"
    b"e SEARCH SUBJECT {2+}\r\n\xc3\xbc NOT FROM {0+}\r\n\r\nf IDLE\r\nDONE\r\ng NONSENSE {4+}\r\nx y\n\r\nh APPEND x (bad {6+}\r\n\r\nz Q\r\n\r\n"
    b"i AUTHENTICATE PLAIN\r\nj STORE 1 FLAGS ()\r\n\r\nk FETCH 1 BODY[1.2]<3.4>\r\nl LOGOUT\r\n"
)


@given(st.lists(st.integers(0, len(DIALOGUE)), max_size=40))
def test_answers_never_depend_on_how_octets_arrive(cuts: list[int]) -> None:
    assert talk(server(State.NOT_AUTHENTICATED), DIALOGUE, cuts) == talk(
        server(State.NOT_AUTHENTICATED), DIALOGUE
    )


def test_every_octet_by_itself() -> None:
    whole = talk(server(State.NOT_AUTHENTICATED), DIALOGUE)
    assert talk(server(State.NOT_AUTHENTICATED), DIALOGUE, list(range(len(DIALOGUE)))) == whole
    assert [one for one in whole[0] if isinstance(one, Login)] == [Login("m", "pw1")]


@pytest.mark.parametrize(
    ("state", "octets", "said"),
    [
        (State.SELECTED, b"a SELECT {1}\r\n", b"+ Go ahead\r\n"),
        (State.SELECTED, b"a SELECT {1+}\r\nx\r\n", b"a OK done\r\n"),
        (State.SELECTED, b'a SELECT "{1}"\r\n', b"a OK done\r\n"),
        (
            State.SELECTED,
            b'a SELECT "x{1}\r\n',
            b"+ Go ahead\r\n",
        ),  # a string that is not closed: it is BAD, once it is whole
        (State.SELECTED, b'a SELECT "x{1}\r\ny\r\n', b"+ Go ahead\r\na BAD A string is expected\r\n"),
        (State.SELECTED, b"a SELECT {01}\r\n", b"+ Go ahead\r\n"),
        (State.SELECTED, b"a SELECT {-1}\r\n", b"a BAD A string is expected\r\n"),
        (State.SELECTED, b"a SELECT {x}\r\n", b"a BAD A string is expected\r\n"),
        (State.SELECTED, b"a SELECT {99999999999999999999}\r\n", b"a BAD A string is expected\r\n"),
        (State.SELECTED, b"a SELECT {%d}\r\n" % TEXT, b"a BAD [TOOBIG]"),
        (State.SELECTED, b"a SELECT {%d+}\r\n" % TEXT, b"* BYE [TOOBIG]"),
        (State.NOT_AUTHENTICATED, b"a LOGIN {%d}\r\n" % TEXT_EARLY, b"a BAD [TOOBIG]"),
        (State.NOT_AUTHENTICATED, b"a LOGIN {%d+}\r\n" % TEXT_EARLY, b"* BYE [TOOBIG]"),
        (State.NOT_AUTHENTICATED, b"a APPEND x {5}\r\n", b"a BAD Not now\r\n"),
        (
            State.NOT_AUTHENTICATED,
            b"a APPEND x {5+}\r\nabcde\r\nb NOOP\r\n",
            b"a BAD Not now\r\nb OK done\r\n",
        ),
        (State.SELECTED, b"a APPEND x ~{2+}\r\n\0\xff\r\n", b"a OK done\r\n"),
        (State.SELECTED, b"a NONSENSE {5}\r\nb NOOP\r\n", b"a BAD I do not know NONSENSE\r\nb OK done\r\n"),
        (State.SELECTED, b"a REPLACE\r\n", b"a BAD A space is expected\r\n"),
        (State.SELECTED, b"a APPEND\r\n", b"a BAD A space is expected\r\n"),
    ],
)
def test_literals(state: State, octets: bytes, said: bytes) -> None:
    assert talk(server(state), octets)[1].startswith(said)


def test_a_long_line_is_refused_and_the_session_goes_on() -> None:
    _, said = talk(server(State.NOT_AUTHENTICATED), b"a NOOP " + b"x" * 100_000 + b"\r\nb NOOP\r\n")
    assert said == b"* BAD [LIMIT] The line is too long\r\nb OK done\r\n"


def test_before_a_login_only_that_may_be_long() -> None:
    """A token may have some thousand octets; nothing else needs them (RFC 4959 §3)."""
    early = server(State.NOT_AUTHENTICATED)
    for name, answer in (
        (b"LOGIN x", b"* BAD [LIMIT]"),
        (b"NONSENSE", b"* BAD [LIMIT]"),
        (b"()", b"* BAD [LIMIT]"),
    ):
        assert talk(early, b"a %b %b\r\n" % (name, b"x" * LINE_EARLY))[1].startswith(answer)
    initial = b"eHh4" * 2000
    events, _ = talk(early, b"a AUTHENTICATE PLAIN %b\r\n" % initial)
    assert events == [Authenticate("PLAIN", b"xxx" * 2000)]
    over = b"a AUTHENTICATE PLAIN %b\r\n" % (b"eHh4" * (AUTH_LIMIT // 4))
    assert talk(server(State.NOT_AUTHENTICATED), over)[1].startswith(b"* BAD [LIMIT]")


def test_endless_octets_without_a_line_take_no_memory() -> None:
    engine = server(State.NOT_AUTHENTICATED)
    for _ in range(200):
        engine.feed(b"x" * 65536)
        assert engine.next_event() is None
        assert len(engine._inbox.buffer) < 100_000


def test_too_many_mistakes_end_the_session() -> None:
    events, said = talk(server(), b"a X\r\n" * 60)
    assert isinstance(events[-1], Over)
    assert said.count(b"a BAD") == 51
    assert said.endswith(b"* BYE Too many errors: goodbye\r\n")


@pytest.mark.parametrize("octets", [b"a IDLE\r\nnonsense\r\n", b"a IDLE\r\n" + b"x" * 9000 + b"\r\n"])
def test_idle_that_does_not_end_with_done_has_one_answer(octets: bytes) -> None:
    events, said = talk(server(), octets + b"b NOOP\r\n")
    assert said == b"+ idling\r\na BAD DONE ends IDLE\r\nb OK done\r\n"
    assert [type(event) for event in events] == [Idle, Done, Noop]


def test_what_follows_starttls_is_dropped() -> None:
    engine = server(State.NOT_AUTHENTICATED)
    engine.feed(b"a STARTTLS\r\nb LOGIN mallory pw\r\n")
    assert engine.next_event() == StartTls()
    engine.ok("begin")
    assert engine.outbox() == b"a OK begin\r\n"
    assert engine.drop() == len(b"b LOGIN mallory pw\r\n")  # as the link does before the handshake
    engine.secured()
    assert engine.next_event() is None
    engine.feed(b"c LOGIN a b\r\n")
    assert engine.next_event() == Login("a", "b")


# Compression (RFC 4978)


def deflated(octets: bytes, flush: int = zlib.Z_SYNC_FLUSH) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(octets) + packer.flush(flush)


def compressed() -> Server:
    engine = server()
    engine.feed(b"z COMPRESS DEFLATE\r\n")
    assert engine.next_event() == Compress()
    engine.ok("from now on")
    assert engine.outbox() == b"z OK from now on\r\n"
    engine.compress()
    return engine


@given(st.lists(st.integers(0, 200), max_size=20))
def test_compressed_commands_in_any_cuts(cuts: list[int]) -> None:
    octets = deflated(b"a NOOP\r\nb APPEND x {5+}\r\nhello\r\nc SELECT y\r\n")
    events, said = talk(compressed(), octets, cuts)
    assert [type(event) for event in events][:2] == [Noop, Begin]
    assert events[-1] == Select("y")
    assert zlib.decompressobj(wbits=-15).decompress(said) == b"a OK done\r\nb OK done\r\nc OK done\r\n"


def test_commands_pipelined_behind_compress_are_compressed_ones() -> None:
    events, said = talk(server(), b"a COMPRESS DEFLATE\r\n" + deflated(b"b NOOP\r\n"))
    assert [type(event) for event in events] == [Compress, Noop]
    assert said


def test_a_bomb_is_unpacked_by_portions() -> None:
    engine = compressed()
    bomb = deflated(b"a NOOP\r\n" + b"x" * 200_000_000)
    assert len(bomb) < 250_000
    for at in range(0, len(bomb), 100):  # a door that is busy asks for nothing meanwhile
        engine.feed(bomb[at : at + 100])
    assert len(engine._inbox.buffer) == 0
    assert engine.next_event() == Noop()
    assert len(engine._inbox.buffer) <= 65536
    engine.ok("done")
    assert engine.next_event() is None
    assert len(engine._inbox.buffer) < 100_000


def test_what_is_not_compressed_ends_the_session() -> None:
    engine = compressed()
    engine.feed(b"\xff" * 100)
    assert engine.next_event() == Over()
    assert engine.next_event() == Over()


def test_octets_behind_the_end_of_the_compression_end_the_session() -> None:
    engine = compressed()
    events, _ = talk(engine, deflated(b"a NOOP\r\n", zlib.Z_FINISH) + b"b NOOP\r\n")
    assert [type(event) for event in events] == [Noop, Over]


def test_the_rest_is_unpacked_though_the_peer_sends_no_more() -> None:
    engine = compressed()
    engine.feed(deflated(b"a NOOP\r\n" + b"b SEARCH TEXT " + b"x" * 60000 + b"\r\n" + b"c NOOP\r\n" * 9000))
    engine.eof()
    seen = 0
    while (event := engine.next_event()) is not None:
        seen += isinstance(event, Noop)
        engine.ok("done")
    assert seen == 9001


@pytest.mark.parametrize("flush", [zlib.Z_SYNC_FLUSH, zlib.Z_FINISH])
def test_unauthenticate_ends_compression(flush: int) -> None:
    engine = compressed()
    engine.feed(deflated(b"a UNAUTHENTICATE\r\n", flush))
    assert engine.next_event() == Unauthenticate()
    engine.ok("nobody again")
    engine.forget()
    unpacker = zlib.decompressobj(wbits=-15)
    assert unpacker.decompress(engine.outbox()) == b"a OK nobody again\r\n"
    assert unpacker.eof
    engine.feed(b"b NOOP\r\n")
    assert engine.next_event() == Noop()
    engine.ok("done")
    assert engine.outbox() == b"b OK done\r\n"


def test_capabilities_can_be_left_out_one_by_one() -> None:
    for name in known():
        offers = Offers(
            starttls=True,
            auth=("PLAIN",),
            login=True,
            append_limit=5,
            message_limit=5,
            without=frozenset({name}),
        )
        for state in (State.NOT_AUTHENTICATED, State.SELECTED):
            assert name not in capabilities(offers, state)
