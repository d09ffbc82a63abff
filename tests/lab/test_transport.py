"""DANE and MTA-STS between real programs: our server, unbound and Knot with signed zones, Postfix, and HTTPS; each fails closed."""

import asyncio
import hashlib
import json
import smtplib
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
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
from lab.laboratory import BOGUS, SIGNED, UNSIGNED, Lab
from smtpsink import Script, Sink
from whole.serving import Server

pytestmark = [pytest.mark.peer, pytest.mark.slow]

#: Addresses of hosts, all at one port: Postfix, whose certificate nobody vouches for; one with a trusted certificate; one without TLS.
POSTFIX, TRUSTED, CLEAR = "127.0.0.1", "127.0.0.10", "127.0.0.9"
RIGHT, WRONG = "right", f"3 1 1 {'00' * 32}"


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

    def domain(
        self, name: str, *, address: str, how: str = SIGNED, tlsa: str = "", sts: str = "", hidden: str = ""
    ) -> None:
        """Have a domain: where its host is, and what it promises."""
        self.lab.zone(name, how)
        self.lab.add(name, "MX", f"10 mx.{name}.")
        self.lab.add(f"mx.{name}", "A", address)
        if tlsa:
            self.lab.add(
                f"_{self.postfix.port}._tcp.mx.{name}", "TLSA", self.record if tlsa == RIGHT else tlsa
            )
        if hidden:
            self.lab.zone(f"_tcp.mx.{name}", BOGUS)
        if sts:
            self.lab.add(f"_mta-sts.{name}", "TXT", "v=STSv1; id=1")
            self.lab.add(f"mta-sts.{name}", "A", "127.0.0.1")
            self.policies[f"mta-sts.{name}"] = (
                f"version: STSv1\r\nmode: {sts}\r\nmx: mx.{name}\r\nmax_age: 86400\r\n"
            )

    async def sent(self, *domains: str) -> list[tuple[dict[str, Any], str]]:
        """Send a letter to each. Gives the last steps of their journeys and how they are told."""
        return await asyncio.to_thread(self._sent, domains)

    def _sent(self, domains: Sequence[str]) -> list[tuple[dict[str, Any], str]]:
        with smtplib.SMTP("127.0.0.1", self.server.ports["smtp"], timeout=20) as session:
            for domain in domains:
                session.sendmail("mia@example.org", f"ann@{domain}", "Subject: hello\r\n\r\nHi.\r\n")
        return [self._told(f"ann@{domain}") for domain in domains]

    def _told(self, to: str) -> tuple[dict[str, Any], str]:
        end = time.monotonic() + 30
        while True:
            (told,) = json.loads(self.server.hawknest("log", "trace", to, "--json"))
            if told["steps"][-1]["event"] in {"delivered", "deferred", "failed"}:
                return told["steps"][-1], self.server.hawknest("log", "trace", to)
            assert time.monotonic() < end, told
            time.sleep(0.5)


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
STS = ("sts-good", "sts-stranger", "sts-clear", "sts-testing", "both")


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


#: How a domain is, and what comes of a letter to it: the event, the code or what proved the host, and what people read.
CASES: dict[str, tuple[dict[str, str], tuple[str, str, str]]] = {
    "dane-good": (
        {"address": POSTFIX, "tlsa": RIGHT},
        ("delivered", "dane", "certificate proven by DANE"),
    ),
    "dane-wrong": ({"address": POSTFIX, "tlsa": WRONG}, ("deferred", "4.7.5", "DANE")),
    "dane-clear": ({"address": CLEAR, "tlsa": RIGHT}, ("deferred", "4.7.4", "TLS")),
    "dane-bogus": ({"address": POSTFIX, "how": BOGUS, "tlsa": RIGHT}, ("deferred", "4.4.3", "")),
    # A zone that cannot be validated hides the records alone: the host is not used all the same.
    "dane-hidden": ({"address": POSTFIX, "hidden": "yes"}, ("deferred", "4.7.5", "DANE")),
    "dane-unsigned": (
        {"address": POSTFIX, "how": UNSIGNED, "tlsa": WRONG},
        ("delivered", "", "encrypted, not proven to whom"),
    ),
    "sts-good": (
        {"address": TRUSTED, "how": UNSIGNED, "sts": "enforce"},
        ("delivered", "mta-sts", "certificate proven by MTA-STS"),
    ),
    "sts-stranger": (
        {"address": POSTFIX, "how": UNSIGNED, "sts": "enforce"},
        ("deferred", "4.7.5", "MTA-STS"),
    ),
    "sts-clear": ({"address": CLEAR, "how": UNSIGNED, "sts": "enforce"}, ("deferred", "4.7.4", "MTA-STS")),
    "sts-testing": (
        {"address": POSTFIX, "how": UNSIGNED, "sts": "testing"},
        ("delivered", "", "encrypted, not proven to whom"),
    ),
    "both": ({"address": TRUSTED, "tlsa": WRONG, "sts": "enforce"}, ("deferred", "4.7.5", "DANE")),
    "plain": ({"address": CLEAR, "how": UNSIGNED}, ("delivered", "", "in clear text")),
}


async def test_what_comes_of_letters(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(lab, tmp_path, monkeypatch) as world:
        for name, (terms, _) in CASES.items():
            world.domain(f"{name}.test", **terms)
        told = await world.sent(*(f"{name}.test" for name in CASES))
        came = {
            name: (
                step["event"],
                step["detail"]["code"] if step["event"] == "deferred" else step["detail"].get("proof", ""),
            )
            for name, (step, _) in zip(CASES, told, strict=True)
        }
        assert came == {name: wanted[:2] for name, (_, wanted) in CASES.items()}
        for (_, words), (_, wanted) in zip(told, CASES.values(), strict=True):
            assert wanted[2] in words
        assert [letter.recipients[0][0] for letter in world.clear.letters] == ["ann@plain.test"]
        assert [letter.tls for letter in world.trusted.letters] == [True]
