"""LIST, LSUB, STATUS and NAMESPACE. RFC 9051 §6.3.9-11, RFC 3348 §3, RFC 5258, RFC 5819, RFC 6154, RFC 8440, RFC 9590."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hawknest.doors.imap import metadata, whose
from hawknest.doors.imap.image import Image
from hawknest.doors.imap.pattern import MOST, Patterns
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.whose import OTHERS, Found
from hawknest.doors.imap.wording import USES, mailbox_id, mailbox_name
from hawknest.store import Connection, mailboxes
from hawknest.store.access import shown
from hawknest.store.letters import Flag
from hawknest.wire.imap.command import List, Lsub, Status


@dataclass(frozen=True, slots=True)
class Line:
    """A name that is listed, and what is said of it."""

    name: str
    attributes: tuple[str, ...]
    found: Found | None
    children: bool  # it is listed because of those below it (RFC 5258 §3.5)


@dataclass(frozen=True, slots=True)
class _Tree:
    """What there is to list."""

    there: dict[str, Found]
    subscribed: frozenset[str]
    parents: frozenset[str]  # names that have something below them

    def names(self) -> list[str]:
        return sorted({*self.there, *self.parents}, key=_rank)


def _rank(name: str) -> tuple[bool, str]:
    return name != mailboxes.INBOX, name


async def list_mailboxes(session: Session, command: List) -> Answer:
    """List mailboxes. Raises StoreError, Refused."""
    server = session.server
    if command.patterns == ("",):  # what stands between levels? RFC 9051 §6.3.9
        server.untagged(b'LIST (\\Noselect) "/" ""')
        return Answer("That is all")
    if len(command.patterns) > MOST:
        raise Refused(f"{MOST} patterns at once, at the most", "LIMIT")
    tree = await _tree(session, everything=True)
    lines = _listed(tree, command)
    for line in lines:
        said = [*line.attributes]
        if "CHILDREN" in command.give or not command.give & {"SUBSCRIBED"}:
            said.append("\\HasChildren" if line.name in tree.parents else "\\HasNoChildren")
        if (command.give | command.select) & {"SUBSCRIBED"} and line.name in tree.subscribed:
            said.append("\\Subscribed")
        if line.found is not None and line.found.mailbox.role in USES:
            said.append(USES[line.found.mailbox.role])
        more = b' ("CHILDINFO" ("SUBSCRIBED"))' if line.children else b""
        name = mailbox_name(session, line.name)
        server.untagged(b'LIST (%b) "/" %b%b' % (" ".join(said).encode(), name, more))
        if line.found is not None:
            if "MYRIGHTS" in command.give:
                server.untagged(b"MYRIGHTS %b %b" % (name, shown(line.found.rights).encode()))
            if command.status and "r" in line.found.rights:
                await tell_status(session, line.found, command.status)
            if command.metadata:
                await metadata.tell(session, line.found, command.metadata)
        if server.owed > 64 * 1024:
            await session.link.flush()
    return Answer("That is all")


def _listed(tree: _Tree, command: List) -> list[Line]:
    """Work out which names are listed."""
    pattern = Patterns(command.reference, command.patterns)
    recursive = "RECURSIVEMATCH" in command.select
    names = tree.names()
    if "SUBSCRIBED" in command.select:
        names = sorted({*tree.subscribed, *(_above(tree.subscribed) if recursive else ())}, key=_rank)
    outside = _above(one for one in tree.subscribed if not pattern.match(one)) if recursive else set[str]()
    lines: list[Line] = []
    for name in names:
        if not pattern.match(name):
            continue
        found = tree.there.get(name)
        attributes: tuple[str, ...] = ()
        if found is None:
            attributes = ("\\Noselect",) if name in tree.parents else ("\\NonExistent",)
        children = False
        if "SUBSCRIBED" in command.select and recursive:
            children = name in outside
            if name not in tree.subscribed and not children:
                continue
        if "SPECIAL-USE" in command.select and (found is None or found.mailbox.role not in USES):
            continue
        lines.append(Line(name, attributes, found, children))
    return lines


async def lsub(session: Session, command: Lsub) -> Answer:
    """List names that are subscribed to (RFC 3501 §6.3.9). Raises StoreError."""
    tree = await _tree(session, everything=False)
    pattern = Patterns(command.reference, [command.pattern])
    hidden = {
        name
        for name in _above(tree.subscribed)
        if command.pattern.endswith("%") and name not in tree.subscribed
    }
    for name in sorted({*tree.subscribed, *hidden}, key=_rank):
        if pattern.match(name):
            attributes = b"\\Noselect" if name in hidden else b""
            session.server.untagged(b'LSUB (%b) "/" %b' % (attributes, mailbox_name(session, name)))
    return Answer("That is all")


async def _tree(session: Session, *, everything: bool) -> _Tree:
    def ask(connection: Connection) -> _Tree:
        found = whose.every(connection, session.who) if everything else []
        subscribed = frozenset(mailboxes.subscribed(connection, session.who.account_id))
        there = {one.name: one for one in found}
        return _Tree(there, subscribed, frozenset(_above(there)))

    return await session.rooms.store.read(ask)


def _above(names: Iterable[str]) -> set[str]:
    """Name all that lie above some."""
    above: set[str] = set()
    for name in names:
        while (name := name.rpartition("/")[0]) and name not in above:
            above.add(name)
    return above


def namespace(session: Session) -> Answer:
    """Tell where whose mailboxes are (RFC 9051 §6.3.10)."""
    session.server.untagged(b'NAMESPACE (("" "/")) (("%b/" "/")) NIL' % OTHERS.encode())
    return Answer("That is all")


async def status(session: Session, command: Status) -> Answer:
    """Tell how a mailbox is. Raises StoreError."""
    found = await session.rooms.store.read(lambda c: whose.find(c, session.who, command.mailbox, "r"))
    if {"HIGHESTMODSEQ"} & set(command.items):
        session.condstore = True
    await tell_status(session, found, command.items)
    return Answer("That is how it is")


async def tell_status(session: Session, found: Found, items: Sequence[str]) -> None:
    """Tell how a mailbox is, in the named respects (RFC 9051 §7.3.4). Raises StoreError."""
    images = session.rooms.images
    opened = await images.open(found.mailbox)
    try:
        said = [
            b"%b %b" % (item.encode(), _item(session, opened.image, item)) for item in dict.fromkeys(items)
        ]
    finally:
        images.close(opened)
    session.server.untagged(b"STATUS %b (%b)" % (mailbox_name(session, found.name), b" ".join(said)))


def _item(session: Session, image: Image, item: str) -> bytes:
    mailbox = image.mailbox
    match item:
        case "MESSAGES":
            return b"%d" % len(image)
        case "RECENT":
            return b"%d" % (len(image) - bisect_left(image.uids, image.recent_from))
        case "UIDNEXT":
            return b"%d" % mailbox.uidnext
        case "UIDVALIDITY":
            return b"%d" % mailbox.uidvalidity
        case "UNSEEN":
            return b"%d" % image.count(lambda flags: not flags & Flag.SEEN)
        case "DELETED":
            return b"%d" % image.count(lambda flags: bool(flags & Flag.DELETED))
        case "DELETED-STORAGE":
            pairs = zip(image.flags, image.sizes, strict=True)
            return b"%d" % sum(size for flags, size in pairs if flags & Flag.DELETED)
        case "SIZE":
            return b"%d" % sum(image.sizes)
        case "HIGHESTMODSEQ":
            return b"%d" % mailbox.modseq
        case "MAILBOXID":
            return b"(%b)" % mailbox_id(mailbox.id, mailbox.uidvalidity)
        case _:  # APPENDLIMIT
            return b"%d" % session.largest if session.largest else b"NIL"
