"""What is written down of conversations at the doors: everything, but no secret and no letter, however octets arrive."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forgive import forgive
from hawknest.app.nest import Nest
from hawknest.log import Conversation
from nests import PASSWORD, Session, converse, deliver, nest

LOCAL = "127.0.0.1"
SECRET = b"hunter2"
#: Whatever a letter holds, it is none of the log's business: here commands, answers and a login.
LETTER = b"Subject: hunter2\r\nAUTH PLAIN hunter2\r\n250 hunter2\r\n354 hunter2\r\nBDAT 9999\r\nhunter2\r\nDATA\r\n"


def overhear(rooms: Nest) -> list[str]:
    """Write down what is said, here."""
    told: list[str] = []
    rooms.log.conversation = lambda _channel, _session, us="S": Conversation(  # type: ignore[method-assign]
        lambda side, text: told.append(f"{side}: {text}"), us
    )
    return told


TALK = b"".join(
    (
        b"EHLO pc\r\nAUTH PLAIN aHVudGVyMg==\r\nAUTH LOGIN\r\naHVudGVyMg==\r\naHVudGVyMg==\r\n",
        b"AUTH NONSENSE\r\naHVudGVyMg==\r\nAUTH LOGIN\r\n*\r\nhunter2\r\n",
        b"MAIL FROM:<>\r\nRCPT TO:<mia@example.org>\r\nDATA\r\n%b.\r\n" % LETTER,
        b"MAIL FROM:<>\r\nRCPT TO:<mia@example.org>\r\nBDAT %020d\r\n%b" % (len(LETTER), LETTER),
        b"bdat  %d \t\r\n%bBDAT 0 LAST\t\r\n" % (len(LETTER), LETTER),
        b"BDAT %d LAST\r\n%b" % (len(LETTER), LETTER),  # of no letter, and passed over all the same
        b"BDAT 5-\r\nBDAT 5x\r\nBDAT 123456789012345678901 LAST\r\nNOOP \nBDAT 9\r\nVRFY after\r\nQUIT\r\n",
    )
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("overheard")


async def heard(directory: Path, all_cuts: Sequence[Sequence[int]]) -> list[list[str]]:
    found = []
    async with nest(directory) as rooms:
        told = overhear(rooms)
        for cuts in all_cuts:
            forgive(rooms.keys)
            await converse(rooms, "smtp", TALK, LOCAL, cuts)
            found.append([*told])
            told.clear()
    return found


def check(told: list[str]) -> None:
    text = "\n".join(told)
    assert "hunter2" not in text
    assert "aHVudGVyMg" not in text
    said = [line for line in told if line.startswith("C: ")]
    size = len(LETTER)
    assert said.count(f"C: ({size} octets of a letter)") == 4
    assert [line for line in said if "octets" not in line] == [
        *("C: EHLO pc", "C: AUTH PLAIN ***", "C: AUTH LOGIN", "C: ***", "C: ***"),
        *("C: AUTH NONSENSE", "C: ***", "C: AUTH LOGIN", "C: ***", "C: ***"),
        *("C: MAIL FROM:<>", "C: RCPT TO:<mia@example.org>", "C: DATA"),
        *("C: MAIL FROM:<>", "C: RCPT TO:<mia@example.org>", f"C: BDAT {size:020}"),
        *(f"C: bdat  {size} \t", "C: BDAT 0 LAST\t", f"C: BDAT {size} LAST"),
        *("C: BDAT 5-", "C: BDAT 5x", "C: BDAT 123456789012345678901 LAST", "C: NOOP \nBDAT 9"),
        *("C: VRFY after", "C: QUIT"),
    ]


def test_no_letter_and_no_secret_however_octets_arrive(directory: Path) -> None:
    @settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.lists(st.integers(0, len(TALK)), max_size=30), min_size=5, max_size=5))
    def tell(all_cuts: list[list[int]]) -> None:
        for told in asyncio.run(heard(directory, [[], list(range(len(TALK))), *all_cuts])):
            check(told)

    tell()


async def test_letters_that_are_read_are_told_by_their_size(tmp_path: Path) -> None:
    """Large ones go in blocks, and answers to pipelined commands go together."""
    large = LETTER + b"hunter2 hunter2\r\n" * 40_000
    async with nest(tmp_path) as rooms:
        for letter in (LETTER, large, LETTER):
            await deliver(rooms, letter)
        told = overhear(rooms)
        session = Session(rooms, "pop3", LOCAL)
        login = f"USER mia\r\nPASS {PASSWORD}\r\n"
        commands = "RETR 1\r\nLIST 1\r\nRETR 2\r\nTOP 2 30000\r\nTOP 3 1\r\nUIDL 1\r\nQUIT\r\n"
        session.send(f"AUTH PLAIN aHVudGVyMg==\r\nPASSWORD hunter2\r\n{login}{commands}".encode())
        await session.settle()
        await session.end()
    text = "\n".join(told)
    assert "hunter2" not in text
    assert PASSWORD not in text
    assert "C: PASS ***" in told
    assert (
        len([line for line in told if line.startswith("S: (") and line.endswith("octets of a letter)")]) == 4
    )
    assert told[-2:] == ["C: QUIT", "S: +OK Goodbye"]
    sizes = [int(line.split("(")[1].split()[0]) for line in told if "octets of a letter" in line]
    assert sizes[1] > len(large)


async def test_a_finger_question(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        told = overhear(rooms)
        await converse(rooms, "finger", b"mia\r\n")
        assert told[0] == "C: mia"
        assert told[1].startswith("S: ")


IMAP_TALKS = (
    b"".join(
        (
            b"a LOGIN mia hunter2\r\nb LOGIN mia {7}\r\nhunter2\r\nc LOGIN {3+}\r\nmia {7+}\r\nhunter2\r\n",
            b'h LOGIN mia "hunter2\r\ng LOGON mia hunter2\r\nmia hunter2 and more\r\n',
            b"f AUTHENTICATE NONSENSE\r\naHVudGVyMg==\r\nhunter2\r\nq LOGOUT\r\n",
        )
    ),
    b"".join(
        (
            b"a AUTHENTICATE PLAIN aHVudGVyMg==\r\ne AUTHENTICATE LOGIN\r\naHVudGVyMg==\r\naHVudGVyMg==\r\n",
            b'i LOGIN mia@example.org "%b"\r\nj LOGIN mia hunter2\r\n' % PASSWORD.encode(),
            b"k APPEND INBOX {%d+}\r\n%b\r\n" % (len(LETTER), LETTER),
            b"l APPEND nowhere {%d+}\r\n%b\r\n" % (len(LETTER), LETTER),
            b"m SELECT INBOX\r\nn FETCH 1:* (ENVELOPE BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (Subject)] PREVIEW)\r\n",
            b"o UNAUTHENTICATE\r\np LOGIN mia hunter2\r\nq LOGOUT\r\n",
        )
    ),
)


async def heard_over_imap(directory: Path, talk: bytes, all_cuts: Sequence[Sequence[int]]) -> list[list[str]]:
    found: list[list[str]] = []
    async with nest(directory) as rooms:
        told = overhear(rooms)
        for cuts in all_cuts:
            forgive(rooms.keys)
            await converse(rooms, "imap", talk, LOCAL, list(cuts))
            found.append([*told])
            told.clear()
    return found


@pytest.mark.parametrize("talk", IMAP_TALKS, ids=["refused", "let in"])
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cuts=st.lists(st.integers(0, 5000), max_size=30))
def test_imap_is_written_down_without_passwords_and_letters(
    directory: Path, talk: bytes, cuts: list[int]
) -> None:
    for told in asyncio.run(heard_over_imap(directory, talk, [[], range(len(talk)), cuts])):
        everything = "\n".join(told)
        for secret in ("hunter2", "aHVudGVyMg", PASSWORD):
            assert secret not in everything
        assert "C: a " in everything
        assert "***" in everything
        assert "S: q OK" in everything
        if talk is IMAP_TALKS[1]:
            assert "C: m SELECT INBOX" in everything
            for side in "CS":
                assert any(line.startswith(side) and "octets of a letter" in line for line in told)
