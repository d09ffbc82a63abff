"""GETMETADATA and SETMETADATA: notes that clients leave at mailboxes and at the account. RFC 5464, RFC 9590."""

from collections.abc import Iterable, Sequence
from typing import Final

from hawknest.doors.imap import whose
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.whose import Found
from hawknest.doors.imap.wording import mailbox_name
from hawknest.store import Connection, annotations
from hawknest.wire.imap.command import GetMetadata, SetMetadata
from hawknest.wire.imap.strings import astring, string

VALUE: Final = 64 * 1024  # octets of a value
MOST: Final = 200  # entries of a mailbox, and of the account


async def get_metadata(session: Session, command: GetMetadata) -> Answer:
    """Give annotations. Raises StoreError."""

    def ask(connection: Connection) -> list[tuple[str, bytes]]:
        account, mailbox = _place(connection, session, command.mailbox, "r")
        return annotations.below(connection, account, mailbox, command.entries, command.depth)

    found = await session.rooms.store.read(ask)
    longest = 0
    if command.largest is not None:
        longest = max((len(value) for _, value in found if len(value) > command.largest), default=0)
        found = [(entry, value) for entry, value in found if len(value) <= command.largest]
    _say(session, command.mailbox, found)
    return Answer("That is all", f"METADATA LONGENTRIES {longest}" if longest else "")


async def tell(session: Session, found: Found, entries: Sequence[str]) -> None:
    """Give annotations of a mailbox that is being listed (RFC 9590 §4). Raises StoreError."""
    mailbox = found.mailbox

    def ask(connection: Connection) -> list[tuple[str, bytes]]:
        return annotations.below(connection, mailbox.account_id, mailbox.id, entries, 0)

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
        account, mailbox = _place(connection, session, command.mailbox, "w")
        for entry, value in command.entries:
            annotations.put(connection, account, mailbox, entry, value)
        if annotations.count(connection, account, mailbox) > MOST:
            raise Refused(f"There are {MOST} entries at the most", "METADATA TOOMANY")

    await session.rooms.store.write(job)
    return Answer("Kept")


def _place(connection: Connection, session: Session, name: str, needs: str) -> tuple[int, int]:
    """Say whose annotations are meant, and of which mailbox; 0: of the account."""
    if not name:
        return session.who.account_id, 0
    mailbox = whose.find(connection, session.who, name, needs).mailbox
    return mailbox.account_id, mailbox.id
