"""From nothing to green in the laboratory: the coach says what to enter, the test enters it by RFC 2136, and line by line turns.

Real name servers, a real validating resolver, a real server, and an echo that answers real letters with what it thinks of them.
"""

import asyncio
import contextlib
import http.server
import json
import os
import re
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from hawknest import store
from hawknest.accounts import dkim_keys, vault
from hawknest.mail.header import Header
from lab.laboratory import Lab
from lab.ports import free_port
from smtpsink import Script, serve
from whole.serving import ROOT, Server

pytestmark = pytest.mark.peer

DOMAIN, HOST = "example.org", "mx.example.org"
FAR = "127.0.0.3"  # where the other servers of this world are
#: What needs port 443, or an authority for certificates, which this nest has not.
BEYOND = {"autoconfig", "mta-sts", "caa"}


class _Clock(http.server.BaseHTTPRequestHandler):
    """Says nothing but what time it is."""

    def do_HEAD(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def clock() -> Iterator[str]:
    """A web server that tells the time; gives its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Clock)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def echo(port: int, back: dict[str, Any], domain: str = DOMAIN) -> Iterator[None]:
    """A mail server that answers each letter; `back` has the port to answer at."""
    began, done = threading.Event(), threading.Event()

    async def main() -> None:
        async with serve(Script(), port=port, address=FAR) as sink:
            began.set()
            answered = 0
            while not done.is_set():
                await asyncio.sleep(0.05)
                for letter in sink.letters[answered:]:
                    answered += 1
                    await asyncio.to_thread(_answer, letter.data, back["port"], domain)

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    assert began.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join(10)


def _answer(letter: bytes, port: int, domain: str) -> None:
    message_id = (Header.of(letter).first("Message-ID") or b"").decode().strip()
    text = (
        f"From: echo@echo.test\r\nTo: postmaster@{domain}\r\nSubject: Re: your letter\r\nIn-Reply-To: {message_id}\r\n\r\n"
        "You said so. Authentication-Results: echo.test; spf=pass; dkim=pass; dmarc=pass\r\n"
    )
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as smtp:
        smtp.sendmail("echo@echo.test", [f"postmaster@{domain}"], text.encode())


@pytest.fixture
def world(lab: Lab, tmp_path: Path) -> Iterator[tuple[Lab, Server, dict[str, str], Path]]:
    """A nest whose domain has an empty zone, and the other servers of its world."""
    for zone in (DOMAIN, "echo.test", "bl.test"):
        lab.zone(zone)
    lab.remove("1.0.0.127.in-addr.arpa", "PTR")
    port = free_port(FAR)
    lab.add("echo.test", "MX", "10 mx.echo.test.")
    lab.add("mx.echo.test", "A", FAR)
    lab.add("2.0.0.127.bl.test", "A", "127.0.0.2")
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    directory = tmp_path / "nest"
    with clock() as time_url:
        directory.mkdir()
        certificate.cert_chain_pems[0].write_to_path(directory / "own.pem")
        certificate.private_key_pem.write_to_path(directory / "own.key")
        roots = tmp_path / "roots.pem"
        authority.cert_pem.write_to_path(roots)
        nest = lab.nest(directory, outbound_port=port)
        file = directory / "hawknest.toml"
        text = file.read_text().replace('#certificate = ""', 'certificate = "own.pem"')
        text = text.replace('#key = ""', 'key = "own.key"', 1).replace(
            "#port = 53", f"port = {lab.server[1]}"
        )
        for key, value in (
            ("greeters", '["echo.test"]'),
            ("blocklists", '["bl.test"]'),
            ("time", f'"{time_url}"'),
        ):
            text = re.sub(rf'(?m)^#{key} = (?:\[\]|"")$', f"{key} = {value}", text)
        file.write_text(text)
        _keys(directory)
        nest.start()
        back = {"port": nest.ports["smtp"]}
        try:
            with echo(port, back):
                yield lab, nest, {"SSL_CERT_FILE": str(roots)}, tmp_path
        finally:
            nest.stop()


def _keys(directory: Path) -> None:
    """The keys that the domain signs with."""
    connection = store.prepare(store.Settings(), directory, lambda _: None).connect()
    connection.begin()
    if not dkim_keys.published(connection, DOMAIN):
        dkim_keys.complete(connection, vault.at(directory), DOMAIN, dkim_keys.make(), time.time())
    connection.commit()
    connection.close()


def lines(nest: Server, env: dict[str, str], code: int | None = None, domain: str = DOMAIN) -> dict[str, Any]:
    """How the lines stand."""
    said = nest.hawknest("coach", domain, "--once", "--json", env=env, code=1 if code is None else code)
    return {one["id"]: one for one in json.loads(said)["lines"]}


def enter(lab: Lab, entry: dict[str, str]) -> None:
    """Enter a record as the owner would, who knows the address of the machine."""
    value = entry["value"].replace("{public IPv4 address}", "127.0.0.1")
    if "{" not in value:
        lab.set(entry["name"], entry["type"], value)


class Watching:
    """`hawknest coach` without a terminal, in a process of its own: tells each line that turns."""

    def __init__(self, nest: Server, env: dict[str, str], *more: str, domain: str = DOMAIN) -> None:
        self.said: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hawknest", "coach", domain, *more],
            env=os.environ
            | {
                "PYTHONPATH": str(ROOT / "src"),
                "HAWKNEST_DATA": str(nest.directory),
                "LANG": "C.UTF-8",
                "PYTHONUNBUFFERED": "1",
            }
            | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip())

    def awaits(self, words: str, within: float) -> None:
        """Wait until a line with these words is said."""
        end = time.monotonic() + within
        while not any(words in line for line in self.said):
            assert time.monotonic() < end, f"{words!r} was not said:\n" + "\n".join(self.said)
            time.sleep(0.05)

    def awaits_line(self, mark: str, title: str, after: int, within: float) -> None:
        """Wait until a line that has turned is told."""
        end = time.monotonic() + within
        while not any(line.startswith(mark) and title in line for line in self.said[after:]):
            assert time.monotonic() < end, f"{title} did not turn:\n" + "\n".join(self.said[after:])
            time.sleep(0.05)

    def end(self, within: float = 60) -> int:
        return self._process.wait(within)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()


def test_from_nothing_to_green(world: tuple[Lab, Server, dict[str, str], Path]) -> None:
    lab, nest, env, _ = world
    began = time.monotonic()
    found = lines(nest, env)
    assert {key for key, one in found.items() if one["state"] == "red"} >= {
        "host",
        "mx",
        "spf",
        "dkim",
        "dmarc",
    }
    assert found["certificate"]["state"] == found["outbound"]["state"] == found["dnssec"]["state"] == "green"
    found["reverse"]["enter"] = [{"name": "1.0.0.127.in-addr.arpa", "type": "PTR", "value": f"{HOST}."}]
    watching = Watching(nest, env, "--echo", "echo@echo.test")
    try:
        watching.awaits("Not ready yet", 60)
        told = len(watching.said)
        # what is needed comes last, for then the coach sends its letter and ends
        for key in ("host", "srv", "tlsrpt", "tlsa", "reverse", "mx", "spf", "dkim", "dmarc"):
            for entry in found[key]["enter"]:
                enter(lab, entry)
            watching.awaits_line("✓ ", found[key]["title"], told, within=15)
        assert watching.end(90) == 0, "\n".join(watching.said[told:])
    finally:
        watching.kill()
    said = "\n".join(watching.said[told:])
    assert "spf=pass, dkim=pass, dmarc=pass" in said
    assert f"believe {DOMAIN}" in said
    found = lines(nest, env, code=0)
    assert {key for key, one in found.items() if one["state"] != "green"} <= BEYOND, found
    print(f"from nothing to green in {time.monotonic() - began:.1f} seconds")
    _breaks(lab, nest, env)


def _breaks(lab: Lab, nest: Server, env: dict[str, str]) -> None:
    """What breaks later is seen."""
    lab.set(f"_25._tcp.{HOST}", "TLSA", "3 1 1 " + "ab" * 32)
    lab.set(DOMAIN, "MX", "5 mx.echo.test.", f"10 {HOST}.")
    lab.set(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=none", "v=DMARC1; p=reject")
    found = lines(nest, env)
    assert {key: found[key]["finding"] for key in ("tlsa", "mx", "dmarc")} == {
        "tlsa": "tlsa-other",
        "mx": "mx-behind",
        "dmarc": "dmarc-many",
    }
