"""Profiles by command, and what `status` warns of."""

import json

import pytest

from hawknest.net.gateway import Gateways


def test_the_profile_of_old_and_back(shell):
    assert shell("config", "profile").startswith("Profile: recommended\n")
    assert shell.err == ""
    shell("config", "set", "queue_days", "2")
    said = shell("config", "profile", "original")
    assert "Profile: original" in said
    assert "sender_policy       off" in said
    assert "message_size_limit  5242880" in said
    assert shell.err.startswith("Warning")
    assert "under any name" in shell.err
    found = json.loads(shell("config", "profile", "--json"))
    assert (found["profile"], found["weaker"]) == ("original", ["sender_policy"])
    assert found["policies"]["message_size_limit"] == 5 * 1024 * 1024
    shell("config", "profile", "recommended")
    assert shell.err == ""
    assert shell("config", "get", "queue_days") == "2.0\n"
    shell("config", "profile", "best", code=2)


def test_the_status_says_so_while_it_holds(shell, monkeypatch):
    assert "Profile" not in shell("status", code=1)
    shell("config", "profile", "original")
    said = shell("status", code=1)
    assert "Profile      original" in said
    assert "Warning      whoever may send may do so under any name" in said
    found = json.loads(shell("status", "--json", code=1))
    assert (found["profile"], found["weaker"], found["routers_not_exempt"]) == (
        "original",
        ["sender_policy"],
        [],
    )
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert "警告" in shell("status", code=1)
    assert "互換" in shell("status", code=1)
    shell("config", "profile", "original")
    assert "他人のアドレス" in shell.err


@pytest.mark.parametrize("name", ["pop_before_smtp", "cram_md5", "clear_login", "mend_newlines"])
def test_each_weaker_mode_is_a_warning(shell, name):
    shell("config", "set", name, "on")
    assert f"({name} is on)" in shell("status", code=1)
    assert json.loads(shell("status", "--json", code=1))["weaker"] == [name]


def test_the_router_is_no_machine_to_exempt_by_the_way(shell, monkeypatch):
    """PARITY 61."""
    monkeypatch.setattr(Gateways, "__call__", lambda _: frozenset({"192.168.1.1"}))
    for spec in ("192.168.1.1", "192.168.1.*"):
        shell("exempt", "add", spec, code=1)
        assert "is this network's router" in shell.err
    shell("exempt", "add", "192.168.1.2-9")
    assert shell.err == ""
    shell("exempt", "add", "192.168.1.*", "--confirm")
    assert "not the router 192.168.1.1" in shell.err
    assert "Warning      the router 192.168.1.1 lies in a range" in shell("status", code=1)
    shell("exempt", "add", "192.168.1.1", "--confirm")
    assert "router" not in shell("status", code=1)
