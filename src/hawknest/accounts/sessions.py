"""Sessions: the browsers that are signed in, kept by the server so that it can end them.

A browser holds 256 random bits and the database their hash alone. A session ends when it is closed, when it is idle or old,
when its account is switched off, and when the account's password becomes another by whichever way: a session remembers
a mark of the password that held when it began. One that is `pending` has proved the password and not yet the second factor.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hawknest.accounts.errors import AccountError
from hawknest.mail.address import Address
from hawknest.store import Connection, Statement

IDLE: Final = 7 * 86400.0  # seconds after which a session that nobody uses ends
LONGEST: Final = 30 * 86400.0  # seconds after which every session ends
PENDING: Final = 300.0  # seconds to bring the second factor
NOTICED: Final = 60.0  # seconds between two notes that a session is in use
EACH: Final = 50  # sessions of one account; the oldest go
AGENT: Final = 200  # characters of a browser's name

_OPEN: Final = Statement(
    """INSERT INTO session (id, hash, account_id, mark, way, pending, challenge, peer, agent, created_at, seen_at, expires_at)
       VALUES (:id, :hash, :account, :mark, :way, :pending, '', :peer, :agent, :now, :now, :until)"""
)
_PASSWORD: Final = Statement("SELECT password FROM account WHERE id = :account")
_SELECT: Final = """SELECT s.id, s.account_id, s.mark, s.way, s.pending, s.peer, s.agent, s.created_at,
      s.seen_at, s.expires_at FROM session s"""
_FIND: Final = Statement(
    """SELECT s.id, s.account_id, s.mark, s.way, s.pending, s.peer, s.agent, s.created_at, s.seen_at,
         s.expires_at, a.password, a.active, a.local, d.name, a.admin
       FROM session s JOIN account a ON a.id = s.account_id JOIN domain d ON d.id = a.domain_id
       WHERE s.hash = :hash AND s.expires_at > :now AND s.seen_at > :idle"""
)
_LIST: Final = Statement(
    f"""{_SELECT} WHERE s.account_id = :account AND s.pending = 0 AND s.expires_at > :now AND s.seen_at > :idle
        AND s.mark = :mark ORDER BY s.seen_at DESC, s.id"""
)
_SEEN: Final = Statement("UPDATE session SET seen_at = :now, peer = :peer WHERE id = :id")
_CHALLENGE: Final = Statement("UPDATE session SET challenge = :challenge WHERE id = :id")
_CHALLENGED: Final = Statement("SELECT challenge FROM session WHERE id = :id")
_MARK: Final = Statement("UPDATE session SET mark = :mark WHERE id = :id")
_END: Final = Statement("DELETE FROM session WHERE id = :id AND account_id = :account")
_CLOSE: Final = Statement("DELETE FROM session WHERE id = :id")
_CLOSE_OTHERS: Final = Statement("DELETE FROM session WHERE account_id = :account AND id <> :id")
_EXPIRE: Final = Statement("DELETE FROM session WHERE expires_at <= :now OR seen_at <= :idle")
_CROWD: Final = Statement(
    """DELETE FROM session WHERE account_id = :account AND id NOT IN
         (SELECT id FROM session WHERE account_id = :account ORDER BY created_at DESC LIMIT :count)"""
)
_DOMAINS: Final = Statement(
    """SELECT d.name FROM account_domain ad JOIN domain d ON d.id = ad.domain_id WHERE ad.account_id = :account"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that is signed in. Times are seconds since the epoch."""

    id: str
    account_id: int
    way: str
    pending: bool
    peer: str
    agent: str
    created_at: float
    seen_at: float
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whose account is asked for, and what it administers: all, some domains, or nothing."""

    account_id: int
    address: str
    admin: bool  # of the whole nest
    domains: frozenset[str]  # that it administers without being that


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session; `secret` is what the browser keeps, and is kept nowhere else."""

    id: str
    secret: str = field(repr=False)


