"""POP3's engine: bodies octet for octet, the grid of states and commands, nasties, any octets at all."""

import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.fuzz_pop3 import fuzz
from hawknest.wire.pop3.capability import Offers, State
from hawknest.wire.pop3.command import GRAMMAR, Auth, Quit, parse
from hawknest.wire.pop3.server import HEARD, AuthCancelled, Over, Server
from hawknest.wire.pop3.stuffing import Stuffer

OCTETS = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"a", b"\0\xff"])).map(b"".join)


def unstuffed(sent: bytes) -> bytes:
    """What a client makes of the lines up to the single dot."""
    whole = b"\r\n" + sent
    end = whole.index(b"\r\n.\r\n")
    assert end + 5 == len(whole)
    return whole[: end + 2].replace(b"\r\n.", b"\r\n")[2:]


@given(OCTETS, st.lists(st.integers(0, 100), max_size=6))
def test_a_letter_comes_out_as_it_is_however_it_is_cut(octets: bytes, cuts: list[int]) -> None:
    stuffer = Stuffer()
    edges = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    sent = b"".join(stuffer.write(octets[a:b]) for a, b in itertools.pairwise(edges)) + stuffer.end()
    expected = octets if not octets or octets.endswith(b"\r\n") else octets + b"\r\n"
    assert unstuffed(sent) == expected


def engine(state: State) -> Server:
    server = Server(Offers(user=True))
    if state is State.TRANSACTION:
        server.opened("open")
    server.outbox()
    return server


ARGUMENTS = {"USER": " mia", "PASS": " x", "RETR": " 1", "TOP": " 1 1", "DELE": " 1"}


@pytest.mark.parametrize("state", [State.AUTHORIZATION, State.TRANSACTION])
@pytest.mark.parametrize("verb", [verb.decode() for verb in GRAMMAR])
def test_each_command_in_each_state(state: State, verb: str) -> None:
    server = engine(state)
    line = (verb + ARGUMENTS.get(verb, "")).encode()
    server.feed(line + b"\r\n")
    event = server.next_event()
    if type(parse(line)) not in HEARD[state]:
        assert event is None
        assert server.outbox() == b"-ERR Not now\r\n"
        return
    assert event is not None or server.outbox()[:1] in b"+-"
    if isinstance(event, Quit):
        server.bye()
        assert isinstance(server.next_event(), Over)


@pytest.mark.parametrize(
    "letters", ["DUMP", "_DUMP", "XTND", "APOP", "RPOP", "LAST", "AUTHX", "HELP", "EXIT", "SHUTDOWN"]
)
def test_there_are_no_hidden_verbs(letters: str) -> None:
    """N12."""
    for state in (State.AUTHORIZATION, State.TRANSACTION):
        server = engine(state)
        server.feed(letters.encode() + b" x\r\n")
        assert server.next_event() is None
        assert server.outbox() == b"-ERR I do not know this command\r\n"


@pytest.mark.parametrize("verb", sorted(GRAMMAR))
@pytest.mark.parametrize(
    "nasty",
    [
        b"",
        b"x" * 65536,
        b"%n%s",
        b"\0",
        b"\xff",
        b"-1",
        b"2147483648",
        b"9223372036854775808",
        b"9" * 300,
        b" 1 1 1 1",
    ],
)
def test_nasty_arguments(verb: bytes, nasty: bytes) -> None:
    for state in (State.AUTHORIZATION, State.TRANSACTION):
        server = engine(state)
        server.feed(verb + b" " + nasty + b"\r\nNOOP\r\n")
        if server.next_event() is None:
            assert server.outbox().endswith(b"+OK\r\n")


def test_a_line_without_end_costs_no_memory() -> None:
    server = engine(State.AUTHORIZATION)
    tracemalloc.start()
    for _ in range(500):
        server.feed(b"x" * 65536)
        assert server.next_event() is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_what_came_before_tls_is_forgotten() -> None:
    """N22."""
    server = Server(Offers(stls=True))
    server.feed(b"STLS\r\nUSER injected\r\n")
    server.next_event()
    server.ok()
    assert server.drop() > 0
    server.secured()
    assert server.next_event() is None


def capa(server: Server) -> list[str]:
    server.outbox()
    server.feed(b"CAPA\r\n")
    assert server.next_event() is None
    return server.outbox().decode().split("\r\n")[1:-2]


def test_what_can_be_done_follows_from_what_is_offered_and_from_the_state() -> None:
    """RFC 2449 §5-6; RFC 2595 §4: STLS is listed only where it may be said."""
    server = Server(Offers(stls=True))
    assert {"STLS", "TOP", "UIDL", "PIPELINING"} <= set(capa(server))
    assert not {"USER", "SASL"} & {line.split()[0] for line in capa(server)}
    server.offers = Offers(stls=True, auth=("PLAIN", "LOGIN"), user=True)
    assert {"USER", "SASL PLAIN LOGIN"} <= set(capa(server))
    server.opened("open")
    assert "STLS" not in capa(server)
    assert "IMPLEMENTATION Hawknest" in capa(server)


def test_an_endless_answer_ends_the_exchange() -> None:
    server = Server(Offers(auth=("PLAIN",)))
    server.feed(b"AUTH PLAIN\r\n" + b"A" * 20_000 + b"\r\nQUIT\r\n")
    assert isinstance(server.next_event(), Auth)
    server.challenge(b"")
    assert isinstance(server.next_event(), AuthCancelled)
    assert isinstance(server.next_event(), Quit)


#: What the documents tell of; anything else is unknown here (N12).
DOCUMENTED = {
    *"USER PASS QUIT STAT LIST RETR DELE NOOP RSET TOP UIDL".split(),  # RFC 1939
    *"CAPA STLS AUTH UTF8 LANG".split(),  # RFC 2449, RFC 2595, RFC 5034, RFC 6856
}


def test_the_table_holds_what_is_documented() -> None:
    assert {verb.decode() for verb in GRAMMAR} == DOCUMENTED


@settings(max_examples=500, deadline=None)
@given(st.from_regex(r"[A-Za-z_]{4,8}", fullmatch=True), st.sampled_from(["", " ", " x", " 1", " 1 1"]))
def test_no_other_verb_does_anything(verb: str, rest: str) -> None:
    """N12."""
    if verb.upper() in DOCUMENTED:
        return
    for state in (State.AUTHORIZATION, State.TRANSACTION):
        server = engine(state)
        server.feed((verb + rest).encode() + b"\r\n")
        event, said = server.next_event(), server.outbox()
        assert said.startswith(b"-ERR ")
        assert event is None or isinstance(event, Over)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([v + b" " for v in GRAMMAR] + [b"\r\n", b"1", b"*", b"="]) | st.binary(max_size=6)
    ).map(b"".join)
)
def test_any_octets(data: bytes) -> None:
    fuzz(data)
