"""Getting in: names and proofs checked for every door in one place.

A wrong name and a wrong password look and take the same, and a name that nobody has is asked with a salt like any other
(`salts`). Failures are counted by the limiter whichever protocol they came by. An account's password opens every service;
an app password those it was made for; a device's only sends. A token of a login service opens what its verifier says.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto
from functools import partial
from typing import Final

from hawknest.accounts import salts, token
from hawknest.accounts.bearer import TokenVerifier
from hawknest.accounts.directory import login_address
from hawknest.accounts.limiter import Limiter
from hawknest.accounts.locks import Locks, Verifier
from hawknest.accounts.settings import Policies
from hawknest.mail.address import Address
from hawknest.store import Connection, Row, Statement, Store
from hawknest.wire.sasl import (
    MECHANISMS,
    Challenge,
    CramLookup,
    Refused,
    ScramLookup,
    ScramUser,
    Success,
    TokenFault,
    TokenLookup,
    TokenUser,
    Verify,
    offered,
)
from hawknest.wire.sasl.prep import prepared
from hawknest.wire.sasl.scram import fresh_salt
from hawknest.wire.sasl.values import Answer, Exchange


class Kind(StrEnum):
    """What a login was made with."""

    ACCOUNT = "account"
    APP = "app password"
    DEVICE = "device"
    TEST = "self-test"  # a token of ours
    BEARER = "login service"  # a token of theirs


@dataclass(frozen=True, slots=True)
class Client:
    """Who wants to get in, and by which door."""

    peer: str  # address
    service: str  # smtp, pop3, imap, web
    private: bool  # nobody can listen: TLS or loopback
    binding: bytes = b""  # channel binding of TLS


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who proved who it is."""

    name: str  # the account's address or the device's name
    kind: Kind
    account_id: int = 0
    address: Address | None = None
    senders: tuple[str, ...] = ()  # of a device
    #: What is kept of the passwords that would open it; of who is in, of the one that did, nothing where none did.
    locks: tuple[str, ...] = field(default=(), repr=False, compare=False)


class Why(Enum):
    """Why somebody did not get in."""

    WRONG = auto()
    BLOCKED = auto()  # too many failures; later again
    NOT_PRIVATE = auto()  # a password must not travel in the clear
    UNCHECKED = auto()  # the login service cannot be asked; later again


@dataclass(frozen=True, slots=True)
class Denied:
    """Somebody did not get in; the words are fit to be sent."""

    why: Why
    words: str


WRONG: Final = Denied(Why.WRONG, "Wrong name or password")
BLOCKED: Final = Denied(Why.BLOCKED, "Too many failed logins; please try again in some minutes")
NOT_PRIVATE: Final = Denied(Why.NOT_PRIVATE, "Passwords are taken over an encrypted connection only: use TLS")
UNCHECKED: Final = Denied(Why.UNCHECKED, "Logins cannot be checked now; please try again later")


@dataclass(frozen=True, slots=True)
class _Record:
    """What the database has of a login name; one that nobody has, has a salt alone."""

    locks: Locks
    login: Login | None = None
    cram: str | None = field(default=None, repr=False)


_ACCOUNT: Final = Statement(
    """SELECT a.id, a.active, a.salt, a.password, a.scram, a.cram, p.scram, p.services
       FROM account a JOIN domain d ON d.id = a.domain_id LEFT JOIN app_password p ON p.account_id = a.id
       WHERE d.name = :domain AND a.local = :local ORDER BY p.id"""
)
_DEVICE: Final = Statement(
    "SELECT name, salt, password, scram, senders FROM device WHERE name = :name AND active = 1"
)


def _record(connection: Connection, key: bytes, name: str, service: str) -> _Record:
    """Look a name up; one that means nobody, or more than one, has a salt and nothing else."""
    meant = login_address(connection, name)
    address = meant or salts.would_be(connection, name)
    rows = connection.all(_ACCOUNT, domain=address.domain, local=address.local)
    if meant and rows and rows[0][1]:
        return _account(address, rows, service)
    if service == "smtp" and "@" not in name and (row := connection.one(_DEVICE, name=name)):
        return _device(row)
    return _Record(Locks(salts.read(rows[0][2]) if rows else salts.made(key, address)))


