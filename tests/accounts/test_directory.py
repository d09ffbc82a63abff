"""The directory: what an address leads to, remembered for one version."""

import asyncio
import time

import pytest
from people import NOW, at, town

from hawknest.accounts import aliases, domains, exempt, settings, users
from hawknest.accounts.changes import directory_version
from hawknest.accounts.directory import (
    REMEMBERED,
    Account,
    CatchAll,
    Directory,
    Entry,
    Group,
    NoSuchUser,
    NotLocal,
    look_up,
    owns,
)
from hawknest.accounts.directory import login_address as whose
from hawknest.mail.address import Address
from hawknest.store import Connection
from stores import Nest


def short(entry: Entry) -> str:
    match entry:
        case Account(address=address):
            return f"user {address}"
        case Group(address=address, targets=targets):
            return f"group {address}: {' '.join(map(str, targets))}"
        case CatchAll(target):
            return f"catch {target}"
        case NoSuchUser():
            return "nobody"
        case NotLocal():
            return "elsewhere"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("ann@example.com", "user ann@example.com"),
        ("ANN@EXAMPLE.COM", "user ann@example.com"),
        ("ann@example.org", "user ann@example.org"),
        ("bob@example.org", "nobody"),
        ("ann@例え.jp", "user ann@example.com"),
        ("ann@xn--R8JZ45G.jp", "user ann@example.com"),
        ("ann@[192.0.2.1]", "user ann@example.com"),
        ("ann@[192.0.2.2]", "elsewhere"),
        ("ann@elsewhere.example", "elsewhere"),
        ("ann@sub.example.com", "elsewhere"),
        ("ann+lists@example.com", "user ann@example.com"),
        ("Ann+Lists+more@例え.jp", "user ann@example.com"),
        ("+ann@example.com", "nobody"),
        ("nobody+x@example.com", "nobody"),
        ("dotted+name@example.com", "group dotted+name@example.com: bob@example.com"),
        ("info@example.com", "group info@example.com: ann@example.com far@elsewhere.example"),
        ("info+x@example.com", "group info@example.com: ann@example.com far@elsewhere.example"),
        ("Postmaster@example.com", "group postmaster@example.com: ann@example.com"),
        ("ABUSE@例え.jp", "group abuse@example.com: ann@example.com"),
        ("postmaster@[192.0.2.1]", "group postmaster@example.com: ann@example.com"),
        ("user%foreign.example@example.com", "nobody"),
        ('"user@foreign.example"@example.com', "nobody"),
        ("foreign.example!user@example.com", "nobody"),
    ],
)
def test_what_an_address_leads_to(connection: Connection, address: str, found: str) -> None:
    town(connection)
    assert short(look_up(connection, at(address))) == found


def test_the_bare_postmaster_is_that_of_the_first_domain(connection: Connection) -> None:
    assert look_up(connection, Address("postmaster", "")) == NoSuchUser()
    town(connection)
    found = look_up(connection, Address("PostMaster", ""))
    assert short(found) == "group postmaster@example.com: ann@example.com"


def test_postmaster_of_a_domain_without_users_is_that_of_the_first(connection: Connection) -> None:
    town(connection)
    domains.add(connection, "new.example", NOW)
    assert short(look_up(connection, at("Abuse@new.example"))) == "group abuse@new.example: abuse@example.com"
    users.add(connection, users.User(address="cleo@new.example"), None, NOW)
    assert short(look_up(connection, at("abuse@new.example"))) == "group abuse@new.example: cleo@new.example"


def test_the_separator_is_the_owners(connection: Connection) -> None:
    town(connection)
    assert short(look_up(connection, at("ann-x@example.com"), "-")) == "user ann@example.com"
    assert look_up(connection, at("ann+x@example.com"), "-") == NoSuchUser()
    assert look_up(connection, at("ann+x@example.com"), "") == NoSuchUser()


def test_the_catch_all_comes_last(connection: Connection) -> None:
    town(connection)
    domains.set_catch_all(connection, "example.com", "bob@example.com")
    assert short(look_up(connection, at("ann@example.com"))) == "user ann@example.com"
    assert short(look_up(connection, at("info@例え.jp"))).startswith("group")
    assert short(look_up(connection, at("who@example.com"))) == "catch bob@example.com"
    assert short(look_up(connection, at("who@例え.jp"))) == "catch bob@example.com"
    assert look_up(connection, at("who@example.org")) == NoSuchUser()


def test_an_account_brings_all_that_routing_needs(connection: Connection) -> None:
    town(connection)
    users.change(
        connection, "ann@example.com", active=False, quota=5, message_limit=6, keep_copy=False, real_name="Ann",
        forward=("far@elsewhere.example", "bob@example.com"), responder_on=True, responder_text="Away",
    )  # fmt: skip
    found = look_up(connection, at("ann@example.com"))
    assert isinstance(found, Account)
    assert (found.active, found.quota, found.message_limit, found.keep_copy) == (False, 5, 6, False)
    assert found.forward == (at("far@elsewhere.example"), at("bob@example.com"))
    assert found.responder
    assert (found.responder.name, found.responder.text) == ("Ann", "Away")


