"""Another way out: letters that a destination refuses for our address' sake go by the smart host, for that destination and a while.

The straight way is tried first. What a destination says about the letter, its sender or a recipient is final as ever
(`failover_cause` tells the two apart), so nothing that was refused for what it is gets in by a back door. Where the no is about us,
or nobody can be connected to, the letter goes by the smart host in the same attempt, and so do the next ones; after some
days the next letter is the trial of the straight way, and where it gets through, all go straight again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from hawknest.log import Log
from hawknest.post.destination_route import Route, route_for
from hawknest.post.failover_cause import Cause, blocked, unreached
from hawknest.post.failover_memory import ALL, Barrier, Memory
from hawknest.post.outcome import Deferred, Delivered, Detour, Outcome
from hawknest.post.remote import Remote
from hawknest.post.session import Session
from hawknest.store import StoreError
from hawknest.store.outgoing import Waiting

#: Attempts that find nobody before a single destination counts as barred: most often it is down, and comes back.
PATIENCE: Final = 3

_CHANGED: Final = Deferred("4.3.5", "The way out was changed meanwhile; it is looked for anew")


class Owners(Protocol):
    """Whoever is told of barriers."""

    async def met(self, barrier: Barrier, route: Route | None) -> None:
        """A barrier was met; letters go by a route now, or, where there is none, come back or wait."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """Whether other ways are taken, and for how long (seconds)."""

    on: bool
    keep: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """A `Remote` that goes straight or by the smart host."""

    straight: Remote  # by MX, and by the routes that letters always take
    around: Remote  # by the routes for failover alone
    routes: Callable[[], Sequence[Route]]
    settings: Callable[[], Settings]
    memory: Memory
    owners: Owners
    log: Log
    clock: Callable[[], float]

    def lane(self, destination: str) -> str:
        """See `Remote`."""
        if self._barred(destination):
            return f"failover {self.around.lane(destination)}"
        return self.straight.lane(destination)

    async def deliver(
        self, recipients: Sequence[Waiting], session: Session | None
    ) -> tuple[list[Outcome], Session | None]:
        """See `Remote`."""
        destination = recipients[0].destination
        if route_for(self.routes(), destination) is not None:  # it never goes by MX
            return await self.straight.deliver(recipients, session)
        route = route_for(self.routes(), destination, failover=True)
        if (
            session is not None
            and route is not None
            and _by(session, route) != bool(self._barred(destination))
        ):
            session.quit()  # what the lane had open leads the other way
            session = None
        if barrier := self._barred(destination):
            outcomes, session = await self.around.deliver(recipients, session)
            return [replace(outcome, detour=_detour(barrier)) for outcome in outcomes], session
        if any(recipient.destination != destination for recipient in recipients):
            return [
                _CHANGED for _ in recipients
            ], session  # put together for the smart host, just when that ended
        outcomes, session = await self.straight.deliver(recipients, session)
        return await self._learned(recipients, outcomes, session, route)

    def _barred(self, destination: str) -> Barrier | None:
        """What keeps letters from going straight, where there is another way."""
        routes = self.routes()
        if not self.settings().on or route_for(routes, destination) is not None:
            return None
        if route_for(routes, destination, failover=True) is None:
            return None
        return self.memory.standing(destination)

    async def _learned(
        self,
        recipients: Sequence[Waiting],
        outcomes: list[Outcome],
        session: Session | None,
        route: Route | None,
    ) -> tuple[list[Outcome], Session | None]:
        """Learn from how it went straight, and bring by the smart host what was not taken for our sake."""
        barrier = self._met(recipients[0], outcomes)
        if barrier is None:
            if any(_talked(outcome) for outcome in outcomes):
                await self._passed(recipients[0].destination)
            return outcomes, session
        if not self.settings().on:
            route = None
        await self.owners.met(barrier, route)
        if route is None:
            return outcomes, session
        barrier = await self._kept(barrier)
        left = [n for n, outcome in enumerate(outcomes) if blocked(outcome) or unreached(outcome)]
        if session is not None:
            session.quit()
        again, session = await self.around.deliver([recipients[n] for n in left], None)
        for n, outcome in zip(left, again, strict=True):
            outcomes[n] = replace(outcome, detour=_detour(barrier))
        if session is not None:  # the lane that we are in leads straight
            session.quit()
        return outcomes, None

    def _met(self, waiting: Waiting, outcomes: Sequence[Outcome]) -> Barrier | None:
        """What barrier the outcomes of a letter show, if any."""
        now = self.clock()
        until = now + self.settings().keep
        destination = waiting.destination
        for outcome in outcomes:
            host = str(outcome.where) if outcome.where else destination
            if words := blocked(outcome):
                self.memory.heard()
                return Barrier(destination, Cause.BLOCKED, host, words, now, until)
            if unreached(outcome):
                known = self.memory.known
                if self.memory.silence(destination) or ALL in known:
                    return Barrier(ALL, Cause.CLOSED, host, outcome.words, now, until)
                if waiting.attempts + 1 >= PATIENCE or destination in known:
                    return Barrier(destination, Cause.SILENT, host, outcome.words, now, until)
                return None
        return None

    async def _kept(self, barrier: Barrier) -> Barrier:
        """Keep a barrier; where the database has trouble, for this worker alone."""
        self.log.delivery.warning(
            "goes by the smart host",
            destination=barrier.destination,
            cause=str(barrier.cause),
            host=barrier.host,
            said=barrier.words,
        )
        try:
            return await self.memory.meet(barrier)
        except StoreError as error:
            self.log.system.error("not kept", destination=barrier.destination, error=str(error))
            return barrier

    async def _passed(self, destination: str) -> None:
        """Let letters go straight again to where one got through."""
        try:
            for barrier in await self.memory.passed(destination):
                self.log.delivery.info("goes straight again", destination=barrier.destination)
        except StoreError as error:  # the next letter says the same
            self.log.system.error("not forgotten", destination=destination, error=str(error))


def _detour(barrier: Barrier) -> Detour:
    return Detour(barrier.cause.value, barrier.host, barrier.words, barrier.since)


def _talked(outcome: Outcome) -> bool:
    """Whether a host of the destination talked with us about the letter, whatever it said."""
    if isinstance(outcome, Delivered):
        return True
    everyone = isinstance(outcome, Deferred) and outcome.everyone
    return outcome.where is not None and not everyone and outcome.words[:1].isdigit()


def _by(session: Session, route: Route) -> bool:
    """Whether a session is with the host of a route."""
    where = session.where
    return where.port == route.port and route.host in {where.host, where.address}
