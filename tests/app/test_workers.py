"""The parent of several workers: one that answers nothing is ended, one that answers is left alone."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawknest.app import workers
from hawknest.app.process import leave_systemd_to_parent, watchdog
from hawknest.log import Log
from hawknest.net import control


@contextlib.contextmanager
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands for a worker."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


async def alive(_question: object) -> None:
    return None


async def test_a_worker_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "HANGS", 0.2)
    with sleeper() as hung, sleeper() as well, socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "worker-0.sock"))
        deaf.listen()
        parent = workers.Parent({hung.pid: 0, well.pid: 1}, lambda _: 0, tmp_path / "control.sock", Log())
        async with control.answering(tmp_path / "worker-1.sock", {"alive": alive}):
            for process in (hung.pid, well.pid):
                await parent._look(process)
        assert hung.wait(5) == -9
        assert well.poll() is None


async def test_a_worker_that_is_about_to_begin_is_given_time(tmp_path: Path) -> None:
    with sleeper() as process:
        parent = workers.Parent({process.pid: 0}, lambda _: 0, tmp_path / "control.sock", Log())
        await parent._look(process.pid)
        assert process.poll() is None


def test_a_worker_says_nothing_to_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere")
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    assert watchdog() == 1.0
    leave_systemd_to_parent()
    assert watchdog() is None
