"""What users teach by what they do: a letter put into Junk or taken out of it, or marked so. Rooms that learn listen here.

Mail programs do both, in any order: they mark a letter and move it. A letter's verdict is what its marks say, or, where they say
nothing, where it lies; what agrees with the verdict that was there already teaches nothing new. So one judgement is one
lesson, whichever worker heard which half of it, and changing one's mind is another.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

#: The keywords of RFC 9051 §2.3.2, and those that programs had before; their case counts for nothing.
_JUNK: Final = frozenset({"$junk", "junk"})
_NOT_JUNK: Final = frozenset({"$notjunk", "notjunk", "nonjunk"})
_MARKS: Final = _JUNK | _NOT_JUNK


@dataclass(frozen=True, slots=True)
class Lesson:
    """A user has judged letters."""

    account_id: int
    junk: bool  # what they are, in the user's eyes
    blobs: Sequence[int]  # the letters' octets


@dataclass(frozen=True, slots=True)
class Judged:
    """A letter that somebody did something to."""

    blob: int
    keywords: str  # that it had before, space between
    after: str = ""  # that it has now, where these changed


def marks(keywords: Iterable[str]) -> tuple[str, ...]:
    """Choose of keywords those that say whether a letter is junk."""
    return tuple(word for word in keywords if word.lower() in _MARKS)


def verdict(keywords: str, role: str) -> bool | None:
    """Tell what a letter is held for in a mailbox of a role; None: nobody has said.

    Marks that contradict one another say nothing (RFC 9051 §2.3.2).
    """
    words = set(keywords.lower().split())
    junk, fine = not words.isdisjoint(_JUNK), not words.isdisjoint(_NOT_JUNK)
    if junk is not fine:
        return junk
    return True if role == "junk" else None


class Lessons:
    """Where lessons are told and heard."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Lesson], None]] = []

    def listen(self, hear: Callable[[Lesson], None]) -> None:
        """Have `hear` called with every lesson, in the event loop."""
        self._listeners.append(hear)

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def tell(self, lesson: Lesson) -> None:
        """Tell of a lesson."""
        for hear in self._listeners:
            hear(lesson)

    def moved(self, account_id: int, source: str, target: str, letters: Iterable[Judged]) -> None:
        """Tell that letters went from a mailbox of one role to one of another, if that says something about them.

        Out of Junk into Trash is no judgement: it is only being tidy.
        """
        if source == target or "junk" not in {source, target} or (source, target) == ("junk", "trash"):
            return
        junk = target == "junk"
        blobs = [letter.blob for letter in letters if verdict(letter.keywords, source) is not junk]
        if blobs:
            self.tell(Lesson(account_id, junk, blobs))

    def marked(self, account_id: int, role: str, letters: Iterable[Judged]) -> None:
        """Tell that letters in a mailbox of a role got other keywords, if that says something about them.

        A mark of junk that is taken off says that it is none; the opposite mark, taken off, leaves it open.
        """
        blobs: dict[bool, list[int]] = {True: [], False: []}
        for letter in letters:
            before, after = verdict(letter.keywords, role), verdict(letter.after, role)
            if after is not before and (after is not None or before):
                blobs[bool(after)].append(letter.blob)
        for junk, those in blobs.items():
            if those:
                self.tell(Lesson(account_id, junk, those))
