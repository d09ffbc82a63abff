"""One letter over an open session: MAIL, RCPT and DATA or BDAT, and what the replies mean for each recipient. RFC 5321 §3.3.

What the server cannot take is found out before it is offered: a letter larger than it said (RFC 1870), an address or a header
that needs SMTPUTF8 (RFC 6531) where an ASCII form will not do, a binary letter (RFC 3030) that cannot pass as text.

A server without 8BITMIME is sent 8-bit letters as they are. To recode them would break every signature over the body
(RFC 6376 §5.3), and servers that are not 8-bit clean have died out.
"""

from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

from hawknest.mail.envelope import Body, Envelope, Notify, Recipient
from hawknest.post.outcome import Deferred, Delivered, Failed, Outcome, code_of, refused, words_of
from hawknest.post.parcel import Parcel
from hawknest.post.session import Broken, Session
from hawknest.store import StoreGone
from hawknest.wire.smtp.reply import Reply

CHUNK: Final = 256 * 1024  # octets given to the connection at once

#: Codes for replies that carry none: what was refused, but for the class (RFC 3463 §3).
_SENDER: Final = (0, 1, 8)
_RECIPIENT: Final = (0, 1, 1)
_CONTENT: Final = (0, 6, 0)


@dataclass(slots=True)
class _Fates:
    """The recipients and what became of each so far."""

    outcomes: list[Outcome | None]

    def settle(self, outcome: Outcome) -> None:
        """Give those who have none the same outcome."""
        self.outcomes = [outcome if known is None else known for known in self.outcomes]

    @property
    def open(self) -> list[int]:
        """The recipients who have no outcome."""
        return [index for index, outcome in enumerate(self.outcomes) if outcome is None]

    def done(self) -> list[Outcome]:
        """The outcomes, when everyone has one."""
        return [outcome for outcome in self.outcomes if outcome is not None]


async def send(session: Session, parcel: Parcel) -> list[Outcome]:
    """Offer a letter to a server. Returns an outcome for each recipient, in order; the session says if it is usable."""
    recipients = parcel.envelope.recipients
    fates = _Fates([None] * len(recipients))
    envelope = await _fitted(session, parcel, fates)
    if fates.open:
        transaction = _Transaction(session, parcel, envelope, fates)
        try:
            await transaction.run()
        except Broken as broken:
            session.abort()
            # Once all octets were sent the server may have taken the letter: another host would get it twice.
            elsewhere = not transaction.sent
            fates.settle(Deferred(broken.code, broken.words, session.where, elsewhere=elsewhere))
        except StoreGone as error:
            session.abort()
            fates.settle(Deferred("4.3.0", f"the letter cannot be read here: {error}", elsewhere=False))
        session.letters += 1
    return fates.done()


async def _fitted(session: Session, parcel: Parcel, fates: _Fates) -> Envelope:
    """Fit the envelope to what the server can do, and fail what does not fit."""
    offers, envelope, where = session.client.extensions, parcel.envelope, session.where
    if offers.size and parcel.size > offers.size:
        words = f"The letter has {parcel.size} octets; {where} takes {offers.size}"
        fates.settle(Failed("5.3.4", words, where))
    elif envelope.requiretls and envelope.reverse_path and not session.keeps_tls_required:
        words = f"The letter is to go over proven TLS alone (REQUIRETLS), which {where} does not promise"
        fates.settle(Failed("5.7.30", words, where))
    elif envelope.smtputf8 and "SMTPUTF8" not in offers:
        await _without_smtputf8(session, parcel, fates)
    if envelope.body is Body.BINARY and not ("BINARYMIME" in offers and "CHUNKING" in offers):
        if not await parcel.is_text():
            fates.settle(Failed("5.6.1", f"The letter is binary; {where} takes only text", where))
        return replace(envelope, body=Body.EIGHT_BIT)
    return envelope


async def _without_smtputf8(session: Session, parcel: Parcel, fates: _Fates) -> None:
    """Fail what cannot be said in ASCII: domains can, local parts and header fields cannot (RFC 6531 §3.5)."""
    envelope, where = parcel.envelope, session.where
    failed = Failed("5.6.7", f"The letter needs SMTPUTF8, which {where} does not offer", where)
    sender = envelope.reverse_path
    if (sender is not None and sender.needs_smtputf8) or not await parcel.header_is_ascii():
        fates.settle(failed)
        return
    for index, recipient in enumerate(envelope.recipients):
        if recipient.address.needs_smtputf8:
            fates.outcomes[index] = failed


