"""APPEND and REPLACE: letters that clients put into mailboxes. RFC 9051 §6.3.12, RFC 3502, RFC 4469, RFC 8508, RFC 7889.

A letter gathers in a spool like one that comes by SMTP, so that its length costs no memory; all letters of one command are
kept in one transaction, and a refusal leaves nothing behind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from hawknest.doors.imap import accounts, catenate, news, whose
from hawknest.doors.imap.accounts import Limits
from hawknest.doors.imap.expunge import clear
from hawknest.doors.imap.numbers import stretches_of
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.whose import Found
from hawknest.doors.imap.wording import sort_flags
from hawknest.post.traceid import trace_id
from hawknest.store import Connection, StoreError, letters
from hawknest.store import expunge as removal
from hawknest.store.blobs import Content, Spool
from hawknest.store.flags import joined
from hawknest.store.letters import Filed, Filing
from hawknest.store.mailboxes import NoSuchMailbox
from hawknest.wire.imap import sets
from hawknest.wire.imap.appending import Abort, Begin, Commit, End, Octets, Size, Url
from hawknest.wire.imap.cursor import CommandError

TOGETHER: Final = 16 << 20  # octets of the letters of one command that are held in memory


@dataclass(slots=True)
class _Letters:
    """The letters of one command."""

    found: Found
    limits: Limits
    largest: int  # octets of a letter; 0: no limit
    done: list[tuple[Begin, Content]] = field(default_factory=list[tuple[Begin, Content]])
    octets: int = 0  # of all of them so far


async def append(session: Session, first: Begin) -> Answer:
    """Take letters into a mailbox, all or none. Raises StoreError, Refused, CommandError."""
    replaced = _replaced(session, first)
    found, limits = await _target(session, first)
    if replaced is not None:  # what it takes the place of makes room for it (RFC 8508 §1)
        limits = replace(limits, used=limits.used - _freed(session, found, replaced))
    largest = min((limit for limit in (session.largest, limits.message) if limit), default=0)
    taken = _Letters(found, limits, largest)
    begin, spool = first, _spool(session, taken)
    try:
        while True:
            match event := await session.link.event(through_stop=True):
                case Begin():
                    begin, spool = event, _spool(session, taken)
                case Size(octets):
                    _check(taken, spool.size + octets)
                case Octets(data):
                    await spool.write(data)
                case Url(url):
                    async for block in catenate.octets(session, url):
                        _check(taken, spool.size + len(block))
                        await spool.write(block)
                case End():
                    content = await spool.finish()
                    taken.octets += content.size
                    taken.done.append((begin, content))
                case Commit():
                    return await _commit(session, taken, replaced)
                case Abort() | None:
                    raise Refused("The letter did not come whole")
                case other:
                    raise AssertionError(other)
    finally:
        spool.discard()


def _spool(session: Session, taken: _Letters) -> Spool:
    """Begin a letter; when those before it are much together, it gathers in a file, however short it is."""
    store = session.rooms.store
    return store.blobs.spool(trace_id(), store.settings.inline if taken.octets < TOGETHER else 0)


def _replaced(session: Session, begin: Begin) -> int | None:
    """Find the message that is to be replaced: its UID. Raises Refused, CommandError."""
    if begin.replace is None:
        return None
    selected = session.mailbox
    if selected.read_only:
        raise Refused("The mailbox is open for reading only", "NOPERM")
    whose.require(selected.rights, "te")
    stretches = stretches_of(session, begin.replace.numbers, by_uid=begin.replace.by_uid)
    uids = selected.view.uids_at(stretches)
    if len(uids) != 1:
        raise CommandError("REPLACE is for one message that is there")
    return uids[0]


def _freed(session: Session, found: Found, replaced: int) -> int:
    """Tell how many octets of the account that gets a letter go with the one that it replaces."""
    image = session.mailbox.opened.image
    index = image.index(replaced)
    same = image.mailbox.account_id == found.mailbox.account_id
    return image.sizes[index] if same and index is not None else 0


async def _target(session: Session, begin: Begin) -> tuple[Found, Limits]:
    """Find where the letters go, and what there is room for. Raises StoreError, Refused."""

    def ask(connection: Connection) -> tuple[Found, Limits]:
        found = whose.find(connection, session.who, begin.mailbox, "i")
        return found, accounts.limits(connection, found.mailbox.account_id)

    try:
        return await session.rooms.store.read(ask)
    except NoSuchMailbox as error:
        raise Refused(str(error).capitalize(), "TRYCREATE") from None


def _check(taken: _Letters, octets: int) -> None:
    """See that a letter of so many octets has room. Raises Refused."""
    if 0 < taken.largest < octets:
        raise Refused(f"A letter has {taken.largest} octets at the most", "TOOBIG")
    quota = taken.limits.quota
    if quota and taken.limits.used + taken.octets + octets > quota:
        raise Refused("There is no room left in the mailbox", "OVERQUOTA")


async def _commit(session: Session, taken: _Letters, replaced: int | None) -> Answer:
    """Keep the letters, and say under which UIDs. Raises StoreError."""
    store, mailbox = session.rooms.store, taken.found.mailbox
    now = session.rooms.clock()
    kept = [_Kept(content, _filing(begin, content, taken, now)) for begin, content in taken.done]
    places: list[str] = []
    try:
        if replaced is not None:
            filed, places = await store.write(_instead(session, kept, replaced))
        elif len(kept) == 1:
            filed = [await store.batch(_keep, kept[0])]
        else:
            filed = await store.write(partial(_keep, kept=kept))
    except StoreError:
        for one in kept:
            if one.content.place is not None:
                store.blobs.remove(one.content.place)
        raise
    uids = sets.written(sets.ranges_of([one.uid for one in filed])).decode()
    code = f"APPENDUID {mailbox.uidvalidity} {uids}"
    if replaced is not None:
        session.server.note("It has taken the other's place", code)
        await clear(session, places)
        await news.tell(session, expunge=True)
        return Answer("Replaced")
    return Answer("It is here", code)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A letter that is to be kept."""

    content: Content
    filing: Filing


def _keep(connection: Connection, kept: Sequence[_Kept]) -> list[Filed]:
    """Keep letters, and file them."""
    blobs = letters.keep(connection, [(one.content, 1) for one in kept])
    filings = [letters.on(one.filing, blob) for one, blob in zip(kept, blobs, strict=True)]
    return letters.file(connection, filings)


def _instead(
    session: Session, kept: Sequence[_Kept], replaced: int
) -> Callable[[Connection], tuple[list[Filed], list[str]]]:
    """Keep a letter and remove another, at one stroke (RFC 8508 §3.3)."""
    source = session.mailbox.opened.image.mailbox

    def job(connection: Connection) -> tuple[list[Filed], list[str]]:
        places = removal.remove(connection, source.account_id, source.id, [replaced])
        return _keep(connection, kept), places

    return job


def _filing(begin: Begin, content: Content, taken: _Letters, now: float) -> Filing:
    bits, keywords, _ = sort_flags(begin.flags)
    rights = taken.found.rights
    bits &= whose.settable(rights)
    keywords = keywords if "w" in rights else ()
    return Filing(
        taken.found.mailbox.account_id,
        0,
        content.size,
        "",
        now if begin.at is None else begin.at,
        quota=taken.limits.quota,
        mailbox_id=taken.found.mailbox.id,
        flags=bits,
        lacks=content.lacks,
        keywords=joined("", keywords),
        saved_at=now,
    )
