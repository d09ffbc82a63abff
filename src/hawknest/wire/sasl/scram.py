"""SCRAM-SHA-1 and SCRAM-SHA-256, with and without -PLUS, the server's and the client's side. RFC 5802, RFC 7677.

The password never travels: both sides prove that they know keys derived from it. The server says the salt before it can
know which password its peer has, so all passwords of a name share one, and the proof is tried with the keys of each. It is
tried with all of them even where one has fitted, so that the time tells nothing of which did.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from typing import Final

from hawknest.wire.sasl.prep import prepared, unescaped
from hawknest.wire.sasl.values import (
    Answer,
    Challenge,
    ClientExchange,
    Exchange,
    Refused,
    Request,
    Salt,
    ScramKeys,
    ScramLookup,
    ScramUser,
    Success,
)

ITERATIONS: Final = 4096  # RFC 7677 §4; more slows the client down, and the server keeps argon2id beside it
MOST_ITERATIONS: Final = 1_000_000  # half a second; a server that asks a client for more means it no good
SALT: Final = 16  # octets

# client-first-message = gs2-header client-first-message-bare                        ; RFC 5802 §7
# gs2-header           = gs2-cbind-flag "," [ "a=" saslname ] ","
# client-first-message-bare = [reserved-mext ","] "n=" saslname "," "r=" c-nonce ["," extensions]
_FIRST: Final = re.compile(
    r"((?:p=([A-Za-z0-9.-]+)|n|y),(?:a=([^,]*))?,)(n=([^,]+),r=([!-+\--~]+)(?:,.*)?)", re.DOTALL
)
# client-final-message = "c=" base64 "," "r=" nonce ["," extensions] "," "p=" base64
_FINAL: Final = re.compile(r"(c=([A-Za-z0-9+/=]+),r=([!-+\--~]+)(?:,[^,]*)*?),p=([A-Za-z0-9+/=]+)", re.DOTALL)
_SERVER_FIRST: Final = re.compile(r"r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([0-9]{1,7})(?:,.*)?", re.DOTALL)


def fresh_salt() -> Salt:
    """Make a salt that nobody has had."""
    return Salt(secrets.token_bytes(SALT), ITERATIONS)


def derive(password: str, hash_name: str, salt: Salt) -> ScramKeys:
    """Derive what a server keeps of a password; `hash_name` is sha1 or sha256 (RFC 5802 §3). Raises Refused."""
    salted = hashlib.pbkdf2_hmac(hash_name, prepared(password).encode(), salt.octets, salt.iterations)
    client_key = hmac.digest(salted, b"Client Key", hash_name)
    return ScramKeys(
        hashlib.new(hash_name, client_key).digest(), hmac.digest(salted, b"Server Key", hash_name)
    )


def decoy(hash_name: str) -> ScramKeys:
    """Make keys that no password fits, to stand where there are none."""
    size = hashlib.new(hash_name).digest_size
    return ScramKeys(secrets.token_bytes(size), secrets.token_bytes(size))


def server(hash_name: str, *, plus: bool, initial: bytes | None, binding: bytes) -> Exchange:
    """Lead the server's side; `plus` demands that both ends see the same TLS (RFC 5929 §4)."""
    first = initial if initial is not None else _octets((yield Challenge(b"")))
    found = _FIRST.fullmatch(_text(first))
    if found is None:
        raise Refused("malformed SCRAM message")
    gs2, binding_type, authzid, bare, saslname, client_nonce = found.groups()
    _check_binding(gs2, binding_type, plus=plus, bindable=bool(binding))
    username = prepared(unescaped(saslname))
    if authzid is not None and prepared(unescaped(authzid)) != username:
        raise Refused("acting as somebody else is not allowed")
    user = yield ScramLookup(username, hash_name)
    assert isinstance(user, ScramUser)
    nonce = client_nonce + secrets.token_urlsafe(18)
    server_first = f"r={nonce},s={base64.b64encode(user.salt.octets).decode()},i={user.salt.iterations}"
    final = _FINAL.fullmatch(_text(_octets((yield Challenge(server_first.encode())))))
    if final is None:
        raise Refused("malformed SCRAM message")
    without_proof, channel, final_nonce, proof = final.groups()
    message = f"{bare},{server_first},{without_proof}".encode()
    expected = gs2.encode() + (binding if binding_type else b"")
    bound = hmac.compare_digest(_base64(channel), expected)
    same = hmac.compare_digest(final_nonce.encode(), nonce.encode())
    place = _proved(user.keys, message, _base64(proof), hash_name)
    if place is None or not (bound and same):
        raise Refused("wrong name or password")
    verifier = hmac.digest(user.keys[place].server_key, message, hash_name)
    return Success(username, b"v=" + base64.b64encode(verifier), place)


def client(hash_name: str, username: str, password: str) -> ClientExchange:
    """Lead the client's side; see `client`. Raises Refused where the server is a fraud, or asks for too little or much."""
    nonce = secrets.token_urlsafe(18)
    bare = f"n={_escape(prepared(username))},r={nonce}"
    server_first = _text((yield f"n,,{bare}".encode()) or b"")
    found = _SERVER_FIRST.fullmatch(server_first)
    if found is None or not found[1].startswith(nonce) or found[1] == nonce:
        raise Refused("malformed SCRAM message")
    salt, iterations = _base64(found[2]), int(found[3])
    if not ITERATIONS <= iterations <= MOST_ITERATIONS:
        raise Refused("the server asks for too few or too many iterations")
    salted = hashlib.pbkdf2_hmac(hash_name, prepared(password).encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", hash_name)
    without_proof = f"c=biws,r={found[1]}"
    message = f"{bare},{server_first},{without_proof}".encode()
    signature = hmac.digest(hashlib.new(hash_name, client_key).digest(), message, hash_name)
    proof = base64.b64encode(_xor(client_key, signature)).decode()
    verifier = (yield f"{without_proof},p={proof}".encode()) or b""
    expected = hmac.digest(hmac.digest(salted, b"Server Key", hash_name), message, hash_name)
    if not hmac.compare_digest(verifier, b"v=" + base64.b64encode(expected)):
        raise Refused("the server does not know the password itself")


def _check_binding(gs2: str, binding_type: str | None, *, plus: bool, bindable: bool) -> None:
    """Settle channel binding (RFC 5802 §6)."""
    if binding_type is not None and (not plus or binding_type != "tls-server-end-point"):
        raise Refused("this channel binding is not supported")
    if plus and binding_type is None:
        raise Refused("-PLUS needs a channel binding")
    if (
        gs2.startswith("y") and bindable
    ):  # the client believes that we cannot: somebody took -PLUS off our list
        raise Refused("this server does support channel binding")


def _proved(candidates: tuple[ScramKeys, ...], message: bytes, proof: bytes, hash_name: str) -> int | None:
    """Find whose keys a proof was made with (RFC 5802 §3); every candidate is tried, whichever fits."""
    place: int | None = None
    for number, keys in enumerate(candidates):
        client_key = _xor(proof, hmac.digest(keys.stored_key, message, hash_name))
        if hmac.compare_digest(hashlib.new(hash_name, client_key).digest(), keys.stored_key):
            place = number
    return place


def _octets(answer: Answer) -> bytes:
    assert isinstance(answer, bytes)
    return answer


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused("malformed SCRAM message") from None


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("malformed SCRAM message") from None


def _xor(one: bytes, other: bytes) -> bytes:
    if len(one) != len(other):
        raise Refused("malformed SCRAM message")
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def _escape(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")


__all__ = ["Request", "Salt", "ScramKeys", "client", "decoy", "derive", "fresh_salt", "server"]
