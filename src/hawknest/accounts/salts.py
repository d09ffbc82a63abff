"""The salt that every login name is asked with in SCRAM, whether somebody has the name or nobody. RFC 5802 §5.1, §9.

Whoever asks for a name sees its salt before any proof, so a salt must not tell whether the name is somebody's. Therefore a
name has its salt before anybody has the name: a digest of it under a key that lies in the database, so that it is the
same in every worker and after every start. Spellings that would mean the same account mean the same salt.

An account takes the salt of its name over when it is made, and keeps it for as long as it lives, since the keys of all
its passwords were derived with it: of its own and of its app passwords, which share it because the server has to say it
before it can know which of them will come. A new password does not change it either. That costs nothing, for a salt is
no secret and only has to differ between accounts; to make a new one would end the app passwords, whose clear text nobody
has any more, and would show that the name is somebody's.
"""

import hmac
from typing import Final

from hawknest.accounts.aliases import folded
from hawknest.accounts.directory import login_address
from hawknest.accounts.domains import address_of
from hawknest.mail.address import Address, AddressError, canonical_domain
from hawknest.store import Connection, Statement
from hawknest.wire.sasl.scram import ITERATIONS, MOST_ITERATIONS, SALT
from hawknest.wire.sasl.values import Salt

_FIRST: Final = Statement("SELECT name FROM domain WHERE alias_of IS NULL ORDER BY id LIMIT 1")
_ACCOUNT: Final = Statement(
    """SELECT a.salt FROM account a JOIN domain d ON d.id = a.domain_id
       WHERE d.name = :domain AND a.local = :local"""
)


def salt_of(connection: Connection, key: bytes, name: str) -> Salt:
    """Tell the salt of a name as its owner types it: an account's own, or the one that an account of that name would get.

    `key` is what `settings.salt_key` gave. Raises AccountError where the name cannot be one.
    """
    meant = address_of(name) if "@" in name else standing(connection, name.strip())
    address = Address(folded(meant), meant.domain)
    row = connection.one(_ACCOUNT, domain=address.domain, local=address.local)
    return read(row[0]) if row else made(key, address)


def standing(connection: Connection, name: str) -> Address:
    """Say which account a login name means, or would mean if somebody had it."""
    return login_address(connection, name) or would_be(connection, name)


def would_be(connection: Connection, name: str) -> Address:
    """Say which account a login name that means none would mean: one without a domain, an account of the first."""
    local, at, domain = name.rpartition("@")
    if not at:
        first = connection.one(_FIRST)
        domain = first[0] if first else ""
    try:
        domain = canonical_domain(domain)
    except AddressError:
        domain = domain.lower()
    return Address(folded(Address(local if at else name, "x")), domain)


def made(key: bytes, address: Address) -> Salt:
    """Make the salt of a name, always the same."""
    return Salt(hmac.digest(key, f"{address.local}@{address.domain}".encode(), "sha256")[:SALT], ITERATIONS)


def written(salt: Salt) -> str:
    """Write a salt as it is kept."""
    return f"{salt.iterations}:{salt.octets.hex()}"


def read(text: str) -> Salt:
    """Read a salt as it is kept. Raises ValueError."""
    iterations, _, octets = text.partition(":")
    salt = Salt(bytes.fromhex(octets), int(iterations))
    if not salt.octets or not 0 < salt.iterations <= MOST_ITERATIONS:
        raise ValueError(text)
    return salt
