"""The commands of IMAP as values; FETCH and the searches have files of their own. RFC 9051 §6, RFC 3501 §6."""

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from hawknest.wire.imap.fetching import Attribute, Fetch, Section
from hawknest.wire.imap.searching import Search, Sort, Thread, Where
from hawknest.wire.imap.sets import NumberSet


@dataclass(frozen=True, slots=True)
class Capability:
    """What can be done here? RFC 9051 §6.1.1."""


@dataclass(frozen=True, slots=True)
class Noop:
    """Anything new? RFC 9051 §6.1.2. CHECK is the same here (RFC 3501 §6.4.1)."""


@dataclass(frozen=True, slots=True)
class Logout:
    """Goodbye. RFC 9051 §6.1.3."""


@dataclass(frozen=True, slots=True)
class Id:
    """Who the client is, and who are you? RFC 2971 §3.1."""

    fields: tuple[tuple[bytes, bytes | None], ...] = ()


@dataclass(frozen=True, slots=True)
class StartTls:
    """The wish to speak TLS. RFC 9051 §6.2.1."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """A way to say who one is. RFC 9051 §6.2.2, RFC 4959."""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """A name and its password. RFC 9051 §6.2.3."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enable:
    """Extensions that the client understands. RFC 5161 §3.1."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resync:
    """What a client knows of a mailbox (RFC 7162 §3.2.5)."""

    uidvalidity: int
    modseq: int
    known: NumberSet | None = None
    numbers: tuple[NumberSet, NumberSet] | None = None  # message numbers and their UIDs


@dataclass(frozen=True, slots=True)
class Select:
    """Open a mailbox; EXAMINE: only to read. RFC 9051 §6.3.2-3."""

    mailbox: str
    read_only: bool = False
    condstore: bool = False
    resync: Resync | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """Make a mailbox, of a special use if one is named. RFC 9051 §6.3.4, RFC 6154 §3."""

    mailbox: str
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a mailbox. RFC 9051 §6.3.5."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a mailbox another name. RFC 9051 §6.3.6."""

    mailbox: str
    to: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Subscribe to a name, or no longer. RFC 9051 §6.3.7-8."""

    mailbox: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class List:
    """Which mailboxes are there? RFC 9051 §6.3.9, RFC 5258, RFC 5819."""

    reference: str
    patterns: tuple[str, ...]
    select: frozenset[str] = frozenset()  # SUBSCRIBED REMOTE RECURSIVEMATCH SPECIAL-USE
    give: frozenset[str] = frozenset()  # SUBSCRIBED CHILDREN SPECIAL-USE MYRIGHTS
    status: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()  # entries (RFC 9590)


@dataclass(frozen=True, slots=True)
class Lsub:
    """Which names are subscribed to? RFC 3501 §6.3.9."""

    reference: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Namespace:
    """Where are whose mailboxes? RFC 9051 §6.3.10."""


@dataclass(frozen=True, slots=True)
class Status:
    """How is a mailbox? RFC 9051 §6.3.11."""

    mailbox: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Idle:
    """Tell what is new, until DONE. RFC 9051 §6.3.13."""


@dataclass(frozen=True, slots=True)
class Done:
    """The end of IDLE."""


@dataclass(frozen=True, slots=True)
class Close:
    """Leave the mailbox, and expunge. RFC 9051 §6.4.1."""


@dataclass(frozen=True, slots=True)
class Unselect:
    """Leave the mailbox as it is. RFC 9051 §6.4.2."""


@dataclass(frozen=True, slots=True)
class Expunge:
    r"""Remove what is \Deleted; with UIDs, only these. RFC 9051 §6.4.3, §6.4.9."""

    uids: NumberSet | None = None


class StoreMode(Enum):
    """What is done with the flags that are named."""

    SET = ""
    ADD = "+"
    REMOVE = "-"


@dataclass(frozen=True, slots=True)
class Store:
    """Change flags. RFC 9051 §6.4.6, RFC 7162 §3.1.3."""

    numbers: NumberSet
    by_uid: bool
    mode: StoreMode
    flags: tuple[str, ...]
    silent: bool = False
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy messages, or move them. RFC 9051 §6.4.7-8."""

    numbers: NumberSet
    by_uid: bool
    mailbox: str
    move: bool = False


@dataclass(frozen=True, slots=True)
class Replace:
    """What follows is an APPEND that takes the place of a message. RFC 8508 §3."""

    numbers: NumberSet
    by_uid: bool


@dataclass(frozen=True, slots=True)
class GetQuota:
    """How much room is there? RFC 9208 §4.1."""

    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot:
    """Which quota counts for a mailbox? RFC 9208 §4.2."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class SetQuota:
    """Set a quota. RFC 9208 §4.3."""

    root: str
    limits: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SetAcl:
    """Change what somebody may do in a mailbox; no rights at all: DELETEACL. RFC 4314 §3.1-2."""

    mailbox: str
    identifier: str
    mode: StoreMode
    rights: str | None


@dataclass(frozen=True, slots=True)
class GetAcl:
    """Who may do what in a mailbox? RFC 4314 §3.3."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class ListRights:
    """What could somebody be allowed? RFC 4314 §3.4."""

    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class MyRights:
    """What may I do? RFC 4314 §3.5."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class GetMetadata:
    """Give annotations. RFC 5464 §4.2."""

    mailbox: str  # '': the server's
    entries: tuple[str, ...]
    depth: int | None = 0  # levels below; None: all
    largest: int | None = None  # octets of a value


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """Set annotations; None: take away. RFC 5464 §4.3."""

    mailbox: str
    entries: tuple[tuple[str, bytes | None], ...]


class Event(StrEnum):
    """Something that a client can be notified of; RFC 5465 §5 leaves it to the server to know of the others."""

    NEW = "MessageNew"
    EXPUNGE = "MessageExpunge"
    FLAGS = "FlagChange"
    NAME = "MailboxName"
    SUBSCRIPTION = "SubscriptionChange"


@dataclass(frozen=True, slots=True)
class Group:
    """Events of some mailboxes; of none: be silent about these."""

    where: Where
    events: frozenset[Event]
    attributes: tuple[Attribute, ...] = ()  # that come with a new message
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """What to tell without being asked. RFC 5465 §3; no groups: NONE."""

    groups: tuple[Group, ...]
    status: bool = False


@dataclass(frozen=True, slots=True)
class Compress:
    """Compress from now on. RFC 4978 §3."""


@dataclass(frozen=True, slots=True)
class Unauthenticate:
    """Be nobody again. RFC 8437 §2."""


Command = (
    Capability
    | Noop
    | Logout
    | Id
    | StartTls
    | Authenticate
    | Login
    | Enable
    | Select
    | Create
    | Delete
    | Rename
    | Subscribe
    | List
    | Lsub
    | Namespace
    | Status
    | Idle
    | Close
    | Unselect
    | Expunge
    | Search
    | Sort
    | Thread
    | Fetch
    | Store
    | Copy
    | GetQuota
    | GetQuotaRoot
    | SetQuota
    | SetAcl
    | GetAcl
    | ListRights
    | MyRights
    | GetMetadata
    | SetMetadata
    | Notify
    | Compress
    | Unauthenticate
)
