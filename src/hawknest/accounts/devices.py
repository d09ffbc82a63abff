"""Devices: credentials of printers, cameras and the like, which may send and read nothing.

The original had one of them, for everybody; here each has a name and the senders it may use.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hawknest.accounts import salts, settings
from hawknest.accounts.changes import changed
from hawknest.accounts.domains import address_of, named
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import Secrets
from hawknest.store import Connection, Duplicate, Statement

_NAME_LIMIT: Final = 64  # characters


@dataclass(frozen=True, slots=True)
class Device:
    """A credential that may only send."""

    id: int
    name: str
    senders: tuple[str, ...]  # addresses, or @domain for a whole one; empty: any
    active: bool


_ADD: Final = Statement(
    """INSERT INTO device (name, password, salt, scram, senders, active)
       VALUES (:name, :password, :salt, :scram, :senders, 1) RETURNING id"""
)
_CHANGE: Final = Statement("UPDATE device SET senders = :senders, active = :active WHERE id = :id")
_PASSWORD: Final = Statement(
    "UPDATE device SET password = :password, salt = :salt, scram = :scram WHERE id = :id"
)
_REMOVE: Final = Statement("DELETE FROM device WHERE id = :id")
_GET: Final = Statement("SELECT id, name, senders, active FROM device WHERE name = :name")
_LIST: Final = Statement("SELECT id, name, senders, active FROM device ORDER BY name")


def add(connection: Connection, name: str, secret: Secrets, senders: Iterable[str]) -> Device:
    """Add a device; `secret` is what `passwords.secrets_of` derived with the salt of its name. Raises AccountError."""
    name = name.strip()
    if not name or len(name) > _NAME_LIMIT or "@" in name or not name.isprintable():
        raise AccountError(f"a device's name is a short word without @, such as printer, not {name[:80]!r}")
    allowed = _senders(senders)
    try:
        row = connection.one(
            _ADD, name=name, senders="\n".join(allowed), **_columns(connection, name, secret)
        )
    except Duplicate:
        raise AccountError(f"the device {name} is there already") from None
    assert row is not None
    changed(connection)
    return Device(row[0], name, allowed, active=True)


def change(
    connection: Connection, name: str, senders: Iterable[str] | None = None, *, active: bool | None = None
) -> Device:
    """Change what a device may do. Raises AccountError."""
    old = get(connection, name)
    allowed = old.senders if senders is None else _senders(senders)
    on = old.active if active is None else active
    connection.run(_CHANGE, id=old.id, senders="\n".join(allowed), active=int(on))
    changed(connection)
    return Device(old.id, old.name, allowed, on)


def set_password(connection: Connection, name: str, secret: Secrets) -> Device:
    """Give a device a new password. Raises AccountError."""
    device = get(connection, name)
    connection.run(_PASSWORD, id=device.id, **_columns(connection, device.name, secret))
    changed(connection)
    return device


def remove(connection: Connection, name: str) -> None:
    """Remove a device. Raises AccountError."""
    connection.run(_REMOVE, id=get(connection, name).id)
    changed(connection)


def get(connection: Connection, name: str) -> Device:
    """Look at one device. Raises AccountError."""
    row = connection.one(_GET, name=name.strip())
    if row is None:
        raise AccountError(f"there is no device {name}")
    return _device(row)


def listing(connection: Connection) -> list[Device]:
    """List the devices."""
    return [_device(row) for row in connection.all(_LIST)]


def _columns(connection: Connection, name: str, secret: Secrets) -> dict[str, str]:
    salt = secret.salt or salts.written(salts.salt_of(connection, settings.salt_key(connection), name))
    return {"password": secret.password, "salt": salt, "scram": secret.scram}


def _senders(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        "@" + named(t.strip()[1:]) if t.strip().startswith("@") else str(address_of(t)) for t in texts
    )


def _device(row: tuple[int, str, str, int]) -> Device:
    return Device(row[0], row[1], tuple(row[2].split("\n")) if row[2] else (), bool(row[3]))
