"""What a name's passwords are checked against, and the checking. RFC 9106, RFC 5802 §3.

A name has several locks: one for its own password, and one for each app password. Whatever it has, and if nobody has it,
a wrong password costs the same: one derivation, which is compared with the locks of all app passwords, and one argon2id
hash, for the lock of the own password or one that nothing opens. Hashing costs 19 MiB and some 50 ms by design, so it runs
in two threads of its own, and a success is remembered for a few minutes under a key that only this process knows: mail
programs log in all the time.
"""

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import argon2

from hawknest.accounts.apps import EACH
from hawknest.accounts.passwords import HASHER, HASHES, scram_keys
from hawknest.wire.sasl.prep import prepared
from hawknest.wire.sasl.scram import decoy, derive
from hawknest.wire.sasl.values import Refused, Salt, ScramUser

THREADS: Final = 2
REMEMBERED: Final = 5000  # successes
LIFETIME: Final = 300.0  # seconds that a success is remembered

_DECOYS: Final = {name: decoy(name) for name in HASHES}


@dataclass(frozen=True, slots=True)
class Locks:
    """What is kept of the passwords that are good for a name; the place of the own one is 0, app passwords come after."""

    salt: Salt
    own: str | None = field(default=None, repr=False)  # argon2id
    scram: str | None = field(default=None, repr=False)  # of the own password
    apps: tuple[str, ...] = field(default=(), repr=False)  # SCRAM keys of app passwords

    def user(self, hash_name: str) -> ScramUser:
        """Give what SCRAM needs.

        Decoys stand where there is no password, so that the number of places is the same for everybody.
        """
        lone = _DECOYS[hash_name]
        keys = [scram_keys(kept, hash_name) or lone for kept in (self.scram, *self.apps)]
        return ScramUser(self.salt, (*keys, *[lone] * (1 + EACH - len(keys))))


class Verifier:
    """Checks passwords that come in the clear, a few at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._threads = ThreadPoolExecutor(THREADS, "passwords")
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, tuple[int, float]] = {}  # successes: their places, and until when they hold
        self._dummy = HASHER.hash(secrets.token_hex(16))

    async def check(self, password: str, locks: Locks) -> int | None:
        """Tell the place of the lock that a password opens, or None."""
        now = self._clock()
        try:
            password = prepared(password)
        except Refused:  # N16: an empty password, among others, is never right
            locks, password = Locks(locks.salt), "-"
        mark = self._mark(password, locks)
        place, until = self._known.get(mark, (0, 0.0))
        if until > now:
            return place
        found = await asyncio.get_running_loop().run_in_executor(self._threads, self._find, password, locks)
        if found is not None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[mark] = found, now + LIFETIME
        return found

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _mark(self, password: str, locks: Locks) -> bytes:
        """Name a pair of password and locks without keeping either; whatever is changed about the locks makes others."""
        return hmac.digest(self._key, "\0".join((locks.own or "", *locks.apps, password)).encode(), "sha256")

    def _find(self, password: str, locks: Locks) -> int | None:
        opens = _fits(locks.own or self._dummy, password)
        stored = derive(password, "sha256", locks.salt).stored_key
        place = 0 if opens and locks.own else None
        for number, kept in enumerate(locks.apps, 1):
            keys = scram_keys(kept, "sha256")
            if keys is not None and hmac.compare_digest(keys.stored_key, stored):
                place = number
        return place


def _fits(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
