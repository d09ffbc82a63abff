"""The servers whose IMAP is measured, on loopback ports of their own: Hawknest, and Dovecot with mdbox and with maildir.

Each is an object with `name`, `imap` (port), `deliver` (how imapload.py hands it a letter), `target` (how procstat finds its
processes), `crowd` (how many times as many idle connections it takes to see their memory), and `start`, `stop`, `chill` (stopped: forget what was derived from the letters and what the system holds of them).
"""

import os
import subprocess
from pathlib import Path

import benchpeers
from benchpeers import quiet, wait_for_port

USER = "user0@bench.local"
PASSWORD = "x"


class Hawknest(benchpeers.Hawknest):
    """Hawknest, which derives envelope and body structure once, when a letter comes: there is nothing that it could forget."""

    crowd = 5

    def __init__(self, directory: Path, *, workers: int = 1) -> None:
        super().__init__(directory, workers=workers)
        self.deliver = f"smtp:{self.smtp}"

    def start(self) -> None:
        super().start()
        wait_for_port(self.imap)

    def chill(self) -> None:
        forget_pages(self.directory)


class Dovecot:
    """Debian's Dovecot with one of its mailbox formats; the peers' script starts it (and a Postfix, which is left alone)."""

    imap, deliver, target = 11143, "lmtp:12424", "cg:bench-pd/dovecot"
    crowd = 1

    def __init__(self, directory: Path, bench: Path, kind: str) -> None:
        self.name = f"dovecot-{kind}"
        self.directory = directory / self.name
        self.script = bench / "peers" / "postfix_dovecot.sh"
        self.kind = kind
        self.running = False

    def start(self, settings: str = "") -> None:
        """Start it, with more lines for its configuration."""
        if not self.directory.exists():
            self._run("setup")
        self._run("start", self.kind, EXTRA_DOVECOT=settings)
        self.running = True
        wait_for_port(self.imap)

    def stop(self) -> None:
        if self.running:
            self._run("stop")
            self.running = False

    def chill(self) -> None:
        for path in (self.directory / "vmail").rglob("dovecot.index.cache*"):
            path.unlink()
        forget_pages(self.directory / "vmail")

    def _run(self, word: str, *more: str, **environment: str) -> None:
        os.environ.update(environment)
        quiet(["bash", str(self.script), word, str(self.directory), *more])


def forget_pages(directory: Path) -> None:
    """Have the system forget what it holds of the files below a directory."""
    subprocess.run(["sync", "-f", str(directory)], check=True)
    for path in directory.rglob("*"):
        if path.is_file() and not path.is_symlink():
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)
