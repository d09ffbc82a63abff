"""The chain of those who passed a letter on, each sealing what the one before had found out. RFC 8617.

A forwarder or a mailing list changes a letter, so that its signature breaks; with ARC it says what it had found before it did, and
seals that. A chain that holds says who said what; whether one believes the last of them is another matter.
"""

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hawknest.dns import Resolver, Unknown
from hawknest.trust import canonical, dkim, dkim_records, tags
from hawknest.trust.canonical import Body, Form
from hawknest.trust.dkim_records import BadKey, BadSignature, Made, Signature

MOST: Final = 50  # links of a chain (RFC 8617 §4.2.1)
RESULTS: Final = b"arc-authentication-results"
MESSAGE: Final = b"arc-message-signature"
SEAL: Final = b"arc-seal"
KINDS: Final = (RESULTS, MESSAGE, SEAL)

# instance = [CFWS] %s"i" [CFWS] "=" [CFWS] 1*2DIGIT [CFWS] ";"       ; RFC 8617 §3.9, §4.1.1
_INSTANCE: Final = re.compile(rb"[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,3})[ \t\r\n]*;")
_NUMBER: Final = re.compile(rb"[1-9][0-9]?")
_TIME: Final = re.compile(rb"[0-9]{1,12}")


class Result(StrEnum):
    """What came of a chain. RFC 8617 §4.4, RFC 8601 §2.7."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 (a result, and no password)
    FAIL = "fail"
    TEMPERROR = "temperror"


class BadChain(ValueError):
    """The fields make no chain; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a chain, and why in plain words."""

    result: Result
    sealer: str = ""  # the domain of the last link
    results: bytes = b""  # what the last one had found, as it wrote it
    links: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Seal(Made):
    """An ARC-Seal field."""

    validation: str  # cv=: what its maker found of the chain before it


@dataclass(slots=True)
class Link:
    """One who passed the letter on: its three fields, as they stand."""

    raw: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])


@dataclass(slots=True)
class Check:
    """The looking at one letter: made of its header, fed with its body, asked for the verdict."""

    header: bytes  # without the blank line
    _links: list[Link] = field(init=False, default_factory=list[Link])
    _fields: list[tuple[bytes, bytes]] = field(init=False)
    _message: Signature | None = field(init=False, default=None)
    _body: Body | None = field(init=False, default=None)
    _why: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Gather the links, and read the last one's signature."""
        self._fields = canonical.fields(self.header)
        try:
            self._links = chain(self._fields)
            if self._links:
                self._message = _message(self._links[-1].raw[MESSAGE], len(self._links))
                self._body = Body(self._message.body_form, hashlib.sha256())
        except (BadChain, BadSignature) as bad:
            self._why = str(bad)

    def update(self, block: bytes) -> None:
        """Take more of the body."""
        if self._body is not None:
            self._body.update(block)

    async def verdict(self, resolver: Resolver) -> Verdict:
        """End the body, and judge the chain."""
        if not self._links and not self._why:
            return Verdict(result=Result.NONE, why="nobody has sealed the letter")
        try:
            seals = [_seal(link.raw[SEAL], number) for number, link in enumerate(self._links, 1)]
            await self._judge(seals, resolver)
        except Unknown as error:
            return Verdict(result=Result.TEMPERROR, why=str(error))
        except (BadChain, BadSignature, BadKey) as bad:
            return Verdict(result=Result.FAIL, links=len(self._links), why=str(bad))
        last = self._links[-1].raw[RESULTS].partition(b":")[2]
        return Verdict(
            result=Result.PASS,
            sealer=seals[-1].domain,
            results=last,
            links=len(self._links),
            why=f"the chain holds, sealed last by {seals[-1].domain}",
        )

    async def _judge(self, seals: list[_Seal], resolver: Resolver) -> None:
        """See whether the chain holds (RFC 8617 §5.2). Raises BadChain, BadKey, Unknown."""
        if self._why:
            raise BadChain(self._why)
        for number, seal in enumerate(seals, 1):
            if seal.validation != ("none" if number == 1 else "pass"):
                raise BadChain(f"link {number} says of the chain before it: {seal.validation[:20]}")
        message, body = self._message, self._body
        assert message is not None
        assert body is not None
        if body.digest() != message.body_hash:
            raise BadChain("the body is another than the one that was signed last")
        raw = self._links[-1].raw[MESSAGE]
        octets = dkim.signed_octets(self._fields, message, raw)
        if not any(dkim.holds(message, key, octets) for key in await dkim.keys_of(message, resolver)):
            raise BadChain("the header is another than the one that was signed last")
        for number in range(len(seals), 0, -1):
            seal, sealed = seals[number - 1], sealed_octets(self._links[:number])
            if not any(dkim.holds(seal, key, sealed) for key in await dkim.keys_of(seal, resolver)):
                raise BadChain(f"the seal of link {number} is not {seal.domain}'s")


