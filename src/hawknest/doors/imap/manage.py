"""CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE. RFC 9051 §6.3.4-8, RFC 6154 §3, RFC 4314 §4."""

import asyncio
from functools import partial

from hawknest.doors.imap import whose
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.select import leave
from hawknest.doors.imap.wording import USES, mailbox_id
from hawknest.store import Connection, Store, access, following, mailboxes
from hawknest.store.mailbox import Mailbox
from hawknest.store.mailboxes import KeptMailbox
from hawknest.wire.imap.command import Create, Delete, Rename, Subscribe

_ROLES = {use.lower(): role for role, use in USES.items()}


async def create(session: Session, command: Create) -> Answer:
    """Make a mailbox. Raises StoreError, Refused."""
    roles = [_ROLES.get(use.lower()) for use in command.uses]
    if None in roles or len(roles) > 1:
        raise Refused("A mailbox has one of the uses that are listed", "USEATTR")
    now = session.rooms.clock()
    name = command.mailbox.removesuffix("/")  # that others are to be made below it, goes without saying

    def job(connection: Connection) -> Mailbox:
        account, inner = whose.split(connection, session.who, name)
        if account != session.who.account_id:
            above = whose.find(connection, session.who, name.rpartition("/")[0], "k")
            assert above.mailbox.account_id == account
        return mailboxes.create(connection, account, inner, now, roles[0] or "" if roles else "")

    made = await session.rooms.store.write(job)
    return Answer("Made", f"MAILBOXID ({mailbox_id(made.id, made.uidvalidity).decode()})")


async def delete(session: Session, command: Delete) -> Answer:
    """Delete a mailbox with its letters. Raises StoreError."""

    def job(connection: Connection) -> Mailbox:
        found = whose.find(connection, session.who, command.mailbox, "x")
        return mailboxes.delete(connection, found.mailbox.account_id, found.mailbox.name)

    store = session.rooms.store
    gone = await store.write(job)
    if session.selected is not None and session.selected.opened.image.mailbox.id == gone.id:
        leave(session)
        session.server.note("You had it open", "CLOSED")
    await empty(store, gone)
    return Answer("Deleted")


async def empty(store: Store, mailbox: Mailbox) -> None:
    """Remove the letters of a deleted mailbox, a portion at a time. Raises StoreError."""
    while (places := await store.write(partial(mailboxes.empty, mailbox=mailbox))) is not None:
        for place in places:
            await asyncio.to_thread(partial(store.blobs.remove, place))


async def rename(session: Session, command: Rename) -> Answer:
    """Give a mailbox another name. Raises StoreError."""
    now = session.rooms.clock()

    def job(connection: Connection) -> None:
        found = whose.find(connection, session.who, command.mailbox, "x")
        account, inner = whose.split(connection, session.who, command.to)
        if account != found.mailbox.account_id:
            raise KeptMailbox("a mailbox stays with its owner")
        if account != session.who.account_id:
            whose.find(connection, session.who, command.to.rpartition("/")[0], "k")
        renamed = mailboxes.rename(connection, account, found.mailbox.name, inner, now)
        following.follow(connection, account, renamed, whose.others(access.address(connection, account)))

    await session.rooms.store.write(job)
    return Answer("Renamed")


async def subscribe(session: Session, command: Subscribe) -> Answer:
    """Subscribe to a name, or no longer. Raises StoreError."""

    def job(connection: Connection) -> None:
        account = session.who.account_id
        if not command.on:
            mailboxes.unsubscribe(connection, account, whose.spelt(connection, session.who, command.mailbox))
            return
        found = whose.find(
            connection, session.who, command.mailbox, "l"
        )  # what is not there, nobody can mean
        mailboxes.subscribe(connection, account, found.name)

    await session.rooms.store.write(job)
    return Answer("Subscribed" if command.on else "Not subscribed any more")
