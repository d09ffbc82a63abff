"""Events by category and level, and counters."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from hawknest.log.conversation import Conversation
from hawknest.log.files import Files
from hawknest.log.lines import Stamp, json_line, safe, short_line

CATEGORIES: Final = ("smtp", "pop3", "imap", "web", "finger", "auth", "delivery", "system")


class Level(StrEnum):
    """How much an event matters."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is written, and where.

    `directory` holds the files (None: no files); `categories` those that are written; `days` and `octets` how long and
    how much is kept; `conversations` adds every line that is said; `stderr` the short form there.
    """

    directory: Path | None = None
    categories: frozenset[str] = frozenset(CATEGORIES)
    level: Level = Level.INFO
    conversations: bool = False
    days: int = 30
    octets: int = 1_000_000_000
    stderr: bool = False


class Say(Protocol):
    """Write an event down: what happened in a word or two, and its fields by name."""

    def __call__(self, event: str, /, **fields: Any) -> None:
        """Write the event down, or do nothing where it is switched off."""
        ...


def _nothing(_event: str, /, **_fields: Any) -> None:
    """Do what an event that is switched off does."""


class Channel:
    """The events of one category; each level is a function to call."""

    __slots__ = ("category", "debug", "error", "info", "warning")

    def __init__(self, category: str) -> None:
        self.category = category
        self.debug: Say = _nothing
        self.info: Say = _nothing
        self.warning: Say = _nothing
        self.error: Say = _nothing


class Log:
    """The log of one process."""

    def __init__(self, settings: Settings | None = None, clock: Callable[[], float] = time.time) -> None:
        self.smtp = Channel("smtp")
        self.pop3 = Channel("pop3")
        self.imap = Channel("imap")
        self.web = Channel("web")
        self.finger = Channel("finger")
        self.auth = Channel("auth")
        self.delivery = Channel("delivery")
        self.system = Channel("system")
        self.counters: Counter[str] = Counter()
        self._clock = clock
        self._stamp = Stamp()
        self._files: Files | None = None
        self._settings = Settings()
        self.configure(settings or Settings())

    def configure(self, settings: Settings) -> None:
        """Take new settings; what is under way is written under the old ones."""
        old, self._files = self._files, None
        if settings.directory is not None or settings.stderr:
            self._files = Files(settings.directory, settings.days, settings.octets, stderr=settings.stderr)
        self._settings = settings
        levels = list(Level)
        channels = (
            self.smtp,
            self.pop3,
            self.imap,
            self.web,
            self.finger,
            self.auth,
            self.delivery,
            self.system,
        )
        for channel in channels:
            for level in Level:
                on = (
                    self._files is not None
                    and channel.category in settings.categories
                    and levels.index(level) >= levels.index(settings.level)
                )
                setattr(channel, level, self._say(channel.category, level, self._files) if on else _nothing)
        if old is not None:
            old.close()

    def count(self, name: str, number: int = 1) -> None:
        """Add to a counter, which status and metrics show."""
        self.counters[name] += number

    def conversation(self, channel: Channel, session: str, us: str = "S") -> Conversation | None:
        """Begin to write down what is said in a session, in which we are S or C; None where conversations are off."""
        if not self._settings.conversations or channel.category not in self._settings.categories:
            return None
        write = self._say(channel.category, Level.INFO, self._files) if self._files else _nothing
        return Conversation(lambda side, text: write("said", session=session, side=side, text=text), us)

    @property
    def dropped(self) -> int:
        """Lines that found no room."""
        return self._files.dropped if self._files else 0

    def flush(self) -> None:
        """Write what has gathered, now."""
        if self._files is not None:
            self._files.flush()

    def close(self) -> None:
        """Write what has gathered and end."""
        self.configure(Settings())

    def _say(self, category: str, level: Level, files: Files | None) -> Say:
        """Make the function that writes events of one category and level."""
        assert files is not None
        clock, stamp, put, name = self._clock, self._stamp, files.put, str(level)
        stderr = self._settings.stderr

        def say(event: str, /, **fields: Any) -> None:
            at = clock()
            record = {"time": stamp(at), "category": category, "level": name, "event": event, **safe(fields)}
            put(at, json_line(record), short_line(record) if stderr else "")

        return say
