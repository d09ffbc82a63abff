"""A Postfix of our own in a directory, on loopback ports: as the server that letters go to, and as the client that sends to us."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import pytest

from interop.programs import need


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Postfix:
    """`settings` are lines for main.cf; letters for example.com are put into a maildir, one user a folder."""

    def __init__(self, settings: str = "") -> None:
        need("postfix")
        if os.geteuid() != 0:
            pytest.skip("Postfix starts as root only")
        # Not below pytest's directory, which only root may enter: Postfix's daemons are somebody else.
        directory = Path(tempfile.mkdtemp(prefix="hawknest-postfix-"))
        directory.chmod(0o755)
        self.directory, self.port = directory, free_port()
        for name in ("etc", "spool", "data", "mail"):
            (directory / name).mkdir(parents=True)
        shutil.chown(directory / "data", "postfix")
        shutil.chown(directory / "mail", "nobody", "nogroup")
        self._certificate()
        rows = []
        for line in Path("/etc/postfix/master.cf.proto").read_text().splitlines():
            fields = line.split()
            service = line[:1].isalpha() and len(fields) > 7
            if service:
                fields[4] = "n"
                if fields[:2] == ["smtp", "inet"]:
                    fields[0] = f"127.0.0.1:{self.port}"
            rows.append(" ".join(fields) if service else line)
        (directory / "etc" / "master.cf").write_text("\n".join(rows) + "\n")
        for name in ("postfix-files", "dynamicmaps.cf"):
            with contextlib.suppress(OSError):
                shutil.copy(f"/etc/postfix/{name}", directory / "etc")
        (directory / "etc" / "main.cf").write_text(
            f"""compatibility_level = 3.6
queue_directory = {directory}/spool
data_directory = {directory}/data
myhostname = mail.example.com
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = example.com
virtual_mailbox_base = {directory}/mail
virtual_mailbox_maps = inline:{{ {{ ann@example.com = ann/ }} }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
local_recipient_maps =
alias_maps =
alias_database =
smtputf8_enable = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = {directory}/etc/cert.pem
smtpd_tls_key_file = {directory}/etc/key.pem
smtpd_tls_received_header = yes
smtp_tls_security_level = encrypt
maillog_file = {directory}/postfix.log
maillog_file_prefixes = /tmp
{settings}
"""
        )

    def _certificate(self) -> None:
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
            ]
            + [
                "-subj",
                "/CN=mail.example.com",
                "-keyout",
                f"{self.directory}/etc/key.pem",
                "-out",
                f"{self.directory}/etc/cert.pem",
            ],
            check=True,
            capture_output=True,
        )

    def _command(self, word: str) -> None:
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["postfix", "-c", str(self.directory / "etc"), word], check=False, **quiet)

    def __enter__(self) -> Self:
        self._command("start")
        end = time.monotonic() + 15
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            time.sleep(0.1)
        raise AssertionError("Postfix does not start: " + self.log())

    def __exit__(self, *_: object) -> None:
        self._command("stop")
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self) -> str:
        path = self.directory / "postfix.log"
        return path.read_text()[-4000:] if path.exists() else "(no log)"

    def letters(self, user: str = "ann", count: int = 1, seconds: float = 20) -> list[bytes]:
        """The letters of a user, as soon as there are so many."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = [path.read_bytes() for path in (self.directory / "mail" / user / "new").glob("*")]
            if len(found) >= count:
                return found
            time.sleep(0.1)
        raise AssertionError("the letters did not come: " + self.log())
