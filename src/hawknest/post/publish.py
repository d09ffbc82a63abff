"""Keeps what a zone says in step with what it should: entered by dynamic update, compared from time to time, told in plain words. RFC 2136.

The work is in three parts, so that the command line, the pages and the server itself do it alike: `prepared` reads what is
needed from the database, `compared` asks the zone's server and works out what to change, `carried_out` changes it. What was done is
written down by `noted`.
"""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from hawknest.accounts import publishing
from hawknest.accounts.publishing import Entry, Publishing, Zone
from hawknest.accounts.vault import Vault, VaultError
from hawknest.dns import KINDS, DnsError, Kind, Nothing, NotInCharge, Refused
from hawknest.log import Log
from hawknest.net.resolver_direct import ask_at
from hawknest.net.update import Change, Tsig, UpdateError, update
from hawknest.post.facts import Premises, gather
from hawknest.post.publish_plan import Conflict, Plan, plan, value_text
from hawknest.post.records import Record, wanted
from hawknest.post.zonefile import TTL, lies_in
from hawknest.store import Connection, Store, StoreError, leases

LOOK: Final = 5.0  # seconds from one thought of it to the next
DRIFT: Final = 6 * 3600.0  # seconds until a zone is looked at again in which nothing should have changed
AGAIN: Final = 300.0  # seconds after a failure
HELD: Final = 120.0  # seconds that the lease lasts
AT_ONCE: Final = 8  # questions
_LEASE: Final = "publishing"
_BY_NAME: Final[dict[str, Kind[Any]]] = {kind.name: kind for kind in KINDS}
#: What may stand where a CNAME should be.
_BESIDE: Final = ("A", "AAAA", "TXT", "MX")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be seen to for one domain."""

    domain: str
    zone: Zone
    wanted: tuple[Record, ...]  # what the zone should say
    elsewhere: tuple[Record, ...]  # what lies in other zones, or is not known
    mine: frozenset[Entry]
    others: frozenset[Entry]

    @property
    def stand(self) -> str:
        """A hash of what the zone should say."""
        said = sorted((r.name, r.type, r.value) for r in self.wanted)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def prepared(connection: Connection, zone: Zone, domain: str, premises: Premises | None) -> Work:
    """Read what is needed to publish a domain; without premises: to take out what was entered for it."""
    records = wanted(gather(connection, domain, premises)) if premises else []
    here = [r for r in records if r.known and lies_in(r.name, zone.name) and r.type in _BY_NAME]
    entered = publishing.entered(connection, zone)
    mine = entered.pop(domain, set[Entry]())
    return Work(
        domain=domain,
        zone=zone,
        wanted=tuple(here),
        elsewhere=tuple(r for r in records if r not in here),
        mine=frozenset(mine),
        others=frozenset(entry for entries in entered.values() for entry in entries),
    )


async def compared(work: Work, *, replace: bool = False) -> Plan:
    """Ask the zone's server what it says, and work out what to change. Raises UpdateError."""
    places = {(r.name, r.type) for r in work.wanted} | {(e.name, e.type) for e in work.mine}
    places |= {(name, "CNAME") for name, _ in places}
    places |= {
        (name, kind)
        for name, type_ in list(places)
        if type_ == "CNAME"
        for kind in _BESIDE
        if _bare(work, name)
    }
    room = asyncio.Semaphore(AT_ONCE)

    async def look(place: tuple[str, str]) -> list[str]:
        async with room:
            return await _present(work.zone, *place)

    asked = sorted(places)
    found = await asyncio.gather(*map(look, asked))
    present = dict(zip(asked, found, strict=True))
    return plan(work.wanted, present, work.mine, work.others, replace=replace)


def _bare(work: Work, name: str) -> bool:
    """Whether a name is to have a CNAME, so that nothing else may stand there."""
    return any(r.type == "CNAME" and r.name == name for r in work.wanted)


async def _present(zone: Zone, name: str, type_: str) -> list[str]:
    """What the server has. Raises UpdateError."""
    try:
        answer = await ask_at(zone.endpoint, name, _BY_NAME[type_])
    except Nothing:
        return []
    except (NotInCharge, Refused) as error:
        raise UpdateError(
            f"{error.resolver} does not speak for the zone {zone.name}: is it the primary server, and the zone right?",
            "NOTAUTH",
        ) from None
    except DnsError as error:
        raise UpdateError(str(error), "unreachable") from None
    if type_ != "CNAME" and answer.name != name:
        return []  # what a CNAME leads to is not here
    return [value_text(value) for value in answer.records]


async def carried_out(work: Work, todo: Plan, key: Tsig | None) -> None:
    """Change the zone. Raises UpdateError."""
    changes = [Change(e.name, e.type, 0, e.value, remove=True) for e in todo.remove]
    changes += [Change(e.name, e.type, TTL, e.value) for e in todo.add]
    if changes:
        await update(work.zone.endpoint, work.zone.name, key, changes)


