"""Passkeys: keys that a phone, a computer or a stick keeps, as second factor of signing in on the web.

The ceremonies are those of Web Authentication (https://www.w3.org/TR/webauthn-3/), which a library speaks; here is what is
kept and asked. A passkey works at the host that it was made for and at no other. The library is large and seldom needed, so
it is loaded when the first ceremony begins.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from hawknest.accounts import second
from hawknest.accounts.errors import AccountError
from hawknest.store import Connection, Duplicate, Statement

LABEL: Final = 64  # characters
EACH: Final = 20  # passkeys of one account

_ADD: Final = Statement(
    """INSERT INTO passkey (id, account_id, label, host, public_key, count, created_at)
       VALUES (:id, :account, :label, :host, :public_key, :count, :now)"""
)
_LIST: Final = Statement(
    """SELECT id, label, host, public_key, count, created_at, used_at FROM passkey WHERE account_id = :account
       ORDER BY created_at, id"""
)
_USED: Final = Statement("UPDATE passkey SET count = :count, used_at = :now WHERE id = :id")
_REMOVE: Final = Statement("DELETE FROM passkey WHERE id = :id AND account_id = :account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey. Times are seconds since the epoch."""

    id: str
    label: str
    host: str
    public_key: str = field(repr=False)
    count: int
    created_at: float
    used_at: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ceremony takes place: the host, and the origin of the page (RFC 6454 §4)."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey, as its keeper tells of it."""

    id: str
    public_key: str
    count: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The beginning of a ceremony: what the browser is told, and what is to be signed."""

    options: dict[str, Any]
    challenge: str


def offer(place: Place, account_id: int, address: str, known: Iterable[Passkey]) -> Asked:
    """Begin to make a passkey; those that are `known` need not be made again."""
    from webauthn import generate_registration_options  # noqa: PLC0415
    from webauthn.helpers.structs import (  # noqa: PLC0415
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=place.host,
        rp_name=f"Hawknest {place.host}",
        user_name=address,
        user_id=f"{account_id}@{place.host}".encode()[:64],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known, place.host),
    )
    return _asked(options)


def request(place: Place, known: Iterable[Passkey]) -> Asked:
    """Ask for a passkey of those that are known. Raises AccountError where none was made for this host."""
    from webauthn import generate_authentication_options  # noqa: PLC0415

    fitting = _descriptors(known, place.host)
    if not fitting:
        raise AccountError(f"no passkey was made for {place.host}: use a code")
    return _asked(generate_authentication_options(rp_id=place.host, allow_credentials=fitting))


def made(place: Place, challenge: str, told: Mapping[str, Any]) -> Made:
    """Look at what a browser tells of a new passkey. Raises AccountError."""
    from webauthn import base64url_to_bytes, verify_registration_response  # noqa: PLC0415
    from webauthn.helpers import bytes_to_base64url  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        found = verify_registration_response(
            credential=dict(told),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise AccountError("the browser's answer is not that of a new passkey for this page") from None
    return Made(
        bytes_to_base64url(found.credential_id),
        bytes_to_base64url(found.credential_public_key),
        found.sign_count,
    )


def proved(
    place: Place, challenge: str, told: Mapping[str, Any], known: Iterable[Passkey]
) -> tuple[Passkey, int] | None:
    """Tell which passkey has signed, and its new count; None: none of those that are known."""
    from webauthn import base64url_to_bytes, verify_authentication_response  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    passkey = next((one for one in known if one.id == told.get("id") and one.host == place.host), None)
    if passkey is None:
        return None
    try:
        found = verify_authentication_response(
            credential=dict(told),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.count,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return None
    return passkey, found.new_sign_count


def add(
    connection: Connection, account_id: int, *, label: str, host: str, made: Made, now: float
) -> tuple[Passkey, list[str]]:
    """Keep a new passkey; `now` is in seconds since the epoch. Raises AccountError.

    Returns it, and recovery codes where it is the first second factor.
    """
    label = label.strip() or "passkey"
    if len(label) > LABEL or not label.isprintable():
        raise AccountError(f"a passkey's label has at most {LABEL} characters")
    if len(connection.all(_LIST, account=account_id)) >= EACH:
        raise AccountError(f"there are {EACH} passkeys already: remove one first")
    try:
        connection.run(
            _ADD,
            id=made.id,
            account=account_id,
            label=label,
            host=host,
            public_key=made.public_key,
            count=made.count,
            now=now,
        )
    except Duplicate:
        raise AccountError("this passkey is there already") from None
    passkey = next(one for one in listing(connection, account_id) if one.id == made.id)
    return passkey, second.recovery(connection, account_id)


def listing(connection: Connection, account_id: int) -> list[Passkey]:
    """List the passkeys of an account, the oldest first."""
    return [_passkey(row) for row in connection.all(_LIST, account=account_id)]


def used(connection: Connection, passkey_id: str, count: int, now: float) -> None:
    """Note that a passkey has signed."""
    connection.run(_USED, id=passkey_id, count=count, now=now)


def remove(connection: Connection, account_id: int, passkey_id: str) -> None:
    """Take a passkey away. Raises AccountError."""
    if not connection.run(_REMOVE, id=passkey_id, account=account_id):
        raise AccountError("there is no such passkey")
    second.tidy(connection, account_id)


def _descriptors(known: Iterable[Passkey], host: str) -> list[Any]:
    from webauthn import base64url_to_bytes  # noqa: PLC0415
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor  # noqa: PLC0415

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in known if one.host == host]


def _asked(options: Any) -> Asked:
    from webauthn import options_to_json  # noqa: PLC0415

    told = cast("dict[str, Any]", json.loads(options_to_json(options)))
    return Asked(told, told["challenge"])


def _passkey(row: Sequence[Any]) -> Passkey:
    return Passkey(
        id=row[0],
        label=row[1],
        host=row[2],
        public_key=row[3],
        count=row[4],
        created_at=row[5],
        used_at=row[6],
    )
