"""Which letters were carried from another place, or to it: what makes a second run bring only what is new.

A carriage is an account and the name of a place. Each of its runs notes the letters that it meets; so after a run it is known
which letters the place has, and what became of each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hawknest.store.engine import Connection, Many, Row, Statement
from hawknest.store.flags import Change, Mode
from hawknest.store.flags import change as change_flags

#: Flags, as bits of `letters.Flag`, and keywords with spaces between.
Marks = tuple[int, str]

_FIND: Final = Statement("SELECT id, runs FROM carriage WHERE account_id = :account AND name = :name")
_ADD: Final = Statement(
    """INSERT INTO carriage (account_id, name, runs) VALUES (:account, :name, 0)
       ON CONFLICT (account_id, name) DO NOTHING"""
)
_RUN: Final = Statement("UPDATE carriage SET runs = runs + 1 WHERE id = :id")
_EMPTY: Final = Statement("SELECT 1 FROM carried WHERE carriage_id = :id LIMIT 1")
_FORGET: Final = Statement("DELETE FROM carriage WHERE account_id = :account AND name = :name")
_MARKS: Final = Statement(
    """SELECT flags, keywords FROM carried
       WHERE carriage_id = :id AND mailbox = :mailbox AND key = :key ORDER BY nth LIMIT 1"""
)
_REMARK: Final = Statement(
    """UPDATE carried SET flags = :flags, keywords = :keywords
       WHERE carriage_id = :id AND mailbox = :mailbox AND key = :key"""
)
_PLACE: Final = Statement(
    """SELECT p.mailbox_id, p.uid, e.flags, e.keywords FROM carried c
       JOIN email e ON e.id = c.email_id AND e.account_id = :account AND e.size = c.octets
       JOIN placement p ON p.email_id = e.id
       WHERE c.carriage_id = :id AND c.mailbox = :mailbox AND c.key = :key"""
)
_SEE: Final = Many(
    """UPDATE carried SET run = v.column2 FROM (VALUES {rows}) AS v
       WHERE carriage_id = v.column1 AND mailbox = v.column3 AND key = v.column4""",
    4,
)
_CLAIM: Final = Statement(
    """UPDATE carried SET run = :run WHERE carriage_id = :id AND mailbox = :mailbox AND key = :key
       AND nth = (SELECT min(nth) FROM carried
                  WHERE carriage_id = :id AND mailbox = :mailbox AND key = :key AND run < :run)"""
)
_NOTE: Final = Statement(
    """INSERT INTO carried (carriage_id, mailbox, key, nth, run, email_id, flags, keywords, octets, digest, copy)
       SELECT :id, :mailbox, :key, coalesce(max(nth) + 1, 0), :run, :email, :flags, :keywords, :octets, :digest,
         :copy
       FROM carried WHERE carriage_id = :id AND mailbox = :mailbox AND key = :key"""
)
_PAGE: Final = Statement(
    """SELECT c.mailbox, c.key, c.nth, c.octets, c.digest, c.copy, e.blob_id
       FROM carried c LEFT JOIN email e ON e.id = c.email_id AND e.account_id = :account AND e.size = c.octets
       WHERE c.carriage_id = :id AND c.run = :run AND (c.mailbox, c.key, c.nth) > (:mailbox, :key, :nth)
       ORDER BY c.mailbox, c.key, c.nth LIMIT :count"""
)
#: An email of a mailbox, page by page.
_LETTERS: Final = Statement(
    """SELECT p.uid, e.flags, e.keywords, e.received_at, e.blob_id, e.id
       FROM placement p JOIN email e ON e.id = p.email_id
       WHERE p.mailbox_id = :mailbox AND p.uid > :after AND p.uid < :end ORDER BY p.uid LIMIT :count"""
)


@dataclass(frozen=True, slots=True)
class Carriage:
    """One run between an account and a place."""

    id: int
    account_id: int
    run: int  # from 1
    fresh: bool  # nothing was carried before


@dataclass(frozen=True, slots=True)
class Carried:
    """A letter that was carried."""

    mailbox: str
    key: str
    email_id: int
    flags: int
    keywords: str
    octets: int
    digest: bytes
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A letter whose flags have changed at the other place."""

    mailbox: str
    key: str
    before: Marks
    now: Marks


