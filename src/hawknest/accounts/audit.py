"""Who changed what: a line for every change, written in the transaction that makes it, so that neither is there without the other.

The page of the administration, programs with a token and the command line write here alike. What changed is kept as it was
and as it is; what is a secret by its name is kept as stars.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import msgspec

from hawknest.accounts.errors import AccountError
from hawknest.log.lines import safe
from hawknest.store import Connection, Statement

T = TypeVar("T")

LONGEST: Final = 4000  # characters of a text that are kept of it
_UNTOLD: Final = frozenset(
    {"id", "octets", "created_at", "has_password", "builtin"}
)  # nobody changes these by hand


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something, and by which way."""

    who: str  # an address; at the command line the name of the system user
    way: str  # session, token, cli


@dataclass(frozen=True, slots=True)
class Entry:
    """A line."""

    id: int
    at: float  # seconds since the epoch
    who: str
    way: str
    action: str  # a noun and a verb, such as user.change
    subject: str  # what was changed: an address, a domain, a name
    detail: dict[str, Any]  # before and after


_ADD: Final = Statement(
    """INSERT INTO audit (at, who, way, action, subject, detail)
       VALUES (:at, :who, :way, :action, :subject, :detail)"""
)
_FIELDS: Final = "SELECT id, at, who, way, action, subject, detail FROM audit"
_LIST: Final = Statement(
    f"""{_FIELDS} WHERE id < :below AND (lower(who) LIKE :pattern ESCAPE '\\' OR action LIKE :pattern ESCAPE '\\'
          OR lower(subject) LIKE :pattern ESCAPE '\\') ORDER BY id DESC LIMIT :count"""
)
_SINCE: Final = Statement(f"{_FIELDS} WHERE id > :above ORDER BY id LIMIT :count")
_NEWEST: Final = Statement("SELECT coalesce(max(id), 0) FROM audit")
_COUNT: Final = Statement("SELECT count(*) FROM audit")
_FORGET: Final = Statement("DELETE FROM audit WHERE at < :before")
NEWEST: Final = (1 << 63) - 1  # above every id


def note(
    connection: Connection,
    by: By,
    action: str,
    subject: str,
    now: float,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write a line; `now` is in seconds since the epoch, `before` and `after` what is different."""
    detail = {name: safe(dict(values)) for name, values in (("before", before), ("after", after)) if values}
    connection.run(
        _ADD,
        at=now,
        who=by.who,
        way=by.way,
        action=action,
        subject=subject.replace("\0", "")[:LONGEST],
        detail=msgspec.json.encode(detail, enc_hook=str).decode().replace("\\u0000", ""),
    )


def recorded(
    job: Callable[[Connection], T],
    by: By,
    action: str,
    subject: str,
    *,
    now: float,
    look: Callable[[Connection], Any] | None = None,
) -> Callable[[Connection], T]:
    """Make of a change one that is written down.

    `look` gives what is changed, as a value with named fields; it is asked before and after, and where it raises
    AccountError there is nothing.
    """

    def both(connection: Connection) -> T:
        before = _seen(connection, look)
        result = job(connection)
        gone, new = _difference(before, _seen(connection, look))
        note(connection, by, action, subject, now, before=gone, after=new)
        return result

    return both


def listing(connection: Connection, search: str = "", count: int = 100, below: int = NEWEST) -> list[Entry]:
    """List lines whose who, action or subject holds `search`, the newest first, those with ids under `below`."""
    wanted = search.lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_").replace("\0", "")
    return [_entry(row) for row in connection.all(_LIST, below=below, pattern=f"%{wanted}%", count=count)]


def since(connection: Connection, above: int, count: int = 100) -> list[Entry]:
    """List lines that came after one, the oldest first."""
    return [_entry(row) for row in connection.all(_SINCE, above=above, count=count)]


def newest(connection: Connection) -> int:
    """Tell the id of the newest line; 0: there is none."""
    row = connection.one(_NEWEST)
    return int(row[0]) if row else 0


def count(connection: Connection) -> int:
    """Count the lines."""
    row = connection.one(_COUNT)
    return int(row[0]) if row else 0


def forget(connection: Connection, before: float) -> int:
    """Forget lines from before a time in seconds since the epoch. Returns how many."""
    return connection.run(_FORGET, before=before)


def _seen(connection: Connection, look: Callable[[Connection], Any] | None) -> dict[str, Any]:
    if look is None:
        return {}
    try:
        value = look(connection)
    except AccountError:
        return {}
    plain: Any = msgspec.to_builtins(value, enc_hook=str)
    return cast("dict[str, Any]", plain) if isinstance(plain, dict) else {}


def _difference(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of a thing is no longer so, and what is so instead; of one that came or went, what it has or had."""
    names = [name for name in before | after if name not in _UNTOLD and before.get(name) != after.get(name)]
    return (
        {name: _short(before[name]) for name in names if name in before},
        {name: _short(after[name]) for name in names if name in after},
    )


def _short(value: Any) -> Any:
    return value[:LONGEST] if isinstance(value, str) else value


def _entry(row: tuple[Any, ...]) -> Entry:
    *fields, detail = row
    number, at, who, way, action, subject = fields
    return Entry(number, at, who, way, action, subject, msgspec.json.decode(detail))
