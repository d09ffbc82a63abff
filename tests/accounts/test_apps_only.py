"""App passwords alone for mail programs: by one's own choice, the nest's rule, and with the second factor; nobody is told why."""

import contextlib
import hmac
from collections.abc import AsyncGenerator

import pytest
from people import town

from forgive import forgive
from hawknest.accounts import apps, second, settings, users
from hawknest.accounts.limiter import Limiter
from hawknest.accounts.locks import Verifier
from hawknest.accounts.login import WRONG, Attempt, Client, Denied, Failure, Keys, Kind, Login
from hawknest.accounts.passwords import derived_of, secrets_of
from hawknest.accounts.settings import Policies
from hawknest.store import Connection, Store
from hawknest.wire.sasl import scram
from hawknest.wire.sasl.scram import fresh_salt
from stores import Nest

NOW = 1_800_000_000.0
IMAP = Client("198.51.100.7", "imap", private=True)
PAGES = Client("198.51.100.7", "sign-in", private=True)
OWN, APP = "bob has a password", "seven words of a phone"
SALT = fresh_salt()


def furnished(connection: Connection) -> None:
    town(connection)
    users.set_password(connection, "bob@example.com", secrets_of(OWN, SALT, cram_md5=True))
    apps.add(connection, "bob@example.com", "phone", ["imap"], derived=derived_of(APP, SALT), now=NOW)


@contextlib.asynccontextmanager
async def doors(nest: Nest, rule: str) -> AsyncGenerator[tuple[Store, Keys, list[Attempt]]]:
    nest.do(furnished)
    seen: list[Attempt] = []
    rules = Policies(app_passwords_only=rule, cram_md5=True)
    async with nest.open() as store:
        verifier = Verifier()
        found = Keys(
            store, verifier, Limiter(lambda: 0.0), lambda: rules, b"key", clock=lambda: NOW, seen=seen.append
        )
        forgive(found)
        yield store, found, seen
        verifier.close()


async def play(keys: Keys, mechanism: str, password: str) -> object:
    """Log bob in with a mechanism; nothing of the server's proof may come with a no."""
    forgive(keys)
    if mechanism == "PLAIN":
        return await keys.exchange(IMAP, mechanism, f"\0bob\0{password}".encode()).step()
    if not mechanism.startswith("SCRAM"):
        dialogue = keys.exchange(IMAP, mechanism, None)
        challenge = await dialogue.step()
        assert isinstance(challenge, bytes)
        if mechanism == "LOGIN":
            await dialogue.step(b"bob")
            return await dialogue.step(password.encode())
        return await dialogue.step(f"bob {hmac.digest(password.encode(), challenge, 'md5').hex()}".encode())
    asking = scram.client("sha256" if "256" in mechanism else "sha1", "bob", password)
    dialogue = keys.exchange(IMAP, mechanism, next(asking))
    challenge = await dialogue.step()
    assert isinstance(challenge, bytes)
    outcome = await dialogue.step(asking.send(challenge))
    assert (dialogue.final is None) is isinstance(outcome, Denied)
    return outcome


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-1"])
async def test_the_own_password_is_for_the_pages(sqlite_nest: Nest, mechanism: str) -> None:
    async with doors(sqlite_nest, "always") as (_, keys, seen):
        outcome = await play(keys, mechanism, OWN)
        assert outcome == WRONG
        assert isinstance(outcome, Denied)
        assert (outcome.words, outcome.reason) == (WRONG.words, "APPS_ONLY")
        assert seen[-1].failure is Failure.APPS_ONLY
        if mechanism != "CRAM-MD5":
            login = await play(keys, mechanism, APP)
            assert isinstance(login, Login)
            assert (login.kind, login.label) == (Kind.APP, "phone")
            assert (seen[-1].credential, seen[-1].failure) == ("app:phone", None)
        other = await play(keys, mechanism, "neither of them")
        assert isinstance(other, Denied)
        assert other.reason == "WRONG"


async def test_the_pages_take_it(sqlite_nest: Nest) -> None:
    async with doors(sqlite_nest, "always") as (_, keys, seen):
        assert isinstance(await keys.password(PAGES, "bob", OWN), Login)
        assert not seen  # they tell themselves, when the second factor was right


@pytest.mark.parametrize("rule", ["off", "with_second_factor", "always"])
async def test_rules(nest: Nest, rule: str) -> None:
    async with doors(nest, rule) as (store, keys, _):

        async def opens() -> bool:
            forgive(keys)
            return isinstance(await keys.password(IMAP, "bob", OWN), Login)

        assert await opens() is (rule != "always")
        bob = await store.read(lambda c: users.get(c, "bob@example.com"))
        begun = await store.write(lambda c: second.begin(c, bob.id, "bob@example.com", "nest"))
        assert await opens() is (rule != "always")  # shown, and not yet tried
        await store.write(lambda c: second.confirm(c, bob.id, _code(begun.secret), NOW))
        assert await opens() is (rule == "off")
        await store.write(lambda c: second.forget(c, bob.id))
        await store.write(lambda c: users.change(c, "bob@example.com", app_passwords_only=True))
        assert await opens() is False


def _code(secret: str) -> str:
    from pyotp.totp import TOTP

    return TOTP(secret).at(int(NOW))


async def test_who_is_in_with_it_is_out_when_the_rule_comes(sqlite_nest: Nest) -> None:
    async with doors(sqlite_nest, "off") as (store, keys, _):
        own = await keys.password(IMAP, "bob", OWN)
        app = await keys.password(IMAP, "bob", APP)
        assert isinstance(own, Login)
        assert isinstance(app, Login)
        assert await keys.holds(IMAP, own)
        await store.write(lambda c: users.change(c, "bob@example.com", app_passwords_only=True))
        assert not await keys.holds(IMAP, own)
        assert await keys.holds(IMAP, app)


def test_the_rule_is_one_of_three(sqlite_nest: Nest) -> None:
    def job(connection: Connection) -> str:
        settings.set_policy(connection, "app_passwords_only", "with_second_factor")
        try:
            settings.set_policy(connection, "app_passwords_only", "sometimes")
        except settings.AccountError as error:
            return str(error)
        return ""

    assert "off, with_second_factor or always" in sqlite_nest.do(job)
