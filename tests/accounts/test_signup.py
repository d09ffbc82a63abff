"""Accounts that people make for themselves: by invitation, by asking, and all the ways in which nobody gets one."""

import pytest

from hawknest.accounts import aliases, domains, invitations, proofs, settings, signup, users
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passwords import Secrets
from hawknest.accounts.signup import Mode, NotOpen, TooMany
from hawknest.accounts.users import User
from hawknest.store import Connection

NOW = 1_800_000_000.0
DAY = 86400.0
KEPT = Secrets("hash", "{}", "")


@pytest.fixture(autouse=True)
def nest(connection: Connection) -> None:
    domains.add(connection, "example.org", NOW)
    domains.add(connection, "example.net", NOW)
    users.add(connection, User(address="mia@example.org", admin=True), None, NOW)
    settings.set_policy(connection, "sign_up", "approved")


def invite(connection: Connection, where: str = "example.org", **more: object) -> str:
    return invitations.add(connection, where, by="mia@example.org", now=NOW, **more)[1]


def join(connection: Connection, secret: str, address: str = "noor@example.org", now: float = NOW) -> User:
    return signup.join(connection, secret, User(address=address, real_name="Noor"), KEPT, now)


def ask(
    connection: Connection, address: str = "noor@example.org", peer: str = "192.0.2.9", now: float = NOW
) -> None:
    user = User(address=address, real_name="Noor")
    signup.apply(connection, user, KEPT, language="ja", note="hello", peer=peer, now=now)


def test_off_from_the_start(connection: Connection) -> None:
    settings.set_policy(connection, "sign_up", None)
    assert signup.mode(connection) is Mode.OFF
    secret = invite(connection)
    with pytest.raises(NotOpen):
        join(connection, secret)
    with pytest.raises(NotOpen):
        ask(connection)


def test_the_policy_is_one_of_three(connection: Connection) -> None:
    with pytest.raises(AccountError):
        settings.set_policy(connection, "sign_up", "anybody")


def test_an_invitation_is_good_once(connection: Connection) -> None:
    secret = invite(connection, note="for Noor")
    assert secret not in repr(invitations.listing(connection, NOW))
    made = join(connection, secret, "Noor@Example.Org")
    assert (made.address, made.real_name, made.admin, made.has_password) == (
        "noor@example.org",
        "Noor",
        False,
        True,
    )
    with pytest.raises(NotOpen):
        join(connection, secret, "ravi@example.org")
    assert invitations.listing(connection, NOW) == []


@pytest.mark.parametrize("mode", ["invited", "approved"])
def test_an_invitation_for_several(connection: Connection, mode: str) -> None:
    settings.set_policy(connection, "sign_up", mode)
    secret = invite(connection, count=2)
    join(connection, secret, "noor@example.org")
    assert [one.count for one in invitations.listing(connection, NOW)] == [1]
    join(connection, secret, "ravi@example.org")
    with pytest.raises(NotOpen):
        join(connection, secret, "kim@example.org")


REFUSED = {
    "another domain": ("example.org", "noor@example.net"),
    "another name": ("kim@example.org", "noor@example.org"),
    "a reserved name": ("example.org", "security@example.org"),
    "a certificate's name": ("example.org", "Administrator@example.org"),
    "a name that is taken": ("example.org", "mia@example.org"),
    "a built-in alias": ("example.org", "postmaster@example.org"),
    "no domain of ours": ("example.org", "noor@example.com"),
    "no address": ("example.org", "noor"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_an_invitation_is_not_for(connection: Connection, name: str) -> None:
    where, address = REFUSED[name]
    secret = invite(connection, where)
    before = [user.address for user in users.listing(connection)]
    with pytest.raises(AccountError), connection.savepoint():
        join(connection, secret, address)
    assert [user.address for user in users.listing(connection)] == before


def test_an_invitation_ends(connection: Connection) -> None:
    secret = invite(connection, days=1)
    assert invitations.find(connection, secret, NOW + DAY - 1) is not None
    assert invitations.find(connection, secret, NOW + DAY) is None
    with pytest.raises(NotOpen):
        join(connection, secret, now=NOW + DAY)


def test_an_invitation_is_taken_back(connection: Connection) -> None:
    secret = invite(connection)
    (one,) = invitations.listing(connection, NOW)
    invitations.remove(connection, one.id)
    with pytest.raises(NotOpen):
        join(connection, secret)
    with pytest.raises(AccountError):
        invitations.remove(connection, one.id)


@pytest.mark.parametrize(
    "more", [{"days": 0}, {"days": 366}, {"count": 0}, {"count": 1001}, {"note": "x" * 201}, {"note": "a\nb"}]
)
def test_invitations_that_cannot_be(connection: Connection, more: dict[str, object]) -> None:
    with pytest.raises(AccountError):
        invite(connection, **more)


def test_somebody_asks_and_is_admitted(connection: Connection) -> None:
    ask(connection)
    (one,) = signup.waiting(connection)
    assert (one.address, one.real_name, one.note, one.network) == (
        "noor@example.org",
        "Noor",
        "hello",
        "192.0.2.0/24",
    )
    assert "hash" not in repr(one)
    assert not users.exists(connection, "noor@example.org")
    made = signup.admit(connection, one, NOW)
    assert (made.address, made.language, made.has_password) == ("noor@example.org", "ja", True)
    assert signup.waiting(connection) == []
    with pytest.raises(AccountError):
        signup.admit(connection, one, NOW)


def test_somebody_asks_and_is_refused(connection: Connection) -> None:
    ask(connection)
    (one,) = signup.waiting(connection)
    signup.refuse(connection, one.id)
    assert signup.waiting(connection) == []
    with pytest.raises(AccountError):
        signup.refuse(connection, one.id)


def test_a_name_that_is_taken_is_no_error_for_who_asks(connection: Connection) -> None:
    aliases.add(connection, "team@example.net", ["mia@example.org"])
    ask(connection, "mia@example.org")
    ask(connection, "noor@example.org")
    taken = {one.address: one.taken for one in signup.waiting(connection)}
    assert taken == {"mia@example.org": True, "noor@example.org": False}


def test_a_reserved_name_is(connection: Connection) -> None:
    for name in ("postmaster", "WebMaster", "admin", "hostmaster", "no-reply"):
        with pytest.raises(AccountError, match="speaks for"):
            ask(connection, f"{name}@example.org")


def test_not_too_many(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    for nth in range(signup.EACH):
        ask(connection, f"a{nth}@example.org", peer=f"192.0.2.{nth}")
    with pytest.raises(TooMany):
        ask(connection, "b@example.org", peer="192.0.2.200")
    ask(connection, "b@example.org", peer="2001:db8::1")
    ask(connection, "c@example.org", peer="192.0.2.200", now=NOW + DAY + 1)
    monkeypatch.setattr(signup, "MOST", 5)
    with pytest.raises(TooMany):
        ask(connection, "d@example.org", peer="198.51.100.1")
    ask(connection, "d@example.org", peer="198.51.100.1", now=NOW + 62 * DAY)  # all others are forgotten
    assert len(signup.waiting(connection)) == 1


def test_the_password_that_was_chosen_holds(connection: Connection) -> None:
    terms = proofs.terms(connection, "noor@example.org")
    kept = proofs.secrets("a fine long phrase", terms, cram_md5=False)
    user = User(address="noor@example.org")
    signup.apply(connection, user, kept, language="", note="", peer="::1", now=NOW)
    (one,) = signup.waiting(connection)
    signup.admit(connection, one, NOW)
    assert proofs.terms(connection, "noor@example.org").salt == terms.salt