@pytest.mark.parametrize(
    ("address", "mine"),
    [
        ("ann@example.com", True),
        ("ANN+list@例え.jp", True),
        ("info@example.com", True),
        ("postmaster@example.com", True),
        ("ann@example.org", False),
        ("bob@example.com", False),
        ("dotted+name@example.com", False),
        ("nobody@example.com", False),
        ("ann@elsewhere.example", False),
    ],
)
def test_who_may_write_as_an_address(connection: Connection, address: str, *, mine: bool) -> None:
    town(connection)
    ann = users.get(connection, "ann@example.com")
    assert owns(connection, ann.id, at(address)) == mine


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("bob", "bob@example.com"),
        ("BOB", "bob@example.com"),
        ("ann", None),  # two of them
        ("ann@example.com", "ann@example.com"),
        ("Ann@Example.ORG", "ann@example.org"),
        ("ann@例え.jp", "ann@example.com"),
        ("ann@xn--r8jz45g.jp", "ann@example.com"),
        ("bob@[192.0.2.1]", "bob@example.com"),
        ("nobody", None),
        ("bob@", None),
        ("@example.com", "@example.com"),
        ("", None),
        ("x@y@z", None),
        ("bob@elsewhere.example", None),
        ("x" * 10_000, None),
        ("bob@" + "x" * 10_000, None),
    ],
)
def test_login_names(connection: Connection, name: str, address: str | None) -> None:
    town(connection)
    found = whose(connection, name)
    assert (f"{found.local}@{found.domain}" if found else None) == address


async def test_answers_are_remembered_until_the_directory_changes(nest: Nest) -> None:
    nest.do(town)
    now = [100.0]
    async with nest.open() as store:
        directory = Directory(store, lambda: now[0])
        bob = at("bob@example.com")
        assert directory.cached(bob) is None
        first = await directory.find(bob)
        assert directory.cached(bob) is first
        assert directory.version == await store.read(directory_version)
        await store.write(lambda c: users.change(c, "bob@example.com", quota=77))
        assert directory.cached(bob) is first  # for a moment
        now[0] += 1.5
        assert directory.cached(bob) is None
        second = await directory.find(bob)
        assert isinstance(second, Account)
        assert second.quota == 77
        assert directory.version == await store.read(directory_version)
        now[0] += 1.5
        assert await directory.find(bob) is second  # nothing changed: nothing is looked up again
        await store.write(lambda c: users.change(c, "bob@example.com", quota=78))
        directory.refresh()
        third = await directory.find(bob)
        assert isinstance(third, Account)
        assert third.quota == 78


async def test_rules_change_with_the_directory(nest: Nest) -> None:
    nest.do(town)
    async with nest.open() as store:
        directory = Directory(store)
        assert not (await directory.look()).exempt("192.168.1.7", NOW)
        await store.write(lambda c: exempt.add(c, "192.168.1.*", expires_at=NOW + 60))
        await store.write(lambda c: settings.set_policy(c, "plus_separator", "-"))
        directory.refresh()
        rules = await directory.look()
        assert rules.exempt("192.168.1.7", NOW)
        assert not rules.exempt("192.168.1.7", NOW + 60)
        assert short(await directory.find(at("ann-x@example.com"))) == "user ann@example.com"
        assert short(await directory.find(at("ann+x@example.com"))) == "nobody"


async def test_memory_is_bounded_and_many_may_ask_at_once(sqlite_nest: Nest) -> None:
    sqlite_nest.do(town)
    async with sqlite_nest.open() as store:
        directory = Directory(store)
        asked = [directory.find(Address(f"u{n % 50}", "example.com")) for n in range(500)]
        assert set(map(short, await asyncio.gather(*asked))) == {"nobody"}
        assert len(directory._entries) <= REMEMBERED


async def test_a_remembered_answer_costs_next_to_nothing(sqlite_nest: Nest) -> None:
    sqlite_nest.do(town)
    async with sqlite_nest.open() as store:
        directory = Directory(store)
        bob = at("bob@example.com")

        async def took(count: int) -> float:
            begin = time.perf_counter()
            for _ in range(count):
                await directory.find(bob)
            return (time.perf_counter() - begin) / count

        async def asked(count: int) -> float:
            begin = time.perf_counter()
            for _ in range(count):
                directory.refresh()
                await directory.find(bob)
            return (time.perf_counter() - begin) / count

        await directory.find(bob)
        assert await took(2000) * 5 < await asked(200)


def test_aliases_may_loop_and_may_not_shadow_a_user(connection: Connection) -> None:
    town(connection)
    aliases.add(connection, "a@example.com", ["b@example.com"])
    aliases.add(connection, "b@example.com", ["A@example.com", "a@EXAMPLE.com"])
    assert short(look_up(connection, at("a@example.com"))) == "group a@example.com: b@example.com"
    ann = users.get(connection, "ann@example.com").id
    assert not owns(connection, ann, at("a@example.com"))
    aliases.change(connection, "b@example.com", ["a@example.com", "info@example.com"])
    assert owns(connection, ann, at("a@example.com"))  # by way of b and info
    assert not owns(connection, users.get(connection, "bob@example.com").id, at("a@example.com"))
