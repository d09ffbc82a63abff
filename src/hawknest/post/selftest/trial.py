"""A self-test under way: the steps that were taken, how each went, and how that is said."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hawknest.accounts.directory import Account
from hawknest.net.control import ControlError
from hawknest.post.selftest.probes import Failed
from hawknest.post.selftest.words import Language, text
from hawknest.store import Connection

T = TypeVar("T")


class House(Protocol):
    """The nest that is tested, as seen from a thread."""

    @property
    def directory(self) -> Path:
        """Where its data is."""
        ...

    def read(self, question: Callable[[Connection], T]) -> T:
        """Ask the database. Raises StoreError."""
        ...

    def write(self, job: Callable[[Connection], T]) -> T:
        """Change the database. Raises StoreError, and what the job raises."""
        ...

    def listeners(self) -> Sequence[Mapping[str, Any]]:
        """Tell where the running server listens, as its status does. Raises ControlError."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """A step and how it went; the messages `selftest-KIND` name it, with `-do` they say what helps."""

    kind: str
    what: dict[str, Any]
    ok: bool

    def words(self, language: Language) -> str:
        """The step for people, in a line or with what helps in three."""
        mark = text("ok" if self.ok else "failed", language, {})
        line = f"{mark}  {text(self.kind, language, self.what)}"
        if self.ok:
            return line
        said = text("said", language, {"said": self.what.get("said", "-")})
        return f"{line}\n        {said}\n        {text(f'{self.kind}-do', language, self.what)}"

    def plain(self, language: Language = "en") -> dict[str, Any]:
        """The step for programs."""
        found = {
            "step": self.kind,
            "ok": self.ok,
            "what": self.what,
            "words": text(self.kind, language, self.what),
        }
        if not self.ok:
            found["advice"] = text(f"{self.kind}-do", language, self.what)
        return found


class Broken(Exception):
    """A step failed that the others need."""


@dataclass(slots=True)
class Trial:
    """A test under way, and what it leaves behind until it is cleaned up."""

    house: House
    steps: list[Step] = field(default_factory=list[Step])
    secret: str = field(default="", repr=False)
    account: Account | None = None
    letter_id: str = ""

    @property
    def ok(self) -> bool:
        """Whether every step went well."""
        return all(step.ok for step in self.steps)

    def plain(self, language: Language = "en") -> dict[str, Any]:
        """How it went, for programs."""
        return {"ok": self.ok, "steps": [step.plain(language) for step in self.steps]}

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
