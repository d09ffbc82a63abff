"""What the coach tries on the network, apart from the DNS: the protocol, so that tests can say what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hawknest.dns import IpAddress


class Unreached(Exception):
    """Nobody answered; the text says why in plain words."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        """Keep why, and whether somebody said no: then the way itself is open."""
        super().__init__(why)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Shown:
    """The certificate that a server showed; times are seconds since the epoch."""

    names: Sequence[str]
    issuer: str
    begins: float
    ends: float
    distrust: str  # why the certificate is not believed; '': it is
    self_signed: bool
    octets: bytes = field(repr=False)  # DER


class Probes(Protocol):
    """Who tries."""

    async def greet(self, host: str, port: int, *, tls: bool = False) -> str:
        """Connect, read the first line that a server says, and leave politely. Raises Unreached."""
        ...

    async def certificate(self, host: str, port: int, name: str) -> Shown:
        """Begin TLS as somebody who looks for `name`, and give what is shown. Raises Unreached."""
        ...

    async def fetch(self, url: str, address: IpAddress | None = None) -> bytes:
        """Fetch a page over HTTPS with a certificate that is believed, from this address where one is named. Raises Unreached."""
        ...

    async def date(self, url: str) -> float:
        """Ask a web server what time it is; seconds since the epoch. Raises Unreached."""
        ...
