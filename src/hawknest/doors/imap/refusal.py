"""What goes wrong, in words and codes that clients know. RFC 9051 §7.1, RFC 5530."""

from typing import Final

from hawknest.store import StoreError, StoreFull
from hawknest.store.access import NoPermission
from hawknest.store.flags import TooManyKeywords
from hawknest.store.letters import NoSuchAccount, OverQuota
from hawknest.store.mailboxes import (
    BadName,
    HasChildren,
    KeptMailbox,
    MailboxError,
    MailboxExists,
    NoSuchMailbox,
    RoleTaken,
)


class Refused(Exception):
    """A command cannot be done; the words and the response code are fit to be sent."""

    def __init__(self, words: str, code: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.code = code


#: The response code of each mistake; the first that fits counts.
_CODES: Final[tuple[tuple[type[StoreError], str], ...]] = (
    (NoSuchMailbox, "NONEXISTENT"),
    (MailboxExists, "ALREADYEXISTS"),
    (HasChildren, "HASCHILDREN"),
    (NoPermission, "NOPERM"),
    (BadName, "CANNOT"),
    (KeptMailbox, "CANNOT"),
    (RoleTaken, "USEATTR"),  # RFC 6154 §3
    (TooManyKeywords, "LIMIT"),
    (MailboxError, "CANNOT"),
)


def refusal(error: StoreError) -> Refused | None:
    """Say a mistake of the store's as a refusal, or None where it is none of the client's business."""
    match error:
        case OverQuota():
            return Refused("There is no room left in the mailbox", "OVERQUOTA")
        case NoSuchAccount():
            return Refused("This is not there any more", "NONEXISTENT")
        case StoreFull():
            return Refused(
                "There is no room left on the server's disk; please try again later", "UNAVAILABLE"
            )
        case _:
            pass
    for kind, code in _CODES:
        if isinstance(error, kind):
            words = str(error)
            return Refused(words[:1].upper() + words[1:], code)
    return None
