"""Commands sent in the clear behind STARTTLS or STLS, over real sockets and real TLS: none of them counts. RFC 3207 §4.2, RFC 2595 §4."""

import socket
import ssl
import time
from collections.abc import Iterator
from typing import Self

import pytest

from interop.test_clients import insecure
from whole.serving import PASSWORD, Server

pytestmark = pytest.mark.peer

SMTP_INJECTED = [
    b"MAIL FROM:<evil@example.com>\r\n",
    b"EHLO evil.example\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<mia@example.org>\r\nDATA\r\n",
    b"RSET\r\n",
    b"NOOP\r",  # the end of it would come in TLS
]
POP3_INJECTED = [
    b"USER mia@example.org\r\n",
    b"USER mia@example.org\r\nPASS " + PASSWORD.encode() + b"\r\n",
    b"CAPA\r\n",
    b"NOOP\r",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("injection") / "nest")
    made.start()
    yield made
    assert made.stop() == 0


class Client:
    """One connection, line by line."""

    def __init__(self, port: int) -> None:
        self.sock: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, octets: bytes) -> None:
        self.sock.sendall(octets)

    def line(self) -> bytes:
        """One line and no octet more: what follows may be TLS."""
        line = b""
        while not line.endswith(b"\r\n"):
            octet = self.sock.recv(1)
            assert octet, line
            line += octet
        return line

    def reply(self) -> bytes:
        """A reply of SMTP, to its last line."""
        while (line := self.line())[3:4] == b"-":
            pass
        return line

    def secure(self) -> None:
        """Take up TLS."""
        self.sock = insecure().wrap_socket(self.sock)

    def silent(self) -> bool:
        """Whether the server has nothing more to say."""
        self.sock.settimeout(0.3)
        try:
            return self.sock.recv(1) == b"\0"
        except (TimeoutError, ssl.SSLWantReadError):
            return True
        finally:
            self.sock.settimeout(10)


@pytest.mark.parametrize("apart", [False, True], ids=["one segment", "two segments"])
@pytest.mark.parametrize("injected", SMTP_INJECTED)
@pytest.mark.parametrize("service", ["smtp", "submission"])
def test_smtp(server: Server, service: str, injected: bytes, apart: bool) -> None:
    with Client(server.ports[service]) as client:
        client.reply()
        client.send(b"EHLO x\r\n")
        client.reply()
        send_both(client, b"STARTTLS\r\n", injected, apart)
        assert client.line().startswith(b"220")
        if not upgraded(client):
            assert apart
            return
        assert client.silent()
        client.send(b"MAIL FROM:<ann@example.com>\r\n")
        assert client.reply().startswith(b"503"), "what was said before TLS is forgotten, the greeting too"
        client.send(b"EHLO x\r\n")
        assert client.reply().startswith(b"250")


@pytest.mark.parametrize("apart", [False, True], ids=["one segment", "two segments"])
@pytest.mark.parametrize("injected", POP3_INJECTED)
def test_pop3(server: Server, injected: bytes, apart: bool) -> None:
    with Client(server.ports["pop3"]) as client:
        client.line()
        send_both(client, b"STLS\r\n", injected, apart)
        assert client.line().startswith(b"+OK")
        if not upgraded(client):
            assert apart
            return
        assert client.silent()
        client.send(b"PASS " + PASSWORD.encode() + b"\r\n")
        assert client.line().startswith(b"-ERR"), "the injected USER counts for nothing"
        client.send(b"STAT\r\n")
        assert client.line().startswith(b"-ERR")
        client.send(b"USER mia@example.org\r\nPASS " + PASSWORD.encode() + b"\r\n")
        assert client.line().startswith(b"+OK")
        assert client.line().startswith(b"+OK")


def send_both(client: Client, word: bytes, injected: bytes, apart: bool) -> None:
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if apart:  # behind the word, before anybody could have read its answer
        client.send(word)
        time.sleep(0.001)
        client.send(injected)
    else:
        client.send(word + injected)


def upgraded(client: Client) -> bool:
    """Take up TLS; octets that came after the switch are no TLS, and end the connection."""
    try:
        client.secure()
    except (ssl.SSLError, ConnectionError):
        return False
    return True


def test_nothing_that_was_injected_became_a_letter(server: Server) -> None:
    test_smtp(server, "smtp", SMTP_INJECTED[1], apart=False)
    assert server.status()["pending"] == 0
    log = "".join(path.read_text() for path in (server.directory / "log").glob("*.log"))
    assert "evil@example.com" not in log
