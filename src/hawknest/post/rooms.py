"""What the queue works with: its settings, and the rooms around it."""

from collections.abc import Callable
from dataclasses import dataclass

from hawknest.log import Log
from hawknest.post import retry
from hawknest.post.bounce import Reporter
from hawknest.post.local import Terms
from hawknest.post.remote import Remote
from hawknest.store import Store


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is done at once; spans are seconds.

    `owner` names this worker, different from every other that shares the database. `concurrency` letters are delivered at
    once, `per_destination` of them to one destination or smart host; `in_hand` recipients are claimed at most; a claim holds for `lease`
    and is renewed. `keep_open` is how long a connection waits for a next letter, `letters` how many it carries.
    """

    owner: str
    concurrency: int = 50
    per_destination: int = 4
    in_hand: int = 1000
    lease: float = 300.0
    look: float = 60.0  # the longest sleep
    keep_open: float = 3.0
    letters: int = 500


def _nobody() -> None:
    """Do what is done where there are no webhooks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What the queue works with. The functions are asked each time, so that a changed policy holds at once."""

    store: Store
    remote: Remote
    reporter: Reporter
    log: Log
    retry: Callable[[], retry.Settings]
    terms: Callable[[], Terms]
    clock: Callable[[], float]
    random: Callable[[], float]
    told: Callable[[], None] = _nobody  # webhooks have something to be told
