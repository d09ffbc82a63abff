"""A Dovecot of our own in a directory, on loopback ports: the control of the tests with IMAP clients, and the oracle beside us."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest

from interop.postfix import free_port
from interop.programs import need

NAMESPACE = r"""namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    auto = subscribe
    special_use = \Drafts
  }
  mailbox Sent {
    auto = subscribe
    special_use = \Sent
  }
  mailbox Trash {
    auto = subscribe
    special_use = \Trash
  }
  mailbox Junk {
    auto = subscribe
    special_use = \Junk
  }
  mailbox Archive {
    auto = subscribe
    special_use = \Archive
  }
}
"""


class Dovecot:
    """IMAP on the port `imap` (STARTTLS) and `imaps`, for some users with one password.

    The certificate is chain.pem with key.pem in a directory; `mechanisms` are those of SASL, `location` says how mail is kept,
    `namespace` how mailboxes are named, `more` are further settings.
    """

    def __init__(
        self,
        certificates: Path,
        users: Sequence[str],
        password: str,
        *,
        mechanisms: str = "plain login",
        location: str = "sdbox:~/mail",
        namespace: str = "",
        more: str = "mailbox_list_index = yes",
    ) -> None:
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
        namespace = namespace or NAMESPACE
        (directory / "users").write_text("".join(f"{user}:{password}\n" for user in users))
        (directory / "dovecot.conf").write_text(
            f"""base_dir = {directory}/run
state_dir = {directory}/state
instance_name = {directory.name}
log_path = {directory}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificates}/chain.pem
ssl_key = <{certificates}/key.pem
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
mail_location = {location}
{more}
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 50
mail_fsync = never
default_vsz_limit = 1G
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {directory}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={directory}/mail/%u
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
{namespace}"""
        )

    def __enter__(self) -> Self:
        words = ["dovecot", "-c", f"{self.directory}/dovecot.conf"]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
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