def _account(address: Address, rows: Sequence[Row], service: str) -> _Record:
    account_id, _, salt, password, scram, cram, *_ = rows[0]
    apps = tuple(row[6] for row in rows if row[6] is not None and service in row[7].split())
    login = Login(str(address), Kind.ACCOUNT, account_id, address, locks=(scram or password or "", *apps))
    return _Record(Locks(salts.read(salt), password, scram, apps), login, cram)


def _device(row: Row) -> _Record:
    name, salt, password, scram, senders = row
    allowed = tuple(senders.split("\n")) if senders else ()
    login = Login(name, Kind.DEVICE, senders=allowed, locks=(scram or password,))
    return _Record(Locks(salts.read(salt), password, scram), login)


def _by(login: Login | None, place: int | None) -> Login | None:
    """Say who came in by the lock at a place: the first is the own password's. Where there is none, none was opened."""
    if login is None or place is None:
        return None
    if not login.locks:
        return login
    return replace(login, kind=Kind.APP if place else login.kind, locks=(login.locks[place],))


_NOBODY: Final = _Record(Locks(fresh_salt()))  # whose name cannot be one


def _unheard(_client: Client, _name: str) -> None:
    """Do what is done where nobody wants to know of failures."""


class Keys:
    """Where every door asks who somebody is."""

    def __init__(
        self,
        store: Store,
        verifier: Verifier,
        limiter: Limiter,
        policies: Callable[[], Policies],
        salt_key: bytes,
        *,
        tokens: TokenVerifier | None = None,
        clock: Callable[[], float] = time.time,
        failed: Callable[[Client, str], None] = _unheard,
    ) -> None:
        self._store = store
        self._verifier = verifier
        self._limiter = limiter
        self._policies = policies
        self._salt_key = salt_key
        self._clock = clock
        self._failed = failed  # told of who did not get in, and by which name
        self.tokens = tokens  # who can tell whose a token is

    def mechanisms(self, client: Client) -> tuple[str, ...]:
        """Name the SASL mechanisms that a client may use now; none where a password could be overheard."""
        if not self._private(client):
            return ()
        return offered(
            private=True,
            binding=bool(client.binding),
            cram_md5=self._policies().cram_md5,
            token=self.tokens is not None,
        )

    async def password(self, client: Client, name: str, password: str) -> Login | Denied:
        """Check a name and a password. Raises StoreError."""
        if not self._private(client):
            return NOT_PRIVATE
        if (denied := await self.admit(client, name)) is not None:
            return denied
        login = await self.verify(client, name, password)
        return self.note(client, name, login)

    def exchange(self, client: Client, mechanism: str, initial: bytes | None) -> "Dialogue":
        """Begin a SASL exchange with one of the mechanisms that were offered."""
        return Dialogue(self, client, MECHANISMS[mechanism].begin(initial, client.binding))

    async def admit(self, client: Client, name: str) -> Denied | None:
        """Let an attempt wait for what earlier ones did, or turn it away."""
        verdict = self._limiter.look(client.peer, name)
        if verdict.blocked:
            return BLOCKED
        if verdict.pause:
            await asyncio.sleep(verdict.pause)
        return None

    async def verify(self, client: Client, name: str, password: str) -> Login | None:
        """Check a name and a password, no more. Raises StoreError."""
        record = await self._find(client, name)
        if token.is_like(password) and await self._redeemed(client, record.login, password):
            return replace(record.login, kind=Kind.TEST) if record.login else None
        return _by(record.login, await self._verifier.check(password, record.locks))

    async def _redeemed(self, client: Client, login: Login | None, secret: str) -> bool:
        """Tell whether a token lets somebody in: once, and the same look-up whether the name is anybody's or not."""
        now = self._clock()
        if not await self._store.read(partial(token.known, secret=secret, service=client.service, now=now)):
            return False
        use = partial(
            token.redeem,
            secret=secret,
            service=client.service,
            account_id=login.account_id if login else 0,
            peer=client.peer,
            now=now,
        )
        return await self._store.write(use)

    async def holds(self, client: Client, login: Login) -> bool:
        """Tell whether who is in would still get in, as the same and with the same password. Raises StoreError."""
        now = (await self._find(client, login.name)).login
        if now is None or replace(login, kind=now.kind) != now:
            return False
        return not login.locks or login.locks[0] in now.locks

    async def scram(self, client: Client, request: ScramLookup) -> tuple[Login | None, ScramUser]:
        """Find whom a name means, and what SCRAM asks it with. Raises StoreError."""
        record = await self._find(client, request.username)
        return record.login, record.locks.user(request.hash_name)

    async def cram(self, client: Client, request: CramLookup) -> tuple[Login, bytes] | None:
        """Find whom a name means and its secret for CRAM-MD5. Raises StoreError."""
        record = await self._find(client, request.username)
        return (record.login, record.cram.encode()) if record.login and record.cram else None

    async def bearer(
        self, client: Client, lookup: TokenLookup
    ) -> tuple[Login | None, TokenUser | TokenFault] | None:
        """Find whose a token is; None: that cannot be told now. Raises StoreError."""
        if self.tokens is None:
            return None, TokenFault()
        answer = await self.tokens(lookup.token, client.service)
        if not isinstance(answer, str):
            return (None, answer) if answer else None
        login = (await self._find(client, answer)).login
        meant = (await self._find(client, lookup.username)).login if lookup.username else login
        if login is None or not login.account_id or meant != login:
            return None, TokenFault()
        return replace(login, kind=Kind.BEARER, locks=()), TokenUser(login.name)

    async def _find(self, client: Client, name: str) -> _Record:
        try:
            wanted = prepared(name)
        except Refused:
            return _NOBODY
        return await self._store.read(
            lambda connection: _record(connection, self._salt_key, wanted, client.service)
        )

    def note(self, client: Client, name: str, login: Login | None) -> Login | Denied:
        """Tell the limiter how an attempt ended, and the client."""
        if login is None:
            self._limiter.failed(client.peer, name)
            self._failed(client, name)
            return WRONG
        self._limiter.succeeded(client.peer, name)
        return login

    def _private(self, client: Client) -> bool:
        return client.private or self._policies().clear_login


