"""A database that was put back to an earlier state: no UID is given twice."""

import asyncio
import shutil
from pathlib import Path

from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.app import mark
from hawknest.log import Log
from hawknest.store import Connection, mailboxes, restored
from stores import Nest

NOW = 1_800_000_000.0


def begin(nest: Nest) -> None:
    with nest.connection() as connection:
        mark.renew(connection, nest.directory, Log())


def furnished(connection: Connection) -> int:
    domains.add(connection, "example.com", NOW)
    return users.add(connection, User(address="ann@example.com"), None, NOW).id


def uidnext(nest: Nest, account: int) -> int:
    return nest.do(lambda c: mailboxes.find(c, account, "INBOX")).uidnext


def test_starting_again_is_no_restoring(nest: Nest) -> None:
    account = nest.do(furnished)
    for _ in range(3):
        begin(nest)
        assert uidnext(nest, account) == 1


def test_a_database_that_was_put_back_leaps(sqlite_nest: Nest, tmp_path: Path) -> None:
    nest = sqlite_nest
    account = nest.do(furnished)
    begin(nest)
    before = nest.do(lambda c: mailboxes.find(c, account, "Sent"))
    copy = nest.database.snapshot(tmp_path, "copy")
    begin(nest)  # the server ran on, and gave UIDs
    nest.close()
    for file in nest.directory.glob("hawknest.sqlite*"):
        file.unlink()
    shutil.copy(copy, nest.directory / "hawknest.sqlite")
    begin(nest)
    after = nest.do(lambda c: mailboxes.find(c, account, "Sent"))
    assert after.uidvalidity == before.uidvalidity
    assert after.uidnext == before.uidnext + restored.UIDS
    assert after.modseq > before.modseq + 1000
    fresh = nest.do(lambda c: mailboxes.create(c, account, "fresh", NOW))
    assert fresh.uidvalidity > before.uidvalidity + 1000
    assert fresh.modseq > after.modseq
    begin(nest)
    assert uidnext(nest, account) == restored.UIDS + 1  # once is enough


def test_a_copy_of_the_same_run_is_known_too(sqlite_nest: Nest, tmp_path: Path) -> None:
    nest = sqlite_nest
    account = nest.do(furnished)
    begin(nest)
    copy = nest.database.snapshot(tmp_path, "copy")

    async def run_on() -> None:
        async with nest.open() as store:
            await mark.change(store, nest.directory)

    asyncio.run(run_on())
    nest.close()
    for file in nest.directory.glob("hawknest.sqlite*"):
        file.unlink()
    shutil.copy(copy, nest.directory / "hawknest.sqlite")
    begin(nest)
    assert uidnext(nest, account) == restored.UIDS + 1


def test_few_uids_left(nest: Nest) -> None:
    account = nest.do(furnished)
    before = nest.do(lambda c: mailboxes.find(c, account, "INBOX"))
    for _ in range(3000):
        nest.do(restored.leap)
        now = nest.do(lambda c: mailboxes.find(c, account, "INBOX"))
        if now.uidvalidity != before.uidvalidity:
            break
    assert now.uidvalidity > before.uidvalidity
    assert now.uidnext < 1 << 31
