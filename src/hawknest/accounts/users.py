"""Users: the accounts that letters are filed for."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from hawknest.accounts import domains, salts, settings
from hawknest.accounts.aliases import adopt_builtin, folded
from hawknest.accounts.changes import changed
from hawknest.accounts.domains import Domain, address_of, home
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import Secrets
from hawknest.mail.address import Address
from hawknest.store import Connection, Duplicate, Statement, letters, mailboxes
from hawknest.wire.imap import capability

FORWARDS: Final = 50  # addresses that a user can forward to
TEXT: Final = 64 * 1024  # octets of an automatic reply or finger text
LINE: Final = 250  # characters of a real name or subject
MOST: Final = 1 << 50  # octets of a quota
LANGUAGES: Final = ("en", "ja")  # of the pages (RFC 5646 §2.1)

_UNFIT: Final = re.compile("[\0\ud800-\udfff]")  # what no database keeps


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
    reassemble: bool = False  # letters that come in parts are filed whole (RFC 2046 §5.2.2)
    imap_without: str = ""  # IMAP capabilities that its mail programs are better off without, space between
    language: str = ""  # of its pages, such as en; '': what its browser asks for
    app_passwords_only: bool = False  # mail programs get in with app passwords, not with the account's own
    id: int = 0
    octets: int = 0  # used
    created_at: float = 0.0  # seconds since the epoch
    has_password: bool = False  # its own, or an app password


_ADD: Final = Statement(
    """INSERT INTO account (domain_id, local, real_name, salt, password, scram, cram, active, admin, quota,
         message_limit, forward, keep_copy, responder_on, responder_subject, responder_text, finger_text, reassemble, imap_without,
         language, apps_only, created_at)
       VALUES (:domain, :local, :real_name, :salt, :password, :scram, :cram, :active, :admin, :quota,
         :message_limit, :forward, :keep_copy, :responder_on, :responder_subject, :responder_text, :finger_text, :reassemble,
         :imap_without, :language, :apps_only, :created_at)
       RETURNING id"""
)
_ALIAS: Final = Statement("SELECT builtin FROM alias WHERE domain_id = :domain AND local = :local")
_SELECT: Final = """SELECT a.local, d.name, a.real_name, a.active, a.admin, a.quota, a.message_limit, a.forward,
      a.keep_copy, a.responder_on, a.responder_subject, a.responder_text, a.finger_text, a.id, m.octets, a.created_at,
      a.password IS NOT NULL OR EXISTS (SELECT 1 FROM app_password p WHERE p.account_id = a.id),
      a.reassemble, a.imap_without, a.language, a.apps_only
    FROM account a JOIN domain d ON d.id = a.domain_id JOIN account_mail m ON m.account_id = a.id"""
_GET: Final = Statement(f"{_SELECT} WHERE a.domain_id = :domain AND a.local = :local")
#: How a list of users can be sorted.
ORDERS: Final = {
    "address": "d.name, a.local",
    "name": "lower(a.real_name), d.name, a.local",
    "octets": "m.octets DESC, a.id",
    "created": "a.id",
}
#: `within` holds the domains that are looked at, a space around each; '': all.
_MATCH: Final = """(a.local LIKE :pattern ESCAPE '\\' OR lower(a.real_name) LIKE :pattern ESCAPE '\\'
      OR d.name LIKE :pattern ESCAPE '\\') AND (:within = '' OR :within LIKE '% ' || d.name || ' %')"""
_LIST: Final = {
    order: Statement(f"{_SELECT} WHERE {_MATCH} ORDER BY {columns} LIMIT :count OFFSET :skip")
    for order, columns in ORDERS.items()
}
_COUNT: Final = Statement(
    f"SELECT count(*) FROM account a JOIN domain d ON d.id = a.domain_id WHERE {_MATCH}"
)
_ADMINISTRATOR: Final = Statement("SELECT 1 FROM account WHERE admin = 1 AND active = 1 LIMIT 1")
_FIRST: Final = Statement(
    """SELECT a.local, d.name FROM account a JOIN domain d ON d.id = a.domain_id
       WHERE a.admin = 1 AND a.active = 1 ORDER BY d.name, a.local LIMIT 1"""
)
_CHANGE: Final = Statement(
    """UPDATE account SET real_name = :real_name, active = :active, admin = :admin, quota = :quota,
         message_limit = :message_limit, forward = :forward, keep_copy = :keep_copy, responder_on = :responder_on,
         responder_subject = :responder_subject, responder_text = :responder_text, finger_text = :finger_text,
         reassemble = :reassemble, imap_without = :imap_without, language = :language,
         apps_only = :apps_only
       WHERE id = :id"""
)
_PASSWORD: Final = Statement(
    "UPDATE account SET password = :password, scram = :scram, cram = :cram WHERE id = :id"
)
_OWN: Final = Statement("SELECT password IS NOT NULL FROM account WHERE id = :id")
_SALT: Final = Statement(
    """SELECT a.salt, coalesce(a.scram, '{}') <> '{}', (SELECT count(*) FROM app_password p WHERE p.account_id = a.id)
       FROM account a WHERE a.id = :id"""
)
_SET_SALT: Final = Statement("UPDATE account SET salt = :salt WHERE id = :id")
_FORGET_ANSWERED: Final = Statement("DELETE FROM responded WHERE account_id = :id")
_EMAILS: Final = Statement(
    """SELECT DISTINCT e.id, e.blob_id FROM mailbox m JOIN placement p ON p.mailbox_id = m.id
         JOIN email e ON e.id = p.email_id WHERE m.account_id = :id"""
)
_EMPTY_MAILBOXES: Final = Statement(
    "DELETE FROM placement WHERE mailbox_id IN (SELECT id FROM mailbox WHERE account_id = :id)"
)
_REMOVE_EMAIL: Final = Statement("DELETE FROM email WHERE id = :id")
_NEIGHBOURS: Final = Statement("SELECT local FROM account WHERE domain_id = :domain ORDER BY id")
_BUILTIN: Final = Statement(
    """SELECT a.local, t.target FROM alias a JOIN alias_target t ON t.alias_id = a.id
       WHERE a.domain_id = :domain AND a.builtin = 1 ORDER BY a.id"""
)
_EMPTY_BUILTIN: Final = Statement(
    """DELETE FROM alias_target WHERE alias_id IN (SELECT id FROM alias WHERE domain_id = :domain AND builtin = 1)"""
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
    salt = (secret and secret.salt) or _salt_of_name(connection, address)
    try:
        row = connection.one(
            _ADD,
            domain=domain.id,
            local=local,
            salt=salt,
            created_at=now,
            **_secret(secret),
            **_columns(user),
        )
    except Duplicate:
        raise AccountError(f"the user {address} is there already") from None
    assert row is not None
    mailboxes.furnish(connection, row[0], now)
    adopt_builtin(connection, domain.id, str(Address(local, domain.name)))
    return get(connection, user.address)


def get(connection: Connection, text: str) -> User:
    """Look at one user. Raises AccountError where there is none."""
    address, domain = home(connection, text)
    row = connection.one(_GET, domain=domain.id, local=folded(address))
    if row is None:
        raise AccountError(f"there is no user {address}")
    return _user(row)


def exists(connection: Connection, text: str) -> bool:
    """Tell whether there is a user. Raises AccountError where the address cannot be one of ours."""
    address, domain = home(connection, text)
    return connection.one(_GET, domain=domain.id, local=folded(address)) is not None


def listing(
    connection: Connection,
    search: str = "",
    count: int = 1000,
    skip: int = 0,
    order: str = "address",
    *,
    within: Collection[str] | None = None,
) -> list[User]:
    """List users whose name, real name or domain holds `search`, `count` of them after the first `skip`.

    `order` is one of ORDERS; `within` names the domains that are looked at, None: all. Raises AccountError.
    """
    if order not in _LIST:
        raise AccountError(f"users are sorted by {', '.join(ORDERS)}, not by {order}")
    values = _matching(search, within)
    return [_user(row) for row in connection.all(_LIST[order], count=count, skip=skip, **values)]


def count(connection: Connection, search: str = "", *, within: Collection[str] | None = None) -> int:
    """Count the users that a list would hold."""
    row = connection.one(_COUNT, **_matching(search, within))
    return int(row[0]) if row else 0


def _matching(search: str, within: Collection[str] | None) -> dict[str, str]:
    wanted = re.sub(r"([\\%_])", r"\\\1", search.lower())
    domains = "" if within is None else f" {' '.join(sorted(within))} "
    return {"pattern": f"%{wanted}%", "within": domains}


def first_administrator(connection: Connection) -> str | None:
    """Tell the address of who first administered the whole nest and still does; None: nobody does."""
    row = connection.one(_FIRST)
    return str(Address(*row)) if row else None


def administered(connection: Connection) -> bool:
    """Tell whether anybody administers the whole nest."""
    return connection.one(_ADMINISTRATOR) is not None


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
    """Set what `passwords.secrets_of` derived from a new password with the account's salt.

    With None only app passwords are left. Raises AccountError.
    """
    user = get(connection, text)
    if secret is not None and secret.salt:
        settle_salt(connection, user, secret.salt, own_stays=False)
    connection.run(_PASSWORD, id=user.id, **_secret(secret))
    changed(connection)
    return user


def has_own_password(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has a password of its own, and not app passwords alone."""
    row = connection.one(_OWN, id=account_id)
    return row is not None and bool(row[0])