class Dialogue:
    """A SASL exchange under way: challenges for the peer, and at the end a login or a denial."""

    def __init__(self, keys: Keys, client: Client, exchange: Exchange) -> None:
        self._keys = keys
        self._client = client
        self._exchange = exchange
        self._login: Login | None = None
        self._name = ""
        self._denied: Denied | None = None  # what is said at the end already
        self._started = False
        self.final: bytes | None = None  # what a success has still to tell the peer

    async def lead(self, ask: Callable[[bytes], Awaitable[bytes | None]]) -> Login | Denied | None:
        """Lead it to its end: a login, a denial, or None where the peer gave up. Raises StoreError.

        `ask` sends a challenge and gives the peer's answer, None where there is none.
        """
        outcome = await self.step()
        while isinstance(outcome, bytes):
            if (answer := await ask(outcome)) is None:
                return None
            outcome = await self.step(answer)
        if isinstance(outcome, Login) and self.final:  # SCRAM proves the server too, before it says yes
            return outcome if await ask(self.final) is not None else None
        return outcome

    async def step(self, answer: bytes | None = None) -> bytes | Login | Denied:
        """Go on with the peer's answer (none at first): the next challenge, or how it ended. Raises StoreError."""
        send: Answer = answer
        try:
            while True:
                request = self._exchange.send(send) if self._started else next(self._exchange)
                self._started = True
                match request:
                    case Challenge(data):
                        return data
                    case Verify(username, password):
                        if (denied := await self._begin(username)) is not None:
                            return denied
                        self._login = await self._keys.verify(self._client, username, password)
                        send = self._login is not None  # by which lock, is known here already
                    case ScramLookup(username):
                        if (denied := await self._begin(username)) is not None:
                            return denied
                        self._login, send = await self._keys.scram(self._client, request)
                    case CramLookup(username):
                        if (denied := await self._begin(username)) is not None:
                            return denied
                        known = await self._keys.cram(self._client, request)
                        self._login, send = known or (None, None)
                    case TokenLookup():
                        if (denied := await self._begin(request.username)) is not None:
                            return denied
                        if (found := await self._keys.bearer(self._client, request)) is None:
                            return UNCHECKED
                        self._login, send = found
                        if self._login is None:  # counted now: who guesses need not wait for our last word
                            self._denied = self._deny()
        except StopIteration as ended:
            success: Success = ended.value
            self.final = success.final
            return self._keys.note(
                self._client, self._name or success.username, _by(self._login, success.place)
            )
        except Refused:
            return self._denied or self._deny()

    def _deny(self) -> Denied:
        self._keys.note(self._client, self._name, None)
        return WRONG

    async def _begin(self, username: str) -> Denied | None:
        self._name = username
        return await self._keys.admit(self._client, username)
