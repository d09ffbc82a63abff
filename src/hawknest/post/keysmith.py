"""Who looks after the keys that letters are signed with: makes those that are missing, finds them in the DNS, and lets new ones follow old ones.

One worker of all does it. Nothing here waits for the owner to say that a record was entered: the DNS is asked, every minute while a key is
expected, and what was found signs from then on. New keys follow when the present ones have signed for `dkim_rotation_days`; until the
DNS has them the present ones go on, for years if need be.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from hawknest.accounts import dkim_keys
from hawknest.accounts.dkim_keys import Key, State
from hawknest.accounts.settings import Policies
from hawknest.accounts.vault import Vault
from hawknest.dns import TXT, Resolver, Unknown, records
from hawknest.log import Log
from hawknest.store import Connection, Store, StoreError, leases
from hawknest.trust import dkim_records
from hawknest.trust.dkim_records import BadKey

DAY: Final = 86400.0
WAKE: Final = 60.0  # seconds between two rounds
EAGER: Final = 86400.0  # seconds after it was made for which a key is looked for in every round
NEW: Final = 1800.0  # seconds between two looks for one that has been waited for longer
SIGNS: Final = 6 * 3600.0  # seconds between two looks for one that signs
HELD: Final = 300.0  # seconds that the lease lasts
ASKED: Final = 4  # names that are asked for at once
_LEASE: Final = "dkim"


@dataclass(slots=True, kw_only=True)
class Keysmith:
    """Looks after the keys, in one worker.

    `asks` tells whether the DNS is asked in rounds: a nest for this machine alone, with no resolvers named, leaves it in peace.
    """

    store: Store
    vault: Vault
    resolver: Resolver
    log: Log
    owner: str
    clock: Callable[[], float]
    policies: Callable[[], Policies]
    asks: bool = True
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Look after the keys until cancelled."""
        while True:
            with contextlib.suppress(StoreError):  # in a minute, then
                if await self._mine():
                    await self.round()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAKE):
                    await self._wake.wait()
            self._wake.clear()

    def poke(self) -> None:
        """Begin a round now."""
        self._wake.set()

    async def _mine(self) -> bool:
        now = self.clock()
        return await self.store.write(
            partial(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HELD)
        )

    async def round(self) -> None:
        """Do once all that is to be done. Raises StoreError."""
        await self.complete()
        now = self.clock()
        if self.asks:
            keys = await self.store.read(dkim_keys.living)
            await self.look([key for key in keys if _due(key, now)])
        if days := self.policies().dkim_rotation_days:
            for domain in await self.store.read(partial(dkim_keys.old, before=now - days * DAY)):
                await self.rotate(domain)
        if retired := await self.store.write(partial(dkim_keys.retire, now=now)):
            self.log.system.info("signing keys retired", count=retired)

    async def complete(self) -> None:
        """Make the keys that domains lack. Raises StoreError."""
        for domain in await self.store.read(dkim_keys.without):
            await self._make(domain, dkim_keys.complete)

    async def rotate(self, domain: str) -> list[Key]:
        """Make new keys for a domain, to follow the present ones; none where new ones wait already. Raises StoreError."""
        return await self._make(domain, dkim_keys.succeed)

    async def look(self, keys: Sequence[Key]) -> None:
        """Ask the DNS for keys, and note what it says. Raises StoreError."""
        turns = asyncio.Semaphore(ASKED)

        async def asked(key: Key) -> bool | None:
            async with turns:
                return await is_there(key, self.resolver)

        answers = await asyncio.gather(*(asked(key) for key in keys))
        now = self.clock()

        def job(connection: Connection) -> None:
            for key, there in zip(keys, answers, strict=True):
                if there is not None:
                    (dkim_keys.found if there else dkim_keys.not_found)(connection, key.id, now)

        if any(answer is not None for answer in answers):
            await self.store.write(job)
        for key, there in zip(keys, answers, strict=True):
            if there and key.state is State.NEW:
                self.log.system.info("signing key in use", domain=key.domain, selector=key.selector)
            elif there is False and key.state is State.ACTIVE and not key.missing:
                self.log.system.warning("signing key gone from the DNS", name=key.name)

    async def _make(
        self, domain: str, add: Callable[[Connection, Vault, str, dkim_keys.Pair, float], list[Key]]
    ) -> list[Key]:
        pair = await asyncio.to_thread(dkim_keys.make)
        now = self.clock()
        added = await self.store.write(lambda connection: add(connection, self.vault, domain, pair, now))
        for key in added:
            self.log.system.info("signing key made", domain=domain, selector=key.selector)
        return added


async def is_there(key: Key, resolver: Resolver) -> bool | None:
    """Ask the DNS for a key; None: nobody could tell. One that was entered wrongly is not there."""
    wanted = dkim_records.key(key.record.encode())
    try:
        texts = await records(resolver, key.name, TXT)
    except Unknown:
        return None
    for text in texts:
        with contextlib.suppress(BadKey):
            read = dkim_records.key(text)
            if (read.type, read.octets) == (wanted.type, wanted.octets):
                return True
    return False


def _due(key: Key, now: float) -> bool:
    """Whether it is time to look for a key."""
    if key.looked_at is None:
        return True
    match key.state:
        case State.NEW:
            return now - key.created_at < EAGER or now - key.looked_at >= NEW
        case State.ACTIVE:
            return now - key.looked_at >= SIGNS
        case State.RETIRING | State.RETIRED:
            return False
