"""Certificates proved by records in the DNS: pebble as the authority, a real signed zone that the server may change."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.pebble import Pebble, needs_pebble
from lab.laboratory import KEY_NAME, Lab
from whole.serving import Server

pytestmark = [pytest.mark.peer, needs_pebble]
D = "certified.test"


@pytest.fixture
def pebble(lab: Lab, tmp_path: Path) -> Iterator[Pebble]:
    with Pebble(tmp_path / "pebble", {}, resolver=lab.resolver) as found:
        yield found


@pytest.fixture
def server(lab: Lab, pebble: Pebble, tmp_path: Path) -> Iterator[Server]:
    lab.zone(D)
    lab.add(f"mx.{D}", "A", "127.0.0.1")
    lab.add(f"mail.{D}", "A", "127.0.0.1")
    found = lab.nest(tmp_path / "nest")
    file = found.directory / "hawknest.toml"
    text = file.read_text().replace('#root = ""', f'root = "{pebble.root}"')
    file.write_text(re.sub(r'hostname = "[^"]*"', f'hostname = "mx.{D}"', text))
    found.hawknest("domain", "add", D)
    found.start()
    yield found
    assert found.stop() == 0


def on(server: Server, pebble: Pebble, code: int = 0) -> dict[str, dict[str, object]]:
    words = ("certificate", "on", pebble.url, "--agree", "--challenge", "dns-01", "--json")
    said = server.hawknest(*words, code=code)
    found = json.JSONDecoder().raw_decode(said[said.index("{") :])[0]
    return {one["subject"]: one for one in found["certificates"]}


def test_proved_by_records(lab: Lab, pebble: Pebble, server: Server) -> None:
    found = on(server, pebble, code=1)  # nobody has said yet that the zone may be changed
    assert {str(one["problem"]["kind"]) for one in found.values()} == {"no-zone"}  # type: ignore[index]
    address, port = lab.server
    server.hawknest(
        "domain", "publish", D, "--server", f"{address}:{port}", "--key", KEY_NAME, "--secret-stdin",
        stdin=lab.key.secret.encode() + b"\n",
    )  # fmt: skip
    server.hawknest("certificate", "renew")
    found = json.loads(server.hawknest("certificate", "show", "--json"))["certificates"]
    by = {one["subject"]: one for one in found}
    assert by[f"mx.{D}"]["names"] == [f"mx.{D}"]
    assert f"mail.{D}" in by[D]["names"]
    assert lab.records(f"_acme-challenge.mx.{D}", "TXT") == []  # taken out again
