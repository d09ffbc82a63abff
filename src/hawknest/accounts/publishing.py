"""Zones that we may change, the domains that are kept published there, and what we have entered. RFC 2136, RFC 8945.

A zone is a server's address and a key that it knows; the key's secret lies sealed in the database. What we enter is written
down, record by record, for only that is ever taken out again.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from hawknest.accounts import domains
from hawknest.accounts.errors import AccountError
from hawknest.accounts.vault import Vault
from hawknest.net.update import Tsig
from hawknest.store import Connection, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A zone that we may change."""

    id: int
    name: str
    server: str  # the IP address of its primary server
    port: int
    key_name: str  # '': changes are not signed
    algorithm: str
    sealed: str = field(repr=False)

    @property
    def endpoint(self) -> tuple[str, int]:
        """Where its server is."""
        return self.server, self.port

    def key(self, vault: Vault) -> Tsig | None:
        """Open the key that changes are signed with. Raises VaultError."""
        if not self.key_name:
            return None
        secret = vault.open(self.sealed, _purpose(self.name, self.key_name))
        return Tsig(self.key_name, secret.decode("ascii"), self.algorithm)


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A record as it is entered: the name without a dot at the end, the value as a zone file writes it, of TXT the text."""

    name: str
    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """A domain that is kept published. Times are seconds since the epoch."""

    domain: str
    zone: Zone
    since: float
    stand: str  # a hash of what the zone should have said when all was well last
    looked_at: float | None
    failed_at: float | None
    problem: str
    conflicts: list[dict[str, Any]]


_ZONE: Final = "z.id, z.name, z.server, z.port, z.key_name, z.algorithm, z.sealed"
_ZONES: Final = Statement(f"SELECT {_ZONE} FROM dns_zone z ORDER BY z.name")
_PUT: Final = Statement(
    """INSERT INTO dns_zone (name, server, port, key_name, algorithm, sealed, created_at)
       VALUES (:name, :server, :port, :key_name, :algorithm, :sealed, :now)
       ON CONFLICT (name) DO UPDATE SET server = excluded.server, port = excluded.port, key_name = excluded.key_name,
         algorithm = excluded.algorithm, sealed = excluded.sealed"""
)
_UNUSED: Final = Statement(
    """DELETE FROM dns_zone WHERE NOT EXISTS (SELECT 1 FROM dns_publishing p WHERE p.zone_id = dns_zone.id)
       AND NOT EXISTS (SELECT 1 FROM dns_published r WHERE r.zone_id = dns_zone.id)"""
)
_BEGIN: Final = Statement(
    """INSERT INTO dns_publishing (domain_id, zone_id, since, stand, problem, conflicts)
       VALUES (:domain, :zone, :now, '', '', '[]')
       ON CONFLICT (domain_id) DO UPDATE SET zone_id = excluded.zone_id, stand = '', problem = '', failed_at = NULL"""
)
_END: Final = Statement("DELETE FROM dns_publishing WHERE domain_id = :domain")
_LIST: Final = Statement(
    f"""SELECT d.name, p.since, p.stand, p.looked_at, p.failed_at, p.problem, p.conflicts, {_ZONE}
        FROM dns_publishing p JOIN domain d ON d.id = p.domain_id JOIN dns_zone z ON z.id = p.zone_id ORDER BY d.id"""
)
_LOOKED: Final = Statement(
    """UPDATE dns_publishing SET stand = :stand, looked_at = :now, failed_at = NULL, problem = '', conflicts = :conflicts
       WHERE domain_id = (SELECT id FROM domain WHERE name = :domain)"""
)
_FAILED: Final = Statement(
    """UPDATE dns_publishing SET failed_at = :now, problem = :problem
       WHERE domain_id = (SELECT id FROM domain WHERE name = :domain)"""
)
_ENTERED: Final = Statement("SELECT domain, name, type, value FROM dns_published WHERE zone_id = :zone")
_ENTER: Final = Statement(
    """INSERT INTO dns_published (zone_id, domain, name, type, value, at)
       VALUES (:zone, :domain, :name, :type, :value, :now) ON CONFLICT DO NOTHING"""
)
_FORGET: Final = Statement(
    """DELETE FROM dns_published
       WHERE zone_id = :zone AND domain = :domain AND name = :name AND type = :type AND value = :value"""
)


def zones(connection: Connection) -> list[Zone]:
    """List the zones that we may change."""
    return [_zone(row) for row in connection.all(_ZONES)]


def zone_of(connection: Connection, name: str) -> Zone | None:
    """Find the zone that a name lies in, the closest of several; None: we may change none of them."""
    around = [zone for zone in zones(connection) if name == zone.name or name.endswith(f".{zone.name}")]
    return max(around, key=lambda zone: len(zone.name), default=None)


def put_zone(
    connection: Connection,
    vault: Vault,
    name: str,
    *,
    endpoint: tuple[str, int],
    key: Tsig | None,
    now: float,
) -> Zone:
    """Keep how a zone is changed, in the place of what was known. Raises AccountError."""
    zone = domains.named(name)
    if key is not None and (problem := key.problem()):
        raise AccountError(problem)
    connection.run(
        _PUT,
        name=zone,
        server=endpoint[0],
        port=endpoint[1],
        key_name=key.name if key else "",
        algorithm=key.algorithm if key else "",
        sealed=vault.seal(key.secret.encode(), _purpose(zone, key.name)) if key else "",
        now=now,
    )
    return next(one for one in zones(connection) if one.name == zone)


def begin(connection: Connection, domain: str, zone: Zone, now: float) -> Publishing:
    """Keep a domain published in a zone from now on. Raises AccountError."""
    found = domains.get(connection, domain)
    if found.name != zone.name and not found.name.endswith(f".{zone.name}"):
        raise AccountError(f"{found.name} does not lie in the zone {zone.name}")
    connection.run(_BEGIN, domain=found.id, zone=zone.id, now=now)
    return next(one for one in listing(connection) if one.domain == found.name)


def end(connection: Connection, domain: str) -> None:
    """Keep a domain published no longer; what was entered is still known. Raises AccountError."""
    connection.run(_END, domain=domains.get(connection, domain).id)


def listing(connection: Connection) -> list[Publishing]:
    """List the domains that are kept published."""
    return [
        Publishing(
            domain=row[0],
            since=row[1],
            stand=row[2],
            looked_at=row[3],
            failed_at=row[4],
            problem=row[5],
            conflicts=json.loads(row[6]),
            zone=_zone(row[7:]),
        )
        for row in connection.all(_LIST)
    ]


def of(connection: Connection, domain: str) -> Publishing | None:
    """Tell how a domain is published; None: it is not."""
    return next((one for one in listing(connection) if one.domain == domain), None)


def entered(connection: Connection, zone: Zone) -> dict[str, set[Entry]]:
    """Tell what we have entered into a zone, by the domain that it was for."""
    found: dict[str, set[Entry]] = {}
    for domain, *entry in connection.all(_ENTERED, zone=zone.id):
        found.setdefault(domain, set()).add(Entry(*entry))
    return found


def note(
    connection: Connection,
    zone: Zone,
    domain: str,
    *,
    added: Iterable[Entry],
    removed: Iterable[Entry],
    now: float,
) -> None:
    """Write down what was entered for a domain, and what was taken out."""
    for entry in removed:
        connection.run(
            _FORGET, zone=zone.id, domain=domain, name=entry.name, type=entry.type, value=entry.value
        )
    for entry in added:
        connection.run(
            _ENTER, zone=zone.id, domain=domain, name=entry.name, type=entry.type, value=entry.value, now=now
        )
    connection.run(_UNUSED)


def looked(
    connection: Connection, domain: str, stand: str, conflicts: list[dict[str, Any]], now: float
) -> None:
    """Write down that a domain's zone says what it should, but for the conflicts."""
    connection.run(_LOOKED, domain=domain, stand=stand, conflicts=json.dumps(conflicts), now=now)


def failed(connection: Connection, domain: str, problem: str, now: float) -> None:
    """Write down that a domain's zone could not be compared or changed."""
    connection.run(_FAILED, domain=domain, problem=problem, now=now)


def _zone(row: Any) -> Zone:
    return Zone(
        id=row[0],
        name=row[1],
        server=row[2],
        port=row[3],
        key_name=row[4],
        algorithm=row[5],
        sealed=row[6],
    )


def _purpose(zone: str, key: str) -> str:
    return f"tsig {zone} {key}"
