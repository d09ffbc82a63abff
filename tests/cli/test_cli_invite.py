"""`hawknest invite`: off from the start, links that are shown once, people who are admitted or not."""

import json

from hawknest.accounts import signup
from hawknest.accounts.passwords import Secrets
from hawknest.accounts.users import User
from hawknest.cli.nest import nest


def ask(shell, address):
    with nest(shell.data) as here:
        user, kept = User(address=address, real_name="Noor"), Secrets("hash", "{}")
        here.write(
            lambda c: signup.apply(c, user, kept, language="", note="hello", peer="192.0.2.9", now=9e9)
        )


def test_off_from_the_start(shell):
    shell("invite", "add", "nest.test", code=1)
    assert "config set sign_up invited" in shell.err
    shell("config", "set", "sign_up", "anybody", code=1)


def test_invitations(shell):
    shell("config", "set", "sign_up", "invited")
    said = shell("invite", "add", "nest.test", "--note", "for Noor", "--count", "2")
    assert "http://127.0.0.1:8080/join#" in said
    made = json.loads(shell("invite", "add", "noor@nest.test", "--json"))
    secret = made["link"].partition("#")[2]
    listed = shell("invite", "list")
    assert "for Noor" in listed
    assert "noor@nest.test" in listed
    assert "nobody asks for an account" in listed
    assert secret not in listed
    shell("invite", "remove", made["id"])
    assert "noor@nest.test" not in shell("invite", "list")
    shell("invite", "remove", made["id"], code=1)
    shell("invite", "add", "postmaster@nest.test", code=1)
    assert "speaks for nest.test" in shell.err


def test_people_who_ask(shell, monkeypatch):
    shell("config", "set", "sign_up", "approved")
    ask(shell, "noor@nest.test")
    ask(shell, "kim@nest.test")
    listed = json.loads(shell("invite", "list", "--json"))["applicants"]
    assert {one["address"] for one in listed} == {"noor@nest.test", "kim@nest.test"}
    assert "noor@nest.test has an account now" in shell("invite", "admit", "noor@nest.test")
    assert json.loads(shell("user", "show", "noor@nest.test", "--json"))["has_password"]
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert "kim@nest.test" in shell("invite", "list")
    assert "取り下げ" in shell("invite", "refuse", "kim@nest.test")
    shell("invite", "refuse", "kim@nest.test", code=1)
