"""Stores for tests, on both engines: fresh, migrated, gone after the test.

The fixtures (see conftest.py) give a `Nest`:

    def test_something(nest):                  # twice: on SQLite and on PostgreSQL
        nest.do(lambda c: domains.add(c, "example.com", NOW))     # one transaction, committed
        with nest.connection() as c: ...                          # a plain connection

    async def test_something_else(nest):
        async with nest.open() as store: ...   # an open Store

PostgreSQL is started once per test process from Debian's binaries, as an unprivileged user where we are root.
"""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg import sql

from hawknest.store import Connection, Database, Settings, Store, database, prepare

T = TypeVar("T")

ENGINES = ("sqlite", "postgres")
_NUMBERS = itertools.count(1)


@dataclass
class Nest:
    """A data directory and its database."""

    directory: Path
    settings: Settings
    opened: list[Connection] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return database(self.settings, self.directory)

    @contextlib.contextmanager
    def connection(self, *, readonly: bool = False) -> Generator[Connection]:
        """A plain connection, outside a transaction."""
        connection = self.database.connect(readonly=readonly)
        try:
            yield connection
        finally:
            connection.close()

    def do(self, job: Callable[[Connection], T]) -> T:
        """Run a job in a transaction of its own and commit it; what it raises undoes it."""
        if not self.opened:
            self.opened.append(self.database.connect())
        connection = self.opened[0]
        connection.begin()
        try:
            result = job(connection)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
        return result

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[Store]:
        """An open store, closed at the end."""
        store = Store(self.database, self.directory, self.settings)
        try:
            yield store
        finally:
            await store.close()

    def close(self) -> None:
        for connection in self.opened:
            connection.close()
        self.opened.clear()


class Cluster:
    """A PostgreSQL of our own, on loopback and a unix socket; `fsync` only where a test kills things.

    Raises FileNotFoundError where Debian's PostgreSQL is not installed.
    """

    def __init__(self, *, fsync: bool = False) -> None:
        self.binaries = _binaries()
        self.user = _unprivileged()
        self.directory = Path(tempfile.mkdtemp(prefix="hawknest-postgres-"))
        self.port = _free_port()
        if self.user is not None:
            os.chown(self.directory, self.user.pw_uid, self.user.pw_gid)
        self._data = self.directory / "data"
        self._run(
            "initdb",
            *("-D", str(self._data), "--auth=trust", "--username=hawknest"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        )
        self._server = self._start(fsync=fsync)
        self._ready()

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://hawknest@127.0.0.1:{self.port}/{name}"

    def create(self, template: str = "template0") -> str:
        """Make a database of its own; returns its name."""
        name = f"nest_{next(_NUMBERS)}"
        self._administer("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, name: str) -> None:
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def stop(self) -> None:
        self._server.send_signal(signal.SIGINT)  # fast shutdown: it does not wait for clients
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _administer(self, text: str, *names: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL(text).format(*(sql.Identifier(name) for name in names)))

    def _options(self) -> dict[str, object]:
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [self.binaries / program, *words],
            cwd=self.directory,
            capture_output=True,
            check=False,
            **self._options(),  # type: ignore[call-overload]
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode(errors='replace')}")

    def _start(self, *, fsync: bool) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.directory,
            "shared_buffers": "32MB",
            "max_connections": 60,
            "fsync": "on" if fsync else "off",
            "full_page_writes": "on" if fsync else "off",
            "synchronous_commit": "on" if fsync else "off",
            "autovacuum": "off",
        }
        words = [str(self.binaries / "postgres"), "-D", str(self._data)]
        words += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        if setpriv := shutil.which("setpriv"):  # it must not outlive a test run that was killed
            words = [setpriv, "--pdeathsig", "QUIT", *words]
        with (self.directory / "log").open("wb") as log:
            return subprocess.Popen(
                words,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._options(),  # type: ignore[call-overload]
            )

    def _ready(self) -> None:
        ends = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > ends or self._server.poll() is not None:
                    log = (self.directory / "log").read_text(errors="replace")
                    self.stop()
                    raise RuntimeError(f"PostgreSQL does not start: {log[-2000:]}") from None
                time.sleep(0.05)


def migrated_sqlite(directory: Path) -> Path:
    """Make a migrated database file that can be copied."""
    prepare(Settings(), directory, print)
    return directory / "hawknest.sqlite"


def migrated_postgres(cluster: Cluster, directory: Path) -> str:
    """Make a migrated database that can be a template; returns its name."""
    name = cluster.create()
    prepare(Settings(database=cluster.url(name)), directory, print)
    return name


def _binaries() -> Path:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not versions:
        raise FileNotFoundError("PostgreSQL is not installed (on Debian: apt install postgresql)")
    return versions[-1].parent


def _unprivileged() -> pwd.struct_passwd | None:
    """The user to run PostgreSQL as where we are root, which it refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise FileNotFoundError("there is no unprivileged user to run PostgreSQL as")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
