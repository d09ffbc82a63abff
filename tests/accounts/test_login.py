"""Getting in: every door, every mechanism, one limiter, and the same words for all who fail."""

import hmac
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from people import NOW, at, town

from forgive import forgive
from hawknest.accounts import apps, devices, popbefore, salts, settings, users
from hawknest.accounts.directory import Account, look_up
from hawknest.accounts.errors import AccountError
from hawknest.accounts.limiter import BLOCK, Limiter
from hawknest.accounts.locks import Verifier
from hawknest.accounts.login import BLOCKED, NOT_PRIVATE, WRONG, Client, Denied, Keys, Kind, Login
from hawknest.accounts.passwords import derived_of, secrets_of
from hawknest.accounts.popbefore import Way
from hawknest.accounts.settings import Policies
from hawknest.store import Connection, Store
from hawknest.wire.sasl import scram
from scramplus import bound
from stores import Nest

LAN = Client("192.168.1.5", "imap", private=True)
SMTP = replace(LAN, service="smtp")
BINDING = b"what TLS says of itself"
KEY = b"the key of the salts"
BOB = salts.made(KEY, at("bob@example.com"))
SECRETS = {
    name: secrets_of(
        f"{name} has a password", salts.made(KEY, at(f"{name}@example.com")), cram_md5=name == "bob"
    )
    for name in ("ann", "bob")
}
PHONE = {
    address: derived_of("seven words of a phone", salts.made(KEY, at(address)))
    for address in ("bob@example.com", "ann@example.org")
}
PRINTER, OTHER = (secrets_of(f"{whose} own words") for whose in ("printer's", "other"))


def furnished(connection: Connection) -> None:
    town(connection)
    users.set_password(connection, "ann@example.com", SECRETS["ann"])
    users.set_password(connection, "bob@example.com", SECRETS["bob"])
    for address, services in (("bob@example.com", ["imap", "smtp"]), ("ann@example.org", ["imap"])):
        apps.add(connection, address, "phone", services, derived=PHONE[address], now=NOW)
    devices.add(connection, "printer", PRINTER, ["scan@example.com", "@example.org"])


@asynccontextmanager
async def keys(nest: Nest, policies: Policies | None = None) -> AsyncGenerator[tuple[Store, Keys]]:
    rules = policies or Policies()
    verifier = Verifier()
    async with nest.open() as store:
        yield store, Keys(store, verifier, Limiter(lambda: 0.0), lambda: rules, KEY)
    verifier.close()


async def test_an_accounts_password_opens_every_service(nest: Nest) -> None:
    nest.do(furnished)
    async with keys(nest) as (_, doors):
        for service in ("smtp", "pop3", "imap", "web"):
            for name in ("bob", "BOB@example.com", "bob@例え.jp"):
                got = await doors.password(replace(LAN, service=service), name, "bob has a password")
                assert isinstance(got, Login)
                assert (got.name, got.kind, str(got.address)) == (
                    "bob@example.com",
                    Kind.ACCOUNT,
                    "bob@example.com",
                )


async def test_an_app_password_opens_what_it_was_made_for(nest: Nest) -> None:
    nest.do(furnished)
    async with keys(nest) as (store, doors):
        got = await doors.password(SMTP, "bob", "seven words of a phone")
        assert isinstance(got, Login)
        assert got.kind is Kind.APP
        alone = await doors.password(
            LAN, "ann@example.org", "seven words of a phone"
        )  # has no other password
        assert isinstance(alone, Login)
        assert alone.kind is Kind.APP
        assert await doors.password(replace(LAN, service="pop3"), "bob", "seven words of a phone") == WRONG
        await store.write(lambda c: apps.remove(c, "bob@example.com", "phone"))
        assert await doors.password(SMTP, "bob", "seven words of a phone") == WRONG
        assert isinstance(await doors.password(SMTP, "bob", "bob has a password"), Login)


