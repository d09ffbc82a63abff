"""One connection to another server: opened with all care, then letters one after another. RFC 5321, RFC 3207, RFC 2920.

`connect` leads through greeting, EHLO, STARTTLS and login and gives a `Session`, or the `Trouble` that was met. A password is
never sent in the clear. TLS that is only opportunistic is not verified: a stranger's self-signed certificate is better
than the clear, and an attacker who can show a wrong one could as well have hidden the offer (RFC 7435).
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from hawknest.net import link as network
from hawknest.net.link import Ended, Link
from hawknest.post import login
from hawknest.post.outcome import Where, code_of, words_of
from hawknest.post.site import Site, Target, Tls
from hawknest.wire.errors import ProtocolError
from hawknest.wire.sasl.values import Refused
from hawknest.wire.smtp.client import Client, extensions
from hawknest.wire.smtp.reply import Reply
from hawknest.wire.witness import Witness

#: Replies to EHLO of servers that know HELO alone (RFC 5321 §4.1.1.1).
_NO_EHLO: Final = frozenset({500, 501, 502, 504, 550})
_CLOSED: Final = (4, 3, 2)  # RFC 3463 §3.4: the system takes no network messages
#: "I take no mail" in greetings (RFC 7504 §4).
_NO_MAIL: Final = 521


@dataclass(frozen=True, slots=True)
class Patience:
    """How long we wait for the other side, in seconds (RFC 5321 §4.5.3.2)."""

    connect: float = 30.0
    greeting: float = 300.0
    command: float = 300.0
    data: float = 120.0  # for 354
    block: float = 180.0  # for a block of the letter to be taken
    end: float = 600.0  # for the answer after the letter


@dataclass(frozen=True, slots=True)
class Contexts:
    """TLS contexts of a client."""

    unverified: ssl.SSLContext
    verified: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Settings:
    """How we present ourselves.

    `name` is our host name for EHLO, or '' to use the address literal of the connection; `source` the local address to
    use, '' for any; `witness` makes who writes down what is said in a session of some name, where that is wanted.
    """

    name: str
    contexts: Contexts
    source: str = ""
    patience: Patience = Patience()
    witness: Callable[[str], Witness | None] = lambda _: None


class Broken(Exception):
    """The conversation cannot go on; `code` is an enhanced status code, the text says why."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class Kind(Enum):
    """What a failure to open a session means."""

    TROUBLE = auto()  # another host, or this one later, may do
    NO_TLS = auto()  # the handshake failed: this host again, in the clear, where that is allowed
    NO_MAIL = auto()  # the host says that it never takes mail


@dataclass(frozen=True, slots=True)
class NotOpened:
    """A session that did not come about."""

    kind: Kind
    where: Where
    code: str
    words: str


class Session:
    """An open session: said hello, secured, logged in."""

    __slots__ = ("client", "letters", "link", "patience", "unfinished", "where")

    def __init__(self, link: Link[Reply], client: Client, where: Where, patience: Patience) -> None:
        self.link = link
        self.client = client
        self.where = where
        self.patience = patience
        self.letters = 0  # carried over it
        self.unfinished = False  # a transaction must be reset before the next begins

    @property
    def usable(self) -> bool:
        """Whether it can carry another letter."""
        return self.link.ended is None

    async def reply(self, patience: float) -> Reply:
        """Wait up to so many seconds for the next reply. Raises Broken."""
        self.link.timeout = patience
        return await _reply(self.link)

    def quit(self) -> None:
        """Say goodbye and close, without waiting for an answer."""
        if self.usable:
            self.client.quit()
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.link.ended = self.link.ended or Ended.GONE
        self.link.close()

    def abort(self) -> None:
        """Drop the connection in the middle of something."""
        self.link.ended = self.link.ended or Ended.GONE
        self.link.abort()


async def connect(target: Target, site: Site, settings: Settings) -> Session | NotOpened:
    """Open a session with one address of a host."""
    opened = await _opened(target, site, settings, site.tls)
    if (
        isinstance(opened, NotOpened)
        and opened.kind is Kind.NO_TLS
        and site.tls is Tls.MAY
        and not site.login
    ):
        return await _opened(target, site, settings, Tls.NEVER)
    return opened


async def _opened(target: Target, site: Site, settings: Settings, tls: Tls) -> Session | NotOpened:
    where = Where(target.host, target.address, target.port)
    client = Client(lmtp=site.lmtp)
    context = settings.contexts.verified if site.verify else settings.contexts.unverified
    try:
        link: Link[Reply] = await network.connect(
            client,
            target.address,
            target.port,
            timeout=settings.patience.connect,
            source=_source(settings.source, target.address),
            context=context if tls is Tls.FIRST else None,
            server_hostname=target.host or target.address,
        )
    except OSError as error:
        return NotOpened(Kind.TROUBLE, where, "4.4.1", f"cannot connect: {_why(error)}")
    client.observe(settings.witness(f"{link.local_port}>{target.address}:{target.port}"))
    opening = _Opening(link, client, target, site, settings)
    try:
        result = await opening.run(tls, context)
    except Broken as broken:
        result = NotOpened(Kind.TROUBLE, where, broken.code, broken.words)
    except BaseException:
        link.abort()
        raise
    if isinstance(result, NotOpened):
        link.abort()
    return result


