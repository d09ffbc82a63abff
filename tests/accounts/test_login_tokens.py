"""Tokens of a login service: whom they let in, what a fault costs, and that nobody is asked where nobody is set."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from people import town

from hawknest.accounts import devices, users
from hawknest.accounts.limiter import BLOCK, FREE, Limiter
from hawknest.accounts.locks import Verifier
from hawknest.accounts.login import BLOCKED, UNCHECKED, WRONG, Client, Denied, Keys, Kind, Login
from hawknest.accounts.passwords import secrets_of
from hawknest.accounts.settings import Policies
from hawknest.store import Store
from hawknest.wire.sasl import TokenFault
from stores import Nest

LAN = Client("192.168.1.5", "imap", private=True)
#: What the login service knows: whose a token is, what is wrong with it, or that it does not answer.
TOKENS: dict[str, str | TokenFault | None] = {
    "bobs": "bob@example.com",
    "short": "BOB",
    "old": TokenFault(),
    "printers": "printer",
    "nobodys": "nobody@example.com",
    "silent": None,
}


class Service:
    """A login service that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, token: str, service: str) -> str | TokenFault | None:
        self.asked.append((token, service))
        return TOKENS[token]


@asynccontextmanager
async def keys(nest: Nest) -> AsyncGenerator[tuple[Store, Keys, Limiter]]:
    nest.do(town)
    nest.do(lambda c: devices.add(c, "printer", secrets_of("printer's own words"), []))
    verifier, limiter = Verifier(), Limiter(lambda: 0.0)
    async with nest.open() as store:
        yield store, Keys(store, verifier, limiter, Policies, b"key", tokens=Service()), limiter
    verifier.close()


async def played(doors: Keys, token: str, name: str = "", client: Client = LAN) -> object:
    dialogue = doors.exchange(client, "OAUTHBEARER", f"n,a={name},\1auth=Bearer {token}\1\1".encode())
    said = await dialogue.step()
    return await dialogue.step(b"\1") if isinstance(said, bytes) else said


async def test_a_token_lets_in_whose_it_is(nest: Nest) -> None:
    async with keys(nest) as (store, doors, _):
        for token in ("bobs", "short"):
            for name in ("", "bob", "bob@example.com"):
                login = await played(doors, token, name)
                assert isinstance(login, Login)
                assert (login.name, login.kind) == ("bob@example.com", Kind.BEARER)
                assert await doors.holds(LAN, login)
        assert isinstance(doors.tokens, Service)
        assert doors.tokens.asked[0] == ("bobs", "imap")
        assert isinstance(login, Login)
        await store.write(lambda c: users.change(c, "bob@example.com", active=False))
        assert not await doors.holds(LAN, login)
        assert await played(doors, "bobs") == WRONG


async def test_a_token_lets_in_nobody_else(sqlite_nest: Nest) -> None:
    async with keys(sqlite_nest) as (_, doors, _):
        for token, name in (
            ("bobs", "ann@example.com"),
            ("bobs", "nobody"),
            ("old", "bob"),
            ("nobodys", ""),
            ("printers", ""),
        ):
            assert await played(doors, token, name) == WRONG, (token, name)
        assert await played(doors, "printers", client=replace(LAN, service="smtp")) == WRONG


async def test_guesses_count_before_the_exchange_is_over(sqlite_nest: Nest) -> None:
    async with keys(sqlite_nest) as (_, doors, limiter):
        for _ in range(FREE):  # each given up at the challenge that tells what is wrong
            dialogue = doors.exchange(LAN, "XOAUTH2", b"user=bob\1auth=Bearer old\1\1")
            assert isinstance(await dialogue.step(), bytes)
        assert limiter.look("203.0.113.1", "bob").pause > 0
        before = dict(limiter._counts)
        doors.exchange(LAN, "OAUTHBEARER", b"n,,\1auth=Bearer old\1\1")
        assert limiter._counts == before  # nothing was asked yet
        for _ in range(BLOCK):
            limiter.failed("198.51.100.1", "bob")
        assert await played(doors, "bobs", "bob") == BLOCKED


async def test_a_fault_counts_once(sqlite_nest: Nest) -> None:
    async with keys(sqlite_nest) as (_, doors, limiter):
        assert await played(doors, "old", "bob") == WRONG
        assert set(limiter._counts.values()) == {(1.0, 0.0)}


async def test_who_says_no_name_is_not_blocked_with_all_others(sqlite_nest: Nest) -> None:
    async with keys(sqlite_nest) as (_, doors, limiter):
        for _ in range(BLOCK):
            limiter.failed("198.51.100.1", "")
        assert isinstance(await played(doors, "bobs"), Login)
        assert await played(doors, "bobs", client=replace(LAN, peer="198.51.100.7")) == BLOCKED


async def test_a_success_clears_the_name_that_the_token_said(sqlite_nest: Nest) -> None:
    async with keys(sqlite_nest) as (_, doors, limiter):
        limiter.failed("198.51.100.1", "bob@example.com")
        assert isinstance(await played(doors, "bobs"), Login)
        assert "name:bob@example.com" not in limiter._counts


async def test_a_silent_login_service_is_nobodys_guess(sqlite_nest: Nest) -> None:
    async with keys(sqlite_nest) as (_, doors, limiter):
        assert await played(doors, "silent", "bob") == UNCHECKED
        assert not limiter._counts


async def test_without_a_verifier_there_are_no_tokens(sqlite_nest: Nest) -> None:
    async with keys(sqlite_nest) as (_, doors, _):
        assert {"OAUTHBEARER", "XOAUTH2"} <= set(doors.mechanisms(LAN))
        assert not doors.mechanisms(replace(LAN, private=False))
        doors.tokens = None
        assert not {"OAUTHBEARER", "XOAUTH2"} & set(doors.mechanisms(LAN))
        assert isinstance(await asyncio.wait_for(played(doors, "bobs"), 5), Denied)
