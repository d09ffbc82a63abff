"""`hawknest selftest` against a real server, and against what is broken."""

import json
import poplib
import re
import socket
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "whole"))

from serving import Server

from hawknest import store
from hawknest.accounts import users
from hawknest.cli import selftest
from hawknest.post.selftest import probes
from hawknest.post.selftest.probes import Failed, Listener
from hawknest.post.selftest.words import SELFTEST
from hawknest.store import Statement, letters


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = Server(tmp_path_factory.mktemp("served") / "nest")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def run(empty_shell, server, monkeypatch):
    """The self-test of the running server; gives its steps that failed."""
    monkeypatch.setenv("HAWKNEST_DATA", str(server.directory))

    def run(*words):
        found = json.loads(empty_shell("selftest", "--json", *words, code=None))
        assert found["ok"] is (empty_shell.code == 0)
        assert do(server, lambda c: c.all(Statement("SELECT 1 FROM token"))) == []  # whatever happened
        return {step["step"]: step["what"].get("said", "") for step in found["steps"] if not step["ok"]}

    run.shell = empty_shell
    return run


def do(server, job):
    connection = store.database(store.Settings(), server.directory).connect()
    try:
        connection.begin()
        result = job(connection)
        connection.commit()
    finally:
        connection.close()
    return result


def inbox(server, address="mia@example.org"):
    return do(server, lambda c: letters.inbox(c, users.get(c, address).id)[2])


def test_all_is_well_and_nothing_is_left(server, run):
    assert run("--to", "mia@example.org") == {}
    assert inbox(server) == []
    do(server, lambda c: users.change(c, "tom@example.org", admin=True))
    out = run.shell("selftest")
    assert "tom@example.org can log in, with a one-time token" in out
    assert "Everything works" in out
    for words in (
        "smtp answers",
        "pop3s on port",
        "encryption begins",
        "cannot send to elsewhere",
        "gone again",
    ):
        assert words in out
    assert do(server, lambda c: c.all(Statement("SELECT 1 FROM exemption"))) == []


def test_a_pause_in_receiving_is_no_open_relay(server, run):
    run.shell("suspend", "--receiving")
    try:
        assert run("--to", "mia@example.org") == {}
    finally:
        run.shell("resume", "--receiving")


def test_a_mailbox_with_letters_keeps_them(server, run):
    with server.smtp() as client:
        client.sendmail("ann@example.com", ["mia@example.org"], b"Subject: x\r\n\r\nhello\r\n")
    before = inbox(server)
    assert run("--to", "mia@example.org") == {}
    assert inbox(server) == before


def test_an_exemption_of_this_machine_is_found_and_shown_in_the_status(server, run):
    run.shell("exempt", "add", "127.0.0.1", "--hours", "1")
    try:
        assert set(run("--to", "mia@example.org")) == {"relay"}
        assert "127.0.0.1: everybody there may send" in run.shell("status")
        out = run.shell("selftest", "--to", "mia@example.org", code=1)
        assert "hawknest exempt remove" in out
    finally:
        run.shell("exempt", "remove", "127.0.0.1")
    assert "everybody there" not in run.shell("status")
    assert json.loads(run.shell("status", "--json"))["exempt"] == []


def test_a_letter_that_is_sent_on_is_named(server, run):
    do(server, lambda c: users.change(c, "mia@example.org", forward=("tom@example.org",), keep_copy=False))
    try:
        probe = pytest.MonkeyPatch()
        probe.setattr("hawknest.post.selftest.steps.PATIENCE", 0.3)
        assert set(run("--to", "mia@example.org")) == {"filed"}
        probe.undo()
    finally:
        do(server, lambda c: users.change(c, "mia@example.org", forward=(), keep_copy=True))


def test_a_mailbox_in_use_is_told_and_the_letter_removed_all_the_same(server, run):
    before = inbox(server)
    client = poplib.POP3("127.0.0.1", server.ports["pop3"], timeout=10)
    client.user("mia")
    client.pass_("sesame street 9")
    try:
        found = run("--to", "mia@example.org")
    finally:
        client.quit()
    assert set(found) == {"read"}
    assert "IN-USE" in found["read"]
    assert inbox(server) == before


def test_addresses_that_cannot_be_tried(server, run):
    for address in ("team@example.org", "nobody@example.org", "kim@far.test"):
        run.shell("selftest", "--to", address, code=1)
        assert "--to" in run.shell.err or "not a domain" in run.shell.err


def test_a_server_that_does_not_run(shell):
    found = json.loads(shell("selftest", "--json", code=1))
    assert [(step["step"], step["ok"]) for step in found["steps"]] == [("running", False)]
    assert "hawknest serve" in found["steps"][0]["advice"]


@pytest.mark.parametrize("missing", ["submission", "pop3"])
def test_a_server_without_a_way_in_for_mail_programs(server, run, monkeypatch, missing):
    plain = selftest.ask

    def without(*words, **more):
        status = plain(*words, **more)
        return status | {"listeners": [e for e in status["listeners"] if missing not in e["service"]]}

    monkeypatch.setattr(selftest, "ask", without)
    before = inbox(server)
    assert set(run("--to", "mia@example.org")) == {"no-service"}
    assert inbox(server) == before


@pytest.fixture
def fake():
    """A port whose peer gets some octets and then nothing more."""
    opened = []

    def serve(octets):
        sock = socket.create_server(("127.0.0.1", 0))
        opened.append(sock)

        def talk():
            try:
                while True:
                    peer, _ = sock.accept()
                    with peer:
                        peer.sendall(octets)
            except OSError:
                pass

        threading.Thread(target=talk, daemon=True).start()
        return sock.getsockname()[1]

    yield serve
    for sock in opened:
        sock.shutdown(socket.SHUT_RDWR)
        sock.close()


@pytest.mark.parametrize("service", ["smtp", "pop3", "submissions", "pop3s"])
@pytest.mark.parametrize(
    "said", [b"", b"nonsense\r\n", b"220 x\r\n500 no\r\n", b"+OK\r\n-ERR no\r\n", b"\0" * 5000]
)
def test_whatever_a_port_says_is_a_failure_in_words(fake, service, said):
    listener = Listener(service, "127.0.0.1", fake(said), "implicit" if service.endswith("s") else "starttls")
    relay = partial(probes.relay, ours="mia@example.org")
    for probe in (probes.handshake, relay):
        if probe is relay and not listener.speaks_smtp:
            continue
        with pytest.raises(Failed) as failed:
            probe(listener)
        assert str(failed.value)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with pytest.raises(Failed, match="refused"):
        probes.greeting(Listener("smtp", "0.0.0.0", port, "none"))


def test_every_step_has_words_and_advice():
    kinds = {key for key in SELFTEST if not key.endswith("-do")}
    kinds -= {f"selftest-{word}" for word in ("ok", "failed", "said", "well", "ill")}
    for kind in kinds:
        for language in (0, 1):
            known = set(re.findall(r"{(\w+)}", SELFTEST[kind][0])) | {"directory"}
            assert set(re.findall(r"{(\w+)}", SELFTEST[f"{kind}-do"][language])) <= known, kind
