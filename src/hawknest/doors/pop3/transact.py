"""The TRANSACTION state of a session: letters are listed, given and marked; UPDATE at its end. RFC 1939 §5-6."""

import contextlib
from typing import Final

from hawknest.doors.pop3.maildrop import Maildrop
from hawknest.doors.pop3.rooms import PopLink, Rooms, engine
from hawknest.doors.pop3.top import top
from hawknest.store import StoreError
from hawknest.store.errors import FileGone
from hawknest.wire.pop3 import server as pop3
from hawknest.wire.pop3.command import Dele, List, Quit, Retr, Rset, Stat, Top, Uidl
from hawknest.wire.pop3.server import Over

OWED: Final = 64 * 1024  # octets of answers to pipelined commands that may gather before they are sent


async def transact(link: PopLink, session: str, drop: Maildrop, rooms: Rooms) -> None:
    """Serve an open maildrop until QUIT; whoever leaves without it has deleted nothing."""
    server, given = engine(link), 0
    while (event := await link.event()) is not None:
        match event:
            case Stat():
                server.ok(f"{len(drop.kept)} {sum(entry.size for _, entry in drop.kept)}")
            case List(number) | Uidl(number):
                _list(server, drop, number, sizes=isinstance(event, List))
            case Retr(number):
                given += await _give(link, drop, number, None, rooms)
            case Top(number, lines):
                await _give(link, drop, number, lines, rooms)
            case Dele(number):
                if _there(server, drop, number):
                    drop.deleted.add(number - 1)
                    server.ok("Marked to be deleted")
            case Rset():
                drop.deleted.clear()
                server.ok("Nothing is marked")
            case Quit():
                await _update(server, session, drop, given, rooms)
            case Over():
                return
            case _:
                server.err("Not now")
        if server.owed > OWED:
            await link.flush()


async def _update(server: pop3.Server, session: str, drop: Maildrop, given: int, rooms: Rooms) -> None:
    """Delete what is marked, and leave (RFC 1939 §6)."""
    try:
        if drop.deleted:
            await drop.remove()
    except StoreError as error:
        rooms.log.system.error("letters not deleted", session=session, error=str(error))
        server.end("The letters could not be deleted; please try again later", "SYS/TEMP")
        return
    rooms.log.pop3.info(
        "left", session=session, account=drop.account_id, read=given, deleted=len(drop.deleted)
    )
    server.bye()


def _list(server: pop3.Server, drop: Maildrop, number: int | None, *, sizes: bool) -> None:
    """Answer LIST or UIDL, for one letter or all."""
    if number is None:
        rows = [f"{index + 1} {entry.size if sizes else entry.uid}" for index, entry in drop.kept]
        server.lines(rows, f"{len(rows)} letters")
    elif _there(server, drop, number):
        entry = drop.entries[number - 1]
        server.ok(f"{number} {entry.size if sizes else entry.uid}")


def _there(server: pop3.Server, drop: Maildrop, number: int) -> bool:
    """Whether there is such a letter; says so where there is not."""
    if 0 < number <= len(drop.entries) and number - 1 not in drop.deleted:
        return True
    server.err("There is no such letter")
    return False


async def _give(link: PopLink, drop: Maildrop, number: int, lines: int | None, rooms: Rooms) -> bool:
    """Give a letter, or its header and some lines. Returns whether it was given."""
    server = engine(link)
    if not _there(server, drop, number):
        return False
    begun = False
    try:
        content = await drop.read(number - 1)
        if content is None:
            server.err("This letter cannot be read now", "SYS/TEMP")
            return False
        if content.data is not None and lines is None:
            server.whole(content.data, drop.entries[number - 1].size)
            return True
        async with contextlib.aclosing(drop.octets(content)) as octets:
            async for block in octets if lines is None else top(octets, lines):
                if not begun:
                    server.begin_body(f"{drop.entries[number - 1].size} octets" if lines is None else "")
                    begun = True
                server.body(block)
                await link.flush()
    except StoreError as error:
        rooms.log.system.error("letter not read", error=str(error))
        if begun:
            link.abort()  # half a letter must not look like a whole one
        elif isinstance(error, FileGone):
            server.err("The file of this letter is gone from the server: it can only be deleted", "SYS/PERM")
        else:
            server.err("This letter cannot be read now", "SYS/TEMP")
        return False
    if not begun:
        server.begin_body()
    server.end_body()
    return True
