"""Somebody's mail program: a `Witness` on a connection, and the ways in which it comes back to a mailbox it knows.

reader = Reader("a", {"QRESYNC"}, connect, "mia@example.org")
await reader.enter("INBOX")               # connects, logs in, selects, and learns all that is new
await reader.do("STORE 1 +FLAGS (x)")
reader.known()                            # UIDs with their flags and modseqs, as the server told them
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from hawknest.app.nest import Nest
from nests import PASSWORD, Session
from witness import Done, Flags, Memory, Message, Witness, set_of


class Wire(Protocol):
    """A connection."""

    def send(self, data: bytes) -> None: ...

    async def hear(self) -> bytes:
        """Wait for more; nothing: it is over."""
        ...

    async def close(self) -> None: ...


class SessionWire:
    """A connection to a door without a socket."""

    def __init__(self, rooms: Nest) -> None:
        self.session = Session(rooms, "imap", "127.0.0.1")

    def send(self, data: bytes) -> None:
        self.session.send(data)

    async def hear(self) -> bytes:
        task = self.session.link.task
        for _ in range(1000):
            if said := await self.session.settle():
                return said
            if task is None or task.done():
                return b""
            await asyncio.sleep(0.001)
        raise AssertionError("the door says nothing")

    async def close(self) -> None:
        if self.session.link.task is not None:
            await self.session.end()


class TcpWire:
    """A connection to a real server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> "TcpWire":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._writer.write(data)

    async def hear(self) -> bytes:
        try:
            return await asyncio.wait_for(self._reader.read(65536), 20)
        except OSError:
            return b""

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def _given(done: Done) -> bool:
    """Whether FETCH gave what is still there."""
    return done.ok or done.code == "EXPUNGEISSUED"


