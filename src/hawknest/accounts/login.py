"""Getting in: names and proofs checked for every door in one place.

A wrong name and a wrong password look and take the same, and a name that nobody has is asked with a salt like any other
(`salts`). Failures are counted by the limiter whichever protocol they came by, and whichever worker met them (`guesses`). An account's
password opens every service, unless its mail programs need app passwords; an app password those it was made for; a device's only
sends. A token of a login service opens what its verifier says.
"""

import asyncio
import contextlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from hawknest.accounts import guesses, limiter, token
from hawknest.accounts.bearer import TokenVerifier
from hawknest.accounts.entrant import (
    BLOCKED,
    NOT_PRIVATE,
    UNCHECKED,
    WRONG,
    Client,
    Denied,
    Failure,
    Kind,
    Login,
    Why,
)
from hawknest.accounts.limiter import Limiter
from hawknest.accounts.locks import Verifier
from hawknest.accounts.record import SIGN_IN, Asked, Record, look_up
from hawknest.accounts.settings import Policies
from hawknest.store import Store, StoreError
from hawknest.wire.sasl import (
    MECHANISMS,
    Challenge,
    CramLookup,
    Refused,
    ScramLookup,
    Success,
    TokenFault,
    TokenLookup,
    TokenUser,
    Verify,
    offered,
)
from hawknest.wire.sasl.prep import prepared
from hawknest.wire.sasl.values import Answer, Exchange

__all__ = [
    "BLOCKED",
    "NOT_PRIVATE",
    "UNCHECKED",
    "WRONG",
    "Attempt",
    "Client",
    "Denied",
    "Dialogue",
    "Failure",
    "Keys",
    "Kind",
    "Login",
    "Why",
]

