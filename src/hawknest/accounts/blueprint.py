"""The whole configuration as one reviewable file: policies, domains, users, aliases, devices, exemptions as TOML.

What is read back adds and changes; it removes nothing, for letters hang on it. Hashes of passwords are in it only when
asked for; passwords never.
"""

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import tomlkit

from hawknest.accounts import aliases, apps, devices, domains, exempt, settings, stewards, users
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import Secrets, exported, exported_keys
from hawknest.accounts.users import User
from hawknest.store import Connection, Statement

_HEAD: Final = """What the owner of this nest decided: `hawknest config export` writes it, `hawknest config import` reads it.
Reading adds and changes, and removes nothing."""
PAGE: Final = 1000  # users read at once


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of the file: what is not there has its default, what is unknown is a mistake."""


class DomainTable(_Table, frozen=True):
    """A domain."""

    name: str
    alias_of: str | None = None
    catch_all: str | None = None
    strictness: str = "refuse"


class AppPasswordTable(_Table, frozen=True):
    """An app password of a user."""

    label: str
    services: list[str]
    scram: str
    created: datetime


class UserTable(_Table, frozen=True):
    """A user; see `users.User`."""

    address: str
    real_name: str = ""
    active: bool = True
    admin: bool = False
    quota: int = 0
    message_limit: int = 0
    forward: list[str] = []
    keep_copy: bool = True
    responder_on: bool = False
    responder_subject: str = ""
    responder_text: str = ""
    finger_text: str = ""
    reassemble: bool = False
    imap_without: str = ""
    language: str = ""
    administers: list[str] = []  # domains, without administering the whole nest
    password_hash: str | None = None
    scram: str | None = None
    salt: str | None = None  # of its app passwords too
    app_password: list[AppPasswordTable] = []


class AliasTable(_Table, frozen=True):
    """An alias; postmaster and abuse are among them."""

    address: str
    targets: list[str]


class DeviceTable(_Table, frozen=True):
    """A device."""

    name: str
    senders: list[str] = []
    active: bool = True
    password_hash: str | None = None
    scram: str | None = None
    salt: str | None = None


class ExemptionTable(_Table, frozen=True):
    """An exempt address."""

    address: str
    note: str = ""
    expires: datetime | None = None


class Blueprint(_Table, frozen=True):
    """The whole file."""

    policies: dict[str, bool | int | float | str] = {}
    domain: list[DomainTable] = []
    user: list[UserTable] = []
    alias: list[AliasTable] = []
    device: list[DeviceTable] = []
    exemption: list[ExemptionTable] = []


_FIELDS: Final = tuple(
    name
    for name in UserTable.__struct_fields__
    if name not in {"address", "administers", "password_hash", "scram", "salt", "app_password"}
)
_SECRETS: Final = Statement("SELECT password, scram, salt FROM account WHERE id = :id")
_APPS: Final = Statement(
    "SELECT label, services, scram, created_at FROM app_password WHERE account_id = :id ORDER BY id"
)
_DEVICE: Final = Statement("SELECT password, scram, salt FROM device WHERE id = :id")


def export(connection: Connection, *, with_secrets: bool) -> str:
    """Write the configuration as TOML; with the hashes of passwords if asked."""
    plan = Blueprint(
        policies=_policies(connection),
        domain=[
            DomainTable(name=d.name, alias_of=d.alias_of, catch_all=d.catch_all, strictness=d.strictness)
            for d in domains.listing(connection)
        ],
        user=_users(connection, with_secrets=with_secrets),
        alias=[
            AliasTable(address=a.address, targets=[*a.targets])
            for a in aliases.listing(connection)
            if a.targets
        ],
        device=_devices(connection, with_secrets=with_secrets),
        exemption=[
            ExemptionTable(address=e.spec, note=e.note, expires=_moment(e.expires_at))
            for e in exempt.listing(connection)
        ],
    )
    document = tomlkit.document()
    for line in _HEAD.splitlines():
        document.add(tomlkit.comment(line))
    for name, value in msgspec.to_builtins(plan, builtin_types=(datetime,)).items():
        document[name] = value
    return tomlkit.dumps(document)  # pyright: ignore[reportUnknownMemberType]


def read(text: str) -> Blueprint:
    """Read a file, no more. Raises AccountError."""
    try:
        return msgspec.convert(tomllib.loads(text), Blueprint)
    except tomllib.TOMLDecodeError as error:
        raise AccountError(f"the file is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise AccountError(f"the file has a mistake: {error}") from None


def apply(connection: Connection, plan: Blueprint, now: float) -> None:
    """Make it so, inside a transaction that an AccountError undoes; `now` is in seconds since the epoch."""
    for domain in plan.domain:
        _named("domain", domain.name, lambda domain=domain: _put_domain(connection, domain, now))
    for user in plan.user:
        _named("user", user.address, lambda user=user: _put_user(connection, user, now))
    for alias in plan.alias:
        _named("alias", alias.address, lambda alias=alias: _put_alias(connection, alias))
    for domain in plan.domain:
        have = domains.get(connection, domain.name)
        if domain.catch_all != have.catch_all:
            domains.set_catch_all(connection, domain.name, domain.catch_all)
        if domain.strictness != have.strictness:
            domains.set_strictness(connection, domain.name, domain.strictness)
    for device in plan.device:
        _named("device", device.name, lambda device=device: _put_device(connection, device))
    for exemption in plan.exemption:
        _named("exemption", exemption.address, lambda e=exemption: _put_exemption(connection, e))
    for name, value in plan.policies.items():
        text = {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
        _named("policy", name, lambda name=name, text=text: settings.set_policy(connection, name, text))


def _policies(connection: Connection) -> dict[str, bool | int | float | str]:
    have, usual = settings.policies(connection), settings.Policies()
    return {
        name: getattr(have, name)
        for name in settings.Policies.__struct_fields__
        if getattr(have, name) != getattr(usual, name)
    }


def _users(connection: Connection, *, with_secrets: bool) -> list[UserTable]:
    tables: list[UserTable] = []
    while page := users.listing(connection, count=PAGE, skip=len(tables), order="created"):
        for user in page:
            fields: dict[str, Any] = {name: getattr(user, name) for name in _FIELDS} | {
                "forward": [*user.forward]
            }
            kept = connection.one(_SECRETS, id=user.id) if with_secrets else None
            tables.append(
                UserTable(
                    address=user.address,
                    **fields,
                    administers=stewards.appointed(connection, user.id),
                    password_hash=kept[0] if kept else None,
                    scram=kept[1] if kept else None,
                    salt=kept[2] if kept else None,
                    app_password=_apps(connection, user.id) if with_secrets else [],
                )
            )
    return tables


def _apps(connection: Connection, account_id: int) -> list[AppPasswordTable]:
    return [
        AppPasswordTable(
            label=label,
            services=services.split(),
            scram=kept,
            created=datetime.fromtimestamp(created_at, UTC),
        )
        for label, services, kept, created_at in connection.all(_APPS, id=account_id)
    ]


def _devices(connection: Connection, *, with_secrets: bool) -> list[DeviceTable]:
    tables: list[DeviceTable] = []
    for device in devices.listing(connection):
        kept = connection.one(_DEVICE, id=device.id) if with_secrets else None
        tables.append(
            DeviceTable(
                name=device.name,
                senders=[*device.senders],
                active=device.active,
                password_hash=kept[0] if kept else None,
                scram=kept[1] if kept else None,
                salt=kept[2] if kept else None,
            )
        )
    return tables


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _named(what: str, name: str, step: Callable[[], Any]) -> None:
    """Take a step, and say whose it was where it fails."""
    try:
        step()
    except AccountError as error:
        raise AccountError(f"{what} {name[:100]}: {error}") from None


def _put_domain(connection: Connection, table: DomainTable, now: float) -> None:
    name = domains.named(table.name)
    found = next((domain for domain in domains.listing(connection) if domain.name == name), None)
    if found is None:
        domains.add(connection, name, now, table.alias_of)
    elif found.alias_of != (table.alias_of and domains.named(table.alias_of)):
        raise AccountError("it is there already, and differs in what it is an alias of")


def _put_user(connection: Connection, table: UserTable, now: float) -> None:
    fields: dict[str, Any] = {name: getattr(table, name) for name in _FIELDS} | {
        "forward": tuple(table.forward)
    }
    secret = _secret(table)
    if users.exists(connection, table.address):
        users.change(connection, table.address, **fields)
        if secret is not None:
            users.set_password(connection, table.address, secret)
    else:
        users.add(connection, User(address=table.address, **fields), secret, now)
    stewards.appoint(connection, table.address, table.administers)
    known = (
        {app.label for app in apps.listing(connection, table.address)} if table.app_password else set[str]()
    )
    for app in table.app_password:
        if app.label not in known:
            apps.add(
                connection,
                table.address,
                app.label,
                app.services,
                derived=exported_keys(app.scram, table.salt or ""),
                now=app.created.timestamp(),
            )


def _secret(table: UserTable | DeviceTable) -> Secrets | None:
    if table.password_hash is None:
        return None
    return exported(table.password_hash, table.scram or "{}", table.salt or "")


def _put_alias(connection: Connection, table: AliasTable) -> None:
    put = aliases.change if aliases.exists(connection, table.address) else aliases.add
    put(connection, table.address, table.targets)


def _put_device(connection: Connection, table: DeviceTable) -> None:
    secret = _secret(table)
    if all(device.name != table.name for device in devices.listing(connection)):
        if secret is None:
            raise AccountError("a new device needs a password_hash; or add it with `hawknest device add`")
        devices.add(connection, table.name, secret, table.senders)
    elif secret is not None:
        devices.set_password(connection, table.name, secret)
    devices.change(connection, table.name, table.senders, active=table.active)


def _put_exemption(connection: Connection, table: ExemptionTable) -> None:
    wanted = exempt.parse(table.address)
    for entry in exempt.listing(connection):
        if exempt.parse(entry.spec) == wanted:
            exempt.remove(connection, entry.spec)
    expires = table.expires.timestamp() if table.expires else None
    exempt.add(connection, table.address, table.note, expires, confirmed=True)
