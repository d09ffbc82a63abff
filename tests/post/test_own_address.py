"""A changing address: learnt from an interface or a page, told to a provider by dyndns2, kept by the owner's word."""

import ast
import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import pytest
import trustme

from hawknest.accounts import address
from hawknest.accounts.address import Provider, Source, Standing
from hawknest.accounts.errors import AccountError
from hawknest.accounts.vault import Vault
from hawknest.log import Log
from hawknest.post import dyndns
from hawknest.post.address import AGAIN, PERIODS, Unlearnt, Watch, Ways, learnt
from hawknest.post.facts import Premises, gather
from hawknest.store import Connection, Store
from stores import Nest

VAULT = Vault(bytes(32))
AUTHORITY = trustme.CA()


@dataclass
class House:
    """An HTTPS server of somebody else: a page that says an address, and a provider."""

    says: str = "203.0.113.7"
    status: str = "200 OK"
    requests: list[bytes] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "/") -> str:
        return f"https://localhost:{self.port}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(f"HTTP/1.0 {self.status}\r\nServer: x\r\n\r\n{self.says}".encode())
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def house(**more: Any) -> AsyncIterator[House]:
    found = House(**more)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0, ssl=context)
    async with server:
        found.port = server.sockets[0].getsockname()[1]
        yield found


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def ways(*interface: str) -> Ways:
    return Ways(
        interface=lambda: [ip_address(one) for one in interface], context=trusting, may=lambda _: True
    )


# ---- what is kept


def test_the_owner_names_it(connection: Connection) -> None:
    assert address.standing(connection) == Standing()
    kept = address.fix(connection, ["203.0.113.5", "2001:DB8::5", "203.0.113.5"], 7.0)
    assert (kept.source, kept.known, kept.known_since) == (
        Source.FIXED,
        ("203.0.113.5", "2001:db8::5"),
        7.0,
    )
    facts = gather(
        connection, "example.org", Premises(host="mx.example.org", addresses=(ip_address("192.0.2.1"),))
    )
    assert (facts.ipv4, facts.ipv6) == ((ip_address("203.0.113.5"),), (ip_address("2001:db8::5"),))
    assert address.stop(connection) == Standing()
    facts = gather(
        connection, "example.org", Premises(host="mx.example.org", addresses=(ip_address("192.0.2.1"),))
    )
    assert facts.ipv4 == (ip_address("192.0.2.1"),)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda c: address.fix(c, [], 0.0),
        lambda c: address.fix(c, ["mx.example.org"], 0.0),
        lambda c: address.watch(c, Source.HTTPS, ""),
        lambda c: address.watch(c, Source.HTTPS, "http://ip.example/"),
        lambda c: address.watch(c, Source.HTTPS, "https://mia:secret@ip.example/"),
        lambda c: address.watch(c, Source.HTTPS, "https://ip.example/ HTTP/1.1\r\nX:"),
        lambda c: address.watch(c, Source.INTERFACE, "https://ip.example/"),
        lambda c: told(c, host="home"),
        lambda c: told(c, user="a:b"),
        lambda c: told(c, password="two\nlines"),
        lambda c: told(c, url="ftp://x.example/"),
    ],
)
def test_what_is_nonsense_is_refused(connection: Connection, wrong: Any) -> None:
    address.watch(connection, Source.INTERFACE)
    before = address.standing(connection)
    with pytest.raises(AccountError):
        wrong(connection)
    assert address.standing(connection) == before


def told(connection: Connection, **changed: str) -> Standing:
    words = {
        "url": "https://provider.example/nic/update",
        "host": "home.provider.example",
        "user": "mia",
        "password": "a secret",
    } | changed
    return address.tell(connection, VAULT, **words)


def test_the_password_is_sealed(connection: Connection) -> None:
    with pytest.raises(AccountError, match="say first"):
        told(connection)
    address.watch(connection, Source.INTERFACE)
    kept = told(connection)
    assert kept.provider is not None
    assert kept.provider.password(VAULT) == "a secret"
    assert "a secret" not in repr(kept) + kept.provider.sealed


# ---- how it is learnt


async def test_a_page_tells_it() -> None:
    async with house(says="203.0.113.7\n") as page:
        assert await learnt(Source.HTTPS, page.url(), ways()) == (ip_address("203.0.113.7"),)
        assert b"Hawknest" not in page.requests[0]  # nothing is told about who asks
        for said in ("", "<html>", "203.0.113.7 or so", "2001:db8::1", "999.1.1.1", "x" * 9000):
            page.says = said
            with pytest.raises(Unlearnt):
                await learnt(Source.HTTPS, page.url(), ways())
        page.says = "203.0.113.7"
        page.status = "500 Broken"
        with pytest.raises(Unlearnt, match="500 Broken"):
            await learnt(Source.HTTPS, page.url(), ways())
        page.status = "200 OK"
        with pytest.raises(Unlearnt):  # a page in the house of the server is not asked
            await learnt(Source.HTTPS, page.url(), Ways(context=trusting))


async def test_an_interface_has_it_or_has_not() -> None:
    assert await learnt(Source.INTERFACE, "", ways("2001:db8::1")) == (ip_address("2001:db8::1"),)
    with pytest.raises(Unlearnt, match="router"):
        await learnt(Source.INTERFACE, "", ways())


# ---- how a provider is told


