"""Reports that others sent us on our domains, and those that we sent: kept, counted, forgotten. RFC 9990, RFC 8460.

A report is known by who made it and by its id; it counts once, however often it comes. What letters bring reports is found by
looking at the emails that were filed since the last look, whose journey leads through an address for reports.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from hawknest.store.engine import Connection, Many, Statement

BATCH: Final = 200  # letters of one look; more than are looked at again
LOOK_BACK: Final = (
    64  # emails that are looked at again: with several writers an earlier number may appear later
)
STRIDE: Final = 200_000  # emails that one look goes over


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """How a report came."""

    domain: str  # of ours
    org: str
    report_id: str
    begin: int  # seconds since the epoch
    end: int
    email: str
    sender: str  # domain in From
    authentic: str  # pass fail ''
    letter_id: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A record of a DMARC report."""

    source: str
    count: int
    disposition: str
    dkim: bool
    spf: bool
    header_from: str
    envelope_from: str
    results: str  # JSON
    reason: str


@dataclass(frozen=True, slots=True)
class TlsFailed:
    """Sessions that failed in one way."""

    policy_type: str
    result: str
    host: str
    sender_ip: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An email that may bring reports."""

    email_id: int
    account_id: int
    blob_id: int
    letter_id: str
    address: str  # that its journey leads through
    sender: str  # reverse-path; '': the null one


_TOP: Final = Statement("SELECT coalesce(max(id), 0) FROM email")
_LOOKED: Final = Statement("SELECT value FROM counter WHERE name = 'reports looked for'")
_SET_LOOKED: Final = Statement(
    """INSERT INTO counter (name, value) VALUES ('reports looked for', :email)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
)
_CANDIDATES: Final = Statement(
    """SELECT e.id, e.account_id, e.blob_id, e.letter_id,
         MAX(CASE WHEN j.address LIKE 'postmaster@%' THEN '' ELSE j.address END), MAX(j.address), l.sender
       FROM email e JOIN journey j ON j.letter_id = e.letter_id JOIN letter l ON l.id = e.letter_id
       WHERE e.id > :after AND e.id <= :last AND e.letter_id <> '' AND j.event = 'leads to'
         AND (j.address LIKE 'dmarc-reports@%' OR j.address LIKE 'tls-reports@%' OR j.address LIKE 'postmaster@%')
         AND NOT EXISTS (SELECT 1 FROM journey k WHERE k.letter_id = e.letter_id AND k.event = 'report')
       GROUP BY e.id, e.account_id, e.blob_id, e.letter_id, l.sender ORDER BY e.id LIMIT :count"""
)
_ADD_DMARC: Final = Statement(
    """INSERT INTO dmarc_report (domain, org, report_id, begin_at, end_at, policy, email, sender, authentic, letter_id,
         received_at, letters)
       VALUES (:domain, :org, :report_id, :begin, :end, :policy, :email, :sender, :authentic, :letter, :at, :letters)
       ON CONFLICT (domain, org, report_id) DO NOTHING RETURNING id"""
)
_ADD_SEEN: Final = Many(
    """INSERT INTO dmarc_seen (report_id, source, count, disposition, dkim, spf, header_from, envelope_from, results,
         reason) VALUES {rows}""",
    10,
)
_ADD_TLS: Final = Statement(
    """INSERT INTO tls_report (domain, org, report_id, begin_at, end_at, email, sender, authentic, letter_id, received_at,
         good, failed)
       VALUES (:domain, :org, :report_id, :begin, :end, :email, :sender, :authentic, :letter, :at, :good, :failed)
       ON CONFLICT (domain, org, report_id) DO NOTHING RETURNING id"""
)
_ADD_FAILURE: Final = Many(
    "INSERT INTO tls_failure (report_id, policy_type, result, host, sender_ip, reason, count) VALUES {rows}",
    7,
)
_FORGET_DMARC: Final = Statement("DELETE FROM dmarc_report WHERE end_at < :before")
_FORGET_TLS: Final = Statement("DELETE FROM tls_report WHERE end_at < :before")
_FORGET_SENT: Final = Statement("DELETE FROM report_sent WHERE at < :before")
_FORGET_NAMES: Final = Statement("DELETE FROM source_name WHERE looked_at < :before")
_INBOX_PLACE: Final = Statement(
    """SELECT p.mailbox_id, p.uid FROM placement p JOIN mailbox m ON m.id = p.mailbox_id
       WHERE p.email_id = :email AND m.role = 'inbox'"""
)
_TRASH: Final = Statement(
    "SELECT id FROM mailbox WHERE account_id = :account AND role = 'trash' ORDER BY id LIMIT 1"
)


