"""`hawknest service …`: a systemd unit that starts the server at boot, watches it, and gives it as little as it needs."""

import grp
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter

from hawknest import config
from hawknest.cli.nest import DEFAULT, Data
from hawknest.cli.trouble import Trouble

app = App(
    name="service",
    help="Let systemd start the server at every boot, restart it when it fails, and keep it from all it does not need.",
    help_format="markdown",
)

UNIT: Final = Path("/etc/systemd/system/hawknest.service")
USER: Final = "hawknest"
HIDDEN: Final = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 (PrivateTmp gives the service others)
_OURS: Final = "hawknest: "  # what each of our error messages begins with


def unit(data: Path, user: str, command: str) -> str:
    """The text of the unit.

    The server is not root at any time: the one capability lets it open ports below 1024.
    """
    return f"""[Unit]
Description=Hawknest mail server
Documentation=man:systemd.exec(5)
Wants=network-online.target
After=network-online.target nss-lookup.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={command} serve --data {_quoted(data)}
ExecReload=/bin/kill -HUP $MAINPID
User={user}
Group={user}
UMask=0077
Restart=on-failure
RestartSec=2
WatchdogSec=60
TimeoutStopSec=60
LimitNOFILE=65536
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=true
ProtectSystem=strict
ReadWritePaths={_quoted(data)}
ProtectHome=read-only
PrivateTmp=true
PrivateDevices=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectKernelLogs=true
ProtectControlGroups=true
ProtectClock=true
ProtectHostname=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


@app.command
def install(
    *,
    data: Data = DEFAULT,
    user: str = USER,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Make the system user, hand it the data, write the unit, and start the server now and at every boot.

    Example: `hawknest service install --data /var/lib/hawknest`

    Args:
        user: The system user to run as; made when it is not there.
        dry_run: Only print the unit.
    """
    directory = data.expanduser().resolve()
    text = unit(directory, user, " ".join(map(_quoted, _program())))
    if dry_run:
        print(text, end="")
        return
    _need_systemd()
    settings = config.load(directory)
    _make_user(user)
    _check_reach(directory, user)
    _check_files(settings, user)
    _hand_over(directory, user)
    UNIT.write_text(text, "utf-8")
    UNIT.chmod(0o644)
    _systemctl("daemon-reload")
    _systemctl("enable", UNIT.name)
    _start()
    print(f"the server runs as {user} and starts at every boot; `hawknest service status` tells how it is")


@app.command
def uninstall() -> None:
    """Stop the server and remove the unit; the data and the system user stay.

    Example: `hawknest service uninstall`
    """
    _need_systemd()
    if not UNIT.exists():
        raise Trouble("the service is not installed")
    _systemctl("disable", "--now", UNIT.name)
    UNIT.unlink()
    _systemctl("daemon-reload")
    print("the service is removed; the data is untouched")


@app.command
def status() -> int:
    """Tell what systemd knows of the service.

    Example: `hawknest service status`
    """
    if not UNIT.exists():
        raise Trouble("the service is not installed; `hawknest service install` does that")
    return subprocess.run([_tool("systemctl"), "--no-pager", "status", UNIT.name], check=False).returncode  # noqa: S603


def _program() -> list[str]:
    """How to start this very program."""
    program = shutil.which("hawknest", path=str(Path(sys.executable).parent))
    return [program] if program else [sys.executable, "-m", "hawknest"]


def _quoted(path: Path | str) -> str:
    """A word as a unit file spells it: specifiers doubled, and quotes where it has spaces."""
    text = str(path).replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if any(c.isspace() for c in text) else text


def _need_systemd() -> None:
    if os.geteuid() != 0:
        raise Trouble("this changes the system: run it as root")
    if not Path("/run/systemd/system").is_dir():
        raise Trouble("this system does not run systemd; start `hawknest serve` by other means")


def _make_user(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        nobody = shutil.which("nologin", path="/usr/sbin:/sbin") or "/bin/false"
        words = [_tool("useradd"), "--system", "--user-group", "--no-create-home", "--shell", nobody, user]
        _run(words, f"cannot make the system user {user}")


def _check_reach(directory: Path, user: str) -> None:
    """See that the system user can come to the data and run the program. Raises Trouble."""
    for hidden in HIDDEN:
        if directory.is_relative_to(hidden):
            raise Trouble(
                f"the service has its own {hidden} and would not see {directory}; move the data, to /var/lib/hawknest say"
            )
    for parent in reversed(directory.parents):
        if not _may(user, "/usr/bin/test", "-x", str(parent)):
            raise Trouble(
                f"the system user {user} may not enter {parent}, and so not come to {directory}; "
                f"move the data, to /var/lib/hawknest say"
            )
    if not _may(user, *_program(), "version"):
        raise Trouble(
            f"the system user {user} may not run the program where it lies, in {Path(sys.prefix)}; install it where everybody "
            f"may read it: python3 -m venv /opt/hawknest && /opt/hawknest/bin/pip install ."
        )


def _check_files(settings: config.Config, user: str) -> None:
    """See that the system user can read the files that the configuration names elsewhere. Raises Trouble."""
    tls, routes = settings.certificate(), settings.contents.route
    named = [
        tls.certificate,
        tls.key,
        *(settings.directory / r.password_file for r in routes if r.password_file),
    ]
    for path in named:
        if path is None or path.is_relative_to(settings.directory):
            continue  # what lies with the data is handed over
        if not _may(user, "/usr/bin/test", "-r", str(path)):
            raise Trouble(
                f"the system user {user} may not read {path}, which hawknest.toml names: let it, or keep a copy in {settings.directory}"
            )


def _may(user: str, *words: str) -> bool:
    """Whether a command goes well when that user runs it with nothing of our environment."""
    entry = pwd.getpwnam(user)
    try:
        done = subprocess.run(  # noqa: S603 (our own words)
            words,
            user=entry.pw_uid,
            group=entry.pw_gid,
            extra_groups=[],
            env={},
            cwd="/",
            check=False,
            capture_output=True,
        )
    except OSError:
        return False
    return done.returncode == 0


def _start() -> None:
    """Start the server, also one that runs under an older unit. Raises Trouble with the server's own last words."""
    try:
        _systemctl("restart", UNIT.name)
    except Trouble as trouble:
        words = [_tool("journalctl"), "--unit", UNIT.name, "--lines", "20", "--output", "cat", "--no-pager"]
        said = subprocess.run(words, check=False, capture_output=True, text=True).stdout  # noqa: S603
        reasons = [line.removeprefix(_OURS) for line in said.splitlines() if line.startswith(_OURS)]
        raise Trouble(
            f"the service is installed, but the server does not start: {reasons[-1]}"
            if reasons
            else str(trouble)
        ) from None


def _hand_over(directory: Path, user: str) -> None:
    """Make a user the owner of everything in a directory."""
    owner = pwd.getpwnam(user)
    group = grp.getgrgid(owner.pw_gid).gr_gid
    for path in [directory, *directory.rglob("*")]:
        os.chown(path, owner.pw_uid, group, follow_symlinks=False)


def _systemctl(*words: str) -> None:
    _run([_tool("systemctl"), *words], f"systemctl {words[0]} failed")


def _run(words: list[str], trouble: str) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603 (fixed programs, no shell)
    if done.returncode:
        raise Trouble(f"{trouble}: {done.stderr.strip() or done.stdout.strip()}")


def _tool(name: str) -> str:
    path = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if path is None:
        raise Trouble(f"{name} is not on this system")
    return path
