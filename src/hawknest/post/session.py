"""One connection to another server: opened with all care, then letters one after another. RFC 5321, RFC 3207, RFC 2920.

`connect` leads through greeting, EHLO, STARTTLS and login and gives a `Session`, or the `Trouble` that was met. A password is
never sent in the clear. TLS that is only opportunistic is not verified: a stranger's self-signed certificate is better
than the clear, and an attacker who can show a wrong one could as well have hidden the offer (RFC 7435). Where the destination
demands more (`post.promises`), it is that or no session.
"""

import datetime as dt
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from hawknest.net import link as network
from hawknest.net.link import Ended, Link
from hawknest.post import login
from hawknest.post.outcome import Where, code_of, words_of
from hawknest.post.protection import NO_POLICY, NO_STARTTLS, Demand, Need, Proof, failure
from hawknest.post.site import Site, Target, Tls
from hawknest.store.tls_results import TlsResult
from hawknest.trust import dane
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
    use, '' for any; `witness` makes who writes down what is said in a session of some name, where that is wanted; `note` counts
    for TLS reports; `clock` gives seconds since the epoch.
    """

    name: str
    contexts: Contexts
    source: str = ""
    patience: Patience = Patience()
    witness: Callable[[str], Witness | None] = lambda _: None
    note: Callable[[TlsResult], None] = lambda _: None
    clock: Callable[[], float] = time.time


class Broken(Exception):
    """The conversation cannot go on; `code` is an enhanced status code, the text says why."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class Kind(Enum):
    """What a failure to open a session means."""

    TROUBLE = auto()  # another host, or this one later, may do
    NO_TLS = (
        auto()
    )  # TLS did not come about, or proved nothing: this host again by a lesser way, where that is allowed
    UNFIT = auto()  # the host cannot do what the letter itself asks for (RFC 8689 §4.2.1)
    NO_MAIL = auto()  # the host says that it never takes mail


@dataclass(frozen=True, slots=True)
class NotOpened:
    """A session that did not come about."""

    kind: Kind
    where: Where
    code: str
    words: str
    result: str = ""  # of TLS, as RFC 8460 §4.3 names it; '': it was not about TLS


