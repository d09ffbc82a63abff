"""The link: bytes meet an engine, replies coalesce, nothing grows, every wait ends."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from hawknest.net.link import BACKLOG, BINDINGS, Link, connect, server_end_point
from hawknest.net.listen import Connections, Limits, bind, serving
from hawknest.net.tls import Certificate, Settings, client_context, self_signed


class Lines:
    """The smallest engine: a line in is an event, a line out is a reply."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.out = bytearray()
        self.ended = False
        self.dropped = 0

    def feed(self, data: bytes) -> None:
        self.buffer += data

    def eof(self) -> None:
        self.ended = True

    def next_event(self) -> bytes | None:
        end = self.buffer.find(b"\n")
        if end < 0:
            return None
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        return line

    def say(self, line: bytes) -> None:
        self.out += line + b"\n"

    def outbox(self) -> bytes:
        data = bytes(self.out)
        self.out.clear()
        return data

    def drop(self) -> int:
        n = len(self.buffer)
        self.buffer.clear()
        self.dropped += n
        return n


async def echo(link: Link[bytes]) -> None:
    while (line := await link.event()) is not None:
        link.engine.say(line.upper())
    link.engine.say(f"ended {link.ended.name}".encode())


@asynccontextmanager
async def server(
    door: Callable[[Link[bytes]], Any] = echo,
    timeout: float = 5.0,
    context: ssl.SSLContext | None = None,
    seen: list[Link[bytes]] | None = None,
) -> AsyncIterator[int]:
    sock = bind("127.0.0.1", 0)

    def make() -> Link[bytes]:
        link: Link[bytes] = Link(Lines(), timeout, door)
        if seen is not None:
            seen.append(link)
        return link

    async with serving(sock, make, context):
        yield sock.getsockname()[1]


async def test_events_and_replies() -> None:
    async with server() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one\ntwo\nthr")
        assert await reader.readline() == b"ONE\n"
        assert await reader.readline() == b"TWO\n"
        writer.write(b"ee\n")
        assert await reader.readline() == b"THREE\n"
        writer.write_eof()
        assert await reader.read() == b"ended GONE\n"
        writer.close()


async def test_a_group_of_commands_is_answered_in_one_write() -> None:
    seen: list[Link[bytes]] = []
    async with server(seen=seen) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"first\n")
        await reader.readline()
        writes: list[bytes] = []
        transport = seen[0]._transport
        assert transport is not None

        class Counting:
            def __getattr__(self, name: str) -> Any:
                return getattr(transport, name)

            def write(self, data: bytes) -> None:
                writes.append(data)
                transport.write(data)

        seen[0]._transport = Counting()  # type: ignore[assignment]
        writer.write(b"a\nb\nc\n")
        await reader.readexactly(6)
        assert writes == [b"A\nB\nC\n"]
        writer.close()


async def test_silence_ends_the_wait() -> None:
    async with server(timeout=0.05) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b"ended IDLE\n"
        writer.close()


async def test_a_peer_that_never_reads_is_dropped() -> None:
    gone = asyncio.Event()

    async def flood(link: Link[bytes]) -> None:
        try:
            while link._transport is not None:
                link.engine.say(b"x" * 65536)
                await link.flush()
        finally:
            gone.set()

    async with server(flood, timeout=0.2) as port:
        sock = socket.create_connection(("127.0.0.1", port))
        async with asyncio.timeout(10):
            await gone.wait()
        sock.close()


async def test_a_busy_door_makes_the_peer_wait() -> None:
    go = asyncio.Event()
    seen: list[Link[bytes]] = []

    async def slow(link: Link[bytes]) -> None:
        await link.event()
        await go.wait()
        await echo(link)

    async with server(slow, seen=seen) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"start\n" + b"y" * 9 * 1024 * 1024 + b"\n")
        for _ in range(50):
            await asyncio.sleep(0.01)
        held = len(seen[0].engine.buffer)
        assert held < BACKLOG * 3, "the engine must not hold what nobody reads"
        go.set()
        count = 0
        while not (chunk := await reader.read(1 << 20)).endswith(b"\n"):
            count += len(chunk)
        assert count + len(chunk) == 9 * 1024 * 1024 + 1
        writer.close()


async def test_stop_ends_an_idle_door_but_not_a_letter_under_way() -> None:
    connections = Connections(Limits())
    started = asyncio.Event()

    async def door(link: Link[bytes]) -> None:
        connections.add(link)
        started.set()
        first = await link.event()
        if first == b"data":
            rest = await link.event(through_stop=True)
            link.engine.say(b"took " + (rest or b"nothing"))
        link.engine.say(b"bye")
        connections.discard(link)

    async with server(door) as port:
        idle_reader, idle = await asyncio.open_connection("127.0.0.1", port)
        busy_reader, busy = await asyncio.open_connection("127.0.0.1", port)
        busy.write(b"data\n")
        await started.wait()
        await asyncio.sleep(0.05)
        ending = asyncio.create_task(connections.end(grace=5))
        assert await idle_reader.read() == b"bye\n"
        busy.write(b"the rest\n")
        assert await busy_reader.read() == b"took the rest\nbye\n"
        await ending
        idle.close()
        busy.close()


