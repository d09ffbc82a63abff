"""Finger: one question, one answer; nobody learns more than what a user chose to tell. RFC 1288."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.fuzz_finger import fuzz
from hawknest.accounts import users
from hawknest.accounts.users import User
from hawknest.doors.finger import NO_FORWARDING, NO_LIST, NO_QUESTION, SILENT, answer
from hawknest.doors.finger import Rooms as FingerRooms
from hawknest.store import Connection
from hawknest.wire import finger
from nests import Session, converse, nest

TEXT = "I am away.\nBack \x1b[31mon Monday\x07: さようなら"


def furnish(connection: Connection) -> None:
    """Let kai tell something."""
    users.add(
        connection, User(address="kai@example.org", real_name="Kai", finger_text=TEXT), None, time.time()
    )


@pytest.mark.parametrize(
    "question", [b"kai", b"KAI", b"kai@example.org", b"/W kai", b"/w kai", b" kai ", b"kai@EXAMPLE.NET"]
)
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
async def test_what_a_user_tells(tmp_path: Path, question: bytes, line_end: bytes) -> None:
    """RFC 1288 §3.3: nothing that could drive a terminal comes out, and lines end with CRLF."""
    async with nest(tmp_path, change=furnish) as rooms:
        said = await converse(rooms, "finger", question + line_end)
        assert said.decode() == "I am away.\r\nBack [31mon Monday: さようなら\r\n"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (b"mia", SILENT),  # she tells nothing
        (b"ghost", SILENT),
        (b"team", SILENT),
        (b"postmaster", SILENT),
        (b"mia@nowhere.example", SILENT),
        (b"mia@[192.0.2.1]", SILENT),
        (b"../../etc/passwd", SILENT),
        (b"%n%s", SILENT),
        (b"\xff\x00", SILENT),
        (b"", NO_LIST),
        (b"/W", NO_LIST),
        (b"@", NO_FORWARDING),
        (b"@example.org", NO_FORWARDING),
        (b"kai@example.org@elsewhere.example", NO_FORWARDING),
        (b"x" * 4096, NO_QUESTION),
    ],
)
async def test_what_nobody_learns(tmp_path: Path, question: bytes, words: str) -> None:
    async with nest(tmp_path, change=furnish) as rooms:
        assert await converse(rooms, "finger", question + b"\r\n") == words.encode() + b"\r\n"


async def test_a_question_without_end_is_not_waited_for(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        made = Session(rooms, "finger")
        made.send(b"x" * 600)
        assert await made.settle() == NO_QUESTION.encode() + b"\r\n"
        assert made.wire.closed


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=700), st.integers(1, 50))
def test_any_octets(data: bytes, step: int) -> None:
    """One question at the most comes out, of one line, however the octets are cut."""
    events = []
    for size in (step, len(data) or 1):
        server = finger.Server()
        found = []
        for start in range(0, len(data), size):
            server.feed(data[start : start + size])
            while (event := server.next_event()) is not None:
                found.append(event)
        server.eof()
        assert server.next_event() is None
        events.append(found)
    assert events[0] == events[1]
    assert len(events[0]) <= 1
    for event in events[0]:
        if isinstance(event, finger.Query):
            assert "\n" not in event.text
            server.say(event.text)
            assert set(server.outbox().replace(b"\r\n", b"")) & set(range(9)) == set()


async def test_any_question_has_an_answer(tmp_path: Path) -> None:
    async with nest(tmp_path, change=furnish) as rooms:
        asked = FingerRooms(rooms.store, rooms.directory, rooms.log)
        for number in range(0, 0x3000, 7):
            for question in (
                chr(number),
                f"kai{chr(number)}",
                f"kai@{chr(number)}",
                f"kai+{chr(number)}@example.org",
            ):
                assert await answer(question, asked)


@given(
    st.lists(
        st.sampled_from([b"mia", b"@", b"/W ", b"\r\n", b"\n", b"\0", b"\x1b[2J", b"x" * 300])
        | st.binary(max_size=9)
    )
)
def test_the_fuzz_target(pieces: list[bytes]) -> None:
    fuzz(b"".join(pieces))
