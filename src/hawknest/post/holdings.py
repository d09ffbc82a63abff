"""The letters that an account holds, for its owner to look over: by size, date, sender, or by what is wrong with them.

A letter is listed, written out and removed without being parsed: what makes mail programs stumble (`mail.defects`) must not
keep its owner from getting rid of it. A letter is named by a number, which is its own for ever.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from hawknest.mail.header import Header
from hawknest.mail.mime import Octets
from hawknest.mail.terms import normal
from hawknest.post import reading
from hawknest.store import Connection, Statement, StoreError, expunge
from hawknest.store.blobs import Content
from hawknest.store.engine import Row
from hawknest.store.mailboxes import GONE

HEADER: Final = 64 * 1024  # octets of a letter in which the fields that are shown are looked for
TEXT: Final = 500  # characters of a field that are shown
ANY: Final = "any"  # defect


class Order(StrEnum):
    """How letters are listed."""

    SIZE = "size"  # the largest first
    NEWEST = "newest"
    OLDEST = "oldest"


class NoSuchLetter(StoreError):
    """The account holds no letter of that number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which letters are looked for: those that fit all that is said."""

    larger: int = 0  # octets, or more
    smaller: int = 1 << 62  # octets, or less
    since: float = 0.0  # seconds since the epoch: that came then or later
    before: float = 1e12
    sender: str = ""  # part of From
    subject: str = ""  # part of it
    mailbox: str = ""  # its name; '': any
    defect: str = ""  # a name of `mail.defects`, or `any`; '': whether it has some or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A letter in a mailbox."""

    number: int
    mailbox: str
    uid: int
    size: int  # octets
    received_at: float  # seconds since the epoch
    sender: str  # as people read it
    subject: str
    date: str  # as the letter says it
    message_id: str
    defects: tuple[str, ...]
    letter: str  # its trace id, '' where it did not come through a door


_FROM: Final = f"""FROM mailbox m JOIN placement p ON p.mailbox_id = m.id JOIN email e ON e.id = p.email_id
      LEFT JOIN derived d ON d.blob_id = e.blob_id LEFT JOIN headline h ON h.blob_id = e.blob_id
    WHERE m.account_id = :account AND substr(m.name, 1, 1) <> '{GONE}'"""
_WANTED: Final = """AND e.size >= :larger AND e.size <= :smaller AND e.received_at >= :since AND e.received_at < :before
      AND (:mailbox = '' OR m.name = :mailbox)
      AND (:sender = '%%' OR h.sender LIKE :sender ESCAPE '\\') AND (:subject = '%%' OR h.subject LIKE :subject ESCAPE '\\')
      AND (:defect = '' OR (:defect = 'any' AND d.defects <> '') OR ' ' || d.defects || ' ' LIKE '% ' || :defect || ' %')"""
_COLUMNS: Final = "e.id, m.name, p.uid, e.size, e.received_at, e.letter_id, e.blob_id"
_ORDERS: Final = {
    Order.SIZE: "e.size DESC, e.id",
    Order.NEWEST: "e.received_at DESC, e.id DESC",
    Order.OLDEST: "e.received_at, e.id",
}
_LIST: Final = {
    order: Statement(f"SELECT {_COLUMNS} {_FROM} {_WANTED} ORDER BY {columns} LIMIT :count OFFSET :skip")
    for order, columns in _ORDERS.items()
}
_COUNT: Final = Statement(f"SELECT count(*), coalesce(sum(e.size), 0) {_FROM} {_WANTED}")
_ONE: Final = Statement(f"SELECT {_COLUMNS} {_FROM} AND e.id = :number ORDER BY m.id")
_PLACES: Final = Statement(
    "SELECT p.mailbox_id, p.uid FROM placement p JOIN email e ON e.id = p.email_id WHERE e.account_id = :account AND e.id = :number"
)


