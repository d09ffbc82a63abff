"""What carries rings of the bell to the other processes and machines that share a PostgreSQL: NOTIFY and LISTEN.

It has two connections and two threads of its own, so that no transaction ever waits for it. A ring is a hint: what could not
be sent is not sent again; and after a connection was lost, all who watch are rung, for nobody knows what they missed.
"""

import asyncio
import contextlib
import queue
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Final

import psycopg

from hawknest.store.bell import Bell

CHANNEL: Final = "hawknest"
MOST: Final = 150  # changes in one notification: it has 8,000 octets at the most
PAUSE: Final = 2.0  # seconds until a lost connection is made anew
BREATH: Final = 1.0  # seconds after which a thread looks whether it is to end


class PostgresRelay:
    """Carries rings between a bell and those of others."""

    def __init__(self, url: str, bell: Bell) -> None:
        self._url = url
        self._bell = bell
        self._name = secrets.token_hex(8)
        self._loop = asyncio.get_running_loop()
        self._rings: queue.SimpleQueue[Mapping[int, int] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self.listening = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(part,), name=f"relay-{name}", daemon=True)
            for name, part in (("speaker", self._speak), ("listener", self._listen))
        ]
        for thread in self._threads:
            thread.start()
        bell.relay = self._rings.put

    async def close(self) -> None:
        """Carry no more."""
        self._bell.relay = None
        self._closing.set()
        self._rings.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _work(self, part: Callable[[psycopg.Connection], None]) -> None:
        """Do one part of it over a connection, and over a new one when that is lost."""
        while not self._closing.is_set():
            with contextlib.suppress(psycopg.Error):
                with psycopg.connect(self._url, autocommit=True) as connection:
                    part(connection)
                continue
            self._closing.wait(PAUSE)

    def _speak(self, connection: psycopg.Connection) -> None:
        while (ring := self._rings.get()) is not None:
            changes = list(ring.items())
            for start in range(0, len(changes), MOST):
                words = [f"{number}:{modseq}" for number, modseq in changes[start : start + MOST]]
                payload = " ".join([self._name, *words])
                connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))

    def _listen(self, connection: psycopg.Connection) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        if self.listening.is_set():
            self._tell(self._bell.everything)
        self.listening.set()
        while not self._closing.is_set():
            for note in connection.notifies(timeout=BREATH):
                sender, *words = note.payload.split()
                if sender != self._name and (changed := _read(words)):
                    self._tell(lambda changed=changed: self._bell.heard(changed))

    def _tell(self, what: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(what)


def _read(words: list[str]) -> dict[int, int]:
    """Read a notification; of one that is not ours, nothing."""
    try:
        return {int(number): int(modseq) for number, _, modseq in (word.partition(":") for word in words)}
    except ValueError:
        return {}
