"""Mailboxes of others: who may see what, do what, and keep notes where. RFC 4314 §4, RFC 5464 §3, RFC 2342."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from imapdoor import Client

from hawknest.store import StoreError, expunge
from nests import deliver, nest

BOX = b'"Other Users/mia@example.org/INBOX"'


def shared(directory: Path, talk: Callable[[Client, Client], Awaitable[None]], letters: int = 3) -> None:
    """Have mia, the owner, and tom at the door."""

    async def main() -> None:
        async with nest(directory) as rooms:
            for number in range(letters):
                await deliver(rooms, b"Subject: letter %d\r\n\r\nbody\r\n" % number)
            mia, tom = await Client(rooms, "mia").enter(), await Client(rooms, "tom").enter()
            await talk(mia, tom)
            await mia.session.end()
            await tom.session.end()

    asyncio.run(main())


def test_nobody_sees_what_is_not_shared(tmp_path: Path) -> None:
    async def talk(mia: Client, tom: Client) -> None:
        for command in (
            b"SELECT %b",
            b"STATUS %b (MESSAGES)",
            b"MYRIGHTS %b",
            b"GETACL %b",
            b"DELETE %b",
            b"SUBSCRIBE %b",
        ):
            assert b"t NO [NONEXISTENT]" in await tom.do(command % BOX)
        assert b"Other Users" not in await tom.do('LIST "" *')
        assert b"t OK" in await mia.do("SETACL INBOX tom@example.org p")  # a right, but not to look it up
        for command in (b"SELECT %b", b"STATUS %b (MESSAGES)", b"GETACL %b"):
            assert b"t NO [NONEXISTENT]" in await tom.do(command % BOX)  # RFC 4314 §6
        assert b"Other Users" not in await tom.do('LIST "" *')

    shared(tmp_path, talk)


def test_what_is_shared_is_listed_and_read(tmp_path: Path) -> None:
    async def talk(mia: Client, tom: Client) -> None:
        await mia.do("SETACL INBOX tom@example.org lr")
        assert b'"/" "Other Users/mia@example.org/INBOX"' in await tom.do('LIST "" *')
        assert b"MYRIGHTS %b lr\r\n" % BOX in await tom.do(b"MYRIGHTS " + BOX)
        said = await tom.do(b"SELECT " + BOX)
        assert b"PERMANENTFLAGS ()" in said
        assert b"[READ-ONLY]" in said
        assert b"letter 1" in await tom.do("FETCH 2 BODY[]")
        await mia.do("EXAMINE INBOX")
        assert b"t NO [NOPERM]" in await tom.do("STORE 1 +FLAGS (\\Seen)")
        assert b"t NO [NOPERM]" in await tom.do("MOVE 1 Trash")
        assert b"t OK [COPYUID" in await tom.do("COPY 1 INBOX")
        assert b"t NO [NOPERM]" in await tom.do(b"APPEND %b {1+}\r\nx" % BOX)
        assert b"t NO [NOPERM]" in await tom.do(b"SETACL %b tom@example.org +a" % BOX)
        assert b"\\Seen" not in await mia.do("FETCH 2 FLAGS")

    shared(tmp_path, talk)


@pytest.mark.parametrize(
    ("rights", "command", "answer"),
    [
        ("lrs", "STORE 1 +FLAGS (\\Seen \\Flagged)", b"FLAGS (\\Seen"),
        ("lrw", "STORE 1 +FLAGS (\\Seen \\Flagged)", b"FLAGS (\\Flagged"),
        ("lrt", "STORE 1 +FLAGS (\\Deleted)", b"FLAGS (\\Deleted"),
        ("lrt", "STORE 1 +FLAGS (\\Seen)", b"t NO [NOPERM]"),
        ("lrt", "EXPUNGE", b"t NO [NOPERM]"),
        ("lrte", "EXPUNGE", b"t OK"),
        ("lrte", "MOVE 1 INBOX", b"[COPYUID"),
        ("lrkx", "CREATE %b/below", b"t OK"),
        ("lr", "CREATE %b/below", b"t NO [NOPERM]"),
        ("lra", "SETACL %b tom@example.org lr", b"t OK"),
        ("lri", "APPEND %b (\\Seen \\Flagged key) {1+}\r\nx", b"APPENDUID"),
    ],
)
def test_each_right_allows_what_it_is_for(rights: str, command: str, answer: bytes, tmp_path: Path) -> None:
    async def talk(mia: Client, tom: Client) -> None:
        await mia.do("CREATE box")
        await mia.do("SELECT INBOX")
        await mia.do("COPY 1:3 box")
        await mia.do("SETACL box tom@example.org " + rights)
        box = b'"Other Users/mia@example.org/box"'
        assert b"t OK" in await tom.do(b"SELECT " + box)
        octets = (
            command.encode()
            .replace(b"%b/below", b'"Other Users/mia@example.org/box/below"')
            .replace(b"%b", box)
        )
        assert answer in await tom.do(octets)

    shared(tmp_path, talk)


def test_flags_that_one_may_not_set_do_not_come_along(tmp_path: Path) -> None:
    async def talk(mia: Client, tom: Client) -> None:
        await mia.do("SETACL INBOX tom@example.org lri")
        await tom.do(b"APPEND INBOX (\\Seen \\Flagged key) {1+}\r\nx")
        await tom.do("SELECT INBOX")
        assert b"COPYUID" in await tom.do(b"COPY 1 " + BOX)
        assert b"APPENDUID" in await tom.do(b"APPEND %b (\\Seen \\Flagged key) {1+}\r\nx" % BOX)
        await mia.do("EXAMINE INBOX")
        said = await mia.do("FETCH 4:5 FLAGS")
        assert b"Seen" not in said
        assert b"Flagged" not in said
        assert b"key" not in said

    shared(tmp_path, talk)


def test_private_notes_are_private_and_shared_ones_are_not(tmp_path: Path) -> None:
    async def talk(mia: Client, tom: Client) -> None:
        await mia.do("SETACL INBOX tom@example.org lrw")
        await mia.do('SETMETADATA INBOX (/private/comment "mia" /shared/comment "both")')
        assert b"/private/comment NIL" in await tom.do(b"GETMETADATA %b /private/comment" % BOX)
        assert b'"both"' in await tom.do(b"GETMETADATA %b /shared/comment" % BOX)
        await tom.do(b'SETMETADATA %b (/private/comment "tom" /shared/comment "his")' % BOX)
        said = await mia.do("GETMETADATA INBOX (/private/comment /shared/comment)")
        assert b'/private/comment "mia"' in said
        assert b'/shared/comment "his"' in said
        await mia.do("SETACL INBOX tom@example.org lr")
        assert b"t NO [NOPERM]" in await tom.do(b'SETMETADATA %b (/shared/comment "x")' % BOX)

    shared(tmp_path, talk)


def test_the_owner_is_told_as_the_owner_to_who_administers(tmp_path: Path) -> None:
    async def talk(mia: Client, tom: Client) -> None:
        await mia.do("SETACL INBOX tom@example.org lrswipkxtea")
        said = await tom.do(b"GETACL " + BOX)
        assert b"mia@example.org lrswipkxteacd tom@example.org lrswipkxteacd\r\n" in said
        assert b"t NO [CANNOT]" in await tom.do(b"SETACL %b mia@example.org l" % BOX)

    shared(tmp_path, talk)


def test_a_move_to_somebody_else_is_a_move(tmp_path: Path) -> None:
    async def talk(mia: Client, tom: Client) -> None:
        await mia.do("SETACL INBOX tom@example.org lrswite")
        await mia.do("SELECT INBOX")
        await tom.do(b"SELECT " + BOX)
        said = await tom.do("MOVE 2 INBOX")
        assert said.index(b"* OK [COPYUID ") < said.index(b"* 2 EXPUNGE\r\n") < said.index(b"t OK")
        assert b"* 2 EXPUNGE\r\n" in await mia.do("NOOP")  # told like any that is gone
        assert b"MESSAGES 1" in await tom.do("STATUS INBOX (MESSAGES)")
        await tom.do("SELECT INBOX")
        assert b"letter 1" in await tom.do("FETCH 1 BODY[]")

    shared(tmp_path, talk)


def test_a_move_to_somebody_else_happens_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[str]:
        raise StoreError("the ground shook")

    async def talk(mia: Client, tom: Client) -> None:
        await mia.do("SETACL INBOX tom@example.org lrswite")
        await tom.do(b"SELECT " + BOX)
        with monkeypatch.context() as patch:
            patch.setattr(expunge, "remove", fail)
            assert b"t NO [UNAVAILABLE]" in await tom.do("MOVE 1:3 INBOX")
        assert b"MESSAGES 0" in await tom.do("STATUS INBOX (MESSAGES)")
        assert b"MESSAGES 3" in await mia.do("STATUS INBOX (MESSAGES)")
        assert b"t OK" in await tom.do("MOVE 1:3 INBOX")
        assert b"MESSAGES 3" in await tom.do("STATUS INBOX (MESSAGES)")
        assert b"MESSAGES 0" in await mia.do("STATUS INBOX (MESSAGES)")

    shared(tmp_path, talk)
