"""IDLE: a client is told at once what is new. RFC 9051 §6.3.13, RFC 2177 §3."""

import asyncio
from typing import Final

from hawknest.doors.imap import news
from hawknest.doors.imap.rooms import Answer, Session
from hawknest.wire.imap import server as imap
from hawknest.wire.imap.command import Done

BREATH: Final = 120.0  # seconds between signs of life, so that nothing on the way forgets the connection


async def idle(session: Session) -> Answer:
    """Tell what is new until the client says DONE. Raises StoreError."""
    server, link, selected = session.server, session.link, session.selected
    await nudged(session)
    server.idling()
    timer: asyncio.TimerHandle | None = None
    loop = asyncio.get_running_loop()
    if selected is not None:
        selected.opened.watch(session.nudge)
    try:
        while True:
            timer = loop.call_later(BREATH, session.nudge)
            event = await link.event()
            timer.cancel()
            match event:
                case imap.Nudged():
                    before = server.owed
                    await nudged(session)
                    if server.owed == before and loop.time() >= timer.when():
                        server.note("Still here")
                case Done():
                    return Answer("That was it")
                case _:
                    return Answer("Goodbye")
    finally:
        if timer is not None:
            timer.cancel()
        if selected is not None and session.notifier is None:
            selected.opened.forget(session.nudge)


async def nudged(session: Session) -> None:
    """Tell what is new, between commands. Raises StoreError."""
    if session.notifier is not None:
        await session.notifier.tell()
    else:
        await news.tell(session, expunge=True)