class Reader:
    """A mail program of one account. `connect` makes a new connection."""

    def __init__(
        self, name: str, speaks: Iterable[str], connect: Callable[[], Awaitable[Wire]], user: str
    ) -> None:
        self.name, self.speaks, self.user = name, frozenset(speaks), user
        self.memories: dict[str, Memory] = {}
        self.witness = Witness(name, (), self.memories)
        self.witness.closed = "not there yet"
        self._connect = connect
        self._wire: Wire | None = None

    def __repr__(self) -> str:
        return f"{self.name}: {' '.join(sorted(self.speaks))}"

    @property
    def connected(self) -> bool:
        return self._wire is not None and not self.witness.closed

    @property
    def mailbox(self) -> str:
        return self.witness.mailbox if self.connected else ""

    @property
    def uid_only(self) -> bool:
        return "UIDONLY" in self.speaks

    # One command

    def begin(self, command: str | bytes, *, resync: bool = False) -> None:
        """Send a command."""
        assert self._wire is not None
        self._wire.send(self.witness.send(command, resync=resync))

    async def finish(self) -> Done:
        """Wait for the end of a command."""
        await self._hear(lambda: self.witness.ended is not None)
        done = self.witness.ended
        assert done is not None
        if done.status == "BAD":
            raise AssertionError(f"{self.name}: {done}")
        return done

    async def do(self, command: str | bytes, *, resync: bool = False) -> Done:
        """Do a command."""
        self.begin(command, resync=resync)
        return await self.finish()

    async def _hear(self, enough: Callable[[], bool]) -> None:
        assert self._wire is not None
        while not enough():
            if not (data := await self._wire.hear()):
                self.witness.closed = self.witness.closed or "the connection ended"
                return
            self.witness.feed(data)

    async def idle(self) -> None:
        """Begin to idle."""
        self.begin("IDLE")
        await self._hear(lambda: self.witness.invited or self.witness.ended is not None)

    async def done(self) -> Done:
        """Idle no longer."""
        assert self._wire is not None
        self._wire.send(b"DONE\r\n")
        return await self.finish()

    # Coming and going

    async def connect(self) -> bool:
        """Connect and log in; whether that went well."""
        await self.drop()
        try:
            self._wire = await self._connect()
        except OSError:
            return False
        self.witness = Witness(self.name, (), self.memories)
        greeted = f'LOGIN {self.user} "{PASSWORD}"'
        if not (await self.do(greeted)).ok:
            return False
        if self.speaks and not (await self.do("ENABLE " + " ".join(sorted(self.speaks)))).ok:
            return False
        self.witness.speaks = self.speaks
        return True

    async def drop(self) -> None:
        """Be gone without a word."""
        self.witness.leave()
        self.witness.closed = self.witness.closed or "gone"
        if self._wire is not None:
            wire, self._wire = self._wire, None
            await wire.close()

    async def enter(self, mailbox: str, *, read_only: bool = False, matching: bool = False) -> bool:
        """Select a mailbox, and learn all of it; whether it is there. `matching`: QRESYNC names what is known of numbers."""
        if not self.connected and not await self.connect():
            return False
        self.witness.leave()
        old = self.memories.get(mailbox, Memory())
        known = dict(old.known)
        command = f"{'EXAMINE' if read_only else 'SELECT'} {mailbox}"
        if resync := "QRESYNC" in self.speaks and old.modseq > 0 and bool(known):
            command += f" (QRESYNC ({old.uidvalidity} {old.modseq}{self._matching(known) if matching and not self.uid_only else ''}))"
        modseq = old.modseq
        if not (await self.do(command, resync=resync)).ok:
            return False
        if self.memories[mailbox] is not old:
            known = {}  # another mailbox of the same name
        if not resync and known and "CONDSTORE" in self.speaks and not await self._changes(known, modseq):
            return False
        return await self.learn()

    def _matching(self, known: dict[int, Message]) -> str:
        uids = sorted(known)
        numbers = range(1, len(uids) + 1)
        return f" {set_of(uids)} ({set_of(numbers)} {set_of(uids)})"

    async def _changes(self, known: dict[int, Message], modseq: int) -> bool:
        """Come back with CONDSTORE alone (RFC 7162 §6): what is still there, and what changed of it."""
        last = max(known)
        if not _given(await self.do(f"UID FETCH 1:{last} (UID)")):
            return False
        there = {message.uid for message in self.witness.messages if 0 < message.uid <= last}
        assert there <= set(known), f"{sorted(there)} are there, {sorted(known)} were"
        changed = await self.do(f"UID FETCH 1:{last} (FLAGS MODSEQ) (CHANGEDSINCE {modseq})")
        if not _given(changed):
            return False
        for message in self.witness.messages:
            if message.uid in known and message.flags is None:
                message.flags, message.modseq = known[message.uid].flags, known[message.uid].modseq
        return True

    async def learn(self) -> bool:
        """Ask for what is not known yet of messages."""
        items = "UID FLAGS MODSEQ" if "CONDSTORE" in self.speaks else "UID FLAGS"
        while missing := [
            at for at, one in enumerate(self.witness.messages) if not one.uid or one.flags is None
        ]:
            if self.uid_only:
                done = await self.do(f"UID FETCH {self.witness.sure + 1}:* ({items})")
            else:
                done = await self.do(f"FETCH {missing[0] + 1}:{missing[-1] + 1} ({items})")
            if not _given(done):
                return False
            if done.code:  # some are gone, and it is told so by another command
                await self.do("NOOP")
        return self.connected

    def silently(self, uids: Iterable[int], change: Callable[[Flags], Flags]) -> None:
        """Believe that a silent STORE did what it was told."""
        wanted = set(uids)
        for message in self.witness.messages:
            if message.uid in wanted and message.flags is not None:
                message.flags = change(message.flags)

    def known(self) -> dict[int, tuple[Flags | None, int]]:
        """What the program knows of its mailbox: flags and modseqs by UID."""
        return {one.uid: (one.flags, one.modseq) for one in self.witness.messages}
