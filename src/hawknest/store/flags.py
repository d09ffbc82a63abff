"""Flags and keywords of emails, and changing them. RFC 9051 §2.3.2, §6.4.6, RFC 7162 §3.1.3."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from hawknest.store import letters
from hawknest.store.engine import Connection, Many, Row, Statement
from hawknest.store.errors import StoreError
from hawknest.store.places import Range

MOST: Final = 100  # keywords of an email


class Mode(Enum):
    """What is done with the flags that are named."""

    SET = auto()
    ADD = auto()
    REMOVE = auto()


class TooManyKeywords(StoreError):
    """An email would have more keywords than we keep."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of flags."""

    mode: Mode
    flags: int  # bits of letters.Flag
    keywords: tuple[str, ...] = ()
    unchanged_since: int | None = None  # a modseq: what changed later is left alone (RFC 7162 §3.1.3)

    @property
    def simple(self) -> bool:
        """Whether it adds or removes system flags, whatever was there before."""
        return self.mode is not Mode.SET and not self.keywords and self.unchanged_since is None

    def of(self, flags: int, keywords: str) -> tuple[int, str]:
        """Work out the flags and keywords that come of those an email has. Raises TooManyKeywords."""
        match self.mode:
            case Mode.SET:
                return self.flags, joined("", self.keywords)
            case Mode.ADD:
                return flags | self.flags, joined(keywords, self.keywords) if self.keywords else keywords
            case Mode.REMOVE:
                gone = {keyword.lower() for keyword in self.keywords}
                kept = [keyword for keyword in keywords.split() if keyword.lower() not in gone]
                return flags & ~self.flags, " ".join(kept)


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of a change."""

    modseq: int  # of those whose flags are others now; 0: there are none
    refused: list[int]  # UIDs of those that changed since (RFC 7162 §3.1.3)


_WITHIN: Final = Statement(
    """SELECT p.uid, p.email_id, e.flags, e.keywords, CASE WHEN p.modseq > e.modseq THEN p.modseq ELSE e.modseq END
       FROM placement p JOIN email e ON e.id = p.email_id
       WHERE p.mailbox_id = :mailbox AND p.uid >= :first AND p.uid <= :last"""
)
_SET: Final = Many(
    """UPDATE email SET flags = v.column2, keywords = v.column3, modseq = v.column4
       FROM (VALUES {rows}) AS v WHERE id = v.column1""",
    4,
)
_CHOSEN: Final = """id IN (SELECT p.email_id FROM placement p
    WHERE p.mailbox_id = :mailbox AND p.uid >= :first AND p.uid <= :last)"""
_ADD_BITS: Final = Statement(
    f"""UPDATE email SET flags = flags | :bits, modseq = :modseq
        WHERE {_CHOSEN} AND flags & :bits <> :bits"""
)
_REMOVE_BITS: Final = Statement(
    f"""UPDATE email SET flags = flags & ~:bits, modseq = :modseq
        WHERE {_CHOSEN} AND flags & :bits <> 0"""
)
_TOUCH: Final = Statement("UPDATE mailbox SET modseq = :modseq WHERE id = :mailbox")
_HOLDING: Final = Statement(
    """SELECT DISTINCT p.mailbox_id FROM email e JOIN placement p ON p.email_id = e.id
       WHERE e.account_id = :account AND e.modseq = :modseq AND e.modseq > e.created_at_modseq"""
)


def joined(keywords: str, more: Iterable[str]) -> str:
    """Add keywords to those there are; their case counts for nothing (RFC 9051 §2.3.2). Raises TooManyKeywords."""
    known = {keyword.lower(): keyword for keyword in keywords.split()}
    for keyword in more:
        known.setdefault(keyword.lower(), keyword)
    if len(known) > MOST:
        raise TooManyKeywords(f"a letter has {MOST} keywords at the most")
    return " ".join(sorted(known.values()))


def change(
    connection: Connection,
    account_id: int,
    mailbox_id: int,
    ranges: Iterable[Range],
    what: Change,
    *,
    modseq: int | None = None,
) -> Changed:
    """Change the flags of emails in a mailbox; all that are changed by it get the same new modseq.

    `modseq` is one that the caller has counted (`letters.count`), so that the account is held from then on.
    Raises TooManyKeywords, NoSuchAccount: then none is changed.
    """
    if modseq is None:
        modseq = letters.count(connection, account_id)  # first: from here on nobody else changes them
    if what.simple:
        changed = _change_bits(connection, mailbox_id, ranges, what, modseq)
        if changed:
            _touch(connection, account_id, modseq)
        return Changed(modseq if changed else 0, [])
    found: list[Row] = []
    for first, last in ranges:
        found += connection.all(_WITHIN, mailbox=mailbox_id, first=first, last=last)
    rows: list[tuple[int, int, str]] = []  # email, flags, keywords
    refused: list[int] = []
    limit = what.unchanged_since
    for uid, email, flags, keywords, its in found:
        if limit is not None and its > limit:
            refused.append(uid)
        elif (new := what.of(flags, keywords)) != (flags, keywords):
            rows.append((email, *new))
    if not rows:
        return Changed(0, refused)
    connection.many(_SET, [(*row, modseq) for row in rows])
    _touch(connection, account_id, modseq)
    return Changed(modseq, refused)


def _change_bits(
    connection: Connection, mailbox_id: int, ranges: Iterable[Range], what: Change, modseq: int
) -> int:
    """Add or remove system flags, with one statement for all letters of a range. Returns how many have others now."""
    statement = _ADD_BITS if what.mode is Mode.ADD else _REMOVE_BITS
    changed = 0
    for first, last in ranges:
        values = {"mailbox": mailbox_id, "first": first, "last": last, "bits": what.flags, "modseq": modseq}
        changed += connection.run(statement, **values)
    return changed


def _touch(connection: Connection, account_id: int, modseq: int) -> None:
    """Count a change into all mailboxes that hold an email which it changed."""
    for (mailbox,) in connection.all(_HOLDING, account=account_id, modseq=modseq):
        connection.run(_TOUCH, mailbox=mailbox, modseq=modseq)
        connection.touched[mailbox] = modseq
