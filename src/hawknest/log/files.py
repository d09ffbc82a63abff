"""The log's files: one a day, written in batches by a thread, kept for some days and within some room."""

import collections
import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

GATHER: Final = 0.05  # seconds that lines gather before they are written
WAITING: Final = 50_000  # lines that may wait for a slow disk; further ones are dropped and counted
LOOK: Final = 16 * 1024 * 1024  # octets written between looks at the room taken
SUFFIX: Final = ".log"


class Files:
    """Where lines go. Make it in the process that uses it, after a fork and after privileges were dropped."""

    def __init__(self, directory: Path | None, days: int, octets: int, *, stderr: bool) -> None:
        self.dropped = 0  # lines that found no room
        self._directory = directory
        self._days = days
        self._octets = octets
        self._stderr = stderr
        self._lines: collections.deque[tuple[float, bytes, str]] = collections.deque()
        self._wake = threading.Event()
        self._writing = threading.Lock()
        self._closing = False
        self._handle = -1
        self._today = (0.0, 0.0)  # from midnight to midnight
        self._room = 0  # octets until the next look
        self._told = False
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def put(self, at: float, line: bytes, short: str) -> None:
        """Take a line for the file and its short form for stderr ('': none); never waits."""
        if len(self._lines) >= WAITING:
            self.dropped += 1
            return
        self._lines.append((at, line, short))
        if not self._wake.is_set():
            self._wake.set()

    def flush(self) -> None:
        """Write what has gathered, now."""
        with self._writing:
            while self._lines:
                self._write()

    def close(self) -> None:
        """Write what has gathered and end."""
        self._closing = True
        self._wake.set()
        self._thread.join()
        self.flush()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _work(self) -> None:
        while not self._closing:
            self._wake.wait()
            if not self._closing:
                time.sleep(GATHER)
            self._wake.clear()
            self.flush()

    def _write(self) -> None:
        """Write the lines of one day in one go."""
        batch: list[bytes] = []
        short: list[str] = []
        first = self._lines[0][0]
        while self._lines and len(batch) < 1000:
            at, line, words = self._lines[0]
            if batch and not self._today[0] <= at < self._today[1]:
                break
            if not batch and not self._today[0] <= first < self._today[1]:
                self._turn(first)
            batch.append(line)
            short.append(words)
            self._lines.popleft()
        if self._stderr:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write("".join(short))
                sys.stderr.flush()
        if self._directory is not None:
            self._append(b"".join(batch), len(batch))

    def _append(self, data: bytes, count: int) -> None:
        if self._room < 0:
            self._look()
        if self._handle < 0 or self._room < 0:
            self.dropped += count
            return
        try:
            os.write(self._handle, data)  # whole lines: O_APPEND keeps those of several processes apart
        except OSError as error:
            self.dropped += count
            self._tell(f"the log cannot be written: {error.strerror}")
        self._room -= len(data)

    def _turn(self, at: float) -> None:
        """Open the file of a day."""
        day = time.localtime(at)
        start = time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1))
        end = time.mktime((day.tm_year, day.tm_mon, day.tm_mday + 1, 0, 0, 0, 0, 0, -1))
        self._today = (start, end)
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if self._directory is None:
            return
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._directory / (time.strftime("%Y-%m-%d", day) + SUFFIX)
            self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            self._tell(f"the log cannot be opened in {self._directory}: {error.strerror}")
        self._look()

    def _look(self) -> None:
        """Forget what is too old or too much, and see how much room is left."""
        assert self._directory is not None
        oldest = time.strftime("%Y-%m-%d", time.localtime(self._today[0] - (self._days - 1) * 86400 - 1))
        taken = 0
        newest = True
        for path in sorted(self._directory.glob("????-??-??" + SUFFIX), reverse=True):
            with contextlib.suppress(OSError):
                size = path.stat().st_size
                if newest or (path.stem > oldest and taken + size <= self._octets):
                    taken += size
                else:
                    path.unlink(missing_ok=True)
            newest = False
        left = self._octets - taken
        self._room = min(LOOK, left) if left > 0 else -1
        if left <= 0:
            self._tell("the log has no room left for today (log.megabytes): further lines are dropped")

    def _tell(self, words: str) -> None:
        if not self._told:
            self._told = True
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(words + "\n")
