"""Logging in to a smart host: the best mechanism that both sides have. RFC 4954 §4."""

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Awaitable, Callable

from hawknest.post.site import Login
from hawknest.wire.sasl.client import ClientExchange, agree, choose
from hawknest.wire.sasl.values import Refused
from hawknest.wire.smtp.client import Client
from hawknest.wire.smtp.reply import Reply


async def log_in(client: Client, login: Login, reply: Callable[[], Awaitable[Reply]]) -> Reply | None:
    """Log in over a connection that nobody can listen to.

    Returns the server's last word; None where it offers no mechanism that we know. Raises Refused where the server is no
    friend of ours: the connection is then of no more use.
    """
    choice = choose(client.extensions.mechanisms, private=True)
    if choice is None:
        return None
    exchange = choice.begin(login.user, login.password)
    client.auth(choice.name, next(exchange))
    said = await reply()
    while said.code == 334:
        client.auth_answer(await asyncio.to_thread(_answer, exchange, said.text))
        said = await reply()
    if said.code == 235:
        agree(exchange)
    return said


def _answer(exchange: ClientExchange, text: str) -> bytes:
    """Answer a challenge; in a thread of its own, since SCRAM's keys may take long to derive. Raises Refused."""
    try:
        return exchange.send(b64decode(text, validate=True)) or b""
    except StopIteration:
        return b""
    except (binascii.Error, ValueError):
        raise Refused("the server's challenge is not base64") from None
