"""How all lines stand at a moment, as values, and as plain data in words of either language."""

from dataclasses import dataclass
from typing import Any

from hawknest.mail.address import to_unicode
from hawknest.post.coach import providers, words
from hawknest.post.coach.lines import Line
from hawknest.post.coach.values import Entry, Outcome, State, Weight
from hawknest.post.coach.words import Language


@dataclass(frozen=True, slots=True)
class Told:
    """A line as it stands; times are seconds since the epoch."""

    line: Line
    weight: Weight
    outcome: Outcome | None  # None: it has not looked yet
    looked_at: float = 0.0
    since: float = 0.0  # when it came to stand so

    @property
    def state(self) -> State:
        """How it stands."""
        return self.outcome.state if self.outcome else State.WAITING

    def data(self, language: Language) -> dict[str, Any]:
        """The line as plain data, for JSON."""
        found = self.outcome
        return {
            "id": self.line.key,
            "group": str(self.line.group),
            "weight": str(self.weight),
            "title": words.title(self.line.key, language),
            "state": str(self.state),
            "finding": found.key if found else "",
            "text": words.text(found.key, found.values, language)
            if found
            else words.text("looking", {}, language),
            "advice": words.advice(found.key, found.values, language) if found else "",
            "skipped": "" if self.state is State.GREEN else words.skipped(self.line.key, language),
            "enter": [_entered(one, language) for one in found.enter] if found else [],
            "notes": [words.text(note.key, note.values, language) for note in found.notes] if found else [],
            "looked_at": self.looked_at,
            "since": self.since,
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """How everything stands."""

    domain: str
    host: str
    at: float  # seconds since the epoch
    lines: tuple[Told, ...]

    @property
    def ready(self) -> bool:
        """Whether all that is needed is green."""
        return all(one.state is State.GREEN for one in self.lines if one.weight is Weight.NEEDED)

    @property
    def found(self) -> list[Outcome | None]:
        """What the lines found: the same where nothing has turned."""
        return [one.outcome for one in self.lines]

    @property
    def looked(self) -> bool:
        """Whether every line has looked at least once."""
        return all(one.outcome is not None for one in self.lines)

    @property
    def complete(self) -> bool:
        """Whether all is green."""
        return all(one.state is State.GREEN for one in self.lines)

    def count(self, *, needed: bool) -> tuple[int, int]:
        """How many lines are green, and how many there are; `needed`: of those that are needed."""
        counted = [one for one in self.lines if one.weight is Weight.NEEDED or not needed]
        return sum(one.state is State.GREEN for one in counted), len(counted)

    def of(self, key: str) -> Told:
        """A line."""
        return next(one for one in self.lines if one.line.key == key)

    def data(self, language: Language) -> dict[str, Any]:
        """Everything as plain data, for JSON."""
        (green, total), (done, needed) = self.count(needed=False), self.count(needed=True)
        blocked = any(one.line.key == "outbound" and one.state is State.RED for one in self.lines)
        return {
            "domain": self.domain,
            "readable": to_unicode(self.domain),
            "host": self.host,
            "at": self.at,
            "ready": self.ready,
            "complete": self.complete,
            "green": green,
            "total": total,
            "needed_green": done,
            "needed": needed,
            "lines": [one.data(language) for one in self.lines],
            "providers": providers.listed(language) if blocked else [],
        }


def _entered(entry: Entry, language: Language) -> dict[str, str]:
    return {
        "name": entry.name,
        "relative": entry.relative,
        "zone": entry.zone,
        "type": entry.type,
        "value": words.blank(entry.value, language),
    }
