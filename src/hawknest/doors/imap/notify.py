"""NOTIFY: a client is told what is new in several mailboxes, without asking. RFC 5465."""

from collections.abc import Sequence
from dataclasses import dataclass

from hawknest.doors.imap import news, whose
from hawknest.doors.imap.give import Given
from hawknest.doors.imap.images import Open
from hawknest.doors.imap.listing import tell_status
from hawknest.doors.imap.refusal import Refused
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.doors.imap.scopes import choose
from hawknest.doors.imap.whose import Found
from hawknest.doors.imap.wording import mailbox_name
from hawknest.store import Connection, mailboxes
from hawknest.store.mailboxes import NoSuchMailbox
from hawknest.wire.imap.command import Event, Group, Notify
from hawknest.wire.imap.searching import Scope

WATCHED = 1000  # mailboxes of one session

_SELECTED = frozenset({Scope.SELECTED, Scope.SELECTED_DELAYED})
_NAMES = frozenset({Event.NAME, Event.SUBSCRIPTION})


async def notify(session: Session, command: Notify) -> Answer:
    """Note what a client wants to be told, instead of what it wanted before. Raises StoreError, Refused."""
    if session.notifier is not None:
        session.notifier.end()
        session.notifier = None
    watcher = Watcher(session, command.groups)  # of no groups, it is silent (RFC 5465 §3.1)
    await watcher.begin(status=command.status)
    session.notifier = watcher
    return Answer("I shall tell" if command.groups else "I shall be silent")


