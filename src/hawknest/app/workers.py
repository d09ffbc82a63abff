"""Several workers on one data directory: a parent that binds, forks, watches and answers for all.

The workers share the listening ports and the database, and nothing else: what only one of them may do is a lease in SQL.
Each has its own socket for a port; one that dies is replaced, and what the kernel gave its sockets meanwhile waits there.
Its claims run out or are taken over. The parent serves nobody and holds no data. It alone answers for all to systemd, and ends
a worker that hangs.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from hawknest.app.process import end_with_parent, keep_watchdog, leave_systemd_to_parent, notify
from hawknest.config import Config
from hawknest.log import Log
from hawknest.net import control

PAUSE: Final = 1.0  # seconds before a worker that died is replaced
LOOK: Final = 10.0  # seconds between two looks whether the workers answer
HANGS: Final = 30.0  # seconds without an answer after which a worker is ended


def fork(count: int, work: Callable[[int], int]) -> dict[int, int]:
    """Start workers; in each of them `work` is run with its number and its result is the exit code.

    Returns the workers' process ids and numbers, in the parent.
    """
    return {_fork(number, work): number for number in range(count)}


def _fork(number: int, work: Callable[[int], int]) -> int:
    process = os.fork()
    if process == 0:
        code = 1
        end_with_parent()
        leave_systemd_to_parent()
        try:
            code = work(number)
        finally:
            os._exit(code)
    return process


class Parent:
    """The process that watches over the workers."""

    def __init__(self, workers: dict[int, int], work: Callable[[int], int], socket: Path, log: Log) -> None:
        self._workers = workers
        self._work = work
        self._socket = socket
        self._log = log
        self._stopping = asyncio.Event()
        self._gone = asyncio.Event()  # all workers are, and none is to come

    async def run(self) -> int:
        """Watch until told to stop and all workers are gone. Returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._signal, signal.SIGHUP)
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        answers: Mapping[str, control.Answer] = {
            "status": self._status,
            "suspend": self._all("suspend"),
            "resume": self._all("resume"),
            "reload": self._all("reload"),
            "changed": self._all("changed"),
            "index": self._all("index"),
            "stop": self._stop_asked,
        }
        async with control.answering(self._socket, answers):
            notify("READY=1")
            self._reap()
            chores = [asyncio.create_task(keep_watchdog()), asyncio.create_task(self._watching())]
            await self._stopping.wait()
            notify("STOPPING=1")
            await self._gone.wait()
            for chore in chores:
                chore.cancel()
        return 0

    def _stop(self) -> None:
        self._stopping.set()
        self._signal(signal.SIGTERM)
        if not self._workers:
            self._gone.set()

    def _signal(self, number: signal.Signals) -> None:
        for process in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def _reap(self) -> None:
        """Take note of workers that ended, and replace them unless all are to end."""
        for process in list(self._workers):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(process, os.WNOHANG)[0] == 0:
                    continue
            number = self._workers.pop(process)
            if self._stopping.is_set():
                if not self._workers:
                    self._gone.set()
            else:
                self._log.system.error("a worker died and is replaced", worker=number)
                asyncio.get_running_loop().call_later(PAUSE, self._replace, number)

    async def _watching(self) -> None:
        """End workers that hang, so that they are replaced."""
        while True:
            await asyncio.sleep(LOOK)
            await asyncio.gather(*(self._look(process) for process in self._workers))

    async def _look(self, process: int) -> None:
        number = self._workers[process]
        try:
            await control.question(worker_socket(self._socket, number), "alive", timeout=HANGS)
        except control.NoAnswer:
            self._log.system.error("a worker hangs and is ended", worker=number)
            if process in self._workers:
                os.kill(process, signal.SIGKILL)
        except control.ControlError:
            pass  # it is about to begin, or to end

    def _replace(self, number: int) -> None:
        if not self._stopping.is_set():
            self._workers[_fork(number, self._work)] = number

    def _all(self, word: str) -> control.Answer:
        async def ask_all(question: Mapping[str, Any]) -> Any:
            details = {name: value for name, value in question.items() if name != "ask"}
            answers = await asyncio.gather(
                *(control.question(path, word, **details) for path in self._sockets())
            )
            return next((answer for answer in answers if answer), None)

        return ask_all

    async def _stop_asked(self, _question: Mapping[str, Any]) -> None:
        asyncio.get_running_loop().call_soon(self._stop)

    async def _status(self, _question: Mapping[str, Any]) -> dict[str, Any]:
        """Add up what the workers tell."""
        found = await asyncio.gather(
            *(control.question(path, "status") for path in self._sockets()), return_exceptions=True
        )
        each: list[dict[str, Any]] = [one for one in found if isinstance(one, dict)]
        if not each:
            raise control.Refused("no worker answers")
        total = dict(each[0])
        for count in ("connections", "delivering"):
            total[count] = sum(one[count] for one in each)
        total["workers"] = len(each)
        return total

    def _sockets(self) -> list[Path]:
        return [worker_socket(self._socket, number) for number in self._workers.values()]


def bell_sockets(config: Config, socket: Path) -> tuple[Path, list[Path]] | None:
    """Name where a worker hears of changes, and where the others do; None: there are no others on this machine."""
    count = config.contents.workers
    if count == 1:
        return None
    every = {
        worker_socket(config.socket, number): config.socket.with_name(f"bell-{number}.sock")
        for number in range(count)
    }
    return every[socket], [bell for its, bell in every.items() if its != socket]


def worker_socket(socket: Path, number: int) -> Path:
    """Name the control channel of a worker."""
    return socket.with_name(f"worker-{number}.sock")
