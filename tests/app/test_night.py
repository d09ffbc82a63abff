"""The nightly round: who makes it, when, and what it leaves alone."""

import os
import time

import pytest

from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.app.night import Night
from hawknest.log import Log
from hawknest.store import leases, letters, mailboxes
from hawknest.store.blobs import Content
from hawknest.store.letters import Filing
from hawknest.store.strays import DAY, UNTOUCHED

NOW = 1_800_000_000.0
NAME = "ab/" + "0" * 62 + ".0123456789abcdef"


def at(hour):
    """A day to come, at an hour of the local day."""
    return time.mktime((2033, 5, 17, hour, 0, 0, 0, 0, -1))


def stray(nest, now, seconds):
    path = nest.directory / "blobs" / NAME
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (now - seconds, now - seconds))
    return path


@pytest.mark.parametrize(
    ("hour", "up", "swept"),
    [(3, DAY / 2, 1), (3, 60.0, 0), (14, DAY / 2, 0), (14, DAY, 1)],
)
async def test_when_it_is_time(nest, hour, up, swept):
    now = at(hour)
    async with nest.open() as store:
        path = stray(nest, now, UNTOUCHED + 1)
        night = Night(store, nest.directory, "me", Log(), now - up)
        assert await night.round(now) == swept
        assert path.exists() is not bool(swept)
        assert await night.round(now) == 0  # once


async def test_one_worker_alone(nest):
    now = at(3)
    async with nest.open() as store:
        path = stray(nest, now, UNTOUCHED + 1)
        await store.write(lambda c: leases.take(c, "night", "another", now, now + 60))
        assert await Night(store, nest.directory, "me", Log(), now - DAY).round(now) == 0
        assert path.exists()
        later = now + 3600
        assert await Night(store, nest.directory, "me", Log(), now - DAY).round(later) == 1


async def test_a_young_file_stays_and_an_old_one_aside_is_forgotten(nest):
    now = at(3)
    async with nest.open() as store:
        path = stray(nest, now, UNTOUCHED - 60)
        old = nest.directory / "swept" / NAME
        old.parent.mkdir(parents=True)
        old.write_bytes(b"x")
        os.utime(old, (now - 31 * DAY, now - 31 * DAY))
        assert await Night(store, nest.directory, "me", Log(), now - DAY).round(now) == 0
        assert path.exists()
        assert not old.exists()


async def test_a_mailbox_that_a_crash_left_half_deleted_is_emptied(nest):
    def half(connection):
        domains.add(connection, "example.com", NOW)
        account = users.add(connection, User(address="ann@example.com"), None, NOW).id
        box = mailboxes.create(connection, account, "old", NOW)
        blobs = letters.keep(connection, [(Content(3, b"abc"), 1)] * 3)
        letters.file(connection, [Filing(account, blob, 3, "", NOW, mailbox_id=box.id) for blob in blobs])
        mailboxes.delete(connection, account, "old")  # and here the power went
        return account

    account = nest.do(half)
    assert nest.do(lambda c: letters.octets(c, account)) == 9
    async with nest.open() as store:
        await Night(store, nest.directory, "me", Log(), at(14)).round(at(14))
    assert nest.do(lambda c: letters.octets(c, account)) == 0
    assert nest.do(mailboxes.condemned) == []
