"""SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS. RFC 4314 §3."""

from hawknest.doors.imap import whose
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.wording import mailbox_name
from hawknest.mail.address import AddressError, parse_address
from hawknest.store import Connection, access
from hawknest.store.access import ALL, ANYONE, shown
from hawknest.store.mailboxes import MailboxError
from hawknest.wire.imap.command import GetAcl, ListRights, MyRights, SetAcl, StoreMode
from hawknest.wire.imap.cursor import CommandError
from hawknest.wire.imap.strings import astring


async def set_acl(session: Session, command: SetAcl) -> Answer:
    """Change what somebody may do in a mailbox. Raises StoreError, Refused, CommandError."""
    try:
        named = access.proper(command.rights or "")
    except MailboxError as error:  # RFC 4314 §3.1
        words = str(error)
        raise CommandError(words[:1].upper() + words[1:]) from None

    def job(connection: Connection) -> None:
        mailbox = whose.find(connection, session.who, command.mailbox, "a").mailbox
        identifier, given = _identifier(connection, command.identifier), named
        if identifier == access.address(connection, mailbox.account_id):
            raise Refused("The owner of a mailbox may do everything in it, always", "CANNOT")
        before = dict(access.entries(connection, mailbox.id)).get(identifier, "")
        match command.mode:
            case StoreMode.ADD:
                given = before + given
            case StoreMode.REMOVE:
                given = "".join(right for right in before if right not in given)
            case StoreMode.SET:
                pass
        access.grant(connection, mailbox, identifier, given)

    await session.rooms.store.write(job)
    return Answer("Done")


def _identifier(connection: Connection, text: str) -> str:
    """Bring who is meant into the form that is stored. Raises Refused."""
    if text.lower() == ANYONE:
        return ANYONE
    if text.startswith("-"):
        raise Refused("Rights are given here, and not forbidden; take them away with DELETEACL", "CANNOT")
    try:
        address = parse_address(text)
    except AddressError:
        raise Refused("An address of a user here is expected, or anyone", "CANNOT") from None
    if access.owner(connection, address.local.lower(), address.domain) is None:
        raise Refused(f"There is no user {text}", "CANNOT")
    return f"{address.local.lower()}@{address.domain}"


async def get_acl(session: Session, command: GetAcl) -> Answer:
    """Tell who may do what in a mailbox. Raises StoreError."""

    def ask(connection: Connection) -> list[tuple[str, str]]:
        found = whose.find(connection, session.who, command.mailbox, "a")
        owner = access.address(connection, found.mailbox.account_id)
        return [(owner, ALL), *access.entries(connection, found.mailbox.id)]

    entries = await session.rooms.store.read(ask)
    said = b" ".join(b"%b %b" % (astring(who.encode()), shown(rights).encode()) for who, rights in entries)
    session.server.untagged(b"ACL %b %b" % (mailbox_name(session, command.mailbox), said))
    return Answer("That is all")


async def list_rights(session: Session, command: ListRights) -> Answer:
    """Tell what somebody could be allowed. Raises StoreError."""

    def ask(connection: Connection) -> str:
        mailbox = whose.find(connection, session.who, command.mailbox, "a").mailbox
        return access.address(connection, mailbox.account_id)

    own = command.identifier.lower() == (await session.rooms.store.read(ask)).lower()
    every = shown(ALL).encode()
    rights = every if own else b'"" ' + b" ".join(bytes([right]) for right in every)
    session.server.untagged(
        b"LISTRIGHTS %b %b %b"
        % (mailbox_name(session, command.mailbox), astring(command.identifier.encode()), rights)
    )
    return Answer("That is all")


async def my_rights(session: Session, command: MyRights) -> Answer:
    """Tell what the user may do in a mailbox. Raises StoreError."""
    found = await session.rooms.store.read(lambda c: whose.find(c, session.who, command.mailbox))
    name = mailbox_name(session, command.mailbox)
    session.server.untagged(b"MYRIGHTS %b %b" % (name, shown(found.rights).encode()))
    return Answer("That is all")
