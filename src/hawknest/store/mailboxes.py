"""The mailboxes of an account: their names, and making, renaming and removing them. RFC 9051 §5.1, §6.3.

A name is text with `/` between its levels; INBOX is the same in any case. No two mailboxes of an account ever have the same
UIDVALIDITY, so a name with its UIDVALIDITY and a UID means one letter for ever, however mailboxes are renamed and made anew
(RFC 9051 §2.3.1.1).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hawknest.store import bell, expunge, letters, places
from hawknest.store.engine import Connection, Row, Statement
from hawknest.store.errors import StoreError
from hawknest.store.mailbox import Mailbox

INBOX: Final = "INBOX"
LENGTH: Final = 500  # characters of a name
LEVELS: Final = 30
GONE: Final = "\x7f"  # how the names of mailboxes begin that were deleted and are not empty yet
MOST: Final = 10_000  # mailboxes of an account
PORTION: Final = 500  # letters that are removed in one transaction

#: The mailboxes that a new account has, and their roles (RFC 6154 §2).
FIRST: Final = (
    (INBOX, "inbox"),
    ("Sent", "sent"),
    ("Drafts", "drafts"),
    ("Junk", "junk"),
    ("Trash", "trash"),
    ("Archive", "archive"),
)


class MailboxError(StoreError):
    """What was asked of a mailbox cannot be done; the text is fit to be sent."""


class NoSuchMailbox(MailboxError):
    """There is no mailbox of that name."""


class MailboxExists(MailboxError):
    """The name is taken."""


class BadName(MailboxError):
    """The name cannot be a mailbox's."""


class HasChildren(MailboxError):
    """The mailbox has others below it."""


class RoleTaken(MailboxError):
    """Another mailbox has the special use already."""


class KeptMailbox(MailboxError):
    """The mailbox has to stay where it is."""


_COLUMNS: Final = "id, account_id, name, coalesce(role, ''), uidvalidity, uidnext, modseq"
_LIST: Final = Statement(f"SELECT {_COLUMNS} FROM mailbox WHERE account_id = :account ORDER BY name")
_CONDEMNED: Final = Statement(
    f"SELECT {_COLUMNS} FROM mailbox WHERE substr(name, 1, 1) = '{GONE}' ORDER BY id"
)
_FIND: Final = Statement(f"SELECT {_COLUMNS} FROM mailbox WHERE account_id = :account AND name = :name")
_GET: Final = Statement(f"SELECT {_COLUMNS} FROM mailbox WHERE id = :id")
_ADD: Final = Statement(
    """INSERT INTO mailbox (account_id, name, role, uidvalidity, uidnext, modseq)
       VALUES (:account, :name, :role, :uidvalidity, 1, :modseq) RETURNING id"""
)
_ADD_MAIL: Final = Statement(
    """INSERT INTO account_mail (account_id, inbox_id, modseq, octets, uidvalidity)
       VALUES (:account, :inbox, 1, 0, :uidvalidity)"""
)
_VALIDITY: Final = Statement(
    """UPDATE account_mail SET modseq = modseq + 1,
         uidvalidity = CASE WHEN uidvalidity < :now THEN :now ELSE uidvalidity + 1 END
       WHERE account_id = :account RETURNING uidvalidity, modseq"""
)
_COUNT: Final = Statement("SELECT count(*) FROM mailbox WHERE account_id = :account")
_ROLE: Final = Statement("SELECT 1 FROM mailbox WHERE account_id = :account AND role = :role")
_RENAME: Final = Statement("UPDATE mailbox SET name = :name WHERE id = :id")
_SOME: Final = Statement("SELECT uid FROM placement WHERE mailbox_id = :id ORDER BY uid LIMIT :count")
_FORGET: Final = Statement("DELETE FROM tombstone WHERE mailbox_id = :id")
_FORGET_NOTES: Final = Statement("DELETE FROM annotation WHERE mailbox_id = :id")
_DROP: Final = Statement("DELETE FROM mailbox WHERE id = :id")
_RECENT: Final = Statement("SELECT recent FROM mailbox WHERE id = :id")
_SET_RECENT: Final = Statement("UPDATE mailbox SET recent = :uid WHERE id = :id AND recent < :uid")
_SUBSCRIBED: Final = Statement("SELECT name FROM subscription WHERE account_id = :account ORDER BY name")
_COUNT_SUBSCRIBED: Final = Statement("SELECT count(*) FROM subscription WHERE account_id = :account")
_SUBSCRIBE: Final = Statement(
    "INSERT INTO subscription (account_id, name) VALUES (:account, :name) ON CONFLICT (account_id, name) DO NOTHING"
)
_UNSUBSCRIBE: Final = Statement("DELETE FROM subscription WHERE account_id = :account AND name = :name")

