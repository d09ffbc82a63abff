"""What the doctor finds, and how it is said: to people in their language, to programs in English and by name."""

from dataclasses import dataclass, field
from typing import Any

from hawknest.cli.messages import MESSAGES
from hawknest.cli.words import tell


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `kind` names it: the messages `doctor-KIND` say what is wrong and `doctor-KIND-do` what the owner can do, with `what`
    filled in.
    """

    kind: str
    what: dict[str, Any] = field(default_factory=dict[str, Any])
    mended: bool = False

    @property
    def words(self) -> str:
        """What is wrong, and what was or can be done."""
        done = tell("doctor-mended") if self.mended else tell(f"doctor-{self.kind}-do", **self.what)
        return f"{tell(f'doctor-{self.kind}', **self.what)}\n    {done}"

    def plain(self) -> dict[str, Any]:
        """The finding for programs."""
        return {
            "kind": self.kind,
            "what": self.what,
            "mended": self.mended,
            "words": MESSAGES[f"doctor-{self.kind}"][0].format_map(self.what),
            "advice": MESSAGES[f"doctor-{self.kind}-do"][0].format_map(self.what),
        }
