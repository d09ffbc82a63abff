"""DANE and MTA-STS between real programs: our server, unbound and Knot with signed zones, Postfix, and HTTPS; each fails closed."""

import asyncio
import hashlib
import json
import smtplib
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import smtpsink
from interop.postfix import Postfix
from lab.laboratory import BOGUS, UNSIGNED, Lab
from smtpsink import Script, Sink
from whole.serving import Server

pytestmark = pytest.mark.peer

#: Addresses of hosts, all at one port: Postfix, whose certificate nobody vouches for; one with a trusted certificate; one without TLS.
POSTFIX, TRUSTED, CLEAR = "127.0.0.1", "127.0.0.10", "127.0.0.9"
WRONG = "00" * 32


@dataclass
class World:
    """The nest, and those it writes to."""

    lab: Lab
    server: Server
    postfix: Postfix
    trusted: Sink
    clear: Sink
    record: str  # that proves Postfix
    policies: dict[str, str] = field(default_factory=dict)

    def domain(self, name: str, address: str, *, how: str = "signed", tlsa: str = "", sts: str = "") -> str:
        """Have a domain: where its host is, and what it promises."""
        self.lab.zone(name, how)
        self.lab.add(name, "MX", f"10 mx.{name}.")
        self.lab.add(f"mx.{name}", "A", address)
        if tlsa:
            self.lab.add(f"_{self.postfix.port}._tcp.mx.{name}", "TLSA", tlsa)
        if sts:
            self.lab.add(f"_mta-sts.{name}", "TXT", "v=STSv1; id=1")
            self.lab.add(f"mta-sts.{name}", "A", "127.0.0.1")
            self.policies[f"mta-sts.{name}"] = (
                f"version: STSv1\r\nmode: {sts}\r\nmx: mx.{name}\r\nmax_age: 86400\r\n"
            )
        return name

    async def sent(self, domain: str) -> tuple[dict[str, Any], str]:
        """Send a letter there. Gives the last step of its journey and how it is told."""
        return await asyncio.to_thread(self._sent, domain)

    def _sent(self, domain: str) -> tuple[dict[str, Any], str]:
        to = f"ann@{domain}"
        with smtplib.SMTP("127.0.0.1", self.server.ports["smtp"], timeout=10) as session:
            session.sendmail("mia@example.org", to, "Subject: hello\r\n\r\nHi.\r\n")
        end = time.monotonic() + 20
        while time.monotonic() < end:
            (told,) = json.loads(self.server.hawknest("log", "trace", to, "--json"))
            if told["steps"][-1]["event"] in {"delivered", "deferred", "failed"}:
                return told["steps"][-1], self.server.hawknest("log", "trace", to)
            time.sleep(0.1)
        raise AssertionError(told)


@asynccontextmanager
async def opened(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[World]:
    """Open a world of real programs."""
    ca = trustme.CA()
    authority = tmp_path / "authority.pem"
    authority.write_bytes(ca.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))  # whom our server trusts
    policies: dict[str, str] = {}
    settings = "virtual_mailbox_domains = static:all\nvirtual_mailbox_maps = static:all/"
    async with AsyncExitStack() as stack:
        postfix = stack.enter_context(Postfix(settings))
        pages = await asyncio.start_server(_pages(policies), "127.0.0.1", 0, ssl=_context(ca, "mta-sts"))
        await stack.enter_async_context(pages)
        sinks = [
            await stack.enter_async_context(smtpsink.serve(script, address=address, port=postfix.port))
            for address, script in ((TRUSTED, Script(tls=_context(ca, "mx"))), (CLEAR, Script()))
        ]
        server = lab.nest(tmp_path / "nest", outbound_port=postfix.port)
        file = tmp_path / "nest" / "hawknest.toml"
        port = pages.sockets[0].getsockname()[1]
        file.write_text(file.read_text().replace("#sts_port = 443", f"sts_port = {port}"))
        await asyncio.to_thread(server.start)
        stack.push_async_callback(asyncio.to_thread, server.stop)
        key = x509.load_pem_x509_certificate(
            (postfix.directory / "etc" / "cert.pem").read_bytes()
        ).public_key()
        octets = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        record = f"3 1 1 {hashlib.sha256(octets).hexdigest()}"
        yield World(lab, server, postfix, *sinks, record, policies)


