"""What tells those who watch a mailbox that something changed there.

A ring is a hint after a commit, never the change itself: whoever hears it asks the database. So rings may be lost, doubled
or too many without harm. What is watched is a number: a mailbox by its id, an account's list of mailboxes by the negative
of the account's id. With it comes the modseq up to which it changed, so that who knows that much already need not ask.
`relay` carries the rings of this process to others that share the database; what comes from them goes in by `heard`.
"""

from collections.abc import Callable, Mapping
from typing import Final

SOME: Final = (1 << 63) - 1  # a modseq that nobody knows yet: something changed

#: Is told the number of what changed, among those it watches, and up to which modseq.
Hear = Callable[[int, int], None]


class Bell:
    """The bell of one process."""

    def __init__(self) -> None:
        self._watchers: dict[int, set[Hear]] = {}
        self._followers: list[Callable[[], None]] = []
        self.relay: Callable[[Mapping[int, int]], None] | None = None

    def watch(self, number: int, hear: Hear) -> None:
        """Have `hear` called, in the event loop, whenever this changed."""
        self._watchers.setdefault(number, set()).add(hear)

    def follow(self, hear: Callable[[], None]) -> None:
        """Have `hear` called, in the event loop, whenever anything changed."""
        self._followers.append(hear)

    def forget(self, number: int, hear: Hear) -> None:
        """Have it called no longer."""
        if (watchers := self._watchers.get(number)) is not None:
            watchers.discard(hear)
            if not watchers:
                del self._watchers[number]

    def ring(self, changed: Mapping[int, int]) -> None:
        """Tell of changes that this process has committed."""
        self.heard(changed)
        if self.relay is not None:
            self.relay(changed)

    def everything(self) -> None:
        """Tell all who watch that something may have changed."""
        self.heard(dict.fromkeys(self._watchers, SOME))

    def heard(self, changed: Mapping[int, int]) -> None:
        """Tell of changes that another process has committed."""
        for follower in self._followers:
            follower()
        for number, modseq in changed.items():
            for hear in tuple(self._watchers.get(number, ())):
                hear(number, modseq)
