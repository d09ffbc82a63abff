"""Keys that are in the DNS, for tests of what leaves: made once, published in a zone that a resolver here knows, judged by three."""

import base64
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest import mock

import dkim as dkimpy
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hawknest.accounts import dkim_keys
from hawknest.accounts.dkim_keys import Pair
from hawknest.accounts.vault import Vault
from hawknest.dns import TXT, Answer, NoSuchName, Silent
from hawknest.store import Connection
from hawknest.trust.dkim import Check, Verdict

_MAKE = dkim_keys.make  # also where a test has put something in its place
VAULT = Vault(bytes(range(32)))


@cache
def pair(_number: int = 0) -> Pair:
    """A pair of keys, made once for all tests."""
    return _MAKE()


@dataclass
class Zone:
    """A resolver that knows some texts; `silent`: it says nothing to anybody."""

    texts: dict[str, list[bytes]] = field(default_factory=dict)
    silent: bool = False
    asked: list[str] = field(default_factory=list)

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        self.asked.append(name)
        if self.silent:
            raise Silent(name, str(kind))
        if kind is not TXT or name not in self.texts:
            raise NoSuchName(name, str(kind))
        return Answer(tuple(self.texts[name]), name, 60)

    def enter(self, name: str, *texts: str) -> None:
        self.texts[name] = [text.encode() for text in texts]


def publish(connection: Connection, vault: Vault, zone: Zone, now: float, *domains: str) -> None:
    """Give domains keys that the DNS has, so that they sign."""
    for domain in domains:
        dkim_keys.complete(connection, vault, domain, pair(), now)
        for key in dkim_keys.listing(connection, domain):
            zone.enter(key.name, key.record)
            dkim_keys.found(connection, key.id, now)


async def judged(letter: bytes, zone: Zone, now: float) -> list[Verdict]:
    """What our own check says of each signature."""
    header, _, body = letter.partition(b"\r\n\r\n")
    check = Check(header + b"\r\n", now)
    check.update(body)
    return await check.verdicts(zone)


class _Nacl:
    """As much of PyNaCl as dkimpy uses to check a signature, over the library that is here."""

    class exceptions:  # noqa: N801
        BadSignatureError = InvalidSignature

    class encoding:  # noqa: N801
        Base64Encoder = None

    class signing:  # noqa: N801
        class VerifyKey:
            def __init__(self, octets: bytes, encoder: Any) -> None:
                self.key = Ed25519PublicKey.from_public_bytes(base64.b64decode(octets))

            def verify(self, digest: bytes, signature: bytes) -> bool:
                self.key.verify(signature, digest)
                return True


def believed(letter: bytes, zone: Zone, now: float, signatures: int = 2) -> list[bool]:
    """What dkimpy says of each signature; it has no clock but the machine's, so it gets ours."""

    def found(name: bytes, timeout: int = 5) -> bytes | None:
        return next(iter(zone.texts.get(name.decode().removesuffix("."), ())), None)

    with (
        mock.patch.object(dkimpy.time, "time", return_value=now),
        mock.patch.object(dkimpy, "nacl", _Nacl, create=True),
    ):
        return [dkimpy.DKIM(letter).verify(number, dnsfunc=found) for number in range(signatures)]