class Session:
    """An open session: said hello, secured, logged in."""

    __slots__ = ("client", "lesser", "letters", "link", "patience", "unfinished", "where")

    def __init__(self, link: Link[Reply], client: Client, where: Where, patience: Patience) -> None:
        self.link = link
        self.client = client
        self.where = where
        self.patience = patience
        self.letters = 0  # carried over it
        self.unfinished = False  # a transaction must be reset before the next begins
        self.lesser = False  # it falls short of what the destination demands: for one letter that waived it

    @property
    def usable(self) -> bool:
        """Whether it can carry another letter."""
        return self.link.ended is None

    @property
    def keeps_tls_required(self) -> bool:
        """Whether it may carry a letter with REQUIRETLS: the host is proven, and promises to do the same (RFC 8689 §4.2.1)."""
        return bool(self.where.proof) and "REQUIRETLS" in self.client.extensions

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


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to open a session: what TLS it takes, and what the certificate has to show."""

    tls: Tls
    proof: Proof = Proof.NOTHING
    demand: Demand | None = None


async def connect(
    target: Target, site: Site, settings: Settings, need: Need = Need.USUAL
) -> Session | NotOpened:
    """Open a session with one address of a host, by the best way that there is and none that is forbidden."""
    demand = target.demand
    if need is Need.PROOF and not target.vouched and target.host:
        words = f"neither DNSSEC nor a policy (MTA-STS) vouches for {target.host}"
        return NotOpened(Kind.UNFIT, _where(target), "5.7.30", words)
    if demand is not None and demand.barred:
        _note(settings, site, target, demand.result)
        if need is not Need.WAIVED and (demand.enforced or need is Need.PROOF):
            return _kept(NotOpened(Kind.NO_TLS, _where(target), "4.7.5", demand.barred), demand, need)
        demand = None
    first, *lesser = _ways(site, demand, need)
    opened = await _opened(target, site, settings, first)
    if site.domain and (demand is target.demand):
        _count(settings, site, target, opened)
    for way in lesser:
        if isinstance(opened, Session) or opened.kind is not Kind.NO_TLS:
            break
        opened = await _opened(target, site, settings, way)
    if isinstance(opened, NotOpened):
        return _kept(opened, demand, need) if opened.kind is Kind.NO_TLS else opened
    if need is Need.PROOF and not opened.keeps_tls_required:
        opened.quit()
        return NotOpened(Kind.UNFIT, opened.where, "5.7.30", "the server does not offer REQUIRETLS")
    opened.lesser = need is Need.WAIVED and target.demand is not None
    return opened


def _ways(site: Site, demand: Demand | None, need: Need) -> list[_Way]:
    """The ways to open a session, the best first; the next one is for when TLS does not come about."""
    plain = [_Way(site.tls, Proof.WEBPKI if site.verify else Proof.NOTHING)]
    if site.tls is Tls.MAY and not site.login:
        plain.append(_Way(Tls.NEVER))
    if need is Need.PROOF:
        proven = demand is not None and demand.proof is not Proof.NOTHING
        tls = Tls.FIRST if site.tls is Tls.FIRST else Tls.MUST
        return [_Way(tls, demand.proof if demand and proven else Proof.WEBPKI, demand if proven else None)]
    if demand is None:
        return plain
    best = _Way(Tls.MUST, demand.proof, demand)
    return [best] if demand.enforced and need is not Need.WAIVED else [best, *plain]


def _kept(opened: NotOpened, demand: Demand | None, need: Need) -> NotOpened:
    """Say of a session that did not come about for want of protection whose demand that was."""
    words = f"{opened.words}; {demand.promise}" if demand is not None else opened.words
    if need is Need.PROOF:
        return replace(opened, kind=Kind.UNFIT, code="5.7.30", words=words)
    return replace(opened, words=words)


def _count(settings: Settings, site: Site, target: Target, opened: Session | NotOpened) -> None:
    """Count what TLS came to at the first try; a session that failed for other reasons counts nothing."""
    if isinstance(opened, Session):
        _note(settings, site, target, "" if opened.where.tls else NO_STARTTLS)
    elif opened.result:
        _note(settings, site, target, opened.result)


def _note(settings: Settings, site: Site, target: Target, result: str) -> None:
    kind, text = (target.demand.kind, target.demand.text) if target.demand else (NO_POLICY, "")
    host, address = (target.host, target.address) if result else ("", "")
    settings.note(TlsResult(site.domain, kind, text, result, host, address))


def _where(target: Target) -> Where:
    return Where(target.host, target.address, target.port)


async def _opened(target: Target, site: Site, settings: Settings, way: _Way) -> Session | NotOpened:
    client = Client(lmtp=site.lmtp)
    verify = way.proof in {Proof.WEBPKI, Proof.STS}
    context = settings.contexts.verified if verify else settings.contexts.unverified
    try:
        link: Link[Reply] = await network.connect(
            client,
            target.address,
            target.port,
            timeout=settings.patience.connect,
            source=_source(settings.source, target.address),
            context=context if way.tls is Tls.FIRST else None,
            server_hostname=target.host or target.address,
        )
    except OSError as error:
        return NotOpened(Kind.TROUBLE, _where(target), "4.4.1", f"cannot connect: {_why(error)}")
    client.observe(settings.witness(f"{link.local_port}>{target.address}:{target.port}"))
    opening = _Opening(link, client, target, site, settings, way)
    try:
        result = await opening.run(context)
    except Broken as broken:
        result = NotOpened(Kind.TROUBLE, _where(target), broken.code, broken.words)
    except BaseException:
        link.abort()
        raise
    if isinstance(result, NotOpened):
        link.abort()
    return result


@dataclass(frozen=True, slots=True)
class _Opening:
    """The steps from a connection to a session."""

    _link: Link[Reply]
    _client: Client
    _target: Target
    _site: Site
    _settings: Settings
    _way: _Way

    async def run(self, context: ssl.SSLContext) -> Session | NotOpened:
        patience = self._settings.patience
        self._link.timeout = patience.greeting
        greeting = await _reply(self._link)
        if greeting.code != 220:
            kind = Kind.NO_MAIL if greeting.code == _NO_MAIL else Kind.TROUBLE
            return self._refused(greeting, _CLOSED, kind)
        self._link.timeout = patience.command
        if refusal := await self._hello():
            return refusal
        if self._way.tls in {Tls.MAY, Tls.MUST} and (refusal := await self._secure(context)):
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

    async def _secure(self, context: ssl.SSLContext) -> NotOpened | None:
        """Begin TLS where it is offered (RFC 3207); after it nothing of what was said before counts."""
        may = self._way.tls is Tls.MAY
        if "STARTTLS" not in self._client.extensions:
            return None if may else self._no_tls(NO_STARTTLS, "TLS is required here, and it was not offered")
        self._client.start_tls()
        reply = await _reply(self._link)
        if reply.code != 220:
            return None if may else self._no_tls(NO_STARTTLS, words_of(reply))
        demand = self._way.demand
        name = demand.names[0] if demand and demand.names else self._target.host or self._target.address
        if not await self._link.start_tls(context, name):
            return self._no_tls(*failure(self._link.tls_error))
        if demand is not None and demand.proof is Proof.DANE:
            now = dt.datetime.fromtimestamp(self._settings.clock(), dt.UTC)
            unproven = dane.prove(demand.records, self._link.certificates(), demand.names, now)
            if unproven is not None:
                return self._no_tls(unproven.result, unproven.words)
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
        if tls is None:
            return _where(target)
        return Where(target.host, target.address, target.port, f"{tls.version} {tls.cipher}", self._way.proof)

    def _refused(self, reply: Reply, default: tuple[int, int, int], kind: Kind = Kind.TROUBLE) -> NotOpened:
        return NotOpened(kind, self._where(), code_of(reply, default), words_of(reply))

    def _not(self, code: str, words: str) -> NotOpened:
        return NotOpened(Kind.TROUBLE, self._where(), code, words)

    def _no_tls(self, result: str, words: str) -> NotOpened:
        code = "4.7.4" if result == NO_STARTTLS else "4.7.5"  # RFC 3463 §3.8
        return NotOpened(Kind.NO_TLS, _where(self._target), code, words, result)


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
