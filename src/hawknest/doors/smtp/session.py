"""One SMTP session, from greeting to goodbye.

The engine in `wire.smtp` settles what the language settles; what is left to decide is here and beside: who somebody is in
`authenticate`, by what right they send in `rights`, one letter from MAIL to its end in `transact`.
"""

from hawknest.doors.smtp.authenticate import authenticate
from hawknest.doors.smtp.rooms import Rooms, Settings, SmtpLink, Visitor, client_of, engine, is_local
from hawknest.doors.smtp.transact import transact
from hawknest.net.link import Ended
from hawknest.post.traceid import trace_id
from hawknest.wire.smtp import replies
from hawknest.wire.smtp import server as smtp
from hawknest.wire.smtp.command import Auth, Mail, Rcpt, StartTls
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import AuthAnswer, AuthCancelled, Begin, Chunk, End, Event, Hello, Over


async def serve(link: SmtpLink, settings: Settings, rooms: Rooms) -> None:
    """Lead a session to its end."""
    server = engine(link)
    visitor = Visitor(trace_id())
    rules = await rooms.directory.look()
    server.limits = smtp.Limits(mend_newlines=rules.policies.mend_newlines)
    _offer(link, settings, rooms)
    if server.talked_early and settings.kind is smtp.Kind.MX and not is_local(link):
        rooms.log.smtp.info("talked before the greeting", session=visitor.session, peer=link.peer)
        server.reply(Reply(554, (5, 5, 1), "Wait for the greeting before you talk"))
        return
    server.reply(
        Reply(
            220,
            None,
            f"{settings.hostname} {'LMTP' if settings.kind is smtp.Kind.LMTP else 'ESMTP'} Hawknest",
        )
    )
    event = await link.event()
    while event is not None and not isinstance(event, Over):
        event = await _answer(event, link, visitor, settings, rooms) or await link.event()
    _farewell(link)


async def _answer(
    event: Event, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> Event | None:
    """Answer an event outside a letter; may give the next event, if it has already come."""
    server = engine(link)
    match event:
        case Hello(name, extended):
            visitor.name, visitor.extended = name, extended
            _offer(link, settings, rooms)
            server.hello()
        case StartTls():
            if rooms.certificate is None:
                server.reply(replies.TLS_UNAVAILABLE)
                return None
            server.reply(replies.GO_AHEAD_TLS)
            if await link.start_tls(rooms.certificate.context):
                server.secured()
                visitor.name, visitor.login = "", None  # RFC 3207 §4.2
        case Auth():
            await authenticate(event, link, visitor, settings, rooms)
        case Mail():
            return await transact(event, link, visitor, settings, rooms)
        case Rcpt() | Begin() | Chunk() | End() | AuthAnswer() | AuthCancelled() | Over():
            pass  # a letter that was refused at MAIL, or an exchange that is over
    return None


def _offer(link: SmtpLink, settings: Settings, rooms: Rooms) -> None:
    """Work out what may be offered now."""
    server = engine(link)
    server.offers = smtp.Offers(
        size=rooms.directory.rules.policies.message_size_limit,
        starttls=rooms.certificate is not None and link.tls is None,
        auth=rooms.keys.mechanisms(client_of(link)) if settings.auth else (),
        requiretls=link.tls is not None and settings.kind is not smtp.Kind.LMTP,
    )
    server.secure = link.tls is not None


def _farewell(link: SmtpLink) -> None:
    """Say why we leave, where the peer is still there."""
    match link.ended:
        case Ended.IDLE:
            engine(link).reply(replies.TIMED_OUT)
        case Ended.STOPPING:
            engine(link).reply(replies.STOPPING)
        case _:
            pass
