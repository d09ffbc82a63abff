"""What has to be done when a database is put back to an earlier state: UIDs and modseqs leap over all that may have been given.

Clients remember letters by UID for ever (RFC 9051 §2.3.1.1) and changes by modseq (RFC 7162 §3.1). A copy of yesterday would give
the same ones again to other letters; after a leap it cannot, and clients keep all that they have of the letters that are
there. That a database was put back is seen by a mark that is in it and beside it, and changes now and then.
"""

from typing import Final

from hawknest.store import bell
from hawknest.store.engine import Connection, Statement

UIDS: Final = 1_000_000  # more than come to a mailbox between a copy and its use
MODSEQS: Final = 1_000_000_000

_LEAP_UIDS: Final = Statement(
    "UPDATE mailbox SET uidnext = uidnext + :uids, modseq = modseq + :modseqs WHERE uidnext < 2147483648 - :uids"
)
_RENEW: Final = Statement(
    """UPDATE mailbox SET uidvalidity = uidvalidity + 1000000, modseq = modseq + :modseqs
       WHERE uidnext >= 2147483648 - :uids"""
)
_LEAP: Final = Statement(
    "UPDATE account_mail SET modseq = modseq + :modseqs, uidvalidity = uidvalidity + 1000000"
)
_EVERY: Final = Statement("SELECT id FROM mailbox")
_GET: Final = Statement("SELECT value FROM mark WHERE machine = :machine")
_SET: Final = Statement(
    """INSERT INTO mark (machine, value) VALUES (:machine, :value)
       ON CONFLICT (machine) DO UPDATE SET value = excluded.value"""
)


def leap(connection: Connection) -> int:
    """Leap over UIDs and modseqs in every mailbox; one that has few UIDs left gets another UIDVALIDITY instead.

    Returns how many mailboxes there are.
    """
    connection.run(_RENEW, uids=UIDS, modseqs=MODSEQS)
    connection.run(_LEAP_UIDS, uids=UIDS, modseqs=MODSEQS)
    connection.run(_LEAP, modseqs=MODSEQS)
    every = [mailbox for (mailbox,) in connection.all(_EVERY)]
    connection.touched.update(dict.fromkeys(every, bell.SOME))
    return len(every)


def mark(connection: Connection, machine: str) -> str:
    """Give a machine's mark that is in the database; '': there is none."""
    row = connection.one(_GET, machine=machine)
    return row[0] if row else ""


def set_mark(connection: Connection, machine: str, value: str) -> None:
    """Put another mark of a machine into the database."""
    connection.run(_SET, machine=machine, value=value)
