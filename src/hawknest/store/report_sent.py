"""The reports that we sent to others: each is noted, so that none goes twice and the owner sees what left. RFC 9990, RFC 8460."""

from typing import Final

import msgspec

from hawknest.store.engine import Connection, Statement

LISTED: Final = 500
NOBODY: Final = ""  # instead of a target

_SENT: Final = Statement(
    """SELECT kind, day, domain, target, report_id, at, letters, outcome, letter_id FROM report_sent
       WHERE target <> '' ORDER BY at DESC, kind, domain, target LIMIT :count"""
)
_NOTE_SENT: Final = Statement(
    """INSERT INTO report_sent (kind, day, domain, target, report_id, at, letters, outcome, letter_id)
       VALUES (:kind, :day, :domain, :target, :report_id, :at, :letters, :outcome, :letter)
       ON CONFLICT (kind, day, domain, target, report_id) DO NOTHING"""
)
_FORGET_UNWANTED: Final = Statement("DELETE FROM report_sent WHERE target = '' AND day < :before")
_WAS_SENT: Final = Statement(
    """SELECT 1 FROM report_sent WHERE kind = :kind AND day = :day AND domain = :domain AND target = :target LIMIT 1"""
)


class SentRow(msgspec.Struct, frozen=True):
    """A report of ours to others."""

    kind: str
    day: int
    domain: str
    target: str
    report_id: str
    at: float
    letters: int
    outcome: str
    letter: str


def sent(connection: Connection, count: int = LISTED) -> list[SentRow]:
    """List the reports that we sent, the newest first."""
    return [SentRow(*row) for row in connection.all(_SENT, count=count)]


def note_sent(connection: Connection, row: SentRow) -> bool:
    """Note a report that we sent, or why we did not. Returns whether it was not noted before."""
    changed = connection.run(
        _NOTE_SENT,
        kind=row.kind,
        day=row.day,
        domain=row.domain,
        target=row.target,
        report_id=row.report_id,
        at=row.at,
        letters=row.letters,
        outcome=row.outcome,
        letter=row.letter,
    )
    return changed > 0


def was_sent(connection: Connection, kind: str, day: int, domain: str, target: str) -> bool:
    """Tell whether a target was reported to on a domain's day; NOBODY: that nobody wants to be."""
    return connection.one(_WAS_SENT, kind=kind, day=day, domain=domain, target=target) is not None


def forget_unwanted(connection: Connection, before: int) -> None:
    """Forget that nobody wanted reports on days before one."""
    connection.run(_FORGET_UNWANTED, before=before)