#: Control characters, line separators and what is no character (RFC 9051 §5.1 ¶3, RFC 5198 §2), and the wildcards of LIST.
_UNFIT: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff%*]")


def proper(name: str) -> str:
    """Bring a name into the form that is stored: NFC, INBOX in capitals.

    Raises BadName, with what is wrong with it.
    """
    name = unicodedata.normalize("NFC", name)
    levels = name.split("/")
    if _UNFIT.search(name):
        raise BadName("a mailbox's name has no control characters and none of % and *")
    if not all(levels) or not {".", ".."}.isdisjoint(levels):
        raise BadName("between the slashes of a mailbox's name there are names, and none is . or ..")
    if len(name) > LENGTH or len(levels) > LEVELS:
        raise BadName(f"a mailbox's name has {LENGTH} characters in {LEVELS} levels at the most")
    if levels[0].upper() == INBOX:
        levels[0] = INBOX
    return "/".join(levels)


def listing(connection: Connection, account_id: int) -> list[Mailbox]:
    """List the mailboxes of an account by name."""
    found = [Mailbox(*row) for row in connection.all(_LIST, account=account_id)]
    return [mailbox for mailbox in found if not mailbox.name.startswith(GONE)]


def find(connection: Connection, account_id: int, name: str) -> Mailbox:
    """Find a mailbox by its name. Raises NoSuchMailbox, BadName."""
    row = connection.one(_FIND, account=account_id, name=proper(name))
    if row is None:
        raise NoSuchMailbox(f"there is no mailbox {name}")
    return Mailbox(*row)


def get(connection: Connection, mailbox_id: int) -> Mailbox:
    """Look at a mailbox. Raises NoSuchMailbox."""
    row = connection.one(_GET, id=mailbox_id)
    if row is None or row[2].startswith(GONE):
        raise NoSuchMailbox("the mailbox is gone")
    return Mailbox(*row)


def furnish(connection: Connection, account_id: int, now: float) -> None:
    """Give a new account its first mailboxes; `now` is in seconds since the epoch."""
    validity = max(int(now) & 0x7FFFFFFF, 1)
    made = [
        _add(connection, Mailbox(0, account_id, name, role, validity + nth, 1, 1))
        for nth, (name, role) in enumerate(FIRST)
    ]
    connection.run(_ADD_MAIL, account=account_id, inbox=made[0].id, uidvalidity=validity + len(FIRST) - 1)
    for mailbox in made:
        subscribe(connection, account_id, mailbox.name)


def create(connection: Connection, account_id: int, name: str, now: float, role: str = "") -> Mailbox:
    """Make a mailbox, and those above it that are missing; `now` is in seconds since the epoch.

    `role` is one of RFC 6154 §2 in lower case, or ''.
    Raises MailboxExists, BadName, RoleTaken, MailboxError where an account has too many.
    """
    name = proper(name)
    levels = name.split("/")
    if connection.one(_FIND, account=account_id, name=name) is not None:
        raise MailboxExists(f"there is a mailbox {name} already")
    if role and connection.one(_ROLE, account=account_id, role=role) is not None:
        raise RoleTaken(f"there is a mailbox for {role} already")
    count = connection.one(_COUNT, account=account_id)
    if count and count[0] >= MOST:
        raise MailboxError(f"an account has {MOST} mailboxes at the most")
    for depth in range(1, len(levels)):
        above = "/".join(levels[:depth])
        if connection.one(_FIND, account=account_id, name=above) is None:
            _new(connection, account_id, above, "", now)
    return _new(connection, account_id, name, role, now)


def ensure(connection: Connection, account_id: int, name: str, now: float) -> Mailbox:
    """Find a mailbox by its name, or make it. Raises BadName, MailboxError."""
    try:
        return find(connection, account_id, name)
    except NoSuchMailbox:
        return create(connection, account_id, name, now)


def rename(connection: Connection, account_id: int, name: str, to: str, now: float) -> list[tuple[str, str]]:
    """Rename a mailbox with all below it; of INBOX, the letters move into a new mailbox (RFC 9051 §6.3.6).

    UIDs and UIDVALIDITY stay. Returns the old and the new name of each mailbox that has another now; `following.follow` is to
    be told. Raises NoSuchMailbox, MailboxExists, BadName, KeptMailbox.
    """
    mailbox, to = find(connection, account_id, name), proper(to)
    if mailbox.name == INBOX:
        target = create(connection, account_id, to, now)
        places.move(connection, account_id, mailbox.id, [(1, mailbox.uidnext)], target.id, at=now)
        return []
    below = f"{mailbox.name}/"
    if to.startswith(below):
        raise KeptMailbox("a mailbox cannot be moved below itself")
    family = [one for one in listing(connection, account_id) if one.name.startswith(below)]
    if connection.one(_FIND, account=account_id, name=to) is not None:
        raise MailboxExists(f"there is a mailbox {to} already")
    new = [proper(to + one.name[len(mailbox.name) :]) for one in family]  # none of them too long
    above = to.rpartition("/")[0]
    if above:
        ensure(connection, account_id, above, now)
    for one, its in zip([mailbox, *family], [to, *new], strict=True):
        connection.run(_RENAME, id=one.id, name=its)
    connection.touched[-account_id] = bell.SOME
    return [(one.name, its) for one, its in zip([mailbox, *family], [to, *new], strict=True)]