def begin(
    connection: Connection,
    account_id: int,
    *,
    way: str,
    peer: str,
    agent: str,
    now: float,
    pending: bool = False,
) -> Opened:
    """Begin a session for somebody who has proved who it is; `now` is in seconds since the epoch."""
    connection.run(_EXPIRE, now=now, idle=now - IDLE)
    opened = Opened(secrets.token_hex(8), secrets.token_urlsafe(32))
    connection.run(
        _OPEN,
        id=opened.id,
        hash=digest(opened.secret),
        account=account_id,
        mark=_mark_of(connection, account_id),
        way=way,
        pending=int(pending),
        peer=peer,
        agent="".join(c for c in agent if c.isprintable())[:AGENT],
        now=now,
        until=now + (PENDING if pending else LONGEST),
    )
    connection.run(_CROWD, account=account_id, count=EACH)
    return opened


def find(connection: Connection, secret: str, now: float) -> tuple[Session, Bearer] | None:
    """Find the session of a browser, and whose it is; None where there is none that still holds."""
    row = connection.one(_FIND, hash=digest(secret), now=now, idle=now - IDLE)
    if row is None:
        return None
    *its, password, active, local, domain, admin = row
    if not active or its[2] != _mark(password):
        return None
    session = _session(its)
    return session, Bearer(
        account_id=session.account_id,
        address=str(Address(local, domain)),
        admin=bool(admin),
        domains=administers(connection, session.account_id),
    )


def administers(connection: Connection, account_id: int) -> frozenset[str]:
    """Name the domains that an account administers without being an administrator of the whole nest."""
    return frozenset(name for (name,) in connection.all(_DOMAINS, account=account_id))


def seen(connection: Connection, session_id: str, peer: str, now: float) -> None:
    """Note that a session is in use."""
    connection.run(_SEEN, id=session_id, peer=peer, now=now)


def challenge(connection: Connection, session_id: str, text: str) -> None:
    """Keep what a passkey is to sign in a session."""
    connection.run(_CHALLENGE, id=session_id, challenge=text)


def challenged(connection: Connection, session_id: str) -> str:
    """Take what a passkey was to sign in a session: it is good for one answer. Raises AccountError where there is nothing."""
    row = connection.one(_CHALLENGED, id=session_id)
    if row is None or not row[0]:
        raise AccountError("that took too long, or was tried already: please begin again")
    connection.run(_CHALLENGE, id=session_id, challenge="")
    return row[0]


def follow(connection: Connection, session_id: str, account_id: int) -> None:
    """Let a session outlive the change of the password that was made in it."""
    connection.run(_MARK, id=session_id, mark=_mark_of(connection, account_id))


def end(connection: Connection, session_id: str, account_id: int) -> None:
    """End a session of an account. Raises AccountError where it has none of that name."""
    if not connection.run(_END, id=session_id, account=account_id):
        raise AccountError("there is no such session; it may have ended by itself")


def close(connection: Connection, session_id: str) -> None:
    """End a session that its own browser gives up."""
    connection.run(_CLOSE, id=session_id)


def end_others(connection: Connection, account_id: int, keep: str = "") -> int:
    """End all sessions of an account but one. Returns how many they were."""
    return connection.run(_CLOSE_OTHERS, account=account_id, id=keep)


def listing(connection: Connection, account_id: int, now: float) -> list[Session]:
    """List the sessions of an account, the last used first."""
    mark = _mark_of(connection, account_id)
    return [
        _session(row)
        for row in connection.all(_LIST, account=account_id, now=now, idle=now - IDLE, mark=mark)
    ]


def digest(secret: str) -> str:
    """Hash a secret of 128 random bits or more, as it is kept: nobody can guess such a one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _mark_of(connection: Connection, account_id: int) -> str:
    row = connection.one(_PASSWORD, account=account_id)
    return _mark(row[0] if row else None)


def _mark(password: str | None) -> str:
    """A mark of what is kept of a password, which has a salt of its own: the same password set again is another."""
    return digest(password or "")[:32]


def _session(row: Sequence[Any]) -> Session:
    return Session(
        id=row[0],
        account_id=row[1],
        way=row[3],
        pending=bool(row[4]),
        peer=row[5],
        agent=row[6],
        created_at=row[7],
        seen_at=row[8],
        expires_at=row[9],
    )
