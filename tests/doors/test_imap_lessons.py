"""What mail programs teach: however one of them says that a letter is junk, or is none, it is heard once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from imapdoor import Client

from hawknest.accounts.users import get
from hawknest.post.lessons import Lesson
from nests import deliver, nest


@asynccontextmanager
async def taught(directory: Path) -> AsyncIterator[tuple[Client, list[bool]]]:
    """Somebody with a letter in INBOX, and the verdicts that are heard of it."""
    async with nest(directory) as rooms:
        await deliver(rooms, b"Subject: one\r\n\r\nx\r\n")
        mia = (await rooms.store.read(lambda c: get(c, "mia@example.org"))).id
        heard: list[bool] = []

        def hear(lesson: Lesson) -> None:
            assert lesson.account_id == mia
            heard.extend([lesson.junk] * len(lesson.blobs))

        rooms.lessons.listen(hear)
        client = await Client(rooms, "mia").enter()
        await client.do("SELECT INBOX")
        yield client, heard


async def said(client: Client, *commands: str) -> None:
    for command in commands:
        assert b"\r\nt OK" in b"\r\n" + await client.do(command), command


@pytest.mark.parametrize(
    ("commands", "verdicts"),
    [
        (["UID STORE 1 +FLAGS ($Junk)"], [True]),
        (["UID STORE 1 +FLAGS.SILENT ($Junk)", "UID STORE 1 +FLAGS ($junk JUNK)"], [True]),
        (["UID STORE 1 FLAGS (\\Seen $NotJunk)", "UID STORE 1 FLAGS (\\Seen)"], [False]),
        (["UID STORE 1 +FLAGS (\\Seen $Work)", "UID STORE 1 FLAGS ()"], []),
        # Thunderbird: the mark, then the move
        (
            ["UID STORE 1 -FLAGS (NonJunk)", "UID STORE 1 +FLAGS (Junk)", "UID MOVE 1 Junk"],
            [True],
        ),
        # Apple Mail: both marks, then the move
        (
            [
                "UID STORE 1 -FLAGS ($NotJunk NotJunk)",
                "UID STORE 1 +FLAGS ($Junk Junk)",
                "UID MOVE 1 Junk",
            ],
            [True],
        ),
        # the move first, then the mark, where it is now
        (["UID MOVE 1 Junk", "SELECT Junk", "UID STORE 1 +FLAGS ($Junk)"], [True]),
        # and back
        (
            [
                *("UID STORE 1 +FLAGS (Junk)", "UID MOVE 1 Junk", "SELECT Junk"),
                *("UID STORE 1 -FLAGS (Junk)", "UID STORE 1 +FLAGS (NonJunk)", "UID MOVE 1 INBOX"),
            ],
            [True, False],
        ),
        (["UID MOVE 1 Junk", "SELECT Junk", "UID MOVE 1 INBOX"], [True, False]),
        (["UID STORE 1 +FLAGS ($Junk)", "UID STORE 1 -FLAGS ($Junk)"], [True, False]),
        (["UID MOVE 1 Junk", "SELECT Junk", "UID MOVE 1 Trash"], [True]),
        (["UID COPY 1 Junk"], [True]),
        (["UID STORE 9 +FLAGS ($Junk)"], []),
    ],
)
async def test_one_judgement_is_one_lesson(tmp_path: Path, commands: list[str], verdicts: list[bool]) -> None:
    async with taught(tmp_path) as (client, heard):
        await said(client, *commands)
        assert heard == verdicts


async def test_what_was_refused_teaches_nothing(tmp_path: Path) -> None:
    async with taught(tmp_path) as (client, heard):
        said = await client.do("UID STORE 1 (UNCHANGEDSINCE 1) +FLAGS ($Junk)")
        assert b"MODIFIED 1" in said, said
        await client.do("UID STORE 1 +FLAGS (" + " ".join(f"k{n}" for n in range(101)) + " $Junk)")
        assert heard == []
