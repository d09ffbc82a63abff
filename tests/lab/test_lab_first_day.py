"""From an empty directory to a domain that others believe, by the four commands of the README, in a world where everything is real.

Only what a laboratory has differently is put into the file by hand: whom to ask for names, and on which ports the others are.
"""

import re
import subprocess
import time
from pathlib import Path

import pytest

from interop.pebble import Pebble, needs_pebble
from lab.laboratory import Lab
from lab.ports import free_port
from lab.test_lab_coach import FAR, Watching, clock, echo, lines
from whole.serving import Server

pytestmark = [pytest.mark.peer, pytest.mark.slow, needs_pebble]

DOMAIN, HOST = "live.test", "mail.live.test"


def laid_out(directory: Path, lab: Lab, pebble: Pebble, port: int, time_url: str) -> None:
    """Put what only a laboratory needs into the file that `init` has made."""
    file = directory / "hawknest.toml"
    text = re.sub(r"(?m)^port = \d+", "port = 0", file.read_text())
    for service, at in (("http", pebble.http), ("https", pebble.tls)):
        text = re.sub(rf'(service = "{service}"\naddress = "127.0.0.1"\nport = )0', rf"\g<1>{at}", text)
    address, at = lab.resolver
    for old, new in (
        ("#resolvers = []", f'resolvers = ["{address}:{at}"]'),
        ("#port = 25\n", f"port = {port}\n"),
        ("#port = 53\n", f"port = {lab.server[1]}\n"),
        ("#port = 80\n", f"port = {pebble.http}\n"),
        ('#root = ""', f'root = "{pebble.root}"'),
        ("#greeters = []", 'greeters = ["echo.test"]'),
        ("#blocklists = []", 'blocklists = ["bl.test"]'),
        ('#time = ""', f'time = "{time_url}"'),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text)


def world(lab: Lab, port: int) -> None:
    """The domain as it was bought, the name that the provider gave the address, and somebody to write to."""
    for zone in (DOMAIN, "echo.test", "bl.test"):
        lab.zone(zone)
    lab.reverse("127.0.0.1", HOST)
    lab.add("echo.test", "MX", "10 mx.echo.test.")
    lab.add("mx.echo.test", "A", FAR)
    lab.add("2.0.0.127.bl.test", "A", "127.0.0.2")


def test_the_first_day(lab: Lab, tmp_path: Path) -> None:
    port = free_port(FAR)
    world(lab, port)
    directory = tmp_path / "nest"
    nest = Server.__new__(Server)
    nest.directory, nest.process, nest.ports = directory, None, {}
    back: dict[str, int] = {}
    with Pebble(tmp_path / "pebble", {}, resolver=lab.resolver) as pebble, clock() as time_url:
        began, commands = time.monotonic(), 0

        def command(*words: str, stdin: bytes = b"") -> str:
            nonlocal commands
            commands += 1
            return nest.hawknest(*words, stdin=stdin)

        command(
            "init", "--hostname", HOST, "--domain", DOMAIN, "--admin", f"mia@{DOMAIN}",
            "--profile", "local", "--certificates-of", pebble.url,
        )  # fmt: skip
        laid_out(directory, lab, pebble, port, time_url)
        nest.hawknest(
            "address", "set", "127.0.0.1"
        )  # which no machine would take for an address on the Internet
        commands += 1  # serve, or service install
        nest.start()
        try:
            back["port"] = nest.ports["smtp"]
            with echo(port, back, DOMAIN):
                server = f"{lab.server[0]}:{lab.server[1]}"
                command(
                    "domain", "publish", DOMAIN, "--server", server, "--key", lab.key.name,
                    "--algorithm", lab.key.algorithm, "--secret-stdin",
                    stdin=lab.key.secret.encode(),
                )  # fmt: skip
                roots = tmp_path / "roots.pem"
                roots.write_text(pebble.issuer())
                env = {"SSL_CERT_FILE": str(roots)}
                commands += 1
                coach = Watching(nest, env, "--echo", "echo@echo.test", domain=DOMAIN)
                try:
                    code = coach.end(85)
                except subprocess.TimeoutExpired:
                    code = -1
                finally:
                    coach.kill()
                seconds = time.monotonic() - began
                assert code == 0, "\n".join(coach.said)
                said = "\n".join(coach.said)
                assert "spf=pass, dkim=pass, dmarc=pass" in said
                found = lines(nest, env, code=0, domain=DOMAIN)
        finally:
            nest.stop()
    print({key: one["state"] for key, one in found.items()})
    print(f"{commands} commands, {seconds:.0f} seconds")
    assert commands == 4
    assert {key for key, one in found.items() if one["state"] != "green"} <= {"autoconfig", "mta-sts", "caa"}
    assert found["certificate"]["state"] == "green"