def chain(fields: list[tuple[bytes, bytes]]) -> list[Link]:
    """Put the links in their order. Raises BadChain."""
    found: dict[int, Link] = {}
    for name, raw in fields:
        if name not in KINDS:
            continue
        number = number_of(name, raw.partition(b":")[2])
        link = found.setdefault(number, Link())
        if name in link.raw:
            raise BadChain(f"link {number} has two fields of a kind")
        link.raw[name] = raw
    if len(found) > MOST:
        raise BadChain("the chain is too long")
    links: list[Link] = []
    for number in range(1, len(found) + 1):
        link = found.get(number)
        if link is None or len(link.raw) != len(KINDS):
            raise BadChain(f"link {number} is not whole")
        links.append(link)
    return links


def number_of(name: bytes, value: bytes) -> int:
    """Read which link a field belongs to. Raises BadChain."""
    if name == RESULTS:
        found = _INSTANCE.match(value)
        text = found[1] if found else b""
    else:
        try:
            text = tags.read(value).get("i", b"")
        except tags.BadTags as error:
            raise BadChain(str(error)) from None
    if not _NUMBER.fullmatch(text):
        raise BadChain("a field does not say which link it belongs to (i)")
    return int(text)


def _message(raw: bytes, number: int) -> Signature:
    """Read an ARC-Message-Signature field. Raises BadSignature."""
    found = dict(dkim_records.read(raw.partition(b":")[2]))
    for name in ("i", "v", "l", "x"):
        found.pop(name, None)
    signature = dkim_records.made_of(found)
    if SEAL in signature.headers:
        raise BadSignature(f"the signature of link {number} signs seals")
    return signature


def _seal(raw: bytes, number: int) -> _Seal:
    """Read an ARC-Seal field. Raises BadSignature."""
    found = dkim_records.read(raw.partition(b":")[2])
    for name in ("a", "b", "cv", "d", "s"):
        if name not in found:
            raise BadSignature(f"the seal of link {number} lacks {name}")
    if "h" in found:
        raise BadSignature(f"the seal of link {number} names fields")
    if "t" in found and not _TIME.fullmatch(found["t"]):
        raise BadSignature(f"the seal of link {number} has no time")
    domain = dkim_records.domain_name(found["d"], "d")
    return _Seal(
        algorithm=dkim_records.algorithm(found["a"]),
        octets=dkim_records.from_base64(found["b"], "b"),
        domain=domain,
        selector=dkim_records.domain_name(found["s"], "s"),
        identity="@" + domain,
        validation=found["cv"].decode("ascii", "replace").lower(),
    )


def sealed_octets(links: list[Link]) -> bytes:
    """Put together what the last of some links seals. RFC 8617 §5.1.1."""
    own = canonical.field(dkim_records.unsigned(links[-1].raw[SEAL]), Form.RELAXED)
    return octets_of(links) + own.removesuffix(b"\r\n")


def octets_of(links: list[Link]) -> bytes:
    """Put links together in their canonical form, the last one without its seal."""
    return b"".join(
        canonical.field(link.raw[kind], Form.RELAXED)
        for link in links
        for kind in KINDS
        if link is not links[-1] or kind != SEAL
    )
