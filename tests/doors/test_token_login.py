"""What a one-time token opens at the doors, and what it does not; and exemptions that end by themselves."""

import base64
import time
from pathlib import Path

import pytest

from hawknest.accounts import exempt, token, users
from hawknest.app.nest import Nest
from hawknest.store import Connection
from nests import converse, nest

LOCAL = "127.0.0.1"
HERE = b"MAIL FROM:<mia@example.org>\r\nRCPT TO:<tom@example.org>\r\n"
AWAY = b"MAIL FROM:<mia@example.org>\r\nRCPT TO:<kim@far.test>\r\n"


async def issued(rooms: Nest, age: float = 0.0) -> bytes:
    def job(c: Connection) -> str:
        mia = users.get(c, "mia@example.org").id
        return token.issue(c, mia, {"smtp": LOCAL, "pop3": LOCAL}, time.time() - age)

    return (await rooms.store.write(job)).encode()


async def submit(rooms: Nest, secret: bytes, then: bytes, name: bytes = b"mia", peer: str = LOCAL) -> bytes:
    proof = base64.b64encode(b"\0" + name + b"\0" + secret)
    return await converse(rooms, "submission", b"EHLO x\r\nAUTH PLAIN %b\r\n%bQUIT\r\n" % (proof, then), peer)


async def test_once_and_to_this_server_alone(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        secret = await issued(rooms)
        assert b"535 " in await submit(rooms, secret, b"", name=b"tom")
        assert b"535 " in await submit(rooms, secret, b"", name=b"nobody")
        said = await submit(rooms, secret, AWAY + b"RSET\r\n" + HERE)
        assert b"235 " in said
        assert said.count(b"550 5.7.1") == 1
        assert b"250 2.1.5" in said
        assert b"535 " in await submit(rooms, secret, HERE)
        reads = b"USER mia\r\nPASS %b\r\nSTAT\r\nQUIT\r\n" % secret
        assert b"+OK 0 letters" in await converse(rooms, "pop3", reads, LOCAL)
        assert b"-ERR [AUTH]" in await converse(rooms, "pop3", reads, LOCAL)


async def test_not_from_elsewhere_and_not_too_late(tmp_path: Path) -> None:
    async with nest(tmp_path, policies={"clear_login": "on"}) as rooms:
        assert b"535 " in await submit(rooms, await issued(rooms), b"", peer="192.0.2.9")
        assert b"535 " in await submit(rooms, await issued(rooms, age=token.LIFETIME), b"")
        assert b"235 " in await submit(rooms, await issued(rooms), b"")


async def test_a_password_that_looks_like_a_token_is_a_password(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        assert b"535 " in await submit(rooms, b"selftest-nothing", b"")
        assert b"235 " in await submit(rooms, b"sesame street 9", b"")


async def test_it_does_not_open_the_way_for_pop_before_smtp(tmp_path: Path) -> None:
    async with nest(tmp_path, policies={"pop_before_smtp": "on"}) as rooms:
        reads = b"USER mia\r\nPASS %b\r\nQUIT\r\n" % await issued(rooms)
        assert b"+OK 0 letters" in await converse(rooms, "pop3", reads, LOCAL)
        assert b"550 5.7.1" in await converse(rooms, "smtp", b"EHLO x\r\n" + AWAY + b"QUIT\r\n", LOCAL)


async def test_an_exemption_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    until = time.time() + 3600

    def hour(c: Connection) -> None:
        exempt.add(c, LOCAL, "for the first test", until)

    async def relayed(rooms: Nest) -> bool:
        said = await converse(rooms, "smtp", b"EHLO x\r\n" + AWAY + b"QUIT\r\n", LOCAL)
        assert (b"250 2.1.5" in said) is not (b"550 5.7.1" in said)
        return b"250 2.1.5" in said

    async with nest(tmp_path, change=hour) as rooms:
        assert await relayed(rooms)
        assert (await rooms.status([], "running"))["exempt"] == [{"addresses": LOCAL, "until": until}]
        monkeypatch.setattr(time, "time", lambda: until + 1)
        object.__setattr__(rooms.office, "clock", time.time)
        assert not await relayed(rooms)
        assert (await rooms.status([], "running"))["exempt"] == []
