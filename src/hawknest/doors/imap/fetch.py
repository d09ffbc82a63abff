"""FETCH: attributes and octets of messages. RFC 9051 §6.4.5, RFC 7162 §3.1.4, RFC 9394 §3."""

from collections.abc import Sequence

from hawknest.doors.imap.give import Given
from hawknest.doors.imap.numbers import stretches_of
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.select import tell_vanished
from hawknest.doors.imap.store import apply
from hawknest.store.flags import Change, Mode
from hawknest.store.letters import Flag
from hawknest.wire.imap.cursor import CommandError
from hawknest.wire.imap.fetching import Attribute, Fetch


async def fetch(session: Session, command: Fetch) -> Answer:
    """Give attributes of messages. Raises StoreError, Refused, CommandError."""
    selected = session.mailbox
    if command.vanished and not session.qresync:  # RFC 7162 §3.2.3
        raise CommandError("QRESYNC has to be enabled first")
    stretches = stretches_of(session, command.numbers, by_uid=command.by_uid)
    if command.changed_since is not None or Attribute.MODSEQ in command.attributes:
        session.condstore = True
    uids: Sequence[int] = selected.view.uids_at(stretches)
    if command.vanished and command.changed_since is not None:
        known = command.numbers.resolve(selected.opened.image.mailbox.uidnext)
        await tell_vanished(session, command.changed_since, known)
    if command.partial is not None:
        uids = part_of(uids, command.partial)
    image = selected.opened.image
    if command.changed_since is not None:
        recent = set(image.changed_since(command.changed_since))
        uids = [uid for uid in uids if uid in recent]
    attributes = command.attributes
    if any(not section.peek for section in command.sections) and await _see(session, uids):
        told = (Attribute.FLAGS, Attribute.MODSEQ) if session.condstore else (Attribute.FLAGS,)
        attributes = tuple(dict.fromkeys((*attributes, *told)))
    given = Given(session, attributes, command.sections)
    await given.give(uids)
    if given.unknown:
        raise Refused("The encoding of a part is not known", "UNKNOWN-CTE")
    if given.lost:  # those that went while this session had not heard of it are no loss
        await session.rooms.images.refresh(selected.opened)
        gone = sum(selected.opened.image.index(uid) is None for uid in uids) - given.missing
        given.missing += min(gone, given.lost)
        given.lost -= min(gone, given.lost)
    if given.lost:
        raise Refused(f"{given.lost} of the letters cannot be read: their files are gone from the server")
    if given.missing:
        raise Refused("Some of the messages are gone already", "EXPUNGEISSUED")
    return Answer("That is all")


def part_of(uids: Sequence[int], wanted: tuple[int, int]) -> Sequence[int]:
    """Take a part of UIDs: from the first, or with negative numbers from the last (RFC 9394 §3.1)."""
    low, high = wanted
    if low > 0:
        return uids[low - 1 : high]
    count = len(uids)
    return uids[max(count + low, 0) : max(count + high + 1, 0)]


async def _see(session: Session, uids: Sequence[int]) -> bool:
    r"""Mark messages \Seen whose text is read. Returns whether that changed any."""
    selected = session.mailbox
    if selected.read_only or "s" not in selected.rights:
        return False
    image = selected.opened.image
    unseen = [
        uid for uid in uids if (index := image.index(uid)) is not None and not image.flags[index] & Flag.SEEN
    ]
    if unseen:
        await apply(session, unseen, Change(Mode.ADD, Flag.SEEN))
    return bool(unseen)
