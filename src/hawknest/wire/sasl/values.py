"""What a SASL mechanism and the world outside say to each other."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final

#: Octets of a name or password. RFC 4616 §2 allows any number; nobody has more.
LIMIT: Final = 1024


class Refused(Exception):
    """The peer did not prove who it is; the text is fit to be sent to it."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """Octets to be sent to the peer; the answer is what it sends back."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verify:
    """Is this the password of that user? The answer is whether it is."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScramLookup:
    """The derived keys of a user, for SHA-1 or SHA-256; the answer is a ScramUser, whether there is such a user or not."""

    username: str
    hash_name: str


@dataclass(frozen=True, slots=True)
class CramLookup:
    """The secret of a user, which CRAM-MD5 needs in the clear; the answer is its octets, or None for nobody."""

    username: str


@dataclass(frozen=True, slots=True)
class TokenLookup:
    """Is this token good here, and whose is it? The answer is a TokenUser or a TokenFault.

    `username` is whom the peer says it is, "" where it leaves that to the token.
    """

    token: str = field(repr=False)
    username: str


@dataclass(frozen=True, slots=True)
class TokenUser:
    """The user whose token it is, and who it was said to be."""

    username: str


@dataclass(frozen=True, slots=True)
class TokenFault:
    """Why a token is not good (RFC 7628 §3.2.2); nothing of this is a secret."""

    status: str = "invalid_token"  # or invalid_request, insufficient_scope (RFC 6750 §3.1)
    scope: str = ""  # what a token must be good for, so that it is good here
    configuration: str = ""  # URL of what the login service says of itself


@dataclass(frozen=True, slots=True)
class Salt:
    """What a password is mixed with before its keys are derived, and how many times (RFC 5802 §3). It is no secret."""

    octets: bytes
    iterations: int


@dataclass(frozen=True, slots=True)
class ScramKeys:
    """What a server keeps of a password for SCRAM, derived with some salt (RFC 5802 §3)."""

    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScramUser:
    """The salt that a name is asked with, and the keys of each password that is good for it.

    A name that nobody has is asked like any other: with a salt that stays the same, and keys that no password fits
    (`scram.decoy`).
    """

    salt: Salt
    keys: tuple[ScramKeys, ...]


@dataclass(frozen=True, slots=True)
class Success:
    """The peer has proved who it is.

    `final` is the last thing to tell it, where the mechanism has one; `place` tells which keys of the ScramUser it proved
    to know.
    """

    username: str
    final: bytes | None = field(default=None, repr=False)
    place: int = 0


Request = Challenge | Verify | ScramLookup | CramLookup | TokenLookup
Answer = bytes | bool | ScramUser | TokenUser | TokenFault | None
Exchange = Generator[Request, Answer, Success]
#: The client's side, as `client` tells of it.
ClientExchange = Generator[bytes | None, bytes | None, None]