async def test_a_device_sends_and_does_nothing_else(nest: Nest) -> None:
    nest.do(furnished)
    async with keys(nest) as (store, doors):
        got = await doors.password(SMTP, "printer", "printer's own words")
        assert isinstance(got, Login)
        assert (got.kind, got.account_id, got.senders) == (
            Kind.DEVICE,
            0,
            ("scan@example.com", "@example.org"),
        )
        for service in ("imap", "pop3", "web"):
            assert (
                await doors.password(replace(LAN, service=service), "printer", "printer's own words") == WRONG
            )
        await store.write(lambda c: devices.change(c, "printer", active=False))
        assert await doors.password(SMTP, "printer", "printer's own words") == WRONG


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("bob", "wrong"),
        ("bob", ""),
        ("", ""),
        ("", "bob has a password"),
        ("nobody", "bob has a password"),
        ("ann", "ann has a password"),  # two of that name
        ("ann@example.org", "ann has a password"),  # the other one
        ("ann@example.org", ""),
        ("bob", "x" * 5000),
        ("bob\0", "bob has a password"),
        ("bob", "bob has a password\0"),
        ("\ud800", "\udfff"),
        ("x" * 5000, "x"),
        ("bob@elsewhere.example", "bob has a password"),
        ("postmaster@example.com", "ann has a password"),
        ("%", "bob has a password"),
    ],
)
async def test_all_who_fail_hear_the_same(sqlite_nest: Nest, name: str, password: str) -> None:
    sqlite_nest.do(furnished)
    async with keys(sqlite_nest) as (_, doors):
        assert await doors.password(LAN, name, password) == WRONG


async def test_a_changed_password_and_an_inactive_account_are_out_at_once(nest: Nest) -> None:
    nest.do(furnished)
    async with keys(nest) as (store, doors):
        assert isinstance(await doors.password(LAN, "bob", "bob has a password"), Login)
        changed = secrets_of("ann has a password", BOB)
        await store.write(lambda c: users.set_password(c, "bob@example.com", changed))
        assert await doors.password(LAN, "bob", "bob has a password") == WRONG
        assert isinstance(await doors.password(LAN, "bob", "ann has a password"), Login)
        await store.write(lambda c: users.change(c, "bob@example.com", active=False))
        assert await doors.password(LAN, "bob", "ann has a password") == WRONG


async def test_no_password_travels_where_somebody_can_listen(sqlite_nest: Nest) -> None:
    sqlite_nest.do(furnished)
    open_line = replace(LAN, private=False)
    async with keys(sqlite_nest) as (_, doors):
        assert doors.mechanisms(open_line) == ()
        assert await doors.password(open_line, "bob", "bob has a password") == NOT_PRIVATE
        assert "SCRAM-SHA-256" in doors.mechanisms(LAN)
        assert "SCRAM-SHA-256-PLUS" not in doors.mechanisms(LAN)
        assert doors.mechanisms(replace(LAN, binding=b"x"))[0] == "SCRAM-SHA-256-PLUS"
        assert "CRAM-MD5" not in doors.mechanisms(LAN)
    async with keys(sqlite_nest, Policies(clear_login=True, cram_md5=True)) as (_, doors):
        assert isinstance(await doors.password(open_line, "bob", "bob has a password"), Login)
        assert {"PLAIN", "CRAM-MD5"} <= set(doors.mechanisms(open_line))


async def test_guesses_of_all_services_count_together(sqlite_nest: Nest) -> None:
    sqlite_nest.do(furnished)
    limiter = Limiter(lambda: 0.0)
    async with keys(sqlite_nest) as (_, doors):
        doors._limiter = limiter
        for n in range(3):
            client = replace(LAN, service=("smtp", "pop3", "imap")[n])
            assert await doors.password(client, "bob", "wrong") == WRONG
        dialogue = doors.exchange(SMTP, "PLAIN", b"\0bob\0wrong")
        assert await dialogue.step() == WRONG
        assert limiter.look("203.0.113.1", "bob").pause > 0
        for _ in range(BLOCK):
            limiter.failed(LAN.peer, "bob")
        assert await doors.password(LAN, "bob", "bob has a password") == BLOCKED
        assert await doors.exchange(LAN, "PLAIN", b"\0bob\0bob has a password").step() == BLOCKED
        assert await doors.exchange(LAN, "SCRAM-SHA-256", b"n,,n=bob,r=abcdef").step() == BLOCKED


@pytest.mark.parametrize(
    ("password", "kind"),
    [("bob has a password", Kind.ACCOUNT), ("seven words of a phone", Kind.APP), ("wrong", None)],
)
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-1"])
async def test_every_mechanism(nest: Nest, mechanism: str, password: str, kind: Kind | None) -> None:
    nest.do(furnished)
    async with keys(nest, Policies(cram_md5=True)) as (_, doors):
        end = await _played(doors, mechanism, "bob", password)
        if kind is None or (mechanism == "CRAM-MD5" and kind is Kind.APP):  # which is never kept in the clear
            assert end == WRONG
        else:
            assert isinstance(end, Login)
            assert (end.name, end.kind) == ("bob@example.com", kind)


