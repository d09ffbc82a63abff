"""A disk that fills up: 452, nothing that was stored is touched, and letters come in again once there is room."""

import os
import poplib
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import PASSWORD, Server

LETTER = "Subject: x\r\n\r\n" + ("y" * 70 + "\r\n") * 700  # 50 KB
LARGE = "Subject: x\r\n\r\n" + ("z" * 70 + "\r\n") * 30_000  # 2 MB: a file


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    path = tmp_path / "disk"
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(path)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"tmpfs cannot be mounted here: {done.stderr.decode().strip()}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=False)


def fill(server: Server, letter: str) -> tuple[int, str]:
    """Send until the server says that it cannot; give the number that were accepted, and its words."""
    smtp, count = server.smtp(), 0
    try:
        while True:
            smtp.sendmail("ann@example.com", ["mia@example.org"], letter)
            count += 1
            assert count < 2000
    except smtplib.SMTPDataError as error:
        assert error.smtp_code == 452, error
        return count, error.smtp_error.decode()
    except smtplib.SMTPRecipientsRefused as error:
        ((code, words),) = error.recipients.values()
        assert 400 <= code < 500
        return count, words.decode()
    finally:
        smtp.close()


def letters(server: Server) -> int:
    pop = poplib.POP3("127.0.0.1", server.ports["pop3"], timeout=20)
    pop.user("mia@example.org")
    pop.pass_(PASSWORD)
    count = pop.stat()[0]
    for number in range(1, count + 1):
        assert pop.retr(number)[1][-1][:1] in {b"y", b"z"}
    pop.quit()
    return count


@pytest.mark.slow
@pytest.mark.parametrize("letter", [LETTER, LARGE], ids=["in the database", "in files"])
def test_a_full_disk(small_disk: Path, letter: str) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 6_000_000)
    server = Server(small_disk / "nest")
    server.start()
    try:
        count, words = fill(server, letter)
        assert "room" in words
        assert count >= 2
        more, _ = fill(server, letter)  # it is still full, and still says so
        ballast.unlink()
        assert letters(server) == count + more
        with server.smtp() as smtp:
            smtp.sendmail("ann@example.com", ["mia@example.org"], letter)
        assert letters(server) == count + more + 1
        assert not list((small_disk / "nest" / "spool").iterdir())
    finally:
        assert server.stop() == 0
    server.start()
    try:
        assert letters(server) == count + more + 1
    finally:
        server.stop()
