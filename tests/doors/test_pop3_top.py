"""TOP cuts a letter at the right octet, however its blocks are cut. RFC 1939 §7."""

import asyncio
import itertools
from collections.abc import AsyncIterator

from hypothesis import example, given
from hypothesis import strategies as st

from hawknest.doors.pop3.top import top

LETTERS = st.lists(st.sampled_from([b"\r\n", b"\r\n\r\n", b"\r", b"\n", b"a", b"A: b\r\n"])).map(b"".join)


def model(letter: bytes, lines: int) -> bytes:
    """What TOP gives of a letter that lies there in one piece."""
    if letter.startswith(b"\r\n"):
        header, body = b"\r\n", letter[2:]
    else:
        head, blank, body = letter.partition(b"\r\n\r\n")
        header = head + blank
    kept = body.split(b"\r\n")
    if lines >= len(kept):
        return header + body
    return header + b"".join(line + b"\r\n" for line in kept[:lines])


@given(LETTERS, st.integers(0, 4), st.lists(st.integers(0, 60), max_size=6))
@example(b"A: b\r\nB: c\r\n\r\nbody\r\n", 0, [7])  # a block may end just behind a line end of the header
def test_top(letter: bytes, lines: int, cuts: list[int]) -> None:
    edges = sorted({0, len(letter), *(cut % (len(letter) + 1) for cut in cuts)})

    async def blocks() -> AsyncIterator[bytes]:
        for a, b in itertools.pairwise(edges):
            yield letter[a:b]

    async def given_out() -> bytes:
        return b"".join([block async for block in top(blocks(), lines)])

    assert asyncio.run(given_out()) == model(letter, lines)
