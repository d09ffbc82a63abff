"""The roll of users as CSV, for spreadsheets and for moving in: all of them or none, errors by their lines.

The first line names the columns: `address` and any other field of `users.User`, and `password` for one in the clear or
`password_hash` (with `scram` and `salt`) for what an export with secrets gave. A password in the clear is never exported.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from hawknest.accounts import users
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import Secrets, exported, secrets_of
from hawknest.accounts.users import User
from hawknest.store import Connection, Statement
from hawknest.wire.sasl.values import Refused, Salt

T = TypeVar("T")

PAGE: Final = 1000  # users read at once
SHOWN: Final = 20  # errors told at once
TRUTHS: Final = {
    "yes": True,
    "on": True,
    "true": True,
    "1": True,
    "no": False,
    "off": False,
    "false": False,
    "0": False,
}

_SECRETS: Final = Statement(
    "SELECT password, scram, salt FROM account WHERE id = :id AND password IS NOT NULL"
)


def _truth(text: str) -> bool:
    if text.lower() not in TRUTHS:
        raise AccountError(f"must be yes or no, not {text[:40]}")
    return TRUTHS[text.lower()]


def _octets(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise AccountError(f"must be a whole number of octets, not {text[:40]}")
    return int(text)


#: How each column is read; an empty field means the default.
_COLUMNS: Final[dict[str, Callable[[str], Any]]] = {
    "address": str,
    "real_name": str,
    "active": _truth,
    "admin": _truth,
    "quota": _octets,
    "message_limit": _octets,
    "forward": lambda text: tuple(text.split()),
    "keep_copy": _truth,
    "responder_on": _truth,
    "responder_subject": str,
    "responder_text": str,
    "finger_text": str,
    "reassemble": _truth,
    "imap_without": str,
    "language": str,
    "app_passwords_only": _truth,
}
_PROOFS: Final = ("password", "password_hash", "scram", "salt")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the roll."""

    line: int
    user: User
    password: str = field(default="", repr=False)  # in the clear, until it is hashed
    secret: Secrets | None = field(default=None, repr=False)


def export(connection: Connection, *, with_secrets: bool) -> str:
    """Write all users as CSV; with their hashes if asked."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*_COLUMNS, *(_PROOFS[1:] if with_secrets else ())])
    skip = 0
    while page := users.listing(connection, count=PAGE, skip=skip):
        for user in page:
            proofs = (connection.one(_SECRETS, id=user.id) or ("",) * 3) if with_secrets else ()
            writer.writerow(
                [*(_written(getattr(user, name)) for name in _COLUMNS), *(p or "" for p in proofs)]
            )
        skip += len(page)
    return out.getvalue()


def read(text: str) -> list[Entry]:
    """Read CSV, no more. Raises AccountError, which names each bad line."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, list[str]())]
        _check_names(names)
        return _gather(_lines(reader, names))
    except csv.Error as error:
        raise AccountError(f"line {reader.line_num}: this is not CSV: {error}") from None


def hashed(
    entries: Iterable[Entry], salt_of: Callable[[str], Salt], *, cram_md5: bool = False
) -> list[Entry]:
    """Hash the passwords in the clear: some 60 ms each, so not inside a transaction.

    `salt_of` tells the salt of an address (`salts.salt_of`). Raises AccountError.
    """
    return _gather(
        (entry.line, lambda entry=entry: _hash(entry, salt_of, cram_md5=cram_md5)) for entry in entries
    )


def add_all(connection: Connection, entries: Iterable[Entry], now: float) -> list[User]:
    """Add all users, inside a transaction that the AccountError of any of them undoes; `now` in seconds since the epoch."""

    def add(entry: Entry) -> User:
        with connection.savepoint():
            return users.add(connection, entry.user, entry.secret, now)

    return _gather((entry.line, lambda entry=entry: add(entry)) for entry in entries)


def _check_names(names: list[str]) -> None:
    if "address" not in names:
        raise AccountError("line 1: it must name the columns, and one of them must be address")
    for name in names:
        if name not in _COLUMNS and name not in _PROOFS:
            raise AccountError(
                f"line 1: there is no column {name[:40]}; there are {', '.join((*_COLUMNS, *_PROOFS))}"
            )
        if names.count(name) > 1:
            raise AccountError(f"line 1: the column {name} is there twice")


def _lines(reader: Any, names: list[str]) -> Iterable[tuple[int, Callable[[], Entry]]]:
    before: int = reader.line_num
    for fields in reader:
        line, before = before + 1, reader.line_num  # where it begins: a field may hold line ends
        if any(fields):
            yield line, lambda line=line, fields=fields: _entry(line, names, fields)


def _gather(steps: Iterable[tuple[int, Callable[[], T]]]) -> list[T]:
    """Take each step, and tell of all that failed together."""
    done: list[T] = []
    errors: list[str] = []
    for line, step in steps:
        try:
            done.append(step())
        except AccountError as error:
            errors.append(f"line {line}: {error}")
    if errors:
        more = [f"and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
        raise AccountError("\n".join(errors[:SHOWN] + more))
    return done


def _entry(line: int, names: list[str], fields: list[str]) -> Entry:
    if len(fields) != len(names):
        raise AccountError(f"it has {len(fields)} fields instead of {len(names)}")
    given = {
        name: text if name in _PROOFS else _meant(text)
        for name, text in zip(names, fields, strict=True)
        if text
    }
    values: dict[str, Any] = {}
    for name in _COLUMNS.keys() & given.keys():
        try:
            values[name] = _COLUMNS[name](given[name])
        except AccountError as error:
            raise AccountError(f"{name} {error}") from None
    if "address" not in values:
        raise AccountError("it has no address")
    return Entry(line, User(**values), given.get("password", ""), _kept(given))


def _kept(given: dict[str, str]) -> Secrets | None:
    kept, scram, salt = given.get("password_hash"), given.get("scram", "{}"), given.get("salt", "")
    if kept is None:
        return None
    if "password" in given:
        raise AccountError("it has both a password and a password_hash: leave one out")
    return exported(kept, scram, salt)


def _hash(entry: Entry, salt_of: Callable[[str], Salt], *, cram_md5: bool) -> Entry:
    if not entry.password:
        return entry
    try:
        secret = secrets_of(entry.password, salt_of(entry.user.address), cram_md5=cram_md5)
    except Refused as refused:
        raise AccountError(f"the password cannot be used: {refused}") from None
    return replace(entry, password="", secret=secret)


def _written(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return " ".join(map(str, value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return _plain(str(value))


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula: users choose some of them, and administrators open the file."""
    return f"'{text}" if _FORMULA.match(text) else text


def _meant(text: str) -> str:
    """The text that `_plain` wrote."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text[1:]) else text


_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
