"""Mail programs that people use, against a real server: swaks, msmtp, curl, fetchmail, getmail, mutt, smtplib, poplib."""

import poplib
import smtplib
import ssl
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.programs import need, run
from whole.serving import PASSWORD, Server

pytestmark = pytest.mark.peer

MIA, TOM = "mia@example.org", "tom@example.org"


def insecure() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("interop") / "nest")
    made.start()
    yield made
    assert made.stop() == 0


def letter(subject: str, *, sender: str = TOM, to: str = MIA) -> bytes:
    return f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nHello.\r\n.a dot\r\n".encode()


def inbox(server: Server, user: str = MIA) -> list[bytes]:
    """Every letter of a user, read with poplib over TLS, and deleted."""
    pop = poplib.POP3_SSL("127.0.0.1", server.ports["pop3s"], context=insecure(), timeout=20)
    try:
        pop.user(user)
        pop.pass_(PASSWORD)
        found = [b"\r\n".join(pop.retr(n)[1]) for n in range(1, pop.stat()[0] + 1)]
        for number in range(1, len(found) + 1):
            pop.dele(number)
        pop.quit()
    finally:
        pop.close()
    return found


def subject() -> str:
    return f"interop {uuid.uuid4().hex}"


def arrived(server: Server, wanted: str) -> bytes:
    found = [one for one in inbox(server) if f"Subject: {wanted}".encode() in one]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("service", ["submission", "submissions"])
def test_swaks(server: Server, service: str, mechanism: str) -> None:
    wanted = subject()
    tls = "--tls" if service == "submission" else "--tls-on-connect"
    words = [
        need("swaks"),
        "--server",
        "127.0.0.1",
        "--port",
        str(server.ports[service]),
        tls,
        "--auth",
        mechanism,
    ]
    words += [
        "--auth-user",
        TOM,
        "--auth-password",
        PASSWORD,
        "--from",
        TOM,
        "--to",
        MIA,
        "--h-Subject",
        wanted,
    ]
    run(words)
    assert b"ESMTPSA" in arrived(server, wanted)


def test_swaks_is_refused_what_a_stranger_may_not(server: Server) -> None:
    words = [need("swaks"), "--server", "127.0.0.1", "--port", str(server.ports["submission"]), "--tls"]
    said = run([*words, "--from", TOM, "--to", MIA], code=23)
    assert "530 5.7.0" in said
    said = run(
        [*words, "--auth-user", TOM, "--auth-password", "wrong wrong", "--auth", "PLAIN", "--to", MIA],
        code=28,
    )
    assert "535 5.7.8" in said


@pytest.mark.parametrize("service", ["submission", "submissions"])
def test_msmtp(server: Server, service: str, tmp_path: Path) -> None:
    config = tmp_path / "msmtprc"
    config.write_text(
        f"account default\nhost 127.0.0.1\nport {server.ports[service]}\ntls on\ntls_certcheck off\n"
        f"tls_starttls {'on' if service == 'submission' else 'off'}\nauth on\nuser {TOM}\n"
        f"password {PASSWORD}\nfrom {TOM}\n"
    )
    config.chmod(0o600)
    wanted = subject()
    run([need("msmtp"), "-C", config, MIA], stdin=letter(wanted).replace(b"\r\n", b"\n"))
    assert arrived(server, wanted).endswith(b"Hello.\r\n.a dot")


def test_curl_sends_and_reads(server: Server, tmp_path: Path) -> None:
    curl, wanted = need("curl"), subject()
    (tmp_path / "letter").write_bytes(letter(wanted))
    run(
        [curl, "-sSk", f"smtps://127.0.0.1:{server.ports['submissions']}", "-u", f"{TOM}:{PASSWORD}"]
        + ["--mail-from", TOM, "--mail-rcpt", MIA, "--upload-file", tmp_path / "letter"]
    )
    for address in (f"pop3s://127.0.0.1:{server.ports['pop3s']}", f"pop3://127.0.0.1:{server.ports['pop3']}"):
        said = run([curl, "-sSk", "--ssl-reqd", f"{address}/1", "-u", f"{MIA}:{PASSWORD}"])
        assert f"Subject: {wanted}" in said
    arrived(server, wanted)


def test_curl_sends_a_large_letter_and_utf8(server: Server, tmp_path: Path) -> None:
    curl, wanted = need("curl"), subject()
    (tmp_path / "letter").write_bytes(letter(wanted) + ("ようこそ " * 50 + "\r\n").encode() * 5000)
    run(
        [
            curl,
            "-sSk",
            "--ssl-reqd",
            f"smtp://127.0.0.1:{server.ports['submission']}",
            "-u",
            f"{TOM}:{PASSWORD}",
        ]
        + ["--mail-from", TOM, "--mail-rcpt", MIA, "--upload-file", tmp_path / "letter"]
    )
    assert (tmp_path / "letter").read_bytes().removesuffix(b"\r\n") in arrived(server, wanted)


