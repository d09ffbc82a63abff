"""AUTH in an SMTP session: somebody says who it is. RFC 4954."""

from hawknest.accounts.login import Denied, Why
from hawknest.doors.smtp.rooms import Rooms, Settings, SmtpLink, Visitor, client_of, engine
from hawknest.store import StoreError
from hawknest.wire.smtp import replies
from hawknest.wire.smtp.command import Auth
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.smtp.server import AuthAnswer


async def authenticate(
    auth: Auth, link: SmtpLink, visitor: Visitor, settings: Settings, rooms: Rooms
) -> None:
    """Let somebody say who it is (RFC 4954)."""
    server = engine(link)
    client, version = client_of(link), rooms.directory.version

    async def ask(challenge: bytes) -> bytes | None:
        server.challenge(challenge)
        answer = await link.event()
        return answer.data if isinstance(answer, AuthAnswer) else None

    try:
        outcome = await rooms.keys.exchange(client, auth.mechanism, auth.initial).lead(ask)
    except StoreError as error:
        rooms.log.system.error("login not checked", session=visitor.session, error=str(error))
        server.reply(Reply(454, (4, 7, 0), "Logins cannot be checked now; please try again later"))
        return
    if outcome is None:
        return  # cancelled, or gone
    if isinstance(outcome, Denied):
        rooms.log.auth.warning(
            "denied", session=visitor.session, peer=link.peer, service=settings.service, why=outcome.reason
        )
        code = (
            Reply(454, (4, 7, 0), outcome.words)
            if outcome.why in {Why.BLOCKED, Why.UNCHECKED}
            else Reply(535, (5, 7, 8), outcome.words)
        )
        server.reply(code)
        return
    rooms.log.auth.info(
        "logged in", session=visitor.session, peer=link.peer, service=settings.service, login=outcome.name
    )
    visitor.login, visitor.version = outcome, version
    server.reply(replies.AUTHENTICATED)
