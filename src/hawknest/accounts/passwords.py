"""Passwords: what is kept of them, how one is checked, which are too easy, and new ones that are not.

Kept are an argon2id hash (RFC 9106) and the derived keys of SCRAM (RFC 5802 §3), never the password; the legacy switch for
CRAM-MD5 is the one exception, since it cannot work otherwise. Hashing costs 19 MiB and some 50 ms by design, so it runs in
two threads of its own, and a success is remembered for a few minutes under a key that only this process knows: mail
programs log in all the time.
"""

import asyncio
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import argon2
import msgspec

from hawknest.wire.sasl.prep import prepared
from hawknest.wire.sasl.scram import derive
from hawknest.wire.sasl.values import Refused, ScramKeys

THREADS: Final = 2
REMEMBERED: Final = 5000  # successes
LIFETIME: Final = 300.0  # seconds that a success is remembered
LEAST: Final = 8  # characters

_HASHER: Final = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is kept of a password."""

    password: str = field(repr=False)
    scram: str = field(repr=False)
    cram: str | None = field(default=None, repr=False)


def secrets_of(password: str, *, cram_md5: bool = False) -> Secrets:
    """Derive what is kept of a password; it takes some 60 ms. Raises Refused."""
    clear = prepared(password)
    keys = {name: _written(derive(clear, name)) for name in ("sha256", "sha1")}
    return Secrets(hash_of(clear), msgspec.json.encode(keys).decode(), clear if cram_md5 else None)


def hash_of(password: str) -> str:
    """Hash a password that is only ever verified. Raises Refused."""
    return _HASHER.hash(prepared(password))


def scram_keys(kept: str | None, hash_name: str) -> ScramKeys | None:
    """Read the derived keys for one hash, if there are any."""
    keys: dict[str, list[str]] = msgspec.json.decode(kept, type=dict[str, list[str]]) if kept else {}
    if hash_name not in keys:
        return None
    salt, iterations, stored, server = keys[hash_name]
    return ScramKeys(bytes.fromhex(salt), int(iterations), bytes.fromhex(stored), bytes.fromhex(server))


def _written(keys: ScramKeys) -> list[str]:
    return [keys.salt.hex(), str(keys.iterations), keys.stored_key.hex(), keys.server_key.hex()]


class Verifier:
    """Checks passwords against hashes, a few at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._threads = ThreadPoolExecutor(THREADS, "passwords")
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, float] = {}  # successes, and until when they hold
        self._dummy = _HASHER.hash(secrets.token_hex(16))

    async def check(self, password: str, hashes: Iterable[str]) -> int | None:
        """Tell which of some hashes a password fits: its index, or None.

        Where there is no hash it takes as long as if there were one.
        """
        candidates = list(hashes)
        now = self._clock()
        try:
            password = prepared(password)
        except Refused:  # N16: an empty password, among others, is never right
            candidates, password = [], ""
        for index, kept in enumerate(candidates):
            if self._known.get(self._mark(password, kept), 0.0) > now:
                return index
        loop = asyncio.get_running_loop()
        index = await loop.run_in_executor(self._threads, self._find, password, candidates)
        if index is not None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[self._mark(password, candidates[index])] = now + LIFETIME
        return index

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _mark(self, password: str, kept: str) -> bytes:
        """Name a pair of password and hash without keeping either; a changed password has another hash."""
        return hmac.digest(self._key, f"{kept}\0{password}".encode(), "sha256")

    def _find(self, password: str, candidates: list[str]) -> int | None:
        for index, kept in enumerate(candidates):
            if _fits(kept, password):
                return index
        if not candidates:
            _fits(self._dummy, password)
        return None


def _fits(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


#: Words that stand in many passwords; with digits around them they are guessed in minutes.
_COMMON: Final = frozenset(
    """password passwort passw0rd pass secret geheim letmein welcome qwerty qwertz asdfgh zxcvbn admin
    administrator root user test guest login master webmaster postmaster hostmaster abuse mail email server
    internet computer dragon monkey football baseball sunshine princess shadow iloveyou love hello summer
    winter spring autumn sakura nippon japan tokyo osaka himitsu naruto pikachu password1 abc abcd abcdef
    changeme default hawknest argosoft""".split()
)
_DIGITS: Final = re.compile(r"[\d\W_]+")
_WORDS: Final = tuple(
    """acorn amber apple arrow aspen bamboo basin beach berry birch bloom brook candle canyon cedar cherry
    cloud clover comet coral cotton crane creek crow dawn desert dune eagle ember fern field finch flint
    forest fox frost garden glade grape grove harbor hawk hazel heron hill honey island ivory jade juniper
    kettle kite lake lantern leaf lemon lily linen lotus maple marsh meadow melon mint mist moon moss nest
    oak ocean olive onyx orchid otter owl panda peach pearl pebble pepper pine plum pond poppy quartz quill
    rain raven reed ridge river robin rose sage sand seed shell silver sky slate snow sparrow star stone
    storm stream sugar sun swan thistle tide tiger topaz tulip valley velvet violet walnut water wave wheat
    willow wind wolf wren yarrow zephyr""".split()
)


def objections(password: str, names: Iterable[str]) -> list[str]:
    """Say in plain words why a password is too easy to guess; an empty list: it is not.

    `names` are those of the user and the domain, which it must not be made of.
    """
    found: list[str] = []
    try:
        clear = prepared(password)
    except Refused as refused:
        return [str(refused)]
    if len(clear) < LEAST:
        found.append(f"it has fewer than {LEAST} characters")
    folded = clear.casefold()
    core = _DIGITS.sub("", folded)
    for name in names:
        parts = [part for part in re.split(r"[@.\s]+", name.casefold()) if len(part) > 2]
        found += [f"it contains the name {part}" for part in parts if part in folded]
    if core in _COMMON or (core and len(set(core)) == 1):
        found.append(
            f"it is the common word {core!r} with digits" if core != folded else f"{core!r} is a common word"
        )
    if not core and len(clear) < 16:
        found.append("it is made of digits and signs alone")
    if len(set(folded)) < 5:
        found.append("it repeats a few characters")
    return list(dict.fromkeys(found))


def generate() -> str:
    """Make a password that can be read out over the phone: about 55 bits."""
    words = [secrets.choice(_WORDS) for _ in range(6)]
    return "-".join(words) + f"-{secrets.randbelow(10000):04}"
