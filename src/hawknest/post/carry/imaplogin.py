"""Opening a session with another IMAP server: greeting, TLS, login. RFC 9051 §6.2, RFC 8314.

A password goes only where nobody can listen: through TLS with a certificate that is verified, unless the owner says
otherwise, or to this machine itself; elsewhere only by mechanisms that do not show it.
"""

import asyncio
import binascii
import ssl
from base64 import b64decode

from hawknest.net import link as network
from hawknest.net import tlsgrade
from hawknest.net.link import Link
from hawknest.net.tls import client_context
from hawknest.post.carry.imaphost import PATIENCE, PORTS, Broken, ImapError, Security, Server, Session
from hawknest.wire.imap.answers import Answer, Capabilities, Condition, Go
from hawknest.wire.imap.client import Client
from hawknest.wire.sasl.client import agree, choose
from hawknest.wire.sasl.values import ClientExchange, Refused


async def connect(server: Server) -> Session:
    """Open a session and log in. Raises ImapError."""
    client = Client()
    context = client_context(verify=server.verify)
    tlsgrade.of_a_client(context, demanded=False)  # what people move away from may be old
    try:
        link: Link[Answer] = await network.connect(
            client,
            server.host,
            server.port or PORTS[server.security],
            timeout=PATIENCE,
            context=context if server.security is Security.TLS else None,
            server_hostname=server.host,
        )
    except OSError as error:
        raise Broken(f"{server.host} cannot be reached: {_why(error)}") from error
    session = Session(link, client)
    try:
        await _greeted(session, server, context)
    except BaseException:
        session.abort()
        raise
    return session


async def _greeted(session: Session, server: Server, context: ssl.SSLContext) -> None:
    """Lead a session from the greeting to the login."""
    greeting = await session.event()
    if not isinstance(greeting, Condition) or greeting.kind not in {"OK", "PREAUTH"}:
        raise ImapError("the server does not greet as an IMAP server does")
    if server.security is Security.STARTTLS:
        await session.start_tls(context, server.host)
    if not session.capabilities:
        await session.ask(session.client.capability(), Capabilities)
    if greeting.kind == "OK":
        before = session.capabilities
        await _log_in(session, server)
        if session.capabilities is before:  # it has not told of itself what it can do after a login
            await session.ask(session.client.capability(), Capabilities)


async def _log_in(session: Session, server: Server) -> None:
    mechanisms = [word.removeprefix("AUTH=") for word in session.capabilities if word.startswith("AUTH=")]
    choice = choose(mechanisms, private=session.private)
    if choice is None:
        if not session.private:
            raise ImapError(
                "the password is not sent without TLS, and the server offers no other way to log in"
            )
        if "LOGINDISABLED" in session.capabilities:
            raise ImapError("the server offers no way to log in that is known here")
        try:
            done = await session.result(session.client.login(server.user, server.password))
        except ValueError:
            raise ImapError("the server takes only names and passwords in ASCII") from None
    else:
        session.client.authenticate(choice.name)
        try:
            done = await _exchanged(session, choice.begin(server.user, server.password))
        except Refused as refused:
            raise ImapError(str(refused)) from None
    if done.kind != "OK":
        raise ImapError(f"the server refuses the login: {done.text or done.kind}")


async def _exchanged(session: Session, exchange: ClientExchange) -> Condition:
    """Lead a SASL exchange to its end. Raises Refused, ImapError."""
    answer = next(exchange)  # it waits for the server's first word, which every server has (RFC 9051 §6.2.2)
    while isinstance(said := await session.ready(), Go):
        if answer is None:
            # SCRAM's keys may take long to derive.
            answer = await asyncio.to_thread(_answer, exchange, said.text)
        session.client.answer(answer)
        answer = None
    if said.kind == "OK":
        agree(exchange)
    return said


def _answer(exchange: ClientExchange, text: str) -> bytes:
    """Answer a challenge. Raises Refused."""
    try:
        return exchange.send(b64decode(text, validate=True)) or b""
    except StopIteration:
        return b""
    except (binascii.Error, ValueError):
        raise Refused("the server's challenge is not base64") from None


def _why(error: OSError) -> str:
    match error:
        case TimeoutError():
            return "no answer"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not one that is known here ({error.verify_message})"
        case ssl.SSLError():
            return f"the TLS handshake failed ({error.reason or error})"
        case _:
            return error.strerror or str(error)
