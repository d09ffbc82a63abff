"""Names against patterns of LIST: `*` is anything, `%` anything within a level. RFC 9051 §6.3.9.

All places in a name that a pattern may have reached are the bits of one integer, and a pattern is followed step by step: whatever
the pattern, the work is its length times the name's.
"""

from collections.abc import Iterable
from typing import Final

from hawknest.store.mailboxes import INBOX, LENGTH

MOST: Final = 50  # patterns of one command
LIMIT: Final = 2 * LENGTH  # characters of a pattern: what is longer matches nothing


class Patterns:
    """Some patterns, of which one is to match."""

    def __init__(self, reference: str, patterns: Iterable[str]) -> None:
        self._patterns = [_proper(reference + pattern) for pattern in patterns]

    def match(self, name: str) -> bool:
        """Whether one of them matches a whole name."""
        return any(pattern == "*" or _matches(pattern, name) for pattern in self._patterns)


def _proper(pattern: str) -> str:
    """Write INBOX as it is stored; it is the same in any case."""
    if pattern[:5].upper() == INBOX and pattern[5:6] in {"", "/", "*", "%"}:
        return INBOX + pattern[5:]
    return pattern


def _matches(pattern: str, name: str) -> bool:
    if len(pattern) > LIMIT:
        return False
    length = len(name)
    every = (1 << length) - 1
    where: dict[str, int] = {}  # of each character in the name, its places
    for place, character in enumerate(name):
        where[character] = where.get(character, 0) | 1 << place
    level = every & ~where.get("/", 0)
    reached = 1
    for character in pattern:
        match character:
            case "*":
                reached = _through(reached, every)
            case "%":
                reached = _through(reached, level)
            case _:
                reached = (reached & where.get(character, 0)) << 1
        if not reached:
            return False
    return bool(reached >> length & 1)


def _through(reached: int, passable: int) -> int:
    """Go on from every place through as many characters as can be passed: a carry runs through each stretch of them."""
    return (((reached & passable) + passable) ^ passable) | reached
