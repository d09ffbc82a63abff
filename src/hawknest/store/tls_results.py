"""How well TLS protected the letters that left, counted by day and destination: what TLS reports are made of. RFC 8460 §4.

A row is what one policy of one domain came to on one day (UTC), by result: '' for sessions that held to the policy, else a
result type of RFC 8460 §4.3. Of successes no host is noted, for a report only has their sum.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hawknest.store.engine import Connection, Statement

DAY: Final = 86400

_COUNT: Final = Statement(
    """INSERT INTO tls_result (day, domain, policy_type, policy_mark, policy_text, result_type, mx_host, receiving_ip, sessions)
       VALUES (:day, :domain, :policy_type, :policy_mark, :policy_text, :result_type, :mx_host, :receiving_ip, :sessions)
       ON CONFLICT (day, domain, policy_type, policy_mark, result_type, mx_host, receiving_ip)
       DO UPDATE SET sessions = tls_result.sessions + excluded.sessions"""
)
_OF_DAY: Final = Statement(
    """SELECT domain, policy_type, policy_text, result_type, mx_host, receiving_ip, sessions FROM tls_result
       WHERE day = :day ORDER BY domain, policy_type, policy_mark, result_type, mx_host, receiving_ip"""
)
_DAYS: Final = Statement("SELECT DISTINCT day FROM tls_result ORDER BY day")
_FORGET: Final = Statement("DELETE FROM tls_result WHERE day < :before")


@dataclass(frozen=True, slots=True)
class TlsResult:
    """What one policy of a domain came to on a day, of one kind."""

    domain: str  # the policy's: of the recipients
    policy_type: str  # sts tlsa no-policy-found: RFC 8460 §4.4
    policy_text: (
        str  # the lines of the policy, or the TLSA records of the host, by newlines; '': there was none
    )
    result_type: str  # RFC 8460 §4.3; '': all went well
    mx_host: str = ""  # '' for successes
    receiving_ip: str = ""  # '' for successes, and where no connection came about
    sessions: int = 1


def day_of(now: float) -> int:
    """The day (UTC) of a moment in seconds since the epoch, as days since the epoch: what `count` and `of_day` take."""
    return int(now // DAY)


def count(connection: Connection, day: int, results: Iterable[TlsResult]) -> None:
    """Add sessions to the rows of a day; see `day_of`."""
    for result in results:
        connection.run(
            _COUNT,
            day=day,
            domain=result.domain,
            policy_type=result.policy_type,
            policy_mark=hashlib.sha256(result.policy_text.encode()).hexdigest()[:16],
            policy_text=result.policy_text,
            result_type=result.result_type,
            mx_host=result.mx_host,
            receiving_ip=result.receiving_ip,
            sessions=result.sessions,
        )


def of_day(connection: Connection, day: int) -> list[TlsResult]:
    """Give all rows of a day, domain by domain."""
    return [TlsResult(*row) for row in connection.all(_OF_DAY, day=day)]


def days(connection: Connection) -> list[int]:
    """Name the days of which there are rows, the oldest first."""
    return [day for (day,) in connection.all(_DAYS)]


def forget(connection: Connection, before: int) -> int:
    """Forget the days before one. Returns how many rows went."""
    return connection.run(_FORGET, before=before)
