"""Certificates by themselves, of pebble as the authority: a real server is given them, shows them, and renews them under load."""

import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interop.pebble import Pebble, needs_pebble
from whole.serving import Server

pytestmark = [pytest.mark.peer, needs_pebble]

HERE = "127.0.0.1"
NAMES = {
    "mx.example.org A": HERE,
    "mta-sts.example.org A": HERE,
    "autoconfig.example.org CNAME": "mx.example.org",
    "mail.example.org A": "127.0.0.9",  # leads elsewhere
}


class House:
    """A server, and the authority that it asks."""

    def __init__(self, directory: Path, pebble: Pebble, **more: Any) -> None:
        self.pebble = pebble
        self.server = Server(directory / "nest", **more)
        file = self.server.directory / "hawknest.toml"
        text = file.read_text()
        for old, new in (
            ('#root = ""', f'root = "{pebble.root}"'),
            ("#port = 80\n", f"port = {pebble.http}\n"),
            ("#resolvers = []", f'resolvers = ["{pebble.dns.endpoint[0]}:{pebble.dns.endpoint[1]}"]'),
        ):
            assert old in text, old
            text = text.replace(old, new)
        for service, port in (("http", pebble.http), ("https", pebble.tls)):
            text = re.sub(rf'(service = "{service}"\naddress = "127.0.0.1"\nport = )0', rf"\g<1>{port}", text)
        file.write_text(text)

    def on(self, *words: str, code: int = 0) -> dict[str, Any]:
        said = self.server.hawknest(
            "certificate", "on", self.pebble.url, "--agree", "--json", *words, code=code
        )
        return json.JSONDecoder().raw_decode(said[said.index("{") :])[0]

    def standing(self) -> dict[str, Any]:
        return json.loads(self.server.hawknest("certificate", "show", "--json"))

    def shown(self, name: str | None, service: str = "https") -> dict[str, Any]:
        """The certificate that a client is shown that asks for a name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cadata=self.pebble.issuer())
        raw = socket.create_connection((HERE, self.server.ports[service]), timeout=10)
        with context.wrap_socket(raw, server_hostname=name) as sock:
            found = sock.getpeercert()
            assert found is not None
            return dict(found)


def names_in(certificate: dict[str, Any]) -> set[str]:
    return {value for kind, value in certificate["subjectAltName"] if kind == "DNS"}


@pytest.fixture
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    with Pebble(tmp_path / "pebble", NAMES) as pebble:
        made = House(tmp_path, pebble, **getattr(request, "param", {}))
        made.server.start()
        yield made
        assert made.server.stop() == 0


@pytest.mark.parametrize(
    ("house", "challenge"),
    [({"workers": 1}, "auto"), ({"workers": 1}, "tls-alpn-01"), ({"workers": 2}, "http-01"), ({"workers": 2}, "tls-alpn-01")],
    indirect=["house"],
)
def test_given_and_shown(house: House, challenge: str) -> None:
    found = house.on("--challenge", challenge)
    assert {one["subject"]: one["state"] for one in found["certificates"]} == {
        "mx.example.org": "good",
        "example.org": "good",
    }
    time.sleep(0.5)  # the other worker has heard of it
    for service in ("https", "imaps", "submissions", "pop3s"):
        for _ in range(3):
            assert names_in(house.shown("mx.example.org", service)) == {"mx.example.org"}
            assert names_in(house.shown(None, service)) == {"mx.example.org"}
            assert names_in(house.shown("nobody.example", service)) == {"mx.example.org"}
            assert names_in(house.shown("mta-sts.example.org", service)) == {
                "mta-sts.example.org",
                "autoconfig.example.org",
            }


def test_renewed_under_load(house: House) -> None:
    """Sessions that are under way, and those that begin meanwhile, see nothing of a certificate's being renewed."""
    house.on()
    serials: set[str] = set()
    with Load(house) as load:
        for _ in range(3):
            house.server.hawknest("certificate", "renew")
            end = time.monotonic() + 5
            before = len(serials)
            while len(serials) == before:
                assert time.monotonic() < end
                serials.add(house.shown("mx.example.org")["serialNumber"])
    assert len(serials) == 3
    assert load.failures == []
    assert load.sessions > 30
    assert load.kept_alive  # and the connection that was there before all of it still answers


def test_the_key_stays_and_the_next_one_is_told_first(house: House) -> None:
    tlsa = house.on()["certificates"][0]["tlsa"]
    house.server.hawknest("certificate", "renew")
    renewed = house.standing()["certificates"][0]
    assert renewed["tlsa"] == tlsa
    assert tlsa == f"3 1 1 {pin(house)}"
    said = json.loads(house.server.hawknest("certificate", "renew", "--new-key", "--json"))
    told = {row["subject"]: row["tlsa"] for row in said}["mx.example.org"]
    assert told != tlsa
    house.server.hawknest("certificate", "renew")  # too early for the new key
    assert house.standing()["certificates"][0]["tlsa"] == tlsa
    change(house, "UPDATE certificate SET next_from = 1")
    house.server.hawknest("certificate", "renew")
    found = house.standing()["certificates"][0]
    assert (found["tlsa"], found["next_tlsa"]) == (told, "")


def test_a_key_that_cannot_be_opened(house: House) -> None:
    house.on()
    house.server.stop()
    change(house, "UPDATE certificate SET key = 'bm90IHNlYWxlZCBieSB1cyBhdCBhbGwgaW5kZWVk'")
    house.server.start()
    end = time.monotonic() + 30
    while True:  # a new one is asked for, with a new key
        with contextlib.suppress(ssl.SSLError):
            assert names_in(house.shown("mx.example.org")) == {"mx.example.org"}
            break
        assert time.monotonic() < end
        time.sleep(0.2)
    assert "a certificate cannot be shown" in (house.server.directory / "stderr.log").read_text()


def test_refused(house: House) -> None:
    """What goes wrong is told in words, and trouble with one name keeps none of the others waiting."""
    server = house.server
    server.hawknest("domain", "add", "blocked.example.com")
    server.hawknest("domain", "add", "example.com")
    house.pebble.dns.add(
        {
            "mail.blocked.example.com A": HERE,  # the authority has the domain on its list
            "mail.example.com A": HERE,
            "mta-sts.example.com A": HERE,
            "mta-sts.example.com CAA": '0 issue "another.example"',
        }
    )
    found = house.on(code=1)
    by = {one["subject"]: one for one in found["certificates"]}
    assert by["mx.example.org"]["state"] == by["example.org"]["state"] == "good"
    assert by["blocked.example.com"]["problem"]["kind"] == "rejectedIdentifier"
    partly = by["example.com"]
    assert partly["names"] == ["mail.example.com"]
    assert (partly["problem"]["kind"], partly["problem"]["name"]) == ("caa", "mta-sts.example.com")
    english = server.hawknest("certificate", "show")
    assert "The DNS forbids" in english
    assert "CAA" in server.hawknest("certificate", "show", env={"LANG": "ja_JP.UTF-8"})


def test_not_asked_where_it_could_not_work(house: House) -> None:
    house.pebble.dns.remove("mx.example.org", "A")
    assert problem(house.on(code=1)) == "no-address"
    with another_server() as (address, port):
        assert port
        house.pebble.dns.add({"mx.example.org A": address})
        file = house.server.directory / "hawknest.toml"
        file.write_text(file.read_text().replace(f"port = {house.pebble.http}\n", f"port = {port}\n", 1))
