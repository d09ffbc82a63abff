"""One letter in an SMTP session, from MAIL to its end. RFC 5321 §3.3.

Whether it may begin is asked of `accounts.permit`, where it goes of `post.route`, whether it is accepted of `post.inbound`.
"""

from dataclasses import dataclass, field
from typing import Final

from hawknest.accounts import permit
from hawknest.accounts.login import Kind
from hawknest.accounts.permit import Mode, Rights, Whose
from hawknest.doors.smtp.rights import right_of, whose_is
from hawknest.doors.smtp.rooms import Rooms, Settings, SmtpLink, Visitor, engine, is_local
from hawknest.mail.envelope import Envelope, Recipient
from hawknest.mail.trace import Protocol
from hawknest.post.inbound import DISK_FULL, NOT_STORED, Reception, Source
from hawknest.post.route import Route
from hawknest.store import StoreError, StoreFull
from hawknest.wire.smtp import replies
from hawknest.wire.smtp import server as smtp
from hawknest.wire.smtp.command import Mail, Rcpt
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import Begin, Chunk, End, Event

REFUSALS: Final = 30  # refused recipients in a session before it ends: somebody is guessing addresses
LETTERS: Final = 100_000  # letters in one session
NOT_LOOKED_UP: Final = Reply(451, (4, 3, 0), "Addresses cannot be looked up now; please try again later")

#: What the journey says of those who need not log in.
_UNPROVED: Final = {Mode.EXEMPT: "exempt address", Mode.POP: "POP before SMTP"}


@dataclass(slots=True)
class Letter:
    """A letter between MAIL and its end."""

    mail: Mail
    rights: Rights
    whose: Whose  # is the sender's address
    recipients: list[Recipient] = field(default_factory=list[Recipient])
    routes: list[Route] = field(default_factory=list[Route])

    @property
    def limit(self) -> int:
        """Octets that its most particular recipient takes; 0: no limit of theirs."""
        limits = [a.message_limit for route in self.routes for a in route.accounts if a.message_limit]
        return min(limits, default=0)


