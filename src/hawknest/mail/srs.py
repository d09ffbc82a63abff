"""The Sender Rewriting Scheme: forwarded letters leave in our own name, and bounces find their way back.

A letter forwarded with its reverse-path as it came fails SPF at the next host (RFC 7208 §D.3). So the sender
`user@origin.example` becomes `SRS0=hash=day=origin.example=user@ours.example`; a bounce to that address is taken
apart and sent on to the sender. An address that was rewritten by another host already becomes
`SRS1=hash=host==…@ours.example`, so that it never grows by a whole address a hop. The hash keeps strangers from
using us to send mail anywhere; the day ends the usefulness of an address that leaked. There is no RFC; the form is
the one of the paper by Meng Weng Wong and of libsrs2, so other hosts recognise it.

Hashes and days are written in base 32, because some hosts change the case of a local part.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from hawknest.mail.address import Address, AddressError, canonical_domain

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_DAY: Final = 86_400  # seconds
_DAYS: Final = 1024  # a day stamp has two digits of base 32
_HASH_DIGITS: Final = 6  # of base 32: 30 bits, guessed by chance once in a billion tries
_SEPARATORS: Final = "=+-"

_SRS0: Final = re.compile(r"SRS0[=+-]([A-Z2-7]{6})=([A-Z2-7]{2})=([^=]++)=(.*)", re.IGNORECASE | re.DOTALL)
_SRS1: Final = re.compile(r"SRS1[=+-]([A-Z2-7]{6})=([^=]++)=([=+-].*)", re.IGNORECASE | re.DOTALL)
_FOREIGN0: Final = re.compile(r"SRS0([=+-].*)", re.IGNORECASE | re.DOTALL)
_FOREIGN1: Final = re.compile(r"SRS1[=+-][^=]++=([^=]++)=([=+-].*)", re.IGNORECASE | re.DOTALL)


class Refusal(StrEnum):
    """Why an address does not lead back to a sender."""

    NOT_SRS = "not a rewritten address"
    BAD_HASH = "this rewritten address was not made here"
    EXPIRED = "this rewritten address is too old"


def encode(
    address: Address, domain: str, keys: Sequence[bytes], now: float, *, separator: str = "="
) -> Address:
    """The address under which a letter from `address` is sent on.

    Its local part has at most 64 octets where the sender's address leaves room: 16 go to the scheme itself.

    Args:
        address: the reverse-path of the letter; the null reverse-path is never rewritten.
        domain: our domain, in its one spelling, to which the bounces come.
        keys: secrets, the one in use first.
        now: seconds since the epoch.
        separator: the character after SRS0: "=", "+" or "-".

    Raises:
        ValueError: the separator is none of the three, or there is no key.
    """
    if separator not in _SEPARATORS or len(separator) != 1 or not keys:
        raise ValueError("SRS needs a key, and one of the separators = + -")
    if found := _FOREIGN1.fullmatch(address.local):
        return _srs1(found[1], found[2], domain, keys[0], separator)
    if found := _FOREIGN0.fullmatch(address.local):
        return _srs1(address.domain, found[1], domain, keys[0], separator)
    day = _stamp(int(now // _DAY))
    digits = _hash(keys[0], "0", day, address.domain, address.local)
    return Address(f"SRS0{separator}{digits}={day}={address.domain}={address.local}", domain)


def _srs1(host: str, rest: str, domain: str, key: bytes, separator: str) -> Address:
    return Address(f"SRS1{separator}{_hash(key, '1', host, rest)}={host}={rest}", domain)


def decode(address: Address, keys: Sequence[bytes], now: float, *, days: int = 21) -> Address | Refusal:
    """Where a bounce to a rewritten address is to go.

    Args:
        address: the recipient of the bounce.
        keys: secrets; an address made with any of them is good, so that keys can be changed.
        now: seconds since the epoch.
        days: how long an address is good; less than 1024, after which day stamps come again.

    Returns:
        The sender, or the next host's rewritten address, or why there is none.
    """
    if found := _SRS0.fullmatch(address.local):
        digits, day, host, local = found.groups()
        if not _known(keys, digits, "0", day, host, local):
            return Refusal.BAD_HASH
        age = (int(now // _DAY) - _number(day)) % _DAYS
        if days < age < _DAYS - 1:  # a clock may be a day behind the one that made the stamp
            return Refusal.EXPIRED
        return _at(local, host)
    if found := _SRS1.fullmatch(address.local):
        digits, host, rest = found.groups()
        if not _known(keys, digits, "1", host, rest):
            return Refusal.BAD_HASH
        return _at(f"SRS0{rest}", host)
    return Refusal.NOT_SRS


def _at(local: str, host: str) -> Address | Refusal:
    try:
        return Address(local, canonical_domain(host))
    except AddressError:
        return Refusal.NOT_SRS


def _stamp(day: int) -> str:
    day %= _DAYS
    return _ALPHABET[day >> 5] + _ALPHABET[day & 31]


def _number(stamp: str) -> int:
    high, low = stamp.upper()
    return _ALPHABET.index(high) << 5 | _ALPHABET.index(low)


def _hash(key: bytes, *parts: str) -> str:
    # Case is left out, for it may be lost on the way; the NULs keep ("ab", "c") and ("a", "bc") apart.
    text = "\0".join(parts).lower()
    digest = hmac.digest(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.b32encode(digest[:5])[:_HASH_DIGITS].decode("ascii")


def _known(keys: Sequence[bytes], digits: str, *parts: str) -> bool:
    given = digits.upper().encode()
    return any(hmac.compare_digest(_hash(key, *parts).encode(), given) for key in keys)
