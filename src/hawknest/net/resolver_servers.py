"""The resolvers that are asked: which there are, how each is doing, and in which order to ask them.

They are asked in the order in which they were named. One that is found dead is asked last for a while, so that the others
answer at once; it is never left out, since the others may be worse.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hawknest.dns import DnsError, Nothing, ServerFailed, Silent, Unreachable

SYSTEM: Final = Path("/etc/resolv.conf")
PORT: Final = 53
AGAIN: Final = 30.0  # seconds until a dead resolver is asked in its turn again, and until the system's file is looked at again
FILE_LIMIT: Final = 65_536  # octets of the system's file that are read
MOST: Final = 8  # resolvers of the system's file


@dataclass(frozen=True, slots=True)
class State:
    """How a resolver is doing; counts since the start of this process, times in seconds since the epoch."""

    resolver: str  # `address`, or `address:port`
    trusted: bool  # its word on DNSSEC is believed
    down: bool  # it did not answer when last asked, and is asked after the others for now
    asked: int
    answered: int
    last_error: str  # in plain words; empty: none yet
    last_error_at: float


@dataclass(slots=True)
class Server:
    """One resolver; `…_until` and `heard_at` are times of a monotonic clock."""

    address: str
    port: int
    trusted: bool
    edns: bool = True  # until it shows that it does not understand it
    asked: int = 0
    answered: int = 0
    heard_at: float = float("-inf")
    down_until: float = float("-inf")
    down: bool = False
    last_error: str = ""
    last_error_at: float = 0.0
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Name it as people do."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        self.name = self.address if self.port == PORT else f"{address}:{self.port}"

    def note(self, error: DnsError | None, began: float, now: float, wall: float) -> bool:
        """Note what came of a question; says whether the resolver went down or came back by it.

        Silence counts against a resolver only when it was silent to everybody: else the domain is slow, not the resolver.

        Args:
            error: the failure, None for an answer.
            began: when the question was sent, monotonic.
            now: now, monotonic.
            wall: now, since the epoch.
        """
        self.asked += 1
        was_down = self.down
        if error is None or isinstance(error, Nothing | ServerFailed):
            self.answered += 1
            self.heard_at, self.down = now, False
        elif isinstance(error, Unreachable) or (isinstance(error, Silent) and self.heard_at < began):
            self.down, self.down_until = True, now + AGAIN
        if error is not None and not isinstance(error, Nothing):
            self.last_error, self.last_error_at = str(error), wall
        return self.down != was_down

    def state(self) -> State:
        """How it is doing."""
        return State(
            self.name,
            self.trusted,
            self.down,
            self.asked,
            self.answered,
            self.last_error,
            self.last_error_at,
        )


class Servers:
    """The resolvers, from the settings or, where those name none, from the system's file, which is followed."""

    def __init__(
        self, named: Iterable[tuple[str, int]], trusted: frozenset[str], system: Path = SYSTEM
    ) -> None:
        self._trusted = frozenset(_spelled(address) for address in trusted)
        self._servers = [self._server(address, port) for address, port in named]
        self._system = None if self._servers else system
        self._look_at = float("-inf")
        self._stamp: object = None

    def in_order(self, now: float) -> list[Server]:
        """The resolvers as they should be asked now."""
        self._follow(now)
        return sorted(self._servers, key=lambda server: server.down and server.down_until > now)

    def states(self) -> tuple[State, ...]:
        """How they are doing, in the order in which they were named."""
        return tuple(server.state() for server in self._servers)

    def _server(self, address: str, port: int) -> Server:
        address = _spelled(address)
        loopback = ipaddress.ip_address(address).is_loopback
        return Server(address, port, loopback or address in self._trusted)

    def _follow(self, now: float) -> None:
        """Read the system's file again where it has changed: addresses come and go with the network."""
        if self._system is None or now < self._look_at:
            return
        self._look_at = now + AGAIN
        try:
            status = self._system.stat()
            stamp = status.st_mtime_ns, status.st_size, status.st_ino
        except OSError:
            stamp = None
        if stamp == self._stamp and self._servers:
            return
        self._stamp = stamp
        kept = {server.address: server for server in self._servers}
        self._servers = [kept.get(a) or self._server(a, PORT) for a in system_resolvers(self._system)]


def system_resolvers(file: Path = SYSTEM) -> list[str]:
    """The addresses after `nameserver` in a resolv.conf(5); this machine's own where there are none, as the C library has it."""
    try:
        with file.open("rb") as opened:
            text = opened.read(FILE_LIMIT).decode("utf-8", "replace")
    except OSError:
        text = ""
    found: list[str] = []
    for line in text.splitlines():
        match line.split():
            case ["nameserver", address, *_] if _is_address(address):
                found.append(_spelled(address))
            case _:
                pass
    return list(dict.fromkeys(found))[:MOST] or ["127.0.0.1"]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _spelled(address: str) -> str:
    """The one spelling of an IP address; a zone (`fe80::1%eth0`) stays."""
    return str(ipaddress.ip_address(address))
