"""Others who make and judge DKIM signatures: dkimpy, OpenDKIM and npm's mailauth, all with the same keys and no DNS."""

import base64
import importlib.util
import json
import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import dkim as dkimpy
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from programs import need

from hawknest.trust.dkim_sign import Signer

HOME: Final = Path(__file__).parent / "mailauth"

RSA: Final = Signer("example.org", "r1", rsa.generate_private_key(65537, 2048))
ED: Final = Signer("example.org", "e1", Ed25519PrivateKey.generate())
SIGNERS: Final = {"rsa-sha256": RSA, "ed25519-sha256": ED}
ZONE: Final = {f"{one.selector}._domainkey.{one.domain}": one.record for one in (RSA, ED)}


def pem(signer: Signer) -> bytes:
    form = PrivateFormat.TraditionalOpenSSL if signer is RSA else PrivateFormat.PKCS8
    return signer.key.private_bytes(Encoding.PEM, form, NoEncryption())


# dkimpy


class _Nacl:
    """What dkimpy wants of PyNaCl, which is not here: the arithmetic is cryptography's, everything else is its own."""

    class VerifyKey:
        def __init__(self, text: bytes, encoder: Any) -> None:
            self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(text))

        def verify(self, octets: bytes, made: bytes) -> None:
            self._key.verify(made, octets)

    class SigningKey:
        def __init__(self, text: bytes, encoder: Any) -> None:
            self._key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))

        def sign(self, octets: bytes) -> Any:
            return SimpleNamespace(signature=self._key.sign(octets))


dkimpy.nacl = SimpleNamespace(
    signing=_Nacl,
    encoding=SimpleNamespace(Base64Encoder=None),
    exceptions=SimpleNamespace(ValueError=ValueError, BadSignatureError=InvalidSignature),
)


def _quick(digest: Any, _: Any) -> bytes:
    """The RSA signature that dkimpy takes 15 ms of pure Python for."""
    assert isinstance(RSA.key, rsa.RSAPrivateKey)
    return RSA.key.sign(digest.digest(), padding.PKCS1v15(), utils.Prehashed(SHA256()))


dkimpy.RSASSA_PKCS1_v1_5_sign = _quick


class Dkimpy:
    def judge(self, letter: bytes) -> list[bool]:
        """What it finds of each signature; nothing of a letter that it cannot read."""
        try:
            looked = dkimpy.DKIM(letter)
        except dkimpy.MessageFormatError:
            return []
        count = sum(name.lower() == b"dkim-signature" for name, _ in looked.headers)
        return [self._passes(letter, at) for at in range(count)]

    def _passes(self, letter: bytes, at: int) -> bool:
        try:
            return bool(dkimpy.DKIM(letter).verify(at, dnsfunc=self._text))
        except dkimpy.DKIMException:
            return False

    @staticmethod
    def _text(name: bytes, timeout: int = 5) -> bytes | None:
        found = ZONE.get(name.decode().rstrip("."))
        return found.encode() if found else None

    def sign(self, letter: bytes, algorithm: str, forms: str, *, length: bool = False) -> bytes:
        """The field that goes in front of a letter."""
        key = pem(RSA)
        if algorithm != "rsa-sha256":
            key = base64.b64encode(ED.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
        who = SIGNERS[algorithm]
        signer = dkimpy.DKIM(letter, signature_algorithm=algorithm.encode())
        forms_ = tuple(form.encode() for form in forms.split("/"))
        return signer.sign(
            who.selector.encode(), who.domain.encode(), key, canonicalize=forms_, length=length
        )


# mailauth


class Mailauth:
    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def _ask(self, letter: bytes, **more: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"letter": base64.b64encode(letter).decode(), **more}
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def judge(self, letter: bytes) -> list[bool]:
        return self._ask(letter, zone=ZONE)["dkim"]

    def chain(self, letter: bytes, zone: dict[str, str]) -> str:
        """What it finds of a letter's ARC chain."""
        return self._ask(letter, zone=zone)["arc"]

    def sign(self, letter: bytes, algorithm: str, forms: str, *, length: bool = False) -> bytes:
        who = SIGNERS[algorithm]
        data = {"signingDomain": who.domain, "selector": who.selector, "privateKey": pem(who).decode()}
        if length:
            data["maxBodyLength"] = len(letter.partition(b"\r\n\r\n")[2]) // 2
        said = self._ask(
            letter, sign={"canonicalization": forms, "algorithm": algorithm, "signatureData": [data]}
        )
        assert said["signatures"], said
        return said["signatures"].encode()


@contextmanager
def mailauth() -> Generator[Mailauth]:
    """Start it; skips where it is not installed."""
    spec = importlib.util.spec_from_file_location("pages_tool", HOME.parents[2] / "tools" / "pages.py")
    assert spec is not None
    assert spec.loader is not None
    pages = importlib.util.module_from_spec(spec)  # tests have a module of that name
    spec.loader.exec_module(pages)
    if not (HOME / "node_modules" / "mailauth").is_dir():
        pytest.skip(
            "npm's mailauth is not here: python tools/peers.py install, with the npm registry within reach"
        )
    words = [pages.node_home("bin/node"), "judge.mjs"]
    with subprocess.Popen(words, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Mailauth(process)


# OpenDKIM

_SAID: Final = re.compile(r"(\d+)\.eml: (.*)")
_FIELD: Final = re.compile(rb"### INSHEADER: idx=\d+ hname='DKIM-Signature' hvalue='(.*?)'\n", re.DOTALL)


class Opendkim:
    def __init__(self, place: Path) -> None:
        """Write its configurations; skips where it is not installed."""
        self._place = place
        self._program = need("opendkim")
        (place / "keys").write_text("".join(f"{name} {text}\n" for name, text in ZONE.items()))
        (place / "verify").write_text(f"TestPublicKeys {place}/keys\nMode v\nOn-Default accept\n")
        (place / "key.pem").write_bytes(pem(RSA))

    def _run(self, configuration: str, letters: list[bytes], *words: str) -> bytes:
        for at, letter in enumerate(letters):
            (self._place / f"{at}.eml").write_bytes(letter)
        names = ",".join(f"{at}.eml" for at in range(len(letters)))
        command = [self._program, "-x", configuration, "-t", names, *words]
        done = subprocess.run(command, cwd=self._place, capture_output=True, timeout=60, check=False)
        return done.stdout + done.stderr

    def judge(self, letters: list[bytes]) -> list[bool | None]:
        """Whether a signature of each letter holds, the first that does being enough; None: it has not looked."""
        said = self._run("verify", letters).decode(errors="replace")
        found = {int(at): words for at, words in _SAID.findall(said)}
        judged = {at: words.endswith("succeeded") for at, words in found.items() if "verification" in words}
        return [judged.get(at) for at in range(len(letters))]

    def sign(self, letter: bytes, forms: str) -> bytes:
        """The field, made with RSA; it knows no other way to say which key."""
        text = (
            f"Mode s\nDomain example.org\nSelector r1\nKeyFile {self._place}/key.pem\nCanonicalization {forms}\n"
            "RequireSafeKeys no\nInternalHosts 0.0.0.0/0\n"
        )
        (self._place / "sign").write_text(text)
        said = self._run("sign", [letter], "-vvv")
        found = _FIELD.search(said)
        assert found is not None, said
        return b"DKIM-Signature: " + found[1].replace(b"\n", b"\r\n") + b"\r\n"
