"""Listeners changed by a reload of a running server: opened, closed, moved, and left alone when that cannot be."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from whole.serving import Server


@pytest.fixture(params=[1, 2])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "nest", workers=request.param)
    made.start()
    yield made
    assert made.stop() == 0


def ports(server: Server) -> dict[str, int]:
    return {entry["service"]: entry["port"] for entry in server.status()["listeners"]}


def greets(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        return sock.recv(3)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


@pytest.mark.parametrize("server", [1], indirect=True)
def test_listeners_follow_the_file(server: Server) -> None:
    before = ports(server)
    with server.smtp() as session:
        file = server.directory / "hawknest.toml"
        text, moved = file.read_text(), free_port()
        smtp = text.index('service = "smtp"')
        text = text[:smtp] + text[smtp:].replace("port = 0", f"port = {moved}", 1)
        file.write_text(text + '\n[[listener]]\nservice = "finger"\naddress = "127.0.0.1"\nport = 0\n')
        assert "restart" not in server.hawknest("reload")
        assert session.noop()[0] == 250  # the session goes on, though its port is closed to others
    after = ports(server)
    assert after["smtp"] == moved
    assert greets(moved) == b"220"
    with pytest.raises(ConnectionRefusedError):
        greets(before["smtp"])
    assert {name: port for name, port in after.items() if name not in {"smtp", "finger"}} == {
        name: port for name, port in before.items() if name != "smtp"
    }
    with socket.create_connection(("127.0.0.1", after["finger"]), timeout=5) as sock:
        sock.sendall(b"mia\r\n")
        assert b"nothing to tell" in sock.recv(1000)

    server.hawknest("config", "set", "listener.1.tls", "none")  # on the same port
    server.hawknest("reload")
    server.ports = ports(server)
    with server.smtp() as session:
        session.ehlo()
        assert not session.has_extn("starttls")
    file.write_text(text)
    server.hawknest("reload")
    assert "finger" not in ports(server)
    with pytest.raises(ConnectionRefusedError):
        greets(after["finger"])


@pytest.mark.parametrize("server", [1], indirect=True)
def test_a_port_that_is_taken_changes_nothing(server: Server) -> None:
    before = ports(server)
    with socket.create_server(("127.0.0.1", 0)) as other:
        server.hawknest("config", "set", "listener.2.port", str(other.getsockname()[1]))
        said = server.hawknest("reload", code=1)
        assert "nothing was changed" in said
        assert "the port is in use by" in said
    assert ports(server) == before
    assert greets(before["submission"]) == b"220"
    server.hawknest("reload")  # now that it is free
    assert ports(server)["submission"] != before["submission"]


@pytest.mark.parametrize("server", [2], indirect=True)
def test_several_workers_need_a_restart(server: Server) -> None:
    before = ports(server)
    server.hawknest("config", "set", "listener.1.port", str(free_port()))
    assert "a restart is needed for: listener" in server.hawknest("reload")
    assert ports(server) == before
