"""The octets that an IMAP URL means, for CATENATE. RFC 4469 §5, RFC 5092."""

from collections.abc import AsyncGenerator
from typing import Final

from hawknest.doors.imap import whose
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Session
from hawknest.doors.imap.sections import Piece, UnknownEncoding, value
from hawknest.mail import mime
from hawknest.post import reading
from hawknest.store import Connection, Statement, letters
from hawknest.store.blobs import Content
from hawknest.store.mailboxes import MailboxError
from hawknest.wire.imap import url as urls
from hawknest.wire.imap.cursor import CommandError

_BLOB: Final = Statement(
    """SELECT e.blob_id FROM placement p JOIN email e ON e.id = p.email_id
       WHERE p.mailbox_id = :mailbox AND p.uid = :uid"""
)


async def octets(session: Session, text: str) -> AsyncGenerator[bytes]:
    """Give what a URL means, block by block. Raises Refused with BADURL, StoreError."""
    bad = Refused(
        "This URL leads nowhere", f"BADURL {text}" if text.isascii() and "]" not in text else "BADURL"
    )
    store = session.rooms.store
    try:
        url = urls.read(text)
    except CommandError:
        raise bad from None

    def ask(connection: Connection) -> Content | None:
        mailbox = whose.find(connection, session.who, url.mailbox, "r").mailbox
        if url.uidvalidity not in {None, mailbox.uidvalidity}:
            return None
        row = connection.one(_BLOB, mailbox=mailbox.id, uid=url.uid)
        return letters.read(connection, row[0]) if row else None

    def cut(_: Connection) -> bytes | Piece:
        assert content is not None
        if content.place is None:
            data = content.data or b""
            return value(url.section, mime.scan(data), data, None)
        data = reading.mapped(store.blobs.files / content.place)
        try:
            return value(url.section, mime.scan(data), data, content.place)
        finally:
            data.close()

    try:
        content = await store.read(ask)
        if content is None:
            raise bad
        found = await store.read(cut)
    except (MailboxError, UnknownEncoding, OSError, ValueError):
        raise bad from None
    if isinstance(found, Piece):
        left = found.end - found.start
        async for block in store.blobs.read(found.place, found.start):
            yield block[:left]
            left -= min(left, len(block))
            if not left:
                return
    elif found.startswith(b"{"):
        yield found[found.index(b"\n") + 1 :]
    else:
        raise bad
