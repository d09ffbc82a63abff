"""STORE of the keywords that say whether a letter is junk: what `post.lessons` is told. RFC 9051 §2.3.2."""

from collections.abc import Awaitable, Callable, Sequence

from hawknest.doors.imap.rooms import Session
from hawknest.post.lessons import Judged, marks
from hawknest.store.flags import Change, Mode

Apply = Callable[[Session, Sequence[int], Change], Awaitable[list[int]]]


async def judged(session: Session, uids: Sequence[int], change: Change, apply: Apply) -> list[int]:
    """Change flags by `apply`, and tell what was taught by it. Raises StoreError.

    Returns what `apply` does: the UIDs of those that changed since.
    """
    lessons, mark = session.rooms.lessons, Change(change.mode, 0, marks(change.keywords))
    if not lessons.heard or not (mark.keywords or mark.mode is Mode.SET):  # FLAGS without a mark takes it off
        return await apply(session, uids, change)
    image = session.mailbox.opened.image
    places = [(uid, image.index(uid)) for uid in uids]
    before = {
        uid: (image.blobs[index], " ".join(marks(image.keywords.get(uid, "").split())))
        for uid, index in places
        if index is not None
    }
    refused = await apply(session, uids, change)
    for uid in refused:
        before.pop(uid, None)
    letters = [Judged(blob, keywords, mark.of(0, keywords)[1]) for blob, keywords in before.values()]
    lessons.marked(session.who.account_id, image.mailbox.role, letters)
    return refused
