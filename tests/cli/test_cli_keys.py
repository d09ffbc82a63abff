"""`hawknest domain keys`: made with the domain, shown in words and for programs, followed by others, moved with the nest."""

import json
import shutil
import time

import pytest

from hawknest import config, store
from hawknest.accounts import dkim_keys


def found(shell, name="nest.test", *more):
    return json.loads(shell("domain", "keys", name, "--json", *more))


def database(data):
    settings = config.load(data)
    return store.prepare(settings.store(), settings.directory, lambda _: None).connect()


def in_the_dns(data, *selectors, there=True):
    connection = database(data)
    connection.begin()
    for key in dkim_keys.living(connection):
        if key.selector in selectors:
            (dkim_keys.found if there else dkim_keys.not_found)(connection, key.id, time.time())
    connection.commit()
    connection.close()


def test_from_init_to_the_next_keys(shell):
    """`init` and `domain add` make keys; they are told in words; new ones are made once."""
    keys = found(shell)
    assert [(k["algorithm"], k["state"], k["missing"]) for k in keys] == [
        ("rsa-sha256", "new", False),
        ("ed25519-sha256", "new", False),
    ]
    said = shell("domain", "keys", "NEST.test")
    for key in keys:
        assert key["name"] == f"{key['selector']}._domainkey.nest.test"
        assert f"  {key['name']}. TXT\n  {key['record']}" in said
        assert f"{key['selector']}  {key['algorithm']}  not used yet: it signs by itself" in said
    first, second = (key["selector"] for key in keys)
    in_the_dns(shell.data, first, second)
    assert shell("domain", "keys", "nest.test").count("signs since") == 2
    in_the_dns(shell.data, first, there=False)
    assert "enter it again" in shell("domain", "keys", "nest.test")
    said = shell("domain", "keys", "nest.test", "--rotate")
    assert said.startswith("New keys are made.")
    assert [k["state"] for k in found(shell)] == ["active", "active", "new", "new"]
    assert shell("domain", "keys", "nest.test", "--rotate").startswith("New keys wait already")
    third = found(shell)[2]["selector"]
    in_the_dns(shell.data, third, there=False)
    assert "the DNS did not have this record" in shell("domain", "keys", "nest.test")
    in_the_dns(shell.data, third)
    assert f"{first}  rsa-sha256  signs no more; leave its record in the DNS until" in shell(
        "domain", "keys", "nest.test"
    )
    actions = [entry["action"] for entry in json.loads(shell("log", "changes", "--json"))]
    assert actions.count("domain.keys") == 2


def test_domains_of_every_kind(shell):
    shell("domain", "add", "b.test")
    shell("domain", "alias", "c.test", "b.test")
    shell("domain", "add", "[192.0.2.7]")
    assert len(found(shell, "b.test")) == len(found(shell, "c.test")) == 2
    assert found(shell, "[192.0.2.7]") == []
    assert "is an address" in shell("domain", "keys", "[192.0.2.7]")
    shell("domain", "keys", "elsewhere.test", code=1)


def test_in_japanese(shell, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert "レコードが DNS に現れると自動で使い始めます" in shell("domain", "keys", "nest.test")


@pytest.mark.parametrize("same", [True, False])
def test_a_nest_that_moves(shell, tmp_path, same):
    """With `--with-secrets` the sealed keys go along, and are good where `vault.key` does, too."""
    mine = [key["selector"] for key in found(shell)]
    in_the_dns(shell.data, mine[0])
    assert "dkim_key" not in shell("config", "export")
    text = shell("config", "export", "--with-secrets")
    assert "PRIVATE KEY" not in text
    (tmp_path / "nest.toml").write_text(text.replace("nest.test", "nest.test"))
    other = tmp_path / "other"
    shell("init", "--data", str(other), "--profile", "local", "--domain", "first.test")
    if same:
        shutil.copy(shell.data / "vault.key", other / "vault.key")
        (connection := database(other)).begin()
        connection.run(store.Statement("DELETE FROM dkim_key"))
        connection.commit()
        connection.close()
    shell("config", "import", "--data", str(other), str(tmp_path / "nest.toml"))
    assert ("was sealed with another vault.key" in shell.err) is not same
    moved = json.loads(shell("domain", "keys", "nest.test", "--json", "--data", str(other)))
    originals = {key["record"] for key in found(shell)}
    assert ({key["record"] for key in moved} == originals) is same
    assert [key["state"] for key in moved] == ["active" if same else "new", "new"]
