"""App passwords: one for each program or device of a user, for the services it needs, and gone when it is lost.

They are made here and never chosen, shown once, and kept as the keys that SCRAM derives (`passwords` says why that is
enough), with the salt of their account.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hawknest.accounts import users
from hawknest.accounts.changes import changed
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import Derived
from hawknest.store import Connection, Duplicate, Statement

#: The services that a login can be for.
SERVICES: Final = ("smtp", "pop3", "imap", "web")
LABEL_LIMIT: Final = 64  # characters
EACH: Final = 20  # app passwords of one user: SCRAM tries them all


@dataclass(frozen=True, slots=True)
class AppPassword:
    """An app password, without the password."""

    label: str
    services: tuple[str, ...]
    created_at: float  # seconds since the epoch


_ADD: Final = Statement(
    """INSERT INTO app_password (account_id, label, scram, services, created_at)
       VALUES (:account, :label, :scram, :services, :now)"""
)
_REMOVE: Final = Statement("DELETE FROM app_password WHERE account_id = :account AND label = :label")
_LIST: Final = Statement(
    "SELECT label, services, created_at FROM app_password WHERE account_id = :account ORDER BY id"
)


def add(
    connection: Connection, user: str, label: str, services: Iterable[str], *, derived: Derived, now: float
) -> AppPassword:
    """Add an app password; `derived` is what `passwords.derived_of` made with the account's salt.

    `now` is in seconds since the epoch. Raises AccountError.
    """
    account = users.get(connection, user)
    label = label.strip()
    if not label or len(label) > LABEL_LIMIT or not label.isprintable():
        raise AccountError(
            f"an app password needs a label of at most {LABEL_LIMIT} characters, such as phone"
        )
    if len(connection.all(_LIST, account=account.id)) >= EACH:
        raise AccountError(f"{account.address} has {EACH} app passwords already: remove one first")
    wanted = _services(services)
    users.settle_salt(connection, account, derived.salt, own_stays=True)
    try:
        connection.run(
            _ADD, account=account.id, label=label, scram=derived.scram, services=" ".join(wanted), now=now
        )
    except Duplicate:
        raise AccountError(f"{account.address} has an app password {label} already") from None
    changed(connection)
    return AppPassword(label, wanted, now)


def remove(connection: Connection, user: str, label: str) -> None:
    """Remove an app password: whoever uses it is out at once. Raises AccountError."""
    account = users.get(connection, user)
    if not connection.run(_REMOVE, account=account.id, label=label.strip()):
        raise AccountError(f"{account.address} has no app password {label.strip()[:LABEL_LIMIT]}")
    changed(connection)


def listing(connection: Connection, user: str) -> list[AppPassword]:
    """List the app passwords of a user. Raises AccountError."""
    rows = connection.all(_LIST, account=users.get(connection, user).id)
    return [AppPassword(label, tuple(services.split()), at) for label, services, at in rows]


def _services(names: Iterable[str]) -> tuple[str, ...]:
    wanted = {name.strip().lower() for name in names}
    if unknown := wanted.difference(SERVICES):
        raise AccountError(f"there is no service {min(unknown)}; choose of {', '.join(SERVICES)}")
    if not wanted:
        raise AccountError(f"an app password needs at least one service of {', '.join(SERVICES)}")
    return tuple(name for name in SERVICES if name in wanted)
