"""A Dovecot as of old: Maildir, names below `INBOX.` with dots between, mailboxes with German names; import reads it, export fills it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import pytest

from interop.postfix import free_port
from interop.programs import need, run

PASSWORD = "sesame street 9"


class OldDovecot:
    """IMAP on the port `imap` (STARTTLS) and `imaps`; `mechanisms` are those of SASL, `capabilities` are left out."""

    def __init__(self, *, mechanisms: str = "plain login scram-sha-256", capability: str = "") -> None:
        need("dovecot")
        if os.geteuid() != 0:
            pytest.skip("Dovecot starts as root only")
        # Not below pytest's directory, which only root may enter: Dovecot's processes are somebody else.
        directory = Path(tempfile.mkdtemp(prefix="hawknest-dovecot-"))
        directory.chmod(0o755)
        self.directory, self.imap, self.imaps = directory, free_port(), free_port()
        self.mail = directory / "mail"
        self.mail.mkdir()
        shutil.chown(self.mail, "mail", "mail")
        (directory / "users").write_text(f"mia:{PASSWORD}\ntom:{PASSWORD}\n")
        run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
            + ["-keyout", f"{directory}/key.pem", "-out", f"{directory}/cert.pem"]
        )
        (directory / "dovecot.conf").write_text(
            f"""base_dir = {directory}/run
state_dir = {directory}/state
instance_name = {directory.name}
log_path = {directory}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{directory}/cert.pem
ssl_key = <{directory}/key.pem
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
{f"imap_capability = {capability}" if capability else ""}
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
default_vsz_limit = 1G
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {directory}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={self.mail}/%u
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {self.imap}
  }}
  inet_listener imaps {{
    port = {self.imaps}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  prefix = INBOX.
  separator = .
  mailbox Gesendet {{
    auto = subscribe
    special_use = \\Sent
  }}
}}
"""
        )

    def __enter__(self) -> Self:
        subprocess.run(
            ["dovecot", "-c", f"{self.directory}/dovecot.conf"],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + 15
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.imaps), timeout=1):
                return self
            time.sleep(0.05)
        raise AssertionError("Dovecot does not start: " + self.log())

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, ValueError):  # its children go when it goes
            os.kill(int((self.directory / "run" / "master.pid").read_text()), signal.SIGTERM)
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self) -> str:
        path = self.directory / "dovecot.log"
        return path.read_text()[-4000:] if path.exists() else "(no log)"

    def own(self) -> None:
        """Give all mail to Dovecot."""
        run(["chown", "-R", "mail:mail", self.mail])
