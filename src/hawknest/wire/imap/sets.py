"""Sets of message numbers or UIDs. RFC 9051 §9.

sequence-set = (seq-number / seq-range) ["," sequence-set] / seq-last-command
seq-range    = seq-number ":" seq-number
seq-number   = nz-number / "*"
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

LAST: Final = 0  # `*`: the largest number there is
MOST: Final = 1 << 32

_SET: Final = re.compile(
    rb"(?:[1-9][0-9]{0,9}|\*)(?::(?:[1-9][0-9]{0,9}|\*))?(?:,(?:[1-9][0-9]{0,9}|\*)(?::(?:[1-9][0-9]{0,9}|\*))?)*"
)


@dataclass(frozen=True, slots=True)
class NumberSet:
    """Ranges as they were sent, each with its first and last number; `saved`: `$`, what the last SEARCH found (RFC 5182)."""

    ranges: tuple[tuple[int, int], ...] = ()
    saved: bool = False

    def resolve(self, largest: int) -> list[tuple[int, int]]:
        """Give ascending ranges that do not touch, where `*` is the largest number in use; 0: there is none."""
        found: list[tuple[int, int]] = []
        for low, high in self.ranges:
            first, last = low or largest, high or largest
            found.append((first, last) if first <= last else (last, first))
        return merge(found)


def merge(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put ranges in order, and those that touch together."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            if last > merged[-1][1]:
                merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def ranges_of(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Gather ascending numbers into ranges."""
    if not numbers:
        return []
    first, last = numbers[0], numbers[-1]
    if last - first == len(numbers) - 1:  # the commonest: all of them in a row
        return [(first, last)]
    found: list[tuple[int, int]] = []
    start = previous = first
    for number in numbers:
        if number > previous + 1:
            found.append((start, previous))
            start = number
        previous = number
    found.append((start, previous))
    return found


def written(ranges: Iterable[tuple[int, int]]) -> bytes:
    """Write ranges as a set."""
    return b",".join([b"%d" % a if a == b else b"%d:%d" % (a, b) for a, b in ranges])


def match(text: bytes, at: int) -> tuple[NumberSet, int] | None:
    """Read a set at a place. Returns it and where it ends, or None where there is none."""
    if text[at : at + 1] == b"$":
        return NumberSet(saved=True), at + 1
    found = _SET.match(text, at)
    if found is None:
        return None
    ranges: list[tuple[int, int]] = []
    for one in found[0].split(b","):
        low, colon, high = one.partition(b":")
        first = _number(low)
        last = _number(high) if colon else first
        if first >= MOST or last >= MOST:
            return None
        ranges.append((first, last))
    return NumberSet(tuple(ranges)), found.end()


def _number(octets: bytes) -> int:
    return LAST if octets == b"*" else int(octets)
