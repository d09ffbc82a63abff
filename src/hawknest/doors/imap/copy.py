"""COPY and MOVE. RFC 9051 §6.4.7-8, RFC 4315 §3, RFC 6851 §3."""

from functools import partial

from hawknest.doors.imap import news, whose
from hawknest.doors.imap.accounts import quota_of
from hawknest.doors.imap.expunge import clear
from hawknest.doors.imap.numbers import stretches_of
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.post.lessons import Judged
from hawknest.store import Connection, places
from hawknest.store import expunge as removal
from hawknest.store.mailbox import Mailbox
from hawknest.store.mailboxes import NoSuchMailbox
from hawknest.wire.imap import sets
from hawknest.wire.imap.command import Copy

Pairs = list[tuple[int, int]]


async def copy(session: Session, command: Copy) -> Answer:
    """Copy messages to a mailbox, all or none; or move them. Raises StoreError, Refused, CommandError."""
    selected = session.mailbox
    stretches = stretches_of(session, command.numbers, by_uid=command.by_uid)
    if command.move:
        if selected.read_only:
            raise Refused("The mailbox is open for reading only", "NOPERM")
        whose.require(selected.rights, "te")
    find = partial(whose.find, who=session.who, name=command.mailbox, needs="i")
    try:
        found = await session.rooms.store.read(find)
    except NoSuchMailbox as error:
        raise Refused(str(error).capitalize(), "TRYCREATE") from None
    uids = selected.view.uids_at(stretches)
    if not uids:
        return Answer("Nothing to do")
    target, rights = found.mailbox, found.rights
    image = selected.opened.image
    source = image.mailbox
    letters = [
        Judged(image.blobs[index], image.keywords.get(uid, ""))
        for uid in uids
        if (index := image.index(uid)) is not None
    ]
    ranges = sets.ranges_of(uids)
    now = session.rooms.clock()

    def job(connection: Connection) -> tuple[Pairs, list[str]]:
        if command.move and source.account_id == target.account_id:
            return places.move(connection, source.account_id, source.id, ranges, target.id, at=now), []
        quota = quota_of(connection, target.account_id)
        copied = places.copy(
            connection,
            source.id,
            ranges,
            target,
            quota=quota,
            at=now,
            flags=whose.settable(rights),
            keywords="w" in rights,
        )
        if not command.move:
            return copied, []
        old = [uid for uid, _ in copied]
        return copied, removal.remove(connection, source.account_id, source.id, old)

    pairs, gone = await session.rooms.store.write(job)
    session.rooms.lessons.moved(session.who.account_id, source.role, target.role, letters)
    code = _copied(target, pairs)
    if not command.move:
        return Answer("Copied", code)
    if code:  # RFC 9051 §6.4.8: said before the messages go
        session.server.note("Moved", code)
    if gone:
        await clear(session, gone)
    await news.tell(session, expunge=True)
    modseq = selected.opened.image.mailbox.modseq
    return Answer("Moved", f"HIGHESTMODSEQ {modseq}" if session.qresync else "")


def _copied(target: Mailbox, pairs: Pairs) -> str:
    """Say what has which UID now (RFC 9051 §7.1, COPYUID)."""
    if not pairs:
        return ""
    old = sets.written(sets.ranges_of([old for old, _ in pairs])).decode()
    new = sets.written(sets.ranges_of([new for _, new in pairs])).decode()
    return f"COPYUID {target.uidvalidity} {old} {new}"
