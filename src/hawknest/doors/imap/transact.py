"""What a session does once somebody is known: one command after the other. RFC 9051 §6.3-4.

A command is a function that gives its answer or raises why there is none; what is new in the mailbox is told between the two,
in one place.
"""

from functools import partial
from typing import Final

from hawknest.accounts.login import Login
from hawknest.doors.imap import accounts, news
from hawknest.doors.imap.acl import get_acl, list_rights, my_rights, set_acl
from hawknest.doors.imap.append import append
from hawknest.doors.imap.authorize import introduce
from hawknest.doors.imap.copy import copy
from hawknest.doors.imap.expunge import expunge_command
from hawknest.doors.imap.fetch import fetch
from hawknest.doors.imap.idle import idle, nudged
from hawknest.doors.imap.listing import list_mailboxes, lsub, namespace, status
from hawknest.doors.imap.manage import create, delete, rename, subscribe
from hawknest.doors.imap.metadata import get_metadata, set_metadata
from hawknest.doors.imap.modes import compress, enable, offer
from hawknest.doors.imap.notify import notify
from hawknest.doors.imap.quota import get_quota, get_quota_root
from hawknest.doors.imap.refusal import Refused, refusal
from hawknest.doors.imap.rooms import Answer, ImapLink, Rooms, Session, Settings, engine
from hawknest.doors.imap.search import search, sort, thread
from hawknest.doors.imap.select import close, leave, select, unselect
from hawknest.doors.imap.store import store
from hawknest.doors.imap.whose import Who
from hawknest.store import StoreError
from hawknest.store.mailboxes import NoSuchMailbox
from hawknest.wire.imap import server as imap
from hawknest.wire.imap.appending import Begin
from hawknest.wire.imap.command import (
    Close,
    Compress,
    Copy,
    Create,
    Delete,
    Enable,
    Expunge,
    GetAcl,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    Id,
    Idle,
    List,
    ListRights,
    Lsub,
    MyRights,
    Namespace,
    Noop,
    Notify,
    Rename,
    Select,
    SetAcl,
    SetMetadata,
    SetQuota,
    Status,
    Store,
    Subscribe,
    Unauthenticate,
    Unselect,
)
from hawknest.wire.imap.cursor import CommandError
from hawknest.wire.imap.fetching import Fetch
from hawknest.wire.imap.searching import Search, Sort, Thread

OWED: Final = 64 * 1024  # octets of answers to pipelined commands that may gather before they are sent


async def transact(link: ImapLink, name: str, login: Login, settings: Settings, rooms: Rooms) -> bool:
    """Serve somebody who was let in. Returns whether the session goes on, with nobody known (RFC 8437)."""
    server = engine(link)
    session = Session(link, server, rooms, settings, name, Who(login.account_id, login.name))
    try:
        session.without = await rooms.store.read(partial(accounts.without, account_id=login.account_id))
    except StoreError as error:
        rooms.log.system.error("account not read", session=name, error=str(error))
        server.no("Logins cannot be served now; please try again later", "UNAVAILABLE")
        return True
    server.offers = offer(session)
    server.admit(f"Welcome, {login.name}")
    try:
        while (event := await link.event()) is not None:
            match event:
                case imap.Over():
                    return False
                case Unauthenticate():
                    server.ok("Goodbye, and hello again")
                    server.forget()
                    return True
                case imap.Nudged():
                    await _tell(session)
                case _:
                    await _do(session, event)
            if server.owed > OWED:
                await link.flush()
    finally:
        leave(session)
        if session.notifier is not None:
            session.notifier.end()
        rooms.log.imap.info("left", session=name, account=login.account_id)
    return False


async def _tell(session: Session) -> None:
    """Tell what is new between commands, to who asked for that (RFC 5465)."""
    try:
        await nudged(session)
    except NoSuchMailbox:
        session.server.end("Somebody has deleted the mailbox that you had open")
    except StoreError as error:
        session.rooms.log.system.error("imap news not told", session=session.name, error=str(error))


async def _do(session: Session, event: imap.Event) -> None:
    """Do one command, tell what is new, and answer; that nothing more can be told changes no answer."""
    server = session.server
    by_number = isinstance(event, Fetch | Store | Search | Sort | Thread) and not event.by_uid
    outcome = await _outcome(session, event)
    gone = False
    try:
        if not isinstance(
            event, Select
        ):  # whoever is told what there is, need not be told at once what is not any more
            await news.tell(session, expunge=not by_number)
    except NoSuchMailbox:
        gone = True
    except StoreError as error:
        session.rooms.log.system.error("imap news not told", session=session.name, error=str(error))
    match outcome:
        case CommandError():
            server.bad(str(outcome), outcome.code)
        case _ if server.answered:
            pass
        case Answer(text, code):
            server.ok(text, code)
        case Refused():
            server.no(outcome.words, outcome.code)
    if gone:
        server.end("Somebody has deleted the mailbox that you had open")


async def _outcome(session: Session, event: imap.Event) -> Answer | Refused | CommandError:
    try:
        return await _command(session, event)
    except (Refused, CommandError) as outcome:
        return outcome
    except StoreError as error:
        if (known := refusal(error)) is not None:
            return known
        session.rooms.log.system.error("imap command not done", session=session.name, error=str(error))
        return Refused("This cannot be done now; please try again later", "UNAVAILABLE")


async def _command(session: Session, event: imap.Event) -> Answer:
    match event:
        case Fetch():
            return await fetch(session, event)
        case Store():
            return await store(session, event)
        case Search():
            return await search(session, event)
        case Sort():
            return await sort(session, event)
        case Thread():
            return await thread(session, event)
        case Copy():
            return await copy(session, event)
        case Begin():
            return await append(session, event)
        case Noop():
            return Answer("That is all")
        case Idle():
            return await idle(session)
        case Select():
            return await select(session, event)
        case Status():
            return await status(session, event)
        case List():
            return await list_mailboxes(session, event)
        case Lsub():
            return await lsub(session, event)
        case Close():
            return await close(session)
        case Unselect():
            return unselect(session)
        case Expunge():
            return await expunge_command(session, event)
        case Create():
            return await create(session, event)
        case Delete():
            return await delete(session, event)
        case Rename():
            return await rename(session, event)
        case Subscribe():
            return await subscribe(session, event)
        case Namespace():
            return namespace(session)
        case Enable():
            return enable(session, event)
        case Compress():
            return await compress(session)
        case Id():
            introduce(session.link, event, session.name, session.rooms)
            return Answer("")
        case GetQuota():
            return await get_quota(session, event)
        case GetQuotaRoot():
            return await get_quota_root(session, event)
        case SetQuota():
            raise Refused("Quotas are set by the owner of this server", "NOPERM")
        case GetAcl():
            return await get_acl(session, event)
        case SetAcl():
            return await set_acl(session, event)
        case ListRights():
            return await list_rights(session, event)
        case MyRights():
            return await my_rights(session, event)
        case GetMetadata():
            return await get_metadata(session, event)
        case SetMetadata():
            return await set_metadata(session, event)
        case Notify():
            return await notify(session, event)
        case _:
            raise CommandError("Not now")
