"""Whether a letter is as its domain sent it, and making sure that ours are. RFC 6376, RFC 8301, RFC 8463.

A letter is looked at as it comes: the header first, then the body block by block, so that it need not be held. What a signature
says of the body is settled by its hash; whether the signature is its domain's, by the key that the DNS has.

What a signature leaves out, it does not vouch for. One that signs only the beginning of the body (l=) is not believed where the
body goes on: anybody could have put the rest there.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hawknest.dns import TXT, Resolver, Unknown, records
from hawknest.trust import canonical, dkim_records
from hawknest.trust.canonical import Body, Form
from hawknest.trust.dkim_records import Algorithm, BadKey, BadSignature, Key, Made, Signature

NAME: Final = b"dkim-signature"
MOST: Final = 10  # signatures of a letter that are looked at (RFC 6376 §8.4 leaves it to us)
KEYS: Final = 3  # records of a name that are tried
SMALL: Final = 1024  # bits of an RSA key, below which it is not believed (RFC 8301 §3.2)
LARGE: Final = 8192  # bits, above which it costs too much
SKEW: Final = 300  # seconds that clocks may differ


class Result(StrEnum):
    """What came of a signature. RFC 8601 §2.7.1."""

    PASS = "pass"  # noqa: S105 (a result, and no password)
    FAIL = "fail"  # the letter, or the signature, is another
    POLICY = "policy"  # it is right, and not believed
    NEUTRAL = "neutral"  # it cannot be read
    TEMPERROR = "temperror"  # nobody could tell now
    PERMERROR = "permerror"  # there is no key that could be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one signature, and why in plain words."""

    result: Result
    domain: str = ""  # that signed
    selector: str = ""
    identity: str = ""
    algorithm: str = ""
    why: str = ""
    testing: bool = False  # the domain only tries signing: its key says so


@dataclass(slots=True)
class _Candidate:
    """A signature that is looked at."""

    raw: bytes  # the field, as it stands
    signature: Signature | None = None
    body: Body | None = None
    why: str = ""


@dataclass(slots=True)
class Check:
    """The looking at one letter: made of its header, fed with its body, asked for the verdicts."""

    header: bytes  # without the blank line
    now: float  # seconds since the epoch
    _fields: list[tuple[bytes, bytes]] = field(init=False)
    _candidates: list[_Candidate] = field(init=False)
    _bodies: dict[tuple[Form, int | None], Body] = field(
        init=False, default_factory=dict[tuple[Form, int | None], Body]
    )
    _digests: dict[tuple[Form, int | None], bytes] = field(
        init=False, default_factory=dict[tuple[Form, int | None], bytes]
    )

    def __post_init__(self) -> None:
        """Find the signatures, the first ones where there are too many."""
        self._fields = canonical.fields(self.header)
        found = [raw for name, raw in self._fields if name == NAME]
        self._candidates = [self._candidate(raw) for raw in found[:MOST]]

    def update(self, block: bytes) -> None:
        """Take more of the body."""
        for body in self._bodies.values():
            body.update(block)

    async def verdicts(self, resolver: Resolver) -> list[Verdict]:
        """End the body, and judge each signature, in their order."""
        self._digests = {what: body.digest() for what, body in self._bodies.items()}
        return [await self._verdict(one, resolver) for one in self._candidates]

    def _candidate(self, raw: bytes) -> _Candidate:
        try:
            signature = dkim_records.signature(raw.partition(b":")[2])
        except BadSignature as bad:
            return _Candidate(raw, why=str(bad))
        what = (signature.body_form, signature.length)
        body = self._bodies.get(what)
        if body is None:
            body = self._bodies[what] = Body(signature.body_form, hashlib.sha256(), signature.length)
        return _Candidate(raw, signature, body)

    async def _verdict(self, candidate: _Candidate, resolver: Resolver) -> Verdict:
        signature, body = candidate.signature, candidate.body
        if signature is None or body is None:
            return Verdict(result=Result.NEUTRAL, why=candidate.why)

        def told(result: Result, why: str, *, testing: bool = False) -> Verdict:
            return Verdict(
                result=result,
                domain=signature.domain,
                selector=signature.selector,
                identity=signature.identity,
                algorithm=signature.algorithm,
                why=why,
                testing=testing,
            )

        if signature.expires_at is not None and signature.expires_at < self.now - SKEW:
            return told(Result.POLICY, "the signature is too old")
        if signature.signed_at is not None and signature.signed_at > self.now + SKEW:
            return told(Result.POLICY, "the signature is of the future")
        digest = self._digests[signature.body_form, signature.length]
        if signature.length is not None and signature.length > body.length:
            return told(Result.FAIL, "the body is shorter than what was signed")
        if digest != signature.body_hash:
            return told(Result.FAIL, "the body is another than the one that was signed")
        try:
            keys = await keys_of(signature, resolver)
        except Unknown as error:
            return told(Result.TEMPERROR, str(error))
        except BadKey as bad:
            return told(Result.PERMERROR, str(bad))
        octets = signed_octets(self._fields, signature, candidate.raw)
        for found in keys:
            if holds(signature, found, octets):
                if signature.length is not None and body.length > signature.length:
                    why = "only the beginning of the body is signed, and there is more of it"
                    return told(Result.POLICY, why, testing=found.testing)
                return told(Result.PASS, "the letter is as it was signed", testing=found.testing)
        return told(Result.FAIL, "the header is another than the one that was signed, or the key is")


