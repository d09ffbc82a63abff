"""One POP3 session: who wants to read is let in, reads, and what it marked is deleted at QUIT. RFC 1939."""

from hawknest.doors.pop3.authorize import authorize
from hawknest.doors.pop3.rooms import PopLink, Rooms, Settings, engine
from hawknest.doors.pop3.transact import transact
from hawknest.net.link import Ended
from hawknest.post.traceid import trace_id


async def serve(link: PopLink, settings: Settings, rooms: Rooms) -> None:
    """Lead a session to its end."""
    await rooms.directory.look()
    session = trace_id()
    drop = await authorize(link, session, settings, rooms)
    if drop is not None:
        try:
            await transact(link, session, drop, rooms)
        finally:
            await rooms.maildrops.close(drop)
    match link.ended:
        case Ended.STOPPING:
            engine(link).end("This server stops now; please come back later", "SYS/TEMP")
        case Ended.IDLE:
            engine(link).end("Nothing was heard for too long: goodbye")
        case _:
            pass
