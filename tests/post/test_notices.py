"""Notices: filed once in their time, for whom they concern, in the language of who reads them."""

import asyncio
import email
import email.policy
from pathlib import Path
from typing import Any

import pytest
from outbox import Outbox, outbox

from hawknest.accounts import settings, users
from hawknest.accounts.directory import Directory
from hawknest.accounts.users import User
from hawknest.log import Log
from hawknest.post import notices
from hawknest.post.local import Terms
from hawknest.post.notices import DAILY, Note, Notices, worded
from hawknest.post.route import Router
from hawknest.post.route import Settings as RouteSettings
from hawknest.store import Store, journey
from nests import nest
from stores import Nest

NOTE = Note(("Something happened", "お知らせ"), ("Please look.\nThank you.", "ご確認ください。"))
DAY = 86400.0


def writer(box: Outbox, store: Store | None = None) -> Notices:
    """Who writes, as one of several workers."""
    store = store or box.store
    router = Router(Directory(store), lambda: RouteSettings("mail.example.com", "", ()), box.clock)
    return Notices(
        store=store,
        router=router,
        log=Log(),
        terms=lambda: Terms(5 * DAY, 7 * DAY),
        hostname="mail.example.com",
        clock=box.clock,
        utc_offset=lambda: 0,
        on_queued=box.queue.poke,
    )


def change(box: Outbox, **changes: Any) -> Any:
    return box.store.write(lambda c: users.change(c, "ann@example.com", **changes))


def add(box: Outbox, address: str, **fields: Any) -> Any:
    return box.store.write(lambda c: users.add(c, User(address=address, **fields), None, box.clock()))


async def test_an_account_is_told_by_a_letter(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        assert await writer(box).account("Ann@example.com", "fire", NOTE)
        (octets,) = await box.inbox("ann@example.com")
        letter = email.message_from_bytes(octets, policy=email.policy.default)
        assert letter["Return-Path"] == "<>"
        assert letter["From"] == "Hawknest <postmaster@example.com>"
        assert letter["To"] == "ann@example.com"
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["Subject"] == "Something happened / お知らせ"  # no language is set: both
        text = letter.get_content()
        assert "Please look." in text
        assert "ご確認ください。" in text
        (row,) = await box.store.read(journey.newest)
        assert (row.service, row.message_id) == ("notice", letter["Message-ID"])
        assert [s.event for s in await box.steps(row.id)] == ["filed"]


async def test_of_the_same_key_one_in_its_period(nest: Nest) -> None:
    async with outbox(nest, running=False) as box:
        one, other = writer(box), writer(box)  # two workers
        told = await asyncio.gather(*(w.account("ann@example.com", "fire", NOTE) for w in (one, other) * 4))
        assert sorted(told) == [False] * 7 + [True]
        assert not await one.account("ann@example.com", "fire", NOTE)
        assert await other.account("ann@example.com", "flood", NOTE)
        box.clock.now += DAY
        assert await other.account("ann@example.com", "fire", NOTE)
        assert not await one.account("ann@example.com", "fire", NOTE)
        assert await one.account("ann@example.com", "fire", NOTE, every=0)
        assert len(await box.inbox("ann@example.com")) == 4


async def test_never_a_storm(nest: Nest) -> None:
    async with outbox(nest, running=False) as box:
        one = writer(box)
        for number in range(DAILY + 5):
            await one.account("ann@example.com", f"fire {number}", NOTE, every=0)
        assert len(await box.inbox("ann@example.com")) == DAILY
        box.clock.now += DAY
        assert await one.account("ann@example.com", "fire 1", NOTE)


async def test_who_administers_is_told(nest: Nest) -> None:
    async with outbox(nest, running=False) as box:
        one = writer(box)
        assert not await one.owners("fire", NOTE)  # nobody does
        await change(box, admin=True, language="ja")
        await add(box, "eve@example.com", admin=True, language="en")
        await add(box, "old@example.com", admin=True, active=False)
        await add(box, "bob@example.com")
        assert await one.owners("fire", NOTE)
        assert not await one.owners("fire", NOTE)
        subjects = {
            name: [
                email.message_from_bytes(o, policy=email.policy.default)["Subject"]
                for o in await box.inbox(f"{name}@example.com")
            ]
            for name in ("ann", "eve", "old", "bob")
        }
        assert subjects == {"ann": ["お知らせ"], "eve": ["Something happened"], "old": [], "bob": []}


async def test_a_forward_is_followed_and_a_full_mailbox_no_hindrance(sqlite_nest: Nest) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        await change(box, forward=("far@elsewhere.example",), quota=1)
        assert await writer(box).account("ann@example.com", "fire", NOTE)
        assert len(await box.inbox("ann@example.com")) == 1
        (row,) = await box.rows()
        assert (row.address, row.reverse_path) == ("far@elsewhere.example", "")
        assert row.skip > 0  # our Return-Path stays here


@pytest.mark.parametrize("address", ["", "not an address", "nobody@example.com", "x@elsewhere.example"])
async def test_nobody_is_told_nothing(sqlite_nest: Nest, address: str) -> None:
    async with outbox(sqlite_nest, running=False) as box:
        assert not await writer(box).account(address, "fire", NOTE)
        assert not await box.store.read(journey.newest)


def test_words_in_the_language_of_the_pages() -> None:
    assert worded(NOTE, "en") == ("Something happened", "Please look.\nThank you.")
    assert worded(NOTE, "ja") == ("お知らせ", "ご確認ください。")


async def test_what_was_told_long_ago_is_forgotten(nest: Nest) -> None:
    async with outbox(nest, running=False) as box:
        one = writer(box)
        await one.account("ann@example.com", "fire", NOTE)
        await box.store.write(lambda c: notices.forget(c, box.clock() + notices.KEPT + 1))
        assert await one.account("ann@example.com", "fire", NOTE)


async def test_a_nest_has_who_writes_them(tmp_path: Path) -> None:
    def make(connection: Any) -> None:
        users.change(connection, "mia@example.org", admin=True)
        settings.set_policy(connection, "receive", "off")  # concerns others' letters only

    async with nest(tmp_path, change=make) as rooms:
        assert await rooms.notices.owners("fire", NOTE)