def settle_salt(connection: Connection, user: User, salt: str, *, own_stays: bool) -> None:
    """See to it that an account has the salt that new keys of it were derived with.

    It has, but where they come from another nest; then it takes theirs, unless keys that stay hang on the old one: those
    of app passwords, and with `own_stays` those of its own password. Raises AccountError.
    """
    row = connection.one(_SALT, id=user.id)
    assert row is not None
    kept, own, apps = row
    if salt == kept:
        return
    if apps or (own and own_stays):
        raise AccountError(
            f"the passwords of {user.address} were made with another salt: remove its app passwords first, "
            "or give it the new password first"
        )
    connection.run(_SET_SALT, id=user.id, salt=salt)


def remove(connection: Connection, text: str) -> list[str]:
    """Remove a user and all letters. Raises AccountError, also where postmaster and abuse would lead nowhere.

    Returns the files that the caller is to remove once the transaction is durable.
    """
    user = get(connection, text)
    _, domain = home(connection, text)
    if len(connection.all(_NEIGHBOURS, domain=domain.id)) == 1:
        connection.run(_EMPTY_BUILTIN, domain=domain.id)  # until there is a user again
    else:
        _keep_builtin(connection, domain, user)
    return _remove(connection, user.id)


def remove_all(connection: Connection, text: str) -> list[str]:
    """Remove all users of a domain, so that it can go itself. Raises AccountError.

    Returns the files that the caller is to remove once the transaction is durable.
    """
    domain = domains.get(connection, text)
    places: list[str] = []
    for (local,) in connection.all(_NEIGHBOURS, domain=domain.id):
        row = connection.one(_GET, domain=domain.id, local=local)
        assert row is not None
        places += _remove(connection, _user(row).id)
    connection.run(_EMPTY_BUILTIN, domain=domain.id)
    return places


