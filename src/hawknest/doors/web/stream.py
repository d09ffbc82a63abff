"""Server-sent events: what is told for as long as somebody watches, and still may. HTML Living Standard §9.2.

A comment every while keeps the connection alive. The stream ends when the session or token it was asked with does, and when the server
stops; a browser then asks again by itself.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Final

from starlette.responses import Response, StreamingResponse

from hawknest.doors.web.route import Ask
from hawknest.doors.web.session import asker
from hawknest.store import StoreError

SILENCE: Final = 15.0  # seconds until a comment is sent
HOLDS: Final = 5.0  # seconds between two looks whether who watches still may


async def streamed(stream: AsyncGenerator[bytes]) -> Response:
    """Answer with a stream whose first words show that it may be watched: what raises before them is an answer of its own."""
    first = await anext(stream)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_all(first, stream), headers=headers, media_type="text/event-stream")


async def _all(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    try:
        yield first
        async for chunk in rest:
            yield chunk
    finally:
        await rest.aclose()


async def news(
    ask: Ask,
    ring: asyncio.Event,
    take: Callable[[float], bytes],
    *,
    alive: Callable[[], bool] = lambda: True,
    gather: float = 0.0,
) -> AsyncGenerator[bytes]:
    """Tell what there is, again and again.

    Args:
        ask: who watches.
        ring: is set when there is something.
        take: gives it, given the seconds in which nothing was told; nothing: there is nothing.
        alive: whether what is watched still goes on.
        gather: seconds in which what comes together is told together.
    """
    loop = asyncio.get_running_loop()
    looked = spoke = loop.time()
    while not ask.stopping.is_set() and alive():
        try:
            async with asyncio.timeout(1.0):
                await ring.wait()
            await asyncio.sleep(gather)
        except TimeoutError:
            pass
        if told := take(loop.time() - spoke):
            spoke = loop.time()
            yield told
        elif loop.time() - spoke > SILENCE:
            spoke = loop.time()
            yield b": still here\n\n"
        if loop.time() - looked > HOLDS:
            looked = loop.time()
            if not await _still_may(ask):
                return


async def _still_may(ask: Ask) -> bool:
    """Whether who watches would still be let in."""
    try:
        return (await asker(ask.request, ask.rooms, ask.peer)).who == ask.who
    except StoreError:
        return True  # it is asked again soon
