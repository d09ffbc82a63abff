"""OAUTHBEARER and XOAUTH2: a token from somebody's login service instead of a password. RFC 7628, RFC 6750.

Whoever holds a token may do what it is good for, so it travels where nobody can listen, and is shown nowhere. What is wrong
with one is told as JSON in a challenge; the client answers with an octet that means nothing, and then the exchange has
failed. XOAUTH2 is what Google had before the RFC: other words for the same.
"""

import json
import re
from collections.abc import Callable
from typing import Final

from hawknest.wire.sasl.prep import prepared, unescaped
from hawknest.wire.sasl.values import (
    Challenge,
    Exchange,
    Refused,
    Success,
    TokenFault,
    TokenLookup,
    TokenUser,
)

# client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep              ; RFC 7628 §3.1
# kvpair      = key "=" value kvsep                                   ; kvsep = %x01
# gs2-header  = ("n" / "y") "," ["a=" saslname] ","                   ; RFC 5801 §4; no channel binding
_HEADER: Final = re.compile(r"[ny],(?:a=([^,]*))?,")
_KEY: Final = re.compile(r"[A-Za-z]+")
# credentials = "Bearer" 1*SP b64token                                ; RFC 6750 §2.1; the scheme in any case
_CREDENTIALS: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


def oauthbearer(initial: bytes | None, _binding: bytes) -> Exchange:
    """Lead the server's side of OAUTHBEARER (RFC 7628 §3)."""
    return (yield from _lead(initial, _oauthbearer, _fault))


def xoauth2(initial: bytes | None, _binding: bytes) -> Exchange:
    """Lead the server's side of XOAUTH2, an older way of the same."""
    return (yield from _lead(initial, _xoauth2, _old_fault))


def _lead(
    initial: bytes | None,
    read: Callable[[str], TokenLookup | None],
    tell: Callable[[TokenFault], dict[str, str]],
) -> Exchange:
    message = initial if initial is not None else (yield Challenge(b""))
    assert isinstance(message, bytes)
    lookup = read(message.decode("utf-8", "surrogateescape"))
    answer = (yield lookup) if lookup is not None else TokenFault("invalid_request")
    if isinstance(answer, TokenUser):
        return Success(answer.username)
    assert isinstance(answer, TokenFault)
    yield Challenge(
        json.dumps(tell(answer)).encode()
    )  # the answer is an octet for form's sake (RFC 7628 §3.2.3)
    raise Refused("the token is not good here")


def _oauthbearer(text: str) -> TokenLookup | None:
    """Read a `client-resp`; the name is in the header, where it is anywhere."""
    header, _, rest = text.partition("\1")
    found = _HEADER.fullmatch(header)
    if found is None or (pairs := _pairs(rest)) is None:
        return None
    return _lookup(pairs, unescaped(found[1] or ""))


def _xoauth2(text: str) -> TokenLookup | None:
    """Read `"user=" name %x01 "auth=Bearer " token %x01 %x01`."""
    pairs = _pairs(text)
    return _lookup(pairs, pairs["user"]) if pairs is not None and "user" in pairs else None


def _pairs(text: str) -> dict[str, str] | None:
    """Read `*kvpair kvsep`; None: it is none, or has something twice."""
    if text != "\1" and not text.endswith("\1\1"):
        return None
    pairs = [pair.partition("=") for pair in text.split("\1")[:-2]]
    found = {key: value for key, _, value in pairs}
    sound = all(equals and _KEY.fullmatch(key) for key, equals, _ in pairs)
    return found if sound and len(found) == len(pairs) else None


def _lookup(pairs: dict[str, str], username: str) -> TokenLookup | None:
    credentials = _CREDENTIALS.fullmatch(pairs.get("auth", ""))
    if credentials is None:
        return None
    return TokenLookup(credentials[1], prepared(username) if username else "")


def _fault(fault: TokenFault) -> dict[str, str]:
    """Tell what is wrong (RFC 7628 §3.2.2); the scope, and where tokens are had, where that is known."""
    told = {"status": fault.status, "scope": fault.scope, "openid-configuration": fault.configuration}
    return {name: value for name, value in told.items() if value}


def _old_fault(fault: TokenFault) -> dict[str, str]:
    """Tell what is wrong in the words of XOAUTH2: a status of HTTP (RFC 6750 §3.1)."""
    status = {"invalid_request": "400", "insufficient_scope": "403"}.get(fault.status, "401")
    told = {"status": status, "schemes": "bearer", "scope": fault.scope}
    return {name: value for name, value in told.items() if value}
