"""`hawknest index` and `hawknest restored`, with and without a server."""

import json
import time

import pytest

from hawknest.cli import index
from hawknest.cli.nest import nest
from hawknest.store import leases
from whole.serving import Server

SERVER_LETTERS = 5


def test_the_index_is_told_and_made_again(shell) -> None:
    assert json.loads(shell("index", "status", "--json")) == {"letters": 0, "read": 0}
    assert "0 letters" in shell("index", "rebuild")
    assert json.loads(shell("restored", "--json"))["mailboxes"] >= 6
    assert json.loads(shell("restored", "--vault-lost", "--json"))["mailboxes"] >= 6


def test_letters_are_read_again_as_often_as_is_wanted(shell, tmp_path, monkeypatch) -> None:
    names = iter("abc")
    monkeypatch.setattr(index, "worker_name", lambda: next(names))  # each command is a process of its own
    for name in ("cur", "new", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    (tmp_path / "mail" / "new" / "1.a.b").write_bytes(b"Subject: hello\r\n\r\n")
    shell("import", "mia@nest.test", str(tmp_path / "mail"))
    for _ in range(2):
        assert json.loads(shell("index", "rebuild", "--json")) == {"letters": 1, "read": 1}
        assert json.loads(shell("index", "status", "--json")) == {"letters": 1, "read": 1}
    with nest(shell.data) as here:
        here.write(lambda c: leases.take(c, "indexing", "another", 0.0, 9e9))
    assert "0 of 1 letters" in shell("index", "rebuild")


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path / "nest")
    found.start()
    yield found
    found.stop()


def test_a_running_server_reads_letters_again(server) -> None:
    with server.smtp() as sender:
        for number in range(SERVER_LETTERS):
            sender.sendmail("a@b.example", ["mia@example.org"], b"Subject: %d\r\n\r\nhello\r\n" % number)

    def read() -> int:
        found = json.loads(server.hawknest("index", "status", "--json"))
        assert found["letters"] == SERVER_LETTERS
        return found["read"]

    def wait() -> None:
        end = time.monotonic() + 30
        while read() < SERVER_LETTERS:
            assert time.monotonic() < end
            time.sleep(0.2)

    wait()
    assert "reads 5 letters again" in server.hawknest("index", "rebuild")
    wait()
