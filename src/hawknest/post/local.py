"""The one transaction in which a letter is accepted: filed, queued, written down.

`apply` is a plain function of a connection. It may stand alone, as when a door accepts a letter, or be part of a larger
job, as when a bounce is made in the transaction that takes its cause out of the queue.
"""

from dataclasses import dataclass
from typing import Final

from hawknest.accounts.changes import directory_version
from hawknest.accounts.directory import Account
from hawknest.mail.envelope import Envelope
from hawknest.post.route import Answer, Copy, Plan
from hawknest.post.traceid import trace_id
from hawknest.store import Connection, Statement, StoreError, journey, letters, outgoing
from hawknest.store.blobs import Content
from hawknest.store.journey import Letter, Step


class Stale(StoreError):
    """The directory changed between asking it and filing: route the letter again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A letter that is accepted: its octets, its row in the journey, its envelope."""

    content: Content
    letter: Letter
    envelope: Envelope
    skip: int = 0  # octets at its start that stay here: the Return-Path line


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things may take, in seconds: a letter in the queue, and until the same sender is answered again."""

    lifetime: float
    responder_period: float


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done with a letter."""

    filed: tuple[letters.Filed, ...]
    queued: int  # recipients that wait to leave, those of automatic replies among them


_ANSWERED: Final = Statement(
    """INSERT INTO responded (account_id, sender, at) VALUES (:account, :sender, :now)
       ON CONFLICT (account_id, sender) DO UPDATE SET at = excluded.at WHERE responded.at <= :before
       RETURNING at"""
)


def apply(connection: Connection, plan: Plan, delivery: Delivery, terms: Terms) -> Applied:
    """File, queue and write down a letter as planned.

    Raises Stale, letters.OverQuota (for a letter to one account alone: with more, the others must not suffer), StoreError.
    """
    if directory_version(connection) != plan.version:
        raise Stale("the directory has changed")
    letter = delivery.letter
    blob_id = letters.keep(connection, delivery.content, len(plan.accounts) + len(plan.copies))
    alone = len(plan.accounts) == 1 and not plan.copies
    steps = list(plan.steps)
    filed: list[letters.Filed] = []
    for account in plan.accounts:
        filed.append(_file(connection, account, blob_id, delivery, alone=alone))
        steps.append(Step(letter.at, "filed", account.address.key, {"uid": filed[-1].uid}))
    queued = 0
    for copy in plan.copies:
        outgoing.add(connection, blob_id, _leaving(copy, delivery, terms), copy.recipients)
        steps += [Step(letter.at, "queued", recipient.address.lower(), {}) for recipient in copy.recipients]
        queued += len(copy.recipients)
    answers = [answer for answer in plan.answers if _due(connection, answer, letter.at, terms)]
    steps += [Step(letter.at, "answered", answer.to.key, {}) for answer in answers]
    journey.begin(connection, letter, steps)
    for answer in answers:
        queued += _answer(connection, answer, letter, terms)
    return Applied(tuple(filed), queued)


def own(letter: bytes, envelope: Envelope, service: str, now: float, about: str) -> Delivery:
    """Make a delivery of a letter of our own making.

    `service` names who made it (responder, bounce), `now` is in seconds since the epoch, `about` the id of the letter
    that gave cause to it.
    """
    sender = envelope.reverse_path.key if envelope.reverse_path else ""
    row = Letter(trace_id(now), now, service, "", sender, "", len(letter), {"about": about})
    return Delivery(Content(len(letter), letter), row, envelope)


def _file(
    connection: Connection, account: Account, blob_id: int, delivery: Delivery, *, alone: bool
) -> letters.Filed:
    return letters.file(
        connection,
        account.account_id,
        blob_id,
        delivery.content.size,
        letter_id=delivery.letter.id,
        at=delivery.letter.at,
        quota=account.quota if alone else 0,
    )


def _leaving(copy: Copy, delivery: Delivery, terms: Terms) -> outgoing.Outgoing:
    envelope, at = delivery.envelope, delivery.letter.at
    return outgoing.Outgoing(
        delivery.letter.id,
        copy.reverse_path,
        at,
        at + terms.lifetime,
        skip=delivery.skip,
        prefix=copy.prefix,
        body=envelope.body.value,
        smtputf8=envelope.smtputf8,
        ret=envelope.ret.value if envelope.ret else "",
        envid=envelope.envid or "",
    )


def _due(connection: Connection, answer: Answer, now: float, terms: Terms) -> bool:
    """Note that a sender is answered, and say whether the period since the last answer is over."""
    before = now - terms.responder_period
    row = connection.one(_ANSWERED, account=answer.account_id, sender=answer.to.key, now=now, before=before)
    return row is not None


def _answer(connection: Connection, answer: Answer, letter: Letter, terms: Terms) -> int:
    """Send an automatic reply: a letter of our own, with a journey of its own."""
    delivery = own(answer.letter, answer.envelope, "responder", letter.at, letter.id)
    return apply(connection, answer.plan, delivery, terms).queued
