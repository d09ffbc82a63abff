"""Passwords: what is kept of them, which are too easy, and new ones that are not. RFC 9106, RFC 5802 §3.

Kept of a password that somebody chose are an argon2id hash and the derived keys of SCRAM, never the password; the legacy
switch for CRAM-MD5 is the one exception, since it cannot work otherwise. `locks` checks them.

Kept of an app password are its SCRAM keys alone, and they serve PLAIN as well: a password that comes in the clear is
derived once, and compared with all of them. A slow hash protects passwords that can be guessed, by making each guess dear.
These are made here and never chosen, at 100 bits: with a stolen database and a billion machines that try a billion
passwords a second each, the search takes twenty thousand years even if a guess cost one hash, and it costs thousands. So
a slow hash would protect nobody; it would cost the server 50 ms for each app password at each login, tell by the time how
many there are, and let any stranger keep the processor busy.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import argon2
import msgspec

from hawknest.accounts import salts
from hawknest.accounts.errors import AccountError
from hawknest.wire.sasl.prep import prepared
from hawknest.wire.sasl.scram import derive, fresh_salt
from hawknest.wire.sasl.values import Refused, Salt, ScramKeys

LEAST: Final = 8  # characters
HASHES: Final = ("sha256", "sha1")  # of SCRAM

HASHER: Final = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True, slots=True)
class Derived:
    """SCRAM keys, by hash, and the salt they were derived with, each as it is kept."""

    scram: str = field(repr=False)
    salt: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is kept of a password that somebody chose; `scram` is {} where it came without keys, and has no salt then."""

    password: str = field(repr=False)
    scram: str = field(repr=False)
    salt: str = ""
    cram: str | None = field(default=None, repr=False)


def secrets_of(password: str, salt: Salt | None = None, *, cram_md5: bool = False) -> Secrets:
    """Derive what is kept of a password; it takes some 60 ms.

    `salt` is that of the login name (`salts.salt_of`); without one a fresh one is made. Raises Refused.
    """
    clear = prepared(password)
    derived = derived_of(clear, salt or fresh_salt())
    return Secrets(hash_of(clear), derived.scram, derived.salt, clear if cram_md5 else None)


def derived_of(password: str, salt: Salt) -> Derived:
    """Derive what is kept of an app password. Raises Refused."""
    keys = {name: derive(password, name, salt) for name in HASHES}
    kept = {name: (pair.stored_key.hex(), pair.server_key.hex()) for name, pair in keys.items()}
    return Derived(msgspec.json.encode(kept).decode(), salts.written(salt))


def hash_of(password: str) -> str:
    """Hash a password that is only ever verified. Raises Refused."""
    return HASHER.hash(prepared(password))


def scram_keys(kept: str | None, hash_name: str) -> ScramKeys | None:
    """Read the derived keys for one hash, if there are any. Raises ValueError where it was not we who wrote them."""
    keys: dict[str, tuple[str, str]] = _KEYS.decode(kept) if kept else {}
    if hash_name not in keys:
        return None
    stored, server = keys[hash_name]
    return ScramKeys(bytes.fromhex(stored), bytes.fromhex(server))


_KEYS: Final = msgspec.json.Decoder(dict[str, tuple[str, str]])


def exported(password_hash: str, scram: str, salt: str) -> Secrets:
    """Read what an export with secrets gave of a password. Raises AccountError."""
    if not password_hash.startswith("$argon2id$"):
        raise AccountError("password_hash must be argon2id, as an export gives it")
    derived = exported_keys(scram, salt)
    return Secrets(password_hash, derived.scram, derived.salt)


def exported_keys(scram: str, salt: str) -> Derived:
    """Read what an export with secrets gave of SCRAM keys, {} for none. Raises AccountError."""
    try:
        there = [scram_keys(scram, name) for name in HASHES]
        if salt:
            salts.read(salt)
    except ValueError:
        raise AccountError("scram and salt are not what an export gives") from None
    if any(there) and not salt:
        raise AccountError("scram is nothing without its salt")
    return Derived(scram, salt)


#: Words that stand in many passwords; with digits around them they are guessed in minutes.
_COMMON: Final = frozenset(
    """password passwort passw0rd pass secret geheim letmein welcome qwerty qwertz asdfgh zxcvbn admin
    administrator root user test guest login master webmaster postmaster hostmaster abuse mail email server
    internet computer dragon monkey football baseball sunshine princess shadow iloveyou love hello summer
    winter spring autumn sakura nippon japan tokyo osaka himitsu naruto pikachu password1 abc abcd abcdef
    changeme default hawknest argosoft""".split()
)
_DIGITS: Final = re.compile(r"[\d\W_]+")
_SIGNS: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # none that could be taken for another
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


def generate_app() -> str:
    """Make an app password, which is typed once: 100 bits, in five groups of four signs."""
    return in_groups(5)


def in_groups(count: int) -> str:
    """Make a secret of so many groups of four signs: 20 bits each."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(count))
