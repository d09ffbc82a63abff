"""Who may send what: one pure decision, so that the whole table of it can be tested.

The three modes of old, by name: an exempt address (restricted by nothing but its list), the shared device credential
(its allowed senders), an account's own credential (with the sender policy: its own addresses). POP before SMTP is a
fourth, legacy one. What holds under every combination: a stranger reaches local recipients only.
"""

from dataclasses import dataclass
from enum import Enum, auto

from hawknest.mail.address import Address, parse_address
from hawknest.wire.smtp.reply import Reply


class Mode(Enum):
    """By what right somebody sends."""

    STRANGER = auto()
    EXEMPT = auto()  # mode 1: the address is on the list
    DEVICE = auto()  # mode 2: the shared credential of printers and the like
    ACCOUNT = auto()  # mode 3: a user's own
    POP = auto()  # POP before SMTP


@dataclass(frozen=True, slots=True)
class Rights:
    """What the sender of a letter has proved, and what the owner switched on."""

    mode: Mode
    submission: bool  # the door is for users only (RFC 6409)
    send_to_internet: bool = True
    sender_policy: bool = True
    senders: tuple[str, ...] = ()  # of a device: addresses or @domains; empty: any


LOGIN_FIRST = Reply(530, (5, 7, 0), "Log in first: this port is for the users of this server")
NOT_YOURS = Reply(553, (5, 7, 1), "You may not send as this address; use one of your own")
DENIED = Reply(550, (5, 7, 1), "Relaying denied: log in to send to addresses elsewhere")
RECEIVE_ONLY = Reply(
    550, (5, 7, 1), "This server does not send letters to the Internet; its owner has switched that off"
)


def may_begin(rights: Rights) -> Reply | None:
    """Say why somebody may not send at all, or None."""
    return LOGIN_FIRST if rights.submission and rights.mode is Mode.STRANGER else None


def may_send_as(rights: Rights, sender: Address | None, *, owned: bool) -> Reply | None:
    """Say why somebody may not send as an address, or None; `owned` tells whether it is the account's own."""
    if sender is None:  # the null reverse-path of bounces and receipts belongs to nobody
        return None
    match rights.mode:
        case Mode.ACCOUNT | Mode.POP if rights.sender_policy and not owned:
            return NOT_YOURS
        case Mode.DEVICE if rights.senders and not _listed(sender, rights.senders):
            return NOT_YOURS
        case _:
            return None


def may_send_to(rights: Rights, *, local: bool) -> Reply | None:
    """Say why somebody may not send to a recipient, or None; `local` tells whether it is an address of ours."""
    if local:
        return None
    if rights.mode is Mode.STRANGER:
        return DENIED
    return None if rights.send_to_internet else RECEIVE_ONLY


def _listed(sender: Address, senders: tuple[str, ...]) -> bool:
    return any(
        sender.domain == entry[1:] if entry.startswith("@") else sender.key == parse_address(entry).key
        for entry in senders
    )
