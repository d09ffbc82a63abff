"""Guessing passwords made slow: one count of failures for all protocols.

Failures are counted for the network of the peer (IPv4 /24, IPv6 /64) and for the name that is tried. The first few cost
nothing, further ones a growing pause, many a block; counts fade with time and a success clears the name's. Who says no
name (a token may say it) counts with the network alone. Loopback is never blocked, only slowed, so that the owner cannot be
locked out of the machine.

The counts that all workers share lie in the database (`guesses`). They are read with whatever a name is looked up by, and learned
here; what has just failed here counts at once, and while it cannot be written down, here alone.
"""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

FREE: Final = 4  # failures that cost nothing
BLOCK: Final = 20  # failures after which a peer or name is blocked
HALF_LIFE: Final = 600.0  # seconds in which a count fades to a half
LONGEST: Final = 8.0  # seconds of pause at the most
KEPT: Final = 20_000  # counts
LAG: Final = 5.0  # seconds in which what failed here may not be in what was read


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attempt may do: wait so many seconds, or be turned away."""

    pause: float
    blocked: bool


_FREE: Final = Verdict(0.0, blocked=False)


class Limiter:
    """The counts of failures; `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts: dict[str, tuple[float, float]] = {}  # key -> count, when
        self._failed: dict[str, float] = {}  # key -> when something failed here
        self._alone: set[str] = set()  # keys whose counts could not be written down

    def look(self, peer: str, name: str) -> Verdict:
        """Say what an attempt of a peer to log in under a name may do."""
        if not self._counts:  # nobody has failed of late
            return _FREE
        _, loopback = _network(peer)
        count = max(self._count(key) for key in keys(peer, name))
        blocked = count >= BLOCK and not loopback
        pause = 0.0 if count < FREE else min(0.25 * 2 ** min(count - FREE, 16), LONGEST)
        return Verdict(pause, blocked)

    @property
    def counting(self) -> bool:
        """Whether anybody has failed of late."""
        return bool(self._counts)

    def failed(self, peer: str, name: str) -> None:
        """Note a failure."""
        now = self._clock()
        for key in keys(peer, name):
            self._counts[key] = (self._count(key) + 1, now)
            self._failed[key] = now
        if len(self._counts) > KEPT:
            self._forget()

    def succeeded(self, peer: str, name: str) -> bool:
        """Note a success: the name's count is forgotten, the network's stays. Returns whether there was one."""
        del peer
        return self._counts.pop(_name(name), None) is not None

    def learn(self, known: Mapping[str, float]) -> None:
        """Take over what all workers count now, by keys; 0: nothing."""
        now = self._clock()
        for key, count in known.items():
            own = self._count(key)
            fresh = key in self._alone or (key in self._failed and now - self._failed[key] < LAG)
            if count > own or (count and not fresh):
                self._counts[key] = (count, now)
            elif not count and own and not fresh:
                del self._counts[key]

    def alone(self, peer: str, name: str, *, yes: bool) -> None:
        """Note whether the counts of a network and a name are here alone, since they could not be written down."""
        change = self._alone.update if yes and len(self._alone) < KEPT else self._alone.difference_update
        change(keys(peer, name))

    def _count(self, key: str) -> float:
        count, at = self._counts.get(key, (0.0, 0.0))
        return count * 0.5 ** ((self._clock() - at) / HALF_LIFE) if count else 0.0

    def _forget(self) -> None:
        """Forget what has faded, and the oldest half where that is not enough."""
        self._counts = {key: value for key, value in self._counts.items() if self._count(key) > 0.5}
        if len(self._counts) > KEPT:
            newest = sorted(self._counts.items(), key=lambda item: item[1][1])[KEPT // 2 :]
            self._counts = dict(newest)
        self._failed = {key: at for key, at in self._failed.items() if key in self._counts}


def keys(peer: str, name: str) -> tuple[str, ...]:
    """Name what an attempt counts with: the peer's network, and the name if it said one."""
    network, _ = _network(peer)
    return (network, _name(name)) if name else (network,)


def _name(name: str) -> str:
    return "name:" + name.casefold()[:256]


@lru_cache(maxsize=1024)
def _network(peer: str) -> tuple[str, bool]:
    """The network that a peer counts with, and whether it is this machine itself."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return "peer:" + peer, False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    prefix = 24 if address.version == 4 else 64
    network = ipaddress.ip_network((address, prefix), strict=False)
    return f"peer:{network}", address.is_loopback