async def test_limits_count_per_peer_and_in_all() -> None:
    connections = Connections(Limits(total=3, per_peer=2))

    def link(peer: str) -> Link[bytes]:
        made: Link[bytes] = Link(Lines(), 1)
        made.peer = peer
        return made

    first, second, third = link("192.0.2.1"), link("192.0.2.1"), link("192.0.2.1")
    assert connections.add(first)
    assert connections.add(second)
    assert not connections.add(third)
    connections.discard(third)
    connections.discard(first)
    assert connections.add(link("192.0.2.1"))
    assert connections.add(link("192.0.2.2"))
    assert not connections.add(link("192.0.2.3"))


@pytest.mark.parametrize("implicit", [True, False], ids=["implicit", "starttls"])
async def test_tls_drops_what_came_before_it(tmp_path: Path, implicit: bool) -> None:
    certificate = Certificate(Settings(), tmp_path, ["localhost", "127.0.0.1"])

    async def door(link: Link[bytes]) -> None:
        if not implicit:
            assert await link.event() == b"starttls"
            link.engine.say(b"go")
            assert await link.start_tls(certificate.context)
        assert link.tls is not None
        assert link.tls.version == "TLSv1.3"
        assert len(link.tls.server_end_point) == 32
        await echo(link)

    async with server(door, context=certificate.context if implicit else None) as port:
        client: Link[bytes] = await connect(
            Lines(),
            "127.0.0.1",
            port,
            timeout=5,
            context=client_context(verify=False) if implicit else None,
            server_hostname="localhost",
        )
        if not implicit:
            client.engine.say(b"starttls\ninjected")
            assert await client.event() == b"go"
            assert await client.start_tls(client_context(verify=False), "localhost")
        assert client.tls is not None
        client.engine.say(b"hello")
        assert await client.event() == b"HELLO"
        client.close()


async def test_a_new_certificate_needs_no_restart(tmp_path: Path) -> None:
    certificate = Certificate(Settings(), tmp_path, ["localhost"])

    async def presented(port: int) -> bytes:
        link: Link[bytes] = await connect(
            Lines(),
            "127.0.0.1",
            port,
            timeout=5,
            context=client_context(verify=False),
            server_hostname="localhost",
        )
        assert link.tls is not None
        binding = link.tls.server_end_point
        link.close()
        return binding

    async with server(context=certificate.context) as port:
        first = await presented(port)
        assert await presented(port) == first
        (tmp_path / "self-signed.pem").unlink()
        certificate.reload(Settings())
        assert await presented(port) != first


async def test_garbage_instead_of_a_handshake(tmp_path: Path) -> None:
    certificate = Certificate(Settings(), tmp_path, ["localhost"])
    outcome: list[bool] = []

    async def door(link: Link[bytes]) -> None:
        await link.event()
        outcome.append(await link.start_tls(certificate.context))

    async with server(door) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"starttls\n")
        await asyncio.sleep(0.05)
        writer.write(b"\x00" * 300)
        await reader.read()
        writer.close()
        await asyncio.sleep(0.05)
    assert outcome == [False]


async def test_the_certificate_that_the_name_chose_is_the_one_that_counts(tmp_path: Path) -> None:
    """Where the client's name (SNI) leads to another certificate, the channel binding is that one's."""
    contexts: dict[str, ssl.SSLContext] = {}
    for name in ("one.example", "other.example"):
        chain, key = self_signed(tmp_path / name, [name])
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(chain, key)
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
        BINDINGS[contexts[name]] = server_end_point(certificate.public_bytes(serialization.Encoding.DER))

    def turn(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = contexts[name or ""]

    contexts["one.example"].sni_callback = turn
    seen: list[bytes] = []

    async def door(link: Link[bytes]) -> None:
        assert await link.event() == b"starttls"
        link.engine.say(b"go")
        assert await link.start_tls(contexts["one.example"])
        assert link.tls is not None
        seen.append(link.tls.server_end_point)
        await echo(link)

    async with server(door) as port:
        for name in ("one.example", "other.example"):
            client: Link[bytes] = await connect(Lines(), "127.0.0.1", port, timeout=5)
            client.engine.say(b"starttls")
            assert await client.event() == b"go"
            assert await client.start_tls(client_context(verify=False), name)
            client.engine.say(b"hello")
            assert await client.event() == b"HELLO"
            assert client.tls is not None
            assert seen[-1] == client.tls.server_end_point
            client.close()
    assert len(set(seen)) == 2
