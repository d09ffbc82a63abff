"""STORE: flags are changed. RFC 9051 §6.4.6, RFC 7162 §3.1.3, RFC 4314 §4."""

from collections.abc import Sequence
from typing import Final

from hawknest.doors.imap import news
from hawknest.doors.imap.judging import judged
from hawknest.doors.imap.numbers import stretches_of
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Selected, Session
from hawknest.doors.imap.whose import require, settable
from hawknest.doors.imap.wording import sort_flags
from hawknest.store import Connection, changes, flags, letters
from hawknest.store.access import ALL
from hawknest.store.changes import Delta
from hawknest.store.flags import Change, Changed, Mode
from hawknest.store.mailbox import Mailbox
from hawknest.store.places import Range
from hawknest.wire.imap import sets
from hawknest.wire.imap.command import Store, StoreMode

PORTION: Final = 10_000  # letters in one transaction

_MODES: Final = {StoreMode.SET: Mode.SET, StoreMode.ADD: Mode.ADD, StoreMode.REMOVE: Mode.REMOVE}


async def store(session: Session, command: Store) -> Answer:
    """Change the flags of messages. Raises StoreError, Refused, CommandError."""
    selected = session.mailbox
    stretches = stretches_of(session, command.numbers, by_uid=command.by_uid)
    if selected.read_only:
        raise Refused("The mailbox is open for reading only", "NOPERM")
    if command.unchanged_since is not None:
        session.condstore = True
    change = allowed(selected, _change(command))
    uids = selected.view.uids_at(stretches)
    refused = await judged(session, uids, change, apply)
    failed = set(refused)
    if not command.silent:
        told = [uid for uid in uids if uid not in failed]
        news.tell_flags(session, told, by_uid=command.by_uid)
        selected.view.owed.difference_update(told)
    elif session.condstore:
        _tell_modseqs(session, uids)
    if not refused:
        return Answer("Done")
    named = refused if command.by_uid else [selected.view.number(uid) or 0 for uid in refused]
    return Answer("Some changed since", f"MODIFIED {sets.written(sets.ranges_of(sorted(named))).decode()}")


def _change(command: Store) -> Change:
    bits, keywords, unknown = sort_flags(command.flags)
    if unknown:
        raise Refused(f"There is no flag {unknown[0]}", "CANNOT")
    return Change(_MODES[command.mode], bits, keywords, command.unchanged_since)


def allowed(selected: Selected, change: Change) -> Change:
    r"""Leave of a change what the user may do: s is for \Seen, t for \Deleted, w for the rest (RFC 4314 §4).

    Raises NoPermission where nothing is left.
    """
    rights = selected.rights
    if rights == ALL:
        return change
    able = settable(rights)
    keywords = change.keywords if "w" in rights else ()
    if change.mode is Mode.SET:
        require(rights, "stw")
    if not change.flags & able and not keywords:
        require(rights, "stw")
    return Change(change.mode, change.flags & able, keywords, change.unchanged_since)


async def apply(session: Session, uids: Sequence[int], change: Change) -> list[int]:
    """Change flags, a portion at a time; the client is not told of it by and by. Raises StoreError.

    Returns the UIDs of those that changed since.
    """
    selected = session.mailbox
    refused: list[int] = []
    for start in range(0, len(uids), PORTION):
        mailbox = selected.opened.image.mailbox
        ranges = sets.ranges_of(uids[start : start + PORTION])

        def job(
            connection: Connection, ranges: Sequence[Range] = ranges, mailbox: Mailbox = mailbox
        ) -> tuple[Delta, Changed]:
            modseq = letters.count(
                connection, mailbox.account_id
            )  # from here on nobody else changes anything
            before = changes.since(connection, mailbox.id, mailbox.uidnext, mailbox.modseq)
            changed = flags.change(connection, mailbox.account_id, mailbox.id, ranges, change, modseq=modseq)
            return before, changed

        before, changed = await session.rooms.store.write(job)
        image = selected.opened.image
        image.take(before)
        selected.view.owe(image)
        refused += changed.refused
        if changed.modseq:
            if changed.modseq > image.mailbox.modseq:  # else it was asked for meanwhile, and knows
                image.alter(ranges, change, changed.modseq)
            selected.view.told.add(changed.modseq)
    return sorted(refused)


def _tell_modseqs(session: Session, uids: Sequence[int]) -> None:
    """Tell the modseqs of what was changed, even to who wants silence (RFC 7162 §3.1.3)."""
    selected = session.mailbox
    image, view = selected.opened.image, selected.view
    lines: list[bytes] = []
    for uid in uids:
        number, index = view.number(uid), image.index(uid)
        if number is None or index is None or image.modseqs[index] not in view.told:
            continue
        if session.uid_only:
            lines.append(b"* %d UIDFETCH (MODSEQ (%d))\r\n" % (uid, image.modseqs[index]))
        else:
            lines.append(b"* %d FETCH (UID %d MODSEQ (%d))\r\n" % (number, uid, image.modseqs[index]))
    session.server.lines(b"".join(lines))
