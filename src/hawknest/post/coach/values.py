"""What the coach's lines give: states, what was found, what to enter and where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hawknest.dns import IpAddress


class State(StrEnum):
    """How a line stands."""

    GREEN = "green"
    YELLOW = "yellow"  # works, and could be better
    RED = "red"
    WAITING = "waiting"  # for another line, or for somebody else
    UNKNOWN = "unknown"  # it could not be found out


class Group(StrEnum):
    """What a line is for."""

    FOUND = "found"  # others find this server
    BELIEVED = "believed"  # they believe that its letters are its own
    PROTECTED = "protected"  # nobody comes between
    REACHABLE = "reachable"  # letters come through, both ways


class Weight(StrEnum):
    """How much depends on a line."""

    NEEDED = "needed"  # letters are lost or refused without it
    WISE = "wise"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record to enter where a domain is managed; `zone` is the domain as its registrar knows it, '' where nobody could tell."""

    name: str
    type: str
    value: str
    zone: str = ""

    @property
    def relative(self) -> str:
        """The name as registrars want it: without the zone, `@` for the zone itself."""
        if not self.zone or self.name == self.zone:
            return "@" if self.name == self.zone else self.name
        return self.name.removesuffix(f".{self.zone}")


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know besides: a key of the words, and what is filled in."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a line found: a state, the key of its words with what is filled in, what to enter, and what else there is to know."""

    state: State
    key: str
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    enter: tuple[Entry, ...] = ()
    notes: tuple[Note, ...] = ()
    addresses: tuple[IpAddress, ...] = ()  # that a line found for those that build on it
