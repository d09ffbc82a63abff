"""One question to one resolver: over UDP, and over TCP where the answer is too long for that. RFC 1035 §4.2, RFC 7766 §5.

Each question has a socket of its own, connected to the resolver: its port, chosen by the system, is one more thing that a
forger must guess (RFC 5452 §9.2), and a resolver that is not there is noticed at once.
"""

import asyncio
import contextlib
from typing import Any, Final, Generic, Protocol, TypeVar

from hawknest.dns import DnsError, Malformed, Silent, Truncated, Unreachable
from hawknest.net.resolver_message import Unreadable


class Said(Protocol):
    """A reply that may have to be fetched again over TCP."""

    @property
    def truncated(self) -> bool:
        """Whether it did not fit into UDP."""
        ...


R = TypeVar("R", bound=Said)
R_co = TypeVar("R_co", bound=Said, covariant=True)


class Asked(Protocol[R_co]):
    """A message that is sent, and knows its reply."""

    @property
    def wire(self) -> bytes:
        """Its octets."""
        ...

    def reply(self, wire: bytes) -> R_co | None:
        """Read what came back; None when it is no reply to this message. Raises Unreadable."""
        ...


AGAIN: Final = 0.25  # of the time until a resolver is given up: then the question is sent a second time


async def exchange(
    inquiry: Asked[R],
    endpoint: tuple[str, int],
    asked: tuple[str, str, str],
    timeout: float,  # noqa: ASYNC109 - it ends in a value
    datagram: int = 4096,
) -> R | DnsError:
    """Ask, and give what was said, or why nothing was.

    Args:
        inquiry: the question.
        endpoint: address and port.
        asked: what a failure is told with: the name, the kind, and whom as people name it.
        timeout: seconds for UDP, and again for TCP.
        datagram: octets that are sent over UDP at the most; what is longer goes over TCP at once.
    """
    if len(inquiry.wire) > datagram:
        return await _by_tcp(inquiry, endpoint, asked, timeout)
    try:
        async with asyncio.timeout(timeout):
            reply = await _over_udp(inquiry, endpoint, timeout * AGAIN)
    except TimeoutError:
        return Silent(*asked)
    except Unreadable as error:
        return Malformed(*asked, str(error))
    except OSError as error:
        return Unreachable(*asked, error.strerror or str(error))
    return await _by_tcp(inquiry, endpoint, asked, timeout) if reply.truncated else reply


async def _by_tcp(
    inquiry: Asked[R],
    endpoint: tuple[str, int],
    asked: tuple[str, str, str],
    timeout: float,  # noqa: ASYNC109 - it ends in a value
) -> R | DnsError:
    try:
        async with asyncio.timeout(timeout):
            return await _over_tcp(inquiry, endpoint)
    except TimeoutError:
        return Truncated(*asked, "no answer in time")
    except Unreadable as error:
        return Malformed(*asked, str(error))
    except EOFError:
        return Truncated(*asked, "the connection was closed")
    except OSError as error:
        return Truncated(*asked, error.strerror or str(error))


class _Datagrams(asyncio.DatagramProtocol, Generic[R]):
    """Waits for the datagram that is the reply."""

    def __init__(self, inquiry: Asked[R], reply: asyncio.Future[R]) -> None:
        self._inquiry = inquiry
        self._reply = reply

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:  # noqa: ARG002 - the socket is connected
        if self._reply.done():
            return
        try:
            reply = self._inquiry.reply(data)
        except Unreadable as error:
            self._reply.set_exception(error)
            return
        if reply is not None:
            self._reply.set_result(reply)

    def error_received(self, exc: Exception) -> None:
        if not self._reply.done():
            self._reply.set_exception(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._reply.done():
            self._reply.set_exception(exc or ConnectionAbortedError("the socket was closed"))


async def _over_udp(inquiry: Asked[R], endpoint: tuple[str, int], again: float) -> R:
    """Send the question, and once more after `again` seconds: a datagram is easily lost."""
    loop = asyncio.get_running_loop()
    reply: asyncio.Future[R] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Datagrams(inquiry, reply), remote_addr=endpoint
    )
    try:
        transport.sendto(inquiry.wire)
        await asyncio.wait([reply], timeout=again)
        if not reply.done():
            transport.sendto(inquiry.wire)
        return await reply
    finally:
        reply.cancel()  # nobody waits for it any more, so the end of the socket is no news
        transport.close()


async def _over_tcp(inquiry: Asked[R], endpoint: tuple[str, int]) -> R:
    reader, writer = await asyncio.open_connection(*endpoint)
    try:
        writer.write(len(inquiry.wire).to_bytes(2, "big") + inquiry.wire)
        length = int.from_bytes(await reader.readexactly(2), "big")
        reply = inquiry.reply(await reader.readexactly(length))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if reply is None:
        raise Unreadable("a reply to another question")
    return reply