async def keys_of(made: Made, resolver: Resolver) -> Sequence[Key]:
    """Fetch the keys that something may be made with. Raises Unknown, BadKey."""
    texts = await records(resolver, made.key_name, TXT)
    if not texts:
        raise BadKey(f"there is no key at {made.key_name}")
    good: list[Key] = []
    bad = BadKey(f"there is no key for {made.algorithm} at {made.key_name}")
    for text in texts[:KEYS]:
        try:
            found = dkim_records.key(text)
            _fit(found, made)
        except BadKey as error:
            bad = error
        else:
            good.append(found)
    if not good:
        raise bad
    return good


def _fit(found: Key, made: Made) -> None:
    """See whether a key may have made a made. Raises BadKey."""
    if not found.octets:
        raise BadKey("the key was taken back by its domain")
    if found.type != made.algorithm.key_type:
        raise BadKey(f"the key is for {found.type[:20]}, and the signature is made with {made.algorithm}")
    if found.strict and made.identity.rpartition("@")[2].lower() != made.domain:
        raise BadKey("the key is not for subdomains")
    match made.algorithm:
        case Algorithm.ED25519:
            if len(found.octets) != 32:
                raise BadKey("the key has not the length of one for Ed25519")
        case Algorithm.RSA:
            bits = _rsa(found).key_size
            if bits < SMALL:
                raise BadKey(f"the key has {bits} bits, which is too few to be believed")
            if bits > LARGE:
                raise BadKey(f"the key has {bits} bits, which is too many")


def _rsa(found: Key) -> rsa.RSAPublicKey:
    """Read an RSA key. Raises BadKey."""
    try:
        public = load_der_public_key(found.octets)
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey("the key cannot be read") from None
    if not isinstance(public, rsa.RSAPublicKey):
        raise BadKey("the key is not one for RSA")
    return public


def holds(made: Made, found: Key, octets: bytes) -> bool:
    """Tell whether something was made with a key, of these octets."""
    digest = hashlib.sha256(octets).digest()
    try:
        match made.algorithm:
            case Algorithm.ED25519:
                Ed25519PublicKey.from_public_bytes(found.octets).verify(made.octets, digest)
            case Algorithm.RSA:
                _rsa(found).verify(made.octets, digest, padding.PKCS1v15(), utils.Prehashed(SHA256()))
    except InvalidSignature:
        return False
    return True


def signed_octets(fields: Iterable[tuple[bytes, bytes]], signature: Signature, raw: bytes) -> bytes:
    """Put together what a signature signs of the header: its fields from the bottom up, and the signature itself without its value.

    RFC 6376 §3.7, §5.4.2.
    """
    left: dict[bytes, list[bytes]] = {}
    for name, one in fields:
        if one is not raw:  # nothing signs itself
            left.setdefault(name, []).append(one)
    chosen = [left[name].pop() for name in signature.headers if left.get(name)]
    own = canonical.field(dkim_records.unsigned(raw), signature.header_form)
    form = signature.header_form
    return b"".join([canonical.field(one, form) for one in chosen]) + own.removesuffix(b"\r\n")
