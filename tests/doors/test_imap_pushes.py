"""What clients are told without asking: IDLE, NOTIFY, and what other sessions did. RFC 9051 §6.3.13, §7.5.1, RFC 5465."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from imapdoor import Client

from hawknest.doors.imap import append
from hawknest.doors.imap.images import Images
from hawknest.store import StoreGone
from nests import deliver, nest

LETTER = b"Subject: new\r\n\r\nbody\r\n"


def two(
    directory: Path, talk: Callable[[Client, Client, Callable[[], Awaitable[None]]], Awaitable[None]]
) -> None:
    """Have mia at the door twice, and letters that come."""

    async def main() -> None:
        async with nest(directory) as rooms:
            for _ in range(3):
                await deliver(rooms, LETTER)
            one, other = await Client(rooms, "mia").enter(), await Client(rooms, "mia").enter()
            await talk(one, other, lambda: deliver(rooms, LETTER))
            await one.session.end()
            await other.session.end()

    asyncio.run(main())


async def heard(client: Client, what: bytes) -> bytes:
    """Wait until a client was told something."""
    said = b""
    for _ in range(400):
        said += await client.session.settle()
        if what in said:
            return said
        await asyncio.sleep(0.005)
    raise AssertionError((what, said))


def test_idle_tells_what_comes_changes_and_goes(tmp_path: Path) -> None:
    async def talk(one: Client, other: Client, letter: Callable[[], Awaitable[None]]) -> None:
        await one.do("SELECT INBOX")
        await other.do("SELECT INBOX")
        one.session.send(b"i IDLE\r\n")
        await heard(one, b"+ ")
        await letter()
        await heard(one, b"* 4 EXISTS\r\n")
        await other.do("STORE 2 +FLAGS (\\Flagged)")
        await heard(one, b"* 2 FETCH (FLAGS (\\Flagged")
        await other.do("MOVE 2 Trash")
        await heard(one, b"* 2 EXPUNGE\r\n")
        one.session.send(b"DONE\r\n")
        await heard(one, b"i OK")

    two(tmp_path, talk)


def test_numbers_stay_while_they_are_used(tmp_path: Path) -> None:
    async def talk(one: Client, other: Client, letter: Callable[[], Awaitable[None]]) -> None:
        await one.do("SELECT INBOX")
        await other.do("SELECT INBOX")
        await other.do("MOVE 1 Trash")
        await letter()
        said = await one.do("FETCH 3 UID")
        assert b"* 3 FETCH (UID 3)" in said
        assert b"EXPUNGE\r\n" not in said
        assert b"EXISTS" not in said
        assert b"t NO [EXPUNGEISSUED]" in await one.do("FETCH 1 (FLAGS)")
        assert b"EXPUNGE\r\n" not in await one.do("STORE 2 +FLAGS (a)")
        assert b"* SEARCH" in await one.do("SEARCH ALL")
        said = await one.do("NOOP")
        assert said.index(b"* 1 EXPUNGE") < said.index(b"* 3 EXISTS")

    two(tmp_path, talk)


def test_notify_tells_of_other_mailboxes_and_of_the_selected_one(tmp_path: Path) -> None:
    async def talk(one: Client, other: Client, letter: Callable[[], Awaitable[None]]) -> None:
        events = "MessageNew MessageExpunge FlagChange"
        said = await one.do(
            f"NOTIFY SET STATUS (selected ({events})) (personal ({events} MailboxName SubscriptionChange))"
        )
        assert b'* STATUS "INBOX" (MESSAGES 3 UIDNEXT 4' in said
        await letter()
        await heard(one, b'* STATUS "INBOX" (MESSAGES 4 UIDNEXT 5')
        await one.do("SELECT INBOX")  # selected after NOTIFY: it is watched all the same
        await letter()
        await heard(one, b"* 5 EXISTS")
        one.session.send(b"i IDLE\r\n")
        await heard(one, b"+ ")
        one.session.send(b"DONE\r\n")
        await heard(one, b"i OK")
        await letter()  # and IDLE does not end the watching
        await heard(one, b"* 6 EXISTS")
        await other.do("CREATE fresh")
        await heard(one, b'* LIST () "/" "fresh"')
        await other.do("RENAME fresh older")
        await heard(one, b'"older" ("OLDNAME" ("fresh"))')
        await other.do("SUBSCRIBE older")
        await heard(one, b'* LIST (\\Subscribed) "/" "older"')
        await other.do("SELECT INBOX")
        await other.do("COPY 1 older")
        await heard(one, b'* STATUS "older" (MESSAGES 1')
        await other.do("DELETE older")
        await heard(one, b'* LIST (\\NonExistent) "/" "older"')

    two(tmp_path, talk)


def test_notify_gives_what_is_asked_of_new_messages(tmp_path: Path) -> None:
    async def talk(one: Client, other: Client, letter: Callable[[], Awaitable[None]]) -> None:
        await one.do("SELECT INBOX")
        await one.do(
            "NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge))"
        )
        await letter()
        said = await heard(one, b"Subject: new")
        assert said.index(b"* 4 EXISTS") < said.index(b"* 4 FETCH (UID 4")

    two(tmp_path, talk)


def test_notify_none_is_silence(tmp_path: Path) -> None:
    async def talk(one: Client, other: Client, letter: Callable[[], Awaitable[None]]) -> None:
        await one.do("SELECT INBOX")
        await one.do("NOTIFY NONE")
        one.session.send(b"i IDLE\r\n")
        await heard(one, b"+ ")
        await letter()
        await asyncio.sleep(0.2)
        assert await one.session.settle() == b""  # RFC 5465 §4
        one.session.send(b"DONE\r\n")
        await heard(one, b"i OK")

    two(tmp_path, talk)


def test_who_has_a_deleted_mailbox_open_is_told_goodbye(tmp_path: Path) -> None:
    async def talk(one: Client, other: Client, letter: Callable[[], Awaitable[None]]) -> None:
        await other.do("CREATE x")
        await one.do("SELECT x")
        await other.do("DELETE x")
        one.session.send(b"t NOOP\r\n")
        await heard(one, b"* BYE")

    two(tmp_path, talk)


def test_what_others_changed_is_told_with_modseqs(tmp_path: Path) -> None:
    async def talk(one: Client, other: Client, letter: Callable[[], Awaitable[None]]) -> None:
        await one.do("ENABLE QRESYNC")
        await one.do("SELECT INBOX")
        await other.do("SELECT INBOX")
        await other.do("STORE 1 +FLAGS (\\Answered)")
        assert b"* 1 FETCH (UID 1 FLAGS (\\Answered" in await one.do("NOOP")
        await other.do("UID STORE 2 +FLAGS.SILENT (\\Deleted)")
        await other.do("EXPUNGE")
        assert b"* VANISHED 2\r\n" in await one.do("NOOP")
        assert b"t OK [MODIFIED 1]" in await one.do("STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)")

    two(tmp_path, talk)


def test_a_store_with_trouble_ends_no_session_that_only_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def talk(one: Client, other: Client, letter: Callable[[], Awaitable[None]]) -> None:
        await one.do("SELECT INBOX")
        await one.do("NOTIFY SET (selected (MessageNew MessageExpunge))")

        async def trouble(*_: object) -> None:
            raise StoreGone("the database is out of reach")

        with monkeypatch.context() as patch:
            patch.setattr(Images, "refresh", trouble)
            await letter()
            assert b"BYE" not in await one.session.settle()
        assert b"* 4 EXISTS\r\n" in await one.do("NOOP")

    two(tmp_path, talk)


def test_many_letters_of_one_append_do_not_gather_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def talk(one: Client, _other: Client, _letter: Callable[[], Awaitable[None]]) -> None:
        monkeypatch.setattr(append, "TOGETHER", 2 * len(LETTER))
        said = await one.do(b"APPEND INBOX" + b" {%d+}\r\n%b" % (len(LETTER), LETTER) * 5)
        assert b"APPENDUID" in said
        assert len([*(tmp_path / "blobs").glob("*/*")]) == 3
        said = await one.do("STATUS INBOX (MESSAGES)")
        assert b"MESSAGES 8" in said
        await one.do("SELECT INBOX")
        assert (await one.do("FETCH 4:8 BODY.PEEK[]")).count(LETTER) == 5

    two(tmp_path, talk)
