"""Domains: which addresses are ours, in one spelling each."""

import pytest
from people import NOW, at, town

from hawknest.accounts import aliases, domains, users
from hawknest.accounts.changes import directory_version
from hawknest.accounts.directory import Account, Group, NotLocal, look_up
from hawknest.accounts.errors import AccountError
from hawknest.accounts.users import User
from hawknest.store import Connection


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Example.COM", "example.com"),
        (" example.com. ", "example.com"),
        ("例え.jp", "xn--r8jz45g.jp"),
        ("xn--R8JZ45G.jp", "xn--r8jz45g.jp"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("[ipv6:2001:DB8:0::1]", "[IPv6:2001:db8::1]"),
    ],
)
def test_a_domain_has_one_spelling(connection: Connection, typed: str, kept: str) -> None:
    assert domains.add(connection, typed, NOW).name == kept
    assert domains.get(connection, typed).name == kept
    with pytest.raises(AccountError, match="there already"), connection.savepoint():
        domains.add(connection, kept, NOW)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("192.0.2.1", "brackets"),
        ("2001:db8::1", "brackets"),
        ("usr@example.com", "after the @"),
        ("", "missing"),
        ("a b.example", "character"),
        ("x" * 70 + ".example", "63"),
        ("../../etc", "empty part"),
        ("x" * 1_000_000, "255"),
    ],
)
def test_what_is_no_domain_is_refused_with_help(connection: Connection, typed: str, words: str) -> None:
    with pytest.raises(AccountError, match=words) as caught:
        domains.add(connection, typed, NOW)
    assert len(str(caught.value)) < 400


def test_postmaster_and_abuse_live_with_their_domain(connection: Connection) -> None:
    domains.add(connection, "example.com", NOW)
    users.add(connection, User(address="ann@example.com"), None, NOW)
    users.add(connection, User(address="bob@example.com"), None, NOW)
    for name in domains.BUILTIN:
        address = f"{name}@example.com"
        assert aliases.get(connection, address).targets == ("ann@example.com",)  # the first user's
        with pytest.raises(AccountError, match="must exist"):
            aliases.remove(connection, address)
        with pytest.raises(AccountError, match="kept for the domain"):
            users.add(connection, User(address=address), None, NOW)
        aliases.change(connection, address, ["bob@example.com", "far@elsewhere.example"])
        assert len(aliases.get(connection, address).targets) == 2


def test_the_other_roles_come_with_one_call(connection: Connection) -> None:
    town(connection)
    users.add(connection, User(address="ftp@example.com"), None, NOW)  # a user by that name stays
    aliases.add_roles(connection, "example.com", "ann@example.com")
    assert isinstance(look_up(connection, at("ftp@example.com")), Account)
    assert isinstance(look_up(connection, at("noc@example.com")), Group)


def test_roles_that_are_there_are_left_alone(connection: Connection) -> None:
    town(connection)
    aliases.add(connection, "noc@example.com", ["bob@example.com"])
    added = aliases.add_roles(connection, "example.com", "ann@example.com")
    assert [alias.address for alias in added] == [
        f"{name}@example.com" for name in ("webmaster", "ftp", "hostmaster", "security")
    ]
    assert aliases.get(connection, "noc@example.com").targets == ("bob@example.com",)


def test_alias_domains_answer_for_another(connection: Connection) -> None:
    town(connection)
    assert look_up(connection, at("ann@例え.jp")) == look_up(connection, at("ann@example.com"))
    assert isinstance(look_up(connection, at("postmaster@[192.0.2.1]")), Group)
    with pytest.raises(AccountError, match=r"alias of example.com: use the address there"):
        users.add(connection, User(address="new@例え.jp"), None, NOW)
    with pytest.raises(AccountError, match="itself an alias"):
        domains.add(connection, "third.example", NOW, alias_of="例え.jp")
    with pytest.raises(AccountError, match="not a domain of this server"):
        domains.add(connection, "third.example", NOW, alias_of="nowhere.example")


def test_a_domain_goes_when_nobody_lives_there(connection: Connection) -> None:
    town(connection)
    with pytest.raises(AccountError, match="2 users"):
        domains.remove(connection, "example.com")
    users.remove_all(connection, "example.com")
    with pytest.raises(AccountError, match=r"alias of example.com: remove it first"):
        domains.remove(connection, "example.com")
    domains.remove(connection, "例え.jp")
    domains.remove(connection, "[192.0.2.1]")
    domains.remove(connection, "example.com")
    assert look_up(connection, at("postmaster@example.com")) == NotLocal()
    assert [domain.name for domain in domains.listing(connection)] == ["example.org"]
    domains.add(connection, "example.com", NOW)  # and may come back


def test_every_change_counts_the_directory_up(connection: Connection) -> None:
    versions = [directory_version(connection)]
    for change in (
        lambda: domains.add(connection, "example.com", NOW),
        lambda: users.add(connection, User(address="ann@example.com"), None, NOW),
        lambda: domains.set_catch_all(connection, "example.com", "ann@example.com"),
        lambda: aliases.add(connection, "x@example.com", ["ann@example.com"]),
        lambda: aliases.change(connection, "x@example.com", ["bob@example.com"]),
        lambda: aliases.remove(connection, "x@example.com"),
        lambda: users.change(connection, "ann@example.com", real_name="Ann"),
        lambda: users.set_password(connection, "ann@example.com", None),
        lambda: users.remove(connection, "ann@example.com"),
        lambda: domains.remove(connection, "example.com"),
    ):
        change()
        versions.append(directory_version(connection))
    assert versions == sorted(set(versions))


def test_catch_all(connection: Connection) -> None:
    town(connection)
    assert (
        domains.set_catch_all(connection, "example.com", "<bob@example.com>").catch_all == "bob@example.com"
    )
    assert domains.set_catch_all(connection, "example.com", None).catch_all is None
    with pytest.raises(AccountError, match="no domain"):
        domains.set_catch_all(connection, "example.com", "bob")
