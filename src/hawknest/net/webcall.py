"""One request to another program's address, and nothing beyond: no redirect is followed. RFC 9112.

Whoever can choose the address could use this server to reach what only it can reach. So the addresses of the host are looked
up once and shown to `may`, and the connection is made to one that it lets pass: a name that leads elsewhere a moment later gains
nothing.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from hawknest.dns import IpAddress

T = TypeVar("T")

HEAD: Final = 16 * 1024  # octets of an answer's head that are read

#: Looks up the addresses of a host. Raises OSError.
Lookup = Callable[[str], Awaitable[Sequence[IpAddress]]]

_LENGTH: Final = re.compile(rb"^content-length:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_MEDIA: Final = re.compile(rb"^content-type:[ \t]*([^;\s]*)", re.IGNORECASE | re.MULTILINE)
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
    """Send a body to a URL, `http` or `https`; the body of the answer is not read.

    `may` tells whether an address may be called, `seconds` is how long it all may last. Raises CallError.
    """
    lines = [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Answer:
        writer.write(_request("POST", url, "1.1", lines) + body)
        await writer.drain()
        return await _answer(reader)

    return await _within(seconds, _talk(url, context, may, talk))


async def get(
    url: str,
    *,
    context: ssl.SSLContext,
    may: Callable[[IpAddress], bool],
    seconds: float,
    limit: int,
    lookup: Lookup | None = None,
    media: str = "",
    headers: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Fetch what is at a URL, of `limit` octets at the most; but for `headers`, nothing is told about who asks.

    `may` tells whether an address may be called, `seconds` is how long it all may last, `lookup` who looks the host up (None: the
    system), `media` the type that it must have if it says any. Raises CallError.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(
            _request(
                "GET", url, "1.0", ["Accept: */*", *(f"{name}: {value}" for name, value in headers.items())]
            )
        )  # 1.0: the body comes as it is (RFC 9112 §6.1)
        await writer.drain()
        answer = await _answer(reader)
        if answer.status != 200:
            raise CallError(f"{answer.status} {answer.reason}".strip())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise CallError("the answer is not HTTP") from None
        if media and (said := _MEDIA.search(head)) and said[1].lower() != media.encode():
            raise CallError(f"the answer is not {media}")
        body = bytearray()
        while block := await reader.read(HEAD):
            body += block
            if len(body) > limit:
                raise CallError(f"the answer is longer than {limit} octets")
        if (length := _LENGTH.search(head)) and int(length[1]) != len(body):
            raise CallError("the answer broke off")
        return bytes(body)

    return await _within(seconds, _talk(url, context, may, talk, lookup))


async def _within(seconds: float, call: Coroutine[Any, Any, T]) -> T:
    """Await a call for so long, and say in plain words why it came to nothing. Raises CallError."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise CallError(f"no answer within {seconds:g} seconds") from None
    except ssl.SSLError as error:
        raise CallError(f"TLS: {getattr(error, 'verify_message', '') or error.reason or error}") from error
    except OSError as error:
        raise CallError(f"no connection: {error.strerror or error}") from error


async def _talk(
    url: str,
    context: ssl.SSLContext,
    may: Callable[[IpAddress], bool],
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[T]],
    lookup: Lookup | None = None,
) -> T:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = await _address(host, lookup or _system, may)
    reader, writer = await asyncio.open_connection(
        str(address),
        port,
        ssl=context if secure else None,
        server_hostname=host if secure else None,
        limit=HEAD,
    )
    try:
        return await talk(reader, writer)
    finally:
        writer.transport.abort()  # a polite end could be waited for in vain, and nothing more is to be said


def _request(method: str, url: str, version: str, lines: Iterable[str]) -> bytes:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = [f"{method} {target} HTTP/{version}", f"Host: {parts.netloc}", "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode("ascii")


async def _address(host: str, lookup: Lookup, may: Callable[[IpAddress], bool]) -> IpAddress:
    """The address to connect to. Raises CallError."""
    try:
        addresses = await lookup(host)
    except OSError as error:
        raise CallError(f"the name {host} leads nowhere: {error.strerror or error}") from error
    if not addresses:
        raise CallError(f"the name {host} leads nowhere")
    allowed = next((address for address in addresses if may(_plain(address))), None)
    if allowed is None:
        raise CallError(f"{host} is not on the Internet, and it was not said to be private")
    return allowed


async def _system(host: str) -> Sequence[IpAddress]:
    """Look a host up as this machine does. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


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