class _Transaction:
    """The dialogue about one letter."""

    def __init__(self, session: Session, parcel: Parcel, envelope: Envelope, fates: _Fates) -> None:
        self.sent = False  # the server has all octets, and may have taken the letter
        self._session = session
        self._client = session.client
        self._parcel = parcel
        self._envelope = envelope
        self._fates = fates
        self._binary = envelope.body is Body.BINARY
        self._patience = session.patience

    async def run(self) -> None:
        """Lead the dialogue. Raises Broken, StoreGone."""
        go_ahead = await (self._grouped() if self._client.pipelining else self._lockstep())
        if not go_ahead:
            return
        if self._binary:
            await self._send_binary()
        else:
            await self._send_text()

    async def _grouped(self) -> bool:
        """Say everything up to DATA at once (RFC 2920 §3.1). Returns whether the letter may be sent."""
        self._reset()
        self._client.mail(self._envelope, self._parcel.size)
        named = self._fates.open
        for index in named:
            self._client.rcpt(self._envelope.recipients[index])
        if not self._binary:
            self._client.data()
        await self._take_reset()
        sender = await self._session.reply(self._patience.command)
        if not sender.positive:
            self._fates.settle(self._refused(sender, _SENDER))
        for index in named:
            self._judge(index, await self._session.reply(self._patience.command))
        if self._binary:
            return bool(self._fates.open)
        return await self._may_send(await self._session.reply(self._patience.data))

    async def _lockstep(self) -> bool:
        """Say one thing at a time. Returns whether the letter may be sent."""
        self._reset()
        await self._take_reset()
        self._client.mail(self._envelope, self._parcel.size)
        sender = await self._session.reply(self._patience.command)
        if not sender.positive:
            self._fates.settle(self._refused(sender, _SENDER))
            return False
        for index in self._fates.open:
            self._client.rcpt(self._envelope.recipients[index])
            self._judge(index, await self._session.reply(self._patience.command))
        if not self._fates.open:
            return False
        if self._binary:
            return True
        self._client.data()
        return await self._may_send(await self._session.reply(self._patience.data))

    def _reset(self) -> None:
        if self._session.unfinished:
            self._client.rset()

    async def _take_reset(self) -> None:
        """Take the reply to RSET, and note that from now on a transaction is open."""
        if self._session.unfinished:
            await self._session.reply(self._patience.command)
        self._session.unfinished = True

    def _judge(self, index: int, answer: Reply) -> None:
        if not answer.positive and self._fates.outcomes[index] is None:
            self._fates.outcomes[index] = self._refused(answer, _RECIPIENT)

    async def _may_send(self, go_ahead: Reply) -> bool:
        """Whether the letter is to be sent now, after this reply to DATA."""
        if go_ahead.code != 354:
            self._fates.settle(self._refused(go_ahead, _CONTENT))
            return False
        if not self._fates.open:  # RFC 2920 §3.1: it waits for a letter all the same, so it gets an empty one
            self._client.end_body()
            await self._session.reply(self._patience.end)
            self._session.unfinished = False
            return False
        return True

    async def _send_text(self) -> None:
        """Send the letter with DATA."""
        link = self._session.link
        link.timeout = self._patience.block
        async with aclosing(self._parcel.blocks()) as blocks:
            async for block in blocks:
                for start in range(0, len(block), CHUNK):
                    self._client.body(block[start : start + CHUNK] if len(block) > CHUNK else block)
                    if len(block) > CHUNK:
                        await link.flush()
                        self._still_there()
        self._client.end_body()
        self.sent = True
        await self._take_answers()

    async def _send_binary(self) -> None:
        """Send the letter with BDAT, chunk by chunk; a refused chunk refuses the letter (RFC 3030 §2)."""
        waiting: bytes | None = None
        async with aclosing(self._parcel.blocks()) as blocks:
            async for block in blocks:
                if waiting is not None and not await self._chunk(waiting):
                    return
                waiting = block
        self._client.bdat(waiting or b"", last=True)
        self.sent = True
        await self._take_answers()

    async def _chunk(self, data: bytes) -> bool:
        self._client.bdat(data, last=False)
        answer = await self._session.reply(self._patience.block)
        if not answer.positive:
            self._fates.settle(self._refused(answer, _CONTENT))
        return answer.positive

    def _still_there(self) -> None:
        if self._session.link.ended is not None:
            raise Broken("4.4.2", "the connection broke while the letter was being sent")

    async def _take_answers(self) -> None:
        """Take the answer to the letter: one for all, in LMTP one for each (RFC 2033 §4.2)."""
        if not self._client.lmtp:
            answer = await self._session.reply(self._patience.end)
            for index in self._fates.open:
                self._fates.outcomes[index] = self._final(answer, self._envelope.recipients[index])
        else:
            for index in self._fates.open:
                answer = await self._session.reply(self._patience.end)
                self._fates.outcomes[index] = self._final(answer, self._envelope.recipients[index])
        self._session.unfinished = False

    def _final(self, answer: Reply, recipient: Recipient) -> Outcome:
        if not answer.positive:
            return self._refused(answer, _CONTENT)
        # RFC 3461 §5.2.2: who offers DSN takes over the duty to report success.
        reports = "DSN" in self._client.extensions and recipient.notify is not None
        reports = reports and bool(recipient.notify and recipient.notify & Notify.SUCCESS)
        return Delivered(code_of(answer), words_of(answer), self._session.where, reports)

    def _refused(self, answer: Reply, default: tuple[int, int, int]) -> Outcome:
        return refused(answer, self._session.where, default)
