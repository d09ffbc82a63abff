"""`hawknest index` and `hawknest restored`, with and without a server."""

import json
import time

import pytest

from whole.serving import Server

SERVER_LETTERS = 5


def test_the_index_is_told_and_made_again(shell) -> None:
    assert json.loads(shell("index", "status", "--json")) == {"letters": 0, "read": 0}
    assert "0 letters" in shell("index", "rebuild")
    assert json.loads(shell("restored", "--json"))["mailboxes"] >= 6


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
