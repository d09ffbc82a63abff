"""Who else may do what in a mailbox. RFC 4314.

A right is a letter. The owner has all of them always; others have what stands beside their address, and beside `anyone`.
"""

from dataclasses import dataclass
from typing import Final

from hawknest.store import mailboxes
from hawknest.store.engine import Connection, Statement
from hawknest.store.mailbox import Mailbox
from hawknest.store.mailboxes import GONE, MailboxError

#: Each right, in the order of RFC 4314 §2.1: see it, read it, keep \Seen, write flags, insert, post, make below it,
#: delete it, mark deleted, expunge, administer.
ALL: Final = "lrswipkxtea"
ANYONE: Final = "anyone"
#: Rights of RFC 2086 that stand for several (RFC 4314 §2.1.1).
_OLD: Final = {"c": "kx", "d": "te"}


class NoPermission(MailboxError):
    """The owner of the mailbox has not allowed it."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A mailbox of somebody else, and what one may do there."""

    owner: str  # address
    mailbox: Mailbox
    rights: str


_OF: Final = Statement(
    "SELECT identifier, rights FROM access WHERE mailbox_id = :mailbox ORDER BY identifier"
)
_MINE: Final = Statement(
    """SELECT a.rights FROM access a WHERE a.mailbox_id = :mailbox AND a.identifier IN (:address, 'anyone')"""
)
_SET: Final = Statement(
    """INSERT INTO access (mailbox_id, identifier, rights) VALUES (:mailbox, :identifier, :rights)
       ON CONFLICT (mailbox_id, identifier) DO UPDATE SET rights = excluded.rights"""
)
_DROP: Final = Statement("DELETE FROM access WHERE mailbox_id = :mailbox AND identifier = :identifier")
_SHARED: Final = Statement(
    f"""SELECT a.mailbox_id, a.rights, u.local, d.name FROM access a JOIN mailbox m ON m.id = a.mailbox_id
       JOIN account u ON u.id = m.account_id JOIN domain d ON d.id = u.domain_id
       WHERE a.identifier IN (:address, 'anyone') AND u.id <> :account AND substr(m.name, 1, 1) <> '{GONE}' ORDER BY d.name, u.local, m.name"""
)
_ADDRESS: Final = Statement(
    "SELECT a.local, d.name FROM account a JOIN domain d ON d.id = a.domain_id WHERE a.id = :id"
)
_OWNER: Final = Statement(
    """SELECT a.id FROM account a JOIN domain d ON d.id = a.domain_id WHERE d.name = :domain AND a.local = :local"""
)


def proper(rights: str) -> str:
    """Bring rights into their order, old ones made new. Raises MailboxError."""
    new = "".join(_OLD.get(right, right) for right in rights)
    if unknown := set(new) - set(ALL):
        raise MailboxError(f"there is no right {min(unknown)}; rights are {ALL}")
    return "".join(right for right in ALL if right in new)


def shown(rights: str) -> str:
    """Write rights with those of RFC 2086 that they amount to, for clients that know only these (RFC 4314 §2.1.1)."""
    return rights + "".join(old for old, new in _OLD.items() if set(new) & set(rights))


def entries(connection: Connection, mailbox_id: int) -> list[tuple[str, str]]:
    """List who else may do what in a mailbox."""
    return [(identifier, rights) for identifier, rights in connection.all(_OF, mailbox=mailbox_id)]


def grant(connection: Connection, mailbox: Mailbox, identifier: str, rights: str) -> None:
    """Let somebody do these things and no others; '': nothing any more. Raises MailboxError."""
    if rights := proper(rights):
        connection.run(_SET, mailbox=mailbox.id, identifier=identifier, rights=rights)
    else:
        connection.run(_DROP, mailbox=mailbox.id, identifier=identifier)


def rights(connection: Connection, mailbox: Mailbox, account_id: int, address: str) -> str:
    """Tell what an account may do in a mailbox."""
    if mailbox.account_id == account_id:
        return ALL
    found = "".join(row[0] for row in connection.all(_MINE, mailbox=mailbox.id, address=address))
    return "".join(right for right in ALL if right in found)


def shared_with(connection: Connection, account_id: int, address: str) -> list[Shared]:
    """List the mailboxes of others in which an account may do something."""
    found: dict[int, Shared] = {}
    for mailbox_id, granted, local, domain in connection.all(_SHARED, account=account_id, address=address):
        known = found[mailbox_id].rights if mailbox_id in found else ""
        mailbox = mailboxes.get(connection, mailbox_id)
        ordered = "".join(right for right in ALL if right in granted + known)
        found[mailbox_id] = Shared(f"{local}@{domain}", mailbox, ordered)
    return list(found.values())


def address(connection: Connection, account_id: int) -> str:
    """Give the address of an account; '' where it is gone."""
    row = connection.one(_ADDRESS, id=account_id)
    return f"{row[0]}@{row[1]}" if row else ""


def owner(connection: Connection, local: str, domain: str) -> int | None:
    """Find the account of an address: its id."""
    row = connection.one(_OWNER, local=local, domain=domain)
    return row[0] if row else None
