"""Pebble as the authority: Let's Encrypt's own small one for tests, on free ports of 127.0.0.1, with names of our own.

with Pebble(directory, {"mx.example.org A": "127.0.0.1"}) as pebble:
    pebble.url, pebble.root   # its directory, and who vouches for its own certificate
    pebble.http, pebble.tls   # the ports that it comes to
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import trustme

from dnsserver import DnsServer, Records

needs_pebble = pytest.mark.skipif(
    shutil.which("pebble") is None, reason="pebble, the authority for tests, is not installed"
)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Pebble:
    """The authority; it runs while the `with` block does."""

    KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"

    def __init__(
        self,
        directory: Path,
        names: Records,
        *,
        nonces: int = 0,
        eab: bool = False,
        resolver: tuple[str, int] | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.dns = DnsServer(names)
        self.port, self.management, self.http, self.tls = (free_port() for _ in range(4))
        self.root = directory / "authority-root.pem"
        self._nonces = nonces
        self._resolver = resolver  # whom it asks for names; None: its own, with the names given
        own = trustme.CA()
        made = own.issue_cert("127.0.0.1", "localhost")
        own.cert_pem.write_to_path(self.root)
        made.private_key_pem.write_to_path(directory / "wfe.key")
        for blob in made.cert_chain_pems:
            blob.write_to_path(directory / "wfe.pem", append=True)
        config: dict[str, object] = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(directory / "wfe.pem"),
            "privateKey": str(directory / "wfe.key"),
            "httpPort": self.http,
            "tlsPort": self.tls,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": eab,
            "externalAccountMACKeys": {
                "kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
            },
            "domainBlocklist": ["blocked.example.com"],
        }
        (directory / "pebble.json").write_text(json.dumps({"pebble": config}))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/dir"

    def issuer(self) -> str:
        """Who vouches for the certificates that it gives, in PEM."""
        context = ssl.create_default_context(cafile=str(self.root))
        with urllib.request.urlopen(
            f"https://127.0.0.1:{self.management}/roots/0", context=context, timeout=5
        ) as answer:
            return answer.read().decode()

    def __enter__(self) -> Self:
        self.dns.start()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.dns.stop()

    def start(self) -> None:
        address = "{}:{}".format(*(self._resolver or self.dns.endpoint))
        with (self.directory / "pebble.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["pebble", "-config", str(self.directory / "pebble.json"), "-dnsserver", address],
                env=os.environ
                | {
                    "PEBBLE_VA_NOSLEEP": "1",
                    "PEBBLE_WFE_NONCEREJECT": str(self._nonces),
                    "PEBBLE_AUTHZREUSE": "0",
                },
                stdout=log,
                stderr=log,
            )
        context = ssl.create_default_context(cafile=str(self.root))
        end = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(self.url, context=context, timeout=2).close()
                return
            except OSError:
                assert self.process.poll() is None, (self.directory / "pebble.log").read_text()[-2000:]
                assert time.monotonic() < end
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def said(self) -> str:
        return (self.directory / "pebble.log").read_text(errors="replace")
