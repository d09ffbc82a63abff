"""Whole errands between an account and another IMAP server: letters carried, then both sides compared.

A connection that breaks is made again as long as letters get through; what was carried is not carried twice.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Final

from hawknest.post.carry import names
from hawknest.post.carry.errands import Outcome, Passed, begun
from hawknest.post.carry.filing import Filing
from hawknest.post.carry.imaphost import Broken, ImapError, Server, Session
from hawknest.post.carry.imapin import ImapIn
from hawknest.post.carry.imaplogin import connect
from hawknest.post.carry.imapout import ImapOut
from hawknest.post.carry.imaptree import Tree, by_role, look, renamed
from hawknest.post.carry.leaving import leaving
from hawknest.post.carry.letter import carry
from hawknest.post.carry.lines import Digest
from hawknest.post.carry.report import PAGE, Line, arrived
from hawknest.store import Store, carried, mailboxes
from hawknest.store.carried import Carriage, Met

PAUSE: Final = 3.0  # seconds before a broken connection is made again


async def from_imap(
    store: Store,
    account_id: int,
    server: Server,
    passed: Passed,
    *,
    into: str = "",
    skip: Collection[str] = (),
    again: bool = False,
) -> Outcome:
    """Bring the letters of another server into an account.

    `into` is a folder for all of it, '' for none; `skip` names mailboxes to leave out; `again` forgets what earlier runs
    brought. Mailboxes that only show letters of others are left out.
    Raises ImapError, StoreError.
    """
    name = f"from {server.name}"
    if again:
        await store.write(lambda c: carried.forget(c, account_id, name))
    ours = await store.read(lambda c: mailboxes.listing(c, account_id))
    outcome = Outcome()
    others: dict[str, str] = {}

    def place(mailbox: str) -> str:
        return names.placed(mailbox if into else renamed(mailbox, others), into)

    async def once(session: Session) -> None:
        run = await begun(store, account_id, name)
        filing = Filing(store, run, place, time.time())
        tree = await look(session)
        boxes = [box for box in tree.boxes if not box.view and box.name not in skip]
        others.update(by_role(boxes, ours))
        await filing.make(box.name for box in boxes)
        source = ImapIn(session, boxes)
        before = outcome.carried
        try:
            await carry(source, filing, passed)
        except Broken:
            await filing.finish()
            raise
        finally:
            outcome.carried += filing.brought
        outcome.known_before = filing.known_before - before
        outcome.missed = source.missed
        outcome.closed = source.closed
        outcome.mailboxes = await arrived(store, run, filing.place_of)

    await _persistently(server, once, lambda: outcome.carried)
    return outcome


async def to_imap(
    store: Store, account_id: int, server: Server, passed: Passed, *, only: Collection[str] = ()
) -> Outcome:
    """Add the letters of an account to the mailboxes of another server; `only` names the mailboxes where not all are wanted.

    Raises ImapError, MailboxError, StoreError.
    """
    source = await leaving(store, account_id, only)
    outcome = Outcome()

    async def once(session: Session) -> None:
        run = await begun(store, account_id, f"to {server.name}")
        tree = await look(session)
        others = {ours: theirs for theirs, ours in by_role(tree.boxes, source.boxes).items()}
        sink = ImapOut(session, tree, others, store=store, carriage=run)
        before = outcome.carried
        try:
            await carry(source, sink, passed)
        except ImapError:
            await sink.note()
            raise
        finally:
            outcome.carried += sink.taken
            outcome.refused, outcome.words = sink.refused, sink.words
        outcome.known_before = sink.known_before - before
        outcome.lost = source.lost
        outcome.mailboxes = await _there(store, run, session, tree, lambda name: renamed(name, others))

    await _persistently(server, once, lambda: outcome.carried)
    return outcome


async def _persistently(
    server: Server, once: Callable[[Session], Awaitable[None]], progress: Callable[[], int]
) -> None:
    """Do something in a session, and again in a new one when it breaks, as long as there is progress. Raises ImapError."""
    while True:
        before = progress()
        session = await connect(server)
        try:
            await once(session)
        except BaseException as error:
            session.abort()
            if not isinstance(error, Broken) or progress() == before:
                raise
        else:
            session.close()
            return
        await asyncio.sleep(PAUSE)


async def _there(
    store: Store, run: Carriage, session: Session, tree: Tree, place: Callable[[str], str]
) -> list[Line]:
    """Compare what was carried with what the server has of it, where it has told us by which UID."""
    lines: dict[str, Line] = {}
    validity: str | None = None
    async for page in _met(store, run):
        for mailbox, letters in itertools.groupby(page, key=lambda letter: letter.mailbox):
            line = lines.get(mailbox)
            if line is None:
                line = lines[mailbox] = Line(mailbox, place(mailbox))
                validity = await session.examine(tree.written(place(mailbox)))
            uids: list[int] = []
            for letter in letters:
                line.source.add(letter.octets, letter.digest)
                its, _, uid = letter.copy.partition(".")
                if uid and its == validity:
                    uids.append(int(uid))
                else:
                    line.unknown += 1
            async for _, blocks in session.bodies(uids):
                digest = Digest()
                async for block in blocks:
                    digest.see(block)
                line.arrived.add(digest.octets, digest.value())
    return list(lines.values())


async def _met(store: Store, run: Carriage) -> AsyncIterator[list[Met]]:
    last: Met | None = None
    while page := await store.read(lambda c, last=last: carried.met(c, run, last, PAGE)):
        last = page[-1]
        yield page
