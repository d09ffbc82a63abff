"""The servers that the benchmark starts, measures and stops, all on loopback ports of their own.

Each is an object with `name`, `smtp` (port), `pop3` and `imap` (port or None), `relays` (whether it is measured at that),
`target` (how procstat finds its processes), `wait` (smtpload.py's arguments for waiting until the letters can be read) and
`start`, `wipe`, `stop`.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from hawknest import store
from hawknest.accounts import domains, exempt, settings, users
from hawknest.accounts.passwords import secrets_of
from hawknest.accounts.users import User
from hawknest.config import Profile, profile, render

USERS = 100
SINK = 13925  # where letters for other domains go
CGROUPS = Path("/sys/fs/cgroup/cpuacct")


class Hawknest:
    """Hawknest from this checkout, with the profile `local` and its own ports."""

    name = "hawknest"
    smtp, pop3, imap = 13525, 13110, 13143
    relays = True
    wait: tuple[str, ...] = ()  # 250 is said when the letter is in the mailbox

    def __init__(self, directory: Path, database: str = "", workers: int = 1) -> None:
        self.directory = directory / "hawknest"
        self.database = database
        self.workers = workers
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def target(self) -> str:
        assert self.process is not None
        return f"pid:{self.process.pid}"

    def start(self) -> None:
        if not self.directory.exists():
            self._make()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hawknest", "serve", "--data", str(self.directory)],
            stderr=(self.directory / "stderr.log").open("ab"),
        )
        wait_for_port(self.smtp)

    def _make(self) -> None:
        self.directory.mkdir(parents=True)
        text = render(profile(Profile.LOCAL, "mx.bench.local", ipv6=False))
        for port, ours in ((2525, self.smtp), (2110, self.pop3), (2143, self.imap)):
            text = text.replace(f"port = {port}", f"port = {ours}")
        for port in (2587, 2465, 2993, 2995):
            text = text.replace(f"port = {port}", "port = 0")
        text = text.replace("#workers = 1", f"workers = {self.workers}")
        text = text.replace("#connections_per_peer = 200", "connections_per_peer = 0")
        text += f'\n[[route]]\nmatch = "*"\nhost = "127.0.0.1"\nport = {SINK}\ntls = "none"\n'
        (self.directory / "hawknest.toml").write_text(text)
        now, secret = time.time(), secrets_of("x")
        connection = store.prepare(store.Settings(self.database), self.directory, lambda _: None).connect()
        connection.begin()
        domains.add(connection, "bench.local", now)
        exempt.add(connection, "127.0.0.1")
        settings.set_policy(connection, "message_size_limit", "0")  # as at the peers
        settings.set_policy(
            connection, "sender_policy", "off"
        )  # so, too: they relay for this machine whoever writes
        for number in range(USERS):
            users.add(connection, User(address=f"user{number}@bench.local"), secret, now)
        connection.commit()
        connection.close()

    def wipe(self) -> None:
        """Begin with empty mailboxes."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.start()

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.process = None


class PostfixDovecot:
    """Debian's Postfix handing to Dovecot by LMTP: the usual pair."""

    name = "postfix+dovecot-lmtp"
    smtp, pop3, imap = 12525, 11110, 11143
    relays = False  # it is Postfix all the same
    target = "cg:bench-pd"
    wait = ("--wait-imap", "127.0.0.1:11143", "--imap-user", "user%d@bench.local", "--imap-pass", "x")

    def __init__(self, directory: Path, bench: Path) -> None:
        self.directory = directory / "postfix-dovecot"
        self.script = bench / "peers" / "postfix_dovecot.sh"
        self.running = False

    def _run(self, word: str) -> None:
        quiet(["bash", str(self.script), word, str(self.directory)])

    def start(self) -> None:
        self._run("start")
        self.running = True
        wait_for_port(self.smtp)

    def wipe(self) -> None:
        self.stop()
        if not self.directory.exists():
            self._run("setup")
        self._run("wipe")
        self.start()

    def stop(self) -> None:
        if self.running:
            self._run("stop")
            self.running = False


