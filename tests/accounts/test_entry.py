"""What opens the pages, on both engines: sessions, second factors, one-time links, API tokens."""

from dataclasses import dataclass

import pytest
from pyotp.totp import TOTP

from hawknest.accounts import apitokens, domains, links, passkeys, second, sessions, users
from hawknest.accounts.errors import AccountError
from hawknest.accounts.passkeys import Made
from hawknest.accounts.users import User
from hawknest.store import Connection, Statement

NOW = 1_800_000_000.0


@dataclass
class People:
    mia: User
    tom: User


@pytest.fixture
def people(connection: Connection) -> People:
    domains.add(connection, "example.org", NOW)
    mia = users.add(connection, User(address="mia@example.org", real_name="Mia", admin=True), None, NOW)
    tom = users.add(connection, User(address="tom@example.org"), None, NOW)
    return People(mia, tom)


def begin(connection: Connection, user: User, at: float = NOW, *, pending: bool = False) -> sessions.Opened:
    return sessions.begin(
        connection,
        user.id,
        way="password",
        peer="127.0.0.1",
        agent="A\0B\x1b[2J" + "c" * 500,
        now=at,
        pending=pending,
    )


def test_a_session(connection: Connection, people: People) -> None:
    opened = begin(connection, people.mia)
    found = sessions.find(connection, opened.secret, NOW + 5)
    assert found is not None
    session, bearer = found
    assert (session.id, session.way, session.pending) == (opened.id, "password", False)
    assert session.agent == "AB[2J" + "c" * 195  # what a terminal would do with it is gone
    assert (bearer.address, bearer.admin, bearer.domains) == ("mia@example.org", True, frozenset())
    assert sessions.find(connection, opened.id, NOW) is None
    assert sessions.find(connection, opened.secret + "x", NOW) is None
    assert opened.secret not in repr(opened)


def test_sessions_are_idle_and_old(connection: Connection, people: People) -> None:
    opened, at = begin(connection, people.mia), NOW
    assert sessions.find(connection, opened.secret, NOW + sessions.IDLE - 1)
    assert sessions.find(connection, opened.secret, NOW + sessions.IDLE) is None
    while at < NOW + sessions.LONGEST - 86400:
        at += 86400
        sessions.seen(connection, opened.id, "192.0.2.1", at)
        found = sessions.find(connection, opened.secret, at)
        assert found
        assert found[0].peer == "192.0.2.1"
    sessions.seen(connection, opened.id, "192.0.2.1", NOW + sessions.LONGEST)
    assert sessions.find(connection, opened.secret, NOW + sessions.LONGEST) is None
    begin(connection, people.tom, NOW + sessions.LONGEST)
    rows = connection.all(Statement("SELECT id FROM session"))
    assert len(rows) == 1  # what has ended is swept out when somebody else comes


def test_one_that_waits_for_its_second_factor_waits_for_minutes(
    connection: Connection, people: People
) -> None:
    opened = begin(connection, people.mia, pending=True)
    found = sessions.find(connection, opened.secret, NOW + sessions.PENDING - 1)
    assert found
    assert found[0].pending
    assert sessions.find(connection, opened.secret, NOW + sessions.PENDING) is None
    assert sessions.listing(connection, people.mia.id, NOW) == []


def test_an_account_has_so_many_sessions(connection: Connection, people: People) -> None:
    first = begin(connection, people.mia)
    others = [begin(connection, people.mia, NOW + n) for n in range(1, sessions.EACH + 1)]
    tom = begin(connection, people.tom)
    assert sessions.find(connection, first.secret, NOW) is None
    assert sessions.find(connection, others[-1].secret, NOW)
    assert sessions.find(connection, tom.secret, NOW)
    assert len(sessions.listing(connection, people.mia.id, NOW)) == sessions.EACH
    assert sessions.end_others(connection, people.mia.id, others[-1].id) == sessions.EACH - 1
    assert [one.id for one in sessions.listing(connection, people.mia.id, NOW)] == [others[-1].id]
    with pytest.raises(AccountError):
        sessions.end(connection, tom.id, people.mia.id)
    sessions.end(connection, tom.id, people.tom.id)
    assert sessions.find(connection, tom.secret, NOW) is None


def test_a_challenge_is_taken_once(connection: Connection, people: People) -> None:
    opened = begin(connection, people.mia)
    with pytest.raises(AccountError):
        sessions.challenged(connection, opened.id)
    sessions.challenge(connection, opened.id, "abc")
    assert sessions.challenged(connection, opened.id) == "abc"
    with pytest.raises(AccountError):
        sessions.challenged(connection, opened.id)


