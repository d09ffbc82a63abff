"""The doctor visits a server at work: letters come, are read and deleted, and nothing of it looks like an illness."""

import json
import os
import poplib
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from serving import PASSWORD, ROOT, Server

LETTER = b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 100


def doctor(server: Server, *words: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "hawknest", "doctor", "--json", "--data", str(server.directory), *words],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_at_work_is_healthy(tmp_path: Path, workers: int) -> None:
    server = Server(tmp_path / "nest", workers=workers)
    path = server.directory / "hawknest.toml"
    path.write_text(path.read_text().replace("#inline = 131072", "inline = 100"))
    server.directory.chmod(0o700)
    server.start()
    over = threading.Event()

    def send() -> None:
        with server.smtp() as client:
            while not over.is_set():
                client.sendmail("ann@example.com", ["mia@example.org", "tom@example.org"], LETTER)

    def read() -> None:
        while not over.is_set():
            client = poplib.POP3("127.0.0.1", server.ports["pop3"], timeout=10)
            client.user("mia")
            client.pass_(PASSWORD)
            for number in range(1, client.stat()[0] + 1):
                client.retr(number)
                client.dele(number)
            client.quit()

    threads = [threading.Thread(target=send), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    try:
        ends = time.monotonic() + 1.5
        while time.monotonic() < ends:
            assert doctor(server, "--fix") == {"problems": 0, "findings": []}
    finally:
        over.set()
        for thread in threads:
            thread.join()
    client = poplib.POP3("127.0.0.1", server.ports["pop3"], timeout=10)
    client.user("tom")
    client.pass_(PASSWORD)
    count = client.stat()[0]
    assert count > 3
    for file in sorted((server.directory / "blobs").glob("*/*"))[:2]:
        file.unlink()
    lost = 0
    for number in range(1, count + 1):
        try:
            client.retr(number)
        except poplib.error_proto as error:
            assert b"[SYS/PERM]" in error.args[0]
            lost += 1
    assert lost > 0
    client.quit()
    assert doctor(server)["problems"] != 0
    assert doctor(server, "--fix")["problems"] == 0
    assert doctor(server) == {"problems": 0, "findings": []}
    assert server.stop() == 0
    assert doctor(server) == {"problems": 0, "findings": []}
