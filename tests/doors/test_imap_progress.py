"""A search that takes long says how far it is, and says nothing that it must take back. RFC 9585."""

import re
from pathlib import Path

import pytest
from imapdoor import Client

from hawknest.doors.imap import progress, texts
from hawknest.doors.imap.progress import BREATH, Progress
from nests import deliver, nest

_WORD = re.compile(rb'\* OK \[INPROGRESS \("t" (\d+) (\d+|NIL)\)\] [^\r\n]+\r\n')


def test_something_is_said_now_and_then() -> None:
    one = Progress()
    one.begin(100, 5.0)
    assert not one.read(10, 5.0 + BREATH / 2, "a")
    assert one.read(10, 5.0 + BREATH, "a") == 'INPROGRESS ("a" 20 100)'
    assert not one.read(10, 5.0 + BREATH * 1.9, "a")
    assert one.read(10, 5.0 + BREATH * 2, "a") == 'INPROGRESS ("a" 40 100)'
    one.begin(0, 30.0)  # nothing has to be read for the next key
    assert one.read(60, 60.0, "a") == 'INPROGRESS ("a" 100 100)'
    one.begin(100, 60.0)
    assert one.read(10, 99.0, "a") == 'INPROGRESS ("a" 110 NIL)'


@pytest.mark.parametrize(
    ("command", "told", "answer"),
    [
        ("SEARCH TEXT hello", [(2, 5), (4, 5), (5, 5)], b"* SEARCH 1 2 3 4 5\r\n"),
        ("UID SEARCH RETURN (COUNT) BODY nowhere", [(2, 5), (4, 5), (5, 5)], b"COUNT 0\r\n"),
        (
            "SEARCH SUBJECT letter UNSEEN BODY hello",
            [(2, 5), (4, 5), (5, 5), (7, None), (9, None), (10, None)],
            b"SEARCH 1",
        ),
        ("SORT (SUBJECT) UTF-8 ALL", [(2, 5), (4, 5), (5, 5)], b"* SORT "),
        ("THREAD REFERENCES UTF-8 ALL", [(2, 5), (4, 5), (5, 5)], b"* THREAD "),
        ("ESEARCH IN (personal) RETURN (COUNT) TEXT hello", [(2, 5), (4, 5), (5, 5)], b"COUNT 5\r\n"),
        ("SEARCH UNSEEN LARGER 5", [], b"* SEARCH 1 2 3 4 5\r\n"),
    ],
)
async def test_searches(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    told: list[tuple[int, int | None]],
    answer: bytes,
) -> None:
    monkeypatch.setattr(progress, "BREATH", 0.0)
    monkeypatch.setattr(texts, "PORTION", 2)
    async with nest(tmp_path) as rooms:  # in which nobody indexes
        for number in range(5):
            await deliver(rooms, b"Subject: letter %d\r\n\r\nhello\r\n" % number)
        mia = await Client(rooms, "mia").enter()
        await mia.do("SELECT INBOX")
        for _ in range(2):  # each command begins anew
            said = await mia.do(command)
            words = [(int(done), None if goal == b"NIL" else int(goal)) for done, goal in _WORD.findall(said)]
            assert words == told, said
            rest = _WORD.sub(b"", said)
            assert b"INPROGRESS" not in rest
            assert answer in rest
            assert b"\r\nt OK" in rest
            if words:
                assert said.index(b"INPROGRESS") < said.index(answer)  # and before the answer, not with it
        await mia.session.end()
