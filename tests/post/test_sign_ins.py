"""The log of sign-ins, and the letter about a new device: gathered, one for each network, none for the very first."""

import email
import email.policy
from typing import Any

import pytest
from outbox import Outbox, outbox
from test_notices import writer

from hawknest.accounts import sign_ins, users
from hawknest.accounts.login import Attempt, Failure
from hawknest.accounts.settings import Policies
from hawknest.accounts.sign_ins import WayIn, network_of
from hawknest.post.sign_ins import SignIns
from stores import Nest

DAY = 86400.0
HOME, AWAY = "198.51.100.7", "203.0.113.9"


class Gate:
    """Somebody signs in to ann's account."""

    def __init__(self, box: Outbox, **policies: Any) -> None:
        self.box = box
        self.kept = SignIns(box.store, box.log, lambda: writer(box), lambda: Policies(**policies), box.clock)

    async def seen(
        self, peer: str = HOME, service: str = "imap", credential: str = "password", failure: Any = None
    ) -> None:
        account = (await self.box.store.read(lambda c: users.get(c, "ann@example.com"))).id
        self.kept.seen(Attempt(account, service, peer, credential, failure, self.box.clock()))

    async def letters(self) -> list[Any]:
        await self.kept.flush()
        found = await self.box.inbox("ann@example.com")
        return [email.message_from_bytes(octets, policy=email.policy.default) for octets in found]

    async def log(self) -> list[WayIn]:
        account = (await self.box.store.read(lambda c: users.get(c, "ann@example.com"))).id
        return await self.box.store.read(lambda c: sign_ins.listing(c, account))


async def test_a_new_network_is_told_once(nest: Nest) -> None:
    async with outbox(nest, running=False) as box:
        gate = Gate(box)
        await gate.seen()
        assert await gate.letters() == []  # the very first
        for _ in range(5):
            await gate.seen(AWAY)  # a program that opens five connections
        (letter,) = await gate.letters()
        text = letter.get_content()
        assert AWAY in text
        assert "203.0.113.0/24" in text
        assert "reading mail (IMAP)" in text
        assert "the account's password" in text
        for _ in range(3):
            await gate.seen(AWAY)
            await gate.seen("203.0.113.200")
        assert len(await gate.letters()) == 1


async def test_a_new_phone_is_told_of_once_whatever_it_does(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        gate = Gate(box)
        await gate.seen()
        await gate.letters()
        for service in ("imap", "smtp", "web"):
            await gate.seen(AWAY, service, "app:phone")
            await gate.letters()
        assert len(await gate.letters()) == 1


@pytest.mark.parametrize(("service", "credential"), [("smtp", "password"), ("imap", "app:phone")])
async def test_a_known_network_and_another_way_in(sqlite_nest: Nest, service: str, credential: str) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        gate = Gate(box)
        await gate.seen()
        await gate.letters()
        await gate.seen(HOME, service, credential)
        assert len(await gate.letters()) == 1


async def test_what_tells_nobody(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        gate = Gate(box, new_device_letters=False)
        await gate.seen()
        await gate.letters()
        await gate.seen(AWAY)
        assert await gate.letters() == []
        on = Gate(box)
        await on.seen("192.0.2.1", failure=Failure.WRONG)  # a failure is no sign-in
        await on.seen("127.0.0.1")  # this machine itself
        assert await on.letters() == []


async def test_after_long_a_network_is_new_again_and_the_account_is_not(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        gate = Gate(box)
        await gate.seen()
        await gate.letters()
        box.clock.now += 40 * DAY
        await gate.kept.forget()
        assert len(await gate.log()) == 1  # the last time somebody got in stays
        await gate.seen()
        assert len(await gate.letters()) == 1


async def test_the_log(nest: Nest) -> None:
    async with outbox(nest, running=False) as box:
        gate = Gate(box)
        for _ in range(3):
            await gate.seen()
            await gate.seen(HOME, failure=Failure.WRONG, credential="")
            box.clock.now += 10
        await gate.kept.flush()
        await gate.seen("198.51.100.9")
        await gate.kept.flush()
        one, other = await gate.log()
        assert (one.result, one.count, one.peer) == ("", 4, "198.51.100.9")
        assert one.last_at - one.first_at == 30
        assert (other.result, other.count, other.credential) == ("wrong", 3, "")
        box.clock.now += DAY
        await gate.seen()
        await gate.kept.flush()
        assert len(await gate.log()) == 3
        await box.store.write(lambda c: sign_ins.forget(c, box.clock() + DAY))
        assert [row.result for row in await gate.log()] == [""]


async def test_two_workers_find_it_new_once(nest: Nest) -> None:
    async with outbox(nest, running=False) as box:
        one, other = Gate(box), Gate(box)
        await one.seen()
        await one.letters()
        for gate in (one, other):
            await gate.seen(AWAY)
            await gate.kept.flush()
        assert len(await one.letters()) == 1


async def test_an_account_that_went_meanwhile(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        gate = Gate(box)
        gate.kept.seen(Attempt(4711, "imap", HOME, "password", None, box.clock()))
        await gate.kept.flush()
        assert await gate.log() == []


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("127.8.8.8", "loopback"),
        ("::1", "loopback"),
        ("unix", "unix"),
    ],
)
def test_networks(peer: str, network: str) -> None:
    assert network_of(peer) == network
