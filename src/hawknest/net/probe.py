"""Small trials of what others see: a port, a greeting, a certificate, a page, the time. RFC 5321 §4.3.1, RFC 9110 §6.6.1.

Each connects once, reads little, and leaves; none says more than it must.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

from hawknest.dns import AAAA, A, IpAddress, Nothing, Resolver, Unknown
from hawknest.net.tls import client_context

LINE: Final = 2048  # octets of a greeting, or of a line of a head
PAGE: Final = 64 * 1024  # octets: the longest MTA-STS policy, RFC 8461 §3.2
PATIENCE: Final = 10.0  # seconds
FAREWELL: Final = 1.0  # seconds for the answer to QUIT


class ProbeError(Exception):
    """Nobody answered as expected; the text says why in plain words."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        """Keep why, and whether somebody said no: then the way itself is open."""
        super().__init__(why)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Shown:
    """The certificate that a server showed; times are seconds since the epoch."""

    names: tuple[str, ...]
    issuer: str
    begins: float
    ends: float
    distrust: str  # why the certificate is not believed; '': it is
    self_signed: bool
    octets: bytes = field(repr=False)  # DER


class Probe:
    """Who tries; names are looked up with `resolver`."""

    def __init__(self, resolver: Resolver, patience: float = PATIENCE) -> None:
        self._resolver = resolver
        self._patience = patience

    async def greet(self, host: str, port: int, *, tls: bool = False) -> str:
        """Connect to a mail server, read the first line that it says, and leave politely. Raises ProbeError."""
        context = client_context(verify=False) if tls else None
        async with self._connected(host, port, context) as (reader, writer):
            line = await reader.readline()
            writer.write(b"QUIT\r\n")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    await reader.readline()
        if not line:
            raise ProbeError("the connection was closed without a word", refused=True)
        return "".join(c if c.isprintable() else "?" for c in line.decode("utf-8", "replace").strip())

    async def touch(self, host: str, port: int) -> None:
        """Connect, and leave at once. Raises ProbeError."""
        async with self._connected(host, port, None):
            pass

    async def certificate(self, host: str, port: int, name: str) -> Shown:
        """Begin TLS as somebody who looks for `name`, and give what is shown. Raises ProbeError."""
        distrust = ""
        for verify in (True, False):
            context = client_context(verify=verify)
            context.check_hostname = False  # the names are told apart from whether it is believed
            try:
                async with self._connected(host, port, context, name) as (_, writer):
                    octets: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            except _Distrust as error:
                distrust = str(error)
                continue
            if octets:
                return _read(octets, distrust)
        raise ProbeError("no certificate was shown")

    async def fetch(self, url: str, address: IpAddress | None = None) -> bytes:
        """Fetch a page, over HTTPS with a certificate that is believed, from this address where one is named.

        Raises ProbeError.
        """
        head, body = await self._http("GET", url, address, verify=True)
        status = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 1)[-1]
        if not status.startswith("200"):
            raise ProbeError(status[:100])
        return body

    async def date(self, url: str) -> float:
        """Ask a web server what time it is; seconds since the epoch.

        The certificate is not looked at: with a wrong clock it would look wrong itself. Raises ProbeError.
        """
        head, _ = await self._http("HEAD", url, None, verify=False)
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"date":
                try:
                    return parsedate_to_datetime(value.strip().decode("ascii", "replace")).timestamp()
                except ValueError:
                    break
        raise ProbeError("the answer has no date")

    async def _http(
        self, method: str, url: str, address: IpAddress | None, *, verify: bool
    ) -> tuple[bytes, bytes]:
        """Ask a web server one thing: the head of the answer, and its body."""
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        if not host or parts.scheme not in {"http", "https"}:
            raise ProbeError(f"{url} is no address of a page")
        port = parts.port or (443 if secure else 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        context = client_context(verify=verify) if secure else None
        try:
            async with self._connected(str(address or host), port, context, host) as (reader, writer):
                ask = f"{method} {target} HTTP/1.0\r\nHost: {parts.netloc}\r\nAccept: */*\r\n\r\n"
                writer.write(ask.encode("ascii", "replace"))
                answer = bytearray()
                while len(answer) <= PAGE and (block := await reader.read(LINE)):
                    answer += block
        except _Distrust as error:
            raise ProbeError(f"the certificate is not believed: {error}") from None
        head, blank, body = bytes(answer).partition(b"\r\n\r\n")
        if not blank or not head.startswith(b"HTTP/1."):
            raise ProbeError("the answer is not HTTP")
        if len(answer) > PAGE:
            raise ProbeError(f"the answer is longer than {PAGE} octets")
        return head, body

    @contextlib.asynccontextmanager
    async def _connected(
        self, host: str, port: int, context: ssl.SSLContext | None, name: str = ""
    ) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Be connected while the block lasts. Raises ProbeError."""
        try:
            async with asyncio.timeout(self._patience):
                address = await self._address(host)
                server_name = (name or host) if context else None
                reader, writer = await asyncio.open_connection(
                    address, port, ssl=context, server_hostname=server_name, limit=LINE
                )
                try:
                    yield reader, writer
                finally:
                    writer.transport.abort() if context else writer.close()
        except TimeoutError:
            raise ProbeError(f"no answer within {self._patience:g} seconds") from None
        except ssl.SSLCertVerificationError as error:
            raise _Distrust(error.verify_message or str(error)) from None
        except ssl.SSLError as error:
            raise ProbeError(f"TLS: {error.reason or error}", refused=True) from None
        except ConnectionRefusedError as error:
            raise ProbeError(error.strerror or "refused", refused=True) from None
        except (OSError, ValueError) as error:  # ValueError: a line without an end
            raise ProbeError(getattr(error, "strerror", None) or str(error)) from None

    async def _address(self, host: str) -> str:
        """The address of a host. Raises ProbeError."""
        with contextlib.suppress(ValueError):
            return str(ip_address(host))
        why = "it has no address"
        for kind in (A, AAAA):
            try:
                return str((await self._resolver.ask(host, kind)).records[0])
            except Nothing:
                continue
            except Unknown as error:
                why = str(error)
        raise ProbeError(f"{host}: {why}")


class _Distrust(ProbeError):
    """The certificate is not believed."""


def _read(octets: bytes, distrust: str) -> Shown:
    """Read a certificate. Raises ProbeError."""
    try:
        found = x509.load_der_x509_certificate(octets)
        try:
            extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            names = tuple(extension.value.get_values_for_type(x509.DNSName))
        except x509.ExtensionNotFound:
            names = ()
    except ValueError as error:
        raise ProbeError(f"the certificate cannot be read: {error}") from None
    return Shown(
        names=names,
        issuer=_who(found.issuer),
        begins=found.not_valid_before_utc.timestamp(),
        ends=found.not_valid_after_utc.timestamp(),
        distrust=distrust,
        self_signed=found.issuer == found.subject,
        octets=octets,
    )


def _who(name: x509.Name) -> str:
    """An issuer as people know it: the organisation, and which of its certificates."""
    wanted = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    parts = [str(one.value) for kind in wanted for one in name.get_attributes_for_oid(kind)[:1]]
    return "".join(c if c.isprintable() else "?" for c in " ".join(dict.fromkeys(parts)))[:120] or "?"
