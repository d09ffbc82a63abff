r"""A whole nest inside a test: real rooms over a real SQLite store, talked to without sockets.

    async with nest(tmp_path) as rooms:
        said = await converse(rooms, "smtp", b"EHLO x\\r\\nQUIT\\r\\n", peer="192.0.2.9")

Domains example.org (users mia and tom, password `sesame street 9`; alias team -> mia, tom), alias domain example.net.
"""

import asyncio
import contextlib
import functools
import itertools
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hawknest import store as storage
from hawknest.accounts import aliases, domains, exempt, settings, users
from hawknest.accounts.passwords import secrets_of
from hawknest.accounts.users import User
from hawknest.app.nest import Nest, opened
from hawknest.config import Config, Listener, Tls
from hawknest.config.fields import Contents
from hawknest.log import Log
from hawknest.net.link import Link
from hawknest.store import Connection
from hawknest.wire.sasl.values import Salt
from zone import Zone

PASSWORD = "sesame street 9"
STRANGER = "192.0.2.9"
#: The salt of mia and tom, always the same, so that a dialogue can hold the proofs of SCRAM.
SALT = Salt(b"a salt of 16 oct", 4096)


@functools.cache
def _secret() -> Any:
    return secrets_of(PASSWORD, SALT)


@functools.cache
def _furnished() -> Path:
    """A database with its people, made once and copied for each test."""
    directory = Path(tempfile.mkdtemp(prefix="hawknest-test-"))
    connection = storage.prepare(storage.Settings(), directory, lambda _: None).connect()
    connection.begin()
    furnish(connection)
    connection.commit()
    connection.close()
    return directory / "hawknest.sqlite"


def furnish(connection: Connection) -> None:
    """Fill a nest with its people."""
    now = time.time()
    domains.add(connection, "example.org", now)
    domains.add(connection, "example.net", now, alias_of="example.org")
    users.add(connection, User(address="mia@example.org", real_name="Mia"), _secret(), now)
    users.add(connection, User(address="tom@example.org", real_name="Tom"), _secret(), now)
    aliases.add(connection, "team@example.org", ["mia@example.org", "tom@example.org"])


def config(directory: Path, **contents: Any) -> Config:
    """A configuration with no listeners."""
    return Config(directory=directory, contents=Contents(hostname="mx.example.org", **contents))


@contextlib.asynccontextmanager
async def nest(
    directory: Path,
    *,
    policies: dict[str, str] | None = None,
    exemptions: Sequence[str] = (),
    change: Any = None,
    zone: Zone | None = None,
) -> AsyncIterator[Nest]:
    """A furnished nest, with some policies set and addresses exempt; `change` may do more with a connection.

    The letters of strangers are looked over with what `zone` knows; without it they are not.
    """
    shutil.copy(_furnished(), directory / "hawknest.sqlite")
    connection = storage.prepare(storage.Settings(), directory, lambda _: None).connect()
    connection.begin()
    for name, value in ((policies or {}) | ({} if zone else {"check_senders": "off"})).items():
        settings.set_policy(connection, name, value)
    for spec in exemptions:
        exempt.add(connection, spec, confirmed=True)
    if change is not None:
        change(connection)
    connection.commit()
    connection.close()
    async with opened(config(directory), Log()) as rooms:
        rooms.office = replace(rooms.office, checks=replace(rooms.office.checks, resolver=zone or Zone()))
        yield rooms


class Wire:
    """A transport that remembers what was written."""

    def __init__(self, peer: str, secure: bool) -> None:
        self.peer = peer
        self.secure = secure
        self.said = bytearray()
        self.closed = False
        self.link: Link[Any] | None = None

    def get_extra_info(self, name: str) -> Any:
        return {"peername": (self.peer, 4321), "sockname": ("192.0.2.1", 25)}.get(name)

    def write(self, data: bytes) -> None:
        self.said += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


class Session:
    """One connection to a door, fed by hand."""

    def __init__(
        self, rooms: Nest, service: str, peer: str = STRANGER, entry: Listener | None = None
    ) -> None:
        entry = entry or Listener(service=service, address="127.0.0.1", port=0, tls=Tls.NONE)
        self.link = rooms.door(entry)()
        self.wire = Wire(peer, secure=False)
        self.link.connection_made(self.wire)  # type: ignore[arg-type]

    def send(self, data: bytes) -> None:
        self.link.data_received(data)

    async def settle(self) -> bytes:
        """Wait until the door waits for more, and give what it has said since the last time."""
        for _ in range(10_000):
            await asyncio.sleep(0)
            waiter, task = self.link._waiter, self.link.task
            if (waiter is not None and not waiter.done()) or (task is not None and task.done()):
                break
            await asyncio.sleep(0.0005)
        said = bytes(self.wire.said)
        self.wire.said.clear()
        return said

    async def end(self) -> bytes:
        """Close our side, and give the rest of what was said."""
        self.link.eof_received()
        assert self.link.task is not None
        await self.link.task
        return bytes(self.wire.said)


async def converse(
    rooms: Nest, service: str, sent: bytes, peer: str = STRANGER, cuts: Sequence[int] = ()
) -> bytes:
    """Send octets, cut anywhere, and give all that the door said until the end."""
    session = Session(rooms, service, peer)
    edges = sorted({0, len(sent), *(cut % (len(sent) + 1) for cut in cuts)})
    greeting = await session.settle()
    for start, stop in itertools.pairwise(edges):
        session.send(sent[start:stop])
        await asyncio.sleep(0)
    return greeting + await session.end()


async def deliver(rooms: Nest, letter: bytes, to: str = "mia@example.org") -> None:
    """File a letter for somebody, by the door."""
    dialogue = b"HELO x\r\nMAIL FROM:<ann@example.com>\r\nRCPT TO:<%b>\r\nDATA\r\n%b.\r\nQUIT\r\n"
    stuffed = letter.replace(b"\r\n.", b"\r\n..")
    said = await converse(rooms, "smtp", dialogue % (to.encode(), stuffed))
    assert b"Accepted as" in said, said
