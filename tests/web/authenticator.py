"""A security key made of software: it makes passkeys and signs with them, as Web Authentication says."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url


@dataclass
class Authenticator:
    """A security key, held by somebody who is at a page of this origin."""

    origin: str
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    count: int = 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.create gives, as JSON."""
        key, name = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(32)
        self.keys[bytes_to_base64url(name)] = key
        numbers = key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        told = self._data(options["rp"]["id"], 0x45) + bytes(16) + len(name).to_bytes(2, "big") + name
        attestation = {"fmt": "none", "attStmt": {}, "authData": told + cbor2.dumps(cose)}
        return self._answer(
            name,
            {
                "clientDataJSON": self._client("webauthn.create", options["challenge"]),
                "attestationObject": bytes_to_base64url(cbor2.dumps(attestation)),
            },
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.get gives, as JSON."""
        allowed = [one["id"] for one in options["allowCredentials"] if one["id"] in self.keys]
        self.count += 1
        data = self._data(options["rpId"], 0x05)
        client = self._client("webauthn.get", options["challenge"])
        signed = data + hashlib.sha256(base64url_to_bytes(client)).digest()
        signature = self.keys[allowed[0]].sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            base64url_to_bytes(allowed[0]),
            {
                "clientDataJSON": client,
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(signature),
            },
        )

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> str:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return bytes_to_base64url(json.dumps(told).encode())

    def _answer(self, name: bytes, response: dict[str, str]) -> dict[str, Any]:
        shown = bytes_to_base64url(name)
        return {
            "id": shown,
            "rawId": shown,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
