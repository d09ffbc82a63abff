"""The keys that a domain's letters are signed with: two at a time, RSA and Ed25519, each with a life of its own. RFC 6376 §3.1, RFC 8463.

A key is *new* until it has been found in the DNS, for nobody could check a signature made with it. From then on it is *active*: the
one that signs, and the one before it is *retiring*: letters that it signed are still on their way, so it stays in the DNS for
a week. Then it is *retired*: the private key is gone, the record may be taken out, and the selector is never given again.

An alias domain has keys of its own: a letter of `mia@example.net` is believed when example.net signed it, whoever answers for that domain.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from hawknest.accounts.vault import Vault, VaultError
from hawknest.store import Connection, Statement
from hawknest.trust.dkim_records import Algorithm
from hawknest.trust.dkim_sign import PrivateKey, Signer

OVERLAP: Final = 7 * 86400.0  # seconds that a key stays in the DNS after it has signed its last letter
REMEMBERED: Final = 400 * 86400.0  # seconds for which a retired key's selector is known
BITS: Final = 2048  # of an RSA key (RFC 8301 §3.2); longer records do not fit everywhere

_LETTERS: Final = {Algorithm.RSA: "r", Algorithm.ED25519: "e"}  # the end of a selector


class State(StrEnum):
    """Where a key is in its life."""

    NEW = "new"
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Published:
    """A key that has to be in the DNS now, at `selector._domainkey.domain`."""

    selector: str
    algorithm: Algorithm
    record: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, but for its secret. Times are seconds since the epoch."""

    id: int
    domain: str
    selector: str
    algorithm: Algorithm
    record: str
    state: State
    created_at: float
    since: float  # when it came into its state
    looked_at: float | None  # when the DNS last answered about it
    seen_at: float | None  # when it was last found there

    @property
    def name(self) -> str:
        """Where its record belongs."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def missing(self) -> bool:
        """Whether the DNS has answered and has not got it."""
        return self.looked_at is not None and (self.seen_at is None or self.seen_at < self.looked_at)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A key that signs, as it lies in the database."""

    domain: str
    selector: str
    octets: str = field(repr=False)


_FIELDS: Final = """k.id, d.name, k.selector, k.algorithm, k.record, k.state, k.created_at, k.since, k.looked_at, k.seen_at
    FROM dkim_key k JOIN domain d ON d.id = k.domain_id"""
