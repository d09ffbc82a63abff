"""Certificates that an authority gives by itself, accounts with authorities, and challenges under way. RFC 8555.

Private keys lie here sealed (`accounts.vault`); what is told of them to others, such as a TLSA record, does not need them opened.
A change of what listeners show makes the version grow, and rings for those who watch `NUMBER` (`store.bell`).
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from hawknest.store.bell import SOME
from hawknest.store.engine import Connection, Statement

NUMBER: Final = 0  # what is watched: neither a mailbox nor an account has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A certificate, or the want of one; times are in seconds since the epoch, 0 where there is none."""

    subject: str
    ca: str
    wanted: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    chain: str = ""
    key: str = field(default="", repr=False)
    pin: str = ""
    next_key: str = field(default="", repr=False)
    next_pin: str = ""
    next_from: float = 0.0
    begins_at: float = 0.0
    ends_at: float = 0.0
    renew_at: float = 0.0
    opens_at: float = 0.0
    closes_at: float = 0.0
    look_at: float = 0.0
    failures: int = 0
    problem: str = ""
    about: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account with an authority."""

    ca: str
    url: str
    key: str = field(repr=False)
    contact: str
    made_at: float


@dataclass(frozen=True, slots=True)
class Challenge:
    """What an authority wants to see at a name."""

    token: str
    kind: str
    name: str
    answer: str = field(repr=False)
    expires_at: float


def _upsert(table: str, value: type, key: tuple[str, ...]) -> str:
    columns = [one.name for one in fields(value)]
    rest = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(':' + name for name in columns)}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {rest}"
    )


_FIELDS: Final = tuple(one.name for one in fields(Kept))
_COLUMNS: Final = ", ".join(_FIELDS)
_ALL: Final = Statement(f"SELECT {_COLUMNS} FROM certificate ORDER BY subject, ca")
_PUT: Final = Statement(_upsert("certificate", Kept, ("subject", "ca")))
_DROP: Final = Statement("DELETE FROM certificate WHERE subject = :subject AND ca = :ca")
_HASTEN: Final = Statement("UPDATE certificate SET renew_at = 0 WHERE ca = :ca")
_HASTEN_WANTED: Final = Statement("UPDATE certificate SET renew_at = 0 WHERE ca = :ca AND names = ''")
_VERSION: Final = Statement("SELECT value FROM counter WHERE name = 'certificates'")
_GROW: Final = Statement(
    """INSERT INTO counter (name, value) VALUES ('certificates', 1)
       ON CONFLICT (name) DO UPDATE SET value = counter.value + 1"""
)
_ACCOUNT: Final = Statement("SELECT ca, url, key, contact, made_at FROM acme_account WHERE ca = :ca")
_PUT_ACCOUNT: Final = Statement(_upsert("acme_account", Account, ("ca",)))
_DROP_ACCOUNT: Final = Statement("DELETE FROM acme_account WHERE ca = :ca")
_CHALLENGES: Final = Statement(
    "SELECT token, kind, name, answer, expires_at FROM acme_challenge WHERE expires_at > :now"
)
_CHALLENGE: Final = Statement(
    "SELECT answer FROM acme_challenge WHERE token = :token AND kind = 'http-01' AND expires_at > :now"
)
_PUT_CHALLENGE: Final = Statement(_upsert("acme_challenge", Challenge, ("token",)))
_DROP_CHALLENGE: Final = Statement("DELETE FROM acme_challenge WHERE token = :token OR expires_at < :now")


def listing(connection: Connection) -> list[Kept]:
    """List all there are, with those that are only wanted."""
    rows: list[dict[str, Any]] = [dict(zip(_FIELDS, row, strict=True)) for row in connection.all(_ALL)]
    for row in rows:
        row |= {"wanted": tuple(row["wanted"].split()), "names": tuple(row["names"].split())}
    return [Kept(**row) for row in rows]


def version(connection: Connection) -> int:
    """Tell the version of what listeners show: certificates and challenges."""
    row = connection.one(_VERSION)
    return int(row[0]) if row else 0


def put(connection: Connection, kept: Kept) -> None:
    """Keep a certificate, or what is different about it."""
    connection.run(_PUT, **asdict(kept) | {"wanted": " ".join(kept.wanted), "names": " ".join(kept.names)})
    changed(connection)


def drop(connection: Connection, subject: str, ca: str) -> None:
    """Forget a certificate and its key."""
    connection.run(_DROP, subject=subject, ca=ca)
    changed(connection)


def hasten(connection: Connection, ca: str) -> None:
    """Have all certificates of an authority asked for anew."""
    connection.run(_HASTEN, ca=ca)
    changed(connection)


def hasten_wanted(connection: Connection, ca: str) -> None:
    """Have those asked for anew that are not there yet."""
    connection.run(_HASTEN_WANTED, ca=ca)
    changed(connection)


def changed(connection: Connection) -> None:
    """Have every worker look, in the transaction that changes something."""
    connection.run(_GROW)
    connection.touched[NUMBER] = SOME


def account(connection: Connection, ca: str) -> Account | None:
    """Look up our account with an authority."""
    row = connection.one(_ACCOUNT, ca=ca)
    return Account(*row) if row else None


def put_account(connection: Connection, made: Account) -> None:
    """Keep an account."""
    connection.run(_PUT_ACCOUNT, **asdict(made))


def drop_account(connection: Connection, ca: str) -> None:
    """Forget an account."""
    connection.run(_DROP_ACCOUNT, ca=ca)


def challenges(connection: Connection, now: float) -> list[Challenge]:
    """List the challenges under way."""
    return [Challenge(*row) for row in connection.all(_CHALLENGES, now=now)]


def answer(connection: Connection, token: str, now: float) -> str | None:
    """Look up what is to be said to who asks for a token over HTTP (RFC 8555 §8.3)."""
    row = connection.one(_CHALLENGE, token=token, now=now)
    return str(row[0]) if row else None


def put_challenge(connection: Connection, challenge: Challenge) -> None:
    """Let a challenge be answered."""
    connection.run(_PUT_CHALLENGE, **asdict(challenge))
    changed(connection)


def drop_challenge(connection: Connection, token: str, now: float) -> None:
    """Answer a challenge no longer, nor any that is over."""
    connection.run(_DROP_CHALLENGE, token=token, now=now)
    changed(connection)