def put(server: Server, *subjects: str) -> None:
    with server.smtp() as smtp:
        for one in subjects:
            smtp.sendmail("ann@example.com", [MIA], letter(one))


def test_fetchmail(server: Server, tmp_path: Path) -> None:
    fetchmail = need("fetchmail")
    inbox(server)
    first, second = subject(), subject()
    put(server, first, second)
    config, box = tmp_path / "fetchmailrc", tmp_path / "box"
    config.write_text(
        f'poll 127.0.0.1 protocol pop3 port {server.ports["pop3s"]} user "{MIA}" password "{PASSWORD}"\n'
        f'  ssl sslproto "auto" no sslcertck fetchall no keep mda "cat >> {box}"\n'
    )
    config.chmod(0o600)
    environment = {"HOME": str(tmp_path), "FETCHMAILHOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    run([fetchmail, "-f", config, "--nosyslog", "--nodetach"], env=environment)
    text = box.read_text()
    assert first in text
    assert second in text
    assert inbox(server) == []


def test_getmail(server: Server, tmp_path: Path) -> None:
    getmail = need("getmail")
    inbox(server)
    wanted = subject()
    put(server, wanted)
    box = tmp_path / "box"
    (tmp_path / "getmailrc").write_text(
        f"[retriever]\ntype = SimplePOP3SSLRetriever\nserver = 127.0.0.1\nport = {server.ports['pop3s']}\n"
        f"username = {MIA}\npassword = {PASSWORD}\n[destination]\ntype = MDA_external\npath = /usr/bin/tee\n"
        f'arguments = ("-a", "{box}")\nallow_root_commands = true\n[options]\ndelete = true\n'
    )
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    said = run([getmail, f"--getmaildir={tmp_path}", "--rcfile=getmailrc"], env=environment)
    assert wanted in box.read_text(), said
    assert inbox(server) == []


def test_mutt_sends(server: Server, tmp_path: Path) -> None:
    mutt, wanted = need("mutt"), subject()
    url = f"smtp://tom%40example.org@127.0.0.1:{server.ports['submission']}/"
    words = [mutt, "-n", "-F", "/dev/null"]
    for setting in (
        f"set smtp_url={url}",
        f'set smtp_pass="{PASSWORD}"',
        "set smtp_authenticators=plain",
        "set ssl_starttls=yes ssl_force_tls=yes",
        f"set certificate_file={tmp_path}/certs",
        f"set from={TOM} use_from=yes envelope_from_address={TOM} copy=no record='' hostname=example.org",
    ):
        words += ["-e", setting]
    certificate = server.directory / "tls" / "self-signed.pem"
    (tmp_path / "certs").write_text(certificate.read_text())
    run(
        [*words, "-s", wanted, MIA],
        stdin=b"Hello.\n",
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TERM": "dumb"},
    )
    assert b"Hello." in arrived(server, wanted)


def test_smtplib(server: Server) -> None:
    wanted = subject()
    with smtplib.SMTP("127.0.0.1", server.ports["submission"], timeout=10) as smtp:
        smtp.starttls(context=insecure())
        smtp.login(TOM, PASSWORD)
        assert smtp.sendmail(
            TOM, [MIA, "nobody@example.org"], letter(wanted), ["BODY=8BITMIME", "SMTPUTF8"]
        ) == {"nobody@example.org": (550, b"5.1.1 There is no mailbox nobody@example.org here")}
    assert b"UTF8SMTPSA" in arrived(server, wanted)


def test_poplib(server: Server) -> None:
    inbox(server)
    wanted = subject()
    put(server, wanted)
    pop = poplib.POP3("127.0.0.1", server.ports["pop3"], timeout=10)
    assert "STLS" in pop.capa()
    pop.stls(context=insecure())
    assert "STLS" not in pop.capa()
    pop.utf8()
    pop.user("MIA")
    with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
        pop.pass_("wrong")
    pop.user("MIA")
    pop.pass_(PASSWORD)
    assert len(pop.uidl()[1]) == 1
    assert any(wanted.encode() in line for line in pop.top(1, 0)[1])
    other = poplib.POP3_SSL("127.0.0.1", server.ports["pop3s"], context=insecure(), timeout=10)
    other.user(MIA)
    with pytest.raises(poplib.error_proto, match=r"\[IN-USE\]"):
        other.pass_(PASSWORD)
    other.close()
    pop.quit()
    arrived(server, wanted)
