"""The journeys of letters as they are asked for: by id, Message-ID or address, whole for who administers, and one's own for a user.

A user who got a letter must not learn who else did, least of all by a Bcc: of a letter that somebody else sent, only the steps
that are the user's own are shown, and not what the server noted about its sender.
"""

from dataclasses import dataclass, replace
from typing import Any

from hawknest.mail.address import AddressError, parse_address
from hawknest.store import Connection, journey, outgoing
from hawknest.store.journey import Letter, Step
from hawknest.store.outgoing import Waiting


@dataclass(frozen=True, slots=True)
class Journey:
    """A letter, what happened to it, and what of it still waits."""

    letter: Letter
    steps: list[Step]
    waiting: list[Waiting]

    def plain(self) -> dict[str, Any]:
        """The journey for programs."""
        waiting = [
            {
                "to": row.address,
                "held": row.held,
                "attempts": row.attempts,
                "next_at": row.next_at,
                "last_words": row.last_words,
            }
            for row in self.waiting
        ]
        return {"letter": self.letter, "steps": self.steps, "waiting": waiting}


def trace(connection: Connection, key: str, count: int = 20) -> list[Journey]:
    """Find the newest letters by id, Message-ID or address, with their journeys, the newest first."""
    found = journey.find(connection, folded(key), count) or journey.find(connection, key.strip(), count)
    return [of_letter(connection, letter) for letter in found]


def of_letter(connection: Connection, letter: Letter) -> Journey:
    """Give the journey of a letter."""
    return Journey(letter, journey.steps(connection, letter.id), outgoing.of_letter(connection, letter.id))


def own(told: Journey, address: str) -> Journey | None:
    """Give what a user may know of a journey; None: it is no letter of that user's. `address` is folded."""
    if told.letter.sender == address:
        return told
    steps = [step for step in told.steps if step.address == address]
    if not steps:
        return None
    return Journey(
        replace(told.letter, detail={}), steps, [w for w in told.waiting if w.address.lower() == address]
    )


def folded(key: str) -> str:
    """An address as journeys know it, anything else as it is."""
    text = key.strip()
    if text.startswith("<"):
        return text
    try:
        return parse_address(text).key
    except AddressError:
        return text.lower() if "@" not in text else text
