"""Users: the accounts that letters are filed for."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from hawknest.accounts.aliases import adopt_builtin, folded
from hawknest.accounts.changes import changed
from hawknest.accounts.domains import address_of, home
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import Secrets
from hawknest.store import Connection, Duplicate, Statement, letters

#: The mailboxes that a new account has, and their roles (RFC 6154 §2).
MAILBOXES: Final = (
    ("INBOX", "inbox"),
    ("Sent", "sent"),
    ("Drafts", "drafts"),
    ("Junk", "junk"),
    ("Trash", "trash"),
    ("Archive", "archive"),
)
FORWARDS: Final = 50  # addresses that a user can forward to
TEXT: Final = 64 * 1024  # octets of an automatic reply or finger text


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account as its owner and the administrator see it."""

    address: str
    real_name: str = ""
    active: bool = True
    admin: bool = False
    quota: int = 0  # octets; 0: no limit
    message_limit: int = 0  # octets of a letter sent or received; 0: the server's limit
    forward: tuple[str, ...] = ()
    keep_copy: bool = True
    responder_on: bool = False
    responder_subject: str = ""
    responder_text: str = ""
    finger_text: str = ""
    id: int = 0
    octets: int = 0  # used
    created_at: float = 0.0  # seconds since the epoch
    has_password: bool = False


_ADD: Final = Statement(
    """INSERT INTO account (domain_id, local, real_name, password, scram, cram, active, admin, quota, message_limit,
         forward, keep_copy, responder_on, responder_subject, responder_text, finger_text, created_at)
       VALUES (:domain, :local, :real_name, :password, :scram, :cram, :active, :admin, :quota, :message_limit,
         :forward, :keep_copy, :responder_on, :responder_subject, :responder_text, :finger_text, :created_at)
       RETURNING id"""
)
_ALIAS: Final = Statement("SELECT builtin FROM alias WHERE domain_id = :domain AND local = :local")
_MAILBOX: Final = Statement(
    """INSERT INTO mailbox (account_id, name, role, uidvalidity, uidnext, modseq)
       VALUES (:account, :name, :role, :uidvalidity, 1, 1) RETURNING id"""
)
_MAIL: Final = Statement(
    "INSERT INTO account_mail (account_id, inbox_id, modseq, octets) VALUES (:account, :inbox, 1, 0)"
)
_SELECT: Final = """SELECT a.local, d.name, a.real_name, a.active, a.admin, a.quota, a.message_limit, a.forward,
      a.keep_copy, a.responder_on, a.responder_subject, a.responder_text, a.finger_text, a.id, m.octets, a.created_at,
      a.password IS NOT NULL
    FROM account a JOIN domain d ON d.id = a.domain_id JOIN account_mail m ON m.account_id = a.id"""
_GET: Final = Statement(f"{_SELECT} WHERE a.domain_id = :domain AND a.local = :local")
_LIST: Final = Statement(
    f"""{_SELECT} WHERE (a.local LIKE :pattern OR a.real_name LIKE :pattern OR d.name LIKE :pattern)
        ORDER BY d.name, a.local LIMIT :count OFFSET :skip"""
)
_CHANGE: Final = Statement(
    """UPDATE account SET real_name = :real_name, active = :active, admin = :admin, quota = :quota,
         message_limit = :message_limit, forward = :forward, keep_copy = :keep_copy, responder_on = :responder_on,
         responder_subject = :responder_subject, responder_text = :responder_text, finger_text = :finger_text
       WHERE id = :id"""
)
_PASSWORD: Final = Statement(
    "UPDATE account SET password = :password, scram = :scram, cram = :cram WHERE id = :id"
)
_FORGET_ANSWERED: Final = Statement("DELETE FROM responded WHERE account_id = :id")
_LETTERS: Final = Statement(
    """SELECT p.mailbox_id, p.uid FROM placement p JOIN mailbox m ON m.id = p.mailbox_id WHERE m.account_id = :id"""
)
_REMOVE: Final = Statement("DELETE FROM account WHERE id = :id")


def add(connection: Connection, user: User, secret: Secrets | None, now: float) -> User:
    """Make an account with its mailboxes; the first user of a domain also gets its postmaster's and abuse's letters.

    `secret` is what `passwords.secrets_of` derived, None for an account that nobody can log in to; `now` is in seconds
    since the epoch. Raises AccountError.
    """
    address, domain = home(connection, user.address)
    local = folded(address)
    taken = connection.one(_ALIAS, domain=domain.id, local=local)
    if taken is not None:
        what = (
            "is kept for the domain: lead it to a user instead"
            if taken[0]
            else "is an alias: remove it first"
        )
        raise AccountError(f"{address} {what}")
    try:
        row = connection.one(
            _ADD, domain=domain.id, local=local, created_at=now, **_secret(secret), **_columns(user)
        )
    except Duplicate:
        raise AccountError(f"the user {address} is there already") from None
    assert row is not None
    _make_mailboxes(connection, row[0], now)
    adopt_builtin(connection, domain.id, f"{local}@{domain.name}")
    return get(connection, user.address)


