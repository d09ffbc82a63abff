"""Reports to senders on what became of their letters: who is told, of what, and the report as a letter. RFC 3461, RFC 3464.

Nobody is told who said NOTIFY=NEVER, who asked for other news, or who sent from the null reverse-path: so no report is
ever made on a report. One report covers all recipients of a letter whose fate was settled together.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from hawknest.accounts import domains
from hawknest.mail import dsn, trace
from hawknest.mail.address import PATH_LIMIT, parse_address
from hawknest.mail.dsn import EVENTS, FULL_LIMIT, Action
from hawknest.mail.envelope import (
    DEFAULT_NOTIFY,
    Body,
    Envelope,
    EnvelopeError,
    Notify,
    OriginalRecipient,
    Recipient,
    Ret,
    parse_orcpt,
)
from hawknest.mail.header import split
from hawknest.post.local import Delivery, own
from hawknest.post.route import NOTHING_SAID, Plan, Router
from hawknest.store import Store, letters
from hawknest.store.blobs import Content
from hawknest.store.errors import FileGone
from hawknest.store.outgoing import Waiting
from hawknest.wire.smtp.reply import Reply

HEADER: Final = 128 * 1024  # octets in which the end of the letter's header is looked for


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a letter for one recipient."""

    waiting: Waiting
    action: Action
    code: str
    words: str
    host: str | None = None  # who said the words; None: we did


@dataclass(frozen=True, slots=True)
class Report:
    """A report that is ready to be filed or queued in the transaction that settles its cause."""

    plan: Plan
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Unsent:
    """A report that cannot be sent, and why: the sender's address leads nowhere."""

    words: str


def wants(fate: Fate) -> bool:
    """Whether the sender is to be told of a fate."""
    waiting = fate.waiting
    notify = DEFAULT_NOTIFY if waiting.notify == NOTHING_SAID else Notify(waiting.notify)
    return bool(waiting.reverse_path) and bool(EVENTS[fate.action] & notify)


def recipient_of(waiting: Waiting) -> Recipient:
    """The recipient as the envelope had it."""
    notify = None if waiting.notify == NOTHING_SAID else Notify(waiting.notify)
    return Recipient(parse_address(waiting.address, local_limit=PATH_LIMIT), _orcpt(waiting.orcpt), notify)


def envelope_of(waiting: Waiting, recipients: Sequence[Recipient]) -> Envelope:
    """The envelope that a letter waits with."""
    sender = waiting.reverse_path
    return Envelope(
        reverse_path=parse_address(sender, local_limit=PATH_LIMIT) if sender else None,
        recipients=tuple(recipients),
        body=Body(waiting.body),
        smtputf8=waiting.smtputf8,
        ret=Ret(waiting.ret) if waiting.ret else None,
        envid=waiting.envid or None,
        size=waiting.size,
        requiretls=waiting.requiretls,
    )


@dataclass(frozen=True, slots=True)
class Reporter:
    """Composes and routes reports; `host` is our own name."""

    store: Store
    router: Router
    host: str
    utc_offset: int = 0  # seconds that local time is ahead of UTC

    async def report(self, fates: Sequence[Fate], report_id: str, now: float) -> Report | Unsent | None:
        """Make the report on what became of one letter; None: nobody wants one.

        `fates` are of recipients of the same outgoing letter; `report_id` becomes the trace id of the report; `now` is in
        seconds since the epoch.
        """
        told = [fate for fate in fates if wants(fate)]
        if not told:
            return None
        first = told[0].waiting
        original, whole = await self._original(first)
        # From a domain of ours and not from our host name: the one has a key and signs, the other may be anybody's.
        domain = await self.store.read(domains.primary)
        statuses = tuple(_status(fate, now) for fate in told)
        composed = dsn.compose(
            dsn.Report(
                envelope_of(first, [status.recipient for status in statuses]),
                statuses,
                self.host,
                report_id,
                first.created_at,
                now,
                self.utc_offset,
                domain,
            ),
            original,
            whole=whole,
        )
        if composed is None:
            return None
        envelope, letter = composed
        plan = await self.router.plan(envelope, letter[: split(letter).header_end])
        if isinstance(plan, Reply):
            return Unsent(str(plan))
        # Return-Path where a mailbox of ours is its end (RFC 5321 §4.4).
        return_path = trace.return_path(None) if plan.accounts else b""
        delivery = own(return_path + letter, envelope, "bounce", now, first.letter_id)
        row = replace(delivery.letter, id=report_id, message_id=f"<{report_id}@{self.host}>")
        return Report(plan, replace(delivery, letter=row, skip=len(return_path)))

    async def _original(self, waiting: Waiting) -> tuple[bytes, bool]:
        """The first octets of the letter as it was sent on, and whether they are all of it."""
        content = await self.store.read(lambda connection: letters.read(connection, waiting.blob_id))
        if content is None:
            return b"", False
        most = FULL_LIMIT if waiting.ret == Ret.FULL else 0
        data = await _beginning(self.store, content, waiting.skip, max(most, HEADER))
        return waiting.prefix + data, len(data) == content.size - waiting.skip


async def _beginning(store: Store, content: Content, skip: int, most: int) -> bytes:
    if content.data is not None:
        return content.data[skip : skip + most]
    assert content.place is not None
    with contextlib.suppress(FileGone):  # the sender must hear of a letter that is lost all the more
        async with contextlib.aclosing(store.blobs.read(content.place, skip)) as blocks:
            async for block in blocks:
                return block[:most]
    return b""


def _status(fate: Fate, now: float) -> dsn.Status:
    waiting = fate.waiting
    return dsn.Status(
        recipient_of(waiting),
        fate.action,
        fate.code,
        remote_mta=fate.host,
        diagnostic=fate.words,
        last_attempt=now,
        will_retry_until=waiting.expires_at if fate.action is Action.DELAYED else None,
    )


def _orcpt(text: str) -> OriginalRecipient | None:
    try:
        return parse_orcpt(text) if text else None
    except EnvelopeError:  # written by an older version: a report without it is better than none
        return None
