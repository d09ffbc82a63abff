"""Who may send what: one pure decision, so that the whole table of it can be tested.

The three modes of old, by name: an exempt address, the shared device credential (its allowed senders), an account's own
credential. POP before SMTP is a fourth, legacy one. While the sender policy is on an account sends as its own addresses,
and a device without a list or an exempt address as any of our domains. What holds under every combination: a stranger
reaches local recipients only; and a right that somebody has without a login never makes less possible than having none.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from hawknest.mail.address import Address, parse_address
from hawknest.wire.smtp.reply import Reply


class Mode(Enum):
    """By what right somebody sends."""

    STRANGER = auto()
    EXEMPT = auto()  # mode 1: the address is on the list
    DEVICE = auto()  # mode 2: the shared credential of printers and the like
    ACCOUNT = auto()  # mode 3: a user's own
    POP = auto()  # POP before SMTP


class Whose(Enum):
    """Whose address a sender is."""

    OWN = auto()  # of the account that sends, or of nobody: the null reverse-path of bounces and receipts
    OURS = auto()  # another one in a domain of ours
    FOREIGN = auto()


#: What the journey says of those who need not log in.
UNPROVED: Final = {Mode.EXEMPT: "exempt address", Mode.POP: "POP before SMTP"}


@dataclass(frozen=True, slots=True)
class Rights:
    """What the sender of a letter has proved, and what the owner switched on."""

    mode: Mode
    submission: bool  # the door is for users only (RFC 6409)
    send_to_internet: bool = True
    sender_policy: bool = True
    senders: tuple[str, ...] = ()  # of a device: addresses or @domains; empty: see the sender policy
    receive: bool = True


NOT_NOW = Reply(451, (4, 3, 2), "This server takes no letters in for now; please try again later")
LOGIN_FIRST = Reply(530, (5, 7, 0), "Log in first: this port is for the users of this server")
NOT_YOURS = Reply(553, (5, 7, 1), "You may not send as this address; use one of your own")
NOT_OURS = Reply(
    553, (5, 7, 1), "You may not send as this address to addresses elsewhere; use one of this server"
)
DENIED = Reply(550, (5, 7, 1), "Relaying denied: log in to send to addresses elsewhere")
RECEIVE_ONLY = Reply(
    550, (5, 7, 1), "This server does not send letters to the Internet; its owner has switched that off"
)


def may_begin(rights: Rights) -> Reply | None:
    """Say why somebody may not send at all, or None."""
    if rights.mode is not Mode.STRANGER:
        return None
    if rights.submission:
        return LOGIN_FIRST
    return None if rights.receive else NOT_NOW


def may_send_as(rights: Rights, sender: Address | None, whose: Whose) -> Reply | None:
    """Say why somebody who has logged in may not send as an address, or None."""
    if sender is None:
        return None
    match rights.mode:
        case Mode.ACCOUNT if rights.sender_policy and whose is not Whose.OWN:
            return NOT_YOURS
        case Mode.DEVICE if rights.senders:
            return None if _listed(sender, rights.senders) else NOT_YOURS
        case Mode.DEVICE if rights.sender_policy and whose is Whose.FOREIGN:
            return NOT_YOURS
        case _:  # who has not logged in may bring letters of anybody to people here: see may_send_to
            return None


def may_send_to(rights: Rights, whose: Whose, *, local: bool) -> Reply | None:
    """Say why somebody may not send to a recipient, or None; `local` tells whether it is an address of ours."""
    if local:
        return None
    if rights.mode is Mode.STRANGER:
        return DENIED
    if not rights.send_to_internet:
        return RECEIVE_ONLY
    match rights.mode:
        case Mode.EXEMPT if rights.sender_policy and whose is Whose.FOREIGN:
            return NOT_OURS
        case Mode.POP if rights.sender_policy and whose is not Whose.OWN:
            return NOT_YOURS
        case _:
            return None


def may_sign_as(mode: Mode, author: Address, whose: Whose, senders: tuple[str, ...] = ()) -> bool:
    """Tell whether a letter may be vouched for that names an author.

    The sender policy is about the envelope, and its owner may have switched it off; a signature is our own word on From, so what
    the policy would say of that address is asked whether it is on or off. `senders` are those of a device.
    """
    match mode:
        case Mode.ACCOUNT | Mode.POP:
            return whose is Whose.OWN
        case Mode.DEVICE if senders:
            return whose is not Whose.FOREIGN and _listed(author, senders)
        case Mode.DEVICE | Mode.EXEMPT:
            return whose is not Whose.FOREIGN
        case Mode.STRANGER:
            return False


def _listed(sender: Address, senders: tuple[str, ...]) -> bool:
    return any(
        sender.domain == entry[1:] if entry.startswith("@") else sender.key == parse_address(entry).key
        for entry in senders
    )
