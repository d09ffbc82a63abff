"""The log of sign-ins: who got in to an account and who did not, by day, service, network and credential.

Programs sign in all day long, so a row stands for all that was alike on one day, with their number and the first and the last
time. A way in that was not seen for an account before (a network, with a credential, by a service) is told apart from one that
was, and an account's very first one from both.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta

from hawknest.accounts.login import Attempt
from hawknest.store import Connection, Statement

DAY: Final = 86400

_ADD: Final = Statement(
    """INSERT INTO sign_in (account_id, day, service, network, credential, result, count, first_at, last_at, peer)
       VALUES (:account, :day, :service, :network, :credential, :result, :count, :first, :last, :peer)
       ON CONFLICT (account_id, day, service, network, credential, result) DO UPDATE SET
         count = sign_in.count + excluded.count, last_at = excluded.last_at, peer = excluded.peer"""
)
_ANY: Final = Statement("SELECT 1 FROM sign_in WHERE account_id = :account AND result = '' LIMIT 1")
_SEEN: Final = Statement(
    """SELECT 1 FROM sign_in WHERE account_id = :account AND service = :service AND network = :network
         AND credential = :credential AND result = '' AND last_at > :since LIMIT 1"""
)
_LIST: Final = Statement(
    """SELECT service, network, credential, result, count, first_at, last_at, peer FROM sign_in
       WHERE account_id = :account ORDER BY last_at DESC, service, network, credential, result LIMIT :count OFFSET :skip"""
)
_COUNT: Final = Statement("SELECT count(*) FROM sign_in WHERE account_id = :account")
#: The last day on which somebody got in stays: an account that was used once is none that was never.
_FORGET: Final = Statement(
    """DELETE FROM sign_in WHERE day < :before AND (result <> '' OR day < (
         SELECT max(s.day) FROM sign_in s WHERE s.account_id = sign_in.account_id AND s.result = ''))"""
)
_THERE: Final = Statement("SELECT 1 FROM account WHERE id = :account")


@dataclass(frozen=True, slots=True)
class Way:
    """A way into an account, or a failure to get in by it: what counts as alike on one day."""

    account_id: int
    day: int
    service: str
    network: str
    credential: str
    result: str  # '': in; else a Failure


@dataclass(slots=True)
class Times:
    """How often, from when to when (seconds since the epoch), and the last address."""

    count: int
    first_at: float
    last_at: float
    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayIn:
    """Sign-ins to an account that were alike, on one day."""

    service: Annotated[str, Meta(description="smtp, pop3, imap or web")]
    network: Annotated[str, Meta(description="Where it came from, as a network: /24 of IPv4, /48 of IPv6")]
    credential: Annotated[
        str,
        Meta(
            description="What it was done with: password, app:LABEL, token, link, passkey …; empty: it failed, and nobody knows"
        ),
    ]
    result: Annotated[
        str,
        Meta(
            description="Empty: it got in; else why not: wrong, apps_only (the account's password, where app passwords are needed), "
            "inactive, second (the second factor), blocked (too many failures before)"
        ),
    ]
    count: int
    first_at: Annotated[float, Meta(description="Seconds since the epoch")]
    last_at: Annotated[float, Meta(description="Seconds since the epoch")]
    peer: Annotated[str, Meta(description="The last address")]


def network_of(peer: str) -> str:
    """Name the network of an address: /24 of IPv4, /48 of IPv6; what is no address stays as it is."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer[:100]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return "loopback"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def way_of(attempt: Attempt) -> Way:
    """Say what an attempt counts as."""
    return Way(
        attempt.account_id,
        int(attempt.at // DAY),
        attempt.service,
        network_of(attempt.peer),
        attempt.credential,
        attempt.failure or "",
    )


def add(
    connection: Connection, gathered: Iterable[tuple[Way, Times]], since: float
) -> list[tuple[Way, Times]]:
    """Write sign-ins down. Returns the ways in that are new to accounts which were used before.

    New is what was not seen after `since` (seconds since the epoch).
    """
    new: list[tuple[Way, Times]] = []
    unused: dict[int, bool] = {}
    for way, times in gathered:
        account = way.account_id
        if connection.one(_THERE, account=account) is None:  # removed meanwhile
            continue
        if not way.result:
            if account not in unused:
                unused[account] = connection.one(_ANY, account=account) is None
            seen = connection.one(
                _SEEN,
                account=account,
                service=way.service,
                network=way.network,
                credential=way.credential,
                since=since,
            )
            if seen is None and not unused[account]:
                new.append((way, times))
        _write(connection, way, times)
    return new


def _write(connection: Connection, way: Way, times: Times) -> None:
    connection.run(
        _ADD,
        account=way.account_id,
        day=way.day,
        service=way.service,
        network=way.network,
        credential=way.credential,
        result=way.result,
        count=times.count,
        first=times.first_at,
        last=times.last_at,
        peer=times.peer,
    )


def listing(connection: Connection, account_id: int, count: int = 100, skip: int = 0) -> list[WayIn]:
    """List sign-ins of an account, the last first."""
    return [
        WayIn(
            service=service,
            network=network,
            credential=credential,
            result=result,
            count=number,
            first_at=first,
            last_at=last,
            peer=peer,
        )
        for service, network, credential, result, number, first, last, peer in connection.all(
            _LIST, account=account_id, count=count, skip=skip
        )
    ]


def count(connection: Connection, account_id: int) -> int:
    """Count what a list would hold."""
    row = connection.one(_COUNT, account=account_id)
    return int(row[0]) if row else 0


def forget(connection: Connection, before: float) -> None:
    """Forget sign-ins before a time (seconds since the epoch)."""
    connection.run(_FORGET, before=int(before // DAY))
