"""The one transaction in which a letter is accepted: filed, queued, written down.

`accept` is a plain function of a connection. The doors have it done for all letters that wait at the
same moment (`Store.batch`); it may also be part of a larger job, as when a bounce is made in the transaction that takes its
cause out of the queue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hawknest.accounts.changes import directory_version
from hawknest.mail.envelope import Envelope
from hawknest.post.route import Answer, Plan
from hawknest.post.seen import Seen
from hawknest.post.traceid import trace_id
from hawknest.store import Connection, Statement, StoreError, dmarc_rows, journey, letters, outgoing
from hawknest.store.blobs import Content
from hawknest.store.journey import Letter, Step
from hawknest.trust.strictness import Wish


class Stale(StoreError):
    """The directory changed between asking it and filing: route the letter again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A letter that is accepted: its octets, its row in the journey, its envelope."""

    content: Content
    letter: Letter
    envelope: Envelope
    skip: int = 0  # octets at its start that stay here: the Return-Path line
    seen: Seen | None = None  # what came of looking it over

    @property
    def junk(self) -> frozenset[int]:
        """The accounts that find it among their junk."""
        return self.seen.junk if self.seen else frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things may take, in seconds: a letter in the queue, and until the same sender is answered again."""

    lifetime: float
    responder_period: float


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A letter that is accepted, what is to be done with it, and on which terms."""

    plan: Plan
    delivery: Delivery
    terms: Terms


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done with a letter."""

    filed: int  # mailboxes it lies in now
    junk: int  # of these, those for junk
    queued: int  # recipients that wait to leave, those of automatic replies among them


_ANSWERED: Final = Statement(
    """INSERT INTO responded (account_id, sender, at) VALUES (:account, :sender, :now)
       ON CONFLICT (account_id, sender) DO UPDATE SET at = excluded.at WHERE responded.at <= :before
       RETURNING at"""
)


