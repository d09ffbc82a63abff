"""One IMAP session: who wants to read is let in, and then does as it likes until it leaves. RFC 9051 §3."""

from hawknest.doors.imap.authorize import authorize
from hawknest.doors.imap.rooms import ImapLink, Rooms, Settings, engine
from hawknest.doors.imap.transact import transact
from hawknest.net.link import Ended
from hawknest.post.traceid import trace_id


async def serve(link: ImapLink, settings: Settings, rooms: Rooms) -> None:
    """Lead a session to its end."""
    await rooms.directory.look()
    session = trace_id()
    while (user := await authorize(link, session, settings, rooms)) is not None:
        early, link.timeout = link.timeout, settings.patience
        if not await transact(link, session, user, settings, rooms):
            break
        link.timeout = early  # it is nobody again (RFC 8437)
    match link.ended:
        case Ended.STOPPING:
            engine(link).end("This server stops now; please come back later", "UNAVAILABLE")
        case Ended.IDLE:
            engine(link).end("Nothing was heard for too long: goodbye")
        case _:
            pass
