"""What the self-test says to the running server: plain conversations by Python's own mail clients, on this machine."""

import contextlib
import imaplib
import poplib
import re
import smtplib
import socket
import ssl
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from hawknest.net.tls import client_context

PATIENCE: Final = 15.0  # seconds for each answer
OURSELVES: Final = "localhost"  # what we greet with; smtplib would ask the DNS
ELSEWHERE: Final = "selftest@elsewhere.invalid"  # RFC 2606 §2: nobody's, ever

_ACCEPTED: Final = re.compile(r"Accepted as (\w+)")


class Failed(Exception):
    """The server did not do what was expected; the text is what it said or what the system says."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of the running server, as its status names it."""

    service: str
    address: str
    port: int
    tls: str

    @property
    def host(self) -> str:
        """The address to reach it at from this machine: loopback where it listens on every address."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)  # noqa: S104 (nothing is bound)

    @property
    def speaks_smtp(self) -> bool:
        """Whether strangers may try to send through it."""
        return self.service in {"smtp", "submission", "submissions"}


@contextlib.contextmanager
def failing() -> Generator[None]:
    """Turn whatever goes wrong in a conversation into Failed."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise Failed(f"{error.smtp_code} {_text(error.smtp_error)}") from error
    except imaplib.IMAP4.error as error:
        raise Failed(_text(error.args[0]) if error.args else "NO") from error
    except poplib.error_proto as error:
        raise Failed(_text(error.args[0]) if error.args else "-ERR") from error
    except TimeoutError as error:
        raise Failed(f"no answer within {PATIENCE:.0f} seconds") from error
    except ssl.SSLError as error:
        raise Failed(f"TLS: {error.reason or error}") from error
    except (OSError, smtplib.SMTPException, EOFError) as error:
        raise Failed(getattr(error, "strerror", None) or str(error) or type(error).__name__) from error


def greeting(listener: Listener) -> None:
    """Connect, and wait for what the server says first, or for its first answer. Raises Failed."""
    with failing(), socket.create_connection((listener.host, listener.port), PATIENCE) as sock:
        if listener.service == "http":  # here the client speaks first
            sock.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        if listener.tls != "implicit" and listener.service != "finger":
            sock.settimeout(PATIENCE)
            if not sock.recv(3):
                raise Failed("the connection was closed without a greeting")


def handshake(listener: Listener) -> str:
    """Begin TLS. Returns its version. Raises Failed."""
    with failing():
        if listener.service == "https":
            context = client_context(verify=False)
            with (
                socket.create_connection((listener.host, listener.port), PATIENCE) as sock,
                context.wrap_socket(sock, server_hostname=OURSELVES) as safe,
            ):
                return _version(safe)
        if listener.service.startswith("imap"):
            with imap(listener) as reader:
                return _version(reader.sock)
        if listener.service.startswith("pop3"):
            with contextlib.closing(pop3(listener)) as client:
                return _version(client.sock)
        with smtp(listener) as client:
            return _version(client.sock)


def smtp(listener: Listener) -> smtplib.SMTP:
    """Connect to an SMTP listener, with TLS where it has any. Raises what smtplib does."""
    context = client_context(verify=False)
    if listener.tls == "implicit":
        client = smtplib.SMTP_SSL(listener.host, listener.port, OURSELVES, timeout=PATIENCE, context=context)
    else:
        client = smtplib.SMTP(listener.host, listener.port, OURSELVES, timeout=PATIENCE)
    try:
        if listener.tls == "starttls":
            client.starttls(context=context)
        client.ehlo()
    except BaseException:
        client.close()
        raise
    return client


def imap(listener: Listener) -> imaplib.IMAP4:
    """Connect to an IMAP listener, with TLS where it has any. Raises what imaplib does."""
    context = client_context(verify=False)
    if listener.tls == "implicit":
        return imaplib.IMAP4_SSL(listener.host, listener.port, ssl_context=context, timeout=PATIENCE)
    client = imaplib.IMAP4(listener.host, listener.port, timeout=PATIENCE)
    try:
        if listener.tls == "starttls":
            client.starttls(context)
    except BaseException:
        client.shutdown()
        raise
    return client


def pop3(listener: Listener) -> poplib.POP3:
    """Connect to a POP3 listener, with TLS where it has any. Raises what poplib does."""
    context = client_context(verify=False)
    if listener.tls == "implicit":
        return _Pop3s(listener.host, listener.port, timeout=PATIENCE, context=context)
    client = _Pop3(listener.host, listener.port, timeout=PATIENCE)
    try:
        if listener.tls == "starttls":
            client.stls(context)
    except BaseException:
        client.close()
        raise
    return client


class _Pop3(poplib.POP3):
    """Python's client, which leaves its socket open where the greeting is none."""

    def _getresp(self) -> bytes:
        try:
            return super()._getresp()  # type: ignore[misc]
        except BaseException:
            self.close()
            raise


class _Pop3s(_Pop3, poplib.POP3_SSL):
    """The same over TLS."""


def log_in(client: smtplib.SMTP, name: str, secret: str) -> None:
    """Log in to send. Raises Failed."""
    with failing():
        client.user, client.password = name, secret
        client.auth("PLAIN", client.auth_plain)


def send(client: smtplib.SMTP, sender: str, recipient: str, letter: bytes) -> str:
    """Hand a letter in. Returns its trace id. Raises Failed."""
    with failing():
        for code, said in (client.mail(sender), client.rcpt(recipient), client.data(letter)):
            if code not in {250, 251}:
                raise Failed(f"{code} {_text(said)}")
        found = _ACCEPTED.search(_text(said))
    if found is None:
        raise Failed(_text(said))
    return found[1]


def relay(listener: Listener, ours: str) -> None:
    """Try to send to an address elsewhere without logging in, as somebody from there and as `ours`.

    Raises Failed where that is not refused.
    """
    with failing(), smtp(listener) as client:
        for sender in (ELSEWHERE, ours):
            code, _ = client.mail(sender)
            if code >= 400:  # also for now: receiving is paused, and who may not begin relays nothing
                continue
            code, said = client.rcpt(ELSEWHERE)
            if code < 500:
                raise Failed(f"{code} {_text(said)}")
            client.rset()


def read_back(listener: Listener, name: str, secret: str, unique_id: str, mark: bytes) -> None:
    """Log in to read, find a letter by its unique-id, read it and delete it. Raises Failed."""
    with failing():
        client = pop3(listener)
        try:
            client.user(name)
            client.pass_(secret)
            number = _number(client, unique_id)
            _, lines, _ = client.retr(number)
            if mark not in lines:
                raise Failed("the letter that was read is another one")
            client.dele(number)
            client.quit()
        finally:
            client.close()


def _number(client: poplib.POP3, unique_id: str) -> int:
    _, lines, _ = client.uidl()
    for line in lines:
        number, _, found = line.decode("ascii", "replace").partition(" ")
        if found == unique_id:
            return int(number)
    raise Failed("the letter is not in the list of letters")


def _version(sock: object) -> str:
    return (sock.version() if isinstance(sock, ssl.SSLSocket) else None) or "TLS"


def _text(said: object) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())
