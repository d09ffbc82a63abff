r"""A nest that is served: real rooms, real listeners, a real web door, asked over HTTP.

    async with served(tmp_path) as nest:
        async with nest.signed_in() as admin:
            assert (await admin.get("/api/v1/status")).status_code == 200

Domains example.org (ada administers all; dora administers example.com alone; mia and tom are users) and example.com (zoe).
"""

import asyncio
import contextlib
import functools
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from hawknest import config as configuration
from hawknest import store as storage
from hawknest.accounts import aliases, apitokens, domains, sessions, stewards, users
from hawknest.accounts.passwords import secrets_of
from hawknest.accounts.users import User
from hawknest.app import gates
from hawknest.app.nest import Nest, bind, opened
from hawknest.app.reload import Reloader
from hawknest.app.steward import HouseSteward
from hawknest.config import Listener, Tls
from hawknest.config.fields import Contents, Logging
from hawknest.doors.web.api.scopes import SCOPES
from hawknest.log import Log
from hawknest.store import Connection
from hawknest.wire.sasl.values import Salt

PASSWORD = "sesame street 9"
SALT = Salt(b"a salt of 16 oct", 4096)
ADMIN, STEWARD, USER = "ada@example.org", "dora@example.org", "mia@example.org"


@functools.cache
def _furnished() -> Path:
    """A database with its people, made once and copied for each test."""
    directory = Path(tempfile.mkdtemp(prefix="hawknest-test-"))
    connection = storage.prepare(storage.Settings(), directory, lambda _: None).connect()
    connection.begin()
    now, secret = time.time(), secrets_of(PASSWORD, SALT)
    domains.add(connection, "example.org", now)
    domains.add(connection, "example.com", now)
    domains.add(connection, "example.net", now, alias_of="example.org")
    users.add(connection, User(address=ADMIN, real_name="Ada", admin=True), secret, now)
    for address, name in (
        (STEWARD, "Dora"),
        (USER, "Mia"),
        ("tom@example.org", "Tom"),
        ("zoe@example.com", "Zoe"),
    ):
        users.add(connection, User(address=address, real_name=name), secret, now)
    stewards.appoint(connection, STEWARD, ["example.com"])
    aliases.add(connection, "team@example.org", [USER, "tom@example.org"])
    connection.commit()
    connection.close()
    return directory / "hawknest.sqlite"


@dataclass
class Served:
    """A nest that is served, and the ways to ask it."""

    rooms: Nest
    gates: gates.Gates
    directory: Path

    @property
    def url(self) -> str:
        """Where the administration is."""
        return f"http://127.0.0.1:{self.port('http')}"

    def port(self, service: str) -> int:
        return next(b.port for b in self.gates.bound if b.entry.service == service)

    async def write(self, job: Callable[[Connection], Any]) -> Any:
        return await self.rooms.store.write(job)

    async def cookie(self, address: str) -> str:
        """Begin a session for somebody."""

        def job(connection: Connection) -> Any:
            user = users.get(connection, address)
            return sessions.begin(
                connection, user.id, way="password", peer="127.0.0.1", agent="test", now=time.time()
            )

        return (await self.write(job)).secret

    async def token(self, address: str = ADMIN, scopes: Any = SCOPES, expires_at: float | None = None) -> str:
        """Make an API token for somebody."""

        def job(connection: Connection) -> str:
            user = users.get(connection, address)
            _, secret = apitokens.add(
                connection,
                user.id,
                label=f"test {time.monotonic()}",
                scopes=scopes,
                expires_at=expires_at,
                now=time.time(),
            )
            return secret

        return await self.write(job)

    def anybody(self, **headers: str) -> httpx2.AsyncClient:
        """A client that is not signed in."""
        return httpx2.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=30)

    async def as_(self, address: str = ADMIN) -> httpx2.AsyncClient:
        """A client with a session, as a page of ours asks."""
        cookie = await self.cookie(address)
        return self.anybody(**{"Cookie": f"hawknest={cookie}", "X-Hawknest": "1", "Origin": self.url})

    @contextlib.asynccontextmanager
    async def signed_in(self, address: str = ADMIN) -> AsyncIterator[httpx2.AsyncClient]:
        async with await self.as_(address) as client:
            yield client


@contextlib.asynccontextmanager
async def served(directory: Path, *, chores: bool = False, **contents: Any) -> AsyncIterator[Served]:
    """Serve a furnished nest; with `chores` also what goes on beside the connections."""
    shutil.copy(_furnished(), directory / "hawknest.sqlite")
    listeners = [
        Listener(service="http", address="127.0.0.1", port=0, tls=Tls.NONE, admin=True),
        Listener(service="smtp", address="127.0.0.1", port=0, tls=Tls.STARTTLS),
        Listener(service="submission", address="127.0.0.1", port=0, tls=Tls.STARTTLS),
        Listener(service="pop3", address="127.0.0.1", port=0, tls=Tls.STARTTLS),
        Listener(service="finger", address="127.0.0.1", port=0, tls=Tls.NONE, enabled=False),
    ]
    wanted = Contents(
        hostname="mx.example.org",
        profile=configuration.Profile.LOCAL,
        listener=contents.pop("listener", listeners),
        log=Logging(level="info"),
        **contents,
    )
    configuration.replace_file(directory / configuration.FILE, configuration.render(wanted))
    config = configuration.load(directory)
    log = Log(config.log())
    try:
        async with opened(config, log) as rooms, gates.opened(rooms) as open_gates:
            reloader = Reloader(rooms, open_gates)
            rooms.steward = HouseSteward(rooms, open_gates, reloader)
            for one in bind(config)[0]:
                await open_gates.open(one)
            running = [asyncio.create_task(chore) for chore in rooms.chores()] if chores else []
            try:
                yield Served(rooms, open_gates, directory)
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                await open_gates.close()
                await rooms.connections.end(1.0)
    finally:
        log.close()
