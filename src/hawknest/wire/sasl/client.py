"""The client's side of the mechanisms, and which of those that a server offers is taken. RFC 4422 §3.

An exchange is a generator. It yields what to send and is sent what came:

    first      the initial response, or None where the server speaks first
    then       the answer to each challenge; where it has ended, an empty one
    at last    `agree` tells it that the server said yes, which it may find too early
"""

import hmac
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from hawknest.wire.sasl import scram
from hawknest.wire.sasl.values import ClientExchange


def plain(username: str, password: str) -> ClientExchange:
    """Name and password at once (RFC 4616 §2)."""
    yield f"\0{username}\0{password}".encode()


def login(username: str, password: str) -> ClientExchange:
    """Name, then password, whatever words the server asks for them with."""
    yield None
    yield username.encode()
    yield password.encode()


def cram_md5(username: str, password: str) -> ClientExchange:
    """A digest of the server's challenge, keyed with the password (RFC 2195 §2)."""
    challenge = (yield None) or b""
    yield f"{username} {hmac.digest(password.encode(), challenge, 'md5').hex()}".encode()


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of the table of mechanisms that a client has."""

    name: str
    begin: Callable[[str, str], ClientExchange]  # with a name and a password
    private: bool  # only where nobody can listen


#: The mechanisms, the best first. CRAM-MD5 comes last: whoever has listened may guess at leisure, and its servers keep passwords.
CHOICES: Final = (
    Choice("SCRAM-SHA-256", partial(scram.client, "sha256"), private=False),
    Choice("SCRAM-SHA-1", partial(scram.client, "sha1"), private=False),
    Choice("PLAIN", plain, private=True),
    Choice("LOGIN", login, private=True),
    Choice("CRAM-MD5", cram_md5, private=True),
)


def choose(offered: Iterable[str], *, private: bool) -> Choice | None:
    """Choose the best of what a server offers; `private` tells that nobody can listen. None: nothing fits."""
    names = {name.upper() for name in offered}
    return next((row for row in CHOICES if row.name in names and (private or not row.private)), None)


def agree(exchange: ClientExchange) -> None:
    """Tell an exchange that the server said yes. Raises Refused where it has not yet proved itself."""
    with suppress(StopIteration):
        exchange.send(None)