def noted(connection: Connection, work: Work, todo: Plan, now: float) -> None:
    """Write down what was done."""
    publishing.note(connection, work.zone, work.domain, added=todo.add, removed=todo.forget, now=now)
    publishing.looked(connection, work.domain, work.stand, told(todo.conflicts), now)


def told(conflicts: Sequence[Conflict]) -> list[dict[str, Any]]:
    """Conflicts as data."""
    return [
        {
            "name": one.record.name,
            "type": one.record.type,
            "value": one.record.value,
            "found": [f"{e.type} {e.value}" for e in one.found],
            "serious": one.serious,
        }
        for one in conflicts
    ]


def take(connection: Connection, owner: str, now: float) -> bool:
    """Take the right to change zones; only one, of all workers and commands, has it at a time."""
    return leases.take(connection, _LEASE, owner, now, now + HELD)


def give_back(connection: Connection, owner: str) -> None:
    """Give that right back."""
    leases.give_back(connection, _LEASE, owner)


@dataclass(slots=True)
class Publisher:
    """Who keeps zones in step, in one worker."""

    store: Store
    vault: Vault
    log: Log
    owner: str
    clock: Callable[[], float]
    premises: Callable[[], Premises]  # looks at files
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _tried: dict[str, float] = field(
        default_factory=dict[str, float]
    )  # what is gone, and could not be taken out

    def poke(self) -> None:
        """Look now: something has changed that records depend on."""
        self._wake.set()

    async def run(self) -> None:
        """See to the zones until cancelled."""
        while True:
            with contextlib.suppress(StoreError):  # at the next turn, then
                if any(await self.store.read(publishing.zones)):
                    await self.round()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._wake.wait()
            self._wake.clear()

    async def round(self) -> None:
        """See to every zone that needs it, if that is for this worker to do. Raises StoreError."""
        premises = await asyncio.to_thread(self.premises)
        question, now = partial(_works, premises=premises), self.clock()
        if not any(self._due(kept, work, now) for kept, work in await self.store.read(question)):
            return
        if not await self.store.write(partial(take, owner=self.owner, now=now)):
            return
        try:
            for kept, work in await self.store.read(question):  # another may have done it by now
                if self._due(kept, work, now):
                    if kept is None:
                        self._tried[work.domain] = now
                    await self._see_to(kept, work)
        finally:
            await self.store.write(partial(give_back, owner=self.owner))

    def _due(self, kept: Publishing | None, work: Work, now: float) -> bool:
        """Whether a domain is to be seen to now."""
        if kept is None:  # there is no row to keep it in when it was tried
            return now - self._tried.get(work.domain, 0.0) >= AGAIN
        if kept.failed_at is not None:
            return now - kept.failed_at >= AGAIN
        return kept.stand != work.stand or now - (kept.looked_at or 0.0) >= DRIFT

    async def _see_to(self, kept: Publishing | None, work: Work) -> None:
        try:
            todo = await compared(work)
            await carried_out(work, todo, work.zone.key(self.vault))
        except (UpdateError, VaultError) as error:
            problem = str(error)
            self._said(kept, work.domain, problem)
            fail = partial(publishing.failed, domain=work.domain, problem=problem, now=self.clock())
            await self.store.write(fail)
            return
        await self.store.write(partial(noted, work=work, todo=todo, now=self.clock()))
        for entry in todo.add:
            self.log.system.info("record published", name=entry.name, type=entry.type, value=entry.value)
        for entry in todo.remove:
            self.log.system.info("record withdrawn", name=entry.name, type=entry.type, value=entry.value)
        if kept and told(todo.conflicts) != kept.conflicts:
            for conflict in todo.conflicts:
                found = "; ".join(f"{e.type} {e.value}" for e in conflict.found)
                self.log.system.warning("record in the way", name=conflict.record.name, found=found)

    def _said(self, kept: Publishing | None, domain: str, problem: str) -> None:
        if kept is None or kept.problem != problem:
            self.log.system.warning("records not published", domain=domain, why=problem)


def _works(connection: Connection, premises: Premises) -> list[tuple[Publishing | None, Work]]:
    """What is to be seen to for each domain; with None those that are gone, or lie in another zone now."""
    kept = publishing.listing(connection)
    works: list[tuple[Publishing | None, Work]] = [
        (one, prepared(connection, one.zone, one.domain, premises)) for one in kept
    ]
    at = {(one.zone.name, one.domain) for one in kept}
    return works + [
        (None, prepared(connection, zone, domain, None))
        for zone in publishing.zones(connection)
        for domain in publishing.entered(connection, zone)
        if (zone.name, domain) not in at
    ]
