"""Bringing messages into an order, and into conversations. RFC 5256, RFC 5957."""

from collections.abc import Sequence
from typing import Final

from hawknest.doors.imap import texts
from hawknest.doors.imap.evaluate import Evaluation
from hawknest.doors.imap.rooms import Session
from hawknest.mail import thread
from hawknest.store.headlines import Key
from hawknest.wire.imap.searching import Order

_KEYS: Final = {
    Order.DATE: Key.DATE,
    Order.SUBJECT: Key.SUBJECT,
    Order.FROM: Key.FROM,
    Order.TO: Key.TO,
    Order.CC: Key.CC,
    Order.DISPLAYFROM: Key.DISPLAYFROM,
    Order.DISPLAYTO: Key.DISPLAYTO,
}


async def sorted_uids(
    session: Session, evaluation: Evaluation, uids: Sequence[int], order: Sequence[tuple[Order, bool]]
) -> list[int]:
    """Sort messages by the keys of SORT; what is equal stays in the order of the mailbox. Raises StoreError."""
    columns = evaluation.columns
    places = dict(zip(uids, evaluation.places(uids), strict=True))
    blobs = {uid: columns.blobs[place] for uid, place in places.items()}
    ordered = list(uids)
    for key, backwards in reversed(order):  # sorting is stable: the last key first
        match key:
            case Order.ARRIVAL:
                ordered.sort(key=lambda uid: columns.received[places[uid]], reverse=backwards)
            case Order.SIZE:
                ordered.sort(key=lambda uid: columns.sizes[places[uid]], reverse=backwards)
            case _:
                found = await texts.keys(session, evaluation.image, _KEYS[key], blobs)
                for uid in uids:
                    found.setdefault(uid, "" if key is not Order.DATE else None)
                if key is Order.DATE:  # without a date that can be read, when it came (RFC 5256 §2.2)
                    for uid, place in places.items():
                        if found.get(uid) is None:
                            found[uid] = columns.received[place]
                ordered.sort(key=lambda uid, found=found: found[uid], reverse=backwards)
    return ordered


async def threads(
    session: Session, evaluation: Evaluation, uids: Sequence[int], numbers: Sequence[int], algorithm: str
) -> str:
    """Bring messages into conversations, as THREAD writes them. Raises StoreError."""
    places = dict(zip(uids, evaluation.places(uids), strict=True))
    blobs = {uid: evaluation.columns.blobs[place] for uid, place in places.items()}
    found = await texts.entries(session, evaluation.image, blobs)
    entries = [
        found[uid]._replace(number=number) for uid, number in zip(uids, numbers, strict=True) if uid in found
    ]
    forest = thread.by_references(entries) if algorithm == "REFERENCES" else thread.ordered_subject(entries)
    return thread.written(forest)
