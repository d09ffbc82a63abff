"""What the DNS said lately, answers and absences alike, for as long as it said it may be kept. RFC 1035 §7.4, RFC 2308 §5.

The cache is bounded twice: by the number of entries, of which the least recently used goes first, and by the octets of one,
since a stranger chooses how long the answers about his names are.
"""

from collections import OrderedDict
from typing import Any, Final

from hawknest.dns import Answer, Nothing

TTL_LIMIT: Final = 86_400  # seconds; RFC 8767 §4 advises against more than days
NEGATIVE_LIMIT: Final = 3600  # seconds; RFC 2308 §5 finds one to three hours sensible
OCTETS: Final = 4096  # of an answer that is kept

Known = Answer[Any] | Nothing


class Cache:
    """Answers by name and number of kind; times are those of a monotonic clock, in seconds."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._known: OrderedDict[tuple[str, int], tuple[Known, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many entries there are, fresh or not."""
        return len(self._known)

    def get(self, key: tuple[str, int], now: float) -> Known | None:
        """What is known, where it still holds."""
        found = self._known.get(key)
        if found is None:
            return None
        known, until = found
        if until <= now:
            del self._known[key]
            return None
        self._known.move_to_end(key)
        return known

    def put(self, key: tuple[str, int], known: Known, ttl: int, octets: int, now: float) -> None:
        """Keep something for `ttl` seconds, within the limits."""
        ttl = min(ttl, NEGATIVE_LIMIT if isinstance(known, Nothing) else TTL_LIMIT)
        if ttl <= 0 or octets > OCTETS or not self._entries:
            return
        self._known[key] = known, now + ttl
        self._known.move_to_end(key)
        if len(self._known) > self._entries:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
