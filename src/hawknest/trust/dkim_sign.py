"""Signing letters with a domain's keys, RSA and Ed25519 side by side. RFC 6376 §5, RFC 8463 §3.

The fields that a letter's meaning hangs on are signed once more often than they stand there, so that none can be added (RFC 6376 §5.4).
"""

import base64
import hashlib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hawknest.trust import canonical
from hawknest.trust.canonical import Body, Form
from hawknest.trust.dkim_records import Algorithm

LINE: Final = 76  # characters

#: Fields that are signed, and none may be added to them.
GUARDED: Final = (
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Reply-To",
    "Message-ID",
    "Content-Type",
    "MIME-Version",
)
#: Fields that are signed where they are there. RFC 6376 §5.4.1.
SIGNED: Final = (
    "Sender",
    "In-Reply-To",
    "References",
    "Content-Transfer-Encoding",
    "List-Id",
    "List-Help",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Subscribe",
    "List-Post",
    "List-Owner",
    "List-Archive",
)

PrivateKey = rsa.RSAPrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Signer:
    """A key of a domain, by its selector."""

    domain: str
    selector: str
    key: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> Algorithm:
        """What it signs with."""
        return Algorithm.RSA if isinstance(self.key, rsa.RSAPrivateKey) else Algorithm.ED25519

    @property
    def record(self) -> str:
        """What the DNS has to say at `selector._domainkey.domain`. RFC 6376 §3.6.1, RFC 8463 §4."""
        public = self.key.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={self.algorithm.key_type}; p={base64.b64encode(octets).decode()}"


class Signing:
    """The signing of one letter: made of its header, fed with its body, asked for the fields that go in front."""

    __slots__ = ("_body", "_fields", "_names")

    def __init__(self, header: bytes) -> None:
        """Choose what is signed; `header` comes without the blank line."""
        self._fields = canonical.fields(header)
        self._names = names_of([name for name, _ in self._fields])
        self._body = Body(Form.RELAXED, hashlib.sha256())

    def update(self, block: bytes) -> None:
        """Take more of the body."""
        self._body.update(block)

    def signed(self, signers: list[Signer], now: float) -> bytes:
        """End the body, and write a DKIM-Signature field for each key; `now` is in seconds since the epoch."""
        digest = base64.b64encode(self._body.digest()).decode()
        octets = self._octets()
        return b"".join(self._field(signer, digest, octets, int(now)) for signer in signers)

    def _octets(self) -> bytes:
        return chosen(self._fields, self._names)

    def _field(self, signer: Signer, digest: str, octets: bytes, now: int) -> bytes:
        tags = [
            "v=1;",
            f"a={signer.algorithm};",
            "c=relaxed/relaxed;",
            f"d={signer.domain};",
            f"s={signer.selector};",
            f"t={now};",
            *together("h=", self._names),
            f"bh={digest};",
        ]
        return written("DKIM-Signature", tags, octets, signer.key)


def names_of(there: list[bytes], more: tuple[str, ...] = ()) -> list[str]:
    """Name the fields that are signed, of those that are `there`, as often as they are; the guarded ones once more."""
    names: list[str] = []
    for name in (*GUARDED, *SIGNED, *more):
        count = there.count(name.lower().encode())
        names += [name] * (count + (name in GUARDED))
    return names


def chosen(fields: list[tuple[bytes, bytes]], names: list[str]) -> bytes:
    """Put together the fields of these names, from the bottom up, as they are signed. RFC 6376 §5.4.2."""
    left: dict[str, list[bytes]] = {}
    for name, raw in fields:
        left.setdefault(name.decode("ascii", "replace"), []).append(raw)
    found = [left[name.lower()].pop() for name in names if left.get(name.lower())]
    return b"".join([canonical.field(raw, Form.RELAXED) for raw in found])


def written(name: str, words: list[str], octets: bytes, key: PrivateKey) -> bytes:
    """Write a field that signs some octets and then itself, with its value (b=) at the end. RFC 6376 §3.7."""
    raw = _folded(name, words)
    own = canonical.field(raw + b"b=", Form.RELAXED).removesuffix(b"\r\n")
    made = base64.b64encode(_made(key, hashlib.sha256(octets + own).digest())).decode()
    pieces = [made[at : at + LINE - 2] for at in range(0, len(made), LINE - 2)]
    return raw + b"b=" + "\r\n\t".join(["", *pieces]).encode() + b"\r\n"


def together(start: str, names: list[str]) -> list[str]:
    """The names of a list with colons, to be folded between any two."""
    words = [f"{name}:" for name in names[:-1]] + [f"{names[-1]};"]
    return [start + words[0], *words[1:]]


def _folded(name: str, words: list[str]) -> bytes:
    """Write words into lines; those of a list with colons stand together. RFC 5322 §2.2.3."""
    lines, line = list[str](), f"{name}: {words[0]}"
    for before, word in pairwise(words):
        glue = "" if before.endswith(":") else " "
        if len(line) + len(glue) + len(word) > LINE:
            lines.append(line)
            line = "\t" + word
        else:
            line += glue + word
    return "\r\n".join([*lines, line]).encode() + b"\r\n\t"


def _made(key: PrivateKey, digest: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, padding.PKCS1v15(), utils.Prehashed(SHA256()))
    return key.sign(digest)
