"""DKIM's two texts as values: the signature in a letter's header, and the key in the DNS. RFC 6376 §3.5, §3.6.1, RFC 8301, RFC 8463."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hawknest.dns import canonical_name
from hawknest.trust import tags
from hawknest.trust.canonical import Form
from hawknest.trust.tags import BadTags

HEADERS: Final = 200  # names in h=
NUMBER: Final = re.compile(rb"[0-9]{1,12}")
_B: Final = re.compile(rb"((?:^|;)[ \t\r\n]*+b[ \t\r\n]*+=)[^;]*+")


class Algorithm(StrEnum):
    """How a signature is made. RFC 8301 §3.1: rsa-sha1 is none any more."""

    RSA = "rsa-sha256"
    ED25519 = "ed25519-sha256"  # RFC 8463 §3

    @property
    def key_type(self) -> str:
        """What its key calls itself (k=)."""
        return self.value.partition("-")[0]


class BadSignature(ValueError):
    """The field is no signature that can be looked at; the message says why."""


class BadKey(ValueError):
    """The record is no key that can be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made with a key of a domain."""

    algorithm: Algorithm  # a=
    octets: bytes = field(repr=False)  # b=
    domain: str  # d=, A-labels in lower case
    selector: str  # s=
    identity: str  # i=

    @property
    def key_name(self) -> str:
        """Where the key is. RFC 6376 §3.6.2.1."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature(Made):
    """A DKIM-Signature field."""

    body_hash: bytes = field(repr=False)  # bh=
    header_form: Form
    body_form: Form
    headers: tuple[bytes, ...]  # h=, in lower case
    length: int | None  # l=, octets of the body
    signed_at: int | None  # t=, seconds since the epoch
    expires_at: int | None  # x=


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key record."""

    type: str  # k=
    octets: bytes = field(repr=False)  # p=; empty: it was taken back
    testing: bool  # t=y
    strict: bool  # t=s: the identity's domain must be the signature's


def signature(value: bytes) -> Signature:
    """Read the value of a DKIM-Signature field. Raises BadSignature."""
    found = read(value)
    if found.get("v") != b"1":
        raise BadSignature("it is of another version")
    if b"from" not in {name.lower() for name in tags.listed(found.get("h", b""))}:
        raise BadSignature("it does not sign From")
    return made_of(found)


def read(value: bytes) -> Mapping[str, bytes]:
    """Read the tags of a signature. Raises BadSignature."""
    try:
        return tags.read(value)
    except BadTags as error:
        raise BadSignature(str(error)) from None


def made_of(found: Mapping[str, bytes]) -> Signature:
    """Make a signature of its tags. Raises BadSignature."""
    for name in ("a", "b", "bh", "d", "h", "s"):
        if name not in found:
            raise BadSignature(f"the tag {name} is missing")
    if b"dns/txt" not in tags.listed(found.get("q", b"dns/txt")):
        raise BadSignature("its key is not in the DNS")
    domain, selector = domain_name(found["d"], "d"), domain_name(found["s"], "s")
    identity = found.get("i", b"@" + domain.encode()).decode("utf-8", "replace")
    of = (canonical_name(identity.rpartition("@")[2]) or "").lower()
    if "@" not in identity or not (of == domain or of.endswith("." + domain)):
        raise BadSignature("its identity (i) is not of its domain (d)")
    headers = tuple(name.lower() for name in tags.listed(found["h"]))
    if len(headers) > HEADERS:
        raise BadSignature("it signs too many fields")
    signed_at, expires_at = _number(found, "t"), _number(found, "x")
    if signed_at is not None and expires_at is not None and expires_at <= signed_at:
        raise BadSignature("it ends before it begins")
    header_form, body_form = _forms(found.get("c", b"simple/simple"))
    return Signature(
        algorithm=algorithm(found["a"]),
        octets=from_base64(found["b"], "b"),
        body_hash=from_base64(found["bh"], "bh"),
        header_form=header_form,
        body_form=body_form,
        domain=domain,
        selector=selector,
        identity=identity,
        headers=headers,
        length=_number(found, "l"),
        signed_at=signed_at,
        expires_at=expires_at,
    )


def key(record: bytes) -> Key:
    """Read a key record. Raises BadKey."""
    try:
        found = tags.read(record)
    except BadTags as error:
        raise BadKey(str(error)) from None
    if found.get("v", b"DKIM1") != b"DKIM1" or ("v" in found and next(iter(found)) != "v"):
        raise BadKey("it is of another version")
    if "p" not in found:
        raise BadKey("there is no key in it (p)")
    if b"sha256" not in tags.listed(found.get("h", b"sha256")):
        raise BadKey("it is for other hashes (h)")
    if not {b"*", b"email"} & {*tags.listed(found.get("s", b"*"))}:
        raise BadKey("it is not for mail (s)")
    flags = tags.listed(found.get("t", b""))
    try:
        octets = base64.b64decode(tags.without_space(found["p"]), validate=True)
    except (binascii.Error, ValueError):
        raise BadKey("its key (p) is not in base64") from None
    kind = found.get("k", b"rsa").decode("ascii", "replace").lower()
    return Key(type=kind, octets=octets, testing=b"y" in flags, strict=b"s" in flags)


def unsigned(raw: bytes) -> bytes:
    """Empty a signature's own value (b=), as it is when it is signed: the field with its name. RFC 6376 §3.7."""
    name, colon, value = raw.partition(b":")
    return name + colon + _B.sub(rb"\1", value)


def domain_name(value: bytes, tag: str) -> str:
    """Read a name of the DNS. Raises BadSignature."""
    try:
        name = canonical_name(value.decode("ascii"))
    except UnicodeDecodeError:
        name = None
    if not name:
        raise BadSignature(f"its {'domain' if tag == 'd' else 'selector'} ({tag}) is no name")
    return name.lower()


def algorithm(value: bytes) -> Algorithm:
    """Read how a signature is made. Raises BadSignature."""
    try:
        return Algorithm(value.decode("ascii", "replace"))
    except ValueError:
        if value.lower() == b"rsa-sha1":
            raise BadSignature("it is made with SHA-1, which is believed no more") from None
        raise BadSignature("nobody knows its algorithm") from None


def _forms(value: bytes) -> tuple[Form, Form]:
    header, _, body = value.decode("ascii", "replace").partition("/")
    try:
        return Form(header), Form(body or "simple")
    except ValueError:
        raise BadSignature("nobody knows its canonicalisation") from None


def _number(found: Mapping[str, bytes], name: str) -> int | None:
    value = found.get(name)
    if value is None:
        return None
    if not NUMBER.fullmatch(value):
        raise BadSignature(f"the tag {name} is no number")
    return int(value)


def from_base64(value: bytes, name: str) -> bytes:
    """Read octets that are in base64. Raises BadSignature."""
    try:
        octets = base64.b64decode(tags.without_space(value), validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if not octets:
        raise BadSignature(f"the tag {name} is not in base64")
    return octets
