"""SCRAM as real programs speak it (GNU SASL in msmtp, mpop and mutt), with an account's, an app's and a device's password."""

import base64
import contextlib
import hashlib
import json
import os
import re
import secrets
import smtplib
import ssl
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from interop.programs import need, run
from scramplus import bound
from whole.serving import PASSWORD, ROOT, Server

pytestmark = pytest.mark.peer

MIA, TOM = "mia@example.org", "tom@example.org"


@dataclass(frozen=True)
class House:
    """A server, and a name and a password of each kind, made by the commands while it runs."""

    server: Server
    own: tuple[str, str]
    sending: tuple[str, str]
    device: tuple[str, str]
    reading: tuple[str, str]
    reader: tuple[str, str]


@contextlib.contextmanager
def opened(directory: Path) -> Iterator[House]:
    server = Server(directory)
    server.start()
    yield House(
        server,
        own=(TOM, PASSWORD),
        sending=(TOM, _made(server, "user", "app-password", "add", TOM, "laptop", "--service", "smtp")),
        device=("printer", _made(server, "device", "add", "printer", "--sender", TOM)),
        reading=(MIA, _made(server, "user", "app-password", "add", MIA, "phone", "--service", "pop3")),
        reader=(MIA, PASSWORD),
    )
    assert server.stop() == 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("scram") / "nest") as made:
        yield made


@pytest.fixture
def strict_house(tmp_path: Path) -> Iterator[House]:
    """One for those who fail: whoever comes next from the same address has to wait for it."""
    with opened(tmp_path / "nest") as made:
        yield made


def _made(server: Server, *words: str) -> str:
    """Run a command of ours, and give the password that it made."""
    done = subprocess.run(
        [sys.executable, "-m", "hawknest", *words, "--json", "--data", server.directory],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=True,
        timeout=30,
    )
    return json.loads(done.stdout)["password"]


def letter(subject: str) -> bytes:
    return f"From: {TOM}\nTo: {MIA}\nSubject: {subject}\n\nHello.\n".encode()


def submitted(server: Server, tmp_path: Path, mechanism: str, login: tuple[str, str], code: int = 0) -> str:
    """Send a letter with msmtp, and give its subject."""
    config, subject = tmp_path / "msmtprc", uuid.uuid4().hex
    config.write_text(
        f"account default\nhost 127.0.0.1\nport {server.ports['submissions']}\ntls on\ntls_starttls off\n"
        f"tls_certcheck off\nauth {mechanism}\nuser {login[0]}\npassword {login[1]}\nfrom {TOM}\n"
    )
    config.chmod(0o600)
    run([need("msmtp"), "-C", config, MIA], stdin=letter(subject), code=code)
    return subject


def fetched(server: Server, tmp_path: Path, mechanism: str, login: tuple[str, str], code: int = 0) -> str:
    """Read a maildrop with mpop, and give what was in it."""
    config, box = tmp_path / "mpoprc", tmp_path / "box"
    config.write_text(
        f"account default\nhost 127.0.0.1\nport {server.ports['pop3s']}\ntls on\ntls_starttls off\n"
        f"tls_certcheck off\nauth {mechanism}\nuser {login[0]}\npassword {login[1]}\n"
        f"delivery mbox {box}\nuidls_file {tmp_path}/uidls\nkeep off\n"
    )
    config.chmod(0o600)
    run([need("mpop"), "-C", config], code=code)
    return box.read_text() if box.exists() else ""


@pytest.mark.parametrize("mechanism", ["scram-sha-256", "scram-sha-1", "plain"])
@pytest.mark.parametrize(
    ("sender", "reader"), [("own", "reader"), ("sending", "reading"), ("device", "reading")]
)
def test_msmtp_sends_and_mpop_reads(
    house: House, tmp_path: Path, mechanism: str, sender: str, reader: str
) -> None:
    need("mpop")
    subject = submitted(house.server, tmp_path, mechanism, getattr(house, sender))
    assert f"Subject: {subject}" in fetched(house.server, tmp_path, mechanism, getattr(house, reader))


