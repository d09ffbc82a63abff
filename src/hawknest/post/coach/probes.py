"""What the coach tries on the network, apart from the DNS: the protocol, so that tests can say what comes back."""

from typing import Protocol

from hawknest.dns import IpAddress
from hawknest.net.probe import ProbeError as Unreached
from hawknest.net.probe import Shown

__all__ = ["Probes", "Shown", "Unreached"]


class Probes(Protocol):
    """Who tries; `hawknest.net.probe.Probe` does."""

    async def greet(self, host: str, port: int, *, tls: bool = False) -> str:
        """Connect to a mail server, read the first line that it says, and leave politely. Raises Unreached."""
        ...

    async def touch(self, host: str, port: int) -> None:
        """Connect, and leave at once. Raises Unreached."""
        ...

    async def certificate(self, host: str, port: int, name: str) -> Shown:
        """Begin TLS as somebody who looks for `name`, and give what is shown. Raises Unreached."""
        ...

    async def fetch(self, url: str, address: IpAddress | None = None) -> bytes:
        """Fetch a page, from this address where one is named. Raises Unreached."""
        ...

    async def date(self, url: str) -> float:
        """Ask a web server what time it is; seconds since the epoch. Raises Unreached."""
        ...