async def transact(
    mail: Mail, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> Event | None:
    """Lead a letter from MAIL to its end; gives the event that broke it off, if one did."""
    server = engine(link)
    letter = await _begin(mail, link, visitor, settings, rooms)
    if isinstance(letter, Reply):
        server.reply(letter)
        return None
    server.reply(replies.SENDER_OK)
    while (event := await link.event()) is not None:
        match event:
            case Rcpt():
                server.reply(await _recipient(event, letter, visitor, rooms))
                if visitor.refusals > REFUSALS:
                    server.reply(replies.TOO_MANY_ERRORS)
            case Begin():
                await _receive(letter, link, visitor, settings, rooms)
                return None
            case _:
                return event
    return None


async def _begin(
    mail: Mail, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> Letter | Reply:
    """Settle by what right somebody sends, and whether as this sender."""
    visitor.letters += 1
    if visitor.letters > LETTERS:
        return replies.TOO_MANY_ERRORS
    try:
        policies = (await rooms.directory.look()).policies
        mode, account_id = await right_of(link, visitor, rooms)
        whose = await whose_is(mail.sender, mode, account_id, rooms)
    except StoreError as error:
        rooms.log.system.error("sender not looked up", session=visitor.session, error=str(error))
        return NOT_LOOKED_UP
    login = visitor.login
    rights = Rights(
        mode,
        settings.service.startswith("submission"),
        policies.send_to_internet and not (login and login.kind is Kind.TEST),
        policies.sender_policy,
        login.senders if login else (),
        policies.receive,
    )
    refusal = permit.may_begin(rights) or permit.may_send_as(rights, mail.sender, whose)
    return refusal or Letter(mail, rights, whose)


async def _recipient(rcpt: Rcpt, letter: Letter, visitor: Visitor, rooms: Rooms) -> Reply:
    """Route one recipient, or say why it cannot be."""
    if len(letter.recipients) >= rooms.directory.rules.policies.recipients_limit:
        return Reply(
            452, (4, 5, 3), "Too many recipients for one letter; send the letter again to the others"
        )
    recipient = Recipient(rcpt.recipient, rcpt.orcpt, rcpt.notify)
    try:
        route = await rooms.office.router.route(recipient)
        if isinstance(route, Route):
            refusal = permit.may_send_to(letter.rights, letter.whose, local=route.local) or await _room(
                route, letter, rooms
            )
            if refusal is None:
                letter.recipients.append(recipient)
                letter.routes.append(route)
                return replies.RECIPIENT_OK
            route = refusal
    except StoreError as error:
        rooms.log.system.error("recipient not looked up", session=visitor.session, error=str(error))
        return NOT_LOOKED_UP
    visitor.refusals += 1
    rooms.log.count("refused")
    rooms.log.smtp.info(
        "recipient refused", session=visitor.session, recipient=str(rcpt.recipient), reply=str(route)
    )
    return route


async def _room(route: Route, letter: Letter, rooms: Rooms) -> Reply | None:
    """Say whether the mailboxes have room for a letter of the size that was announced."""
    for account in route.accounts:
        if account.message_limit and letter.mail.size > account.message_limit:
            return replies.TOO_BIG
        if account.quota and await rooms.octets(account.account_id) + letter.mail.size > account.quota:
            return Reply(452, (4, 2, 2), "The mailbox is full; please try again later")
    return None


async def _receive(
    letter: Letter, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> None:
    """Receive the octets of a letter, and accept it or not."""
    server = engine(link)
    reception = rooms.office.receive(
        _source(link, letter, visitor, settings), _envelope(letter), letter.routes
    )
    refusal: Reply | None = None
    end: End | None = None
    try:
        reception.begin()
        server.go_ahead()
        while (event := await link.event(through_stop=True)) is not None:
            match event:
                case Chunk(data):
                    if refusal is None:
                        refusal = await _write(reception, data)
                case End():
                    end = event
                    break
                case _:
                    break
        if end is None or end.aborted:
            return
        if refusal is None:
            refusal = end.defect or (replies.TOO_BIG if letter.limit and end.size > letter.limit else None)
        reply = refusal or await reception.finish()
    finally:
        if end is None or refusal is not None:
            reception.discard()
    if refusal is not None:
        rooms.log.count("refused")
        rooms.log.smtp.info(
            "letter refused", session=visitor.session, letter=reception.id, peer=link.peer, reply=str(refusal)
        )
    server.replies([reply] * (len(letter.recipients) if settings.kind is smtp.Kind.LMTP else 1))


async def _write(reception: Reception, data: bytes) -> Reply | None:
    try:
        await reception.write(data)
    except StoreFull:
        return DISK_FULL
    except StoreError:
        return NOT_STORED
    return None


def _envelope(letter: Letter) -> Envelope:
    mail = letter.mail
    return Envelope(
        mail.sender,
        tuple(letter.recipients),
        mail.body,
        mail.smtputf8,
        mail.ret,
        mail.envid,
        mail.size or None,
    )


def _source(link: SmtpLink, letter: Letter, visitor: Visitor, settings: Settings) -> Source:
    protocol = Protocol(
        settings.kind is smtp.Kind.LMTP,
        visitor.extended,
        link.tls is not None,
        visitor.login is not None,
        letter.mail.smtputf8,
    )
    return Source(
        settings.service,
        link.peer,
        visitor.name,
        protocol,
        link.tls.version if link.tls else None,
        link.tls.cipher if link.tls else None,
        visitor.login.name if visitor.login else "",
        _UNPROVED.get(letter.rights.mode, ""),
        visitor.session,
        settings.service == "smtp" and letter.rights.mode is Mode.STRANGER and not is_local(link),
    )
