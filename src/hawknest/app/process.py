"""What a server process owes to the system: giving up root, telling systemd how it is, fit limits."""

import asyncio
import contextlib
import ctypes
import grp
import os
import pwd
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from hawknest.config import ConfigError

_PR_SET_PDEATHSIG: Final = 1
_DATA: Final = (
    "hawknest.sqlite*",
    "mark",
    "blobs",
    "spool",
    "log",
    "run",
    "tls",
    "snapshots",
)  # what a server writes


class NoSuchUser(ConfigError):
    """The configuration names a system user that this machine does not have."""


def adopt(user: str, directory: Path) -> None:
    """Let a system user own the data directory, when root makes it for that user. Raises NoSuchUser."""
    if os.geteuid() != 0 or not user:
        return
    entry = _entry(user)
    for path in (directory, *directory.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def become(user: str) -> None:
    """Give up root for a system user, for good; anybody else stays as they are. Raises NoSuchUser."""
    if os.geteuid() != 0 or not user:
        return
    entry = _entry(user)
    os.setgroups([g.gr_gid for g in grp.getgrall() if entry.pw_name in g.gr_mem])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)


def check_access(directory: Path, log: Path | None = None) -> None:
    """See that this user may write all that a server writes, the log too where it lies elsewhere.

    Raises ConfigError, with what would help.
    """
    me = pwd.getpwuid(os.geteuid()).pw_name
    elsewhere = [log] if log is not None and log.exists() else []
    for path in (directory, *(found for name in _DATA for found in sorted(directory.glob(name))), *elsewhere):
        if not os.access(path, os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)):
            raise ConfigError(
                f"the server would run as {me}, who may not write {path}; this gives it: chown -R {me} {path}"
            )


def raise_limits() -> None:
    """Ask for as many open files as this process may have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def end_with_parent() -> None:
    """Ask Linux to end this process gracefully when its parent ends, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def notify(state: str) -> None:
    """Tell systemd `READY=1`, `STOPPING=1`, `WATCHDOG=1` …, where it listens (sd_notify)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(state.encode(), address)


def watchdog() -> float | None:
    """Tell how often systemd wants to hear `WATCHDOG=1`: in seconds, half its limit; None: it does not."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2_000_000 if microseconds.isdigit() else None


async def keep_watchdog() -> None:
    """Tell systemd that this process lives, as often as it wants to hear it; ends at once where it does not."""
    while (pause := watchdog()) is not None:
        notify("WATCHDOG=1")
        await asyncio.sleep(pause)


def leave_systemd_to_parent() -> None:
    """Say nothing to systemd from now on: a parent answers for this process."""
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        os.environ.pop(name, None)


def _entry(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise NoSuchUser(
            f"the system user {user} does not exist; make it with: useradd --system {user}"
        ) from None
