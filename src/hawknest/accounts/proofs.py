"""From a password as somebody chose it to what is kept of it, in three steps that every way of setting one takes.

Choosing it (`chosen`) refuses what is guessed in minutes and makes one up where none is given; `terms` asks the database for the
salt of the name; `passwords.secrets_of` then derives what is kept, which takes a moment and is no part of a transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hawknest.accounts import passwords, salts, settings
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import Secrets
from hawknest.store import Connection
from hawknest.wire.sasl.values import Refused, Salt


@dataclass(frozen=True, slots=True)
class Chosen:
    """A password, whether nobody but us knows it yet, and what is weak about it."""

    password: str = field(repr=False)
    made_up: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a password of a name is kept."""

    salt: Salt
    cram_md5: bool


def chosen(password: str | None, names: Iterable[str]) -> Chosen:
    """Take a password, or make one up where it is None.

    `names` are those of who it is for: a password made of them is warned of, one that is guessed in minutes refused.
    Raises AccountError.
    """
    if password is None:
        return Chosen(passwords.generate(), made_up=True)
    if wrong := passwords.objections(password, ()):
        raise AccountError(f"this password is too easy to guess: {'; '.join(wrong)}")
    return Chosen(password, warnings=tuple(passwords.objections(password, names)))


def terms(connection: Connection, name: str) -> Terms:
    """Find the terms for a login name, in a transaction that may write. Raises AccountError."""
    key = settings.salt_key(connection)
    return Terms(salts.salt_of(connection, key, name), settings.policies(connection).cram_md5)


def secrets(password: str, found: Terms, *, cram_md5: bool = True) -> Secrets:
    """Derive what is kept of a password; `cram_md5` says whether it may be kept for that at all. Raises AccountError."""
    try:
        return passwords.secrets_of(password, found.salt, cram_md5=found.cram_md5 and cram_md5)
    except Refused as refused:
        raise AccountError(f"the password cannot be used: {refused}") from None
