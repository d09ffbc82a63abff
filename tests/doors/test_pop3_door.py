"""The POP3 door where a dialogue file cannot go: two sessions, TLS, broken lines, letters by the thousand, a failing store."""

import asyncio
import base64
import contextlib
import re
import ssl
from pathlib import Path
from typing import Any

import pytest

import hawknest.doors.pop3.authorize as door
import hawknest.doors.pop3.maildrop as drops
from hawknest.app.nest import Nest
from hawknest.config import Listener, Tls
from hawknest.store import StoreError, leases
from hawknest.wire.sasl import scram
from nests import PASSWORD, Session, converse, deliver, nest

LOCAL = "127.0.0.1"
LOGIN = f"USER mia\r\nPASS {PASSWORD}\r\n".encode()


async def session(rooms: Nest, *, login: bool = True) -> Session:
    """A session at which mia is in."""
    made = Session(rooms, "pop3", LOCAL)
    await made.settle()
    if login:
        made.send(LOGIN)
        assert b"letters" in await made.settle()
    return made


async def say(made: Session, line: bytes) -> bytes:
    made.send(line + b"\r\n")
    return await made.settle()


async def test_one_session_at_a_time(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        first = await session(rooms)
        second = await session(rooms, login=False)
        second.send(LOGIN)
        assert (await second.settle()).endswith(
            b"-ERR [IN-USE] Another program is reading this mailbox now\r\n"
        )
        await first.end()  # the connection dies
        second.send(LOGIN)
        assert (await second.settle()).endswith(b"+OK 0 letters\r\n")
        await second.end()


async def test_who_leaves_without_quit_deleted_nothing(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        await deliver(rooms, b"Subject: x\r\n\r\ny\r\n")
        made = await session(rooms)
        assert await say(made, b"DELE 1") == b"+OK Marked to be deleted\r\n"
        await made.end()
        made = await session(rooms)
        assert (await say(made, b"STAT")).startswith(b"+OK 1 ")
        await say(made, b"DELE 1")
        assert await say(made, b"QUIT") == b"+OK Goodbye\r\n"
        made = await session(rooms)
        assert await say(made, b"STAT") == b"+OK 0 0\r\n"
        await made.end()


async def test_letters_that_come_meanwhile_are_for_the_next_session(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        made = await session(rooms)
        await deliver(rooms, b"Subject: x\r\n\r\ny\r\n")
        assert await say(made, b"STAT") == b"+OK 0 0\r\n"
        await say(made, b"QUIT")
        made = await session(rooms)
        assert (await say(made, b"STAT")).startswith(b"+OK 1 ")
        await made.end()


async def test_sizes_are_those_of_what_is_given_and_names_stay(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        for letter in (b"A: b\r\n\r\n.\r\n..\r\n.x\r\n", b"\r\n", b"no header\r\n"):
            await deliver(rooms, letter)
        made = await session(rooms)
        names = (await say(made, b"UIDL")).split(b"\r\n")[1:-2]
        assert len({name.split(b" ")[1] for name in names}) == 3
        assert all(len(name.split(b" ")[1]) <= 70 for name in names)  # RFC 1939 §7
        sizes = (await say(made, b"LIST")).split(b"\r\n")[1:-2]
        for row in sizes:
            number, size = row.split()
            answer = (await say(made, b"RETR " + number)).partition(b"\r\n")[2]
            assert answer.endswith(b"\r\n.\r\n")
            letter = (b"\r\n" + answer[:-3]).replace(b"\r\n.", b"\r\n")[2:]
            assert len(letter) == int(size)
        await say(made, b"QUIT")
        made = await session(rooms)
        assert (await say(made, b"UIDL")).split(b"\r\n")[1:-2] == names
        await made.end()


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r", b"\n", b"\r\n\r", b"."])
@pytest.mark.parametrize("size", [0, 1, 1000, 300_000])
async def test_the_line_end_that_a_letter_lacks_is_counted_as_it_is_given(
    tmp_path: Path, end: bytes, size: int
) -> None:
    """RFC 1939 §11: BDAT brings letters whose last line has no CRLF, small ones and those that lie in files."""
    letter = b"Subject: x\r\n\r\n" + b"y" * size + end
    mail = b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<mia@example.org>\r\nRCPT TO:<tom@example.org>\r\n"
    async with nest(tmp_path) as rooms:
        said = await converse(rooms, "smtp", mail + b"BDAT %d LAST\r\n%b" % (len(letter), letter))
        assert b"Accepted as" in said
        made = await session(rooms)
        count = int((await say(made, b"STAT")).split()[2])
        listed = await say(made, b"LIST 1")
        assert listed == b"+OK 1 %d\r\n" % count
        head, _, answer = (await say(made, b"RETR 1")).partition(b"\r\n")
        given = answer.removesuffix(b".\r\n").replace(b"\r\n.", b"\r\n")
        assert given.endswith(letter if letter.endswith(b"\r\n") else letter + b"\r\n")
        assert len(given) == count
        assert head == b"+OK %d octets" % count
        await made.end()


async def test_answers_to_pipelined_commands_do_not_pile_up(tmp_path: Path) -> None:
    """A small command may ask for much: what is owed is sent as it grows, not when the commands end."""
    async with nest(tmp_path) as rooms:
        await deliver(rooms, b"Subject: x\r\n\r\n" + (b"y" * 70 + b"\r\n") * 500)
        made = await session(rooms)
        writes: list[int] = []
        write = made.wire.write

        def count(data: bytes) -> None:
            writes.append(len(data))
            write(data)

        made.wire.write = count  # type: ignore[method-assign]
        made.send(b"RETR 1\r\n" * 200)
        said = await made.settle()
        assert said.count(b"\r\n.\r\n") == 200
        assert max(writes) < 200_000
        await made.end()


async def test_a_name_counts_for_one_password(tmp_path: Path) -> None:
    """RFC 1939 §7: PASS comes immediately after a USER that was taken."""
    async with nest(tmp_path) as rooms:
        made = await session(rooms, login=False)
        await say(made, b"USER mia")
        assert b"[AUTH]" in await say(made, b"PASS guess")
        assert await say(made, b"PASS " + PASSWORD.encode()) == b"-ERR The name first\r\n"
        await made.end()


async def test_too_many_failures_end_the_session(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        said = await converse(rooms, "pop3", b"USER mia\r\nPASS guess\r\n" * 6, LOCAL)
        assert said.count(b"[AUTH] Wrong name or password") == door.FAILURES


@pytest.mark.parametrize("name", ["mia", "ghost", "mia@example.org", "ghost@nowhere.example"])
async def test_nobody_learns_who_is_there(tmp_path: Path, name: str) -> None:
    """N27."""
    async with nest(tmp_path) as rooms:
        said = await converse(rooms, "pop3", f"USER {name}\r\nPASS guess\r\nQUIT\r\n".encode(), LOCAL)
        assert said.split(b"\r\n")[1:-1] == [
            b"+OK And the password?",
            b"-ERR [AUTH] Wrong name or password",
            b"+OK Goodbye",
        ]


async def test_an_endless_answer_in_an_exchange_is_answered_once(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        made = await session(rooms, login=False)
        assert await say(made, b"AUTH PLAIN") == b"+ \r\n"
        assert (await say(made, b"A" * 20_000)).startswith(b"-ERR ")
        assert await say(made, b"QUIT") == b"+OK Goodbye\r\n"


async def test_scram(tmp_path: Path) -> None:
    """RFC 5034 §4: the server's last word is a challenge that is answered with nothing."""
    async with nest(tmp_path) as rooms:
        made = await session(rooms, login=False)
        client = scram.client("sha256", "mia", PASSWORD)
        first = base64.b64encode(next(client))
        said = await say(made, b"AUTH SCRAM-SHA-256 " + first)
        for _ in range(2):
            found = re.fullmatch(rb"\+ (\S+)\r\n", said)
            assert found is not None, said
            try:
                answer = client.send(base64.b64decode(found[1]))
            except StopIteration:
                answer = b""
            said = await say(made, base64.b64encode(answer))
        assert said == b"+OK 0 letters\r\n"
        await made.end()


async def test_a_failing_store_leaves_no_maildrop_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = {"pop_before_smtp": "on"}
    async with nest(tmp_path, policies=policies) as rooms:
        made = await session(rooms, login=False)

        def fail(*_: Any, **__: Any) -> None:
            raise StoreError("the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(door.popbefore, "note", fail)
            made.send(LOGIN)
            assert b"-ERR [SYS/TEMP]" in await made.settle()
        made.send(LOGIN)
        assert (await made.settle()).endswith(b"+OK 0 letters\r\n")
        await made.end()


async def test_a_maildrop_that_cannot_be_read_is_free_for_other_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease goes back when the reading fails; else this worker would renew it for ever."""
    async with nest(tmp_path) as rooms:
        made = await session(rooms, login=False)

        def fail(*_: Any, **__: Any) -> None:
            raise StoreError("the disk is broken")

        with monkeypatch.context() as patched:
            patched.setattr(drops.letters, "inbox", fail)
            made.send(LOGIN)
            assert b"-ERR [SYS/TEMP]" in await made.settle()
        assert await rooms.store.read(leases.owners) == []
        made.send(LOGIN)
        assert (await made.settle()).endswith(b"+OK 0 letters\r\n")
        assert await rooms.store.read(leases.owners) == [rooms.name]
        await made.end()
        assert await rooms.store.read(leases.owners) == []


@contextlib.asynccontextmanager
async def stranger(rooms: Nest) -> Any:
    """Talk to the door over a real socket, so that TLS can begin."""
    entry = Listener(service="pop3", address=LOCAL, port=0, tls=Tls.STARTTLS)
    server = await asyncio.get_running_loop().create_server(rooms.door(entry), LOCAL, 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    assert (await reader.readline()).startswith(b"+OK")
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


async def test_what_was_said_before_tls_counts_for_nothing(tmp_path: Path) -> None:
    """N22; RFC 2595 §4: neither the name nor what was pipelined behind STLS."""
    async with nest(tmp_path) as rooms, stranger(rooms) as (reader, writer):
        writer.write(b"CAPA\r\n")
        assert b"STLS\r\n" in await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"USER mia\r\nSTLS\r\nUSER tom\r\nQUIT\r\n")
        assert (await reader.readline()).startswith(b"+OK And")
        assert (await reader.readline()).startswith(b"+OK Begin TLS")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        await writer.start_tls(context)
        writer.write(f"PASS {PASSWORD}\r\nCAPA\r\nSTLS\r\n".encode())
        assert await reader.readline() == b"-ERR The name first\r\n"
        after = await reader.readuntil(b"\r\n.\r\n")
        assert b"STLS" not in after
        assert b"SCRAM-SHA-256-PLUS" in after
        assert (await reader.readline()).startswith(b"-ERR TLS")
        writer.write(LOGIN + b"QUIT\r\n")
        assert b"+OK Goodbye\r\n" in await reader.read()


async def test_a_file_that_goes_while_a_session_has_the_maildrop_open(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        for name in (b"one", b"two"):
            await deliver(rooms, b"Subject: " + name + b"\r\n\r\n" + (b"x" * 70 + b"\r\n") * 3000)
        made = await session(rooms)
        files = sorted((tmp_path / "blobs").glob("*/*"), key=lambda path: path.name.rpartition(".")[2])
        files[0].unlink()
        assert await say(made, b"RETR 1") == (
            b"-ERR [SYS/PERM] The file of this letter is gone from the server: it can only be deleted\r\n"
        )
        assert (await say(made, b"RETR 2")).startswith(b"+OK ")
        assert await say(made, b"DELE 1") == b"+OK Marked to be deleted\r\n"
        assert await say(made, b"QUIT") == b"+OK Goodbye\r\n"
        made = await session(rooms)
        assert (await say(made, b"STAT")).startswith(b"+OK 1 ")
        await made.end()


async def test_a_disk_that_fails_in_the_middle_of_a_letter_ends_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with nest(tmp_path) as rooms:
        await deliver(rooms, b"Subject: x\r\n\r\n" + (b"x" * 70 + b"\r\n") * 60_000)
        made = await session(rooms)
        plain, reads = type(rooms.store.blobs)._next, []

        def fail(self: Any, file: Any, place: str) -> bytes:
            reads.append(place)
            if len(reads) == 3:
                raise self._unreadable(place, OSError(5, "Input/output error"))
            return plain(self, file, place)

        monkeypatch.setattr(type(rooms.store.blobs), "_next", fail)
        assert (await say(made, b"RETR 1")).startswith(b"+OK ")
        assert made.wire.closed
        await made.end()
