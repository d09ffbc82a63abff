"""What the database has of a login name: found in one question, with the failed guesses of late; and what of it a proof opens.

Where an account's mail programs need app passwords, its own password is looked at all the same and in the same time, and then
opens nothing: who guesses learns nothing, and the log says which it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hawknest.accounts import guesses, salts
from hawknest.accounts.directory import login_address
from hawknest.accounts.entrant import Failure, Kind, Login
from hawknest.accounts.locks import Locks
from hawknest.mail.address import Address
from hawknest.store import Connection, Row, Statement
from hawknest.wire.sasl.scram import fresh_salt

SIGN_IN: Final = "sign-in"  # of the web pages: the service that is not a mail program's

#: What `app_passwords_only` can be for the whole nest.
OFF, WITH_SECOND_FACTOR, ALWAYS = "off", "with_second_factor", "always"

_ACCOUNT: Final = Statement(
    """SELECT a.id, a.active, a.salt, a.password, a.scram, a.cram, a.apps_only, p.scram, p.services, p.label
       FROM account a JOIN domain d ON d.id = a.domain_id LEFT JOIN app_password p ON p.account_id = a.id
       WHERE d.name = :domain AND a.local = :local ORDER BY p.id"""
)
_SECOND: Final = Statement(
    """SELECT 1 WHERE EXISTS (SELECT 1 FROM totp t WHERE t.account_id = :account AND t.confirmed_at IS NOT NULL)
         OR EXISTS (SELECT 1 FROM passkey k WHERE k.account_id = :account)"""
)
_DEVICE: Final = Statement(
    "SELECT name, salt, password, scram, senders FROM device WHERE name = :name AND active = 1"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a login name: by whom, and under which rule about app passwords."""

    name: str
    service: str
    salt_key: bytes = field(repr=False)
    rule: str  # OFF, WITH_SECOND_FACTOR, ALWAYS
    counted: tuple[str, ...]  # the keys that guesses are counted by
    now: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Record:
    """What the database has of a login name; one that nobody has, has a salt alone."""

    locks: Locks
    login: Login | None = None
    cram: str | None = field(default=None, repr=False)
    labels: tuple[str, ...] = ()  # of the app passwords
    account_id: int = 0  # also of one that is switched off
    apps_only: bool = False

    def opened(self, place: int | None) -> Login | Failure:
        """Say who came in by the lock at a place: the first is the own password's. Where there is none, none was opened."""
        if self.login is None or place is None:
            return Failure.INACTIVE if self.account_id and self.login is None else Failure.WRONG
        if not self.login.locks:
            return self.login
        if place == 0 and self.apps_only:
            return Failure.APPS_ONLY
        kind, label = (Kind.APP, self.labels[place - 1]) if place else (self.login.kind, "")
        return replace(self.login, kind=kind, locks=(self.login.locks[place],), label=label)


NOBODY: Final = Record(Locks(fresh_salt()))  # whose name cannot be one


def look_up(connection: Connection, asked: Asked) -> tuple[Record, Mapping[str, float]]:
    """Look a name up, and the guesses of late by network and name."""
    record = _record(connection, asked) if asked.name else NOBODY
    return record, guesses.read(connection, asked.counted, asked.now)


def _record(connection: Connection, asked: Asked) -> Record:
    """One that means nobody, or more than one, has a salt and nothing else."""
    name = asked.name
    meant = login_address(connection, name)
    address = meant or salts.would_be(connection, name)
    rows = connection.all(_ACCOUNT, domain=address.domain, local=address.local)
    if meant and rows and rows[0][1]:
        return _account(address, rows, asked, required=_required(connection, rows[0], asked))
    if asked.service == "smtp" and "@" not in name and (row := connection.one(_DEVICE, name=name)):
        return _device(row)
    salt = salts.read(rows[0][2]) if rows else salts.made(asked.salt_key, address)
    return Record(Locks(salt), account_id=rows[0][0] if meant and rows else 0)


def _required(connection: Connection, row: Row, asked: Asked) -> bool:
    """Whether an app password is needed: the pages never need one."""
    if asked.service == SIGN_IN:
        return False
    if row[6] or asked.rule == ALWAYS:
        return True
    return asked.rule == WITH_SECOND_FACTOR and connection.one(_SECOND, account=row[0]) is not None


def _account(address: Address, rows: Sequence[Row], asked: Asked, *, required: bool) -> Record:
    account_id, _, salt, password, scram, cram, *_ = rows[0]
    apps = [(row[7], row[9]) for row in rows if row[7] is not None and asked.service in row[8].split()]
    keys = tuple(key for key, _ in apps)
    login = Login(str(address), Kind.ACCOUNT, account_id, address, locks=(scram or password or "", *keys))
    return Record(
        Locks(salts.read(salt), password, scram, keys),
        login,
        cram,
        tuple(label for _, label in apps),
        account_id,
        required,
    )


def _device(row: Row) -> Record:
    name, salt, password, scram, senders = row
    allowed = tuple(senders.split("\n")) if senders else ()
    login = Login(name, Kind.DEVICE, senders=allowed, locks=(scram or password,))
    return Record(Locks(salts.read(salt), password, scram), login)
