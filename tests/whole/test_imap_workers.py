"""Several workers: whoever waits in IDLE hears of a letter that another worker took in."""

import contextlib
import imaplib
from pathlib import Path

import pytest
from serving import PASSWORD, Server

from stores import Cluster

CLIENTS = 8


def idling(server: Server) -> imaplib.IMAP4:
    client = imaplib.IMAP4("127.0.0.1", server.ports["imap"], timeout=20)
    client.login("mia@example.org", PASSWORD)
    client.select("INBOX")
    client.send(b"i IDLE\r\n")
    assert client.readline().startswith(b"+")
    return client


def hear(client: imaplib.IMAP4, wanted: bytes) -> None:
    """Read on until something is told; the socket's own time limit ends a wait in vain."""
    while not client.readline().startswith(wanted):
        pass


def play(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        clients = [idling(server) for _ in range(CLIENTS)]
        for client in clients:
            stack.callback(client.shutdown)
        for number in range(1, 4):
            with server.smtp() as sender:
                sender.sendmail("ann@example.com", ["mia@example.org"], b"Subject: x\r\n\r\nhello\r\n")
            for client in clients:
                hear(client, b"* %d EXISTS" % number)


def test_workers_of_one_machine(tmp_path: Path) -> None:
    server = Server(tmp_path / "nest", workers=2)
    server.start()
    try:
        play(server)
    finally:
        server.stop()


@pytest.mark.slow
def test_workers_over_postgresql(tmp_path: Path) -> None:
    try:
        cluster = Cluster()
    except FileNotFoundError:
        pytest.skip("PostgreSQL is not installed")
    server = Server(tmp_path / "nest", workers=2, database=cluster.url(cluster.create()))
    try:
        server.start()
        play(server)
    finally:
        server.stop()
        cluster.stop()
