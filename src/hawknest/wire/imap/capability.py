"""What an IMAP server says that it can do: a table, from which the answer to CAPABILITY is computed. RFC 9051 §7.2.2."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class State(Enum):
    """How far a session is (RFC 9051 §3)."""

    NOT_AUTHENTICATED = auto()
    AUTHENTICATED = auto()
    SELECTED = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Offers:
    """What the door can do now."""

    starttls: bool = False
    auth: tuple[str, ...] = ()
    login: bool = False  # whether a name and password are taken
    compress: bool = True  # not yet begun, and not done by TLS
    append_limit: int = 0  # octets of a message; 0: no limit
    message_limit: int = 0  # messages that one command works on (RFC 9738); 0: no limit
    without: frozenset[str] = frozenset()  # capabilities that a client is better off without


Row = Callable[[Offers], str | None]


def _words(words: str) -> Row:
    return lambda _offers: words


def _auth(offers: Offers) -> str | None:
    return " ".join(f"AUTH={mechanism}" for mechanism in offers.auth) or None


#: Said in every state.
ALWAYS: Final[tuple[Row, ...]] = (_words("IMAP4rev1 IMAP4rev2 LITERAL- ID ENABLE"),)

#: Said until somebody is known.
BEFORE: Final[tuple[Row, ...]] = (
    _words("SASL-IR"),
    lambda offers: "STARTTLS" if offers.starttls else None,
    lambda offers: None if offers.login else "LOGINDISABLED",
    _auth,
)

#: Said to who was let in: one row for what belongs together.
AFTER: Final[tuple[Row, ...]] = (
    _words("IDLE NAMESPACE UNSELECT UIDPLUS MOVE CHILDREN"),
    _words(
        "LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS LIST-METADATA SPECIAL-USE CREATE-SPECIAL-USE STATUS=SIZE"
    ),
    _words("ESEARCH SEARCHRES WITHIN MULTISEARCH SORT SORT=DISPLAY ESORT PARTIAL INPROGRESS"),
    _words("THREAD=REFERENCES THREAD=ORDEREDSUBJECT"),
    _words("CONDSTORE QRESYNC UIDONLY OBJECTID SAVEDATE PREVIEW"),
    _words("MULTIAPPEND BINARY CATENATE REPLACE UTF8=ACCEPT"),
    lambda offers: f"APPENDLIMIT={offers.append_limit}" if offers.append_limit else None,
    lambda offers: f"MESSAGELIMIT={offers.message_limit}" if offers.message_limit else None,
    _words("QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE ACL RIGHTS=texk METADATA NOTIFY UNAUTHENTICATE"),
    lambda offers: "COMPRESS=DEFLATE" if offers.compress else None,
)


def capabilities(offers: Offers, state: State) -> list[str]:
    """Compute the capabilities of a state."""
    rows = ALWAYS + (BEFORE if state is State.NOT_AUTHENTICATED else AFTER)
    words = " ".join(found for row in rows if (found := row(offers)) is not None).split()
    return [word for word in words if _name(word) not in offers.without]


def known() -> frozenset[str]:
    """Name the capabilities that can be left out for a client, without their numbers."""
    every = Offers(starttls=True, append_limit=1, message_limit=1)
    return frozenset(_name(word) for word in capabilities(every, State.SELECTED)) - {"IMAP4rev1"}


def _name(word: str) -> str:
    """Leave the number out of a capability that has one."""
    name, _, value = word.partition("=")
    return name if value.isdigit() else word
