"""Dynamic updates against a real server: what is changed, and what is said when nothing is."""

import base64
import socket
import threading
from collections.abc import Generator

import dns.flags
import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.dns import TXT
from hawknest.net.resolver_direct import ask_at
from hawknest.net.resolver_message import Unreadable
from hawknest.net.update import ALGORITHMS, Change, Tsig, UpdateError, _composed, _Message, text_of, update
from lab.laboratory import Lab

pytestmark = pytest.mark.peer
OTHER = base64.b64encode(b"another secret of some length").decode()


def key(lab: Lab) -> Tsig:
    return Tsig(lab.key.name, lab.key.secret, lab.key.algorithm)


async def test_records_come_and_go(lab: Lab) -> None:
    lab.zone("update.test")
    long = 'k="1\\2" ü ' + "y" * 900
    changes = [
        Change("update.test", "MX", 300, "10 a.update.test."),
        Change("update.test.", "MX", 300, "20 b.update.test."),
        Change("long.update.test", "TXT", 60, long),
        Change("a.update.test", "A", 60, "127.0.0.1"),
    ]
    await update(lab.server, "update.test", key(lab), changes)
    assert lab.records("update.test", "MX") == ["10 a.update.test.", "20 b.update.test."]
    assert (await ask_at(lab.server, "long.update.test", TXT)).records == (long.encode(),)
    changes = [
        Change("update.test", "MX", 0, "20 b.update.test.", remove=True),
        Change("a.update.test", "A", 0, None),
    ]
    await update(lab.server, "update.test", key(lab), changes)
    assert lab.records("update.test", "MX") == ["10 a.update.test."]
    assert lab.records("a.update.test", "A") == []


async def test_many_changes_go_over_tcp(lab: Lab) -> None:
    lab.zone("many.test")
    await update(
        lab.server,
        "many.test",
        key(lab),
        [Change(f"n{n}.many.test", "TXT", 60, "z" * 200) for n in range(40)],
    )
    assert lab.records("n39.many.test", "TXT") == ['"' + "z" * 200 + '"']


@pytest.mark.parametrize(
    ("zone", "changed", "named", "code"),
    [
        ("words.test", {"name": "nobody"}, "x.words.test", "BADKEY"),
        ("words.test", {"secret": OTHER}, "x.words.test", "BADSIG"),
        ("words.test", {"algorithm": "hmac-sha512"}, "x.words.test", "BADKEY"),
        ("elsewhere.test", {}, "x.elsewhere.test", "NOTAUTH"),
        ("words.test", {}, "x.other.test", "NOTZONE"),
        ("words.test", {"secret": "not base64"}, "x.words.test", "nonsense"),
        ("words.test", {"algorithm": "hmac-md5"}, "x.words.test", "nonsense"),
    ],
)
async def test_what_is_said_when_nothing_is_changed(
    lab: Lab, zone: str, changed: dict[str, str], named: str, code: str
) -> None:
    lab.zone("words.test")
    mine = {"name": lab.key.name, "secret": lab.key.secret, "algorithm": lab.key.algorithm} | changed
    with pytest.raises(UpdateError) as error:
        await update(lab.server, zone, Tsig(**mine), [Change(named, "A", 60, "127.0.0.1")])
    assert error.value.code == code, str(error.value)
    assert mine["secret"] not in str(error.value) + repr(error.value) + repr(Tsig(**mine))


async def test_an_unsigned_change_is_refused(lab: Lab) -> None:
    lab.zone("words.test")
    with pytest.raises(UpdateError, match="name the key") as error:
        await update(lab.server, "words.test", None, [Change("x.words.test", "A", 60, "127.0.0.1")])
    assert error.value.code in {"REFUSED", "NOTAUTH"}


async def test_a_clock_that_is_wrong(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.zone("words.test")
    monkeypatch.setattr("dns.message.time.time", lambda: 1_700_000_000.0)
    with pytest.raises(UpdateError, match="clocks") as error:
        await update(lab.server, "words.test", key(lab), [Change("x.words.test", "A", 60, "127.0.0.1")])
    assert error.value.code == "BADTIME"


async def test_nobody_is_there() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        server = sock.getsockname()
        with pytest.raises(UpdateError) as error:
            await update(server, "a.test", None, [Change("a.test", "A", 1, "127.0.0.1")], timeout=0.1)
        assert error.value.code == "silent"
    with pytest.raises(UpdateError) as error:
        await update(server, "a.test", None, [Change("a.test", "A", 1, "127.0.0.1")], timeout=0.1)
    assert error.value.code == "unreachable"


@pytest.fixture
def liar() -> Generator[tuple[str, int]]:
    """A server that says yes to everything, unsigned."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)

        def answer() -> None:
            wire, peer = sock.recvfrom(65535)
            reply = bytearray(wire[:12])
            reply[2] |= 0x80
            reply[4:12] = bytes(8)
            sock.sendto(reply, peer)

        thread = threading.Thread(target=answer)
        thread.start()
        yield sock.getsockname()
        thread.join()


async def test_a_yes_that_is_not_signed_counts_for_nothing(liar: tuple[str, int]) -> None:
    with pytest.raises(UpdateError) as error:
        await update(liar, "a.test", Tsig("k", OTHER), [Change("a.test", "A", 1, "127.0.0.1")], timeout=1)
    assert error.value.code == "unsigned"


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("a.test", "A", "no address"),
        ("a..test", "A", "127.0.0.1"),
        ("a.test", "NOSUCH", "1"),
        ("a.test", "MX", "10"),
        ("a.test", "TLSA", "3 1 1 zz"),
    ],
)
async def test_nonsense_is_not_sent(name: str, kind: str, value: str) -> None:
    with pytest.raises(UpdateError) as error:
        await update(("127.0.0.1", 9), "test", None, [Change(name, kind, 1, value)])
    assert error.value.code == "nonsense"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithms_are_known(algorithm: str) -> None:
    message = _composed(
        "a.test", Tsig("Key.Example", OTHER, algorithm), [Change("a.test", "A", 1, "127.0.0.1")]
    )
    assert message.had_tsig or message.to_wire()


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_may_come_back(data: bytes, signed: bool) -> None:
    change = Change("a.test", "A", 1, "127.0.0.1")
    message = _Message(_composed("a.test", Tsig("k", OTHER) if signed else None, [change]), signed=signed)
    try:
        reply = message.reply(message.wire[:2] + data)
    except Unreadable:
        return
    if reply is not None and reply.code == "NOERROR" and signed:
        assert not reply.signed


@given(st.text(max_size=700))
def test_any_text_can_be_sent(text: str) -> None:
    message = _composed("a.test", None, [Change("a.test", "TXT", 1, text)])
    read = dns.message.from_wire(message.to_wire())
    [rrset] = read.sections[2]
    assert b"".join(rrset[0].strings) == text.encode()


def test_one_spelling_of_a_value() -> None:
    assert text_of("MX", "10  MX.Example.ORG.") == "10 mx.example.org."
    assert text_of("TLSA", "3 1 1 " + "AB " * 32) == "3 1 1 " + "ab" * 32
    assert text_of("AAAA", "2001:DB8:0::1") == "2001:db8::1"
    assert text_of("TXT", "V=spf1") == "V=spf1"
    with pytest.raises(UpdateError):
        text_of("A", "x")
