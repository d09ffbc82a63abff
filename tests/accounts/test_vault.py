"""What is sealed can be opened with the nest's own key, for the purpose that it was sealed for, and no other way."""

import stat
from dataclasses import replace

import pytest

from hawknest.accounts import dkim_keys, domains, vault
from hawknest.accounts.vault import FILE, VaultError
from hawknest.store import Connection
from signed import pair


def test_it_is_made_once_and_for_us_alone(tmp_path):
    first = vault.at(tmp_path)
    assert vault.at(tmp_path) == first
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert "key" not in repr(first)
    (tmp_path / FILE).unlink()
    assert vault.at(tmp_path) != first


def test_sealed_and_opened(tmp_path):
    ours = vault.at(tmp_path)
    sealed = ours.seal(b"a key", "dkim example.org s1")
    assert sealed != ours.seal(b"a key", "dkim example.org s1")
    assert ours.open(sealed, "dkim example.org s1") == b"a key"
    for other, purpose in (
        (ours, "dkim example.org s2"),
        (replace(ours, key=bytes(32)), "dkim example.org s1"),
    ):
        with pytest.raises(VaultError, match=r"put the vault\.key back"):
            other.open(sealed, purpose)
    for spoiled in ("", "x", sealed[:20], "A" + sealed[1:] if sealed[0] != "A" else "B" + sealed[1:]):
        with pytest.raises(VaultError):
            ours.open(spoiled, "dkim example.org s1")


def test_a_spoiled_file(tmp_path):
    for octets in (b"", b"short", b"\xff\xff", b"QUJD"):
        (tmp_path / FILE).write_bytes(octets)
        with pytest.raises(VaultError, match="holds no key"):
            vault.at(tmp_path)


def test_another_key_is_found_out_at_the_start(tmp_path, connection: Connection):
    ours = vault.at(tmp_path)
    vault.prove(connection, ours)
    vault.prove(connection, ours)
    (tmp_path / FILE).unlink()
    with pytest.raises(VaultError, match="from the backup, or from the other machine"):
        vault.prove(connection, vault.at(tmp_path))


def test_one_that_is_lost_for_good(tmp_path, connection: Connection):
    """The server goes on with another: new keys get names that were never given, for the old ones stand in the DNS."""
    domains.add(connection, "example.org", 1.0)
    ours = vault.at(tmp_path)
    vault.prove(connection, ours)
    before = dkim_keys.complete(connection, ours, "example.org", pair(), 1.0)
    (tmp_path / FILE).unlink()
    another = vault.at(tmp_path)
    with pytest.raises(VaultError, match="hawknest restored --vault-lost"):
        vault.prove(connection, another)
    vault.give_up(connection)
    vault.prove(connection, another)
    assert dkim_keys.published(connection, "example.org") == []
    after = dkim_keys.complete(connection, another, "example.org", pair(), 1.0)
    assert not {key.selector for key in before} & {key.selector for key in after}