def delete(connection: Connection, account_id: int, name: str) -> Mailbox:
    """Take a mailbox away; then call `empty` until it says that nothing is left.

    The client stays subscribed to its name (RFC 9051 §6.3.7).
    Raises NoSuchMailbox, HasChildren, KeptMailbox.
    """
    mailbox = find(connection, account_id, name)
    if mailbox.name == INBOX:
        raise KeptMailbox("INBOX cannot be deleted")
    below = f"{mailbox.name}/"
    if any(one.name.startswith(below) for one in listing(connection, account_id)):
        raise HasChildren(f"{mailbox.name} has mailboxes below it: delete them first")
    # No name that somebody may use begins like this: the mailbox is gone at once, its letters follow in portions.
    connection.run(_RENAME, id=mailbox.id, name=f"{GONE}{mailbox.id}")
    connection.touched.update({mailbox.id: bell.SOME, -account_id: bell.SOME})
    return mailbox


def empty(connection: Connection, mailbox: Mailbox) -> Sequence[str] | None:
    """Remove a portion of the letters of a deleted mailbox, and at last itself.

    Returns the files that the caller is to remove once the transaction is durable, or None when it was the last.
    """
    uids = [uid for (uid,) in connection.all(_SOME, id=mailbox.id, count=PORTION)]
    if uids:
        return expunge.remove(connection, mailbox.account_id, mailbox.id, uids)
    connection.run(_FORGET, id=mailbox.id)
    connection.run(_FORGET_NOTES, id=mailbox.id)
    connection.run(_DROP, id=mailbox.id)
    return None


def condemned(connection: Connection) -> list[Mailbox]:
    """List the deleted mailboxes of all accounts that are not empty yet, as after a crash."""
    return [Mailbox(*row) for row in connection.all(_CONDEMNED)]


def recent(connection: Connection, mailbox_id: int) -> int:
    """Tell the first UID that no session was told of (RFC 3501 §2.3.2)."""
    row = connection.one(_RECENT, id=mailbox_id)
    return row[0] if row else 1


def set_recent(connection: Connection, mailbox_id: int, uid: int) -> None:
    """Note that a session was told of all before a UID."""
    connection.run(_SET_RECENT, id=mailbox_id, uid=uid)


def subscribed(connection: Connection, account_id: int) -> list[str]:
    """List the names that an account is subscribed to; a mailbox of the name need not be there (RFC 9051 §6.3.7)."""
    return [name for (name,) in connection.all(_SUBSCRIBED, account=account_id)]


def subscribe(connection: Connection, account_id: int, name: str) -> None:
    """Subscribe to a name. Raises BadName, MailboxError where there are too many."""
    count = connection.one(_COUNT_SUBSCRIBED, account=account_id)
    if count and count[0] >= MOST:
        raise MailboxError(f"an account subscribes to {MOST} names at the most")
    connection.run(_SUBSCRIBE, account=account_id, name=proper(name))
    connection.touched[-account_id] = bell.SOME


def unsubscribe(connection: Connection, account_id: int, name: str) -> None:
    """Subscribe to a name no longer. Raises BadName."""
    connection.touched[-account_id] = bell.SOME
    connection.run(_UNSUBSCRIBE, account=account_id, name=proper(name))


def _new(connection: Connection, account_id: int, name: str, role: str, now: float) -> Mailbox:
    row: Row | None = connection.one(_VALIDITY, account=account_id, now=int(now) & 0x7FFFFFFF)
    if row is None:
        raise letters.NoSuchAccount(f"account {account_id} is gone")
    connection.touched[-account_id] = bell.SOME
    return _add(connection, Mailbox(0, account_id, name, role, row[0], 1, row[1]))


def _add(connection: Connection, mailbox: Mailbox) -> Mailbox:
    row = connection.one(
        _ADD,
        account=mailbox.account_id,
        name=mailbox.name,
        role=mailbox.role or None,
        uidvalidity=mailbox.uidvalidity,
        modseq=mailbox.modseq,
    )
    assert row is not None
    return replace(mailbox, id=row[0])