_OF: Final = Statement(f"SELECT {_FIELDS} WHERE d.name = :domain ORDER BY k.id")
_GET: Final = Statement(f"SELECT {_FIELDS} WHERE k.id = :id")
_ALL: Final = Statement(f"SELECT {_FIELDS} WHERE k.state <> 'retired' ORDER BY k.id")
_SIGNING: Final = Statement(
    """SELECT k.selector, k.sealed FROM dkim_key k JOIN domain d ON d.id = k.domain_id
       WHERE d.name = :domain AND k.state = 'active' ORDER BY k.algorithm DESC"""
)
_SEALED: Final = Statement("SELECT sealed FROM dkim_key WHERE id = :id")
_DOMAIN: Final = Statement("SELECT id FROM domain WHERE name = :domain")
#: Domains without a key that signs, or is to sign; a literal has no place in the DNS.
_WITHOUT: Final = Statement(
    """SELECT d.name FROM domain d WHERE substr(d.name, 1, 1) <> '[' AND (
         SELECT count(DISTINCT k.algorithm) FROM dkim_key k WHERE k.domain_id = d.id AND k.state IN ('new', 'active')
       ) < 2 ORDER BY d.id"""
)
_OLD: Final = Statement(
    """SELECT DISTINCT d.name FROM dkim_key k JOIN domain d ON d.id = k.domain_id
       WHERE k.state = 'active' AND k.since <= :before AND NOT EXISTS (
         SELECT 1 FROM dkim_key n WHERE n.domain_id = k.domain_id AND n.state = 'new')
       ORDER BY d.name"""
)
_ADD: Final = Statement(
    """INSERT INTO dkim_key (domain_id, selector, algorithm, sealed, record, state, created_at, since, looked_at, seen_at)
       VALUES (:domain, :selector, :algorithm, :sealed, :record, :state, :now, :now, NULL, :seen_at) RETURNING id"""
)
_LOOKED: Final = Statement("UPDATE dkim_key SET looked_at = :now WHERE id = :id")
_SEEN: Final = Statement("UPDATE dkim_key SET looked_at = :now, seen_at = :now WHERE id = :id")
_BEGIN: Final = Statement(
    "UPDATE dkim_key SET state = 'active', since = :now WHERE id = :id AND state = 'new'"
)
_SUCCEEDED: Final = Statement(
    """UPDATE dkim_key SET state = 'retiring', since = :now
       WHERE state = 'active' AND id <> :id
         AND (domain_id, algorithm) = (SELECT domain_id, algorithm FROM dkim_key WHERE id = :id)"""
)
_RETIRE: Final = Statement(
    """UPDATE dkim_key SET state = 'retired', since = :now, sealed = ''
       WHERE state = 'retiring' AND since <= :before"""
)
_FORGET: Final = Statement("DELETE FROM dkim_key WHERE state = 'retired' AND since <= :before")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two keys that were made and belong to nobody yet."""

    keys: tuple[PrivateKey, ...] = field(repr=False)

    def lacking(self, there: Container[Algorithm]) -> list[PrivateKey]:
        """Those of them for algorithms that are not there."""
        return [key for key in self.keys if algorithm_of(key) not in there]


def algorithm_of(key: PrivateKey) -> Algorithm:
    """What a key signs with."""
    return Algorithm.RSA if isinstance(key, rsa.RSAPrivateKey) else Algorithm.ED25519


def make() -> Pair:
    """Make an RSA key and one for Ed25519.

    This takes a tenth of a second, now and then half of one: it is done before a transaction begins, and in a thread where a loop runs.
    """
    return Pair((rsa.generate_private_key(65537, BITS), Ed25519PrivateKey.generate()))


def published(connection: Connection, domain: str) -> list[Published]:
    """Name the keys of a domain that have to be in the DNS now, the oldest first; a domain that is not ours has none."""
    return [
        Published(key.selector, key.algorithm, key.record, key.state)
        for key in listing(connection, domain)
        if key.state is not State.RETIRED
    ]


def listing(connection: Connection, domain: str) -> list[Key]:
    """List the keys of a domain, retired ones too, the oldest first."""
    return [_key(row) for row in connection.all(_OF, domain=domain)]


def living(connection: Connection) -> list[Key]:
    """List the keys of all domains that have to be in the DNS."""
    return [_key(row) for row in connection.all(_ALL)]


def signing(connection: Connection, domain: str) -> list[Sealed]:
    """Give the keys that sign for a domain, RSA first; none while the DNS has none of them."""
    return [Sealed(domain, *row) for row in connection.all(_SIGNING, domain=domain)]


def without(connection: Connection) -> list[str]:
    """Name the domains that lack a key."""
    return [name for (name,) in connection.all(_WITHOUT)]


def old(connection: Connection, before: float) -> list[str]:
    """Name the domains whose keys have signed since a time or longer (seconds since the epoch), and have no successors yet."""
    return [name for (name,) in connection.all(_OLD, before=before)]


def complete(connection: Connection, vault: Vault, domain: str, pair: Pair, now: float) -> list[Key]:
    """Give a domain the keys that it lacks. Returns those that it got; `now` is in seconds since the epoch."""
    there = {k.algorithm for k in listing(connection, domain) if k.state in {State.NEW, State.ACTIVE}}
    return _add(connection, vault, domain, pair.lacking(there), now)


def succeed(connection: Connection, vault: Vault, domain: str, pair: Pair, now: float) -> list[Key]:
    """Give a domain new keys that follow the present ones once they are in the DNS.

    Returns those that it got: none where new ones wait already. `now` is in seconds since the epoch.
    """
    there = {k.algorithm for k in listing(connection, domain) if k.state is State.NEW}
    return _add(connection, vault, domain, pair.lacking(there), now)


def _add(
    connection: Connection, vault: Vault, domain: str, keys: Iterable[PrivateKey], now: float
) -> list[Key]:
    row = connection.one(_DOMAIN, domain=domain)
    if row is None or domain.startswith("["):
        return []
    taken = {key.selector for key in listing(connection, domain)}
    added: list[Key] = []
    for key in keys:
        algorithm = algorithm_of(key)
        signer = Signer(domain, _selector(algorithm, now, taken), key)
        made = connection.one(
            _ADD,
            domain=row[0],
            selector=signer.selector,
            algorithm=algorithm.value,
            sealed=vault.seal(_octets(key), purpose(domain, signer.selector)),
            record=signer.record,
            state=State.NEW.value,
            now=now,
            seen_at=None,
        )
        assert made is not None
        added += [_key(found) for found in connection.all(_GET, id=made[0])]
    return added


def found(connection: Connection, key_id: int, now: float) -> None:
    """Note that a key is in the DNS: a new one signs from now on, and the one before it begins to retire."""
    connection.run(_SEEN, id=key_id, now=now)
    if connection.run(_BEGIN, id=key_id, now=now):
        connection.run(_SUCCEEDED, id=key_id, now=now)


def not_found(connection: Connection, key_id: int, now: float) -> None:
    """Note that a key is not in the DNS. One that signs goes on: it is back as soon as the record is."""
    connection.run(_LOOKED, id=key_id, now=now)


def retire(connection: Connection, now: float) -> int:
    """Retire the keys whose week is over, and destroy their secrets. Returns how many there were."""
    connection.run(_FORGET, before=now - REMEMBERED)
    return connection.run(_RETIRE, now=now, before=now - OVERLAP)


def opened(vault: Vault, sealed: Sealed) -> Signer:
    """Open a key to sign with. Raises VaultError."""
    octets = vault.open(sealed.octets, purpose(sealed.domain, sealed.selector))
    # It was checked when it was made, and the seal holds: checking anew takes longer than a hundred signatures.
    key = load_der_private_key(octets, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey | Ed25519PrivateKey):
        raise VaultError(f"the key {sealed.selector} of {sealed.domain} is of a kind that nobody made here")
    return Signer(sealed.domain, sealed.selector, key)


def secret(connection: Connection, key_id: int) -> str:
    """Give a key's secret as it is sealed, to move a nest together with its `vault.key`; '': there is none any more."""
    row = connection.one(_SEALED, id=key_id)
    return row[0] if row else ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A key that comes from another nest, or a backup."""

    domain: str
    selector: str
    sealed: str = field(repr=False)
    active: bool


def bring(connection: Connection, vault: Vault, keys: Sequence[Moved], now: float) -> list[Moved]:
    """Take in the keys of domains that have none that signs. Returns those that this vault cannot open: they are left out.

    `now` is in seconds since the epoch.
    """
    closed: list[Moved] = []
    for moved in keys:
        row = connection.one(_DOMAIN, domain=moved.domain)
        there = listing(connection, moved.domain)
        if row is None or any(moved.selector == key.selector for key in there):
            continue
        try:
            signer = opened(vault, Sealed(moved.domain, moved.selector, moved.sealed))
        except VaultError:
            closed.append(moved)
            continue
        state = State.ACTIVE if moved.active else State.NEW
        if any(key.algorithm is signer.algorithm and key.state is state for key in there):
            continue
        connection.one(
            _ADD,
            domain=row[0],
            selector=moved.selector,
            algorithm=signer.algorithm.value,
            sealed=moved.sealed,
            record=signer.record,
            state=state.value,
            now=now,
            seen_at=now if moved.active else None,
        )
    return closed


def purpose(domain: str, selector: str) -> str:
    """What a key is sealed for: it cannot be put in the place of another."""
    return f"dkim {domain} {selector}"


def _octets(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _selector(algorithm: Algorithm, now: float, taken: set[str]) -> str:
    """A selector that was never used: the month it is of, and what it signs with, such as `hn2611r`."""
    first = f"hn{datetime.fromtimestamp(now, UTC):%y%m}{_LETTERS[algorithm]}"
    selector, number = first, 1
    while selector in taken:
        number += 1
        selector = f"{first}{number}"
    return selector


def _key(row: tuple[Any, ...]) -> Key:
    key_id, domain, selector, algorithm, record, state, created_at, since, looked_at, seen_at = row
    return Key(
        id=key_id,
        domain=domain,
        selector=selector,
        algorithm=Algorithm(algorithm),
        record=record,
        state=State(state),
        created_at=created_at,
        since=since,
        looked_at=looked_at,
        seen_at=seen_at,
    )