def listing(
    connection: Connection,
    files: Path,
    account_id: int,
    wanted: Wanted,
    order: Order = Order.SIZE,
    *,
    count: int = 100,
    skip: int = 0,
) -> list[Held]:
    """List letters of an account; one that lies in two mailboxes is listed twice.

    `files` is where the letters' files are. A letter that was not read yet (`post.indexing`) has no sender, subject or defect
    to be looked for by.
    """
    rows = connection.all(_LIST[order], account=account_id, count=count, skip=skip, **_values(wanted))
    return _held(connection, files, rows)


def count(connection: Connection, account_id: int, wanted: Wanted) -> tuple[int, int]:
    """Count the letters that `listing` has in all, and their octets."""
    row = connection.one(_COUNT, account=account_id, **_values(wanted))
    return (int(row[0]), int(row[1])) if row else (0, 0)


def get(connection: Connection, files: Path, account_id: int, number: int) -> list[Held]:
    """Look at a letter, in each mailbox that holds it. Raises NoSuchLetter."""
    rows = connection.all(_ONE, account=account_id, number=number)
    if not rows:
        raise NoSuchLetter(f"there is no letter {number}")
    return _held(connection, files, rows)


def content(connection: Connection, account_id: int, number: int) -> Content:
    """Give the octets of a letter, or the file they lie in. Raises NoSuchLetter."""
    row = connection.one(_ONE, account=account_id, number=number)
    found = reading.contents(connection, [row[6]]) if row else {}
    if row is None or row[6] not in found:
        raise NoSuchLetter(f"there is no letter {number}")
    return found[row[6]]


def remove(connection: Connection, account_id: int, numbers: Iterable[int]) -> list[str]:
    """Remove letters from every mailbox of an account; what is gone already is passed over.

    Returns the files that the caller is to remove once the transaction is durable. Raises NoSuchAccount.
    """
    uids: defaultdict[int, list[int]] = defaultdict(list)
    for number in numbers:
        for mailbox, uid in connection.all(_PLACES, account=account_id, number=number):
            uids[mailbox].append(uid)
    places: list[str] = []
    for mailbox, its in uids.items():
        places += expunge.remove(connection, account_id, mailbox, its)
    return places


def _values(wanted: Wanted) -> dict[str, object]:
    return {
        "larger": wanted.larger,
        "smaller": wanted.smaller,
        "since": wanted.since,
        "before": wanted.before,
        "mailbox": wanted.mailbox,
        "sender": _pattern(wanted.sender),
        "subject": _pattern(wanted.subject),
        "defect": wanted.defect,
    }


def _pattern(part: str) -> str:
    text = normal(part)
    for special in "\\%_":
        text = text.replace(special, "\\" + special)
    return f"%{text}%"


def _held(connection: Connection, files: Path, rows: Iterable[Row]) -> list[Held]:
    rows = list(rows)
    blobs = list(dict.fromkeys(row[6] for row in rows))
    found, _ = reading.of(connection, blobs, files)
    long = [blob for blob in blobs if blob not in found or found[blob].fields is None]
    heads = _heads(connection, files, long)
    held: list[Held] = []
    for number, mailbox, uid, size, received_at, letter, blob in rows:
        derived = found.get(blob)
        header = (
            Header(derived.fields) if derived and derived.fields is not None else heads.get(blob, Header(b""))
        )
        held.append(
            Held(
                number=number,
                mailbox=mailbox,
                uid=uid,
                size=size,
                received_at=received_at,
                sender=header.text("From")[:TEXT],
                subject=header.text("Subject")[:TEXT],
                date=header.text("Date")[:TEXT],
                message_id=header.text("Message-ID")[:TEXT],
                defects=tuple(derived.defects.split()) if derived else (),
                letter=letter,
            )
        )
    return held


def _heads(connection: Connection, files: Path, blobs: list[int]) -> dict[int, Header]:
    """Read the first octets of letters whose header is too long to be kept beside them."""
    heads: dict[int, Header] = {}
    for blob, its in reading.contents(connection, blobs).items():
        try:
            heads[blob] = reading.with_octets(its, files, _head)
        except (OSError, ValueError):  # its file is gone: it can be removed all the same
            continue
    return heads


def _head(data: Octets) -> Header:
    return Header.of(data[:HEADER])
