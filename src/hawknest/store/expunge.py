"""Taking letters out of mailboxes for good; those that are in no other mailbox go altogether."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from hawknest.store import letters, places
from hawknest.store.engine import Connection, Many

_TAKE_OUT: Final = Many(
    "DELETE FROM placement WHERE (mailbox_id, uid) IN (VALUES {rows}) RETURNING uid, email_id", 2
)
_DESTROY: Final = Many(
    """DELETE FROM email WHERE id IN (VALUES {rows})
         AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.email_id = email.id)
       RETURNING blob_id, size""",
    1,
)
_RELEASE: Final = Many(
    """UPDATE blob SET uses = uses - v.column2 FROM (VALUES {rows}) AS v WHERE id = v.column1""", 2
)
_UNUSED: Final = Many(
    "DELETE FROM blob WHERE id IN (VALUES {rows}) AND uses <= 0 RETURNING coalesce(place, '')", 1
)


def remove(connection: Connection, account_id: int, mailbox_id: int, uids: Iterable[int]) -> list[str]:
    """Remove letters from a mailbox; what is gone already is passed over.

    Returns the files that the caller is to remove once the transaction is durable.
    Raises NoSuchAccount.
    """
    gone = connection.many(_TAKE_OUT, [(mailbox_id, uid) for uid in dict.fromkeys(uids)])
    if not gone:
        return []
    destroyed = connection.many(_DESTROY, [(email,) for _, email in gone])
    modseq = letters.count(connection, account_id, -sum(size for _, size in destroyed))
    places.bury(connection, account_id, mailbox_id, gone, modseq)
    blobs = Counter(blob for blob, _ in destroyed)
    connection.many(_RELEASE, list(blobs.items()))
    return [place for (place,) in connection.many(_UNUSED, [(blob,) for blob in blobs]) if place]
