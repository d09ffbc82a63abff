"""How the commands of IMAP are read, one row a command. RFC 9051 §9, RFC 3501 §9 and the RFCs of the extensions."""

import binascii
from base64 import b64decode
from collections.abc import Callable
from typing import Final

from hawknest.wire.imap import fetching, searching
from hawknest.wire.imap.command import (
    Authenticate,
    Capability,
    Close,
    Command,
    Compress,
    Copy,
    Create,
    Delete,
    Enable,
    Event,
    Expunge,
    GetAcl,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    Group,
    Id,
    Idle,
    List,
    ListRights,
    Login,
    Logout,
    Lsub,
    MyRights,
    Namespace,
    Noop,
    Notify,
    Rename,
    Resync,
    Select,
    SetAcl,
    SetMetadata,
    SetQuota,
    StartTls,
    Status,
    Store,
    StoreMode,
    Subscribe,
    Unauthenticate,
    Unselect,
)
from hawknest.wire.imap.cursor import CommandError, Cursor, NotSupported
from hawknest.wire.imap.fetching import Attribute, Section

Read = Callable[[Cursor], Command]

#: What STATUS can tell (RFC 9051 §6.3.11, RFC 7162 §3.1.2.3, RFC 8438, RFC 8474 §4.3, RFC 7889 §5, RFC 9208 §4.1.4).
STATUS_ITEMS: Final = frozenset(
    "MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT DELETED-STORAGE".split()
)
_SELECT_OPTIONS: Final = frozenset({"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"})
_RETURN_OPTIONS: Final = frozenset({"SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "MYRIGHTS"})
ENTRIES: Final = 100  # of one METADATA command


def base64(octets: bytes) -> bytes:
    """Read a base64 string of a SASL exchange; `=` stands for an empty one (RFC 4959 §3). Raises CommandError."""
    if octets == b"=":
        return b""
    try:
        return b64decode(octets, validate=True)
    except (binascii.Error, ValueError):
        raise CommandError("That is not base64") from None


def _nothing(command: Command) -> Read:
    def read(cursor: Cursor) -> Command:
        cursor.end()
        return command

    return read


def _mailbox(make: Callable[[str], Command]) -> Read:
    def read(cursor: Cursor) -> Command:
        cursor.space()
        name = cursor.mailbox()
        cursor.end()
        return make(name)

    return read


def _id(cursor: Cursor) -> Command:
    """Read `id_params_list = "(" *(string SPACE nstring) ")" / nil` (RFC 2971 §4)."""
    cursor.space()
    if cursor.text[cursor.at : cursor.at + 3].upper() == b"NIL":
        cursor.at += 3
        cursor.end()
        return Id()

    def pair() -> tuple[bytes, bytes | None]:
        name = cursor.string()
        cursor.space()
        return name, cursor.nstring()

    found = cursor.listed(pair, empty=True)
    cursor.end()
    if len(found) > 30:
        raise CommandError("ID has 30 fields at the most")
    return Id(tuple(found))


def _authenticate(cursor: Cursor) -> Command:
    """Read `"AUTHENTICATE" SP auth-type [SP initial-resp]`."""
    cursor.space()
    mechanism = cursor.word()
    initial: bytes | None = None
    if cursor.take(b" "):
        initial = base64(cursor.text[cursor.at :].rstrip(b" "))
    return Authenticate(mechanism, initial)


def _login(cursor: Cursor) -> Command:
    cursor.space()
    name = cursor.text_of(cursor.astring())
    cursor.space()
    password = cursor.text_of(cursor.astring())
    cursor.end()
    return Login(name, password)


def _enable(cursor: Cursor) -> Command:
    cursor.space()
    names = [cursor.word()]
    while cursor.take(b" ") and not cursor.over():
        names.append(cursor.word())
    cursor.end()
    return Enable(tuple(names))


def _select(*, read_only: bool) -> Read:
    def read(cursor: Cursor) -> Command:
        cursor.space()
        name = cursor.mailbox()
        resync: Resync | None = None
        condstore = False

        def parameter() -> None:
            nonlocal resync, condstore
            match cursor.word():
                case "CONDSTORE":
                    condstore = True
                case "QRESYNC":
                    cursor.space()
                    resync = _resync(cursor)
                case other:
                    raise CommandError(f"I do not know {other} here")

        if cursor.take(b" ") and not cursor.over():
            cursor.listed(parameter)
        cursor.end()
        return Select(name, read_only, condstore, resync)

    return read


def _resync(cursor: Cursor) -> Resync:
    """Read `"(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"` (RFC 7162 §7)."""
    cursor.expect(b"(")
    uidvalidity = cursor.number(1, 0xFFFFFFFF)
    cursor.space()
    modseq = cursor.number()
    known, numbers = None, None
    if cursor.take(b" ") and not cursor.peek(b"("):
        known = cursor.set()
        cursor.take(b" ")
    if cursor.take(b"("):
        first = cursor.set()
        cursor.space()
        numbers = first, cursor.set()
        cursor.expect(b")")
    cursor.expect(b")")
    return Resync(uidvalidity, modseq, known, numbers)


def _create(cursor: Cursor) -> Command:
    """Read `"CREATE" SP mailbox [SP "(" "USE" SP "(" use-attr *(SP use-attr) ")" ")"]` (RFC 6154 §6)."""
    cursor.space()
    name = cursor.mailbox()
    uses: list[str] = []

    def parameter() -> None:
        if (word := cursor.word()) != "USE":
            raise CommandError(f"I do not know {word} here")
        cursor.space()
        uses.extend(cursor.flags())

    if cursor.take(b" ") and not cursor.over():
        cursor.listed(parameter)
    cursor.end()
    return Create(name, tuple(uses))


def _rename(cursor: Cursor) -> Command:
    cursor.space()
    name = cursor.mailbox()
    cursor.space()
    to = cursor.mailbox()
    cursor.end()
    return Rename(name, to)


def _list(cursor: Cursor) -> Command:
    """Read `"LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]`."""
    cursor.space()
    select: list[str] = []
    if cursor.peek(b"("):
        select = cursor.listed(cursor.word, empty=True)
        if unknown := set(select) - _SELECT_OPTIONS:
            raise CommandError(f"I do not know {min(unknown)} here")
        if set(select) & {"RECURSIVEMATCH"} and not set(select) & {"SUBSCRIBED", "SPECIAL-USE"}:
            raise CommandError("RECURSIVEMATCH needs another option beside it")
        cursor.space()
    reference = cursor.mailbox()
    cursor.space()
    patterns = cursor.one_or_listed(cursor.pattern)
    give: set[str] = set()
    status: list[str] = []
    metadata: list[str] = []

    def option() -> None:
        word = cursor.word()
        if word == "STATUS":
            cursor.space()
            status.extend(_items(cursor))
        elif word == "METADATA":
            cursor.space()
            metadata.extend(cursor.listed(lambda: _entry(cursor)))
        elif word in _RETURN_OPTIONS:
            give.add(word)
        else:
            raise CommandError(f"I do not know {word} here")

    if cursor.take(b" ") and not cursor.over():
        if cursor.word() != "RETURN":
            raise CommandError("RETURN is expected")
        cursor.space()
        cursor.listed(option, empty=True)
    cursor.end()
    return List(
        reference, tuple(patterns), frozenset(select), frozenset(give), tuple(status), tuple(metadata)
    )


def _lsub(cursor: Cursor) -> Command:
    cursor.space()
    reference = cursor.mailbox()
    cursor.space()
    pattern = cursor.pattern()
    cursor.end()
    return Lsub(reference, pattern)


def _status(cursor: Cursor) -> Command:
    cursor.space()
    name = cursor.mailbox()
    cursor.space()
    items = _items(cursor)
    cursor.end()
    return Status(name, tuple(items))


def _items(cursor: Cursor) -> list[str]:
    items = cursor.listed(cursor.word)
    if unknown := set(items) - STATUS_ITEMS:
        raise CommandError(f"I do not know {min(unknown)} here")
    return items


def _uid_expunge(cursor: Cursor) -> Command:
    cursor.space()
    uids = cursor.set()
    cursor.end()
    return Expunge(uids)


def _store(*, by_uid: bool) -> Read:
    def read(cursor: Cursor) -> Command:
        """Read `"STORE" SP sequence-set [SP store-modifiers] SP store-att-flags` (RFC 7162 §7)."""
        cursor.space()
        numbers = cursor.set()
        cursor.space()
        since: int | None = None

        def modifier() -> None:
            nonlocal since
            if (word := cursor.word()) != "UNCHANGEDSINCE":
                raise CommandError(f"I do not know {word} here")
            cursor.space()
            since = cursor.number()

        if cursor.peek(b"("):
            cursor.listed(modifier)
            cursor.space()
        mode = _mode(cursor)
        word = cursor.word()
        if word not in {"FLAGS", "FLAGS.SILENT"}:
            raise CommandError("FLAGS is expected")
        cursor.space()
        if cursor.peek(b"("):
            flags = cursor.flags()
        else:
            flags = [cursor.flag()]
            while cursor.take(b" ") and not cursor.over():
                flags.append(cursor.flag())
        cursor.end()
        return Store(numbers, by_uid, mode, tuple(flags), word == "FLAGS.SILENT", since)

    return read


def _mode(cursor: Cursor) -> StoreMode:
    if cursor.take(b"+"):
        return StoreMode.ADD
    return StoreMode.REMOVE if cursor.take(b"-") else StoreMode.SET


def _copy(*, by_uid: bool, move: bool) -> Read:
    def read(cursor: Cursor) -> Command:
        cursor.space()
        numbers = cursor.set()
        cursor.space()
        name = cursor.mailbox()
        cursor.end()
        return Copy(numbers, by_uid, name, move)

    return read


def _fetch(*, by_uid: bool) -> Read:
    def read(cursor: Cursor) -> Command:
        cursor.space()
        return fetching.read(cursor, by_uid=by_uid)

    return read


def _setquota(cursor: Cursor) -> Command:
    cursor.space()
    root = cursor.text_of(cursor.astring())
    cursor.space()

    def limit() -> tuple[str, int]:
        name = cursor.word()
        cursor.space()
        return name, cursor.number()

    limits = cursor.listed(limit, empty=True)
    cursor.end()
    return SetQuota(root, tuple(limits))


def _getquota(cursor: Cursor) -> Command:
    cursor.space()
    root = cursor.text_of(cursor.astring())
    cursor.end()
    return GetQuota(root)


def _setacl(cursor: Cursor) -> Command:
    """Read `"SETACL" SP mailbox SP identifier SP mod-rights` (RFC 4314 §7)."""
    name, identifier = _whose(cursor)
    cursor.space()
    text = cursor.text_of(cursor.astring())
    cursor.end()
    mode = StoreMode(text[:1]) if text[:1] in {"+", "-"} else StoreMode.SET
    return SetAcl(name, identifier, mode, text[1:] if mode is not StoreMode.SET else text)


def _deleteacl(cursor: Cursor) -> Command:
    name, identifier = _whose(cursor)
    cursor.end()
    return SetAcl(name, identifier, StoreMode.SET, None)


def _listrights(cursor: Cursor) -> Command:
    name, identifier = _whose(cursor)
    cursor.end()
    return ListRights(name, identifier)


def _whose(cursor: Cursor) -> tuple[str, str]:
    cursor.space()
    name = cursor.mailbox()
    cursor.space()
    return name, cursor.text_of(cursor.astring())


def _getmetadata(cursor: Cursor) -> Command:
    """Read `"GETMETADATA" [SP getmetadata-options] SP mailbox SP entries` (RFC 5464 §5).

    quirk_metadata_options: the options may stand behind the mailbox too, as the RFC's examples have them.
    """
    cursor.space()
    depth: int | None = 0
    largest: int | None = None

    def option() -> None:
        nonlocal depth, largest
        match cursor.word():
            case "MAXSIZE":
                cursor.space()
                largest = cursor.number()
            case "DEPTH":
                cursor.space()
                word = cursor.word()
                if word not in {"0", "1", "INFINITY"}:
                    raise CommandError("DEPTH is 0, 1 or infinity")
                depth = None if word == "INFINITY" else int(word)
            case other:
                raise CommandError(f"I do not know {other} here")

    if cursor.peek(b"("):
        cursor.listed(option)
        cursor.space()
    name = cursor.mailbox()
    cursor.space()
    if cursor.peek(b"(") and not cursor.peek(b"(/"):
        cursor.listed(option)
        cursor.space()
    entries = cursor.one_or_listed(lambda: _entry(cursor))
    cursor.end()
    return GetMetadata(name, tuple(entries), depth, largest)


def _setmetadata(cursor: Cursor) -> Command:
    cursor.space()
    name = cursor.mailbox()
    cursor.space()

    def pair() -> tuple[str, bytes | None]:
        entry = _entry(cursor)
        cursor.space()
        return entry, cursor.nstring()

    found = cursor.listed(pair)
    cursor.end()
    if len(found) > ENTRIES:
        raise CommandError(f"{ENTRIES} entries at once, at the most")
    return SetMetadata(name, tuple(found))


def _entry(cursor: Cursor) -> str:
    """Read the name of an entry: `/private/…` or `/shared/…`, in lower case (RFC 5464 §3.2)."""
    name = cursor.text_of(cursor.astring()).lower()
    if (
        not f"{name}/".startswith(("/private/", "/shared/"))
        or any(mark in name for mark in ("//", "*", "%", "\0"))
        or name.endswith("/")
        or len(name) > 200
        or not name.isascii()
    ):
        raise CommandError("An entry begins with /private/ or /shared/ and has no * and %")
    return name


def _notify(cursor: Cursor) -> Command:
    """Read `"NOTIFY" SP ("SET" [SP "STATUS"] 1*(SP event-group) / "NONE")` (RFC 5465 §8)."""
    cursor.space()
    word = cursor.word()
    if word == "NONE":
        cursor.end()
        return Notify(())
    if word != "SET":
        raise CommandError("SET or NONE is expected")
    cursor.space()
    status = False
    if not cursor.peek(b"("):
        if cursor.word() != "STATUS":
            raise CommandError("STATUS is expected")
        status = True
        cursor.space()
    groups = [_group(cursor)]
    while cursor.take(b" ") and not cursor.over():
        groups.append(_group(cursor))
        if len(groups) > searching.SCOPES:
            raise CommandError(f"{searching.SCOPES} groups at once, at the most", "LIMIT")
    cursor.end()
    return Notify(tuple(groups), status)


_EVENTS: Final = {event.upper(): event for event in Event}


def _group(cursor: Cursor) -> Group:
    cursor.expect(b"(")
    where = searching.where_one(cursor)
    cursor.space()
    attributes: tuple[Attribute, ...] = ()
    sections: tuple[Section, ...] = ()
    events: set[Event] = set()

    def event() -> None:
        nonlocal attributes, sections
        word = cursor.word()
        if word not in _EVENTS:
            raise NotSupported(f"I cannot tell of {word}", f"BADEVENT ({' '.join(_EVENTS.values())})")
        events.add(_EVENTS[word])
        if word == "MESSAGENEW" and cursor.peek(b" ("):
            cursor.at += 1
            attributes, sections = fetching.attributes(cursor)

    if cursor.peek(b"("):
        cursor.listed(event)
    elif cursor.word() != "NONE":
        raise CommandError("NONE, or events in brackets, are expected")
    cursor.expect(b")")
    if events & {Event.FLAGS} and not {Event.NEW, Event.EXPUNGE} <= events:
        raise CommandError("FlagChange goes with MessageNew and MessageExpunge")
    if len(events & {Event.NEW, Event.EXPUNGE}) == 1:
        raise CommandError("MessageNew and MessageExpunge go together")
    return Group(where, frozenset(events), attributes, sections)


def _compress(cursor: Cursor) -> Command:
    cursor.space()
    if cursor.word() != "DEFLATE":
        raise CommandError("I compress by DEFLATE only")
    cursor.end()
    return Compress()


#: One row a command: its name, and how what follows is read. APPEND and REPLACE stream: `appending` reads them.
GRAMMAR: Final[dict[str, Read]] = {
    "CAPABILITY": _nothing(Capability()),
    "NOOP": _nothing(Noop()),
    "CHECK": _nothing(Noop()),
    "LOGOUT": _nothing(Logout()),
    "ID": _id,
    "STARTTLS": _nothing(StartTls()),
    "AUTHENTICATE": _authenticate,
    "LOGIN": _login,
    "ENABLE": _enable,
    "SELECT": _select(read_only=False),
    "EXAMINE": _select(read_only=True),
    "CREATE": _create,
    "DELETE": _mailbox(Delete),
    "RENAME": _rename,
    "SUBSCRIBE": _mailbox(Subscribe),
    "UNSUBSCRIBE": _mailbox(lambda name: Subscribe(name, on=False)),
    "LIST": _list,
    "LSUB": _lsub,
    "NAMESPACE": _nothing(Namespace()),
    "STATUS": _status,
    "IDLE": _nothing(Idle()),
    "CLOSE": _nothing(Close()),
    "UNSELECT": _nothing(Unselect()),
    "EXPUNGE": _nothing(Expunge()),
    "UID EXPUNGE": _uid_expunge,
    "SEARCH": lambda cursor: searching.read_search(cursor, by_uid=False),
    "UID SEARCH": lambda cursor: searching.read_search(cursor, by_uid=True),
    "ESEARCH": searching.read_esearch,
    "SORT": lambda cursor: searching.read_sort(cursor, by_uid=False),
    "UID SORT": lambda cursor: searching.read_sort(cursor, by_uid=True),
    "THREAD": lambda cursor: searching.read_thread(cursor, by_uid=False),
    "UID THREAD": lambda cursor: searching.read_thread(cursor, by_uid=True),
    "FETCH": _fetch(by_uid=False),
    "UID FETCH": _fetch(by_uid=True),
    "STORE": _store(by_uid=False),
    "UID STORE": _store(by_uid=True),
    "COPY": _copy(by_uid=False, move=False),
    "UID COPY": _copy(by_uid=True, move=False),
    "MOVE": _copy(by_uid=False, move=True),
    "UID MOVE": _copy(by_uid=True, move=True),
    "GETQUOTA": _getquota,
    "GETQUOTAROOT": _mailbox(GetQuotaRoot),
    "SETQUOTA": _setquota,
    "SETACL": _setacl,
    "DELETEACL": _deleteacl,
    "GETACL": _mailbox(GetAcl),
    "LISTRIGHTS": _listrights,
    "MYRIGHTS": _mailbox(MyRights),
    "GETMETADATA": _getmetadata,
    "SETMETADATA": _setmetadata,
    "NOTIFY": _notify,
    "COMPRESS": _compress,
    "UNAUTHENTICATE": _nothing(Unauthenticate()),
}
