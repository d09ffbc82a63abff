"""A real server, led by the commands: start, status, letters, suspend, resume, reload, stop."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hawknest import config
from hawknest.app.process import check_access

SERVE = [sys.executable, "-m", "hawknest", "serve"]


def refusal():
    """What a server that cannot start says: one line."""
    done = subprocess.run(
        SERVE, env=dict(os.environ), capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1, done
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("hawknest: ")]
    return line


@pytest.fixture
def running(shell):
    """The nest of `shell`, serving SMTP on a free port."""
    listener = config.Listener(service="smtp", address="127.0.0.1", port=0, tls=config.Tls.STARTTLS)
    contents = config.Contents(hostname="mail.nest.test", profile=config.Profile.LOCAL, listener=[listener])
    (shell.data / config.FILE).write_text(config.render(contents))
    command = [sys.executable, "-m", "hawknest", "serve"]
    server = subprocess.Popen(
        command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 30
    while not (shell.data / "run" / "control.sock").exists():
        assert server.poll() is None, server.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    yield shell
    if server.poll() is None:
        server.terminate()
    server.communicate(timeout=30)


def test_the_life_of_a_server(running):
    found = json.loads(running("status", "--json"))
    assert {key: found[key] for key in ("state", "delivery", "connections", "pending", "delivering")} == {
        "state": "running",
        "delivery": "on",
        "connections": 0,
        "pending": 0,
        "delivering": 0,
    }
    (listener,) = found["listeners"]
    assert (listener["service"], listener["address"], listener["tls"]) == ("smtp", "127.0.0.1", "starttls")
    assert listener["port"] > 0
    assert str(listener["port"]) in running("status")

    letter = "From: tom@far.example\nTo: mia@nest.test\nBcc: postmaster@nest.test\nSubject: x\n\nhello\n"
    running("sendmail", "-t", "-f", "tom@far.example", stdin=letter)
    assert "filed for mia@nest.test" in running("log", "trace", "tom@far.example")
    running("sendmail", "nobody@nest.test", stdin="Subject: x\n\nhello\n", code=67)
    running("sendmail", "mia@far.example", stdin="Subject: x\n\nhello\n", code=77)
    assert "exempt add" in running.err
    running("exempt", "add", "127.0.0.1")
    running("suspend")
    assert json.loads(running("status", "--json"))["delivery"] != "on"
    running("sendmail", "-f", "mia@nest.test", "kim@far.invalid", stdin="Subject: x\n\nhello\n")
    assert json.loads(running("status", "--json"))["pending"] == 1
    running("queue", "drop", "all", "--yes")
    running("resume")
    assert json.loads(running("status", "--json"))["delivery"] == "on"

    running("suspend", "--receiving")
    assert json.loads(running("status", "--json"))["receiving"] == "suspended"
    assert "--receiving" in running("status")
    running("sendmail", "-f", "tom@far.example", "mia@nest.test", stdin="Subject: x\n\nhello\n")
    running("resume", "--receiving")
    assert json.loads(running("status", "--json"))["receiving"] == "on"

    running("config", "set", "log.level", "debug")
    assert "in use" in running("reload")
    running("config", "set", "workers", "2")
    assert "restart" in running("reload")
    running("config", "set", "workers", "1")
    running("reload")
    assert "accepted" in running("log", "show", "--category", "delivery")
    assert running("log", "show", "--category", "finger") == ""

    assert "running here already" in refusal()
    assert "stopped" in running("stop")
    assert json.loads(running("status", "--json", code=1))["state"] == "stopped"


def test_a_port_in_use_is_told_with_its_holder(shell, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        shell("config", "set", "listener.1.port", str(other.getsockname()[1]))
        assert (
            f"is in use by {Path('/proc/self/comm').read_text().strip()} (process {os.getpid()})" in refusal()
        )
        monkeypatch.setenv("LANG", "ja_JP.UTF-8")
        assert "このポートはほかのプログラムが使っています" in refusal()


def test_data_that_the_server_may_not_write_is_said_at_the_start(tmp_path, monkeypatch):
    (tmp_path / "blobs").mkdir()
    check_access(tmp_path)
    for name in ("blobs", "log-of-ours"):
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.setattr(os, "access", lambda path, mode, name=name: path.name != name)
        with pytest.raises(config.ConfigError, match=f"who may not write {tmp_path}/{name}; .*chown -R"):
            check_access(tmp_path, tmp_path / "log-of-ours")
