"""What the SMTP server's engine asks of a door: the commands that it must decide on, and what becomes of a letter or a login.

The commands among them are those of `command`: Mail, Rcpt, StartTls, Auth.
"""

from dataclasses import dataclass, field

from hawknest.wire.smtp.command import Auth, Mail, Rcpt, StartTls
from hawknest.wire.smtp.reply import Reply


@dataclass(frozen=True, slots=True)
class Hello:
    """The peer introduced itself; `extended` unless with HELO."""

    name: str
    extended: bool


@dataclass(frozen=True, slots=True)
class Begin:
    """The peer wants to send the letter."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Octets of the letter."""

    data: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The letter is over.

    It has `size` octets; `defect` is the reply that it deserves where it cannot be accepted; `aborted` tells that it
    will never be whole, and that nobody waits for an answer.
    """

    size: int
    defect: Reply | None = None
    aborted: bool = False


@dataclass(frozen=True, slots=True)
class Over:
    """The session is over, and the peer has been told so."""


@dataclass(frozen=True, slots=True)
class AuthAnswer:
    """The peer's answer to a challenge."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthCancelled:
    """The peer gave up the exchange, or said nonsense; it has its answer already."""


Event = Hello | Mail | Rcpt | Begin | Chunk | End | StartTls | Auth | AuthAnswer | AuthCancelled | Over
