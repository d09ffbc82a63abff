"""A nest whose pages are served on real ports, and browsers that ask it.

async with served(tmp_path) as house:
    mia = house.browser()
    await mia.sign_in("mia")
    assert (await mia.get("me")).json()["address"] == "mia@example.org"
"""

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from hawknest.app import gates
from hawknest.app.nest import Bound, Nest
from hawknest.app.reload import Reloader
from hawknest.app.steward import HouseSteward
from hawknest.config import SERVICES, Listener
from hawknest.config.fields import Coach, Dns
from hawknest.doors.web import Shelf
from hawknest.net import listen
from hawknest.store import Connection
from nests import PASSWORD, nest

API = "/api/v1/"


class Browser(httpx2.AsyncClient):
    """A browser with a jar of cookies, which asks as our own pages do."""

    def __init__(self, base: str, **more: Any) -> None:
        super().__init__(base_url=base, verify=_trusting(), **more)
        self.origin = base

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        """Ask the API as a page of ours does."""
        headers = {"X-Hawknest": "1", "Origin": self.origin} | more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return await self.request(method, API + path, headers=headers, **more)

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx2.Response:
        """Sign in with name and password."""
        return await self.ask("POST", "auth/sign-in", {"name": name, "password": password})

    async def me(self) -> httpx2.Response:
        """Ask who is signed in."""
        return await self.ask("GET", "auth/me")


@dataclass
class House:
    """A served nest."""

    nest: Nest
    ports: dict[str, int]
    browsers: contextlib.AsyncExitStack

    def base(self, service: str = "https", host: str = "127.0.0.1") -> str:
        """The beginning of the address of its pages."""
        return f"{'http' if service.startswith('http:') or service == 'http' else 'https'}://{host}:{self.ports[service]}"

    async def browser(self, service: str = "https", host: str = "127.0.0.1", **more: Any) -> Browser:
        """A new browser, which is closed with the house."""
        return await self.browsers.enter_async_context(Browser(self.base(service, host), **more))

    async def write(self, job: Callable[[Connection], Any]) -> Any:
        """Change the database."""
        result = await self.nest.store.write(job)
        self.nest.directory.refresh()
        return result


@contextlib.asynccontextmanager
async def served(
    directory: Path,
    *,
    services: tuple[str, ...] = ("http", "https"),
    admin: bool = True,
    static: Path | None = None,
    listeners: list[Listener] | None = None,
    **more: Any,
) -> AsyncIterator[House]:
    """Serve a furnished nest (see `nests.nest`) on free ports of 127.0.0.1."""
    entries = listeners or [
        Listener(
            service=service,
            port=0,
            tls=SERVICES[service].tls,
            admin=admin and service in {"http", "https"},
        )
        for service in services
    ]
    # whoever looks at the coach asks nobody outside this machine
    alone = {"dns": Dns(resolvers=["127.0.0.1:9"], timeout=0.5), "coach": Coach(strangers=False)}
    alone |= more.pop("contents", {})
    async with nest(directory, contents=alone, **more) as rooms, contextlib.AsyncExitStack() as browsers:
        contents = msgspec.structs.replace(rooms.config.contents, listener=entries)
        rooms.config = msgspec.structs.replace(rooms.config, contents=contents)
        if static is not None:
            rooms.shelf = Shelf(static)
        async with gates.opened(rooms) as doors:
            rooms.steward = HouseSteward(rooms, doors, Reloader(rooms, doors))
            for entry in entries:
                await doors.open(Bound(entry, listen.bind(entry.address, 0)))
            ports = {bound.entry.service: bound.port for bound in doors.bound}
            try:
                yield House(rooms, ports, browsers)
            finally:
                await browsers.aclose()
                await doors.close()
                await rooms.connections.end(5.0)


def _trusting() -> ssl.SSLContext:
    """The certificate is our own, and no test is about it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