@pytest.mark.parametrize(
    "mechanism", ["PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"]
)
async def test_a_device_logs_in_by_every_mechanism(nest: Nest, mechanism: str) -> None:
    nest.do(furnished)
    async with keys(nest) as (store, doors):
        end = await _played(doors, mechanism, "printer", "printer's own words", SMTP)
        assert isinstance(end, Login)
        assert (end.kind, end.senders) == (Kind.DEVICE, ("scan@example.com", "@example.org"))
        assert await _played(doors, mechanism, "printer", "other own words", SMTP) == WRONG
        assert await _played(doors, mechanism, "printer", "printer's own words", LAN) == WRONG
        await store.write(lambda c: devices.set_password(c, "printer", OTHER))
        assert isinstance(await _played(doors, mechanism, "printer", "other own words", SMTP), Login)


async def test_a_new_password_of_the_account_leaves_its_app_passwords_alone(nest: Nest) -> None:
    nest.do(furnished)
    changed = secrets_of("a new password", BOB)
    async with keys(nest) as (store, doors):
        for secret in (changed, None, changed):
            await store.write(lambda c, secret=secret: users.set_password(c, "bob@example.com", secret))
            for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1"):
                forgive(doors)
                end = await _played(doors, mechanism, "bob", "seven words of a phone")
                assert isinstance(end, Login)
                assert end.kind is Kind.APP
                own = await _played(doors, mechanism, "bob", "a new password")
                assert isinstance(own, Login) == (secret is changed)
                assert await _played(doors, mechanism, "bob", "bob has a password") == WRONG
        with pytest.raises(AccountError, match="another salt"):
            await store.write(lambda c: users.set_password(c, "bob@example.com", SECRETS["ann"]))


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-1"])
async def test_nobody_looks_like_somebody(sqlite_nest: Nest, mechanism: str) -> None:
    sqlite_nest.do(furnished)
    async with keys(sqlite_nest, Policies(cram_md5=True)) as (_, doors):
        assert await _played(doors, mechanism, "nobody", "wrong") == WRONG
        assert await _played(doors, mechanism, "printer", "wrong") == WRONG


@pytest.mark.parametrize(
    "mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"]
)
@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0",
        b"\0\0",
        b"\xff\xfe",
        b"n,,n=bob,r=x",
        b"p=x",
        b"A" * 100_000,
        b"a\0bob\0bob has a password",
    ],
)
async def test_any_octets_end_in_words(sqlite_nest: Nest, mechanism: str, octets: bytes) -> None:
    sqlite_nest.do(furnished)
    client = replace(LAN, binding=b"binding")
    async with keys(sqlite_nest, Policies(cram_md5=True)) as (_, doors):
        dialogue = doors.exchange(client, mechanism, octets)
        said = await dialogue.step()
        for _ in range(3):
            if not isinstance(said, bytes):
                break
            said = await dialogue.step(octets)
        assert isinstance(said, Denied)


async def _played(doors: Keys, mechanism: str, name: str, password: str, client: Client = LAN) -> object:
    """Play the client's side to the end."""
    if mechanism.startswith("SCRAM"):
        hash_name = "sha256" if "256" in mechanism else "sha1"
        asking = (
            bound(name, password, BINDING) if "PLUS" in mechanism else scram.client(hash_name, name, password)
        )
        dialogue = doors.exchange(replace(client, binding=BINDING), mechanism, next(asking))
        challenge = await dialogue.step()
        assert isinstance(challenge, bytes)
        end = await dialogue.step(asking.send(challenge))
        if isinstance(end, Login):
            assert dialogue.final
            with pytest.raises(StopIteration):
                asking.send(dialogue.final)  # the server has proved itself, too
        return end
    if mechanism == "PLAIN":
        return await doors.exchange(client, mechanism, f"\0{name}\0{password}".encode()).step()
    dialogue = doors.exchange(client, mechanism, None)
    challenge = await dialogue.step()
    assert isinstance(challenge, bytes)
    if mechanism == "LOGIN":
        assert await dialogue.step(name.encode()) == b"Password:"
        return await dialogue.step(password.encode())
    digest = hmac.digest(password.encode(), challenge, "md5").hex()
    return await dialogue.step(f"{name} {digest}".encode())


def test_no_secret_in_a_repr() -> None:
    shown = repr(SECRETS)
    for secret in SECRETS.values():
        assert not any(part and part in shown for part in (secret.password, secret.scram, secret.cram))


