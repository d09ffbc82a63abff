"""PARITY N13, N15, N16, N18, N19 at the IMAP door: every command with bad arguments is answered, and nobody else is harmed."""

import asyncio
import contextlib
import tracemalloc
from pathlib import Path

import pytest

from forgive import forgive
from hawknest.wire.imap.grammar import GRAMMAR
from nests import PASSWORD, Session, converse, deliver, nest

ARGUMENTS = {
    "empty": b"",
    "quotes": b' "" "" ""',
    "long": b" " + b"A" * 65_000,
    "longer": b" " + b"A" * 200_000,
    "literal": b" {65000+}\r\n" + b"A" * 65_000,
    "format": b" %n%s%x",
    "nul": b" a\0b \0",
    "8bit": b" \xff\xfe \x80",
    "negative": b" -1 -1",
    "2^31": b" 2147483648 2147483648",
    "2^32": b" 4294967296 (FLAGS)",
    "2^63": b" 9223372036854775808 (FLAGS)",
    "zero": b" 0 (FLAGS)",
    "dots": b" ../../etc/passwd ../../x",
    "backslashes": b' "..\\\\..\\\\x" "..\\\\y"',
    "encoded": b" &AC4ALgAvAC4ALg- &AAA-",
    "brackets": b" " + b"(" * 5000,
    "ranges": b" " + b",".join(b"1:%d" % n for n in range(1, 5000)) + b" (FLAGS)",
}
NAMES = sorted(
    {*GRAMMAR, "APPEND", "REPLACE", "UID REPLACE", "X", "_DUMP"} - {"LOGOUT", "IDLE", "UNAUTHENTICATE"}
)
LETTER = b"Subject: one\r\nFrom: a@b.example\r\n\r\nbody\r\n"


@pytest.mark.parametrize("kind", sorted(ARGUMENTS))
def test_every_command_with_bad_arguments_is_answered(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with nest(tmp_path) as rooms:
            await deliver(rooms, LETTER)
            other = Session(rooms, "imap", "127.0.0.1")
            other.send(b'l LOGIN tom "%b"\r\n' % PASSWORD.encode())
            await other.settle()
            for known in (False, True):
                for name in NAMES:
                    sent = b"t %b%b\r\n" % (name.encode(), ARGUMENTS[kind])
                    if known:
                        sent = b'l LOGIN mia "%b"\r\ns SELECT INBOX\r\n%b' % (PASSWORD.encode(), sent)
                    forgive(rooms.keys)
                    async with asyncio.timeout(20):
                        said = await converse(rooms, "imap", sent, "127.0.0.1")
                    assert b"Something went wrong" not in said, (name, said)
                    answers = [
                        one
                        for one in said.split(b"\r\n")
                        if one[:2] in {b"t ", b"+ "} or b"BAD" in one or b"BYE" in one
                    ]
                    assert answers, (name, said)
            other.send(b"x NOOP\r\n")
            assert b"x OK" in await other.settle()
            await other.end()

    asyncio.run(main())
    made = {path.name for path in tmp_path.iterdir() if "sqlite" not in path.name}
    assert made <= {"blobs", "spool", "tls", "vault.key"}
    assert not (tmp_path.parent / "x").exists()


@pytest.mark.parametrize("password", [b'""', b"{0+}\r\n", b'" "', b"NIL"])
def test_an_empty_password_is_never_right(password: bytes, tmp_path: Path) -> None:
    async def main() -> None:
        async with nest(tmp_path) as rooms:
            said = await converse(rooms, "imap", b"a LOGIN mia " + password + b"\r\n", "127.0.0.1")
            assert b"a NO [AUTHENTICATIONFAILED]" in said

    asyncio.run(main())


def test_garbage_in_a_login_is_answered(tmp_path: Path) -> None:
    async def main() -> None:
        async with nest(tmp_path) as rooms:
            for garbage in (b"%n%s", b"====", b"\xff" * 100, b"A" * 12000, b"TlRMTVNTUAABAAAA", b"\0"):
                said = await converse(
                    rooms, "imap", b"a AUTHENTICATE PLAIN\r\n" + garbage + b"\r\nb NOOP\r\n", "127.0.0.1"
                )
                assert b"b OK" in said, said
                forgive(rooms.keys)
            said = await converse(rooms, "imap", b"a AUTHENTICATE NTLM\r\nb NOOP\r\n", "127.0.0.1")
            assert b"a NO" in said
            assert b"b OK" in said

    asyncio.run(main())


NOWHERE = [
    "../../y",
    "..",
    ".",
    "a/../b",
    "/a",
    "a/",
    "a//b",
    "",
    "a\0b",
    "&AC4ALg-/x",
    "&AAA-",
    "a\nb",
    "~root/../x",
    "a%b",
]


@pytest.mark.parametrize("name", NOWHERE)
def test_names_lead_nowhere_but_to_mailboxes(name: str, tmp_path: Path) -> None:
    """N13: whatever a mailbox is called, nothing is made outside."""

    async def main() -> None:
        async with nest(tmp_path) as rooms:
            octets = name.encode()
            written = b"{%d+}\r\n%b" % (len(octets), octets)
            sent = b'l LOGIN mia "%b"\r\n' % PASSWORD.encode() + b"".join(
                b"t%d %b\r\n" % (number, form % written)
                for number, form in enumerate(
                    [
                        b"RENAME Archive %b",
                        b"CREATE %b",
                        b"DELETE %b",
                        b"SUBSCRIBE %b",
                        b"APPEND %b {1+}\r\nx",
                        b"SELECT %b",
                        b"GETACL %b",
                        b"SETMETADATA %b (/shared/comment x)",
                    ]
                )
            )
            said = await converse(rooms, "imap", sent + b'z LIST "" *\r\n', "127.0.0.1")
            assert b"Something went wrong" not in said
            listed = [line for line in said.split(b"\r\n") if line.startswith(b"* LIST")]
            assert not [line for line in listed if b".." in line or b"//" in line or b"%" in line]

    asyncio.run(main())
    outside = {path.name for path in tmp_path.parent.iterdir()}
    assert not outside & {"y", "x", "etc"}


def test_a_mailbox_that_is_renamed_twice(tmp_path: Path) -> None:
    async def main() -> None:
        async with nest(tmp_path) as rooms:
            sent = b'l LOGIN mia "%b"\r\na RENAME Archive b\r\nb RENAME Archive c\r\nc RENAME b c\r\nd LIST "" (Archive b c)\r\n'
            said = await converse(rooms, "imap", sent % PASSWORD.encode(), "127.0.0.1")
            assert b"a OK" in said
            assert b"b NO [NONEXISTENT]" in said
            assert b"c OK" in said
            assert said.count(b"* LIST") == 1

    asyncio.run(main())


def test_a_flood_of_commands_takes_no_memory(tmp_path: Path) -> None:
    """N19: the answers to a flood that nobody reads do not gather."""

    async def main() -> None:
        async with nest(tmp_path) as rooms:
            await deliver(rooms, LETTER)
            session = Session(rooms, "imap", "127.0.0.1")
            session.send(b'l LOGIN mia "%b"\r\ns SELECT INBOX\r\n' % PASSWORD.encode())
            await session.settle()
            tracemalloc.start()
            with contextlib.suppress(TimeoutError):
                for _ in range(40):
                    session.send(b"a NOOP\r\n" * 500 + b"b FETCH 1 (FLAGS)\r\n" * 100)
                    assert session.wire.said is not None
                    await session.settle()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 8_000_000
            await session.end()

    asyncio.run(main())
