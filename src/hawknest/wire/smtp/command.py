"""The commands of SMTP and LMTP as values. RFC 5321 §4.1, RFC 2033."""

from dataclasses import dataclass, field

from hawknest.mail.address import Address
from hawknest.mail.envelope import Body, Notify, OriginalRecipient, Ret


@dataclass(frozen=True, slots=True)
class Helo:
    """The peer's name. RFC 5321 §4.1.1.1."""

    name: str


@dataclass(frozen=True, slots=True)
class Ehlo:
    """The peer's name, and the wish to know what we offer. RFC 5321 §4.1.1.1."""

    name: str


@dataclass(frozen=True, slots=True)
class Lhlo:
    """The peer's name, in LMTP. RFC 2033 §4.1."""

    name: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter begins: its sender, None for the null reverse-path. RFC 5321 §4.1.1.2."""

    sender: Address | None
    size: int = 0  # octets that the peer announced (RFC 1870); 0: nothing was said
    body: Body = Body.SEVEN_BIT
    smtputf8: bool = False
    ret: Ret | None = None
    envid: str | None = None
    requiretls: bool = False  # RFC 8689 §2


@dataclass(frozen=True, slots=True)
class Rcpt:
    """One recipient of the letter. RFC 5321 §4.1.1.3."""

    recipient: Address
    orcpt: OriginalRecipient | None = None
    notify: Notify | None = None
    routed: bool = False  # it came with a source route, which is ignored (RFC 5321 §C)


@dataclass(frozen=True, slots=True)
class Data:
    """The letter is ready to be sent. RFC 5321 §4.1.1.4."""


@dataclass(frozen=True, slots=True)
class Bdat:
    """So many octets of the letter follow. RFC 3030 §2."""

    size: int
    last: bool


@dataclass(frozen=True, slots=True)
class Rset:
    """Forget the letter. RFC 5321 §4.1.1.5."""


@dataclass(frozen=True, slots=True)
class Noop:
    """Say something. RFC 5321 §4.1.1.9."""


@dataclass(frozen=True, slots=True)
class Quit:
    """The peer wants to leave. RFC 5321 §4.1.1.10."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """The peer wants to speak TLS. RFC 3207."""


@dataclass(frozen=True, slots=True)
class Auth:
    """The peer wants to say who it is. RFC 4954 §4."""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Vrfy:
    """Is there such a user? RFC 5321 §4.1.1.6."""


@dataclass(frozen=True, slots=True)
class Help:
    """What can be said here? RFC 5321 §4.1.1.8."""


@dataclass(frozen=True, slots=True)
class Unimplemented:
    """A command of the standard that we do not have: EXPN, TURN, ETRN …"""


Command = (
    Helo
    | Ehlo
    | Lhlo
    | Mail
    | Rcpt
    | Data
    | Bdat
    | Rset
    | Noop
    | Quit
    | StartTls
    | Auth
    | Vrfy
    | Help
    | Unimplemented
)
