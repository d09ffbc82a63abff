"""One huge letter, in by SMTP and out by POP3, in constant memory."""

import hashlib
import os
import socket
import threading
from pathlib import Path

import pytest
from serving import PASSWORD, Server

MEGABYTES = 1024 if os.environ.get("HAWKNEST_BIG") else 256
LIMIT = 200_000_000  # octets of memory, whatever the letter's size
BLOCK = (b"0123456789" * 7 + b"\r\n") * 14563  # about 1 MB of lines


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_memory_does_not_grow_with_the_letter(tmp_path: Path) -> None:
    server = Server(tmp_path / "nest")
    _set_limit(server)
    server.start()
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak[0] = max(peak[0], server.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        sent, size = _send(server)
        received, got = _receive(server)
    finally:
        done.set()
        watcher.join()
        server.stop()
    assert got == size
    assert received == sent
    assert 0 < peak[0] < LIMIT, f"{peak[0] / 1e6:.0f} MB"


def _set_limit(server: Server) -> None:
    from hawknest import store
    from hawknest.accounts import settings

    connection = store.prepare(store.Settings(), server.directory, lambda _: None).connect()
    connection.begin()
    settings.set_policy(connection, "message_size_limit", "0")
    connection.commit()
    connection.close()


def _send(server: Server) -> tuple[str, int]:
    digest = hashlib.sha256()
    with (
        socket.create_connection(("127.0.0.1", server.ports["smtp"]), timeout=120) as sock,
        sock.makefile("rb") as file,
    ):
        for line in (b"", b"EHLO x", b"MAIL FROM:<ann@example.com>", b"RCPT TO:<mia@example.org>", b"DATA"):
            if line:
                sock.sendall(line + b"\r\n")
            while file.readline()[3:4] == b"-":
                pass
        for _ in range(MEGABYTES):
            digest.update(BLOCK)
            sock.sendall(BLOCK)
        sock.sendall(b".\r\n")
        assert file.readline().startswith(b"250")
        sock.sendall(b"QUIT\r\n")
    return digest.hexdigest(), MEGABYTES * len(BLOCK)


def _receive(server: Server) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with (
        socket.create_connection(("127.0.0.1", server.ports["pop3"]), timeout=120) as sock,
        sock.makefile("rb") as file,
    ):
        file.readline()
        for line in (b"USER mia@example.org", f"PASS {PASSWORD}".encode(), b"RETR 1"):
            sock.sendall(line + b"\r\n")
            assert file.readline().startswith(b"+OK")
        while (line := file.readline()).startswith((b"Return-Path", b"Received", b"\t")):
            pass
        while line != b".\r\n":
            digest.update(line)
            size += len(line)
            line = file.readline()
        sock.sendall(b"QUIT\r\n")
    return digest.hexdigest(), size
