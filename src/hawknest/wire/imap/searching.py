"""What SEARCH, SORT and THREAD look for. RFC 9051 §6.4.4, §9, RFC 4731, RFC 5182, RFC 5256, RFC 5267, RFC 9394.

search       = "SEARCH" [search-return-opts] SP search-program
search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from hawknest.wire.imap.cursor import CommandError, Cursor
from hawknest.wire.imap.fetching import partial_range
from hawknest.wire.imap.sets import NumberSet

KEYS: Final = 500  # of one search
SCOPES: Final = 50  # of one command
NAMES: Final = 500  # of one scope


class Field(StrEnum):
    """Where a text is looked for."""

    SUBJECT = "subject"
    FROM = "from"
    TO = "to"
    CC = "cc"
    BCC = "bcc"
    BODY = "body"
    TEXT = "text"


class Clock(StrEnum):
    """Which date is meant."""

    INTERNAL = "internal"
    SENT = "sent"
    SAVED = "saved"


class When(StrEnum):
    """How a day is compared."""

    BEFORE = "before"
    ON = "on"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag or keyword is there."""

    flag: str


@dataclass(frozen=True, slots=True)
class Has:
    """A text is in a field or in the body."""

    field: Field
    needle: str


@dataclass(frozen=True, slots=True)
class Header:
    """A text is in header fields of a name; an empty one: there is such a field."""

    name: str
    needle: str


@dataclass(frozen=True, slots=True)
class Sized:
    """The size is above or below."""

    larger: bool
    octets: int


@dataclass(frozen=True, slots=True)
class Dated:
    """A date is before, on or since a day, in days since the epoch."""

    clock: Clock
    when: When
    day: int


@dataclass(frozen=True, slots=True)
class Aged:
    """It came within so many seconds, or before that (RFC 5032)."""

    younger: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """Its number or UID is in a set."""

    numbers: NumberSet
    by_uid: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """Its modseq is this or above (RFC 7162 §3.1.5)."""

    modseq: int


@dataclass(frozen=True, slots=True)
class Named:
    """It has this EMAILID or THREADID (RFC 8474 §6)."""

    thread: bool
    id: str


@dataclass(frozen=True, slots=True)
class SaveDates:
    """Dates of saving are known in this mailbox (RFC 8514 §4.3)."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The texts are in a charset that we do not read: such a search finds nothing out (RFC 9051 §6.4.4)."""


@dataclass(frozen=True, slots=True)
class Not:
    """A key does not hold."""

    key: "Key"


@dataclass(frozen=True, slots=True)
class Or:
    """One of two keys holds."""

    one: "Key"
    other: "Key"


@dataclass(frozen=True, slots=True)
class And:
    """All keys hold."""

    keys: tuple["Key", ...]


Key = (
    All
    | Flagged
    | Has
    | Header
    | Sized
    | Dated
    | Aged
    | Numbers
    | Changed
    | Named
    | SaveDates
    | Unreadable
    | Not
    | Or
    | And
)


class Result(StrEnum):
    """What of the result is wanted (RFC 4731 §3.1, RFC 5182 §2)."""

    MIN = "MIN"
    MAX = "MAX"
    ALL = "ALL"
    COUNT = "COUNT"
    SAVE = "SAVE"
    PARTIAL = "PARTIAL"


@dataclass(frozen=True, slots=True)
class Return:
    """What of the result is wanted."""

    results: frozenset[Result]
    partial: tuple[int, int] | None = None


class Order(Enum):
    """By what messages are sorted (RFC 5256 §3, RFC 5957)."""

    ARRIVAL = "ARRIVAL"
    CC = "CC"
    DATE = "DATE"
    FROM = "FROM"
    SIZE = "SIZE"
    SUBJECT = "SUBJECT"
    TO = "TO"
    DISPLAYFROM = "DISPLAYFROM"
    DISPLAYTO = "DISPLAYTO"


class Scope(StrEnum):
    """Which mailboxes are searched (RFC 7377 §2, RFC 5465 §6)."""

    SELECTED = "selected"
    SELECTED_DELAYED = "selected-delayed"
    INBOXES = "inboxes"
    PERSONAL = "personal"
    SUBSCRIBED = "subscribed"
    SUBTREE = "subtree"
    SUBTREE_ONE = "subtree-one"
    MAILBOXES = "mailboxes"


#: Scopes that are the selected mailbox.
OF_SELECTED: Final = frozenset({Scope.SELECTED, Scope.SELECTED_DELAYED})


