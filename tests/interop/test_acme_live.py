"""Certificates by themselves, of pebble as the authority: a real server is given them, shows them, and renews them under load."""

import contextlib
import http.client
import imaplib
import json
import re
import shutil
import smtplib
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
import trustme

from hawknest.net import tls
from interop.pebble import Pebble, needs_pebble
from interop.test_clients import MIA, insecure
from stores import Cluster
from whole.serving import PASSWORD, Server

pytestmark = [pytest.mark.peer, needs_pebble]

HERE = "127.0.0.1"
NAMES = {
    "mx.example.org A": HERE,
    "mta-sts.example.org A": HERE,
    "autoconfig.example.org CNAME": "mx.example.org",
    "mail.example.org A": "127.0.0.9",  # leads elsewhere
}


ALONE = {"mx.example.org A": HERE}


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
    more: dict[str, Any] = dict(getattr(request, "param", {}))
    with Pebble(tmp_path / "pebble", more.pop("names", ALONE)) as pebble:
        made = House(tmp_path, pebble, **more)
        made.server.start()
        yield made
        assert made.server.stop() == 0


@pytest.mark.parametrize(
    ("house", "challenge"),
    [
        ({"names": NAMES}, "auto"),
        ({"names": NAMES}, "tls-alpn-01"),
        ({"names": NAMES, "workers": 2}, "http-01"),
        ({"names": NAMES, "workers": 2}, "tls-alpn-01"),
    ],
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


@pytest.mark.parametrize("house", [{"names": NAMES}], indirect=True)
def test_refused(house: House) -> None:
    """What goes wrong is told in words, and trouble with one domain is no trouble of others."""
    server = house.server
    server.hawknest("domain", "add", "blocked.example.com")
    house.pebble.dns.add({"mail.blocked.example.com A": HERE})  # the authority has the domain on its list
    found = house.on(code=1)
    by = {one["subject"]: one for one in found["certificates"]}
    assert by["mx.example.org"]["state"] == by["example.org"]["state"] == "good"
    assert by["blocked.example.com"]["problem"]["kind"] == "rejectedIdentifier"
    assert "on principle" in server.hawknest("certificate", "show")
    assert "方針により" in server.hawknest("certificate", "show", env={"LANG": "ja_JP.UTF-8"})


def test_not_asked_where_nothing_leads_here(house: House) -> None:
    house.pebble.dns.remove("mx.example.org", "A")
    (one,) = house.on(code=1)["certificates"]
    assert (one["subject"], one["problem"]["kind"]) == ("mx.example.org", "no-address")
    assert "new-order" not in house.pebble.said()
    house.pebble.dns.add({"mx.example.org A": HERE})


def test_not_asked_where_another_server_answers(house: House) -> None:
    other = ThreadingHTTPServer(("127.0.0.7", house.pebble.http), SimpleHTTPRequestHandler)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    try:
        house.pebble.dns.add({"mx.example.org A": [HERE, "127.0.0.7"]})
        assert problem(house.on(code=1)) == "other-server"
    finally:
        other.shutdown()
        other.server_close()
    assert "new-order" not in house.pebble.said()


def test_an_authority_that_is_not_there(house: House) -> None:
    house.pebble.stop()
    said = house.server.hawknest("certificate", "on", house.pebble.url, "--agree", code=1)
    assert "cannot be reached from here" in said
    assert house.standing()["on"] is False


def test_terms_are_agreed_to_by_the_owner_alone(house: House) -> None:
    said = house.server.hawknest("certificate", "on", house.pebble.url, code=1)
    assert "Do%20what%20thou%20wilt" in said
    assert "--agree" in said
    assert house.standing()["on"] is False


def test_switched_off(house: House) -> None:
    """What was given is shown until it ends, after a restart, too."""
    house.on()
    house.server.hawknest("certificate", "off")
    serial = house.shown("mx.example.org")["serialNumber"]
    assert house.server.stop() == 0
    house.server.start()
    assert house.shown("mx.example.org")["serialNumber"] == serial
    assert names_in(house.shown("mx.example.org")) == {"mx.example.org"}  # until it ends
    assert house.standing()["on"] is False
    assert "certificate on" in house.server.hawknest("certificate", "renew", code=1)


@pytest.mark.parametrize("house", [{"names": NAMES}], indirect=True)
def test_files_of_the_owner_go_first(house: House) -> None:
    """The names in them are asked of no authority, and they are shown for these and where there is no better one."""
    made = trustme.CA().issue_cert("mx.example.org")
    directory = house.server.directory
    made.private_key_pem.write_to_path(directory / "own.key")
    made.cert_chain_pems[0].write_to_path(directory / "own.pem")
    file = directory / "hawknest.toml"
    text = file.read_text().replace('#certificate = ""', 'certificate = "own.pem"')
    file.write_text(text.replace('#key = ""', 'key = "own.key"'))
    house.server.hawknest("reload")
    (one,) = house.on()["certificates"]
    assert one["subject"] == "example.org"
    assert names_in(house.shown("mta-sts.example.org")) == {"mta-sts.example.org", "autoconfig.example.org"}
    for name in ("mx.example.org", "nobody.example", None):
        with pytest.raises(ssl.SSLCertVerificationError):
            house.shown(name)  # the authority does not vouch for it


def test_an_authority_that_forgets_its_nonces(tmp_path: Path) -> None:
    with Pebble(tmp_path / "pebble", ALONE, nonces=20) as pebble:
        house = House(tmp_path, pebble)
        house.server.start()
        assert house.on()["certificates"][0]["state"] == "good"
        assert house.server.stop() == 0


def test_an_authority_of_customers(tmp_path: Path) -> None:
    with Pebble(tmp_path / "pebble", ALONE, eab=True) as pebble:
        house = House(tmp_path, pebble)
        house.server.start()
        assert problem(house.on(code=1)) == "externalAccountRequired"
        file = house.server.directory / "hawknest.toml"
        (house.server.directory / "eab.key").write_text(pebble.KEY + "\n")
        text = file.read_text().replace('#eab_kid = ""', 'eab_kid = "kid-1"')
        file.write_text(text.replace('#eab_key_file = ""', 'eab_key_file = "eab.key"'))
        house.server.hawknest("reload")
        house.server.hawknest("certificate", "renew")
        assert house.standing()["certificates"][0]["state"] == "good"
        assert house.server.stop() == 0


def problem(found: dict[str, Any]) -> str:
    return found["certificates"][0]["problem"]["kind"]


def change(house: House, statement: str) -> None:
    """Change the database behind the server's back, as an accident would."""
    with contextlib.closing(
        sqlite3.connect(house.server.directory / "hawknest.sqlite", timeout=20)
    ) as database:
        database.execute(statement)
        database.execute("UPDATE counter SET value = value + 1 WHERE name = 'certificates'")
        database.commit()


def pin(house: House) -> str:
    """The SHA-256 of the public key that clients are shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    raw = socket.create_connection((HERE, house.server.ports["imaps"]), timeout=10)
    with context.wrap_socket(raw, server_hostname="mx.example.org") as sock:
        der = sock.getpeercert(binary_form=True)
    assert der is not None
    return tls.tlsa(der).hex()


class Load:
    """Sessions of all kinds, one after another, for as long as the block lasts."""

    def __init__(self, house: House) -> None:
        self._ports = house.server.ports
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(session,))
            for session in (self._smtp, self._imap, self._https)
        ]
        self._lasting = imaplib.IMAP4_SSL(HERE, self._ports["imaps"], ssl_context=insecure())
        self._lasting.login(MIA, PASSWORD)
        self.failures: list[str] = []
        self.sessions = 0
        self.kept_alive = False

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        self.kept_alive = self._lasting.noop()[0] == "OK"
        self._lasting.logout()

    def _repeat(self, session: Callable[[], None]) -> None:
        while not self._stop.wait(0.02):
            try:
                session()
                self.sessions += 1
            except Exception as error:  # noqa: BLE001 (whatever it is, it is a failure)
                self.failures.append(f"{session.__name__}: {error!r}")

    def _smtp(self) -> None:
        with smtplib.SMTP(HERE, self._ports["smtp"], timeout=20) as smtp:
            smtp.starttls(context=insecure())
            smtp.sendmail("ann@example.com", MIA, "Subject: load\r\n\r\nHello.\r\n")

    def _imap(self) -> None:
        with imaplib.IMAP4_SSL(HERE, self._ports["imaps"], ssl_context=insecure()) as imap:
            imap.login(MIA, PASSWORD)
            imap.select("INBOX")

    def _https(self) -> None:
        connection = http.client.HTTPSConnection(HERE, self._ports["https"], context=insecure(), timeout=20)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        finally:
            connection.close()


def test_two_machines_share_them(cluster: Cluster, tmp_path: Path) -> None:
    """One database, two directories with the same vault.key: either machine shows what the other was given, and answers for it."""
    with Pebble(tmp_path / "pebble", ALONE) as pebble:
        url = cluster.url(cluster.create())
        first = House(tmp_path / "first", pebble, database=url)
        first.server.start()
        directory = tmp_path / "second" / "nest"
        directory.mkdir(parents=True)
        text = (first.server.directory / "hawknest.toml").read_text()
        text = text.replace(f"port = {pebble.http}\nt", "port = 0\nt").replace(
            f"port = {pebble.tls}\nt", "port = 0\nt"
        )
        (directory / "hawknest.toml").write_text(text)
        shutil.copy(first.server.directory / "vault.key", directory)
        second = House.__new__(House)
        second.pebble, second.server = pebble, Server.__new__(Server)
        second.server.directory, second.server.process, second.server.ports = directory, None, {}
        second.server.start()
        first.on("--challenge", "tls-alpn-01")
        serial = first.shown("mx.example.org")["serialNumber"]
        end = time.monotonic() + 5
        while True:
            with contextlib.suppress(ssl.SSLError):
                assert second.shown("mx.example.org", "imaps")["serialNumber"] == serial
                break
            assert time.monotonic() < end
            time.sleep(0.1)
        assert second.server.stop() == first.server.stop() == 0
