"""What an outcome means for a queue row, and the one transaction that makes it so.

`judge` is pure: an outcome and the time become a change of the row, a step of the journey and, where it matters to the
sender, a fate to report. `settle` writes the changes of one letter, its journey and the report that they cause in one
transaction: whatever moment the power fails, either all of it happened or none of it did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hawknest.mail.dsn import Action
from hawknest.post import retry, webhooks
from hawknest.post.bounce import Fate, Report, Unsent, wants
from hawknest.post.local import Acceptance, Terms, accept
from hawknest.post.outcome import Deferred, Delivered, Failed, Outcome
from hawknest.store import Connection, Statement, StoreError, journey, outgoing
from hawknest.store.journey import Step
from hawknest.store.outgoing import Waiting

#: RFC 3463 §3.5: delivery time expired.
EXPIRED: Final = "4.4.7"

_OWNER: Final = Statement("SELECT claimed_by FROM outgoing_recipient WHERE id = :id")
_DELIVERY: Final = Statement("SELECT value FROM setting WHERE key = 'delivery'")


class Lost(StoreError):
    """Recipients that are no longer ours to decide about: taken out of the queue, or claimed by another worker."""

    def __init__(self, ids: frozenset[int]) -> None:
        super().__init__(f"no longer ours: {sorted(ids)}")
        self.ids = ids


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one queue row."""

    waiting: Waiting
    step: Step
    words: str
    next_at: float | None = None  # None: the recipient leaves the queue
    delivered: bool = False
    fate: Fate | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left to do after the transaction."""

    files: tuple[str, ...]  # blobs to remove
    queued: int  # recipients of the report that wait to leave
    suspended: bool  # the owner has paused the delivery
    calls: int = 0  # that webhooks are to get


def judge(
    waiting: Waiting, outcome: Outcome, settings: retry.Settings, *, now: float, random: float, seconds: float
) -> Change:
    """Decide what an outcome means for a recipient.

    `now` is in seconds since the epoch, `random` in [0, 1), `seconds` how long the attempt took.
    """
    detail = _detail(waiting, outcome, seconds)
    address = waiting.address.lower()
    match outcome:
        case Delivered():
            fate = None if outcome.reports else _fate(waiting, outcome, Action.RELAYED)
            return Change(
                waiting,
                Step(now, "delivered", address, detail),
                outcome.words,
                delivered=True,
                fate=_wanted(fate),
            )
        case Failed():
            fate = _fate(waiting, outcome, Action.FAILED)
            return Change(waiting, Step(now, "failed", address, detail), outcome.words, fate=_wanted(fate))
        case Deferred() if retry.gave_up(waiting.expires_at, now):
            detail["gave_up"] = True
            fate = _fate(waiting, outcome, Action.FAILED, EXPIRED)
            return Change(waiting, Step(now, "failed", address, detail), outcome.words, fate=_wanted(fate))
        case Deferred():
            late = retry.warn_due(waiting.created_at, now, settings) and not waiting.delay_told
            fate = _fate(waiting, outcome, Action.DELAYED) if late else None
            next_at = _next(waiting, now, random, settings)
            detail["next"] = round(next_at, 3)
            step = Step(now, "deferred", address, detail)
            return Change(waiting, step, outcome.words, next_at, fate=_wanted(fate))


def settle(
    connection: Connection,
    changes: Sequence[Change],
    *,
    owner: str,
    report: Report | Unsent | None,
    terms: Terms,
    now: float,
) -> Settled:
    """Write down what became of recipients of one letter, with the report that it causes.

    `owner` is the worker whose claims they are, `now` seconds since the epoch.
    Raises Lost where that is no longer true, Stale, letters.OverQuota, StoreError: nothing is written then.
    """
    lost = {c.waiting.id for c in changes if not c.delivered and not _ours(connection, owner, c.waiting.id)}
    if lost:
        raise Lost(frozenset(lost))
    steps = [change.step for change in changes]
    files = [place for change in changes if (place := _row(connection, change, now))]
    queued = 0
    match report:
        case Report():
            (applied,) = accept(connection, [Acceptance(report.plan, report.delivery, terms)])
            queued = applied.queued
            steps.append(_reported(changes, now, {"letter": report.delivery.letter.id}))
        case Unsent():
            steps.append(_reported(changes, now, {"not_sent": report.words}))
        case None:
            pass
    journey.add(connection, changes[0].waiting.letter_id, steps)
    calls = webhooks.tell(connection, [news for change in changes if (news := _news(change))], now)
    return Settled(tuple(files), queued, suspended(connection), calls)


def suspended(connection: Connection) -> bool:
    """Whether the owner has paused the delivery of letters to other servers."""
    row = connection.one(_DELIVERY)
    return row is not None and row[0] == '"suspended"'


def _row(connection: Connection, change: Change, now: float) -> str:
    """Change one row. Returns the file to remove, or ''."""
    waiting = change.waiting
    if change.next_at is None:
        return outgoing.end(connection, waiting.id)
    outgoing.defer(connection, waiting.id, now, change.next_at, change.words)
    if change.fate is not None:
        outgoing.told_of_delay(connection, waiting.id)
    return ""


def _ours(connection: Connection, owner: str, recipient_id: int) -> bool:
    row = connection.one(_OWNER, id=recipient_id)
    return row is not None and row[0] == owner


def _next(waiting: Waiting, now: float, random: float, settings: retry.Settings) -> float:
    planned = retry.next_attempt(waiting.attempts + 1, now, random, settings)
    warning = () if waiting.delay_told else (waiting.created_at + settings.warn_after,)
    return retry.not_past(planned, now, (waiting.expires_at, *warning))


def _fate(waiting: Waiting, outcome: Outcome, action: Action, code: str = "") -> Fate:
    host = str(outcome.where) if outcome.where else None
    return Fate(waiting, action, code or outcome.code, outcome.words, host)


def _wanted(fate: Fate | None) -> Fate | None:
    return fate if fate is not None and wants(fate) else None


def _reported(changes: Sequence[Change], now: float, detail: dict[str, Any]) -> Step:
    return Step(now, "reported", changes[0].waiting.reverse_path.lower(), detail)


def _news(change: Change) -> tuple[str, dict[str, Any]] | None:
    """What a webhook hears of a change: that a letter arrived, or that it never will."""
    if change.next_at is not None:
        return None
    waiting, detail = change.waiting, change.step.detail
    return ("delivered" if change.delivered else "bounced"), {
        "letter": waiting.letter_id,
        "from": waiting.reverse_path,
        "to": waiting.address,
        "size": waiting.size,
        "host": detail.get("host", ""),
        "code": detail["code"],
        "said": detail["said"],
    }


def _detail(waiting: Waiting, outcome: Outcome, seconds: float) -> dict[str, Any]:
    """An attempt in the journey: who answered, what they said, how long it took."""
    detail: dict[str, Any] = {
        "attempt": waiting.attempts + 1,
        "code": outcome.code,
        "said": outcome.words,
        "seconds": round(seconds, 3),
    }
    if where := outcome.where:
        detail |= {"host": where.host, "ip": where.address, "port": where.port, "tls": where.tls}
        if where.proof:
            detail["proof"] = where.proof
    if outcome.tried:
        detail["tried"] = [
            {"host": t.where.host, "ip": t.where.address, "port": t.where.port, "said": t.words}
            for t in outcome.tried
        ]
    return {**detail, **outcome.letter}
