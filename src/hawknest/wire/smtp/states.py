"""How far an SMTP session is, which commands it hears then, and where a positive reply leads: two tables. RFC 5321 §4.1.4."""

from enum import Enum, StrEnum, auto
from typing import Final

from hawknest.wire.smtp.command import (
    Auth,
    Bdat,
    Command,
    Data,
    Ehlo,
    Helo,
    Help,
    Lhlo,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Unimplemented,
    Vrfy,
)


class Kind(StrEnum):
    """What the door is for."""

    MX = "mx"
    SUBMISSION = "submission"
    LMTP = "lmtp"


class State(Enum):
    """How far the session is."""

    CONNECTED = auto()
    READY = auto()
    MAIL = auto()
    RCPT = auto()
    BDAT = auto()  # some chunks of the letter are here, others are to come
    OVER = auto()


_ALWAYS: Final = frozenset({Noop, Quit, Rset, Help, Vrfy, Unimplemented})
_GREETINGS: Final = frozenset({Helo, Ehlo, Lhlo})
#: The commands that each state hears; any other gets 503 (RFC 5321 §4.1.4).
HEARD: Final[dict[State, frozenset[type[Command]]]] = {
    State.CONNECTED: _ALWAYS | _GREETINGS,
    State.READY: _ALWAYS | _GREETINGS | {Mail, StartTls, Auth},
    State.MAIL: _ALWAYS | _GREETINGS | {Rcpt},
    State.RCPT: _ALWAYS | _GREETINGS | {Rcpt, Data, Bdat},
    State.BDAT: _ALWAYS | {Bdat},
    State.OVER: frozenset(),
}
#: Where a positive reply to a command leads.
LEADS: Final[dict[type[Command], State]] = {Mail: State.MAIL, Rcpt: State.RCPT}
