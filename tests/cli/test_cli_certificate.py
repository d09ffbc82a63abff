"""The command of certificates on a nest that does not run: what it tells, wants and refuses; and who else tells of trouble."""

import contextlib
import json
import time

from hawknest import store
from hawknest.accounts import authority
from hawknest.accounts.authority import Wish
from hawknest.net.acme import LETSENCRYPT, STAGING
from hawknest.store import certificates
from hawknest.store.certificates import Kept


def change(shell, job):
    with contextlib.closing(store.database(store.Settings(), shell.data).connect()) as connection:
        connection.begin()
        job(connection)
        connection.commit()


def test_named_at_init(empty_shell):
    words = ("--hostname", "mail.example.org", "--domain", "example.org", "--admin", "mia@example.org")
    out = empty_shell("init", *words, "--certificates-of", "letsencrypt")
    assert "hawknest certificate on" not in out
    found = json.loads(empty_shell("certificate", "show", "--json"))
    assert (found["on"], found["authority"]) == (True, "letsencrypt")
    assert found["agreed_at"] > time.time() - 60
    assert found["terms"].startswith("https://letsencrypt.org/")


def test_not_named_at_init(empty_shell):
    words = ("--hostname", "mail.example.org", "--domain", "example.org")
    assert "hawknest certificate on" in empty_shell("init", *words)
    assert json.loads(empty_shell("certificate", "show", "--json"))["on"] is False


def test_no_such_authority(empty_shell):
    empty_shell("init", "--profile", "local", "--certificates-of", "http://ca.example", code=1)
    assert "https" in empty_shell.err
    assert not empty_shell.data.exists()


def test_what_is_told(shell, monkeypatch):
    assert "certificate on" in shell("certificate", "show")
    now = time.time()
    good = Kept(
        subject="mx.example.org",
        ca=LETSENCRYPT,
        wanted=("mx.example.org",),
        names=("mx.example.org",),
        chain="x",
        key="x",
        pin="5e" * 32,
        begins_at=now - 1,
        ends_at=now + 90 * 86400,
        renew_at=now + 60 * 86400,
    )
    none = Kept(
        subject="example.org",
        ca=LETSENCRYPT,
        wanted=("mail.example.org",),
        renew_at=now + 600,
        failures=1,
        problem="connection",
        about="mail.example.org",
        detail="192.0.2.1: timeout",
    )
    trial = Kept(
        subject="mx.example.org", ca=STAGING, names=("mx.example.org",), begins_at=now, ends_at=now + 9e6
    )

    def job(connection):
        authority.want(connection, Wish(ca=LETSENCRYPT, agreed_at=now))
        for one in (good, none, trial):
            certificates.put(connection, one)

    change(shell, job)
    out = shell("certificate", "show")
    for part in (
        "Let's Encrypt",
        "good until",
        f"3 1 1 {'5e' * 32}",
        "could not reach mail.example.org",
        "192.0.2.1: timeout",
        "for trial only",
    ):
        assert part in out, part
    found = json.loads(shell("certificate", "show", "--json"))
    assert [(one["subject"], one["authority"], one["shown"]) for one in found["certificates"]] == [
        ("example.org", "letsencrypt", False),
        ("mx.example.org", "letsencrypt", True),
        ("mx.example.org", "staging", False),
    ]
    assert '"key"' not in shell("certificate", "show", "--json")
    assert "could not reach mail.example.org" in shell("doctor", code=None)
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert "接続できませんでした" in shell("certificate", "show")
    assert "接続できませんでした" in shell("doctor", code=None)


def test_off_and_renew(shell):
    shell("certificate", "renew", code=1)
    change(shell, lambda c: authority.want(c, Wish(ca=LETSENCRYPT, agreed_at=1.0)))
    shell("certificate", "renew", "--new-key", code=1)
    assert "no certificate" in shell.err
    shell("certificate", "renew")
    assert "not running" in shell.err
    shell("certificate", "off")
    assert json.loads(shell("certificate", "show", "--json"))["on"] is False
    assert "certificate.off" in shell("log", "changes")
