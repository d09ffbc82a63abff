"""SEARCH, SORT, THREAD and ESEARCH. RFC 9051 §6.4.4, RFC 4731, RFC 5182, RFC 5256, RFC 5267, RFC 7377, RFC 9394."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hawknest.doors.imap import ordering
from hawknest.doors.imap.evaluate import Evaluation
from hawknest.doors.imap.fetch import part_of
from hawknest.doors.imap.image import Image
from hawknest.doors.imap.progress import Progress
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.scopes import mailboxes_of
from hawknest.doors.imap.whose import Found
from hawknest.doors.imap.wording import mailbox_name
from hawknest.store import StoreError
from hawknest.wire.imap import sets
from hawknest.wire.imap.cursor import CommandError
from hawknest.wire.imap.searching import (
    CHARSETS,
    OF_SELECTED,
    And,
    Changed,
    Key,
    Not,
    Numbers,
    Or,
    Result,
    Return,
    Search,
    Sort,
    Thread,
    Unreadable,
)

_ALL: Final = Return(frozenset({Result.ALL}))
_SAVE: Final = frozenset({Result.SAVE})


@dataclass(frozen=True, slots=True)
class _Heading:
    """What an ESEARCH response says before its results."""

    by_uid: bool
    mailbox: bytes = b""  # `MAILBOX name UIDVALIDITY n`, where several are searched


async def search(session: Session, command: Search) -> Answer:
    """Find messages. Raises StoreError, Refused, CommandError."""
    session.progress = Progress()
    if any(one.scope not in OF_SELECTED for one in command.where):
        return await _everywhere(session, command)
    _require_uids(session, command.key, by_uid=command.by_uid)
    wanted = command.wanted
    saves = wanted is not None and Result.SAVE in wanted.results
    evaluation, uids = await _found(session, command.key, saves=saves)
    modseq = _modseq(evaluation, command.key, uids, wanted)
    if wanted is None and not session.rev2:
        _tell_plainly(session, uids, by_uid=command.by_uid, modseq=modseq)
        return Answer("That is all")
    wanted = wanted or _ALL
    if saves:
        session.mailbox.saved = array("I", sorted(_saved(wanted, uids)))
    if wanted.results != _SAVE:
        mailbox = b""
        if command.where:  # RFC 7377 §2.1: it is said of which, and of none with nothing in it
            mailbox = _correlators(session, session.mailbox.name, evaluation.image)
        if uids or not command.where:
            _tell(session, _Heading(command.by_uid, mailbox), wanted, uids, modseq)
    return Answer("That is all")


async def sort(session: Session, command: Sort) -> Answer:
    """Find messages, and bring them into an order. Raises StoreError, Refused, CommandError."""
    session.progress = Progress()
    _require_uids(session, command.key, by_uid=command.by_uid)
    saves = command.wanted is not None and Result.SAVE in command.wanted.results
    evaluation, uids = await _found(session, command.key, saves=saves)
    ordered = await ordering.sorted_uids(session, evaluation, uids, command.order)
    modseq = _modseq(evaluation, command.key, ordered, command.wanted)
    if command.wanted is None:
        _tell_plainly(session, ordered, by_uid=command.by_uid, modseq=modseq, word=b"SORT")
        return Answer("That is all")
    if saves:
        session.mailbox.saved = array("I", sorted(_saved(command.wanted, ordered)))
    if command.wanted.results == _SAVE:
        return Answer("That is all")
    _tell(session, _Heading(command.by_uid), command.wanted, ordered, modseq)
    return Answer("That is all")


async def thread(session: Session, command: Thread) -> Answer:
    """Find messages, and bring them into conversations. Raises StoreError, Refused, CommandError."""
    session.progress = Progress()
    _require_uids(session, command.key, by_uid=command.by_uid)
    evaluation, uids = await _found(session, command.key)
    numbers = _numbers(session, uids, by_uid=command.by_uid)
    forest = await ordering.threads(session, evaluation, uids, numbers, command.algorithm)
    session.server.untagged(b"THREAD" + (b" " + forest.encode() if forest else b""))
    return Answer("That is all")


async def _everywhere(session: Session, command: Search) -> Answer:
    """Search other mailboxes than the selected one (RFC 7377)."""
    wanted = command.wanted or _ALL
    if isinstance(command.key, Unreadable):
        raise Refused("I look for texts in UTF-8", f"BADCHARSET ({' '.join(CHARSETS)})")
    if Result.SAVE in wanted.results or _uses_numbers(command.key):
        raise Refused("Message numbers and SAVE mean nothing in several mailboxes", "CANNOT")
    for found in await mailboxes_of(session, command.where):
        if "r" in found.rights:
            await _elsewhere(session, command, wanted, found)
            await session.link.flush()
    return Answer("That is all")


async def _elsewhere(session: Session, command: Search, wanted: Return, found: Found) -> None:
    opened = await session.rooms.images.open(found.mailbox)
    try:
        evaluation = Evaluation(session, opened.image, None)
        uids = await evaluation.uids(command.key)
        modseq = _modseq(evaluation, command.key, uids, wanted)
    finally:
        session.rooms.images.close(opened)
    if uids:  # RFC 7377 §2.1: not even for COUNT, where there are none
        _tell(session, _Heading(True, _correlators(session, found.name, opened.image)), wanted, uids, modseq)


def _correlators(session: Session, name: str, image: Image) -> bytes:
    return b"MAILBOX %b UIDVALIDITY %d" % (mailbox_name(session, name), image.mailbox.uidvalidity)


async def _found(session: Session, key: Key, *, saves: bool = False) -> tuple[Evaluation, list[int]]:
    """Find the UIDs of messages that the client knows of.

    `saves`: the result is to be kept, and where there is none, nothing is (RFC 5182 §2.1). Raises StoreError, Refused, CommandError.
    """
    try:
        return await _looked(session, key)
    except (StoreError, Refused):
        if saves:
            session.mailbox.saved = array("I")
        raise


async def _looked(session: Session, key: Key) -> tuple[Evaluation, list[int]]:
    if isinstance(key, Unreadable):
        raise Refused("I look for texts in UTF-8", f"BADCHARSET ({' '.join(CHARSETS)})")
    selected = session.mailbox
    evaluation = Evaluation(session, selected.opened.image, selected)
    uids = await evaluation.uids(key)
    view = selected.view
    if view.uids is not evaluation.columns.uids or view.count != len(evaluation):
        uids = [uid for uid in uids if view.number(uid) is not None]
    return evaluation, uids


def _require_uids(session: Session, key: Key, *, by_uid: bool) -> None:
    if session.uid_only and (not by_uid or _uses_numbers(key)):
        raise CommandError("UIDs only, please", "UIDREQUIRED")


def _uses_numbers(key: Key) -> bool:
    return any(isinstance(one, Numbers) and not one.by_uid for one in _every(key))


def _modseq(evaluation: Evaluation, key: Key, uids: Sequence[int], wanted: Return | None) -> int:
    """Give the highest modseq of what is told, where the search asked for modseqs (RFC 4731 §3.2); else 0."""
    if not uids or not any(isinstance(one, Changed) for one in _every(key)):
        return 0
    if wanted is not None and not wanted.results & {Result.ALL, Result.COUNT, Result.PARTIAL}:
        told = ((Result.MIN, 0), (Result.MAX, -1))  # the first and the last, in the order of the answer
        uids = [uids[at] for result, at in told if result in wanted.results] or uids
    return evaluation.highest(uids)


def _every(key: Key) -> list[Key]:
    """List a key and all that is in it."""
    match key:
        case Not(inner):
            return [key, *_every(inner)]
        case Or(one, other):
            return [key, *_every(one), *_every(other)]
        case And(keys):
            return [key, *(inner for one in keys for inner in _every(one))]
        case _:
            return [key]


def _numbers(session: Session, uids: Sequence[int], *, by_uid: bool) -> Sequence[int]:
    return uids if by_uid else session.mailbox.view.numbers(uids)


def _saved(wanted: Return, uids: Sequence[int]) -> Sequence[int]:
    """Work out what SAVE keeps (RFC 5182 §2.4)."""
    if (
        not uids
        or wanted.results & {Result.ALL, Result.COUNT}
        or not wanted.results & {Result.MIN, Result.MAX, Result.PARTIAL}
    ):
        return uids
    if wanted.partial is not None:
        return part_of(uids, wanted.partial)
    kept = {uids[0]} if Result.MIN in wanted.results else set[int]()
    return list(kept | ({uids[-1]} if Result.MAX in wanted.results else set()))


def _tell_plainly(
    session: Session, uids: Sequence[int], *, by_uid: bool, modseq: int, word: bytes = b"SEARCH"
) -> None:
    """Tell as IMAP4rev1 does (RFC 3501 §7.2.5, RFC 5256 §4, RFC 7162 §3.1.6, §3.1.9)."""
    words = [word.decode(), *map(str, _numbers(session, uids, by_uid=by_uid))]
    if modseq:
        words.append(f"(MODSEQ {modseq})")
    session.server.untagged(" ".join(words).encode())


def _tell(session: Session, heading: _Heading, wanted: Return, uids: Sequence[int], modseq: int) -> None:
    """Tell what of the result is wanted (RFC 4731 §3.1, RFC 9394 §3); of what was sorted, MIN is the first (RFC 5267 §3.1)."""
    numbers = uids if heading.mailbox else _numbers(session, uids, by_uid=heading.by_uid)
    tag = b'TAG "%b"' % session.server.tag.encode()
    words = [b"ESEARCH (%b)" % b" ".join([tag, heading.mailbox] if heading.mailbox else [tag])]
    if heading.by_uid:
        words.append(b"UID")
    results = wanted.results
    if numbers:
        if Result.MIN in results:
            words.append(b"MIN %d" % numbers[0])
        if Result.MAX in results:
            words.append(b"MAX %d" % numbers[-1])
        if Result.ALL in results:
            words.append(b"ALL " + in_order(numbers))
    if Result.COUNT in results:
        words.append(b"COUNT %d" % len(numbers))
    if wanted.partial is not None:
        low, high = wanted.partial
        shown = b"%d:%d" % ((low, high) if low > 0 else (high, low))
        part = part_of(numbers, wanted.partial)
        words.append(b"PARTIAL (%b %b)" % (shown, in_order(part) if part else b"NIL"))
    if modseq:
        words.append(b"MODSEQ %d" % modseq)
    session.server.untagged(b" ".join(words))


def in_order(numbers: Sequence[int]) -> bytes:
    """Write numbers as a set, in the order that they have."""
    words: list[tuple[int, int]] = []
    for number in numbers:
        if words and number == words[-1][1] + 1:
            words[-1] = (words[-1][0], number)
        else:
            words.append((number, number))
    return sets.written(words)
