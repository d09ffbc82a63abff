"""A nest to run commands on."""

import io
import sys

import pytest

from hawknest import cli


class Shell:
    """Runs commands in this process and keeps what they print."""

    def __init__(self, data, capsys, monkeypatch):
        self.data = data
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.err = ""
        self.code = 0

    def __call__(self, *words, stdin="", code=0):
        octets = stdin if isinstance(stdin, bytes) else stdin.encode()
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets), "utf-8"))
        try:
            found = cli.run(words)
        except SystemExit as left:  # what was typed wrong
            found = left.code
        out, self.err = self._capsys.readouterr()
        self.code = found
        assert code in {found, None}, (words, found, out, self.err)  # None: any will do
        if code == 1 and out == "":
            assert self.err.count("\n") == 1
            assert "Traceback" not in self.err
        return out


@pytest.fixture
def empty_shell(tmp_path, capsys, monkeypatch):
    """No nest yet; $HAWKNEST_DATA says where it would be."""
    data = tmp_path / "nest"
    for name in ("LC_ALL", "LC_MESSAGES", "HAWKNEST_DEBUG", "HAWKNEST_SMTP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("HAWKNEST_DATA", str(data))
    return Shell(data, capsys, monkeypatch)


@pytest.fixture
def shell(empty_shell):
    """A nest with the domain nest.test and its administrator mia."""
    empty_shell(
        *("init", "--hostname", "mail.nest.test", "--domain", "nest.test", "--admin", "mia@nest.test"),
        *("--profile", "local", "--password-stdin"),
        stdin="a fine long phrase\n",
    )
    return empty_shell
