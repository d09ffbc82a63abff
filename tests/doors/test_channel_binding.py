"""SCRAM-SHA-256-PLUS at every door that takes it: bound to the certificate of this very connection, never talked down. RFC 5802 §6."""

import asyncio
import base64
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from forgive import forgive
from hawknest.config.fields import Certificate as Settings
from hawknest.wire.sasl import scram
from nests import PASSWORD
from scramplus import bound
from web.pages import House, served

DOORS = ("submissions", "submission", "imaps", "imap", "pop3s", "pop3")


@dataclass
class Line:
    """A connection over TLS, and the words that its protocol has for SASL."""

    door: str
    file: Any
    sock: ssl.SSLSocket

    @property
    def certificate(self) -> bytes:
        der = self.sock.getpeercert(binary_form=True)
        assert der is not None
        return der

    def say(self, line: bytes) -> None:
        self.file.write(line + b"\r\n")
        self.file.flush()

    def answer(self) -> bytes:
        """The reply without what untagged lines tell besides."""
        while True:
            line = self.file.readline().rstrip()
            if not line.startswith(b"* ") and line[3:4] != b"-":
                return line

    def authenticate(self, mechanism: str, program: Any) -> bool:
        """Lead a mechanism; whether it ends well."""
        first = base64.b64encode(next(program))
        begin = b"a AUTHENTICATE " if self.door.startswith("imap") else b"AUTH "
        self.say(begin + mechanism.encode() + b" " + first)
        while (said := self.answer()).startswith((b"+ ", b"334 ")):
            answer = b""
            with contextlib.suppress(StopIteration):
                answer = program.send(base64.b64decode(said.partition(b" ")[2])) or b""
            self.say(base64.b64encode(answer))
        self.say(b"a LOGOUT" if self.door.startswith("imap") else b"QUIT")
        self.file.readline()
        return said.startswith((b"235", b"a OK", b"+OK"))


@contextlib.contextmanager
def line(house: House, door: str, name: str = "mx.example.org") -> Iterator[Line]:
    """Connect to a door, by STARTTLS where it is that kind."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", house.ports[door]), timeout=10) as plain:
        if not door.endswith("s"):
            lines = plain.makefile("rwb")
            lines.readline()
            if door == "submission":
                lines.write(b"EHLO x.example\r\n")
                lines.flush()
                while lines.readline()[3:4] == b"-":
                    pass
            words = {"submission": b"STARTTLS", "imap": b"a STARTTLS", "pop3": b"STLS"}[door]
            lines.write(words + b"\r\n")
            lines.flush()
            assert lines.readline().startswith((b"220", b"a OK", b"+OK"))
        with context.wrap_socket(plain, server_hostname=name) as secure:
            file = secure.makefile("rwb")
            if door.endswith("s"):
                file.readline()
            one = Line(door, file, secure)
            if door.startswith("submission"):
                one.say(b"EHLO x.example")
                assert one.answer().startswith(b"250 ")
            yield one


def end_point(certificate: bytes) -> bytes:
    return hashlib.sha256(certificate).digest()


async def tried(house: House, door: str, mechanism: str, program: Any, name: str = "mx.example.org") -> bool:
    """Try to log in at a door; `program` makes the client's side of what it knows of the certificate."""
    forgive(house.nest.keys)

    def play() -> bool:
        with line(house, door, name) as one:
            return one.authenticate(mechanism, program(one.certificate))

    return await asyncio.to_thread(play)


def plus(certificate: bytes) -> Any:
    return bound("mia@example.org", PASSWORD, end_point(certificate))


def named(header: bytes, binding: bytes = b"") -> Any:
    """A client that says this header of its own, and proves its password for it."""

    def lead(_certificate: bytes) -> Any:
        program = bound("mia@example.org", PASSWORD, binding)
        yield next(program).replace(b"p=tls-server-end-point,,", header)
        raise AssertionError("it should have been refused")

    return lead


@pytest.mark.parametrize("door", DOORS)
async def test_bound_to_the_certificate(tmp_path: Path, door: str) -> None:
    async with served(tmp_path, services=DOORS) as house:
        assert await tried(house, door, "SCRAM-SHA-256-PLUS", plus)
        assert not await tried(
            house, door, "SCRAM-SHA-256-PLUS", lambda c: plus(c + b"!")
        )  # somebody between


@pytest.mark.parametrize("door", DOORS)
async def test_nobody_is_talked_down(tmp_path: Path, door: str) -> None:
    """Who could bind and was shown no -PLUS says so (RFC 5802 §6): the list was tampered with."""
    async with served(tmp_path, services=DOORS) as house:
        assert await tried(
            house, door, "SCRAM-SHA-256", lambda _: scram.client("sha256", "mia@example.org", PASSWORD)
        )
        for mechanism, header in (
            ("SCRAM-SHA-256", b"y,,"),
            ("SCRAM-SHA-1", b"y,,"),
            ("SCRAM-SHA-256", b"p=tls-server-end-point,,"),
            ("SCRAM-SHA-256-PLUS", b"y,,"),
            ("SCRAM-SHA-256-PLUS", b"n,,"),
            ("SCRAM-SHA-256-PLUS", b"p=tls-unique,,"),
            ("SCRAM-SHA-256-PLUS", b"p=tls-exporter,,"),
        ):
            assert not await tried(house, door, mechanism, named(header)), (mechanism, header)


def issued(directory: Path, *names: str) -> Settings:
    """A certificate of an authority of our own."""
    made = trustme.CA().issue_cert(*names)
    chain, key = directory / f"{names[0]}.pem", directory / f"{names[0]}.key"
    chain.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    key.write_bytes(made.private_key_pem.bytes())
    return Settings(certificate=chain, key=key)


@pytest.mark.parametrize("door", ["submissions", "imap", "pop3s"])
async def test_a_renewed_certificate(tmp_path: Path, door: str) -> None:
    """A new connection is bound to the new one; one that was open when it came stays bound to its own."""
    async with served(tmp_path, services=DOORS) as house:
        with contextlib.ExitStack() as stack:
            before = await asyncio.to_thread(stack.enter_context, line(house, door))
            old = before.certificate
            house.nest.certificate.reload(issued(tmp_path, "mx.example.org"))
            assert await asyncio.to_thread(before.authenticate, "SCRAM-SHA-256-PLUS", plus(old))
        fresh: list[bytes] = []

        def look(certificate: bytes) -> Any:
            fresh.append(certificate)
            return plus(certificate)

        assert await tried(house, door, "SCRAM-SHA-256-PLUS", look)
        assert fresh[0] != old
        assert not await tried(house, door, "SCRAM-SHA-256-PLUS", lambda _: plus(old))
