"""What a POP3 server says that it can do: a table, from which the answer to CAPA is computed. RFC 2449 §5-6."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class State(Enum):
    """How far a session is."""

    AUTHORIZATION = auto()
    TRANSACTION = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Offers:
    """What the door can do now."""

    stls: bool = False
    auth: tuple[str, ...] = ()
    user: bool = False  # whether a name and password are taken


def _always(words: str) -> Callable[[Offers, State], str]:
    return lambda _offers, _state: words


def _stls(offers: Offers, state: State) -> str | None:
    """STLS: listed only where it may be said (RFC 2595 §4)."""
    return "STLS" if offers.stls and state is State.AUTHORIZATION else None


def _user(offers: Offers, _: State) -> str | None:
    return "USER" if offers.user else None


def _sasl(offers: Offers, _: State) -> str | None:
    return " ".join(("SASL", *offers.auth)) if offers.auth else None


def _implementation(_: Offers, state: State) -> str | None:
    """IMPLEMENTATION: told to who was let in, and without a version (RFC 2449 §6.9)."""
    return "IMPLEMENTATION Hawknest" if state is State.TRANSACTION else None


#: One row a capability: its line in a state, or None where it does not hold.
CAPABILITIES: Final[tuple[Callable[[Offers, State], str | None], ...]] = (
    _always("TOP"),
    _always("UIDL"),
    _always("RESP-CODES"),
    _always("AUTH-RESP-CODE"),  # RFC 3206 §5
    _always("PIPELINING"),
    _always("EXPIRE NEVER"),
    _always("UTF8 USER"),  # RFC 6856 §2
    _always("LANG"),
    _stls,
    _user,
    _sasl,
    _implementation,
)


def capabilities(offers: Offers, state: State) -> list[str]:
    """Compute the lines of the answer to CAPA."""
    return [line for row in CAPABILITIES if (line := row(offers, state)) is not None]
