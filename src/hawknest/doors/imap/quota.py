"""GETQUOTA and GETQUOTAROOT. RFC 9208.

An account has one quota root, named by its address; octets are limited by the owner of the server, the number of letters is not.
"""

from functools import partial

from hawknest.doors.imap import accounts, whose
from hawknest.doors.imap.accounts import Limits
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.wording import mailbox_name
from hawknest.store import Connection
from hawknest.wire.imap.command import GetQuota, GetQuotaRoot
from hawknest.wire.imap.strings import astring

KIB = 1024


async def get_quota(session: Session, command: GetQuota) -> Answer:
    """Tell how much room there is. Raises StoreError, Refused."""
    if command.root not in {session.who.address, ""}:
        raise Refused("There is no quota root of that name", "NONEXISTENT")
    await _tell(session, command.root)
    return Answer("That is how it is")


async def get_quota_root(session: Session, command: GetQuotaRoot) -> Answer:
    """Tell which quota counts for a mailbox. Raises StoreError."""
    find = partial(whose.find, who=session.who, name=command.mailbox)
    found = await session.rooms.store.read(find)
    name = mailbox_name(session, command.mailbox)
    if found.mailbox.account_id != session.who.account_id:  # somebody else's is nobody's business
        session.server.untagged(b"QUOTAROOT " + name)
    else:
        root = session.who.address
        session.server.untagged(b"QUOTAROOT %b %b" % (name, astring(root.encode())))
        await _tell(session, root)
    return Answer("That is how it is")


async def _tell(session: Session, root: str) -> None:
    def ask(connection: Connection) -> tuple[Limits, int]:
        account = session.who.account_id
        return accounts.limits(connection, account), accounts.letters_of(connection, account)

    limits, count = await session.rooms.store.read(ask)
    said = b""
    if limits.quota:
        said = b"STORAGE %d %d MESSAGE %d %d" % (
            -(-limits.used // KIB),
            max(limits.quota // KIB, 1),
            count,
            0xFFFFFFFF,
        )
    session.server.untagged(b"QUOTA %b (%b)" % (astring(root.encode()), said))
