"""Which mailboxes a scope means, for ESEARCH and NOTIFY. RFC 7377 §2.2, RFC 5465 §6."""

from collections.abc import Iterable, Sequence

from hawknest.doors.imap import whose
from hawknest.doors.imap.rooms import Session
from hawknest.doors.imap.whose import OTHERS, Found
from hawknest.store import Connection, mailboxes
from hawknest.store.mailboxes import BadName
from hawknest.wire.imap.searching import Scope, Where


async def mailboxes_of(session: Session, where: Sequence[Where]) -> list[Found]:
    """Name the mailboxes of several scopes, each once. Raises StoreError."""

    def ask(connection: Connection) -> list[Found]:
        return choose(connection, session, where)

    return await session.rooms.store.read(ask)


def choose(connection: Connection, session: Session, where: Iterable[Where]) -> list[Found]:
    """Name the mailboxes of several scopes, each once."""
    every = whose.every(connection, session.who)
    subscribed = frozenset(mailboxes.subscribed(connection, session.who.account_id))
    selected = session.selected.opened.image.mailbox.id if session.selected else 0
    scopes = [(one.scope, _proper(one.names)) for one in where]
    return [
        found
        for found in every
        if any(_means(scope, names, found, subscribed, selected) for scope, names in scopes)
    ]


def _means(scope: Scope, names: set[str], found: Found, subscribed: frozenset[str], selected: int) -> bool:
    """Whether a scope means a mailbox."""
    match scope:
        case Scope.SELECTED | Scope.SELECTED_DELAYED:
            return found.mailbox.id == selected
        case Scope.PERSONAL:
            return not found.name.startswith(f"{OTHERS}/")
        case Scope.INBOXES:  # where letters are delivered to
            return found.name == mailboxes.INBOX
        case Scope.SUBSCRIBED:
            return found.name in subscribed
        case Scope.MAILBOXES:
            return found.name in names
        case Scope.SUBTREE:
            return found.name in names or any(found.name.startswith(f"{name}/") for name in names)
        case Scope.SUBTREE_ONE:
            return found.name in names or found.name.rpartition("/")[0] in names


def _proper(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        try:
            found.add(mailboxes.proper(name))
        except BadName:
            continue
    return found
