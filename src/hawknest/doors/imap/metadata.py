"""GETMETADATA and SETMETADATA: notes that clients leave at mailboxes and at the account. RFC 5464, RFC 9590."""

from collections.abc import Iterable, Sequence
from typing import Final

from hawknest.doors.imap import whose
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.whose import Found
from hawknest.doors.imap.wording import mailbox_name
from hawknest.store import Connection, annotations
from hawknest.store.mailbox import Mailbox
from hawknest.wire.imap.command import GetMetadata, SetMetadata
from hawknest.wire.imap.strings import astring, string

VALUE: Final = 64 * 1024  # octets of a value
MOST: Final = 200  # entries of a mailbox, and of the account


async def get_metadata(session: Session, command: GetMetadata) -> Answer:
    """Give annotations. Raises StoreError."""

    def ask(connection: Connection) -> list[tuple[str, bytes]]:
        mailbox = None
        if command.mailbox:
            mailbox = whose.find(connection, session.who, command.mailbox, "r").mailbox
        return _below(connection, session, mailbox, command.entries, command.depth)

    found = await session.rooms.store.read(ask)
    lacking: list[tuple[str, bytes | None]] = []
    if command.depth == 0:
        there = dict(found)
        lacking = [(entry, None) for entry in command.entries if entry not in there]
    longest = 0
    if command.largest is not None:
        longest = max((len(value) for _, value in found if len(value) > command.largest), default=0)
        found = [(entry, value) for entry, value in found if len(value) <= command.largest]
    _say(session, command.mailbox, [*found, *lacking])
    return Answer("That is all", f"METADATA LONGENTRIES {longest}" if longest else "")


async def tell(session: Session, found: Found, entries: Sequence[str]) -> None:
    """Give annotations of a mailbox that is being listed (RFC 9590 §4). Raises StoreError."""
    mailbox = found.mailbox

    def ask(connection: Connection) -> list[tuple[str, bytes]]:
        return _below(connection, session, mailbox, entries, 0)

    said = await session.rooms.store.read(ask)
    lacking: Iterable[tuple[str, bytes | None]] = [
        (entry, None) for entry in entries if entry not in dict(said)
    ]
    _say(session, found.name, [*said, *lacking])


def _say(session: Session, name: str, found: Sequence[tuple[str, bytes | None]]) -> None:
    if not found:
        return
    words = [
        astring(entry.encode()) + b" " + (b"NIL" if value is None else _written(value))
        for entry, value in found
    ]
    shown = mailbox_name(session, name) if name else b'""'
    session.server.untagged(b"METADATA %b (%b)" % (shown, b" ".join(words)))


def _written(value: bytes) -> bytes:
    return b"~{%d}\r\n%b" % (len(value), value) if b"\0" in value else string(value)


async def set_metadata(session: Session, command: SetMetadata) -> Answer:
    """Set annotations, all or none. Raises StoreError, Refused."""
    for _, value in command.entries:
        if value is not None and len(value) > VALUE:
            raise Refused(f"A value has {VALUE} octets at the most", f"METADATA MAXSIZE {VALUE}")

    def job(connection: Connection) -> None:
        for entry, value in command.entries:
            account, mailbox = _place(connection, session, command.mailbox, entry)
            annotations.put(connection, account, mailbox, entry, value)
            if value is not None and annotations.count(connection, account, mailbox) > MOST:
                raise Refused(f"There are {MOST} entries at the most", "METADATA TOOMANY")

    await session.rooms.store.write(job)
    return Answer("Kept")


def _is_private(entry: str) -> bool:
    return entry.startswith("/private")


def _below(
    connection: Connection,
    session: Session,
    mailbox: Mailbox | None,
    entries: Sequence[str],
    depth: int | None,
) -> list[tuple[str, bytes]]:
    """Read entries: everybody has private ones of one's own, the shared ones are the owner's; None: the server's."""
    number = mailbox.id if mailbox else 0
    mine = [entry for entry in entries if _is_private(entry)]
    found = annotations.below(connection, session.who.account_id, number, mine, depth) if mine else []
    ours = [entry for entry in entries if not _is_private(entry)]
    if mailbox is not None and ours:
        found += annotations.below(connection, mailbox.account_id, mailbox.id, ours, depth)
    return found


def _place(connection: Connection, session: Session, name: str, entry: str) -> tuple[int, int]:
    """Say whose annotation is meant, and of which mailbox; 0: of the server. Raises StoreError, Refused."""
    mine = _is_private(entry)
    if not name:
        if not mine:
            raise Refused("What all can read of this server, its owner writes", "NOPERM")
        return session.who.account_id, 0
    mailbox = whose.find(connection, session.who, name, "r" if mine else "w").mailbox
    return (session.who.account_id if mine else mailbox.account_id), mailbox.id
