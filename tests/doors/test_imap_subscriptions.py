"""What becomes of subscriptions when mailboxes get other names, go, and come again. RFC 9051 §6.3.6-9."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from imapdoor import Client

from nests import nest

_LINE = re.compile(rb'\* LIST \(([^)]*)\) "/" "([^"]*)"')
MIA = "Other Users/mia@example.org"


@asynccontextmanager
async def two(directory: Path) -> AsyncIterator[tuple[Client, Client]]:
    """Mia, whose mailboxes Work and below tom may see and change."""
    async with nest(directory) as rooms:
        mia, tom = await Client(rooms, "mia").enter(), await Client(rooms, "tom").enter()
        for name in ("Work/Plans/2026", "Workshop"):
            await ok(mia, f"CREATE {name}")
        for name in ("Work", "Work/Plans", "Work/Plans/2026"):
            await ok(mia, f"SETACL {name} tom@example.org lrswikxte")
        for name in (
            "Work",
            "Work/Plans",
            "Work/Plans/2026",
            "Workshop",
        ):  # made, it is not subscribed to yet
            await ok(mia, f"SUBSCRIBE {name}")
        yield mia, tom
        await mia.session.end()
        await tom.session.end()


async def ok(client: Client, command: str) -> bytes:
    said = await client.do(command)
    assert b"\r\nt OK" in b"\r\n" + said, said
    return said


async def subscribed(client: Client, pattern: str = "*") -> dict[str, bool]:
    """The names of a kind that somebody is subscribed to, and whether there are such mailboxes."""
    said = await ok(client, f'LIST (SUBSCRIBED) "" "{pattern}"')
    return {name.decode(): b"\\NonExistent" not in marks for marks, name in _LINE.findall(said)}


async def test_they_follow_a_mailbox_and_those_below_it(tmp_path: Path) -> None:
    async with two(tmp_path) as (mia, _):
        await ok(mia, "UNSUBSCRIBE Work/Plans")
        await ok(mia, "RENAME Work Play")
        assert await subscribed(mia, "Work*") == {"Workshop": True}  # no ghost
        assert await subscribed(mia, "Play*") == {"Play": True, "Play/Plans/2026": True}
        await ok(mia, "UNSUBSCRIBE Work")  # as programs do that do it themselves
        await ok(mia, "SUBSCRIBE Play")
        assert await subscribed(mia, "Play*") == {"Play": True, "Play/Plans/2026": True}


async def test_what_is_deleted_stays_until_somebody_says_otherwise(tmp_path: Path) -> None:
    async with two(tmp_path) as (mia, _):
        await ok(mia, "DELETE Workshop")
        assert await subscribed(mia, "Workshop") == {"Workshop": False}
        await ok(mia, "RENAME Work Workshop")  # which brings its own
        assert await subscribed(mia, "Work*") == {
            "Workshop": True,
            "Workshop/Plans": True,
            "Workshop/Plans/2026": True,
        }
        await ok(mia, "DELETE Workshop/Plans/2026")
        await ok(mia, "RENAME Workshop Work")  # of a mailbox that is not there, nothing follows
        assert await subscribed(mia, "Work*") == {
            "Work": True,
            "Work/Plans": True,
            "Workshop/Plans/2026": False,
        }


async def test_of_inbox_the_letters_go_and_the_name_stays(tmp_path: Path) -> None:
    async with two(tmp_path) as (mia, _):
        await ok(mia, "RENAME INBOX old")
        assert await subscribed(mia, "INBOX") == {"INBOX": True}
        assert await subscribed(mia, "old") == {}


@pytest.mark.parametrize("who", ["owner", "other"])
async def test_everybodys_follow_whoever_renames(tmp_path: Path, who: str) -> None:
    async with two(tmp_path) as (mia, tom):
        for name in ("Work", "Work/Plans/2026"):
            await ok(tom, f'SUBSCRIBE "{MIA}/{name}"')
        await ok(tom, "CREATE Work")  # tom's own of the same name
        await ok(tom, "SUBSCRIBE Work")
        if who == "owner":
            await ok(mia, "RENAME Work Play")
        else:
            await ok(mia, "CREATE Shared")
            await ok(mia, "SETACL Shared tom@example.org lrswikxte")
            await ok(tom, f'RENAME "{MIA}/Work" "{MIA}/Shared/Play"')
        new = "Play" if who == "owner" else "Shared/Play"
        assert await subscribed(tom, f"{MIA}/*") == {
            f"{MIA}/{new}": True,
            f"{MIA}/{new}/Plans/2026": True,
        }
        assert await subscribed(tom, "Work") == {"Work": True}
        assert await subscribed(mia, f"{new}*") == {
            new: True,
            f"{new}/Plans": True,
            f"{new}/Plans/2026": True,
        }


async def test_a_name_that_gets_too_long_for_others_holds_nobody_up(tmp_path: Path) -> None:
    async with two(tmp_path) as (mia, tom):
        await ok(tom, f'SUBSCRIBE "{MIA}/Work"')
        await ok(mia, f"RENAME Work {'w' * 480}")
        assert await subscribed(tom, f"{MIA}/*") == {f"{MIA}/Work": False}


async def test_somebody_elses_mailbox_has_one_name(tmp_path: Path) -> None:
    async with two(tmp_path) as (mia, tom):
        await ok(tom, 'SUBSCRIBE "Other Users/mia@Example.ORG/Work"')
        assert await subscribed(tom, f"{MIA}/*") == {f"{MIA}/Work": True}
        await ok(mia, "SETACL Workshop tom@example.org p")  # not to be seen
        assert b"t NO [NONEXISTENT]" in await tom.do(f'SUBSCRIBE "{MIA}/Workshop"')
        await ok(tom, 'UNSUBSCRIBE "Other Users/mia@EXAMPLE.org/Work"')
        assert await subscribed(tom, f"{MIA}/*") == {}
        await ok(tom, 'UNSUBSCRIBE "nobody knows this"')


async def test_who_watches_is_told(tmp_path: Path) -> None:
    async with two(tmp_path) as (mia, tom):
        await ok(tom, f'SUBSCRIBE "{MIA}/Work"')
        await ok(tom, "NOTIFY SET (subscribed (SubscriptionChange))")
        await ok(mia, "RENAME Work Play")
        said = b""
        for _ in range(300):
            said += await tom.session.settle()
            if said.count(b"* LIST") >= 2:
                break
        assert b'* LIST (\\Subscribed) "/" "%b/Play"' % MIA.encode() in said
        assert b'* LIST () "/" "%b/Work"' % MIA.encode() in said
