"""Follows the address that this server is reached at: learns it, has the records follow, and tells the provider of a dynamic name."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import msgspec

from hawknest.accounts import address
from hawknest.accounts.address import Source, Standing
from hawknest.accounts.vault import Vault, VaultError
from hawknest.dns import IpAddress
from hawknest.log import Log
from hawknest.net import webcall
from hawknest.net.addresses import own_addresses
from hawknest.net.tls import client_context
from hawknest.net.webcall import CallError
from hawknest.post import dyndns
from hawknest.post.dyndns import Told
from hawknest.store import Connection, Store, StoreError, leases

#: Seconds from one look to the next; the interface costs nothing to look at.
PERIODS: Final = {Source.INTERFACE: 30.0, Source.HTTPS: 300.0}
WAKE: Final = 15.0  # seconds between two thoughts of it
AGAIN: Final = 1800.0  # seconds until a provider that had trouble is told again, as they ask for
PATIENCE: Final = 15.0  # seconds for a page
LIMIT: Final = 4096  # octets of a page that says an address
HELD: Final = 120.0  # seconds that the lease lasts
_LEASE: Final = "address"


class Unlearnt(Exception):
    """The address could not be learnt; the text says why."""


def _global(found: IpAddress) -> bool:
    return found.is_global


def _context() -> ssl.SSLContext:
    return client_context(verify=True)


@dataclass(slots=True, kw_only=True)
class Ways:
    """How addresses are learnt and told; tests put theirs in the place of the Internet."""

    interface: Callable[[], Sequence[IpAddress]] = own_addresses
    context: Callable[[], ssl.SSLContext] = _context
    may: Callable[[IpAddress], bool] = _global  # which addresses may be called, and be ours


async def learnt(source: Source, url: str, ways: Ways) -> tuple[IpAddress, ...]:
    """Learn the address: one of each kind at the most. Raises Unlearnt."""
    if source is Source.INTERFACE:
        found = tuple(await asyncio.to_thread(ways.interface))
        if not found:
            raise Unlearnt("no interface of this machine has an address on the Internet: a router has it")
        return found
    answers = await asyncio.gather(*(_page(url, version, ways) for version in (4, 6)))
    found = tuple(one for one in answers if not isinstance(one, str))
    if not found:
        raise Unlearnt(f"{url} did not tell: {answers[0]}")
    return found


async def _page(url: str, version: int, ways: Ways) -> IpAddress | str:
    """What a page says when it is asked over one kind of address; or why it says nothing."""
    fetch = partial(webcall.get, context=ways.context(), seconds=PATIENCE, limit=LIMIT)
    try:
        said = (await fetch(url, may=lambda a: a.version == version and ways.may(a))).decode(
            "ascii", "replace"
        )
        found = ipaddress.ip_address(said.strip()[:64])
    except CallError as error:
        return str(error)
    except ValueError:
        return "what it says is no IP address"
    if found.version != version or not ways.may(found):
        return f"it says {found}, which is no address on the Internet of that kind"
    return found


@dataclass(slots=True, kw_only=True)
class Watch:
    """Who follows it, in one worker."""

    store: Store
    vault: Vault
    log: Log
    owner: str
    clock: Callable[[], float]
    changed: Callable[[], None]  # is called when it is another one
    ways: Ways = field(default_factory=Ways)

    async def run(self) -> None:
        """Follow it, while that is wanted, until cancelled."""
        while True:
            with contextlib.suppress(StoreError):  # at the next turn, then
                await self.round()
            await asyncio.sleep(WAKE)

    async def round(self) -> None:
        """Look, and tell, if it is time. Raises StoreError."""
        now = self.clock()
        kept = await self.store.read(address.standing)
        if not _look(kept, now) and not _tell(kept, now):
            return
        if not await self.store.write(
            partial(leases.take, name=_LEASE, owner=self.owner, now=now, until=now + HELD)
        ):
            return
        try:
            kept = await self.store.read(address.standing)
            if _look(kept, now):
                kept = await self._learn(kept)
            if _tell(kept, now):
                await self._tell(kept)
        finally:
            await self.store.write(partial(leases.give_back, name=_LEASE, owner=self.owner))

    async def _learn(self, kept: Standing) -> Standing:
        try:
            known = tuple(str(found) for found in await learnt(kept.source, kept.url, self.ways))
            problem = ""
        except Unlearnt as error:
            known, problem = kept.known, str(error)
        if problem != kept.problem and problem:
            self.log.system.warning("address not learnt", why=problem)
        if known != kept.known:
            self.log.system.info("address changed", before=" ".join(kept.known), now=" ".join(known))
        now = self.clock()
        since = now if known != kept.known else kept.known_since
        found = await self._keep(kept, known=known, known_since=since, looked_at=now, problem=problem)
        if known != kept.known:
            self.changed()
        return found

    async def _tell(self, kept: Standing) -> None:
        assert kept.provider is not None
        try:
            password = kept.provider.password(self.vault)
            told = await dyndns.tell(
                kept.provider, password, kept.addresses, self.ways.context(), self.ways.may
            )
        except VaultError as error:
            told = Told(str(error), final=True)
        now = self.clock()
        if told.refused:
            self.log.system.warning("provider not told", host=kept.provider.host, why=told.refused)
            await self._keep(kept, refused=told.refused, final=told.final, tried_at=now)
            return
        self.log.system.info("provider told", host=kept.provider.host, addresses=" ".join(kept.known))
        await self._keep(kept, told=kept.known, told_at=now, refused="", final=False, tried_at=now)

    async def _keep(self, kept: Standing, **changes: object) -> Standing:
        """Write down what was found, unless the owner has changed what is looked for in the meantime."""

        def job(connection: Connection) -> Standing:
            now = address.standing(connection)
            if (now.source, now.url, now.provider) != (kept.source, kept.url, kept.provider):
                return now
            return address.keep(connection, msgspec.structs.replace(now, **changes))

        return await self.store.write(job)


def _look(kept: Standing, now: float) -> bool:
    """Whether it is time to look."""
    period = PERIODS.get(kept.source)
    return period is not None and now - (kept.looked_at or 0.0) >= period


def _tell(kept: Standing, now: float) -> bool:
    """Whether the provider is to be told now."""
    if kept.provider is None or not kept.known or kept.final or kept.told == kept.known:
        return False
    return not kept.refused or now - (kept.tried_at or 0.0) >= AGAIN