@pytest.mark.parametrize(
    ("said", "refused", "final"),
    [
        ("good 203.0.113.7", False, False),
        ("nochg 203.0.113.7\r\n", False, False),
        ("good 203.0.113.7\nnochg 2001:db8::1", False, False),
        ("badauth", True, True),
        ("nohost", True, True),
        ("good 203.0.113.7\nnohost", True, True),
        ("abuse", True, True),
        ("911", True, False),
        ("dnserr", True, False),
        ("", True, False),
        ("<html>Login</html>", True, False),
    ],
)
def test_answers_of_providers(said: str, refused: bool, final: bool) -> None:
    found = dyndns.judged(said, "home.example")
    assert (bool(found.refused), found.final) == (refused, final)


async def test_a_provider_is_told() -> None:
    async with house(says="good 203.0.113.7") as provider:
        one = Provider(url=provider.url("/nic/update?system=x"), host="home.example", user="mia", sealed="")
        mine = [ip_address("203.0.113.7"), ip_address("2001:db8::1")]
        assert (await dyndns.tell(one, "p w", mine, trusting(), lambda _: True)).refused == ""
        [request] = provider.requests
        assert request.startswith(
            b"GET /nic/update?system=x&hostname=home.example&myip=203.0.113.7,2001:db8::1 HTTP/1.0\r\n"
        )
        assert b"\r\nAuthorization: Basic bWlhOnAgdw==\r\n" in request
        assert b"\r\nUser-Agent: Hawknest/" in request
        provider.status = "401 Unauthorized"
        assert (await dyndns.tell(one, "x", mine, trusting(), lambda _: True)).final
        provider.status = "503 Later"
        found = await dyndns.tell(one, "x", mine, trusting(), lambda _: True)
        assert (found.final, "503" in found.refused) == (False, True)
        strange = await dyndns.tell(one, "x", mine, ssl.create_default_context(), lambda _: True)
        assert "TLS" in strange.refused


# ---- all of it


@dataclass
class Followed:
    watch: Watch
    store: Store
    now: list[float]
    changes: list[None]

    async def standing(self) -> Standing:
        return await self.store.read(address.standing)

    async def round(self, later: float = 0.0) -> Standing:
        self.now[0] += later
        await self.watch.round()
        return await self.standing()


@contextlib.asynccontextmanager
async def followed(nest: Nest, its: Ways) -> AsyncIterator[Followed]:
    now, changes = [1000.0], list[None]()
    async with nest.open() as store:
        watch = Watch(
            store=store,
            vault=VAULT,
            log=Log(),
            owner="w",
            clock=lambda: now[0],
            changed=lambda: changes.append(None),
            ways=its,
        )
        yield Followed(watch, store, now, changes)


async def test_it_is_followed_and_told(sqlite_nest: Nest) -> None:
    mine = [ip_address("203.0.113.7")]
    its = ways()
    its.interface = lambda: mine
    async with house(says="good") as provider, followed(sqlite_nest, its) as here:
        assert await here.round() == Standing()  # off by itself
        await here.store.write(lambda c: address.watch(c, Source.INTERFACE))
        await here.store.write(lambda c: told(c, url=provider.url("/nic/update")))
        kept = await here.round()
        assert (kept.known, kept.told, len(here.changes)) == (("203.0.113.7",), ("203.0.113.7",), 1)
        mine[:] = [ip_address("203.0.113.8")]
        assert (await here.round(1.0)).known == ("203.0.113.7",)  # it is not looked at all the time
        kept = await here.round(PERIODS[Source.INTERFACE])
        assert (kept.known, kept.told, len(here.changes)) == (("203.0.113.8",), ("203.0.113.8",), 2)
        await here.round(PERIODS[Source.INTERFACE])
        assert len(provider.requests) == 2  # what it knows it is not told again
        mine.clear()
        kept = await here.round(PERIODS[Source.INTERFACE])
        assert ("router" in kept.problem, kept.known) == (True, ("203.0.113.8",))
        mine[:] = [ip_address("203.0.113.9")]
        provider.says = "dnserr"
        kept = await here.round(PERIODS[Source.INTERFACE])
        assert (kept.problem, bool(kept.refused), kept.final) == ("", True, False)
        await here.round(AGAIN / 2)
        assert len(provider.requests) == 3
        provider.says = "nohost"
        assert (await here.round(AGAIN)).final
        mine[:] = [ip_address("203.0.113.10")]
        await here.round(AGAIN * 9)
        assert len(provider.requests) == 4  # it has said that there is no use


async def test_what_the_owner_changes_meanwhile_holds(sqlite_nest: Nest) -> None:
    its = ways()
    async with followed(sqlite_nest, its) as here:
        await here.store.write(lambda c: address.watch(c, Source.INTERFACE))
        loop = asyncio.get_running_loop()

        def found() -> list[Any]:
            stop = here.store.write(address.stop)
            asyncio.run_coroutine_threadsafe(_awaited(stop), loop).result(10)
            return [ip_address("203.0.113.7")]

        its.interface = found
        assert await here.round() == Standing()


async def _awaited(future: Any) -> None:
    await future


def test_nobody_is_named_in_the_program() -> None:
    """Whose page or provider is asked, the owner says; the program knows none."""
    import hawknest.post.address
    import hawknest.post.dyndns

    for module in (hawknest.post.address, hawknest.post.dyndns):
        assert module.__file__
        with open(module.__file__, encoding="utf-8") as file:  # noqa: PTH123
            tree = ast.parse(file.read())
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        assert not any("https://" in text for text in texts)
