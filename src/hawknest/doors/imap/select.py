"""SELECT and EXAMINE, CLOSE and UNSELECT. RFC 9051 §6.3.2-3, §6.4.1-2, RFC 3691 §2, RFC 7162 §3.2.5."""

from collections.abc import Sequence
from functools import partial

from hawknest.doors.imap import news, whose
from hawknest.doors.imap.expunge import expunge
from hawknest.doors.imap.rooms import Answer, Selected, Session
from hawknest.doors.imap.view import View
from hawknest.doors.imap.wording import FLAGS, mailbox_id, mailbox_name
from hawknest.store import changes
from hawknest.wire.imap import sets
from hawknest.wire.imap.capability import State
from hawknest.wire.imap.command import Resync, Select
from hawknest.wire.imap.cursor import CommandError

#: Rights that make a mailbox more than readable.
WRITING = frozenset("swiptex")


async def select(session: Session, command: Select) -> Answer:
    """Open a mailbox. Raises StoreError, CommandError."""
    server = session.server
    if command.resync is not None:
        _check(session, command.resync)
    if session.selected is not None:
        leave(session)
        server.note("The other mailbox is closed", "CLOSED")  # RFC 7162 §3.2.11
    if command.condstore:
        session.condstore = True
    ask = partial(whose.find, who=session.who, name=command.mailbox, needs="r")
    found = await session.rooms.store.read(ask)
    opened = await session.rooms.images.open(found.mailbox)
    read_only = command.read_only or not WRITING & set(found.rights)
    selected = Selected(opened, View.of(opened.image), found.name, found.rights, read_only)
    session.selected = selected
    if session.notifier is not None:
        session.notifier.follow(opened)
    server.state = State.SELECTED
    _describe(session, selected)
    if command.resync is not None:
        await _resync(session, selected, command.resync)
    return Answer("Opened", "READ-ONLY" if read_only else "READ-WRITE")


def _check(session: Session, resync: Resync) -> None:
    """See that a client may ask for what changed (RFC 7162 §3.2.3, RFC 9586 §3.3). Raises CommandError."""
    if not session.qresync:
        raise CommandError("QRESYNC has to be enabled first")
    if resync.numbers is not None and session.uid_only:
        raise CommandError("UIDs only, please", "UIDREQUIRED")


def _describe(session: Session, selected: Selected) -> None:
    server, image = session.server, selected.opened.image
    selected.announced = set(image.known)
    server.untagged(b"FLAGS (%b)" % news.flag_list(selected))
    server.untagged(b"%d EXISTS" % selected.view.count)
    if not session.rev2:
        news.claim_recent(session, selected)
        server.untagged(b"%d RECENT" % news.recent_count(selected))
        if (unseen := image.first_unseen()) is not None and not session.uid_only:
            server.note("The first that was not seen", f"UNSEEN {unseen + 1}")
    mailbox = image.mailbox
    server.note("These can be kept", f"PERMANENTFLAGS ({_permanent(selected)})")
    server.note("It has been so for ever", f"UIDVALIDITY {mailbox.uidvalidity}")
    server.note("The next one's", f"UIDNEXT {mailbox.uidnext}")
    server.note("The last change's", f"HIGHESTMODSEQ {mailbox.modseq}")
    server.note("Its name for ever", f"MAILBOXID ({mailbox_id(mailbox.id, mailbox.uidvalidity).decode()})")
    if session.rev2:
        server.untagged(b'LIST () "/" ' + mailbox_name(session, selected.name))


def _permanent(selected: Selected) -> str:
    """Name the flags that this user can change in it (RFC 4314 §4)."""
    if selected.read_only:
        return ""
    rights = {"\\Seen": "s", "\\Deleted": "t"}
    able = [flag for flag in FLAGS.values() if rights.get(flag, "w") in selected.rights]
    return " ".join([*able, *sorted(selected.announced), "\\*"] if "w" in selected.rights else able)


async def _resync(session: Session, selected: Selected, resync: Resync) -> None:
    """Tell what changed since the client last looked (RFC 7162 §3.2.5)."""
    image = selected.opened.image
    if resync.uidvalidity != image.mailbox.uidvalidity:
        return
    known = resync.known.resolve(image.mailbox.uidnext) if resync.known else None
    await tell_vanished(session, resync.modseq, known)
    news.tell_flags(session, within(image.changed_since(resync.modseq), known))


async def tell_vanished(session: Session, modseq: int, ranges: Sequence[tuple[int, int]] | None) -> None:
    """Tell which UIDs went since a modseq, of those in ascending ranges; None: of all. Raises StoreError.

    What went just now is still counted, and is told of as any that go (RFC 7162 §3.2.10).
    """
    selected = session.mailbox
    ask = partial(changes.gone, mailbox_id=selected.opened.image.mailbox.id, modseq=modseq)
    gone = within(await session.rooms.store.read(ask), ranges)
    if vanished := [uid for uid in gone if selected.view.number(uid) is None]:
        session.server.untagged(b"VANISHED (EARLIER) " + sets.written(sets.ranges_of(vanished)))


def within(uids: Sequence[int], ranges: Sequence[tuple[int, int]] | None) -> list[int]:
    """Keep what lies in ascending ranges; None: all of it."""
    if ranges is None:
        return list(uids)
    kept: list[int] = []
    rest = iter(ranges)
    current = next(rest, None)
    for uid in uids:
        while current is not None and uid > current[1]:
            current = next(rest, None)
        if current is None:
            break
        if uid >= current[0]:
            kept.append(uid)
    return kept


def leave(session: Session) -> None:
    """Have no mailbox selected any more."""
    if session.selected is not None:
        if session.notifier is not None:
            session.notifier.unfollow(session.selected.opened)
        session.rooms.images.close(session.selected.opened)
        session.selected = None
        session.server.state = State.AUTHENTICATED


async def close(session: Session) -> Answer:
    r"""Leave the mailbox; what is \Deleted goes, without a word (RFC 9051 §6.4.1). Raises StoreError."""
    selected = session.mailbox
    code = ""
    if not selected.read_only and "e" in selected.rights:
        await expunge(session, None)
        if session.qresync:  # RFC 7162 §3.2.8
            code = f"HIGHESTMODSEQ {selected.opened.image.mailbox.modseq}"
    leave(session)
    return Answer("Closed", code)


def unselect(session: Session) -> Answer:
    """Leave the mailbox as it is (RFC 9051 §6.4.2)."""
    leave(session)
    return Answer("Left")
