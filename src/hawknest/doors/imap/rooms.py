"""What an IMAP session is given, its settings, the rooms it asks, its link; and what it knows of itself."""

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hawknest.accounts.directory import Directory
from hawknest.accounts.login import Keys
from hawknest.doors.imap.images import Images, Open, unheard
from hawknest.doors.imap.progress import Progress
from hawknest.doors.imap.view import View
from hawknest.doors.imap.whose import Who
from hawknest.log import Log
from hawknest.net.link import Link
from hawknest.net.tls import Certificate
from hawknest.post import reading
from hawknest.post.lessons import Lessons
from hawknest.store import Store, derived
from hawknest.store.derived import Derived
from hawknest.wire.imap import server as imap

ImapLink = Link[imap.Event]


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes a door imap or imaps."""

    service: str
    hostname: str
    patience: float  # seconds that a client may be silent once somebody is known (RFC 9051 §5.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rooms that this door asks."""

    store: Store
    images: Images
    keys: Keys
    directory: Directory
    certificate: Certificate | None
    lessons: Lessons
    log: Log
    clock: Callable[[], float]

    def keep(self, fresh: Mapping[int, Derived]) -> None:
        """Keep what was derived from letters; nobody waits for it, since it can be derived again."""
        done = self.store.write(lambda connection: derived.put(connection, reading.VERSION, fresh))
        done.add_done_callback(unheard)


@dataclass(slots=True)
class Selected:
    """The mailbox that is selected."""

    opened: Open
    view: View
    name: str  # as the user has it
    rights: str
    read_only: bool
    recent: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])  # ranges of UIDs
    saved: "array[int]" = field(default_factory=lambda: array("I"))  # UIDs that a search kept (RFC 5182)
    announced: set[str] = field(default_factory=set[str])  # keywords that the client knows of

    def is_recent(self, uid: int) -> bool:
        r"""Whether a letter is \Recent to this session (RFC 3501 §2.3.2)."""
        return any(first <= uid <= last for first, last in self.recent)


@dataclass(slots=True)
class Session:
    """Somebody who was let in, and what was agreed on."""

    link: ImapLink
    server: imap.Server
    rooms: Rooms
    settings: Settings
    name: str  # of the session, in the log
    who: Who
    condstore: bool = False  # RFC 7162 §3.1
    qresync: bool = False  # RFC 7162 §3.2
    rev2: bool = False  # RFC 9051
    uid_only: bool = False  # RFC 9586
    selected: Selected | None = None
    notifier: "Notifier | None" = None  # RFC 5465
    progress: Progress = field(default_factory=Progress)  # of the search at hand
    without: frozenset[str] = frozenset()  # capabilities that are kept from this account

    @property
    def mailbox(self) -> Selected:
        """The selected mailbox; the engine lets no command through that needs one where there is none."""
        assert self.selected is not None
        return self.selected

    @property
    def largest(self) -> int:
        """How many octets a message may have; 0: any number."""
        return self.rooms.directory.rules.policies.message_size_limit

    def nudge(self) -> None:
        """Be woken between commands: something that is watched has changed."""
        self.server.nudge()
        self.link.wake()


class Notifier(Protocol):
    """Watches what a client wants to be notified of."""

    async def tell(self) -> None:
        """Tell what is new. Raises StoreError."""
        ...

    def follow(self, opened: Open) -> None:
        """Watch the mailbox that was selected."""
        ...

    def unfollow(self, opened: Open) -> None:
        """Watch it no longer on that account."""
        ...

    def end(self) -> None:
        """Watch no longer."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The tagged OK at the end of a command."""

    text: str
    code: str = ""


def engine(link: ImapLink) -> imap.Server:
    """Give the engine that a link drives."""
    assert isinstance(link.engine, imap.Server)
    return link.engine
