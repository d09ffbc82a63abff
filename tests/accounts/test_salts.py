"""A name that nobody has is asked like one that somebody has: the same shape, and the same salt for ever."""

import base64
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import NOW, at, town

from hawknest.accounts import apps, devices, salts, users
from hawknest.accounts import settings as rules
from hawknest.accounts.limiter import Limiter
from hawknest.accounts.locks import Verifier
from hawknest.accounts.login import Client, Keys
from hawknest.accounts.passwords import derived_of, secrets_of
from hawknest.accounts.settings import Policies
from hawknest.accounts.users import User
from hawknest.store import Connection
from hawknest.wire.sasl.scram import ITERATIONS, SALT, fresh_salt
from stores import Nest

CLIENT = Client("192.0.2.1", "smtp", private=True)
FIRST = re.compile(rb"r=abcdef[A-Za-z0-9_-]{24},s=([A-Za-z0-9+/]{22}==),i=4096")


def furnished(connection: Connection) -> None:
    """The town, with passwords of every kind, each made as the commands make them."""
    town(connection)
    key = rules.salt_key(connection)
    for name in ("ann@example.com", "bob@example.com"):
        secret = secrets_of("a password", salts.salt_of(connection, key, name))
        users.set_password(connection, name, secret)
    derived = derived_of("an app password", salts.salt_of(connection, key, "ann@example.org"))
    apps.add(connection, "ann@example.org", "phone", ["imap"], derived=derived, now=NOW)
    secret = secrets_of("a password", salts.salt_of(connection, key, "printer"))
    devices.add(connection, "printer", secret, [])
    users.add(connection, User(address="off@example.com", active=False), None, NOW)


async def first_messages(nest: Nest, *names: str, service: str = "smtp") -> list[bytes]:
    """Start a server, and ask it for the salts of some names."""
    async with nest.open() as store:
        key = await store.write(rules.salt_key)
        verifier = Verifier()
        doors = Keys(store, verifier, Limiter(lambda: 0.0), Policies, key)
        found: list[bytes] = []
        for name in names:
            first = f"n,,n={name},r=abcdef".encode()
            said = await doors.exchange(replace(CLIENT, service=service), "SCRAM-SHA-256", first).step()
            assert isinstance(said, bytes)
            message = FIRST.fullmatch(said)
            assert message, said
            found.append(base64.b64decode(message[1]))
        verifier.close()
    assert all(len(salt) == SALT for salt in found)
    return found


NAMES = (
    "bob",
    "ann@example.org",
    "printer",
    "off",
    "ann",
    "ghost",
    "ghost@example.com",
    "ghost@elsewhere.example",
    "a@@",
)


async def test_every_name_has_the_same_salt_after_every_start_and_at_every_door(nest: Nest) -> None:
    nest.do(furnished)
    before = await first_messages(nest, *NAMES)
    for service in ("smtp", "pop3", "imap", "web"):
        assert await first_messages(nest, *NAMES, service=service) == before
    assert len(set(before)) == len(NAMES) - 1  # ghost would be ghost@example.com


@pytest.mark.parametrize(
    "spellings",
    [
        ("bob", "BOB", "bob@example.com", "Bob@EXAMPLE.com", "bob@例え.jp", "bob@[192.0.2.1]"),
        ("ghost", "GHOST", "ghost@example.com", "Ghost@EXAMPLE.com", "ghost@例え.jp", "ghost@[192.0.2.1]"),
        ("ghost@elsewhere.example", "GHOST@Elsewhere.example"),
        ("printer", "PRINTER"),
        ("ann", "ann@example.com"),  # ann alone means nobody here, for two have the name
    ],
)
async def test_spellings_of_one_name_have_one_salt_whether_somebody_has_it_or_not(
    sqlite_nest: Nest, spellings: tuple[str, ...]
) -> None:
    sqlite_nest.do(furnished)
    assert len(set(await first_messages(sqlite_nest, *spellings))) == 1


async def test_nothing_that_happens_to_an_account_changes_its_salt(nest: Nest) -> None:
    nest.do(furnished)
    name = "new@example.com"
    seen = await first_messages(nest, name)

    def password(connection: Connection) -> None:
        salt = salts.salt_of(connection, rules.salt_key(connection), name)
        users.set_password(connection, name, secrets_of("another password", salt))

    for change in (
        lambda c: users.add(c, User(address=name), None, NOW),
        password,
        password,
        lambda c: users.change(c, name, active=False),
        lambda c: users.set_password(c, name, None),
        lambda c: users.remove(c, name),
    ):
        nest.do(change)
        seen += await first_messages(nest, name)
    assert len(set(seen)) == 1


async def test_another_nest_has_other_salts(sqlite_nest: Nest) -> None:
    sqlite_nest.do(furnished)
    ours = await first_messages(sqlite_nest, "ghost")
    sqlite_nest.do(lambda c: rules.set_state(c, "salt_key", "00" * 32))
    assert await first_messages(sqlite_nest, "ghost") != ours
    bob = await first_messages(sqlite_nest, "bob")  # keeps his own, with which his keys were derived
    assert bob == [sqlite_nest.do(lambda c: salts.salt_of(c, b"", "bob@example.com").octets)]
    sqlite_nest.do(lambda c: users.change(c, "bob@example.com", active=False))
    assert await first_messages(sqlite_nest, "bob") == bob
    assert await first_messages(sqlite_nest, "ann") == await first_messages(sqlite_nest, "ann@example.com")


def test_the_key_is_made_once(connection: Connection) -> None:
    own = rules.own_keys(connection)
    assert rules.own_keys(connection) == own
    assert (len(own.salt), own.srs) == (32, rules.srs_keys(connection))
    assert own.salt.hex() not in repr(own)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40))
def test_any_name_has_a_salt(connection: Connection, name: str) -> None:
    address = salts.standing(connection, name)
    assert salts.standing(connection, f"{address.local}@{address.domain}") == address
    assert salts.made(b"key", address) == salts.made(b"key", address)


def test_a_salt_is_written_and_read() -> None:
    for salt in (fresh_salt(), salts.made(b"key", at("ann@example.com"))):
        assert salts.read(salts.written(salt)) == salt
        assert (len(salt.octets), salt.iterations) == (SALT, ITERATIONS)