#: What a wrong name and a wrong password are answered with, whatever the log says of them.
_REFUSED: Final = {failure: replace(WRONG, failure=failure) for failure in Failure}


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody got in, or did not, with an account that there is."""

    account_id: int
    service: str  # smtp, pop3, imap, web
    peer: str
    credential: str  # what it was done with; '': nobody knows
    failure: Failure | None  # None: in
    at: float  # seconds since the epoch


def _unseen(_attempt: Attempt) -> None:
    """Do what is done where nobody keeps a log of sign-ins."""


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
        seen: Callable[[Attempt], None] = _unseen,
    ) -> None:
        self._store = store
        self._verifier = verifier
        self._limiter = limiter
        self._policies = policies
        self._salt_key = salt_key
        self._clock = clock
        self._failed = failed  # told of who did not get in, and by which name
        self._seen = seen  # told of every attempt with an account that there is
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
        record = await self.approach(client, name)
        if isinstance(record, Denied):
            return record
        return await self.settle(client, name, record, await self.verify(client, record, password))

    def exchange(self, client: Client, mechanism: str, initial: bytes | None) -> "Dialogue":
        """Begin a SASL exchange with one of the mechanisms that were offered."""
        return Dialogue(self, client, MECHANISMS[mechanism].begin(initial, client.binding))

    async def approach(self, client: Client, name: str) -> Record | Denied:
        """Look a name up for an attempt, which waits for what earlier ones did or is turned away. Raises StoreError."""
        if self._limiter.look(client.peer, name).blocked:  # that much is known without asking
            return BLOCKED
        record = await self._find(client, name)
        if (denied := await self.admit(client, name)) is not None:
            self.tell(client, record.account_id, "", denied.failure)
            return denied
        return record

    async def admit(self, client: Client, name: str) -> Denied | None:
        """Let an attempt wait for what earlier ones did, or turn it away."""
        verdict = self._limiter.look(client.peer, name)
        if verdict.blocked:
            return BLOCKED
        if verdict.pause:
            await asyncio.sleep(verdict.pause)
        return None

    async def verify(self, client: Client, record: Record, password: str) -> Login | Failure:
        """Check a password with what is known of its name, no more. Raises StoreError."""
        if token.is_like(password) and await self._redeemed(client, record.login, password):
            return replace(record.login, kind=Kind.TEST) if record.login else Failure.WRONG
        return record.opened(await self._verifier.check(password, record.locks))

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
        record = await self._find(client, login.name)
        now = record.login
        if now is None or replace(login, kind=now.kind) != now:
            return False
        if record.apps_only and login.kind is Kind.ACCOUNT:
            return False
        return not login.locks or login.locks[0] in now.locks

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

    async def _find(self, client: Client, name: str) -> Record:
        """Look a name up, and learn what all workers count of it and its network. Raises StoreError."""
        try:
            wanted = prepared(name)
        except Refused:
            wanted = ""
        shared = self._shared(client.peer, name)
        asked = Asked(
            wanted,
            client.service,
            self._salt_key,
            self._policies().app_passwords_only,
            tuple(shared),
            self._clock(),
        )
        record, counts = await self._store.read(partial(look_up, asked=asked))
        if counts or self._limiter.counting:
            self._limiter.learn({key: counts.get(common, 0.0) for common, key in shared.items()})
        return record

    def _shared(self, peer: str, name: str) -> dict[str, str]:
        """Name what an attempt counts with as all workers know it: a name may be a password in the wrong place."""
        return {
            key
            if key.startswith("peer:")
            else hmac.digest(self._salt_key, key.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]: key
            for key in limiter.keys(peer, name)
        }

    async def settle(
        self, client: Client, name: str, record: Record | None, outcome: Login | Failure
    ) -> Login | Denied:
        """Count how an attempt ended, and tell who wants to know."""
        if isinstance(outcome, Failure):
            return await self.fail(client, name, record.account_id if record else 0, outcome)
        if self._limiter.succeeded(client.peer, name):
            with contextlib.suppress(StoreError):  # it fades by itself, too
                name_key = tuple(self._shared(client.peer, name))[-1]
                await self._store.write(partial(guesses.clear, key=name_key))
        if client.service != SIGN_IN:  # the pages tell themselves, when the second factor was right, too
            self.tell(client, outcome.account_id, _credential(outcome), None)
        return outcome

    async def fail(self, client: Client, name: str, account_id: int, failure: Failure) -> Denied:
        """Count a failure, and say what the peer is told: the same whatever it was."""
        self._limiter.failed(client.peer, name)
        add = partial(guesses.add, keys=tuple(self._shared(client.peer, name)), now=self._clock())
        try:
            await self._store.write(add)
        except StoreError:  # this worker counts it all the same
            self._limiter.alone(client.peer, name, yes=True)
        else:
            self._limiter.alone(client.peer, name, yes=False)
        self._failed(client, name)
        self.tell(client, account_id, "", failure)
        return _REFUSED[failure]

    def tell(self, client: Client, account_id: int, credential: str, failure: Failure | None) -> None:
        """Tell who keeps the log of sign-ins of an attempt with an account that there is."""
        if account_id and credential != _TEST:
            service = "web" if client.service == SIGN_IN else client.service
            self._seen(Attempt(account_id, service, client.peer, credential, failure, self._clock()))

    def _private(self, client: Client) -> bool:
        return client.private or self._policies().clear_login


class Dialogue:
    """A SASL exchange under way: challenges for the peer, and at the end a login or a denial."""

    def __init__(self, keys: Keys, client: Client, exchange: Exchange) -> None:
        self._keys = keys
        self._client = client
        self._exchange = exchange
        self._record: Record | None = None  # of the name that was said
        self._outcome: Login | Failure = Failure.WRONG  # what is known of it before the exchange ends
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
                        if isinstance(record := await self._begin(username), Denied):
                            return record
                        self._outcome = await self._keys.verify(self._client, record, password)
                        send = isinstance(self._outcome, Login)  # by which lock, is known here already
                    case ScramLookup(username):
                        if isinstance(record := await self._begin(username), Denied):
                            return record
                        send = record.locks.user(request.hash_name)
                    case CramLookup(username):
                        if isinstance(record := await self._begin(username), Denied):
                            return record
                        send = record.cram.encode() if record.login and record.cram else None
                    case TokenLookup():
                        if isinstance(denied := await self._begin(request.username), Denied):
                            return denied
                        if (found := await self._keys.bearer(self._client, request)) is None:
                            return UNCHECKED
                        login, send = found
                        if login is None:  # counted now: who guesses need not wait for our last word
                            self._denied = await self._deny()
                        else:
                            self._outcome = login
        except StopIteration as ended:
            success: Success = ended.value
            outcome = self._outcome
            if not isinstance(outcome, Login) and self._record is not None:
                outcome = self._record.opened(success.place)
            if isinstance(outcome, Login):
                self.final = success.final  # proves that the password was right: nobody else hears it
            return await self._keys.settle(
                self._client, self._name or success.username, self._record, outcome
            )
        except Refused:
            return self._denied or await self._deny()

    async def _deny(self) -> Denied:
        account_id = self._record.account_id if self._record else 0
        return await self._keys.fail(self._client, self._name, account_id, self._failure())

    def _failure(self) -> Failure:
        """Why the exchange was refused: what is known of it, were it only that the account is switched off."""
        if isinstance(self._outcome, Failure) and self._outcome is not Failure.WRONG:
            return self._outcome
        failure = self._record.opened(None) if self._record else Failure.WRONG
        return failure if isinstance(failure, Failure) else Failure.WRONG

    async def _begin(self, username: str) -> Record | Denied:
        self._name = username
        record = await self._keys.approach(self._client, username)
        if not isinstance(record, Denied):
            self._record = record
        return record


#: What app passwords, tokens and the rest are called in the log of sign-ins.
_TEST: Final = "test"


def _credential(login: Login) -> str:
    match login.kind:
        case Kind.APP:
            return f"app:{login.label}"
        case Kind.TEST:
            return _TEST
        case Kind.BEARER:
            return "token"
        case Kind.ACCOUNT | Kind.DEVICE:
            return "password"
