"""Certificates, accounts and challenges in both databases: what was put is what is found, and whoever watches hears of it."""

from dataclasses import replace

from hawknest.store import Connection, certificates
from hawknest.store.certificates import NUMBER, Account, Challenge, Kept

ONE = Kept(
    subject="mx.example.org",
    ca="https://ca.example/dir",
    wanted=("mx.example.org",),
    names=("mx.example.org", "www.example.org"),
    chain="-----BEGIN",
    key="sealed",
    pin="5e",
    begins_at=1.5,
    ends_at=2.5,
    renew_at=2.0,
    failures=3,
    problem="caa",
    about="www.example.org",
    detail="so",
)


def test_certificates(connection: Connection) -> None:
    before = certificates.version(connection)
    certificates.put(connection, ONE)
    assert connection.touched[NUMBER]
    certificates.put(connection, replace(ONE, ca="https://other.example/dir", names=(), wanted=()))
    certificates.put(connection, replace(ONE, failures=0))
    assert certificates.version(connection) == before + 3
    first, other = certificates.listing(connection)
    assert first == replace(ONE, failures=0)
    assert (other.names, other.wanted) == ((), ())
    certificates.hasten(connection, ONE.ca)
    certificates.hasten_wanted(connection, other.ca)
    assert [one.renew_at for one in certificates.listing(connection)] == [0.0, 0.0]
    certificates.drop(connection, ONE.subject, ONE.ca)
    assert [one.ca for one in certificates.listing(connection)] == [other.ca]
    assert "sealed" not in repr(other)


def test_accounts(connection: Connection) -> None:
    made = Account(ONE.ca, f"{ONE.ca}/account/1", "sealed", "", 1.0)
    assert certificates.account(connection, ONE.ca) is None
    certificates.put_account(connection, made)
    certificates.put_account(connection, replace(made, url="elsewhere"))
    assert certificates.account(connection, ONE.ca) == replace(made, url="elsewhere")
    certificates.drop_account(connection, ONE.ca)
    assert certificates.account(connection, ONE.ca) is None


def test_challenges(connection: Connection) -> None:
    web = Challenge("a" * 20, "http-01", "mx.example.org", "answer", 100.0)
    tls = Challenge("b" * 20, "tls-alpn-01", "mx.example.org", "other", 100.0)
    for one in (web, tls):
        certificates.put_challenge(connection, one)
    assert set(certificates.challenges(connection, 99.0)) == {web, tls}
    assert certificates.challenges(connection, 100.0) == []
    assert certificates.answer(connection, web.token, 99.0) == "answer"
    assert certificates.answer(connection, tls.token, 99.0) is None
    assert certificates.answer(connection, web.token, 100.0) is None
    certificates.drop_challenge(connection, web.token, 1.0)
    assert certificates.challenges(connection, 1.0) == [tls]
    certificates.drop_challenge(connection, "none", 101.0)
    assert certificates.challenges(connection, 1.0) == []