#: Domains that get a policy, or a host with a trusted certificate.
STS = ("sts-good", "sts-stranger", "sts-clear", "sts-testing")


def _context(ca: trustme.CA, label: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*(f"{label}.{name}.test" for name in STS)).configure_cert(made)
    return made


def _pages(
    policies: dict[str, str],
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        text = policies[head.partition("Host: ")[2].partition("\r\n")[0].partition(":")[0]]
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{text}".encode())
        await writer.drain()
        writer.close()

    return answer


async def test_dane(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(lab, tmp_path, monkeypatch) as world:
        step, told = await world.sent(world.domain("dane-good.test", POSTFIX, tlsa=world.record))
        assert (step["event"], step["detail"]["proof"]) == ("delivered", "dane"), told
        assert "certificate proven by DANE" in told
        # The same host, and a record that is not its own's; or nobody vouches for the record.
        step, told = await world.sent(world.domain("dane-wrong.test", POSTFIX, tlsa=f"3 1 1 {WRONG}"))
        assert (step["event"], step["detail"]["code"]) == ("deferred", "4.7.5"), told
        assert "DANE" in told
        step, told = await world.sent(
            world.domain("dane-unsigned.test", POSTFIX, how=UNSIGNED, tlsa=f"3 1 1 {WRONG}")
        )
        assert (step["event"], step["detail"].get("proof", "")) == ("delivered", ""), told
        assert "encrypted, not proven to whom" in told


async def test_dane_fails_closed(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(lab, tmp_path, monkeypatch) as world:
        step, told = await world.sent(world.domain("dane-bogus.test", POSTFIX, how=BOGUS, tlsa=world.record))
        assert (step["event"], step["detail"]["code"]) == ("deferred", "4.4.3"), told
        step, told = await world.sent(world.domain("dane-clear.test", CLEAR, tlsa=world.record))
        assert (step["event"], step["detail"]["code"]) == ("deferred", "4.7.4"), told
        assert not world.clear.letters
        # A zone below that cannot be validated hides the records, and no more: the host is not used all the same.
        world.domain("dane-hidden.test", POSTFIX)
        world.lab.zone("_tcp.mx.dane-hidden.test", BOGUS)
        step, told = await world.sent("dane-hidden.test")
        assert (step["event"], step["detail"]["code"]) == ("deferred", "4.7.5"), told


async def test_mta_sts(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(lab, tmp_path, monkeypatch) as world:
        step, told = await world.sent(world.domain("sts-good.test", TRUSTED, how=UNSIGNED, sts="enforce"))
        assert (step["event"], step["detail"]["proof"]) == ("delivered", "mta-sts"), told
        assert "certificate proven by MTA-STS" in told
        step, told = await world.sent(world.domain("sts-stranger.test", POSTFIX, how=UNSIGNED, sts="enforce"))
        assert (step["event"], step["detail"]["code"]) == ("deferred", "4.7.5"), told
        assert "MTA-STS" in told
        step, told = await world.sent(world.domain("sts-clear.test", CLEAR, how=UNSIGNED, sts="enforce"))
        assert (step["event"], step["detail"]["code"]) == ("deferred", "4.7.4"), told
        assert not world.clear.letters
        step, told = await world.sent(world.domain("sts-testing.test", POSTFIX, how=UNSIGNED, sts="testing"))
        assert (step["event"], step["detail"].get("proof", "")) == ("delivered", ""), told


async def test_in_clear_text(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(lab, tmp_path, monkeypatch) as world:
        step, told = await world.sent(world.domain("plain.test", CLEAR, how=UNSIGNED))
        assert step["event"] == "delivered", told
        assert "in clear text" in told
