"""What users teach by what they do: a letter put into Junk, or taken out of it. Rooms that learn listen here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lesson:
    """A user has judged letters."""

    account_id: int
    junk: bool  # what they are, in the user's eyes
    blobs: Sequence[int]  # the letters' octets


class Lessons:
    """Where lessons are told and heard."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Lesson], None]] = []

    def listen(self, hear: Callable[[Lesson], None]) -> None:
        """Have `hear` called with every lesson, in the event loop."""
        self._listeners.append(hear)

    def tell(self, lesson: Lesson) -> None:
        """Tell of a lesson."""
        for hear in self._listeners:
            hear(lesson)

    def moved(self, account_id: int, source: str, target: str, blobs: Sequence[int]) -> None:
        """Tell that letters went from a mailbox of one role to one of another, if that says something about them.

        Out of Junk into Trash is no judgement: it is only being tidy.
        """
        if not blobs or source == target:
            return
        if target == "junk":
            self.tell(Lesson(account_id, True, blobs))
        elif source == "junk" and target != "trash":
            self.tell(Lesson(account_id, False, blobs))
