"""Who wants to get in, who got in, and why somebody did not: the values of `accounts.login`."""

from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Final

from hawknest.mail.address import Address


class Kind(StrEnum):
    """What a login was made with."""

    ACCOUNT = "account"
    APP = "app password"
    DEVICE = "device"
    TEST = "self-test"  # a token of ours
    BEARER = "login service"  # a token of theirs


@dataclass(frozen=True, slots=True)
class Client:
    """Who wants to get in, and by which door."""

    peer: str  # address
    service: str  # smtp, pop3, imap, sign-in
    private: bool  # nobody can listen: TLS or loopback
    binding: bytes = b""  # channel binding of TLS


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who proved who it is."""

    name: str  # the account's address or the device's name
    kind: Kind
    account_id: int = 0
    address: Address | None = None
    senders: tuple[str, ...] = ()  # of a device
    #: What is kept of the passwords that would open it; of who is in, of the one that did, nothing where none did.
    locks: tuple[str, ...] = field(default=(), repr=False, compare=False)
    label: str = field(default="", compare=False)  # of the app password


class Failure(StrEnum):
    """Why a name and a proof did not open; only the owner and who administers are told which."""

    WRONG = "wrong"
    APPS_ONLY = "apps_only"  # the account's own password, where mail programs need app passwords
    INACTIVE = "inactive"  # the account is switched off
    SECOND = "second"  # the second factor was not right
    BLOCKED = "blocked"  # not looked at: there were too many failures before


class Why(Enum):
    """Why somebody did not get in."""

    WRONG = auto()
    BLOCKED = auto()  # too many failures; later again
    NOT_PRIVATE = auto()  # a password must not travel in the clear
    UNCHECKED = auto()  # the login service cannot be asked; later again


@dataclass(frozen=True, slots=True)
class Denied:
    """Somebody did not get in; the words are fit to be sent, `failure` is for the log alone."""

    why: Why
    words: str
    failure: Failure | None = field(default=None, compare=False)

    @property
    def reason(self) -> str:
        """Why, for the log."""
        return self.why.name if self.failure in {None, Failure.WRONG} else str(self.failure).upper()


WRONG: Final = Denied(Why.WRONG, "Wrong name or password")
BLOCKED: Final = Denied(
    Why.BLOCKED, "Too many failed logins; please try again in some minutes", Failure.BLOCKED
)
NOT_PRIVATE: Final = Denied(Why.NOT_PRIVATE, "Passwords are taken over an encrypted connection only: use TLS")
UNCHECKED: Final = Denied(Why.UNCHECKED, "Logins cannot be checked now; please try again later")