@dataclass(frozen=True, slots=True)
class Met:
    """A letter that a run met, and what is here of it."""

    mailbox: str
    key: str
    nth: int
    octets: int
    digest: bytes
    copy: str
    blob_id: int | None  # None: the email is gone


def begin(connection: Connection, account_id: int, name: str) -> Carriage:
    """Begin a run between an account and a place of some name."""
    connection.run(_ADD, account=account_id, name=name)
    row = connection.one(_FIND, account=account_id, name=name)
    assert row is not None
    connection.run(_RUN, id=row[0])
    return Carriage(row[0], account_id, row[1] + 1, connection.one(_EMPTY, id=row[0]) is None)


def forget(connection: Connection, account_id: int, name: str) -> None:
    """Forget what was carried between an account and a place."""
    connection.run(_FORGET, account=account_id, name=name)


def marks(connection: Connection, carriage: Carriage, mailbox: str, key: str) -> Marks | None:
    """Give the flags that a letter had at the other place when it was met last; None: it was not carried."""
    row = connection.one(_MARKS, id=carriage.id, mailbox=mailbox, key=key)
    return (row[0], row[1]) if row else None


def follow(connection: Connection, carriage: Carriage, turn: Turn) -> None:
    """Give an email the flags that its letter has now at the other place, unless somebody has changed them here."""
    flags, keywords = turn.now
    letter = {"id": carriage.id, "mailbox": turn.mailbox, "key": turn.key}
    connection.run(_REMARK, **letter, flags=flags, keywords=keywords)
    account = carriage.account_id
    for mailbox_id, uid, *here in connection.all(_PLACE, **letter, account=account):
        if tuple(here) == turn.before:
            change = Change(Mode.SET, flags, tuple(keywords.split()))
            change_flags(connection, account, mailbox_id, [(uid, uid)], change)


def see(connection: Connection, carriage: Carriage, letters: Iterable[tuple[str, str]]) -> None:
    """Note that this run met letters that were carried before, each by its mailbox and key."""
    connection.many(_SEE, [(carriage.id, carriage.run, mailbox, key) for mailbox, key in letters])


def claim(connection: Connection, carriage: Carriage, mailbox: str, key: str) -> bool:
    """Meet a letter among those of its key that were carried before; False: it is new."""
    return connection.run(_CLAIM, id=carriage.id, run=carriage.run, mailbox=mailbox, key=key) > 0


def note(connection: Connection, carriage: Carriage, letters: Iterable[Carried]) -> None:
    """Note letters that are carried now."""
    for letter in letters:
        connection.run(
            _NOTE,
            id=carriage.id,
            run=carriage.run,
            mailbox=letter.mailbox,
            key=letter.key,
            email=letter.email_id,
            flags=letter.flags,
            keywords=letter.keywords,
            octets=letter.octets,
            digest=letter.digest,
            copy=letter.copy,
        )


def met(connection: Connection, carriage: Carriage, after: Met | None, count: int) -> list[Met]:
    """List letters that this run met, by mailbox and key, `count` of them after a certain one."""
    rows = connection.all(
        _PAGE,
        id=carriage.id,
        account=carriage.account_id,
        run=carriage.run,
        mailbox=after.mailbox if after else "",
        key=after.key if after else "",
        nth=after.nth if after else -1,
        count=count,
    )
    return [Met(*row) for row in rows]


def emails(connection: Connection, mailbox_id: int, after: int, end: int, count: int) -> Sequence[Row]:
    """List emails of a mailbox with UIDs between two, `count` of them: UID, flags, keywords, time, blob, email."""
    return connection.all(_LETTERS, mailbox=mailbox_id, after=after, end=end, count=count)