@dataclass(slots=True)
class _Known:
    """What a client knows of a mailbox that is not selected."""

    found: Found
    group: Group
    opened: Open
    modseq: int
    uidnext: int
    count: int


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that a client knows."""

    there: dict[str, int]  # and the mailboxes' ids
    subscribed: frozenset[str]


class Watcher:
    """Watches mailboxes for one session."""

    def __init__(self, session: Session, groups: Sequence[Group]) -> None:
        self._session = session
        self._groups = groups
        self._known: dict[int, _Known] = {}
        self._names = _Names({}, frozenset())
        self._names_changed = False
        self._watches_names = any(group.events & _NAMES for group in groups)

    @property
    def _of_selected(self) -> Group | None:
        """The group that speaks of the selected mailbox."""
        return next((group for group in self._groups if group.where.scope in _SELECTED), None)

    async def begin(self, *, status: bool) -> None:
        """Begin to watch; `status`: tell first how each mailbox is. Raises StoreError, Refused."""
        session = self._session
        self._names, chosen = await session.rooms.store.read(self._look)
        if len(chosen) > WATCHED:
            raise Refused(f"{WATCHED} mailboxes can be watched at the most", "NOTIFICATIONOVERFLOW")
        session.rooms.store.bell.watch(-session.who.account_id, self._ring)
        try:
            await self._watch(chosen)
        except BaseException:
            self.end()
            raise
        if status:
            for known in self._known.values():
                await tell_status(session, known.found, self._items(known.group, every=True))

    def _look(self, connection: Connection) -> tuple[_Names, list[tuple[Found, Group]]]:
        session = self._session
        every = whose.every(connection, session.who)
        subscribed = frozenset(mailboxes.subscribed(connection, session.who.account_id))
        chosen: dict[int, tuple[Found, Group]] = {}
        for group in self._groups:  # the first that means a mailbox counts (RFC 5465 §3)
            if group.where.scope in _SELECTED:
                continue
            for found in choose(connection, session, [group.where]):
                chosen.setdefault(found.mailbox.id, (found, group))
        return _Names({one.name: one.mailbox.id for one in every}, subscribed), list(chosen.values())

    async def _watch(self, chosen: Sequence[tuple[Found, Group]]) -> None:
        wanted = {found.mailbox.id for found, _ in chosen}
        for number in [number for number in self._known if number not in wanted]:
            self._drop(number)
        for found, group in chosen:
            if (known := self._known.get(found.mailbox.id)) is not None:
                known.found, known.group = found, group  # it may have another name now
                continue
            if not group.events - _NAMES or "r" not in found.rights:
                continue
            opened = await self._session.rooms.images.open(found.mailbox)
            image = opened.image
            self._known[found.mailbox.id] = _Known(
                found, group, opened, image.mailbox.modseq, image.mailbox.uidnext, len(image)
            )
            opened.watch(self._session.nudge)
        if self._session.selected is not None:
            self.follow(self._session.selected.opened)

    def follow(self, opened: Open) -> None:
        """Watch the mailbox that was selected."""
        opened.watch(self._session.nudge)

    def unfollow(self, opened: Open) -> None:
        """Watch it no longer on that account."""
        if all(known.opened is not opened for known in self._known.values()):
            opened.forget(self._session.nudge)

    def end(self) -> None:
        """Watch no longer."""
        session = self._session
        session.rooms.store.bell.forget(-session.who.account_id, self._ring)
        for known in self._known.values():
            known.opened.forget(session.nudge)
            session.rooms.images.close(known.opened)
        self._known.clear()
        if session.selected is not None:
            session.selected.opened.forget(session.nudge)

    def _ring(self, _number: int, _modseq: int) -> None:
        self._names_changed = True
        self._session.nudge()

    async def tell(self) -> None:
        """Tell what is new. Raises StoreError."""
        session = self._session
        if self._names_changed:
            self._names_changed = False
            await self._tell_names()
        selected = session.selected
        for known in list(self._known.values()):
            if selected is not None and known.opened is selected.opened:
                continue
            await self._tell_mailbox(known)
        group = self._of_selected
        if selected is not None and group is not None and group.events:
            before = selected.view.uids[selected.view.count - 1] if selected.view.count else 0
            await news.tell(session, expunge=group.where.scope is Scope.SELECTED)
            if group.attributes or group.sections:
                view = selected.view
                new = [uid for uid in view.uids[: view.count] if uid > before]
                if new:
                    await Given(session, group.attributes, group.sections).give(new)

    async def _tell_mailbox(self, known: _Known) -> None:
        session = self._session
        try:
            await session.rooms.images.refresh(known.opened)
        except NoSuchMailbox:
            self._drop(known.found.mailbox.id)
            return
        image = known.opened.image
        came = image.mailbox.uidnext != known.uidnext
        went = len(image) - known.count != image.mailbox.uidnext - known.uidnext
        changed = image.mailbox.modseq != known.modseq
        known.modseq, known.uidnext, known.count = image.mailbox.modseq, image.mailbox.uidnext, len(image)
        events = known.group.events
        if (
            (came and Event.NEW in events)
            or (went and Event.EXPUNGE in events)
            or (changed and Event.FLAGS in events)
        ):
            await tell_status(session, known.found, self._items(known.group, every=False))

    def _drop(self, number: int) -> None:
        """Watch a mailbox no longer."""
        known, session = self._known.pop(number), self._session
        if session.selected is None or session.selected.opened is not known.opened:
            known.opened.forget(session.nudge)
        session.rooms.images.close(known.opened)

    def _items(self, group: Group, *, every: bool) -> tuple[str, ...]:
        """Name what is told of a mailbox (RFC 5465 §5)."""
        items = ["MESSAGES", "UIDNEXT"]
        if every:
            items.append("UIDVALIDITY")
        if Event.FLAGS in group.events:
            items.append("UNSEEN")
        if self._session.condstore:
            items.append("HIGHESTMODSEQ")
        return tuple(items)

    async def _tell_names(self) -> None:
        """Tell which names came, went or changed (RFC 5465 §5.4-5)."""
        session = self._session
        before = self._names
        now, chosen = await session.rooms.store.read(self._look)
        self._names = now
        if any(Event.NAME in group.events for group in self._groups):
            old_by_id = {number: name for name, number in before.there.items()}
            for name, number in now.there.items():
                if before.there.get(name) != number:
                    old = old_by_id.get(number)
                    more = b' ("OLDNAME" (%b))' % mailbox_name(session, old) if old is not None else b""
                    self._tell_name(name, b"", more)
            renamed = set(now.there.values())
            for name, number in before.there.items():
                if name not in now.there and number not in renamed:
                    self._tell_name(name, b"\\NonExistent", b"")
        if any(Event.SUBSCRIPTION in group.events for group in self._groups):
            for name in sorted(now.subscribed ^ before.subscribed):
                self._tell_name(name, b"\\Subscribed" if name in now.subscribed else b"", b"")
        await self._watch(chosen)

    def _tell_name(self, name: str, attributes: bytes, more: bytes) -> None:
        session = self._session
        session.server.untagged(b'LIST (%b) "/" %b%b' % (attributes, mailbox_name(session, name), more))
