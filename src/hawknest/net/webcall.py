"""One POST to another program's address, and nothing beyond: no redirect is followed, no answer's body is read. RFC 9112.

Whoever can choose the address could use this server to reach what only it can reach. So the addresses of the host are looked
up once and shown to `may`, and the connection is made to one that it lets pass: a name that leads elsewhere a moment later gains
nothing.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from hawknest.dns import IpAddress

HEAD: Final = 16 * 1024  # octets of an answer's head that are read

_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([\x20-\x7e]{0,100})[^\r\n]*)?\r?\n")


class CallError(Exception):
    """The call could not be made, or was not answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other program said."""

    status: int
    reason: str


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    context: ssl.SSLContext,
    may: Callable[[IpAddress], bool],
    seconds: float,
) -> Answer:
    """Send a body to a URL, `http` or `https`.

    `may` tells whether an address may be called, `seconds` is how long it all may last. Raises CallError.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _post(url, body, headers, context, may)
    except TimeoutError:
        raise CallError(f"no answer within {seconds:g} seconds") from None
    except ssl.SSLError as error:
        raise CallError(f"TLS: {getattr(error, 'verify_message', '') or error.reason or error}") from error
    except OSError as error:
        raise CallError(f"no connection: {error.strerror or error}") from error


async def _post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    context: ssl.SSLContext,
    may: Callable[[IpAddress], bool],
) -> Answer:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = await _address(host, port, may)
    reader, writer = await asyncio.open_connection(
        str(address),
        port,
        ssl=context if secure else None,
        server_hostname=host if secure else None,
        limit=HEAD,
    )
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [
            f"POST {target} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode("ascii") + body)
        await writer.drain()
        return await _answer(reader)
    finally:
        writer.transport.abort()  # a polite end could be waited for in vain, and nothing more is to be said


async def _address(host: str, port: int, may: Callable[[IpAddress], bool]) -> IpAddress:
    """The address to connect to. Raises CallError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CallError(f"the name {host} leads nowhere: {error.strerror or error}") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    allowed = next((address for address in addresses if may(_plain(address))), None)
    if allowed is None:
        raise CallError(f"{host} is not on the Internet, and this webhook was not said to be private")
    return allowed


def _plain(address: IpAddress) -> IpAddress:
    """The address that another one stands for: in IPv6 an IPv4 one can be written in several ways (RFC 4291 §2.5.5, RFC 3056 §2, RFC 6052 §2.1)."""
    if address.version == 4:
        return address
    if (inner := address.ipv4_mapped or address.sixtofour) is not None:
        return inner
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(address.packed[12:])
    return address


_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")


async def _answer(reader: asyncio.StreamReader) -> Answer:
    """Read the first line of an answer. Raises CallError."""
    try:
        line = await reader.readuntil(b"\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise CallError("the answer is not HTTP") from None
    found = _STATUS.fullmatch(line)
    if found is None:
        raise CallError("the answer is not HTTP")
    return Answer(int(found[1]), (found[2] or b"").decode("ascii"))