@dataclass(frozen=True, slots=True)
class Where:
    """Mailboxes of a scope; names where the scope has some."""

    scope: Scope
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """Find messages; in other mailboxes than the selected one where `where` says so (RFC 7377)."""

    key: Key
    by_uid: bool
    wanted: Return | None = None
    where: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """Find messages and bring them into an order; each key with whether it is reversed (RFC 5256)."""

    key: Key
    by_uid: bool
    order: tuple[tuple[Order, bool], ...]
    wanted: Return | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """Find messages and bring them into conversations (RFC 5256)."""

    key: Key
    by_uid: bool
    algorithm: str  # REFERENCES, ORDEREDSUBJECT


CHARSETS: Final = ("UTF-8", "US-ASCII")
ALGORITHMS: Final = ("REFERENCES", "ORDEREDSUBJECT")


def read_search(cursor: Cursor, *, by_uid: bool) -> Search:
    """Read what follows SEARCH. Raises CommandError."""
    wanted = _return(cursor)
    cursor.space()
    return Search(_program(cursor), by_uid, wanted)


def read_esearch(cursor: Cursor) -> Search:
    """Read what follows ESEARCH: `"ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program`."""
    where = [Where(Scope.SELECTED)]
    if cursor.text[cursor.at : cursor.at + 4].upper() == b" IN ":
        cursor.at += 4
        where = where_listed(cursor)
    wanted = _return(cursor) or Return(frozenset({Result.ALL}))
    cursor.space()
    return Search(_program(cursor), True, wanted, tuple(where))


def where_listed(cursor: Cursor) -> list[Where]:
    """Read `"(" filter-mailboxes *(SP filter-mailboxes) ")"` (RFC 7377 §4). Raises CommandError."""
    found = cursor.listed(lambda: where_one(cursor))
    if len(found) > SCOPES:
        raise CommandError(f"{SCOPES} scopes at once, at the most", "LIMIT")
    return found


def where_one(cursor: Cursor) -> Where:
    """Read `filter-mailboxes` (RFC 5465 §8). Raises CommandError."""
    name = cursor.word().lower()
    try:
        scope = Scope(name)
    except ValueError:
        raise CommandError(f"I do not know {name} here") from None
    if scope in {Scope.SUBTREE, Scope.SUBTREE_ONE, Scope.MAILBOXES}:
        cursor.space()
        names = cursor.one_or_listed(cursor.mailbox)
        if len(names) > NAMES:
            raise CommandError(f"{NAMES} mailboxes at once, at the most", "LIMIT")
        return Where(scope, tuple(names))
    return Where(scope)


def read_sort(cursor: Cursor, *, by_uid: bool) -> Sort:
    """Read `"SORT" [search-return-opts] SP sort-criteria SP search-criteria` (RFC 5256 §5). Raises CommandError."""
    wanted = _return(cursor)
    cursor.space()
    order: dict[Order, bool] = {}  # what stands there twice counts once: the second changes nothing
    for key, backwards in cursor.listed(lambda: _order(cursor)):
        order.setdefault(key, backwards)
    cursor.space()
    return Sort(_with_charset(cursor), by_uid, tuple(order.items()), wanted)


def read_thread(cursor: Cursor, *, by_uid: bool) -> Thread:
    """Read `"THREAD" SP thread-alg SP search-criteria` (RFC 5256 §5). Raises CommandError."""
    cursor.space()
    algorithm = cursor.word()
    if algorithm not in ALGORITHMS:
        raise CommandError(f"I thread by {' or '.join(ALGORITHMS)}")
    cursor.space()
    return Thread(_with_charset(cursor), by_uid, algorithm)


def _order(cursor: Cursor) -> tuple[Order, bool]:
    word = cursor.word()
    backwards = word == "REVERSE"
    if backwards:
        cursor.space()
        word = cursor.word()
    try:
        return Order(word), backwards
    except ValueError:
        raise CommandError(f"I cannot sort by {word}") from None


def _return(cursor: Cursor) -> Return | None:
    """Read `search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"`."""
    if cursor.text[cursor.at : cursor.at + 8].upper() != b" RETURN ":
        return None
    cursor.at += 8
    partial: tuple[int, int] | None = None

    def one() -> Result:
        nonlocal partial
        word = cursor.word()
        if word not in Result.__members__:
            raise CommandError(f"I cannot return {word}")
        if word == "PARTIAL":
            cursor.space()
            partial = partial_range(cursor)
        return Result(word)

    results = frozenset(cursor.listed(one, empty=True))
    if {Result.ALL, Result.PARTIAL} <= results:
        raise CommandError("Either ALL or PARTIAL, please")
    return Return(results or frozenset({Result.ALL}), partial)


def _program(cursor: Cursor) -> Key:
    if cursor.text[cursor.at : cursor.at + 8].upper() == b"CHARSET ":
        cursor.at += 8
        return _with_charset(cursor)
    return _keys(cursor)


def _with_charset(cursor: Cursor) -> Key:
    """Read `search-criteria = charset 1*(SP search-key)` (RFC 5256 §5)."""
    charset = cursor.astring().decode("ascii", "replace").upper()
    cursor.space()
    if charset not in CHARSETS:
        return Unreadable()
    return _keys(cursor)


