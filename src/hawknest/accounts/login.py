"""Getting in: names and proofs checked for every door in one place.

A wrong name and a wrong password look and take the same. Failures are counted by the limiter whichever protocol they came
by. An account's password opens every service; an app password those it was made for; a device's only sends.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from hawknest.accounts.directory import login_address
from hawknest.accounts.limiter import Limiter
from hawknest.accounts.passwords import Verifier, scram_keys
from hawknest.accounts.settings import Policies
from hawknest.mail.address import Address
from hawknest.store import Connection, Statement, Store
from hawknest.wire.sasl import (
    MECHANISMS,
    Challenge,
    CramLookup,
    Refused,
    ScramKeys,
    ScramLookup,
    Success,
    Verify,
    offered,
)
from hawknest.wire.sasl.prep import prepared
from hawknest.wire.sasl.values import Answer, Exchange


class Kind(StrEnum):
    """What a login was made with."""

    ACCOUNT = "account"
    APP = "app password"
    DEVICE = "device"


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


class Why(Enum):
    """Why somebody did not get in."""

    WRONG = auto()
    BLOCKED = auto()  # too many failures; later again
    NOT_PRIVATE = auto()  # a password must not travel in the clear


@dataclass(frozen=True, slots=True)
class Denied:
    """Somebody did not get in; the words are fit to be sent."""

    why: Why
    words: str


WRONG: Final = Denied(Why.WRONG, "Wrong name or password")
BLOCKED: Final = Denied(Why.BLOCKED, "Too many failed logins; please try again in some minutes")
NOT_PRIVATE: Final = Denied(Why.NOT_PRIVATE, "Passwords are taken over an encrypted connection only: use TLS")


@dataclass(frozen=True, slots=True)
class _Record:
    """What the database has of a login name."""

    login: Login
    hashes: tuple[str, ...]
    own: int  # how many of the hashes come before those of app passwords
    scram: str | None
    cram: str | None


_ACCOUNT: Final = Statement(
    """SELECT a.id, a.local, d.name, a.password, a.scram, a.cram FROM account a JOIN domain d ON d.id = a.domain_id
       WHERE d.name = :domain AND a.local = :local AND a.active = 1"""
)
_APPS: Final = Statement("SELECT password, services FROM app_password WHERE account_id = :account")
_DEVICE: Final = Statement("SELECT name, password, senders FROM device WHERE name = :name AND active = 1")


def _record(connection: Connection, name: str, service: str) -> _Record | None:
    address = login_address(connection, name)
    if address is not None and (row := connection.one(_ACCOUNT, domain=address.domain, local=address.local)):
        account_id, local, domain, password, scram, cram = row
        apps = [
            kept
            for kept, services in connection.all(_APPS, account=account_id)
            if service in services.split()
        ]
        login = Login(str(Address(local, domain)), Kind.ACCOUNT, account_id, Address(local, domain))
        own = [password] if password else []
        return _Record(login, (*own, *apps), len(own), scram, cram)
    if service == "smtp" and "@" not in name and (row := connection.one(_DEVICE, name=name)):
        senders = tuple(row[2].split("\n")) if row[2] else ()
        return _Record(Login(row[0], Kind.DEVICE, senders=senders), (row[1],), 1, None, None)
    return None


class Keys:
    """Where every door asks who somebody is."""

    def __init__(
        self, store: Store, verifier: Verifier, limiter: Limiter, policies: Callable[[], Policies]
    ) -> None:
        self._store = store
        self._verifier = verifier
        self._limiter = limiter
        self._policies = policies

    def mechanisms(self, client: Client) -> tuple[str, ...]:
        """Name the SASL mechanisms that a client may use now; none where a password could be overheard."""
        if not self._private(client):
            return ()
        return offered(private=True, binding=bool(client.binding), cram_md5=self._policies().cram_md5)

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
        index = await self._verifier.check(password, record.hashes if record else ())
        if record is None or index is None:
            return None
        login = record.login
        if index >= record.own:
            return Login(login.name, Kind.APP, login.account_id, login.address)
        return login

    async def scram(self, client: Client, request: ScramLookup) -> tuple[Login, ScramKeys] | None:
        """Find whom a name means and its SCRAM keys. Raises StoreError."""
        record = await self._find(client, request.username)
        keys = scram_keys(record.scram, request.hash_name) if record else None
        return (record.login, keys) if record and keys else None

    async def cram(self, client: Client, request: CramLookup) -> tuple[Login, bytes] | None:
        """Find whom a name means and its secret for CRAM-MD5. Raises StoreError."""
        record = await self._find(client, request.username)
        return (record.login, record.cram.encode()) if record and record.cram else None

    async def _find(self, client: Client, name: str) -> _Record | None:
        try:
            wanted = prepared(name)
        except Refused:
            return None
        return await self._store.read(lambda connection: _record(connection, wanted, client.service))

    def note(self, client: Client, name: str, login: Login | None) -> Login | Denied:
        """Tell the limiter how an attempt ended, and the client."""
        if login is None:
            self._limiter.failed(client.peer, name)
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
        self._started = False
        self.final: bytes | None = None  # what a success has still to tell the peer

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
                        send = self._login is not None
                    case ScramLookup(username):
                        if (denied := await self._begin(username)) is not None:
                            return denied
                        found = await self._keys.scram(self._client, request)
                        self._login, send = found or (None, None)
                    case CramLookup(username):
                        if (denied := await self._begin(username)) is not None:
                            return denied
                        known = await self._keys.cram(self._client, request)
                        self._login, send = known or (None, None)
        except StopIteration as ended:
            success: Success = ended.value
            self.final = success.final
            return self._keys.note(self._client, self._name, self._login)
        except Refused:
            return self._keys.note(self._client, self._name, None)

    async def _begin(self, username: str) -> Denied | None:
        self._name = username
        return await self._keys.admit(self._client, username)
