"""One-time tokens on both engines: once for each service, for one account, from one address, for minutes."""

import pytest

from hawknest.accounts import domains, token, users
from hawknest.accounts.users import User
from hawknest.store import Statement

NOW = 2_000_000_000.0
LOCAL = "127.0.0.1"


@pytest.fixture
def mia(connection):
    domains.add(connection, "example.org", NOW)
    return users.add(connection, User(address="mia@example.org"), None, NOW).id


def test_each_service_once(connection, mia):
    secret = token.issue(connection, mia, {"smtp": LOCAL, "pop3": "192.0.2.1"}, NOW)
    assert token.is_like(secret)

    def redeem(service, account=mia, peer=LOCAL, now=NOW, word=secret):
        return token.redeem(connection, word, service, account_id=account, peer=peer, now=now)

    assert not redeem("imap")
    assert not redeem("smtp", account=mia + 1)
    assert not redeem("smtp", account=0)
    assert not redeem("smtp", peer="127.0.0.2")
    assert not redeem("smtp", now=NOW + token.LIFETIME)
    assert not redeem("smtp", word=secret + "x")
    assert token.known(connection, secret, "smtp", NOW)
    assert redeem("smtp", now=NOW + token.LIFETIME - 1)
    assert not token.known(connection, secret, "smtp", NOW)
    assert not redeem("smtp")
    assert redeem("pop3", peer="192.0.2.1")
    assert connection.all(Statement("SELECT 1 FROM token")) == []


def test_no_secret_is_kept_and_old_ones_go(connection, mia):
    secret = token.issue(connection, mia, {"smtp": LOCAL}, NOW)
    ((kept,),) = connection.all(Statement("SELECT hash FROM token"))
    assert secret not in kept
    assert kept not in secret
    other = token.issue(connection, mia, {"smtp": LOCAL, "pop3": LOCAL}, NOW + token.LIFETIME)
    assert len(connection.all(Statement("SELECT 1 FROM token"))) == 2
    assert other != secret
    token.withdraw(connection, other)
    assert connection.all(Statement("SELECT 1 FROM token")) == []
