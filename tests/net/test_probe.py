"""Small trials of what others see: greetings, certificates, pages and clocks, and what is said where nobody answers as expected."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme

from dnsserver import DnsServer
from hawknest.net.probe import PAGE, Probe, ProbeError
from hawknest.net.resolver import Resolver, Settings

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def served(talk: Talk, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            await talk(reader, writer)
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@contextlib.asynccontextmanager
async def probe(patience: float = 2.0) -> AsyncIterator[Probe]:
    with DnsServer({"here.example A": "127.0.0.1", "empty.example TXT": '"x"'}) as names:
        async with Resolver(Settings(servers=(names.endpoint,))) as resolver:
            yield Probe(resolver, patience)


def page(octets: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(octets)
        await writer.drain()

    return talk


async def test_a_greeting_and_a_farewell() -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.example \x1b[2J ready\r\n")
        heard.append(await reader.readline())
        writer.write(b"221 bye\r\n")
        await writer.drain()

    async with served(talk) as port, probe() as one:
        assert await one.greet("here.example", port) == "220 mx.example ?[2J ready"
        await one.touch("127.0.0.1", port)
    assert heard[0] == b"QUIT\r\n"


async def test_nobody_answers() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def shut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 100_000)
        await writer.drain()

    async with probe(0.3) as one:
        async with served(silent) as port:
            with pytest.raises(ProbeError, match="no answer"):
                await one.greet("127.0.0.1", port)
        with pytest.raises(ProbeError) as caught:
            await one.greet("127.0.0.1", port)
        assert caught.value.refused
        async with served(shut) as port:
            with pytest.raises(ProbeError, match="without a word"):
                await one.greet("127.0.0.1", port)
        async with served(endless) as port:
            with pytest.raises(ProbeError):
                await one.greet("127.0.0.1", port)
        for name in ("empty.example", "nowhere.example"):
            with pytest.raises(ProbeError, match="no address"):
                await one.touch(name, 25)


async def test_a_certificate_as_it_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = trustme.CA(organization_name="Good Authority")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("mail.here.example").configure_cert(context)

    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with served(talk, context) as port, probe() as one:
        doubted = await one.certificate("127.0.0.1", port, "other.example")
        assert doubted.names == ("mail.here.example",)
        assert doubted.distrust
        assert not doubted.self_signed
        assert "Good Authority" in doubted.issuer
        roots = tmp_path / "roots.pem"
        authority.cert_pem.write_to_path(roots)
        monkeypatch.setenv("SSL_CERT_FILE", str(roots))
        assert not (await one.certificate("127.0.0.1", port, "other.example")).distrust
        with pytest.raises(ProbeError, match="not believed"):
            await one.fetch(f"https://other.example:{port}/", ip_address("127.0.0.1"))


async def test_pages_and_clocks() -> None:
    dated = b"HTTP/1.1 204 No Content\r\nDate: Tue, 24 Nov 2026 22:00:00 GMT\r\n\r\n"
    async with probe() as one:
        async with served(page(dated)) as port:
            assert await one.date(f"http://here.example:{port}/") == 1795557600.0
        async with served(page(b"HTTP/1.0 200 OK\r\n\r\nversion: STSv1\r\n")) as port:
            assert (
                await one.fetch(f"http://x.example:{port}/", ip_address("127.0.0.1")) == b"version: STSv1\r\n"
            )
        for wrong in (
            b"HTTP/1.0 404 Not Found\r\n\r\n",
            b"hello",
            b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * (PAGE + 1),
        ):
            async with served(page(wrong)) as port:
                with pytest.raises(ProbeError):
                    await one.fetch(f"http://here.example:{port}/")
        async with served(page(b"HTTP/1.0 200 OK\r\nDate: yesterday\r\n\r\n")) as port:
            with pytest.raises(ProbeError, match="no date"):
                await one.date(f"http://here.example:{port}/")
        with pytest.raises(ProbeError, match="no address of a page"):
            await one.fetch("ftp://here.example/")