def looked(connection: Connection) -> int:
    """Tell up to which email was looked."""
    row = connection.one(_LOOKED)
    return row[0] if row else 0


def newest(connection: Connection) -> int:
    """Give the number of the newest email."""
    row = connection.one(_TOP)
    return row[0] if row else 0


def set_looked(connection: Connection, email_id: int) -> None:
    """Note up to which email was looked."""
    connection.run(_SET_LOOKED, email=email_id)


def candidates(connection: Connection, after: int, last: int) -> tuple[list[Candidate], int]:
    """List emails with numbers after one up to the last, that came by an address for reports and were not read.

    Returns them, and up to which number that was seen.
    """
    rows = connection.all(_CANDIDATES, after=after, last=last, count=BATCH)
    found = [
        Candidate(email, account, blob, letter, special or address, sender)
        for email, account, blob, letter, special, address, sender in rows
    ]
    return found, found[-1].email_id if len(found) == BATCH else last


def add_dmarc(connection: Connection, came: Came, policy: dict[str, str], seen: Sequence[Seen]) -> bool:
    """Keep a DMARC report. Returns whether it is new."""
    letters = sum(one.count for one in seen)
    row = connection.one(_ADD_DMARC, policy=_json(policy), letters=letters, **_values(came))
    if row is None:
        return False
    connection.many(
        _ADD_SEEN,
        [
            (
                row[0],
                one.source,
                one.count,
                one.disposition,
                int(one.dkim),
                int(one.spf),
                one.header_from,
                one.envelope_from,
                one.results,
                one.reason,
            )
            for one in seen
        ],
    )
    return True


def add_tls(
    connection: Connection, came: Came, good: int, failed: int, failures: Sequence[TlsFailed]
) -> bool:
    """Keep a TLS report. Returns whether it is new."""
    row = connection.one(_ADD_TLS, good=good, failed=failed, **_values(came))
    if row is None:
        return False
    connection.many(
        _ADD_FAILURE,
        [
            (row[0], one.policy_type, one.result, one.host, one.sender_ip, one.reason, one.count)
            for one in failures
        ],
    )
    return True


def _values(came: Came) -> dict[str, object]:
    return {
        "domain": came.domain,
        "org": came.org,
        "report_id": came.report_id,
        "begin": came.begin,
        "end": came.end,
        "email": came.email,
        "sender": came.sender,
        "authentic": came.authentic,
        "letter": came.letter_id,
        "at": came.at,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def inbox_place(connection: Connection, email_id: int) -> tuple[int, int] | None:
    """Tell where an email lies in the INBOX: mailbox and UID; None: it does not."""
    row = connection.one(_INBOX_PLACE, email=email_id)
    return (row[0], row[1]) if row else None


def trash_of(connection: Connection, account_id: int) -> int | None:
    """Find the Trash of an account."""
    row = connection.one(_TRASH, account=account_id)
    return row[0] if row else None


def forget(connection: Connection, before: float) -> int:
    """Forget reports on times before one (seconds since the epoch). Returns how many went."""
    connection.run(_FORGET_SENT, before=before)
    connection.run(_FORGET_NAMES, before=before)
    gone = connection.run(_FORGET_DMARC, before=int(before))
    return gone + connection.run(_FORGET_TLS, before=int(before))
