"""One mailbox as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox."""

    id: int
    account_id: int
    name: str
    role: str  # inbox sent drafts junk trash archive, or ''
    uidvalidity: int
    uidnext: int
    modseq: int
