"""Names of mailboxes as one user sees them: one's own, and those of others that one may see. RFC 2342, RFC 4314.

One's own mailboxes have no prefix; those of others are below `Other Users/address/`.
"""

from dataclasses import dataclass
from typing import Final

from hawknest.mail.address import AddressError, parse_address
from hawknest.store import Connection, access, mailboxes
from hawknest.store.access import NoPermission
from hawknest.store.letters import Flag
from hawknest.store.mailbox import Mailbox
from hawknest.store.mailboxes import NoSuchMailbox

OTHERS: Final = "Other Users"


@dataclass(frozen=True, slots=True)
class Who:
    """Whose names they are."""

    account_id: int
    address: str


@dataclass(frozen=True, slots=True)
class Found:
    """A mailbox, how this user names it, and what the user may do there."""

    mailbox: Mailbox
    name: str
    rights: str


def split(connection: Connection, who: Who, name: str) -> tuple[int, str]:
    """Say whose mailbox a name means: the account's id, and the name that its owner has for it. Raises NoSuchMailbox."""
    prefix, _, rest = name.partition("/")
    if prefix != OTHERS:
        return who.account_id, name
    address, _, inner = rest.partition("/")
    try:
        parsed = parse_address(address)
    except AddressError:
        raise NoSuchMailbox(f"there is no mailbox {name}") from None
    owner = access.owner(connection, parsed.local, parsed.domain)
    if owner is None or not inner:
        raise NoSuchMailbox(f"there is no mailbox {name}")
    return owner, inner


def find(connection: Connection, who: Who, name: str, needs: str = "") -> Found:
    """Find a mailbox by the name that a user has for it; `needs` are rights that the user must have there.

    Raises NoSuchMailbox, also for one that the user may not even see; NoPermission, BadName.
    """
    account, inner = split(connection, who, name)
    mailbox = mailboxes.find(connection, account, inner)
    rights = access.rights(connection, mailbox, who.account_id, who.address)
    if not rights or ("l" not in rights and set(needs) - set(rights)):  # RFC 4314 §6
        raise NoSuchMailbox(f"there is no mailbox {name}")
    require(rights, needs)
    prefix = "" if account == who.account_id else others(access.address(connection, account))
    return Found(mailbox, prefix + mailbox.name, rights)


def others(owner: str) -> str:
    """Give what stands before the names of somebody's mailboxes for everybody else."""
    return f"{OTHERS}/{owner}/"


def spelt(connection: Connection, who: Who, name: str) -> str:
    """Write a name as it is listed, however somebody else's address in it was written; what means nobody stays as it is."""
    try:
        account, inner = split(connection, who, name)
    except NoSuchMailbox:
        return name
    return inner if account == who.account_id else others(access.address(connection, account)) + inner


def settable(rights: str) -> int:
    r"""Give the flags that somebody with these rights may set, as bits: s is for \Seen, t for \Deleted, w for the rest.

    Keywords go with w, too (RFC 4314 §4).
    """
    able = {Flag.SEEN: "s", Flag.DELETED: "t"}
    return sum(bit for bit in Flag if able.get(bit, "w") in rights)


def require(rights: str, needs: str) -> None:
    """See that all rights are there that something needs. Raises NoPermission."""
    if set(needs) - set(rights):
        raise NoPermission("the owner of this mailbox has not allowed you that")


def every(connection: Connection, who: Who) -> list[Found]:
    """List all mailboxes that a user may see."""
    own = [Found(one, one.name, access.ALL) for one in mailboxes.listing(connection, who.account_id)]
    shared = access.shared_with(connection, who.account_id, who.address)
    return own + [
        Found(one.mailbox, others(one.owner) + one.mailbox.name, one.rights)
        for one in shared
        if "l" in one.rights
    ]
