"""What is in the mailboxes of an account, read from the store itself. Letters are known by a field `Token:`."""

import re
from dataclasses import dataclass

from hawknest.store import Connection, changes, letters, mailboxes
from hawknest.store.mailbox import Mailbox
from witness import Flags

_BITS = {1: "\\Seen", 2: "\\Answered", 4: "\\Flagged", 8: "\\Deleted", 16: "\\Draft"}
_TOKEN = re.compile(rb"Token: (\S+)")


@dataclass
class Letter:
    token: str
    flags: Flags
    modseq: int = 0


@dataclass
class Truth:
    """A mailbox."""

    mailbox: Mailbox
    letters: dict[int, Letter]  # by UID


def stored(connection: Connection, account: int) -> dict[str, Truth]:
    """Read the mailboxes of an account, by name."""
    found = {}
    for listed in mailboxes.listing(connection, account):
        delta = changes.since(connection, listed.id, 1, 0)
        there: dict[int, Letter] = {}
        for uid, bits, keywords, modseq, *_, blob, _email in delta.new:
            content = letters.read(connection, blob)
            assert content is not None
            assert content.data is not None
            (token,) = _TOKEN.findall(content.data)
            flags = [name for bit, name in _BITS.items() if bits & bit] + keywords.split()
            there[uid] = Letter(token.decode(), frozenset(flags), modseq)
        found[listed.name] = Truth(delta.mailbox, there)
    return found