def test_codes(connection: Connection, people: People) -> None:
    mia = people.mia.id
    begun = second.begin(connection, mia, "mia@example.org", "mx.example.org")
    assert (
        begun.uri
        == f"otpauth://totp/mx.example.org%3Amia%40example.org?secret={begun.secret}&issuer=mx.example.org"
    )
    app = TOTP(begun.secret)
    assert not second.standing(connection, mia).asked
    assert not second.check(connection, mia, app.at(NOW), NOW)  # it was not confirmed yet
    recovery = second.confirm(connection, mia, app.at(NOW), NOW)
    assert len(set(recovery)) == second.RECOVERY
    assert second.standing(connection, mia).ways == ["totp", "recovery"]
    for drift in (-1, 1):  # a clock that is half a minute wrong
        at = NOW + 3000 + 300 * drift
        assert second.check(connection, mia, app.at(at + 30 * drift), at)
        assert not second.check(connection, mia, app.at(at + 30 * drift), at)
    assert not second.check(connection, mia, app.at(NOW + 6000), NOW + 6120)
    assert second.check(connection, mia, recovery[0], NOW + 6120)
    assert not second.check(connection, mia, recovery[0], NOW + 6120)
    assert second.standing(connection, mia).recovery == second.RECOVERY - 1
    assert not second.check(connection, people.tom.id, recovery[1], NOW)
    assert second.recovery(connection, mia) == []
    assert len(second.recovery(connection, mia, anew=True)) == second.RECOVERY
    assert not second.check(connection, mia, recovery[1], NOW + 9000)


def test_wrong_codes_are_counted(connection: Connection, people: People) -> None:
    mia = people.mia.id
    begun = second.begin(connection, mia, "mia@example.org", "x")
    app = TOTP(begun.secret)
    second.confirm(connection, mia, app.at(NOW), NOW)
    for n in range(second.TRIES):
        assert not second.check(connection, mia, "x", NOW + n)
    with pytest.raises(second.TooMany):
        second.check(connection, mia, app.at(NOW + 60), NOW + 60)
    later = NOW + second.SPAN + 1
    assert second.check(connection, mia, app.at(later), later)
    for n in range(second.TRIES - 1):  # a right one forgives the wrong ones before
        assert not second.check(connection, mia, "x", later + n)


def test_passkeys_and_what_is_left_without(connection: Connection, people: People) -> None:
    mia = people.mia.id
    passkey, recovery = passkeys.add(
        connection, mia, label=" ", host="localhost", made=Made("abc", "key", 3), now=NOW
    )
    assert (passkey.label, passkey.used_at, len(recovery)) == ("passkey", None, second.RECOVERY)
    assert second.standing(connection, mia).ways == ["passkey", "recovery"]
    passkeys.used(connection, "abc", 4, NOW + 1)
    (kept,) = passkeys.listing(connection, mia)
    assert (kept.count, kept.used_at) == (4, NOW + 1)
    with pytest.raises(AccountError):
        passkeys.remove(connection, people.tom.id, "abc")
    passkeys.remove(connection, mia, "abc")
    assert second.standing(connection, mia) == second.Standing(totp=False, passkeys=0, recovery=0)
    with pytest.raises(AccountError):
        second.remove(connection, mia)
    passkeys.add(connection, mia, label="x", host="localhost", made=Made("abc", "key", 3), now=NOW)
    assert second.forget(connection, mia)
    assert not second.forget(connection, mia)
    for label in ("x" * 65, "a\0b", "a\nb", "\u202e"):
        with pytest.raises(AccountError):
            passkeys.add(connection, mia, label=label, host="localhost", made=Made("d", "key", 3), now=NOW)


def test_links(connection: Connection, people: People) -> None:
    secret = links.issue(connection, people.tom.id, NOW)
    assert links.look(connection, secret, NOW + links.LIFETIME - 1)
    assert links.look(connection, secret, NOW + links.LIFETIME) is None
    assert links.use(connection, secret, NOW) == links.Link(people.tom.id, "tom@example.org", "", first=False)
    assert links.use(connection, secret, NOW) is None
    assert (
        links.look(connection, links.issue(connection, None, NOW, first=True), NOW) is None
    )  # mia administers
    users.change(connection, "mia@example.org", active=False)
    first = links.issue(connection, None, NOW, first=True)
    assert links.look(connection, first, NOW + links.FIRST_LIFETIME - 1)
    newer = links.issue(connection, None, NOW, first=True)
    assert links.look(connection, first, NOW) is None
    assert links.look(connection, newer, NOW)


def test_tokens(connection: Connection, people: People) -> None:
    made, secret = apitokens.add(
        connection, people.mia.id, label="script", scopes=["users:read"], expires_at=NOW + 60, now=NOW
    )
    found = apitokens.find(connection, secret, NOW)
    assert found
    assert found[0] == made
    assert found[1].admin
    assert apitokens.find(connection, secret, NOW + 60) is None
    assert secret not in repr(connection.all(Statement("SELECT * FROM api_token")))
    with pytest.raises(AccountError):
        apitokens.remove(connection, people.tom.id, made.id)
    users.change(connection, "mia@example.org", active=False)
    assert apitokens.find(connection, secret, NOW) is None
    apitokens.remove(connection, people.mia.id, made.id)
    assert apitokens.listing(connection, people.mia.id) == []


def test_what_goes_with_an_account(connection: Connection, people: People) -> None:
    tom = people.tom.id
    begin(connection, people.tom)
    second.confirm(connection, tom, TOTP(second.begin(connection, tom, "x", "y").secret).at(NOW), NOW)
    second.check(connection, tom, "x", NOW)
    passkeys.add(connection, tom, label="x", host="localhost", made=Made("abc", "key", 3), now=NOW)
    links.issue(connection, tom, NOW)
    apitokens.add(connection, tom, label="x", scopes=["a"], expires_at=None, now=NOW)
    users.remove(connection, "tom@example.org")
    for table in ("session", "totp", "recovery_code", "second_failure", "passkey", "link", "api_token"):
        assert not connection.all(Statement(f"SELECT 1 FROM {table}")), table
