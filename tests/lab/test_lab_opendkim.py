"""A Postfix with OpenDKIM believes what we send, and what it signs and sends we believe; what is forged in its name we refuse."""

import contextlib
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hawknest import store
from hawknest.accounts import dkim_keys, vault
from hawknest.trust.dkim_sign import Signer
from interop.postfix import Postfix, free_port
from interop.programs import need
from lab.laboratory import Lab
from signed import pair
from whole.serving import Server

pytestmark = pytest.mark.peer

THEIRS = "127.0.0.5"  # the address that Postfix sends from, so that it is no program of this machine


@contextlib.contextmanager
def opendkim(directory: Path, **settings: str) -> Iterator[int]:
    """A milter; gives its port."""
    program, port = need("opendkim"), free_port()
    lines = {
        "Socket": f"inet:{port}@127.0.0.1",
        "Syslog": "no",
        "Background": "no",
        "AlwaysAddARHeader": "yes",
        "RequireSafeKeys": "no",
    } | settings
    file = directory / f"opendkim-{port}.conf"
    file.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
    process = subprocess.Popen([program, "-f", "-x", str(file)], stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), contextlib.closing(_connected(port)):
                break
            assert process.poll() is None, process.stderr.read()  # type: ignore[union-attr]
            assert time.monotonic() < end
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()  # type: ignore[union-attr]


def _connected(port: int):

    return socket.create_connection(("127.0.0.1", port), timeout=1)


def keys(nest: Server, lab: Lab) -> dict[str, str]:
    """Give our domain keys that sign, and enter them; gives them by name."""
    connection = store.prepare(store.Settings(), nest.directory, lambda _: None).connect()
    connection.begin()
    dkim_keys.complete(connection, vault.at(nest.directory), "example.org", pair(), time.time())
    entered: dict[str, str] = {}
    for key in dkim_keys.listing(connection, "example.org"):
        dkim_keys.found(connection, key.id, time.time())
        lab.add(key.name, "TXT", key.record)
        entered[key.name] = key.record
    connection.commit()
    connection.close()
    return entered


def test_both_believe_each_other(lab: Lab, tmp_path: Path) -> None:
    for zone in ("example.org", "example.com"):
        lab.zone(zone)
    private = rsa.generate_private_key(65537, 2048)
    (tmp_path / "s1.pem").write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    (tmp_path / "s1.pem").chmod(0o600)
    lab.add("s1._domainkey.example.com", "TXT", Signer("example.com", "s1", private).record)
    lab.add("example.com", "TXT", f"v=spf1 ip4:{THEIRS} -all")
    lab.add("_dmarc.example.com", "TXT", "v=DMARC1; p=reject; adkim=s; aspf=s")
    lab.add("example.com", "MX", "10 mail.example.com.")
    lab.add("mail.example.com", "A", "127.0.0.1")
    nest = lab.nest(tmp_path / "nest", outbound_port=9)
    ours = keys(nest, lab)
    (tmp_path / "known").write_text("".join(f"{name} {record}\n" for name, record in ours.items()))
    with contextlib.ExitStack() as stack:
        signs = stack.enter_context(
            opendkim(
                tmp_path,
                Mode="s",
                Domain="example.com",
                Selector="s1",
                KeyFile=str(tmp_path / "s1.pem"),
                Canonicalization="relaxed/simple",
            )
        )
        judges = stack.enter_context(
            opendkim(
                tmp_path,
                Mode="v",
                InternalHosts=str(_nobody(tmp_path)),
                TestPublicKeys=str(tmp_path / "known"),
                AuthservID="mail.example.com",
            )
        )
        postfix = Postfix(
            f"smtpd_milters = inet:127.0.0.1:{judges}\nnon_smtpd_milters = inet:127.0.0.1:{signs}\n"
            f"milter_default_action = tempfail\nsmtp_bind_address = {THEIRS}\nsmtp_tls_security_level = may\n"
            "relay_domains = example.org\ntransport_maps = inline:{ { example.org = smtp:[127.0.0.1]:NEST } }\n"
        )
        file = nest.directory / "hawknest.toml"
        file.write_text(file.read_text().replace("port = 9\n", f"port = {postfix.port}\n", 1))
        nest.start()
        stack.callback(nest.stop)
        main = postfix.directory / "etc" / "main.cf"
        main.write_text(main.read_text().replace("NEST", str(nest.ports["smtp"])))
        stack.enter_context(postfix)
        _to_them(nest, postfix)
        _to_us(nest, postfix)
        _forged(nest)


def _nobody(directory: Path) -> Path:
    file = directory / "nobody"
    file.write_text("192.0.2.1\n")
    return file


def _to_them(nest: Server, postfix: Postfix) -> None:
    """Ours, signed with both keys: OpenDKIM finds both good."""
    with nest.smtp() as smtp:
        letter = (
            "From: Mia <mia@example.org>\r\nTo: ann@example.com\r\nSubject: hello\r\n"
            "Date: Tue, 24 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@example.org>\r\n\r\nGr\u00fc\u00dfe\r\n"
        ).encode()
        smtp.sendmail("mia@example.org", ["ann@example.com"], letter)
    (got,) = postfix.letters()
    results = got.partition(b"Authentication-Results: mail.example.com;")[2].partition(b"\nReceived:")[0]
    assert results.count(b"dkim=pass") == 2, got
    assert b"header.d=example.org" in results
    assert got.count(b"DKIM-Signature:") == 2


def _to_us(nest: Server, postfix: Postfix) -> None:
    """Theirs, signed by OpenDKIM: SPF, DKIM and DMARC pass here."""
    letter = b"From: ann@example.com\nTo: mia@example.org\nSubject: back\n\nHi,\tMia  \n\n\n"
    subprocess.run(
        ["sendmail", "-C", str(postfix.directory / "etc"), "-f", "ann@example.com", "-i", "mia@example.org"],
        input=letter,
        check=True,
        timeout=20,
    )
    said = _came(nest, "ann@example.com")
    for words in (
        "SPF: example.com lets this server send its letters",
        "DKIM: the signature of example.com is right",
        "DMARC: example.com stands behind the letter",
        "filed for mia@example.org",
    ):
        assert words in said, said + postfix.log()


def _came(nest: Server, sender: str) -> str:
    """Wait for the journey of a letter."""
    end = time.monotonic() + 20
    while True:
        with contextlib.suppress(AssertionError):
            said = nest.hawknest("log", "trace", sender)
            if "papers were looked over" in said:
                return said
        assert time.monotonic() < end
        time.sleep(0.2)


def _forged(nest: Server) -> None:
    """The same name by somebody else is refused."""
    letter = "From: ann@example.com\r\n\r\nPay me.\r\n"
    source = ("127.0.0.6", 0)
    with (
        smtplib.SMTP("127.0.0.1", nest.ports["smtp"], timeout=20, source_address=source) as smtp,
        pytest.raises(smtplib.SMTPDataError) as refused,
    ):
        smtp.sendmail("ann@example.com", ["mia@example.org"], letter)
    assert refused.value.smtp_code == 550
    assert b"neither sent nor signed by example.com" in refused.value.smtp_error
