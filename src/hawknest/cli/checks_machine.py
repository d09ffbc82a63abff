"""What the doctor looks at outside the database: directory, disk, certificate."""

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hawknest.cli.finding import Finding
from hawknest.cli.say import octets, when
from hawknest.config import FILE, Config
from hawknest.net.examine import Examined, Flaw, examine

LEAST: Final = 500_000_000  # octets that should be free
INODES: Final = 1000
SHOWN: Final = 3  # files that are named

_FLAWS: Final = {
    Flaw.UNUSABLE: "certificate-unusable",
    Flaw.OVER: "certificate-over",
    Flaw.SOON_OVER: "certificate-soon",
    Flaw.NOT_YET: "certificate-early",
    Flaw.OTHER_NAME: "certificate-name",
}


def directory(data: Path, *, fix: bool) -> Iterator[Finding]:
    """Look at the data directory: who may read it, whose files are in it, and how much room is left."""
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & 0o077:
        mended = fix and _close(data)
        yield Finding("open", {"directory": str(data), "mode": f"{mode:03o}"}, mended)
    if foreign := [str(path.relative_to(data)) for path in _watched(data) if not _ours(path)]:
        more = f" (+{len(foreign) - SHOWN})" if len(foreign) > SHOWN else ""
        yield Finding(
            "foreign",
            {"files": ", ".join(foreign[:SHOWN]) + more, "user": _user(), "directory": str(data)},
        )
    free = shutil.disk_usage(data).free
    if free < LEAST:
        yield Finding("disk", {"free": octets(free), "directory": str(data)})
    room = os.statvfs(data)
    if room.f_files and room.f_favail < INODES:
        yield Finding("inodes", {"count": room.f_favail, "directory": str(data)})


def _watched(data: Path) -> Iterator[Path]:
    """The files that the server must be able to write, but for the letters themselves."""
    for path in sorted(data.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink() and os.access(path, os.R_OK | os.X_OK):
            yield from sorted(path.iterdir())


def _ours(path: Path) -> bool:
    try:
        return path.lstat().st_uid == os.geteuid()
    except FileNotFoundError:  # it went meanwhile: a server works here
        return True


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _close(data: Path) -> bool:
    try:
        data.chmod(0o700)
    except OSError:
        return False
    return True


def secrets(config: Config, *, fix: bool) -> Iterator[Finding]:
    """Look whether a file with secrets can be read by everybody, where it does not lie in the closed directory."""
    settings = config.certificate()
    for path in {settings.key, config.directory / FILE} - {None}:
        assert path is not None
        if path.exists() and path.stat().st_mode & stat.S_IROTH and not _inside(path, config.directory):
            mended = fix and _hide(path)
            yield Finding("readable", {"file": str(path)}, mended)


def _inside(path: Path, data: Path) -> bool:
    return path.resolve().is_relative_to(data.resolve())


def _hide(path: Path) -> bool:
    try:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o007)
    except OSError:
        return False
    return True


def certificate(config: Config, now: float) -> Iterator[Finding]:
    """Look the certificate over; one that we make ourselves is not there before the first start."""
    settings = config.certificate()
    chain = settings.certificate or config.directory / "tls" / "self-signed.pem"
    key = settings.key or config.directory / "tls" / "self-signed.key"
    if settings.certificate is None and not chain.exists():
        return
    for found in examine(chain, key, config.hostname, now):
        yield _flaw(found, chain, config.hostname, own=settings.certificate is None)


def _flaw(found: Examined, chain: Path, hostname: str, *, own: bool) -> Finding:
    kind = _FLAWS[found.flaw]
    if own and found.flaw is not Flaw.NOT_YET:
        kind = "certificate-own"  # whatever is wrong with it, a new one is made
    return Finding(
        kind, {"file": str(chain), "words": found.words, "at": when(found.at), "hostname": hostname}
    )
