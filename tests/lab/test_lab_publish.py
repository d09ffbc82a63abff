"""A domain's records entered into a real zone by the command and by the running server, and taken out again."""

import json
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from hawknest import store
from hawknest.accounts import dkim_keys, domains, vault
from lab.laboratory import KEY_NAME, Lab
from whole.serving import Server

pytestmark = pytest.mark.peer
D = "example.org"


@pytest.fixture
def server(lab: Lab, tmp_path: Path) -> Generator[Server]:
    lab.zone(D)
    found = lab.nest(tmp_path / "nest")
    yield found
    if found.process is not None:
        found.stop()


def publish(server: Server, lab: Lab, *more: str, code: int = 0) -> str:
    address, port = lab.server
    words = ("--server", f"{address}:{port}", "--key", KEY_NAME, "--secret-stdin")
    return server.hawknest(
        "domain", "publish", D, *words, *more, stdin=lab.key.secret.encode() + b"\n", code=code
    )


def eventually(look: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end
        time.sleep(0.1)


def changed(server: Server, job: Callable[[store.Connection], object]) -> None:
    connection = store.database(store.Settings(), server.directory).connect()
    connection.begin()
    job(connection)
    connection.commit()
    connection.close()


def test_the_whole_life_of_published_records(lab: Lab, server: Server) -> None:
    lab.add(D, "TXT", "somebody-verification=1")
    said = publish(server, lab, "--dry-run")
    assert "to enter     example.org MX 10 mx.example.org." in said
    assert lab.records(D, "MX") == []
    said = publish(server, lab)
    assert "entered    example.org MX 10 mx.example.org." in said
    assert "kept in step" in said
    assert lab.records(D, "MX") == ["10 mx.example.org."]
    assert set(lab.records(D, "TXT")) == {'"somebody-verification=1"', '"v=spf1 mx -all"'}
    assert lab.records(f"_dmarc.{D}", "TXT")
    assert "says all that it should" in server.hawknest("domain", "publish", D)
    assert lab.key.secret not in (server.directory / "hawknest.sqlite").read_bytes().decode("latin-1")

    # the running server keeps it in step: a key comes, and goes
    server.start()
    tlsa = lab.records("_25._tcp.mx.example.org", "TLSA")
    place = vault.at(server.directory)

    pair = dkim_keys.make()
    before = {r["name"] for r in json.loads(server.hawknest("domain", "records", D, "--json"))}
    if not any("_domainkey" in name for name in before):
        changed(server, lambda c: dkim_keys.complete(c, place, D, pair, time.time()))
    after = json.loads(server.hawknest("domain", "records", D, "--json"))
    keys = [r["name"] for r in after if r["why"] == "dkim"]
    assert len(keys) == 2
    eventually(lambda: all(lab.records(name, "TXT") for name in keys))
    eventually(lambda: lab.records("_25._tcp.mx.example.org", "TLSA") != [])
    assert tlsa in ([], lab.records("_25._tcp.mx.example.org", "TLSA"))

    # what somebody took out comes back, and what somebody entered stays
    lab.add(f"_dmarc.{D}", "A", "127.0.0.9")
    lab.remove(D, "MX")
    assert "entered    example.org MX" in server.hawknest("domain", "publish", D)
    said = server.hawknest("domain", "publish", D, "--off")
    assert "taken out  example.org MX" in said
    assert lab.records(D, "MX") == []
    assert lab.records(D, "TXT") == ['"somebody-verification=1"']
    assert lab.records(f"_dmarc.{D}", "A") == ["127.0.0.9"]
    assert all(lab.records(name, "TXT") == [] for name in keys)
    server.hawknest("domain", "publish", D, code=1)


def test_what_others_entered_is_in_the_way(lab: Lab, server: Server) -> None:
    lab.add(D, "MX", "10 old.example.org.")
    lab.add(D, "TXT", "v=spf1 ip4:192.0.2.1 -all")
    lab.add(f"_dmarc.{D}", "TXT", "v=DMARC1; p=reject")
    said = publish(server, lab, code=1)
    assert "! not entered: example.org MX 10 mx.example.org." in said
    assert "! not entered: example.org TXT v=spf1 mx -all" in said
    assert "- not entered: _dmarc.example.org TXT" in said
    assert lab.records(D, "MX") == ["10 old.example.org."]
    told = json.loads(server.hawknest("domain", "publish", D, "--json", code=1))
    assert {(c["name"], c["serious"]) for c in told["conflicts"]} == {
        (D, True),
        (f"_dmarc.{D}", False),
    }
    server.hawknest("domain", "publish", D, "--replace")
    assert lab.records(D, "MX") == ["10 mx.example.org."]
    assert lab.records(D, "TXT") == ['"v=spf1 mx -all"']


def test_a_zone_that_cannot_be_changed_is_not_remembered(lab: Lab, server: Server) -> None:
    address, port = lab.server
    words = ("domain", "publish", D, "--server", f"{address}:{port}", "--key", "other", "--secret-stdin")
    assert "does not know the key other" in server.hawknest(*words, stdin=b"c2VjcmV0\n", code=1)
    assert "which server keeps the zone" in server.hawknest("domain", "publish", D, code=1)
    assert "--secret-stdin" in server.hawknest(*words[:-1], code=1)
    assert "not in base64" in server.hawknest(*words, stdin=b"!\n", code=1)
    said = publish(server, lab, "--zone", "elsewhere.test", code=1)
    assert "does not speak for the zone" in said or "lie in" in said


def test_a_domain_that_is_gone_leaves_nothing_behind(lab: Lab, server: Server) -> None:
    lab.zone("gone.test")
    changed(server, lambda c: domains.add(c, "gone.test", time.time()))
    address, port = lab.server
    server.hawknest(
        *(
            "domain",
            "publish",
            "gone.test",
            "--server",
            f"{address}:{port}",
            "--key",
            KEY_NAME,
            "--secret-stdin",
        ),
        stdin=lab.key.secret.encode(),
    )
    assert lab.records("gone.test", "MX") == ["10 mx.example.org."]
    server.start()
    server.hawknest("domain", "remove", "gone.test")
    eventually(lambda: lab.records("gone.test", "MX") == [])
