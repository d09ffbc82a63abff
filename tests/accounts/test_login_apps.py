"""Any number of app passwords: each opens what it was made for, by every mechanism, and nothing else opens anything."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import argon2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import NOW

from forgive import forgive
from hawknest.accounts import apps, domains, salts, users
from hawknest.accounts import settings as rules
from hawknest.accounts.apps import EACH, SERVICES
from hawknest.accounts.limiter import Limiter
from hawknest.accounts.locks import Verifier
from hawknest.accounts.login import WRONG, Client, Denied, Keys, Kind, Login
from hawknest.accounts.passwords import Secrets, derived_of
from hawknest.accounts.settings import Policies
from hawknest.accounts.users import User
from hawknest.store import Connection
from hawknest.wire.sasl import client as asking
from stores import Nest

MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN")
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Person:
    """An account with some app passwords, and perhaps one of its own."""

    count: int
    own: bool

    @property
    def address(self) -> str:
        return f"{'own' if self.own else 'apps'}{self.count}@example.com"

    def passwords(self) -> dict[str, Sequence[str]]:
        """Each password, and the services that it opens."""
        own = {f"{self.address} itself": SERVICES} if self.own else {}
        return own | {f"{self.address} app {n}": _services(n) for n in range(self.count)}


def _services(number: int) -> Sequence[str]:
    return SERVICES[number % 4 : number % 4 + 2] if number % 5 else SERVICES


PEOPLE = [Person(count, own) for count in (0, 1, 2, 7, EACH) for own in (True, False)]
PASSWORDS = [password for person in PEOPLE for password in person.passwords()]


def furnish(connection: Connection) -> None:
    domains.add(connection, "example.com", NOW)
    key = rules.salt_key(connection)
    for person in PEOPLE:
        salt = salts.salt_of(connection, key, person.address)
        secret = None
        if person.own:
            derived = derived_of(f"{person.address} itself", salt)
            secret = Secrets(QUICK.hash(f"{person.address} itself"), derived.scram, derived.salt)
        users.add(connection, User(address=person.address), secret, NOW)
        for number in range(person.count):
            derived = derived_of(f"{person.address} app {number}", salt)
            label = f"n{number}"
            apps.add(connection, person.address, label, _services(number), derived=derived, now=NOW)


@contextlib.asynccontextmanager
async def opened(nest: Nest) -> AsyncGenerator[Keys]:
    verifier = Verifier()
    verifier._dummy = QUICK.hash("nothing")
    async with nest.open() as store:
        yield Keys(store, verifier, Limiter(lambda: 0.0), Policies, await store.write(rules.salt_key))
    verifier.close()


async def log_in(doors: Keys, service: str, mechanism: str, name: str, password: str) -> Login | Denied:
    """Lead our own client against the doors."""
    row = next(row for row in asking.CHOICES if row.name == mechanism)
    exchange = row.begin(name, password)
    dialogue = doors.exchange(Client("192.0.2.1", service, private=True), mechanism, next(exchange))
    said = await dialogue.step()
    while isinstance(said, bytes):
        said = await dialogue.step(exchange.send(said))
    if isinstance(said, Login):
        with contextlib.suppress(StopIteration):
            exchange.send(dialogue.final)
        asking.agree(exchange)  # the server has proved itself, where the mechanism lets it
    return said


def check(person: Person, service: str, password: str, end: Login | Denied) -> None:
    opens = person.passwords().get(password, ())
    if service not in opens:
        assert end == WRONG
        return
    assert isinstance(end, Login)
    assert end.name == person.address
    assert end.kind is (Kind.ACCOUNT if password.endswith("itself") else Kind.APP)


async def test_each_of_twenty_opens_what_it_was_made_for(nest: Nest) -> None:
    nest.do(furnish)
    async with opened(nest) as doors:
        for person, service, mechanism in itertools.product(PEOPLE[-2:], SERVICES, MECHANISMS):
            for password in person.passwords():
                forgive(doors)
                end = await log_in(doors, service, mechanism, person.address, password)
                check(person, service, password, end)


def test_nothing_else_opens_anything(sqlite_nest: Nest) -> None:
    sqlite_nest.do(furnish)
    cases = st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(SERVICES),
        st.sampled_from(MECHANISMS),
        st.sampled_from([*PASSWORDS, "something else"]),
        st.booleans(),
    )

    async def play(some: Sequence[tuple[Person, str, str, str, bool]]) -> None:
        async with opened(sqlite_nest) as doors:
            for person, service, mechanism, any_password, likely in some:
                password = any_password
                if likely and (own := [*person.passwords()]):
                    password = own[len(any_password) * 7 % len(own)]
                forgive(doors)
                end = await log_in(doors, service, mechanism, person.address, password)
                check(person, service, password, end)

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(cases, min_size=20, max_size=30))
    def tell(some: Sequence[tuple[Person, str, str, str, bool]]) -> None:
        asyncio.run(play(some))

    tell()
