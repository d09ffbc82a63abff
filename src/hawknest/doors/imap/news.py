"""Telling a client what is new in its mailbox. RFC 9051 §7.4-5, RFC 7162 §3.1.4, §3.2.10, RFC 9586."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial

from hawknest.doors.imap.images import unheard
from hawknest.doors.imap.rooms import Selected, Session
from hawknest.doors.imap.wording import FLAGS, flags_of
from hawknest.store import mailboxes
from hawknest.wire.imap import sets


async def tell(session: Session, *, expunge: bool) -> None:
    """Tell what is new in the selected mailbox; `expunge`: also that messages are gone. Raises StoreError."""
    selected = session.selected
    if selected is None:
        return
    opened = selected.opened
    if opened.dirty:
        await session.rooms.images.refresh(opened)
    view, image = selected.view, opened.image
    if view.modseq == image.mailbox.modseq and view.count == len(image.uids) and view.uids is image.uids:
        view.told.clear()
        return
    news = view.sync(image, expunge=expunge)
    if news.gone:
        _tell_gone(session, news.gone)
    if news.exists is not None:
        session.server.untagged(b"%d EXISTS" % news.exists)
        if not session.rev2:
            claim_recent(session, selected)
            session.server.untagged(b"%d RECENT" % recent_count(selected))
    if news.flags:
        tell_flags(session, news.flags)


def _tell_gone(session: Session, gone: Sequence[tuple[int, int]]) -> None:
    if session.qresync or session.uid_only:
        uids = sets.written(sets.ranges_of([uid for _, uid in gone]))
        session.server.untagged(b"VANISHED " + uids)
    else:
        session.server.lines(b"".join([b"* %d EXPUNGE\r\n" % number for number, _ in gone]))


def tell_flags(session: Session, uids: Sequence[int], *, by_uid: bool = False) -> None:
    """Tell the flags of letters, with their UIDs and modseqs where the client knows what to do with them.

    `by_uid`: it named them by their UIDs, and has to be told these (RFC 9051 §6.4.9).
    """
    selected = session.mailbox
    image, view = selected.opened.image, selected.view
    tell_keywords(session, selected)
    lines: list[bytes] = []
    for uid in uids:
        number, index = view.number(uid), image.index(uid)
        if number is None or index is None:
            continue
        flags = flags_of(selected, index)
        if session.uid_only:
            lines.append(b"* %d UIDFETCH (FLAGS (%b) MODSEQ (%d))\r\n" % (uid, flags, image.modseqs[index]))
        elif session.condstore:
            lines.append(
                b"* %d FETCH (UID %d FLAGS (%b) MODSEQ (%d))\r\n" % (number, uid, flags, image.modseqs[index])
            )
        elif by_uid:
            lines.append(b"* %d FETCH (UID %d FLAGS (%b))\r\n" % (number, uid, flags))
        else:
            lines.append(b"* %d FETCH (FLAGS (%b))\r\n" % (number, flags))
    session.server.lines(b"".join(lines))


def tell_keywords(session: Session, selected: Selected) -> None:
    """Tell which flags are in use, where there are new ones (RFC 9051 §7.3.5)."""
    known = selected.opened.image.known
    if not known <= selected.announced:
        selected.announced |= known
        session.server.untagged(b"FLAGS (%b)" % flag_list(selected))


def flag_list(selected: Selected) -> bytes:
    """List the system flags and the keywords in use."""
    return " ".join([*FLAGS.values(), *sorted(selected.announced)]).encode()


def claim_recent(session: Session, selected: Selected) -> None:
    r"""Take what nobody was told of yet as \Recent to this session (RFC 3501 §2.3.2)."""
    image = selected.opened.image
    last = image.uids[-1] if image.uids else 0
    first = max(image.recent_from, selected.recent[-1][1] + 1 if selected.recent else 0)
    if first > last:
        return
    selected.recent.append((first, last))
    if selected.read_only:
        return
    image.recent_from = last + 1
    note = partial(mailboxes.set_recent, mailbox_id=image.mailbox.id, uid=last + 1)
    session.rooms.store.write(note).add_done_callback(unheard)  # nobody waits for it: the flag is a courtesy


def recent_count(selected: Selected) -> int:
    """Count what is recent to this session."""
    uids = selected.opened.image.uids
    return sum(bisect_right(uids, last) - bisect_left(uids, first) for first, last in selected.recent)
