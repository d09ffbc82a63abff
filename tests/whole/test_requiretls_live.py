"""REQUIRETLS from the dialogue into the queue: offered after STARTTLS, kept, and given up where nobody can promise it. RFC 8689."""

import smtplib
import sqlite3
import ssl
from collections.abc import Generator
from pathlib import Path

import pytest

from whole.serving import PASSWORD, Server


@pytest.fixture
def server(tmp_path: Path) -> Generator[Server]:
    found = Server(tmp_path / "nest", trusting=True)
    found.start()
    try:
        found.hawknest("suspend")
        yield found
    finally:
        found.stop()


@pytest.mark.parametrize("service", ["smtp", "submission"])
def test_kept(server: Server, service: str) -> None:
    with smtplib.SMTP("127.0.0.1", server.ports[service], timeout=10) as session:
        session.ehlo()
        assert not session.has_extn("requiretls")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        session.starttls(context=context)
        session.ehlo()
        assert session.has_extn("requiretls")
        if service == "submission":
            session.login("mia@example.org", PASSWORD)
        for options in ((), ("REQUIRETLS",)):
            session.sendmail("mia@example.org", "bob@far.example", "Subject: x\r\n\r\nHi.\r\n", options)
    with sqlite3.connect(f"file:{server.directory / 'hawknest.sqlite'}?mode=ro", uri=True) as database:
        assert database.execute("SELECT tls FROM outgoing ORDER BY id").fetchall() == [("",), ("required",)]
