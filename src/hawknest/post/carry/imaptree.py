"""The mailboxes of another IMAP server: which there are, what they are for, and what ours are called there.

Names of ours have `/` between their levels; theirs have what the server says, and may all begin with a prefix such as `INBOX.`
(RFC 2342 §5). What a mailbox is for (RFC 6154 §2) tells that `Gesendet` and `Sent` are the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from hawknest.post.carry.imaphost import ImapError, Session
from hawknest.store.mailbox import Mailbox
from hawknest.store.mailboxes import INBOX
from hawknest.wire.imap import names
from hawknest.wire.imap.answers import Listed, Namespaces

#: Mailboxes that only show letters of others (RFC 6154 §2, RFC 8457).
VIEWS: Final = frozenset({"\\flagged", "\\important"})
_CLOSED: Final = frozenset({"\\noselect", "\\nonexistent"})
_ROLES: Final = {
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\junk": "junk",
    "\\trash": "trash",
    "\\archive": "archive",
}


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox of the other server."""

    raw: bytes  # its name as the server says it
    name: str  # with `/` between the levels, without the prefix
    role: str  # sent drafts junk trash archive, or ''
    view: bool  # its letters are in others too


@dataclass(frozen=True, slots=True)
class Tree:
    """All of them, and how names are written there."""

    boxes: tuple[Box, ...]
    prefix: str
    delimiter: str
    utf8: bool  # names are UTF-8 (RFC 9051 §5.1), not modified UTF-7

    def written(self, name: str) -> bytes:
        """Write a name of ours as the server has it."""
        if name == INBOX:
            return INBOX.encode()
        mark = self.delimiter
        levels = [level.replace(mark, "_") if mark else level for level in name.split("/")]
        whole = self.prefix + (mark or "_").join(levels)
        return whole.encode() if self.utf8 else names.encode(whole)


async def look(session: Session) -> Tree:
    """List the mailboxes of a server. Raises ImapError."""
    spaces = Namespaces((), ())
    if "NAMESPACE" in session.capabilities:
        spaces = (await session.ask(session.client.namespace(), Namespaces) or [spaces])[-1]
    listed = await _listed(session)
    prefix, delimiter = spaces.own[0] if spaces.own else (b"", "")
    delimiter = delimiter or next((one.delimiter for one in listed if one.delimiter), "")
    foreign = tuple(space for space, _ in spaces.others if space)
    boxes = [
        _box(one, prefix)
        for one in listed
        if not one.attributes & _CLOSED and not (foreign and one.name.startswith(foreign))
    ]
    known = session.capabilities
    return Tree(
        tuple(sorted(boxes, key=lambda box: (box.name != INBOX, box.name))),
        _text(prefix),
        delimiter,
        "IMAP4REV2" in known and "IMAP4REV1" not in known,
    )


async def _listed(session: Session) -> list[Listed]:
    if "SPECIAL-USE" in session.capabilities:
        try:
            return await session.ask(session.client.list_all(special_use=True), Listed)
        except ImapError:  # quirk_plain_list: some that have it understand only the plain command
            pass
    return await session.ask(session.client.list_all(special_use=False), Listed)


def _box(listed: Listed, prefix: bytes) -> Box:
    """Read a name; one that cannot be read is taken as it is."""
    raw = listed.name
    bare = raw[len(prefix) :] if prefix and raw.startswith(prefix) and raw != prefix else raw
    name = _text(bare)
    if listed.delimiter:
        name = "/".join(level.replace("/", "_") for level in name.split(listed.delimiter))
    if raw.upper() == INBOX.encode():
        name = INBOX
    role = next((role for mark, role in _ROLES.items() if mark in listed.attributes), "")
    return Box(raw, name, role, bool(VIEWS & listed.attributes))


def _text(octets: bytes) -> str:
    try:
        return names.decode(octets)
    except ValueError:
        return octets.decode("latin-1")


def by_role(boxes: Iterable[Box], ours: Iterable[Mailbox]) -> dict[str, str]:
    """Say which mailbox of ours is for the same as one of theirs, where it has another name."""
    roles = {box.role: box.name for box in ours if box.role}
    return {box.name: roles[box.role] for box in boxes if box.role in roles and roles[box.role] != box.name}


def renamed(name: str, others: Mapping[str, str]) -> str:
    """Give a name, or the beginning of it, the other name that it has."""
    levels = name.split("/")
    for depth in range(len(levels), 0, -1):
        if (other := others.get("/".join(levels[:depth]))) is not None:
            return "/".join([other, *levels[depth:]])
    return name
