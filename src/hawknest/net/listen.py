"""Listening: sockets bound before privileges go, connections counted, and a graceful end.

Binding is apart from serving so that the whole list is bound, or none with one clear error, before anything starts, and
so that several worker processes can serve the same port.
"""

import asyncio
import contextlib
import errno
import ipaddress
import socket
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

QUEUE: Final = 1024  # connections the kernel holds for us


class BindError(Exception):
    """An address that cannot be listened on; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections may be open at once, over all and from one address (0: any number)."""

    total: int = 4000
    per_peer: int = 200


def bind(address: str, port: int) -> socket.socket:
    """Bind a listening socket; port 0 takes any free one.

    Raises BindError in the words of the person who chose the address.
    """
    return _bind(address, port, shared=False)


def obstacle(address: str, port: int) -> str:
    """Say why an address and port could not be listened on, '' where they could.

    Raises ValueError where that is no address.
    """
    ipaddress.ip_address(address)
    try:
        bind(address, port).close()
    except BindError as error:
        return str(error)
    return ""


def bind_for(workers: int, address: str, port: int) -> list[socket.socket]:
    """Bind a listening socket for each of several workers, among which the kernel divides the connections.

    One socket for all would leave it to chance who wakes first, and a few long connections all to the same worker.
    Raises BindError in the words of the person who chose the address.
    """
    first = bind(address, port)  # not shared: another program's port is refused, whoever runs it
    if workers == 1:
        return [first]
    port = first.getsockname()[1]
    first.close()
    return [_bind(address, port, shared=True) for _ in range(workers)]


def _bind(address: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(
        family, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # named, or asyncio lets small writes wait
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        sock.bind((address, port))
        sock.listen(QUEUE)
    except OSError as error:
        sock.close()
        raise BindError(_why(error, address, port)) from error
    sock.setblocking(False)
    return sock


def _why(error: OSError, address: str, port: int) -> str:
    where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    match error.errno:
        case errno.EADDRINUSE:
            holder = _holder(port)
            return (
                f"cannot listen on {where}: the port is in use{f' by {holder}' if holder else ''}; "
                f"stop that program or choose another port"
            )
        case errno.EACCES:
            return (
                f"cannot listen on {where}: ports below 1024 need root or the capability CAP_NET_BIND_SERVICE; "
                f"start as root (the program drops its privileges), use `hawknest service install`, or choose a higher port"
            )
        case errno.EADDRNOTAVAIL:
            return f"cannot listen on {where}: this machine does not have the address {address}"
        case _:
            return f"cannot listen on {where}: {error.strerror}"


def _holder(port: int) -> str:
    """Name the process that listens on a port, where Linux lets us see it."""
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for row in Path(table).read_text().splitlines()[1:]:
                fields = row.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for handle in (process / "fd").iterdir():
                if str(handle.readlink()) in inodes:
                    words = (process / "cmdline").read_bytes().split(b"\0")[:4]
                    ours = any(word.rpartition(b"/")[2] == b"hawknest" for word in words)
                    name = "another Hawknest" if ours else (process / "comm").read_text().strip()
                    return f"{name} (process {process.name})"
    return ""


class Visitor(Protocol):
    """A connection, by whichever door: a link, or what the web door has in its place."""

    @property
    def peer(self) -> str:
        """Whose it is, by address."""
        ...

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What is being done for it."""
        ...

    def stop(self) -> None:
        """End soon."""
        ...

    def abort(self) -> None:
        """End at once."""
        ...


class Connections:
    """The open connections of one process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._links: set[Visitor] = set()
        self._by_peer: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._links)

    def of(self, kind: type[Visitor]) -> int:
        """Count those of one kind."""
        return sum(isinstance(link, kind) for link in self._links)

    def add(self, link: Visitor) -> bool:
        """Count a connection in, and say whether it is within the limits."""
        self._links.add(link)
        self._by_peer[link.peer] += 1
        total, per_peer = self._limits.total, self._limits.per_peer
        return not (
            (total and len(self._links) > total) or (per_peer and self._by_peer[link.peer] > per_peer)
        )

    def discard(self, link: Visitor) -> None:
        """Count a connection out."""
        if link in self._links:
            self._links.discard(link)
            self._by_peer[link.peer] -= 1
            if not self._by_peer[link.peer]:
                del self._by_peer[link.peer]

    async def end(self, grace: float) -> None:
        """Ask every door to end, wait at most `grace` seconds, and drop what is left."""
        for link in list(self._links):
            link.stop()
        tasks = [link.task for link in self._links if link.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        for link in list(self._links):
            link.abort()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)


@contextlib.asynccontextmanager
async def serving(
    sock: socket.socket,
    make: Callable[[], asyncio.Protocol],
    context: ssl.SSLContext | None = None,
) -> AsyncGenerator[None]:
    """Accept connections on a bound socket for as long as the block lasts.

    `make` makes the protocol for one connection; `context`, where given, is the TLS that holds from the first octet.
    """
    server = await asyncio.get_running_loop().create_server(make, sock=sock, backlog=QUEUE, ssl=context)
    try:
        yield
    finally:
        server.close()
