"""SCRAM-SHA-256-PLUS as a client leads it, in as few words as will do (RFC 5802 §5, RFC 5929 §4)."""

import base64
import hashlib
import hmac

from hawknest.wire.sasl.values import ClientExchange


def bound(name: str, password: str, binding: bytes) -> ClientExchange:
    """Lead the client's side; `binding` is what it knows of the TLS connection."""
    header, bare = b"p=tls-server-end-point,,", f"n={name},r=client".encode()
    server_first = (yield header + bare) or b""
    nonce, salt, iterations = (part[2:] for part in server_first.split(b","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    without = b"c=" + base64.b64encode(header + binding) + b",r=" + nonce
    message = b",".join((bare, server_first, without))
    key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True)))
    verifier = yield without + b",p=" + proof
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    assert verifier == b"v=" + base64.b64encode(hmac.digest(server_key, message, "sha256"))
