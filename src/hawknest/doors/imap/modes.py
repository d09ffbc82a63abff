"""What a session agrees on: ENABLE, COMPRESS, and what is offered to it. RFC 5161, RFC 4978."""

from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.wire.imap.capability import Offers
from hawknest.wire.imap.command import Enable


def offer(session: Session) -> Offers:
    """Work out what is offered to who was let in."""
    return Offers(append_limit=session.largest, without=session.without)


def enable(session: Session, command: Enable) -> Answer:
    """Note what the client understands (RFC 5161 §3.1)."""
    enabled: list[str] = []
    for name in command.names:
        if name in session.without:
            continue
        match name:
            case "CONDSTORE":
                session.condstore = True
            case "QRESYNC":
                session.condstore = session.qresync = True
            case "UTF8=ACCEPT":
                session.server.utf8 = True
            case "IMAP4REV2":
                session.rev2 = session.server.utf8 = True
            case "UIDONLY":
                session.uid_only = True
            case _:
                continue
        enabled.append("IMAP4rev2" if name == "IMAP4REV2" else name)
    session.server.untagged(" ".join(["ENABLED", *enabled]).encode())
    return Answer("I shall mind it")


async def compress(session: Session) -> Answer:
    """Compress from now on (RFC 4978 §3). Raises Refused."""
    server = session.server
    if not server.offers.compress:
        raise Refused("It is compressed already", "COMPRESSIONACTIVE")
    server.ok("From now on")
    await session.link.flush()
    server.compress()
    server.offers = Offers(
        append_limit=server.offers.append_limit, without=server.offers.without, compress=False
    )
    return Answer("")
