"""A real systemd in a box (tools/systemdbox.sh), with the program installed in it as an owner would have it."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from hawknest.cli.service import USER

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "systemdbox.sh"
PROGRAM = Path("/opt/hawknest")
SYSTEMD = Path("/usr/lib/systemd/systemd")
BASE = Path(sys._base_executable)  # type: ignore[attr-defined]
BOOT = 30.0  # seconds


class Box:
    """A booted systemd; commands are run inside it as root."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._said = directory.with_suffix(".log")
        self._outer: subprocess.Popen[bytes] | None = None
        self._init = 0

    def boot(self) -> None:
        """Start it, or skip the test with the reason why that cannot be done here."""
        if sys.platform != "linux" or os.geteuid() != 0:
            pytest.skip("a box with systemd needs root on Linux")
        for program in (SYSTEMD, "unshare", "nsenter", "ip"):
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not on this system: apt install systemd util-linux iproute2")
        self.directory.mkdir()
        with self._said.open("wb") as said:
            self._outer = subprocess.Popen(["/bin/sh", SCRIPT, self.directory], stdout=said, stderr=said)
        end = time.monotonic() + BOOT
        while time.monotonic() < end and self._outer.poll() is None:
            with contextlib.suppress(OSError, ValueError, IndexError):
                self._init = int(self._children(self._outer.pid)[0])
                if Path(f"/proc/{self._init}/exe").readlink().name == "systemd" and self._running():
                    return
            time.sleep(0.1)
        pytest.skip(f"systemd cannot be booted in a box here: {self._said.read_text()[-300:]}")

    def _children(self, process: int) -> list[str]:
        return Path(f"/proc/{process}/task/{process}/children").read_text().split()

    def _running(self) -> bool:
        return self.try_("systemctl", "is-system-running").stdout.strip() in {"running", "degraded"}

    @property
    def _enter(self) -> list[str]:
        return ["nsenter", "-t", str(self._init), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]

    def try_(self, *words: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command in the box."""
        return subprocess.run(
            [*self._enter, *map(str, words)],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
            input=stdin, text=True, capture_output=True, timeout=90, check=False,
        )  # fmt: skip

    def __call__(self, *words: str | Path, stdin: str = "") -> str:
        """Run a command in the box that must succeed, and give what it printed."""
        done = self.try_(*words, stdin=stdin)
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout.strip()

    def python(self, code: str) -> str:
        """Run lines of Python in the box."""
        return self(BASE, "-I", "-c", code)

    def install_program(self) -> None:
        """Put the program under /opt, where every user of the box can read it."""
        base = Path(sys.base_prefix)
        for directory in (base, *base.parents):
            self("chmod", "a+x", directory)  # an interpreter in somebody's home
        self(BASE, "-m", "venv", "--without-pip", PROGRAM)
        packages = PROGRAM / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        for source in (Path(sysconfig.get_path("purelib")), ROOT / "src"):
            self._carry(source, packages)
        script = f"#!{PROGRAM}/bin/python\nfrom hawknest.cli import main\nmain()\n"
        self("tee", PROGRAM / "bin" / "hawknest", stdin=script)
        self("chmod", "0755", PROGRAM / "bin" / "hawknest")

    def _carry(self, source: Path, target: Path) -> None:
        """Copy what lies in a directory into the box, also from a place that is not seen in there."""
        with subprocess.Popen(["tar", "-C", source, "-c", "."], stdout=subprocess.PIPE) as packing:
            subprocess.run([*self._enter, "tar", "-C", target, "-x"], stdin=packing.stdout, check=True)

    program = PROGRAM / "bin" / "hawknest"

    def hawknest(self, *words: str | Path, stdin: str = "") -> str:
        return self(self.program, *words, stdin=stdin)

    def asked(self, name: str) -> str:
        """What systemd says of the service."""
        return self("systemctl", "show", "--value", "-p", name, USER)

    def end(self) -> None:
        """End everything in the box, and forget it."""
        if self._outer is None:
            return
        self._outer.kill()
        self._outer.wait()
        for groups in Path("/sys/fs/cgroup").glob(f"**/hawknest-box-{self.directory.name}"):
            end = time.monotonic() + 10
            while groups.exists() and time.monotonic() < end:  # its processes take a moment to be gone
                for group in (*sorted((g for g in groups.rglob("*") if g.is_dir()), reverse=True), groups):
                    with contextlib.suppress(OSError):
                        group.rmdir()
                time.sleep(0.05)
