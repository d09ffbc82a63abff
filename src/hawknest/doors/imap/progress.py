"""How far a long command is, so that nobody takes the server for dead. RFC 9585.

What takes long is reading letters that the index does not know. How many are to be read is known for the first key of a search
that needs it; how many for the next one, is not. A goal that was told must not change, so from then on there is none.
"""

from dataclasses import dataclass
from typing import Final

BREATH: Final = 10.0  # seconds between two words on how far it is


@dataclass(slots=True)
class Progress:
    """How far one command is; times are in seconds of a clock that only grows."""

    done: int = 0  # letters that were read
    goal: int | None = None  # letters that will have been; 0: nobody knows
    told: float = 0.0  # when something was said last

    def begin(self, letters: int, now: float) -> None:
        """Set out to read so many letters."""
        if letters:
            self.told = now if self.goal is None else self.told
            self.goal = letters if self.goal is None else 0

    def read(self, letters: int, now: float, tag: str) -> str:
        """Note that so many more were read. Returns the response code to be told now, or nothing."""
        self.done += letters
        if now - self.told < BREATH:
            return ""
        self.told = now
        return f'INPROGRESS ("{tag}" {self.done} {self.goal or "NIL"})'
