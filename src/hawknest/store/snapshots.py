"""Snapshots of mailboxes: what is in one, as a session had it in memory at some modseq, whatever way it is written.

One that is old does no harm: who reads it asks what changed since (`store.changes`). It can be left out at any time.
"""

from dataclasses import dataclass
from typing import Final

from hawknest.store.engine import Connection, Statement


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was in a mailbox at a modseq."""

    uidnext: int
    modseq: int
    octets: bytes


_GET: Final = Statement(
    "SELECT uidnext, modseq, octets FROM snapshot WHERE mailbox_id = :mailbox AND version = :version"
)
#: Two workers may each have one; the newer stays. The mailbox may be gone meanwhile.
_PUT: Final = Statement(
    """INSERT INTO snapshot (mailbox_id, version, uidnext, modseq, octets)
       SELECT m.id, :version, :uidnext, :modseq, :octets FROM mailbox m WHERE m.id = :mailbox
       ON CONFLICT (mailbox_id) DO UPDATE
         SET version = excluded.version, uidnext = excluded.uidnext, modseq = excluded.modseq, octets = excluded.octets
         WHERE snapshot.version <> excluded.version OR snapshot.modseq < excluded.modseq"""
)


def get(connection: Connection, mailbox_id: int, version: int) -> Snapshot | None:
    """Give the snapshot of a mailbox that was written in this way, or None."""
    row = connection.one(_GET, mailbox=mailbox_id, version=version)
    return Snapshot(row[0], row[1], bytes(row[2])) if row else None


def put(connection: Connection, mailbox_id: int, version: int, snapshot: Snapshot) -> None:
    """Keep the snapshot of a mailbox, unless there is a newer one or the mailbox is gone."""
    connection.run(
        _PUT,
        mailbox=mailbox_id,
        version=version,
        uidnext=snapshot.uidnext,
        modseq=snapshot.modseq,
        octets=snapshot.octets,
    )