def get(connection: Connection, text: str) -> User:
    """Look at one user. Raises AccountError where there is none."""
    address, domain = home(connection, text)
    row = connection.one(_GET, domain=domain.id, local=folded(address))
    if row is None:
        raise AccountError(f"there is no user {address}")
    return _user(row)


def listing(connection: Connection, search: str = "", count: int = 1000, skip: int = 0) -> list[User]:
    """List users whose name, real name or domain holds `search`, `count` of them after the first `skip`."""
    return [_user(row) for row in connection.all(_LIST, pattern=f"%{search}%", count=count, skip=skip)]


def change(connection: Connection, text: str, **changes: Any) -> User:
    """Change fields of a user, named as in `User`. Raises AccountError."""
    old = get(connection, text)
    new = _replace(old, changes)
    connection.run(_CHANGE, id=old.id, **_columns(new))
    if (new.responder_subject, new.responder_text) != (old.responder_subject, old.responder_text):
        connection.run(_FORGET_ANSWERED, id=old.id)  # who was told the old text is told the new one
    changed(connection)
    return get(connection, text)


def set_password(connection: Connection, text: str, secret: Secrets | None) -> User:
    """Set what `passwords.secrets_of` derived from a new password, or None: nobody can log in. Raises AccountError."""
    user = get(connection, text)
    connection.run(_PASSWORD, id=user.id, **_secret(secret))
    changed(connection)
    return user


def remove(connection: Connection, text: str) -> list[str]:
    """Remove a user and all letters. Raises AccountError.

    Returns the files that the caller is to remove once the transaction is durable.
    """
    user = get(connection, text)
    places: list[str] = []
    for mailbox_id, uid in connection.all(_LETTERS, id=user.id):
        places += letters.remove(connection, user.id, mailbox_id, [uid])
    connection.run(_REMOVE, id=user.id)
    changed(connection)
    return places


def _make_mailboxes(connection: Connection, account_id: int, now: float) -> None:
    uidvalidity = int(now) & 0x7FFFFFFF or 1 + secrets.randbelow(1 << 30)
    made: list[int] = []
    for name, role in MAILBOXES:
        row = connection.one(_MAILBOX, account=account_id, name=name, role=role, uidvalidity=uidvalidity)
        assert row is not None
        made.append(row[0])
    connection.run(_MAIL, account=account_id, inbox=made[0])


def _replace(user: User, changes: dict[str, Any]) -> User:
    if unknown := set(changes) - {f.name for f in fields(User)}:
        raise AccountError(f"a user has no field {', '.join(sorted(unknown))}")
    return replace(user, **changes)


def _columns(user: User) -> dict[str, Any]:
    """The fields of a user as they are stored. Raises AccountError."""
    for what, number in (("quota", user.quota), ("message limit", user.message_limit)):
        if number < 0:
            raise AccountError(f"the {what} cannot be less than nothing (0: no limit)")
    if len(user.forward) > FORWARDS:
        raise AccountError(f"a user can forward to {FORWARDS} addresses at the most")
    for what, text in (("automatic reply", user.responder_text), ("finger text", user.finger_text)):
        if len(text.encode()) > TEXT:
            raise AccountError(f"the {what} is longer than {TEXT // 1024} KiB")
    if "\n" in user.responder_subject or "\r" in user.responder_subject:
        raise AccountError("the subject of the automatic reply must be one line")
    if user.responder_on and not user.responder_text.strip():
        raise AccountError("the automatic reply needs a text")
    return {
        "real_name": user.real_name,
        "active": int(user.active),
        "admin": int(user.admin),
        "quota": user.quota,
        "message_limit": user.message_limit,
        "forward": "\n".join(str(address_of(text)) for text in user.forward),
        "keep_copy": int(user.keep_copy),
        "responder_on": int(user.responder_on),
        "responder_subject": user.responder_subject,
        "responder_text": user.responder_text,
        "finger_text": user.finger_text,
    }


def _secret(secret: Secrets | None) -> dict[str, str | None]:
    if secret is None:
        return {"password": None, "scram": None, "cram": None}
    return {"password": secret.password, "scram": secret.scram, "cram": secret.cram}


def _user(row: Sequence[Any]) -> User:
    return User(
        address=f"{row[0]}@{row[1]}",
        real_name=row[2],
        active=bool(row[3]),
        admin=bool(row[4]),
        quota=row[5],
        message_limit=row[6],
        forward=tuple(row[7].split("\n")) if row[7] else (),
        keep_copy=bool(row[8]),
        responder_on=bool(row[9]),
        responder_subject=row[10],
        responder_text=row[11],
        finger_text=row[12],
        id=row[13],
        octets=row[14],
        created_at=row[15],
        has_password=bool(row[16]),
    )
