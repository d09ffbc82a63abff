"""Sealing a letter that we pass on with what we had found out about it, so that whoever believes us need not find it broken. RFC 8617 §5.1.

Three fields go in front: what we had found (ARC-Authentication-Results), a signature of the letter as it leaves, and the seal, which
covers the links before ours as well. Of a chain that was broken when it came we say so and seal our own link alone (RFC 8617 §5.1.2);
after a link that says so already, nothing is to be added.
"""

import base64
import hashlib
from typing import Final

from hawknest.trust import arc, canonical, tags
from hawknest.trust.arc import BadChain, Link
from hawknest.trust.canonical import Body, Form
from hawknest.trust.dkim_sign import Signer, chosen, names_of, together, written

_ALSO: Final = ("DKIM-Signature",)  # signed besides: RFC 8617 §4.1.2


class Sealing:
    """The sealing of one letter: made of its header as it leaves, fed with its body, asked for the fields that go in front."""

    __slots__ = ("_body", "_fields")

    def __init__(self, header: bytes) -> None:
        """Begin; `header` comes without the blank line."""
        self._fields = canonical.fields(header)
        self._body = Body(Form.RELAXED, hashlib.sha256())

    def update(self, block: bytes) -> None:
        """Take more of the body."""
        self._body.update(block)

    def sealed(self, signer: Signer, found: arc.Result, results: bytes, now: float) -> bytes:
        """End the body, and write our link.

        Args:
            signer: a key of ours, best an RSA one, which every verifier knows.
            found: what we found of the chain when the letter came.
            results: our Authentication-Results field of it, or its value.
            now: seconds since the epoch.

        Returns:
            The fields; nothing where a link of ours would say nothing: the chain has ended, is as long as any may be, or nobody
            could tell whether it holds.
        """
        number = 1 + _highest(self._fields)
        if found is arc.Result.TEMPERROR or number > arc.MOST or self._ended():
            return b""
        before = self._before(found)
        validation = "fail" if before is None else "pass" if before else "none"
        link = Link()
        link.raw[arc.RESULTS] = _results(number, results)
        link.raw[arc.MESSAGE] = self._message(number, signer, int(now))
        links = [*(before or []), link]
        words = [
            f"i={number};",
            f"a={signer.algorithm};",
            f"cv={validation};",
            f"d={signer.domain};",
            f"s={signer.selector};",
            f"t={int(now)};",
        ]
        seal = written("ARC-Seal", words, arc.octets_of(links), signer.key)
        return seal + link.raw[arc.MESSAGE] + link.raw[arc.RESULTS]

    def _before(self, found: arc.Result) -> list[Link] | None:
        """The links that ours goes on from; None where they make no chain that holds."""
        try:
            links = arc.chain(self._fields)
        except BadChain:
            return None
        return links if found is arc.Result.PASS or not links else None

    def _ended(self) -> bool:
        """Tell whether the last seal says that the chain was broken before it."""
        last = _highest(self._fields)
        seals = [raw.partition(b":")[2] for name, raw in self._fields if name == arc.SEAL]
        return any(_number(arc.SEAL, seal) == last and _says_fail(seal) for seal in seals)

    def _message(self, number: int, signer: Signer, now: int) -> bytes:
        names = names_of([name for name, _ in self._fields], _ALSO)
        words = [
            f"i={number};",
            f"a={signer.algorithm};",
            "c=relaxed/relaxed;",
            f"d={signer.domain};",
            f"s={signer.selector};",
            f"t={now};",
            *together("h=", names),
            f"bh={base64.b64encode(self._body.digest()).decode()};",
        ]
        return written("ARC-Message-Signature", words, chosen(self._fields, names), signer.key)


def _highest(fields: list[tuple[bytes, bytes]]) -> int:
    """The number of the last link, none: 0; of fields that tell none, nothing is known."""
    return max(
        (_number(name, raw.partition(b":")[2]) for name, raw in fields if name in arc.KINDS), default=0
    )


def _number(name: bytes, value: bytes) -> int:
    try:
        return arc.number_of(name, value)
    except BadChain:
        return 0


def _says_fail(seal: bytes) -> bool:
    try:
        return tags.read(seal).get("cv", b"").lower() == b"fail"
    except tags.BadTags:
        return False


def _results(number: int, results: bytes) -> bytes:
    """Write what we had found as a link of the chain (RFC 8617 §4.1.1)."""
    name, colon, value = results.partition(b":")
    said = value if colon and name.strip().lower() == b"authentication-results" else results
    return b"ARC-Authentication-Results: i=%d;\r\n\t%b\r\n" % (number, said.strip())
