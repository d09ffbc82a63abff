"""The trace id of a letter: what its journey can be asked by."""

import random
import time
from typing import Final

_DIGITS: Final = (
    "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing that reads like something else
)


def trace_id(now: float | None = None) -> str:
    """Make a new id: 16 characters, 48 bits of milliseconds and 32 random bits, so that ids sort by time."""
    number = int((time.time() if now is None else now) * 1000) << 32 | random.getrandbits(32)
    return "".join([_DIGITS[number >> shift & 31] for shift in range(75, -1, -5)])
