"""Bringing messages into an order, and into conversations. RFC 5256, RFC 5957."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from hawknest.doors.imap.evaluate import Evaluation
from hawknest.doors.imap.rooms import Session
from hawknest.mail import thread
from hawknest.mail.headline import Headline
from hawknest.mail.thread import Entry
from hawknest.post import looking
from hawknest.wire.imap.searching import Order

#: Orders that need no more than what is in memory.
_KNOWN: Final = frozenset({Order.ARRIVAL, Order.SIZE})


async def sorted_uids(
    session: Session, evaluation: Evaluation, uids: Sequence[int], order: Sequence[tuple[Order, bool]]
) -> list[int]:
    """Sort messages by the keys of SORT; what is equal stays in the order of the mailbox. Raises StoreError."""
    lines: dict[int, Headline] = {}
    if any(key not in _KNOWN for key, _ in order):
        lines = await _headlines(session, evaluation, uids)
    columns = evaluation.columns
    places = dict(zip(uids, evaluation.places(uids), strict=True))
    ordered = list(uids)
    for key, backwards in reversed(order):  # sorting is stable: the last key first
        match key:
            case Order.ARRIVAL:
                ordered.sort(key=lambda uid: columns.received[places[uid]], reverse=backwards)
            case Order.SIZE:
                ordered.sort(key=lambda uid: columns.sizes[places[uid]], reverse=backwards)
            case Order.DATE:
                ordered.sort(
                    key=lambda uid: _sent(lines[uid], columns.received[places[uid]]), reverse=backwards
                )
            case _:
                text = _TEXTS[key]
                ordered.sort(key=lambda uid, text=text: text(lines[uid]), reverse=backwards)
    return ordered


_TEXTS: Final[dict[Order, Callable[[Headline], Any]]] = {
    Order.SUBJECT: lambda line: line.subject_key,
    Order.FROM: lambda line: line.sender_key,
    Order.TO: lambda line: line.to_key,
    Order.CC: lambda line: line.cc_key,
    Order.DISPLAYFROM: lambda line: line.sender_display,
    Order.DISPLAYTO: lambda line: line.to_display,
}


def _sent(line: Headline, received: float) -> float:
    """When it was sent; without a date that can be read, when it came (RFC 5256 §2.2)."""
    return received if line.sent_at is None else line.sent_at


async def threads(
    session: Session, evaluation: Evaluation, uids: Sequence[int], numbers: Sequence[int], algorithm: str
) -> str:
    """Bring messages into conversations, as THREAD writes them. Raises StoreError."""
    lines = await _headlines(session, evaluation, uids)
    received = [evaluation.columns.received[place] for place in evaluation.places(uids)]
    entries = [
        Entry(
            number,
            _sent(lines[uid], at),
            lines[uid].subject_key,
            lines[uid].reply,
            lines[uid].message_id,
            lines[uid].references,
        )
        for uid, number, at in zip(uids, numbers, received, strict=True)
    ]
    forest = thread.by_references(entries) if algorithm == "REFERENCES" else thread.ordered_subject(entries)
    return thread.written(forest)


async def _headlines(session: Session, evaluation: Evaluation, uids: Sequence[int]) -> dict[int, Headline]:
    """Give what orders messages, by UID."""
    blobs = [evaluation.columns.blobs[place] for place in evaluation.places(uids)]
    files = session.rooms.store.blobs.files
    found = await session.rooms.store.read(partial(looking.headlines, blobs=blobs, files=files))
    return {uid: found[blob] for uid, blob in zip(uids, blobs, strict=True)}
