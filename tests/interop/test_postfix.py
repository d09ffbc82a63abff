"""Postfix as the server that our letters go to, and as the client that brings us letters; both with STARTTLS."""

import smtplib
import time
from pathlib import Path

import pytest

from interop.postfix import Postfix
from interop.test_clients import MIA, inbox, insecure
from whole.serving import PASSWORD, Server

pytestmark = pytest.mark.peer


def send(server: Server, to: list[str], letter: bytes, options: tuple[str, ...] = ()) -> None:
    with smtplib.SMTP("127.0.0.1", server.ports["submission"], timeout=10) as smtp:
        smtp.starttls(context=insecure())
        smtp.login(MIA, PASSWORD)
        smtp.sendmail(MIA, to, letter, options)


def to(port: int) -> str:
    return f'\n[[route]]\nmatch = "*"\nhost = "127.0.0.1"\nport = {port}\ntls = "starttls"\n'


def until(condition, seconds: float = 20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


LETTER = "From: mia@example.org\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n\r\nHällo\r\n.dot\r\n..two\r\n\r\nend\r\n".encode()


def test_letters_go_to_postfix(tmp_path: Path) -> None:
    with Postfix() as postfix:
        server = Server(tmp_path / "nest", more=to(postfix.port))
        server.start()
        try:
            send(server, ["ann@example.com", "nobody@example.com"], LETTER, ("BODY=8BITMIME",))
            (found,) = postfix.letters()
            assert found.replace(b"\r\n", b"\n").endswith(
                LETTER.partition(b"\r\n")[2].replace(b"\r\n", b"\n")
            )
            assert b"with ESMTPS id" in found
            assert b"using TLSv1.3" in found
            report = until(lambda: inbox(server))[0]
            assert b"multipart/report" in report
            assert b"nobody@example.com" in report
            assert b"User unknown in virtual mailbox table" in report
            assert server.status()["pending"] == 0
        finally:
            server.stop()


def test_not_now_stays_in_the_queue(tmp_path: Path) -> None:
    with Postfix("smtpd_recipient_restrictions = defer") as postfix:
        server = Server(tmp_path / "nest", more=to(postfix.port))
        server.start()
        try:
            send(server, ["ann@example.com"], LETTER)
            until(lambda: "delayed" in _trace(server, "ann@example.com"))
            assert "450 4.3.2" in _trace(server, "ann@example.com") or "4.7.1" in _trace(
                server, "ann@example.com"
            )
            assert server.status()["pending"] == 1
            assert inbox(server) == []
        finally:
            server.stop()


def _trace(server: Server, address: str) -> str:
    from interop.programs import run
    from whole.serving import ROOT

    words = ["env", f"PYTHONPATH={ROOT}/src", "LANG=C.UTF-8", __import__("sys").executable, "-m", "hawknest"]
    return run([*words, "log", "trace", address, "--data", str(server.directory)])


@pytest.mark.parametrize("service", ["smtp", "submission"])
def test_postfix_brings_letters(tmp_path: Path, service: str) -> None:
    server = Server(tmp_path / "nest")
    server.start()
    settings = f"relayhost = [127.0.0.1]:{server.ports[service]}\n"
    if service == "submission":
        secret = tmp_path / "sasl"
        secret.write_text(f"[127.0.0.1]:{server.ports[service]} mia@example.org:{PASSWORD}\n")
        settings += f"smtp_sasl_auth_enable = yes\nsmtp_sasl_security_options = noanonymous\nsmtp_sasl_password_maps = texthash:{secret}\n"
    try:
        with (
            Postfix(settings) as postfix,
            smtplib.SMTP("127.0.0.1", postfix.port, timeout=10) as smtp,
        ):
            smtp.ehlo()
            smtp.sendmail(MIA, ["tom@example.org"], LETTER, ("BODY=8BITMIME", "SMTPUTF8"))
            try:
                (found,) = until(lambda: inbox(server, "tom@example.org"))
            except AssertionError:
                raise AssertionError(postfix.log()) from None
        assert found.partition(b"\r\n\r\n")[2] == LETTER.removesuffix(b"\r\n").partition(b"\r\n\r\n")[2]
        assert (b"with UTF8SMTPSA" if service == "submission" else b"with UTF8SMTPS") in found
        assert found.startswith(b"Return-Path: <mia@example.org>")
    finally:
        server.stop()
