"""A real server process on a directory of its own: started, asked, killed, started again."""

import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from hawknest import store
from hawknest.accounts import exempt
from hawknest.config import Profile, profile, render
from hawknest.net.control import ControlError, ask
from nests import PASSWORD, furnish

ROOT = Path(__file__).parents[2]
__all__ = ["PASSWORD", "Server"]


class Server:
    """A nest (see `nests.furnish`) and the process that serves it on free ports of 127.0.0.1."""

    def __init__(
        self, directory: Path, *, database: str = "", workers: int = 1, more: str = "", trusting: bool = False
    ) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        text = render(profile(Profile.LOCAL, "mx.example.org", ipv6=False))
        text = re.sub(r"(?m)^port = \d+", "port = 0", text)
        text = text.replace("#workers = 1", f"workers = {workers}").replace(
            '#url = ""', f'url = "{database}"'
        )
        (directory / "hawknest.toml").write_text(text + more)
        connection = store.prepare(store.Settings(database), directory, lambda _: None).connect()
        connection.begin()
        furnish(connection)
        if trusting:
            exempt.add(connection, "127.0.0.1")  # so that letters to elsewhere are queued
        connection.commit()
        connection.close()
        self.process: subprocess.Popen[bytes] | None = None
        self.ports: dict[str, int] = {}

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.directory / "stderr.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hawknest", "serve", "--data", str(self.directory)],
                env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                self.ports = {e["service"]: e["port"] for e in self.status()["listeners"]}
            except ControlError:
                assert self.process.poll() is None, (self.directory / "stderr.log").read_text()[-2000:]
                time.sleep(0.02)
            else:
                return
        raise AssertionError(
            "the server does not answer: " + (self.directory / "stderr.log").read_text()[-2000:]
        )

    def hawknest(
        self, *words: str | Path, stdin: bytes = b"", code: int = 0, env: dict[str, str] | None = None
    ) -> str:
        """Run a command on this nest as a process of its own, and give what it printed; its exit code must be as expected."""
        done = subprocess.run(
            [sys.executable, "-m", "hawknest", *map(str, words)],
            env=os.environ
            | {"PYTHONPATH": str(ROOT / "src"), "HAWKNEST_DATA": str(self.directory), "LANG": "C.UTF-8"}
            | (env or {}),
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )
        said = (done.stdout + done.stderr).decode(errors="replace")
        assert done.returncode == code, f"{words}: exit {done.returncode}\n{said[-3000:]}"
        return said

    def status(self) -> dict[str, Any]:
        return ask(self.directory / "run" / "control.sock", "status", timeout=2.0)

    def kill(self) -> None:
        """SIGKILL, for the process and its workers."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)

    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.ports["smtp"], timeout=10)

    def memory(self) -> int:
        """Octets of memory of the process and its workers: PSS without the files that are mapped, which are the system's cache."""
        total = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
                if int(fields[2]) != self.process.pid:  # type: ignore[union-attr]
                    continue
                rollup = (path.parent / "smaps_rollup").read_text()
            except (OSError, ValueError):
                continue
            kinds = [int(rollup.partition(f"\nPss{kind}:")[2].split()[0]) for kind in ("", "_File")]
            total += (kinds[0] - kinds[1]) * 1024
        return total
