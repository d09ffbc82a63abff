"""The mechanisms that a server has, as a table: SCRAM, PLAIN, LOGIN, tokens, CRAM-MD5."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hawknest.wire.sasl import bearer, scram
from hawknest.wire.sasl.prep import prepared
from hawknest.wire.sasl.values import (
    Answer,
    Challenge,
    CramLookup,
    Exchange,
    Refused,
    Request,
    ScramLookup,
    Success,
    Verify,
)

__all__ = [
    "MECHANISMS",
    "Challenge",
    "CramLookup",
    "Exchange",
    "Refused",
    "Request",
    "Row",
    "ScramLookup",
    "Success",
    "Verify",
    "offered",
]

WRONG: Final = "wrong name or password"


def plain(initial: bytes | None, _binding: bytes) -> Exchange:
    """Name and password at once: `message = [authzid] UTF8NUL authcid UTF8NUL passwd` (RFC 4616 §2)."""
    message = initial if initial is not None else _octets((yield Challenge(b"")))
    parts = message.split(b"\0")
    if len(parts) != 3:
        raise Refused("malformed PLAIN message")
    authzid, username, password = (_text(part) for part in parts)
    username = prepared(username)
    if authzid and prepared(authzid) != username:
        raise Refused("acting as somebody else is not allowed")
    if (yield Verify(username, prepared(password))) is not True:
        raise Refused(WRONG)
    return Success(username)


def login(initial: bytes | None, _binding: bytes) -> Exchange:
    """Name, then password, each asked for: an old way of Microsoft's that many programs still have."""
    name = initial if initial is not None else _octets((yield Challenge(b"Username:")))
    username = prepared(_text(name))
    password = prepared(_text(_octets((yield Challenge(b"Password:")))))
    if (yield Verify(username, password)) is not True:
        raise Refused(WRONG)
    return Success(username)


def cram_md5(initial: bytes | None, _binding: bytes) -> Exchange:
    """A keyed digest of a challenge (RFC 2195 §2). It makes the server keep passwords: a legacy switch."""
    if initial is not None:
        raise Refused("CRAM-MD5 has no initial response")
    challenge = f"<{secrets.token_hex(12)}@hawknest>".encode()
    name, _, digest = _text(_octets((yield Challenge(challenge)))).rpartition(" ")
    username = prepared(name)
    secret = yield CramLookup(username)
    known = isinstance(secret, bytes)
    key = secret if isinstance(secret, bytes) else secrets.token_bytes(16)
    right = hmac.compare_digest(hmac.digest(key, challenge, "md5").hex().encode(), digest.lower().encode())
    if not (known and right):
        raise Refused(WRONG)
    return Success(username)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of mechanisms."""

    name: str
    begin: Callable[[bytes | None, bytes], Exchange]
    clear: bool  # the password travels: only on TLS or loopback
    binds: bool = False  # needs the channel binding of TLS
    legacy: bool = False  # only where its switch is on
    token: bool = False  # only where somebody knows whose a token is


def _scram(hash_name: str, *, plus: bool) -> Callable[[bytes | None, bytes], Exchange]:
    def begin(initial: bytes | None, binding: bytes) -> Exchange:
        return scram.server(hash_name, plus=plus, initial=initial, binding=binding)

    return begin


#: The mechanisms, the best first.
MECHANISMS: Final[dict[str, Row]] = {
    row.name: row
    for row in (
        Row("SCRAM-SHA-256-PLUS", _scram("sha256", plus=True), clear=False, binds=True),
        Row("SCRAM-SHA-256", _scram("sha256", plus=False), clear=False),
        Row("SCRAM-SHA-1", _scram("sha1", plus=False), clear=False),
        Row("PLAIN", plain, clear=True),
        Row("LOGIN", login, clear=True),
        Row("OAUTHBEARER", bearer.oauthbearer, clear=True, token=True),
        Row("XOAUTH2", bearer.xoauth2, clear=True, token=True),
        Row("CRAM-MD5", cram_md5, clear=False, legacy=True),
    )
}


def offered(*, private: bool, binding: bool, cram_md5: bool, token: bool = False) -> tuple[str, ...]:
    """Name the mechanisms that may be used now.

    `private` tells that nobody can listen (TLS or loopback), `binding` that TLS gives a channel binding, `cram_md5` that
    the legacy switch is on, `token` that somebody can tell whose a token is.
    """
    return tuple(
        row.name
        for row in MECHANISMS.values()
        if (private or not row.clear)
        and (binding or not row.binds)
        and (cram_md5 or not row.legacy)
        and (token or not row.token)
    )


def _octets(answer: Answer) -> bytes:
    assert isinstance(answer, bytes)
    return answer


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused("names and passwords must be UTF-8") from None
