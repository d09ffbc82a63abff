"""The top of a letter: its header, the blank line and some lines of its body. RFC 1939 §7, TOP."""

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Final

_HEADER_END: Final = b"\r\n\r\n"


async def top(blocks: AsyncIterable[bytes], lines: int) -> AsyncGenerator[bytes]:
    """Give the top of a letter whose octets come in blocks, cut anywhere; `lines` are those of the body.

    Only CRLF ends a line. A letter without a blank line is all header.
    """
    before = b"\r\n"  # what was given last and may begin a line end; at first, as if a line had ended
    in_header = True
    async for block in blocks:
        seen, at = before + block, 0
        if in_header:
            found = seen.find(_HEADER_END)
            if found < 0:
                before = seen[-3:]
                yield block
                continue
            at, in_header = found + len(_HEADER_END), False
        while lines and (found := seen.find(b"\r\n", at)) >= 0:
            at, lines = found + 2, lines - 1
        if not lines:
            yield seen[len(before) : at]
            return
        yield block
        before = b"\r" if seen.endswith(b"\r") else b""
