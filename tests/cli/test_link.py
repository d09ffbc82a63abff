"""One-time links on the command line: made by init and link, and drawn for the camera of a phone."""

import json
import re
import time

import pytest
import segno

from hawknest import store
from hawknest.accounts import links, second, users
from hawknest.cli import pages
from hawknest.config import load
from hawknest.store import Statement

ADDRESS = re.compile(r"(https?://\S+?)/welcome#([\w-]{32})\b")


def do(shell, job):
    settings = load(shell.data)
    connection = store.prepare(settings.store(), settings.directory, lambda _: None).connect()
    connection.begin()
    try:
        return job(connection)
    finally:
        connection.commit()
        connection.close()


def look(shell, secret, now=None):
    return do(shell, lambda c: links.look(c, secret, now or time.time()))


def test_init_ends_with_a_link(empty_shell):
    words = ("--hostname", "mail.nest.test", "--admin", "mia@nest.test", "--profile", "local")
    out = empty_shell("init", *words, "--password-stdin", stdin="a fine long phrase\n")
    base, secret = ADDRESS.search(out).groups()
    assert base == "http://127.0.0.1:8080"  # no certificate to ask about
    assert look(empty_shell, secret) == links.Link(1, "mia@nest.test", "", first=True)
    assert out.count(secret) == 1
    assert "24 hours" in out
    assert "█▀▀" in out or "▄▄▄" in out


def test_a_nest_can_begin_with_nobody(empty_shell):
    told = json.loads(empty_shell("init", "--profile", "local", "--json"))
    assert set(told) == {"data", "hostname", "links"}
    secret = told["links"][0].partition("#")[2]
    assert look(empty_shell, secret) == links.Link(0, "", "", first=True)
    again = json.loads(empty_shell("link", "--json"))
    assert again["user"] is None
    assert again["seconds"] == 86400
    assert look(empty_shell, secret) is None  # the newest is the only one
    assert look(empty_shell, again["links"][0].partition("#")[2])
    empty_shell("init", "--data", str(empty_shell.data / "other"), "--prompt", "--profile", "local", code=1)


def test_a_nest_on_the_internet_is_administered_on_a_port_of_its_own(empty_shell):
    out = empty_shell("init", "--hostname", "mail.example.org", "--domain", "example.org")
    assert next(base for base, _ in ADDRESS.findall(out)) == "https://mail.example.org:8443"
    do(empty_shell, lambda c: users.add(c, users.User(address="tom@example.org"), None, 0.0))
    told = json.loads(empty_shell("link", "tom@example.org", "--json"))
    assert told["links"][0].startswith(
        "https://mail.example.org/welcome#"
    )  # his own pages are on the usual one


def test_link_signs_somebody_in(shell):
    told = json.loads(shell("link", "mia@nest.test", "--json"))
    assert (told["user"], told["seconds"]) == ("mia@nest.test", 900)
    secret = told["links"][0].partition("#")[2]
    assert look(shell, secret) == links.Link(1, "mia@nest.test", "", first=False)
    assert secret not in repr(do(shell, lambda c: c.all(Statement("SELECT * FROM link"))))
    assert secret not in repr(do(shell, lambda c: c.all(Statement("SELECT * FROM audit"))))
    assert json.loads(shell("link", "--json"))["user"] == "mia@nest.test"  # the one administrator
    assert "15 minutes" in shell("link")


def test_link_refuses(shell):
    shell("link", "nobody@nest.test", code=1)
    shell("user", "add", "tom@nest.test", "--admin")
    shell("link", code=1)
    assert "hawknest link mia@nest.test" in shell.err
    shell("user", "change", "tom@nest.test", "--no-active")
    shell("link", "tom@nest.test", code=1)
    assert "switched off" in shell.err


def test_a_lost_second_factor_is_taken_away(shell):
    def lose(connection):
        second.begin(connection, 1, "mia@nest.test", "nest")
        connection.run(Statement("UPDATE totp SET confirmed_at = 1"))
        return second.standing(connection, 1).asked

    assert do(shell, lose)
    shell("link", "mia@nest.test")
    assert do(shell, lambda c: second.standing(c, 1).asked)
    shell("link", "mia@nest.test", "--forget-second")
    assert not do(shell, lambda c: second.standing(c, 1).asked)


@pytest.mark.parametrize("language", ["C.UTF-8", "ja_JP.UTF-8"])
def test_where_there_are_no_pages(shell, monkeypatch, language):
    monkeypatch.setenv("LANG", language)
    for number, entry in enumerate(load(shell.data).contents.listener, 1):
        if entry.service in {"http", "https"}:
            shell("config", "set", f"listener.{number}.enabled", "false")
    assert "hawknest link" in shell("link", "mia@nest.test")
    assert json.loads(shell("link", "mia@nest.test", "--json"))["links"] == []


def test_a_drawn_code_is_the_code():
    """Each sign is two squares, one above the other."""
    text = "http://127.0.0.1:8080/welcome#" + "x" * 32
    squares = []
    for line in pages.drawn(text, colour=False):
        signs = line[2:]
        squares += [[s in "▄ " for s in signs], [s in "▀ " for s in signs]]
    wanted = [
        [bool(dark) for dark in row] for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)
    ]
    assert squares[: len(wanted)] == wanted
