"""The MTA-STS policies of others, kept for as long as each says. RFC 8461 §3.2."""

from dataclasses import dataclass
from typing import Final

from hawknest.store.engine import Connection, Statement


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A policy as it was fetched; times are seconds since the epoch."""

    domain: str
    mark: str  # the id of the TXT record it was fetched under
    text: str
    fetched_at: float
    until: float  # it holds up to then
    look_at: float  # when it is to be fetched again
    used_at: float  # when a letter was last sent under it, by the day
    trouble: str = ""  # why it could not be fetched again; '': it could


_FIELDS: Final = "domain, mark, text, fetched_at, until, look_at, used_at, trouble"
_GET: Final = Statement(f"SELECT {_FIELDS} FROM sts_policy WHERE domain = :domain")
_LIST: Final = Statement(f"SELECT {_FIELDS} FROM sts_policy ORDER BY domain")
_PUT: Final = Statement(
    f"""INSERT INTO sts_policy ({_FIELDS})
        VALUES (:domain, :mark, :text, :fetched_at, :until, :look_at, :used_at, '')
        ON CONFLICT (domain) DO UPDATE SET mark = excluded.mark, text = excluded.text, fetched_at = excluded.fetched_at,
          until = excluded.until, look_at = excluded.look_at, trouble = '',
          used_at = CASE WHEN sts_policy.used_at > excluded.used_at THEN sts_policy.used_at ELSE excluded.used_at END"""
)
_TROUBLE: Final = Statement(
    "UPDATE sts_policy SET trouble = :trouble, look_at = :look_at WHERE domain = :domain"
)
_USED: Final = Statement("UPDATE sts_policy SET used_at = :now WHERE domain = :domain AND used_at < :now")
_DUE: Final = Statement(
    f"SELECT {_FIELDS} FROM sts_policy WHERE look_at <= :now AND used_at >= :used ORDER BY look_at LIMIT :count"
)
_FORGET: Final = Statement("DELETE FROM sts_policy WHERE until < :now")


def get(connection: Connection, domain: str) -> StsPolicy | None:
    """Give the policy that is kept of a domain, whether it still holds or not."""
    row = connection.one(_GET, domain=domain)
    return StsPolicy(*row) if row else None


def listing(connection: Connection) -> list[StsPolicy]:
    """Give all policies that are kept."""
    return [StsPolicy(*row) for row in connection.all(_LIST)]


def put(connection: Connection, policy: StsPolicy) -> None:
    """Keep a policy in place of an older one."""
    connection.run(
        _PUT,
        domain=policy.domain,
        mark=policy.mark,
        text=policy.text,
        fetched_at=policy.fetched_at,
        until=policy.until,
        look_at=policy.look_at,
        used_at=policy.used_at,
    )


def not_fetched(connection: Connection, domain: str, trouble: str, look_at: float) -> None:
    """Note that a policy could not be fetched again, and when to try next; the old one stays."""
    connection.run(_TROUBLE, domain=domain, trouble=trouble[:500].replace("\0", ""), look_at=look_at)


def used(connection: Connection, domain: str, now: float) -> None:
    """Note that letters are sent under a policy."""
    connection.run(_USED, domain=domain, now=now)


def due(connection: Connection, now: float, used_since: float, count: int) -> list[StsPolicy]:
    """Give policies that are to be fetched again and have been of use since a time, what is due longest first."""
    return [StsPolicy(*row) for row in connection.all(_DUE, now=now, used=used_since, count=count)]


def forget(connection: Connection, now: float) -> int:
    """Forget the policies whose time is over. Returns how many went."""
    return connection.run(_FORGET, now=now)