class PostfixMaildir:
    """Postfix delivering to maildirs by itself: the strongest peer."""

    name = "postfix-virtual"
    smtp, pop3, imap = 12625, None, None
    relays = True
    target = "cg:bench-pv"

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "postfix-maildir"
        self.running = False

    @property
    def wait(self) -> tuple[str, ...]:
        return ("--wait-maildir", f"{self.directory}/mail/user%d/new")

    def _setup(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            subprocess.run(
                ["useradd", "-r", "-u", "5000", "-U", "-s", "/usr/sbin/nologin", "vmail"],
                check=True,
                capture_output=True,
            )
        for name in ("pf", "spool", "data", "mail", "log"):
            (self.directory / name).mkdir(parents=True)
        self.directory.chmod(0o755)
        shutil.chown(self.directory / "mail", "vmail", "vmail")
        shutil.chown(self.directory / "data", "postfix")
        lines = Path("/etc/postfix/master.cf.proto").read_text().splitlines()
        master = []
        for line in lines:
            fields = line.split()
            service = line[:1].isalpha() and len(fields) > 7
            if service:
                fields[4] = "n"  # no chroot
                if fields[:2] == ["smtp", "inet"]:
                    fields[0] = f"127.0.0.1:{self.smtp}"
            master.append(" ".join(fields) if service else line)
        (self.directory / "pf" / "master.cf").write_text("\n".join(master) + "\n")
        for name in ("postfix-files", "dynamicmaps.cf"):
            with contextlib.suppress(OSError):
                shutil.copy(f"/etc/postfix/{name}", self.directory / "pf")
        rows = [f"user{number}@bench.local user{number}/" for number in range(USERS)]
        (self.directory / "pf" / "mailboxes").write_text("\n".join(rows) + "\n")
        (self.directory / "pf" / "main.cf").write_text(
            f"""compatibility_level = 3.6
queue_directory = {self.directory}/spool
data_directory = {self.directory}/data
myhostname = mx.bench.local
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = bench.local
virtual_mailbox_base = {self.directory}/mail
virtual_mailbox_maps = texthash:{self.directory}/pf/mailboxes
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_transport = virtual
relayhost = [127.0.0.1]:{SINK}
local_recipient_maps =
alias_maps =
alias_database =
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
message_size_limit = 0
mailbox_size_limit = 0
virtual_mailbox_limit = 0
maillog_file = {self.directory}/log/postfix.log
maillog_file_prefixes = {self.directory}
"""
        )

    def _postfix(self, word: str) -> None:
        group = CGROUPS / "bench-pv"
        command = (
            f"mkdir -p {group}; echo $$ > {group}/cgroup.procs; exec postfix -c {self.directory}/pf {word}"
        )
        quiet(["bash", "-c", command])

    def start(self) -> None:
        self._postfix("start")
        self.running = True
        wait_for_port(self.smtp)

    def wipe(self) -> None:
        self.stop()
        if not self.directory.exists():
            self._setup()
        shutil.rmtree(self.directory / "mail", ignore_errors=True)
        (self.directory / "mail").mkdir()
        shutil.chown(self.directory / "mail", "vmail", "vmail")
        for number in range(USERS):  # smtpload counts what is there before it begins
            for sub in ("new", "cur", "tmp"):
                path = self.directory / "mail" / f"user{number}" / sub
                path.mkdir(parents=True)
        subprocess.run(["chown", "-R", "vmail:vmail", str(self.directory / "mail")], check=True)
        self.start()

    def stop(self) -> None:
        if self.running:
            self._postfix("stop")
            self.running = False


def quiet(command: list[str]) -> None:
    """Run a command; daemons that it leaves behind must not hold a pipe of ours."""
    subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_for_port(port: int, seconds: float = 20.0) -> None:
    """Wait until somebody listens on a loopback port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


def available() -> list[str]:
    """Say what is missing for the peers; an empty list: nothing."""
    wanted: dict[str, Any] = {"postfix": "/usr/sbin/postfix", "dovecot-lmtpd": "/usr/lib/dovecot/lmtp"}
    missing = [package for package, file in wanted.items() if not Path(file).exists()]
    if os.geteuid() != 0:
        missing.append("root (Postfix and Dovecot start as root)")
    if not CGROUPS.exists():
        missing.append(f"{CGROUPS} (their CPU is counted there)")
    return missing
