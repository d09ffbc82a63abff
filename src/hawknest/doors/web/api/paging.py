"""Lists a page at a time: `limit` says how long a page may be, `after` is what the page before named as `next`."""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

import msgspec

from hawknest.doors.web.errors import refused
from hawknest.doors.web.route import Ask

T = TypeVar("T")

USUAL: Final = 100
MOST: Final = 1000
FAR: Final = 10**9  # where no list goes

#: What a list can be asked with.
PARAMETERS: Final = {
    "limit": f"How many items at the most: {USUAL} unless said, {MOST} at the most",
    "after": "The `next` of the page before",
}


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list."""

    items: Sequence[T]
    next: str | None = None  # what to ask `after`; null: this is the last page
    total: int | None = None  # how many there are in all, where that is known


def limit(ask: Ask) -> int:
    """Read how long a page may be. Raises Problem."""
    return number(ask, "limit", USUAL, 1, MOST)


def skip(ask: Ask) -> int:
    """Read how many items came before. Raises Problem."""
    return number(ask, "after", 0, 0, FAR)


def number(ask: Ask, name: str, usual: int, least: int, most: int) -> int:
    """Read a number of the query. Raises Problem."""
    text = ask.query.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 17 and least <= int(text) <= most):
        raise refused(f"{name} must be a whole number from {least} to {most}", name)
    return int(text)


def moment(ask: Ask, name: str, usual: float) -> float:
    """Read a time of the query, in seconds since the epoch. Raises Problem."""
    text = ask.query.get(name, "")
    if not text:
        return usual
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1e11:
        raise refused(f"{name} must be a time in seconds since the epoch", name)
    return found


def flag(ask: Ask, name: str) -> bool:
    """Read a switch of the query. Raises Problem."""
    text = ask.query.get(name, "0")
    if text not in {"0", "1"}:
        raise refused(f"{name} must be 0 or 1", name)
    return text == "1"


def portion(found: Sequence[T], before: int, count: int, total: int) -> Page[T]:
    """Make the page of items that stand behind the first `before` of `total`."""
    end = before + len(found)
    return Page(items=found, next=str(end) if len(found) == count and end < total else None, total=total)


def cut(everything: Sequence[T], ask: Ask) -> Page[T]:
    """Make the page that is asked for, of a list that is there as a whole. Raises Problem."""
    before, count = skip(ask), limit(ask)
    return portion(everything[before : before + count], before, count, len(everything))


def search(ask: Ask) -> str:
    """Read what is searched for, in lower case."""
    return ask.query.get("search", "").strip().lower()[:250].replace("\0", "")