def accept(connection: Connection, acceptances: Sequence[Acceptance]) -> list[Applied]:
    """File, queue and write down letters as planned, with as few statements for many as for one.

    Returns what was done with each, in the same order.
    Raises Stale, letters.OverQuota (for a letter to one account alone: with more, the others must not suffer), StoreError.
    """
    version = directory_version(connection)
    if any(acceptance.plan.version != version for acceptance in acceptances):
        raise Stale("the directory has changed")
    blobs = letters.keep(connection, [(a.delivery.content, a.plan.uses) for a in acceptances])
    kept = list(zip(acceptances, blobs, strict=True))
    filed = iter(
        letters.file(connection, [filing for a, blob in kept for filing in _filings(connection, a, blob)])
    )
    outgoing.add(connection, [leaving for a, blob in kept for leaving in _leaving(a, blob)])
    answers = [_due(connection, a) for a in acceptances]
    journey.begin(
        connection,
        [
            (a.delivery.letter, _steps(a, [next(filed) for _ in a.plan.accounts], due))
            for a, due in zip(acceptances, answers, strict=True)
        ],
    )
    _report(connection, [a.delivery.seen for a in acceptances])
    replies = [_reply(a, answer) for a, due in zip(acceptances, answers, strict=True) for answer in due]
    if replies:
        accept(connection, replies)
    return [
        Applied(
            len(a.plan.accounts),
            len(a.delivery.junk),
            a.plan.leaving + sum(answer.plan.leaving for answer in due),
        )
        for a, due in zip(acceptances, answers, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter that is not let in, after it was looked over."""

    letter: Letter
    envelope: Envelope
    seen: Seen


def refuse(connection: Connection, refusals: Sequence[Refusal]) -> list[None]:
    """Write down letters that are not let in, so that their ids tell why."""
    journey.begin(connection, [(one.letter, _refused(one)) for one in refusals])
    _report(connection, [one.seen for one in refusals])
    return [None] * len(refusals)


def _refused(one: Refusal) -> list[Step]:
    """What a refusal says in the journey, to each who would have got the letter."""
    event = "put off" if one.seen.done is Wish.DEFER else "refused"
    because = {"because": one.seen.judgement.why}
    recipients = [recipient.address.key for recipient in one.envelope.recipients]
    return [*one.seen.steps(), *(Step(one.seen.at, event, address, because) for address in recipients)]


def own(letter: bytes, envelope: Envelope, service: str, now: float, about: str) -> Delivery:
    """Make a delivery of a letter of our own making.

    `service` names who made it (responder, bounce), `now` is in seconds since the epoch, `about` the id of the letter
    that gave cause to it.
    """
    sender = envelope.reverse_path.key if envelope.reverse_path else ""
    row = Letter(trace_id(now), now, service, "", sender, "", len(letter), {"about": about})
    return Delivery(Content(len(letter), letter), row, envelope)


def _filings(connection: Connection, acceptance: Acceptance, blob_id: int) -> list[letters.Filing]:
    """The letter's places in mailboxes; a quota can refuse it only where that concerns nobody else."""
    plan, delivery = acceptance.plan, acceptance.delivery
    alone = plan.uses == 1
    filings: list[letters.Filing] = []
    for account in plan.accounts:
        junk = account.account_id in delivery.junk
        mailbox = letters.mailbox_for(connection, account.account_id, "junk") if junk else 0
        filings.append(
            letters.Filing(
                account.account_id,
                blob_id,
                delivery.content.size,
                delivery.letter.id,
                delivery.letter.at,
                account.quota if alone else 0,
                mailbox,
                keywords="$Junk" if junk and not mailbox else "",
                lacks=delivery.content.lacks,
            )
        )
    return filings


def _report(connection: Connection, letters_seen: Sequence[Seen | None]) -> None:
    """Count what the authors' domains want to be told of."""
    rows = [row for seen in letters_seen if seen is not None and (row := seen.row()) is not None]
    if rows:
        dmarc_rows.add(connection, rows)


def _leaving(acceptance: Acceptance, blob_id: int) -> list[outgoing.Queued]:
    """The copies of a letter that leave for other hosts."""
    delivery, at = acceptance.delivery, acceptance.delivery.letter.at
    envelope = delivery.envelope
    return [
        outgoing.Queued(
            blob_id,
            outgoing.Outgoing(
                delivery.letter.id,
                copy.reverse_path,
                at,
                at + acceptance.terms.lifetime,
                skip=delivery.skip,
                prefix=copy.prefix,
                body=envelope.body.value,
                smtputf8=envelope.smtputf8,
                ret=envelope.ret.value if envelope.ret else "",
                envid=envelope.envid or "",
            ),
            copy.recipients,
        )
        for copy in acceptance.plan.copies
    ]


def _steps(acceptance: Acceptance, filed: Sequence[letters.Filed], due: Sequence[Answer]) -> list[Step]:
    """What accepting a letter adds to its journey."""
    plan, at = acceptance.plan, acceptance.delivery.letter.at
    seen = acceptance.delivery.seen
    steps = [*(seen.steps() if seen else ()), *plan.steps]
    for account, place in zip(plan.accounts, filed, strict=True):
        if account.account_id in acceptance.delivery.junk:
            assert seen is not None
            because = {"uid": place.uid, "because": seen.judgement.why}
            steps.append(Step(at, "junk", account.address.key, because))
        else:
            steps.append(Step(at, "filed", account.address.key, {"uid": place.uid}))
    for copy in plan.copies:
        steps += [Step(at, "queued", recipient.address.lower(), {}) for recipient in copy.recipients]
    steps += [Step(at, "answered", answer.to.key, {}) for answer in due]
    return steps


def _due(connection: Connection, acceptance: Acceptance) -> list[Answer]:
    """Note which senders are answered, and give the automatic replies whose period since the last is over."""
    at = acceptance.delivery.letter.at
    before = at - acceptance.terms.responder_period
    return [
        answer
        for answer in acceptance.plan.answers
        if connection.one(_ANSWERED, account=answer.account_id, sender=answer.to.key, now=at, before=before)
    ]


def _reply(acceptance: Acceptance, answer: Answer) -> Acceptance:
    """An automatic reply: a letter of our own, with a journey of its own."""
    letter = acceptance.delivery.letter
    delivery = own(answer.letter, answer.envelope, "responder", letter.at, letter.id)
    return Acceptance(answer.plan, delivery, acceptance.terms)
