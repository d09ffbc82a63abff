"""A quota that is there: what is told of it, and that nothing passes it by any way in. RFC 9208."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from imapdoor import Client

from hawknest.accounts import users
from hawknest.app.nest import Nest
from nests import converse, deliver, nest

QUOTA = 5000  # octets
MAIL = (
    b"EHLO x\r\nMAIL FROM:<ann@example.com>%b\r\nRCPT TO:<mia@example.org>\r\nRCPT TO:<tom@example.org>\r\n"
)


def letter(octets: int) -> bytes:
    head = b"Subject: x\r\n\r\n"
    return head + b"y" * (octets - len(head) - 2) + b"\r\n"


def literal(octets: int) -> bytes:
    return b"{%d+}\r\n%b" % (octets, letter(octets))


@asynccontextmanager
async def house(directory: Path, quota: int = QUOTA) -> AsyncIterator[tuple[Nest, Client, Client]]:
    """The owner of a mailbox that has a limit, and somebody without one who may use the INBOX of the other."""
    async with nest(directory, change=lambda c: users.change(c, "mia@example.org", quota=quota)) as rooms:
        mia, tom = await Client(rooms, "mia").enter(), await Client(rooms, "tom").enter()
        yield rooms, mia, tom
        await mia.session.end()
        await tom.session.end()


async def ok(client: Client, command: str | bytes) -> bytes:
    said = await client.do(command)
    assert b"\r\nt OK" in b"\r\n" + said, said
    return said


async def full(client: Client, command: str | bytes) -> bytes:
    said = await client.do(command)
    assert b"\r\nt NO [OVERQUOTA] " in b"\r\n" + said, said
    return said


async def told(client: Client) -> tuple[int, ...]:
    """What is used and allowed: KiB, KiB, letters."""
    said = await ok(client, "GETQUOTAROOT INBOX")
    assert b'* QUOTAROOT "INBOX" mia@example.org\r\n' in said
    assert (await ok(client, "GETQUOTA mia@example.org")).split(b"\r\n")[0] in said.split(b"\r\n")
    words = said.partition(b"* QUOTA mia@example.org (")[2].partition(b")")[0].split()
    assert words[::3] == [b"STORAGE", b"MESSAGE"]
    return int(words[1]), int(words[2]), int(words[4])


async def count(client: Client, name: str = "INBOX") -> int:
    said = await ok(client, f"STATUS {name} (MESSAGES)")
    return int(said.partition(b"MESSAGES ")[2].partition(b")")[0])


async def test_usage_and_limit_are_told(tmp_path: Path) -> None:
    async with house(tmp_path) as (rooms, mia, tom):
        assert await told(mia) == (0, 4, 0)
        await ok(mia, b"APPEND INBOX " + literal(1024))
        assert await told(mia) == (1, 4, 1)
        await ok(mia, b"APPEND Sent " + literal(1025))  # every mailbox counts
        assert await told(mia) == (3, 4, 2)
        await deliver(rooms, letter(200))
        assert (await told(mia))[2] == 3
        await ok(mia, "SELECT INBOX")
        await ok(mia, "STORE 1:* +FLAGS.SILENT (\\Deleted)")
        assert b"DELETED-STORAGE " in await ok(mia, "STATUS INBOX (DELETED DELETED-STORAGE)")
        await ok(mia, "EXPUNGE")
        assert await told(mia) == (2, 4, 1)
        assert b"QUOTA tom@example.org ()" in await ok(tom, "GETQUOTA tom@example.org")
        assert b"t NO [NONEXISTENT]" in await tom.do("GETQUOTA mia@example.org")
        await ok(mia, "SETACL INBOX tom@example.org lrswi")
        said = await ok(tom, 'GETQUOTAROOT "Other Users/mia@example.org/INBOX"')
        assert b'mia@example.org/INBOX"\r\n' in said  # how full it is, is nobody else's business
        assert b"* QUOTA " not in said


async def test_a_limit_of_less_than_a_kib_is_not_none(tmp_path: Path) -> None:
    async with house(tmp_path, quota=100) as (_, mia, _):
        assert await told(mia) == (0, 1, 0)
        await full(mia, b"APPEND INBOX " + literal(101))
        await ok(mia, b"APPEND INBOX " + literal(100))
        assert await told(mia) == (1, 1, 1)


async def test_append(tmp_path: Path) -> None:
    async with house(tmp_path) as (_, mia, tom):
        await ok(mia, b"APPEND INBOX " + literal(3000))
        await full(mia, b"APPEND INBOX " + literal(2001))
        said = await mia.do("APPEND INBOX {2001}")  # asked first: then nothing need be sent
        assert said.startswith(b"t NO [OVERQUOTA]"), said
        await full(mia, b"APPEND INBOX %b %b" % (literal(1000), literal(1001)))  # all or none
        await full(mia, b"APPEND INBOX CATENATE (TEXT %b TEXT %b)" % (literal(1000), literal(1001)))
        assert await count(mia) == 1
        await ok(mia, b"APPEND INBOX %b %b" % (literal(1000), literal(1000)))
        assert await told(mia) == (5, 4, 3)
        await full(mia, b"APPEND Sent " + literal(30))
        await ok(mia, "SETACL INBOX tom@example.org lrswi")
        box = b'"Other Users/mia@example.org/INBOX" '
        await full(tom, b"APPEND " + box + literal(30))  # the owner's quota counts, not the other's
        await ok(mia, "SELECT INBOX")
        await full(mia, b"REPLACE 1 INBOX " + literal(3001))
        assert await count(mia) == 3


async def test_a_letter_that_takes_anothers_place_needs_no_more_than_its_own(tmp_path: Path) -> None:
    async with house(tmp_path) as (_, mia, _):
        await ok(mia, b"APPEND Drafts %b %b" % (literal(3000), literal(2000)))
        await ok(mia, "SELECT Drafts")
        await full(mia, b"REPLACE 1 Drafts " + literal(3001))
        await ok(mia, b"REPLACE 1 Drafts " + literal(3000))
        assert await told(mia) == (5, 4, 2)
        await ok(mia, b"UID REPLACE 2 INBOX " + literal(1000))
        assert (await count(mia, "Drafts"), await count(mia)) == (1, 1)
        assert await told(mia) == (4, 4, 2)


async def test_copy_and_move(tmp_path: Path) -> None:
    async with house(tmp_path) as (_, mia, _):
        await ok(mia, b"APPEND INBOX %b %b" % (literal(2000), literal(1000)))
        await ok(mia, "SELECT INBOX")
        await full(mia, "COPY 1:2 Archive")  # all or none
        assert await count(mia, "Archive") == 0
        await ok(mia, "COPY 1 Archive")
        assert await told(mia) == (5, 4, 3)
        await full(mia, "COPY 2 INBOX")
        await ok(mia, "MOVE 1:2 Archive")  # what only changes its place needs no room
        assert (await count(mia), await count(mia, "Archive")) == (0, 3)
        assert await told(mia) == (5, 4, 3)


@pytest.mark.parametrize("verb", ["COPY", "MOVE"])
async def test_between_accounts(tmp_path: Path, verb: str) -> None:
    async with house(tmp_path) as (_, mia, tom):
        await ok(mia, "SETACL INBOX tom@example.org lrswite")
        box = '"Other Users/mia@example.org/INBOX"'
        await ok(tom, b"APPEND INBOX %b %b" % (literal(3000), literal(2001)))
        await ok(tom, "SELECT INBOX")
        said = await full(tom, f"{verb} 1:2 {box}")
        assert b"EXPUNGE" not in said
        assert (await count(tom), await count(mia)) == (2, 0)
        await ok(tom, f"{verb} 2 {box}")
        await full(tom, f"{verb} 1 {box}")
        assert (await count(tom), await count(mia)) == (2 if verb == "COPY" else 1, 1)
        assert await told(mia) == (2, 4, 1)
        await ok(tom, f"SELECT {box}")
        await ok(tom, f"{verb} 1 INBOX")  # and back, where there is no limit
        assert await told(mia) == ((2, 4, 1) if verb == "COPY" else (0, 4, 0))


async def test_delivery(tmp_path: Path) -> None:
    async with house(tmp_path) as (rooms, mia, tom):
        await ok(mia, b"APPEND INBOX " + literal(3000))
        said = await converse(rooms, "smtp", MAIL % b" SIZE=2001" + b"QUIT\r\n")
        assert [line[:9] for line in said.split(b"\r\n")[-4:-2]] == [b"452 4.2.2", b"250 2.1.5"], said
        said = await converse(rooms, "smtp", MAIL % b" SIZE=500" + b"QUIT\r\n")
        assert b"452 4.2.2" not in said
        data = b"DATA\r\n%b.\r\nQUIT\r\n"
        said = await converse(
            rooms, "smtp", MAIL.replace(b"RCPT TO:<tom@example.org>\r\n", b"") % b"" + data % letter(2500)
        )
        assert b"452 4.2.2" in said  # to this mailbox alone, and it said nothing of its size
        assert await count(mia) == 1
        said = await converse(rooms, "smtp", MAIL % b"" + data % letter(2500))
        assert (
            b"Accepted as" in said
        )  # one full mailbox does not refuse the others, and may pass its limit by one letter
        assert (await count(mia), await count(tom)) == (2, 1)
        said = await converse(rooms, "smtp", MAIL % b"" + b"QUIT\r\n")
        assert b"452 4.2.2" in said
        await full(mia, b"APPEND INBOX " + literal(30))
        await ok(mia, "SELECT INBOX")
        await full(mia, "COPY 1 Sent")
        await ok(mia, "MOVE 1 Sent")


async def test_a_limit_that_is_lifted_holds_no_longer(tmp_path: Path) -> None:
    async with house(tmp_path, quota=1000) as (rooms, mia, _):
        await full(mia, b"APPEND INBOX " + literal(1001))
        await rooms.store.write(lambda c: users.change(c, "mia@example.org", quota=0))
        await ok(mia, b"APPEND INBOX " + literal(1001))
        assert b"* QUOTA mia@example.org ()" in await ok(mia, "GETQUOTA mia@example.org")
