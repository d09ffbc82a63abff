"""Logging in to a smart host: the strongest mechanism that both sides have. RFC 4954."""

from collections.abc import Awaitable, Callable

from hawknest.post.site import Login
from hawknest.wire.smtp.client import Client
from hawknest.wire.smtp.reply import Reply


async def log_in(client: Client, login: Login, reply: Callable[[], Awaitable[Reply]]) -> Reply | None:
    """Log in over a connection that nobody can listen to.

    Returns the server's last word; None where it offers no mechanism that we know.
    """
    offered = client.extensions.mechanisms
    if "PLAIN" in offered:
        client.auth("PLAIN", f"\0{login.user}\0{login.password}".encode())
        return await reply()
    if "LOGIN" in offered:
        client.auth("LOGIN", None)
        said = await reply()
        for answer in (login.user, login.password):
            if said.code != 334:
                return said
            client.auth_answer(answer.encode())
            said = await reply()
        return said
    return None