class _Opening:
    """The steps from a connection to a session."""

    def __init__(
        self, link: Link[Reply], client: Client, target: Target, site: Site, settings: Settings
    ) -> None:
        self._link = link
        self._client = client
        self._target = target
        self._site = site
        self._settings = settings

    async def run(self, tls: Tls, context: ssl.SSLContext) -> Session | NotOpened:
        patience = self._settings.patience
        self._link.timeout = patience.greeting
        greeting = await _reply(self._link)
        if greeting.code != 220:
            kind = Kind.NO_MAIL if greeting.code == _NO_MAIL else Kind.TROUBLE
            return self._refused(greeting, _CLOSED, kind)
        self._link.timeout = patience.command
        if refusal := await self._hello():
            return refusal
        if tls in {Tls.MAY, Tls.MUST} and (refusal := await self._secure(tls, context)):
            return refusal
        if self._site.login and (refusal := await self._log_in()):
            return refusal
        return Session(self._link, self._client, self._where(), patience)

    async def _hello(self) -> NotOpened | None:
        client = self._client
        client.hello(self._name())
        reply = await _reply(self._link)
        if reply.code in _NO_EHLO and not client.lmtp:
            client.helo(self._name())
            reply = await _reply(self._link)
            if reply.code == 250:
                return None
        if reply.code != 250:
            return self._refused(reply, _CLOSED)
        client.extensions = extensions(reply)
        return None

    def _name(self) -> str:
        """What we call ourselves: our full name, else the address that the other side sees (RFC 5321 §4.1.4)."""
        if "." in self._settings.name:
            return self._settings.name
        local = self._link.local
        return f"[IPv6:{local}]" if ":" in local else f"[{local}]"

    async def _secure(self, tls: Tls, context: ssl.SSLContext) -> NotOpened | None:
        """Begin TLS where it is offered (RFC 3207); after it nothing of what was said before counts."""
        if "STARTTLS" not in self._client.extensions:
            return (
                None if tls is Tls.MAY else self._not("4.7.4", "TLS is required here, and it was not offered")
            )
        self._client.start_tls()
        reply = await _reply(self._link)
        if reply.code != 220:
            return None if tls is Tls.MAY else self._refused(reply, (4, 7, 4))
        if not await self._link.start_tls(context, self._target.host or self._target.address):
            return self._not("4.7.5", "the TLS handshake failed", Kind.NO_TLS)
        return await self._hello()

    async def _log_in(self) -> NotOpened | None:
        """Log in to a smart host; a password that is refused is the owner's to mend, so letters wait."""
        assert self._site.login is not None
        if self._link.tls is None:
            return self._not("4.7.4", "the password is not sent without TLS")
        try:
            reply = await login.log_in(self._client, self._site.login, lambda: _reply(self._link))
        except Refused as refused:
            return self._not("4.7.8", str(refused))
        if reply is None:
            return self._not("4.7.4", "the server offers no way to log in that is known here")
        return None if reply.code == 235 else self._refused(reply, (4, 7, 8))

    def _where(self) -> Where:
        target, tls = self._target, self._link.tls
        return Where(target.host, target.address, target.port, f"{tls.version} {tls.cipher}" if tls else "")

    def _refused(self, reply: Reply, default: tuple[int, int, int], kind: Kind = Kind.TROUBLE) -> NotOpened:
        return NotOpened(kind, self._where(), code_of(reply, default), words_of(reply))

    def _not(self, code: str, words: str, kind: Kind = Kind.TROUBLE) -> NotOpened:
        return NotOpened(kind, self._where(), code, words)


async def _reply(link: Link[Reply]) -> Reply:
    """Wait for the next reply. Raises Broken."""
    try:
        reply = await link.event(through_stop=True)
    except ProtocolError as error:
        link.ended = link.ended or Ended.GONE
        link.abort()
        raise Broken("4.5.0", str(error)) from None
    if reply is not None:
        if reply.code == 421:  # the server is about to close (RFC 5321 §3.8)
            link.ended = link.ended or Ended.GONE
        return reply
    if link.ended is Ended.IDLE:
        raise Broken("4.4.2", f"the server said nothing for {link.timeout:.0f} seconds")
    raise Broken("4.4.2", "the server closed the connection")


def _source(source: str, address: str) -> str | None:
    """The local address to use, where it is of the same family."""
    return source if source and (":" in source) == (":" in address) else None


def _why(error: OSError) -> str:
    """Say in plain words why there is no connection."""
    match error:
        case TimeoutError():
            return "no answer"
        case ConnectionRefusedError():
            return "connection refused"
        case ssl.SSLError():
            return f"the TLS handshake failed ({error.reason or error})"
        case _:
            return error.strerror or str(error) or type(error).__name__
