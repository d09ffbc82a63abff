"""A self-test under way: the steps that were taken, how each went, and how that is said."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hawknest.accounts.directory import Account
from hawknest.cli.messages import MESSAGES
from hawknest.cli.nest import Nest
from hawknest.cli.probes import Failed
from hawknest.cli.words import tell
from hawknest.net.control import ControlError


@dataclass(frozen=True, slots=True)
class Step:
    """A step and how it went; the messages `selftest-KIND` name it, with `-do` they say what helps."""

    kind: str
    what: dict[str, Any]
    ok: bool

    @property
    def words(self) -> str:
        """The step for people."""
        line = f"{tell('selftest-ok' if self.ok else 'selftest-failed')}  {tell(f'selftest-{self.kind}', **self.what)}"
        if self.ok:
            return line
        said = tell("selftest-said", said=self.what.get("said", "-"))
        return f"{line}\n        {said}\n        {tell(f'selftest-{self.kind}-do', **self.what)}"

    def plain(self) -> dict[str, Any]:
        """The step for programs."""
        english = MESSAGES[f"selftest-{self.kind}"][0].format_map(self.what)
        found = {"step": self.kind, "ok": self.ok, "what": self.what, "words": english}
        if not self.ok:
            found["advice"] = MESSAGES[f"selftest-{self.kind}-do"][0].format_map(self.what)
        return found


class Broken(Exception):
    """A step failed that the others need."""


@dataclass(slots=True)
class Trial:
    """A test under way, and what it leaves behind until it is cleaned up."""

    nest: Nest
    steps: list[Step] = field(default_factory=list[Step])
    secret: str = ""
    account: Account | None = None
    letter_id: str = ""

    @property
    def ok(self) -> bool:
        """Whether every step went well."""
        return all(step.ok for step in self.steps)

    @contextmanager
    def step(self, kind: str, *, needed: bool = False, **what: Any) -> Generator[None]:
        """Take a step; where a `needed` one fails, the test ends."""
        try:
            yield
        except (Failed, ControlError) as error:
            self.steps.append(Step(kind, what | {"said": str(error)}, ok=False))
            if needed:
                raise Broken from error
        else:
            self.steps.append(Step(kind, what, ok=True))