def _keys(cursor: Cursor) -> Key:
    budget = [KEYS]
    found = [_key(cursor, budget)]
    while cursor.take(b" "):
        if cursor.over():  # quirk_trailing_space
            break
        found.append(_key(cursor, budget))
    cursor.end()
    return found[0] if len(found) == 1 else And(tuple(found))


def _key(cursor: Cursor, budget: list[int]) -> Key:
    budget[0] -= 1
    if budget[0] < 0:
        raise CommandError(f"A search has {KEYS} keys at the most", "LIMIT")
    if cursor.peek(b"("):
        return And(tuple(cursor.listed(lambda: _key(cursor, budget))))
    if cursor.text[cursor.at : cursor.at + 1] in b"0123456789*$":
        return Numbers(cursor.set(), by_uid=False)
    word = cursor.word()
    if word in _SIMPLE:
        return _SIMPLE[word]
    read = _ARGUMENTS.get(word)
    if read is not None:
        cursor.space()
        return read(cursor)
    match word:
        case "NOT":
            cursor.space()
            return Not(cursor.deeper(lambda: _key(cursor, budget)))
        case "FUZZY":  # every search may be as exact as it likes (RFC 6203 §3)
            cursor.space()
            return cursor.deeper(lambda: _key(cursor, budget))
        case "OR":
            cursor.space()
            one = cursor.deeper(lambda: _key(cursor, budget))
            cursor.space()
            return Or(one, cursor.deeper(lambda: _key(cursor, budget)))
        case _:
            raise CommandError(f"I cannot search by {word}")


def _has(where: Field) -> Callable[[Cursor], Key]:
    return lambda cursor: Has(where, cursor.text_of(cursor.astring()))


def _header(cursor: Cursor) -> Key:
    name = cursor.astring().decode("ascii", "replace")
    cursor.space()
    return Header(name, cursor.text_of(cursor.astring()))


def _dated(clock: Clock, when: When) -> Callable[[Cursor], Key]:
    return lambda cursor: Dated(clock, when, cursor.day())


def _modseq(cursor: Cursor) -> Key:
    """Read `"MODSEQ" [search-modseq-ext] SP mod-sequence-valzer`; of which flag, we do not tell apart (RFC 7162 §3.1.5)."""
    if cursor.peek(b'"'):
        cursor.string()
        cursor.space()
        if cursor.word() not in {"PRIV", "SHARED", "ALL"}:
            raise CommandError("priv, shared or all is expected")
        cursor.space()
    return Changed(cursor.number())


_SIMPLE: Final[dict[str, Key]] = {
    "ALL": All(),
    "ANSWERED": Flagged("\\Answered"),
    "DELETED": Flagged("\\Deleted"),
    "DRAFT": Flagged("\\Draft"),
    "FLAGGED": Flagged("\\Flagged"),
    "SEEN": Flagged("\\Seen"),
    "RECENT": Flagged("\\Recent"),
    "UNANSWERED": Not(Flagged("\\Answered")),
    "UNDELETED": Not(Flagged("\\Deleted")),
    "UNDRAFT": Not(Flagged("\\Draft")),
    "UNFLAGGED": Not(Flagged("\\Flagged")),
    "UNSEEN": Not(Flagged("\\Seen")),
    "OLD": Not(Flagged("\\Recent")),
    "NEW": And((Flagged("\\Recent"), Not(Flagged("\\Seen")))),
    "SAVEDATESUPPORTED": SaveDates(),
}
_ARGUMENTS: Final[dict[str, Callable[[Cursor], Key]]] = {
    **{where.name: _has(where) for where in Field},
    "HEADER": _header,
    "KEYWORD": lambda cursor: Flagged(cursor.flag()),
    "UNKEYWORD": lambda cursor: Not(Flagged(cursor.flag())),
    "LARGER": lambda cursor: Sized(True, cursor.number()),
    "SMALLER": lambda cursor: Sized(False, cursor.number()),
    "UID": lambda cursor: Numbers(cursor.set(), by_uid=True),
    "OLDER": lambda cursor: Aged(False, cursor.number(1)),
    "YOUNGER": lambda cursor: Aged(True, cursor.number(1)),
    "MODSEQ": _modseq,
    "EMAILID": lambda cursor: Named(False, cursor.astring().decode("ascii", "replace")),
    "THREADID": lambda cursor: Named(True, cursor.astring().decode("ascii", "replace")),
    **{when.name: _dated(Clock.INTERNAL, when) for when in When},
    **{f"SENT{when.name}": _dated(Clock.SENT, when) for when in When},
    **{f"SAVED{when.name}": _dated(Clock.SAVED, when) for when in When},
}
