"""SIGHUP on a live server: new connections get the new certificate, old ones go on, a bad one changes nothing."""

import poplib
import signal
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from interop.test_clients import MIA, insecure
from whole.serving import PASSWORD, Server

pytestmark = pytest.mark.peer


def put(directory: Path, name: str) -> bytes:
    """Put a certificate where the server looks for it, as a renewal does, and give its DER form."""
    made = trustme.CA().issue_cert(name)
    for file, blobs in (("key.pem", [made.private_key_pem]), ("chain.pem", made.cert_chain_pems)):
        (directory / "partial").write_bytes(b"".join(blob.bytes() for blob in blobs))
        (directory / "partial").replace(directory / file)
    return ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode())


@pytest.fixture(scope="module", params=[1, 2])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("reload") / "nest"
    made = Server(directory, workers=request.param)
    text = (directory / "hawknest.toml").read_text()
    text = text.replace('#certificate = ""', 'certificate = "chain.pem"').replace(
        '#key = ""', 'key = "key.pem"'
    )
    (directory / "hawknest.toml").write_text(text)
    put(directory, "first.example.org")
    made.start()
    yield made
    assert made.stop() == 0


def shown(server: Server) -> set[bytes | None]:
    """The certificates that the listeners show, implicit and by command; of two workers each may have another."""
    found: set[bytes | None] = set()
    for _ in range(4):
        raw = socket.create_connection(("127.0.0.1", server.ports["pop3s"]), timeout=10)
        with insecure().wrap_socket(raw) as sock:
            found.add(sock.getpeercert(binary_form=True))
        with smtplib.SMTP("127.0.0.1", server.ports["submission"], timeout=10) as smtp:
            smtp.starttls(context=insecure())
            assert isinstance(smtp.sock, ssl.SSLSocket)
            found.add(smtp.sock.getpeercert(binary_form=True))
    return found


def until_shown(server: Server, wanted: bytes) -> None:
    end = time.monotonic() + 10
    while shown(server) != {wanted}:
        assert time.monotonic() < end
        time.sleep(0.05)


def hang_up(server: Server) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)


def test_new_connections_have_the_new_one_and_old_ones_go_on(server: Server) -> None:
    old = poplib.POP3_SSL("127.0.0.1", server.ports["pop3s"], context=insecure(), timeout=10)
    old.user(MIA)
    old.pass_(PASSWORD)
    fresh = put(server.directory, "second.example.org")
    hang_up(server)
    until_shown(server, fresh)
    assert old.noop().startswith(b"+OK")
    old.quit()
    again = put(server.directory, "third.example.org")
    server.hawknest("reload")  # and by the command, which waits
    assert shown(server) == {again}


def test_a_bad_certificate_changes_nothing_and_is_said(server: Server) -> None:
    good = put(server.directory, "good.example.org")
    server.hawknest("reload")
    (server.directory / "chain.pem").write_text("no certificate")
    said = server.hawknest("reload", code=1)
    assert "nothing was changed" in said
    assert "chain.pem" in said
    hang_up(server)
    time.sleep(0.3)
    assert shown(server) == {good}
    put(server.directory, "good.example.org")


def test_a_key_of_another_certificate_is_no_renewal(server: Server) -> None:
    good = put(server.directory, "good.example.org")
    server.hawknest("reload")
    (server.directory / "key.pem").write_bytes(trustme.CA().issue_cert("x.example").private_key_pem.bytes())
    assert "key" in server.hawknest("reload", code=1)
    assert shown(server) == {good}