def _remove(connection: Connection, account_id: int) -> list[str]:
    emails = connection.all(_EMAILS, id=account_id)
    connection.run(_EMPTY_MAILBOXES, id=account_id)
    places: list[str] = []
    for email_id, blob_id in emails:
        connection.run(_REMOVE_EMAIL, id=email_id)
        places.append(letters.release(connection, blob_id))
    connection.run(_REMOVE, id=account_id)
    changed(connection)
    return [place for place in places if place]


def _keep_builtin(connection: Connection, domain: Domain, user: User) -> None:
    """See to it that postmaster and abuse lead to somebody still (RFC 5321 §4.5.1)."""
    gone = domains.address_of(user.address).key
    targets: dict[str, list[str]] = {}
    for local, target in connection.all(_BUILTIN, domain=domain.id):
        targets.setdefault(local, []).append(domains.address_of(target).key)
    for local, keys in targets.items():
        if set(keys) == {gone}:
            raise AccountError(
                f"{local}@{domain.name} leads to {user.address} alone: "
                f"lead it elsewhere first (`hawknest alias change {local}@{domain.name} …`)"
            )


def _replace(user: User, changes: dict[str, Any]) -> User:
    if unknown := set(changes) - {f.name for f in fields(User)}:
        raise AccountError(f"a user has no field {', '.join(sorted(unknown))}")
    return replace(user, **changes)


def _columns(user: User) -> dict[str, Any]:
    """The fields of a user as they are stored. Raises AccountError."""
    for what, number in (("quota", user.quota), ("message limit", user.message_limit)):
        if number < 0:
            raise AccountError(f"the {what} cannot be less than nothing (0: no limit)")
        if number > MOST:
            raise AccountError(f"the {what} cannot be more than {MOST} octets (0: no limit)")
    if len(user.forward) > FORWARDS:
        raise AccountError(f"a user can forward to {FORWARDS} addresses at the most")
    for what, text in (("automatic reply", user.responder_text), ("finger text", user.finger_text)):
        if _UNFIT.search(text):
            raise AccountError(f"the {what} has a character that is no text")
        if len(text.encode()) > TEXT:
            raise AccountError(f"the {what} is longer than {TEXT // 1024} KiB")
    for what, text in (
        ("real name", user.real_name),
        ("subject of the automatic reply", user.responder_subject),
    ):
        if _UNFIT.search(text) or len(text.splitlines()) > 1 or text[-1:] in {"\r", "\n"} or len(text) > LINE:
            raise AccountError(f"the {what} must be one line of at most {LINE} characters")
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
        "reassemble": int(user.reassemble),
        "imap_without": _capabilities(user.imap_without),
        "language": _language(user.language),
        "apps_only": int(user.app_passwords_only),
    }


def _capabilities(text: str) -> str:
    """Bring the names of IMAP capabilities into their form. Raises AccountError."""
    known = {name.upper(): name for name in capability.known()}
    words = text.upper().replace(",", " ").split()
    for word in words:
        if word not in known:
            raise AccountError(f"{word[:40]} is no IMAP capability of this server")
    return " ".join(dict.fromkeys(known[word] for word in words))


def _language(text: str) -> str:
    """See that a language is one that the pages have, or none. Raises AccountError."""
    if text and text not in LANGUAGES:
        raise AccountError(f"the pages are there in {', '.join(LANGUAGES)}, not in {text[:20]}")
    return text


def _salt_of_name(connection: Connection, address: Address) -> str:
    return salts.written(salts.salt_of(connection, settings.salt_key(connection), str(address)))


def _secret(secret: Secrets | None) -> dict[str, str | None]:
    if secret is None:
        return {"password": None, "scram": None, "cram": None}
    return {"password": secret.password, "scram": secret.scram, "cram": secret.cram}


def _user(row: Sequence[Any]) -> User:
    return User(
        address=str(Address(row[0], row[1])),
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
        reassemble=bool(row[17]),
        imap_without=row[18],
        language=row[19],
        app_passwords_only=bool(row[20]),
    )