@pytest.mark.parametrize(
    ("label", "services", "words"),
    [
        ("", ["imap"], "needs a label"),
        ("x" * 65, ["imap"], "label"),
        ("line\nfeed", ["imap"], "label"),
        ("phone", ["imap"], "already"),
        ("tablet", [], "at least one"),
        ("tablet", ["gopher"], "no service gopher"),
    ],
)
def test_app_passwords_are_checked(
    connection: Connection, label: str, services: list[str], words: str
) -> None:
    furnished(connection)
    with pytest.raises(AccountError, match=words), connection.savepoint():
        apps.add(connection, "bob@example.com", label, services, derived=PHONE["bob@example.com"], now=NOW)
    assert users.get(connection, "ann@example.org").has_password  # this one alone
    (phone,) = apps.listing(connection, "bob@example.com")
    assert phone == apps.AppPassword("phone", ("smtp", "imap"), NOW)
    with pytest.raises(AccountError, match="no app password"):
        apps.remove(connection, "bob@example.com", "tablet")
    for n in range(apps.EACH - 1):
        apps.add(connection, "bob@example.com", f"n{n}", ["web"], derived=PHONE["bob@example.com"], now=NOW)
    with pytest.raises(AccountError, match="remove one first"):
        apps.add(connection, "bob@example.com", "more", ["web"], derived=PHONE["bob@example.com"], now=NOW)


@pytest.mark.parametrize(
    ("name", "senders", "words"),
    [
        ("", [], "short word"),
        ("a@b", [], "without @"),
        ("x" * 65, [], "short word"),
        ("printer", [], "there already"),
        ("nas", ["nonsense"], "no domain"),
        ("nas", ["@bad domain"], "character"),
    ],
)
def test_devices_are_checked(connection: Connection, name: str, senders: list[str], words: str) -> None:
    furnished(connection)
    with pytest.raises(AccountError, match=words), connection.savepoint():
        devices.add(connection, name, PRINTER, senders)
    assert [device.name for device in devices.listing(connection)] == ["printer"]
    devices.set_password(connection, "printer", OTHER)
    devices.remove(connection, "printer")
    with pytest.raises(AccountError, match="no device"):
        devices.get(connection, "printer")


def test_pop_before_smtp_is_kept_for_a_while(connection: Connection) -> None:
    town(connection)
    ann, bob = (look_up(connection, at(f"{name}@example.com")) for name in ("ann", "bob"))
    assert isinstance(ann, Account)
    assert isinstance(bob, Account)
    first, second, here = ann.account_id, bob.account_id, "192.0.2.1"
    assert popbefore.note(connection, here, first, NOW, NOW + 60) is None
    assert popbefore.note(connection, here, first, NOW + 1, NOW + 61) is None
    assert popbefore.note(connection, here, second, NOW + 2, NOW + 62) == first  # two users behind one router
    assert popbefore.find(connection, here, NOW + 61) == Way(second, "")
    assert popbefore.find(connection, here, NOW + 62) is None
    assert popbefore.find(connection, "192.0.2.2", NOW) is None
    popbefore.name(connection, here, "pc1")
    popbefore.name(connection, here, "pc2")
    assert popbefore.find(connection, here, NOW + 61) == Way(second, "pc1")
    users.change(connection, "bob@example.com", active=False)
    assert popbefore.find(connection, here, NOW + 61) is None  # switched off


def test_sender_rewriting_has_a_key_of_its_own(connection: Connection) -> None:
    keys_of = settings.srs_keys(connection)
    assert settings.srs_keys(connection) == keys_of
    assert len(keys_of[0]) >= 16


async def test_a_login_holds_until_what_it_stands_on_is_changed(nest: Nest) -> None:
    nest.do(furnished)
    changes = {
        ("bob", "bob has a password"): lambda c: users.set_password(
            c, "bob@example.com", secrets_of("another one", BOB)
        ),
        ("bob", "seven words of a phone"): lambda c: apps.remove(c, "bob@example.com", "phone"),
        ("ann@example.com", "ann has a password"): lambda c: users.change(c, "ann@example.com", active=False),
        ("printer", "printer's own words"): lambda c: devices.change(c, "printer", ["scan@example.com"]),
    }
    async with keys(nest) as (store, doors):
        logins = {}
        for name, password in changes:
            login = await doors.password(SMTP, name, password)
            assert isinstance(login, Login)
            assert await doors.holds(SMTP, login)
            logins[name, password] = login
        for (name, password), change in changes.items():
            await store.write(change)
            assert not await doors.holds(SMTP, logins[name, password]), name