@pytest.mark.parametrize("mechanism", ["scram-sha-256", "scram-sha-1", "plain"])
def test_an_app_password_opens_nothing_else(strict_house: House, tmp_path: Path, mechanism: str) -> None:
    house = strict_house
    submitted(house.server, tmp_path, mechanism, house.reading, os.EX_NOPERM)
    fetched(house.server, tmp_path, mechanism, house.sending, os.EX_NOPERM)
    fetched(house.server, tmp_path, mechanism, (TOM, house.device[1]), os.EX_NOPERM)


def test_mutt_sends_with_an_app_password(house: House, tmp_path: Path) -> None:
    mutt, subject = need("mutt"), uuid.uuid4().hex
    name, password = house.sending
    url = f"smtps://{name.replace('@', '%40')}@127.0.0.1:{house.server.ports['submissions']}/"
    words = [mutt, "-n", "-F", "/dev/null"]
    for setting in (
        f"set smtp_url={url}",
        f'set smtp_pass="{password}"',
        "set smtp_authenticators=scram-sha-256",
        f"set certificate_file={house.server.directory / 'tls' / 'self-signed.pem'}",
        f"set from={TOM} use_from=yes envelope_from_address={TOM} copy=no record='' hostname=example.org",
    ):
        words += ["-e", setting]
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TERM": "dumb"}
    run([*words, "-s", subject, MIA], stdin=b"Hello.\n", env=environment)
    assert f"Subject: {subject}" in fetched(house.server, tmp_path, "scram-sha-256", house.reading)


def test_plus_is_bound_to_the_certificate(strict_house: House) -> None:
    """No program at hand speaks -PLUS, so this is a client of ours, over real TLS."""
    house = strict_house
    for login in (house.own, house.sending, house.device):
        assert _plus(house.server, login) == 235
    assert _plus(house.server, house.sending, forged=b"!") == 535


def _plus(server: Server, login: tuple[str, str], forged: bytes = b"") -> int:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP_SSL("127.0.0.1", server.ports["submissions"], context=context, timeout=10) as smtp:
        assert smtp.ehlo()[0] == 250
        assert "SCRAM-SHA-256-PLUS" in smtp.esmtp_features["auth"]
        certificate = smtp.sock.getpeercert(binary_form=True)  # type: ignore[union-attr]
        client = bound(*login, hashlib.sha256(certificate + forged).digest())
        code, said = smtp.docmd(f"AUTH SCRAM-SHA-256-PLUS {base64.b64encode(next(client) or b'').decode()}")
        while code == 334:
            answer = b""
            with contextlib.suppress(StopIteration):
                answer = client.send(base64.b64decode(said)) or b""
            code, said = smtp.docmd(base64.b64encode(answer).decode())
        return code


def _salt(server: Server, name: str) -> str:
    """What the server answers to a name before any proof, apart from the nonce."""
    with smtplib.SMTP("127.0.0.1", server.ports["submission"], timeout=10) as smtp:
        smtp.ehlo()
        first = f"n,,n={name},r={secrets.token_hex(8)}".encode()
        code, said = smtp.docmd("AUTH", "SCRAM-SHA-256 " + base64.b64encode(first).decode())
        assert code == 334
        assert smtp.docmd("*")[0] == 501  # given up: RFC 4954 §4
        return re.sub("^r=[^,]*", "r=…", base64.b64decode(said).decode())


def test_the_salt_of_every_name_is_the_same_in_all_workers_and_after_a_start(tmp_path: Path) -> None:
    server, names = (
        Server(tmp_path / "nest", workers=2),
        ("ghost@example.org", "ghost", TOM, "far@elsewhere.example"),
    )
    seen: list[list[str]] = []
    for _ in range(2):
        server.start()
        seen += [[_salt(server, name) for name in names] for _ in range(8)]
        assert server.stop() == 0
    assert all(one == seen[0] for one in seen)
    assert all(re.fullmatch(r"r=…,s=[A-Za-z0-9+/]{22}==,i=4096", said) for said in seen[0])
    assert len(set(seen[0])) == 3  # ghost would be ghost@example.org
