"""What a line has before it when it looks: the situation, whom to ask, and how the other lines stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hawknest.dns import IpAddress, Unknown
from hawknest.post.coach.asking import Asker
from hawknest.post.coach.probes import Probes
from hawknest.post.coach.situation import Situation
from hawknest.post.coach.values import Entry, Outcome, State
from hawknest.post.destination_address import is_public
from hawknest.post.domaincheck_report import key_of
from hawknest.post.records import Record


@dataclass(slots=True)
class Desk:
    """One coach's desk; `clock` gives seconds since the epoch."""

    situation: Situation
    asker: Asker
    probes: Probes
    clock: Callable[[], float]
    outcomes: Mapping[str, Outcome]

    def stands(self, line: str) -> State | None:
        """How another line stands; None: it has not looked yet."""
        found = self.outcomes.get(line)
        return found.state if found else None

    def public(self, address: IpAddress) -> bool:
        """Whether others can reach an address; in a laboratory those are on this machine."""
        return self.situation.laboratory or is_public(address)

    def of_host(self) -> tuple[IpAddress, ...]:
        """The addresses that the host has in the DNS, as far as the line `host` found out."""
        found = self.outcomes.get("host")
        return found.addresses if found else ()

    async def enter(self, *records: Record) -> tuple[Entry, ...]:
        """What to enter where the domain is managed."""
        return tuple([await self.entry(one.name, one.type, one.value) for one in records])

    async def entry(self, name: str, type_: str, value: str) -> Entry:
        """A record to enter, with the zone that it belongs to."""
        return Entry(name, type_, value, await self.asker.zone(name))

    async def enter_type(self, type_: str, name: str = "") -> tuple[Entry, ...]:
        """What to enter of a type."""
        return await self.enter(*self.situation.entries(type_, name))


def failed(error: Unknown) -> Outcome:
    """A line that could not find out, because the DNS did not answer."""
    values = {
        "name": error.name,
        "kind": error.kind,
        "resolver": error.resolver or "?",
        "detail": error.detail,
    }
    return Outcome(State.UNKNOWN, key_of(error), values)


def waiting(key: str, **values: Any) -> Outcome:
    """A line that waits for another."""
    return Outcome(State.WAITING, key, {name: str(value) for name, value in values.items()})


def shown(text: bytes) -> str:
    """A stranger's text, fit for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text[:500].decode("utf-8", "replace"))
