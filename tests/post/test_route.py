"""Where letters go: aliases, forwards, catch-alls, loops, rewritten senders, automatic replies; by the real doors and store."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hawknest.accounts import aliases, domains, users
from hawknest.app.nest import Nest
from hawknest.mail import srs
from hawknest.mail.address import parse_address
from hawknest.store import Connection, letters, outgoing
from nests import converse, nest

LETTER = b"From: ann@example.com\r\nTo: mia@example.org\r\nSubject: hello\r\nMessage-ID: <1@example.com>\r\n\r\nhi\r\n"


async def send(
    rooms: Nest, to: str, sender: str = "ann@example.com", letter: bytes = LETTER, peer: str = "192.0.2.9"
) -> bytes:
    dialogue = b"HELO x\r\nMAIL FROM:<%b>\r\n" % sender.encode()
    dialogue += b"".join(b"RCPT TO:<%b>\r\n" % one.encode() for one in to.split())
    return await converse(rooms, "smtp", dialogue + b"DATA\r\n" + letter + b".\r\nQUIT\r\n", peer)


async def boxes(rooms: Nest) -> dict[str, int]:
    """How many letters each user has."""

    def ask(connection: Connection) -> dict[str, int]:
        return {
            user.address.partition("@")[0]: len(letters.inbox(connection, user.id)[2])
            for user in users.listing(connection)
        }

    return await rooms.store.read(ask)


async def waiting(rooms: Nest) -> list[outgoing.Waiting]:
    return await rooms.store.read(outgoing.listing)


async def content(rooms: Nest, name: str, index: int = -1) -> bytes:
    def ask(connection: Connection) -> bytes:
        items = letters.inbox(connection, users.get(connection, f"{name}@example.org").id)[2]
        found = letters.read(connection, items[index].blob_id)
        assert found is not None
        assert found.data is not None
        return found.data

    return await rooms.store.read(ask)


def changing(*jobs: Callable[[Connection], Any]) -> Callable[[Connection], None]:
    def change(connection: Connection) -> None:
        for job in jobs:
            job(connection)

    return change


def user(name: str, **changes: Any) -> Callable[[Connection], Any]:
    return lambda c: users.change(c, f"{name}@example.org", **changes)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("mia@example.org", {"mia": 1, "tom": 0}),
        ("MIA@EXAMPLE.ORG", {"mia": 1, "tom": 0}),
        ("mia+news@example.org", {"mia": 1, "tom": 0}),
        ("mia@example.net", {"mia": 1, "tom": 0}),  # an alias domain
        ("team@example.org", {"mia": 1, "tom": 1}),
        ("team@example.org mia@example.org tom@example.net", {"mia": 1, "tom": 1}),  # nobody gets it twice
        ("postmaster@example.org", {"mia": 1, "tom": 0}),
        ("Abuse@example.net", {"mia": 1, "tom": 0}),
        ("postmaster", {"mia": 1, "tom": 0}),
    ],
)
async def test_who_gets_it(tmp_path: Path, to: str, expected: dict[str, int]) -> None:
    async with nest(tmp_path) as rooms:
        assert b"Accepted as" in await send(rooms, to)
        assert await boxes(rooms) == expected
        assert await waiting(rooms) == []


async def test_one_blob_serves_all_recipients(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        await send(rooms, "team@example.org")
        assert await content(rooms, "mia") == await content(rooms, "tom")
        received = await content(rooms, "mia")
        assert b"\tfor <team@example.org>" in received


async def test_a_letter_to_two_named_recipients_names_neither(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        await send(rooms, "mia@example.org tom@example.org")
        assert b"\tfor <" not in await content(rooms, "mia")


async def test_catch_all(tmp_path: Path) -> None:
    change = changing(lambda c: domains.set_catch_all(c, "example.org", "tom@example.org"))
    async with nest(tmp_path, change=change) as rooms:
        assert b"Accepted as" in await send(rooms, "whoever@example.net")
        assert await boxes(rooms) == {"mia": 0, "tom": 1}


@pytest.mark.parametrize(("keep", "mine"), [(True, 1), (False, 0)])
async def test_forward_elsewhere_is_sent_as_ours(tmp_path: Path, keep: bool, mine: int) -> None:
    change = changing(user("mia", forward=("mia@elsewhere.example",), keep_copy=keep))
    async with nest(tmp_path, change=change) as rooms:
        assert b"Accepted as" in await send(rooms, "mia@example.org")
        assert (await boxes(rooms))["mia"] == mine
        (one,) = await waiting(rooms)
        assert one.address == "mia@elsewhere.example"
        sender = parse_address(one.reverse_path, local_limit=255)
        assert sender.domain == "example.org"  # that of the address that sends it on: its SPF record holds
        assert sender.local.startswith("SRS0=")
        assert one.prefix == b"Delivered-To: mia@example.org\r\n"
        assert (one.skip > 0) is keep  # the Return-Path line of the copy that is kept stays here


@pytest.mark.parametrize("catch_all", [None, "tom@example.org"])
async def test_a_bounce_to_a_rewritten_sender_goes_back(tmp_path: Path, catch_all: str | None) -> None:
    change = changing(
        lambda c: domains.set_catch_all(c, "example.org", catch_all),
        user("mia", forward=("mia@elsewhere.example",), keep_copy=False),
    )
    async with nest(tmp_path, change=change) as rooms:
        await send(rooms, "mia@example.org")
        (one,) = await waiting(rooms)
        assert b"Accepted as" in await send(rooms, one.reverse_path, sender="")
        back = [w for w in await waiting(rooms) if w.address == "ann@example.com"]
        assert len(back) == 1
        assert back[0].reverse_path == ""
        forged = one.reverse_path.replace("SRS0=", "SRS0=A", 1)
        assert (b"550" in await send(rooms, forged, sender="")) is (catch_all is None)


async def test_our_own_senders_are_not_rewritten(tmp_path: Path) -> None:
    change = changing(user("mia", forward=("mia@elsewhere.example",), keep_copy=False))
    async with nest(tmp_path, change=change) as rooms:
        await send(rooms, "mia@example.org", sender="tom@example.org")
        assert [w.reverse_path for w in await waiting(rooms)] == ["tom@example.org"]


async def test_forwards_in_a_circle_leave_one_copy_each(tmp_path: Path) -> None:
    """PARITY 76."""
    change = changing(
        user("mia", forward=("tom@example.org",), keep_copy=False),
        user("tom", forward=("mia@example.org",), keep_copy=False),
    )
    async with nest(tmp_path, change=change) as rooms:
        assert b"Accepted as" in await send(rooms, "mia@example.org")
        assert await boxes(rooms) == {"mia": 1, "tom": 1}


async def test_aliases_in_a_circle_are_refused(tmp_path: Path) -> None:
    change = changing(
        lambda c: aliases.add(c, "a@example.org", ["b@example.org"]),
        lambda c: aliases.add(c, "b@example.org", ["a@example.org"]),
    )
    async with nest(tmp_path, change=change) as rooms:
        said = await send(rooms, "a@example.org")
        assert b"550 a@example.org leads back to itself" in said


async def test_an_alias_to_nobody_is_refused_one_to_some_is_not(tmp_path: Path) -> None:
    change = changing(
        lambda c: aliases.add(c, "gone@example.org", ["nobody@example.org"]),
        lambda c: aliases.add(c, "half@example.org", ["nobody@example.org", "tom@example.org"]),
    )
    async with nest(tmp_path, change=change) as rooms:
        assert b"550 gone@example.org leads to nobody@example.org" in await send(rooms, "gone@example.org")
        assert b"Accepted as" in await send(rooms, "half@example.org")
        assert (await boxes(rooms))["tom"] == 1


async def test_a_letter_that_we_sent_on_is_not_sent_on_again(tmp_path: Path) -> None:
    change = changing(user("mia", forward=("mia@elsewhere.example",), keep_copy=False))
    async with nest(tmp_path, change=change) as rooms:
        assert b"Accepted as" in await send(
            rooms, "mia@example.org", letter=b"Delivered-To: Mia@example.org\r\n" + LETTER
        )
        assert await waiting(rooms) == []
        assert (await boxes(rooms))["mia"] == 1


async def test_fifty_servers_are_enough(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        said = await send(rooms, "mia@example.org", letter=b"Received: from x by y; date\r\n" * 51 + LETTER)
        assert b"554 The letter has passed through more than 50 servers" in said
        assert await boxes(rooms) == {"mia": 0, "tom": 0}


async def test_an_inactive_user_gets_nothing(tmp_path: Path) -> None:
    async with nest(tmp_path, change=changing(user("tom", active=False))) as rooms:
        assert b"550" in await send(rooms, "tom@example.org")
        assert b"Accepted as" in await send(rooms, "team@example.org")
        assert await boxes(rooms) == {"mia": 1, "tom": 0}


AWAY = {"responder_on": True, "responder_subject": "Away", "responder_text": "Back on Monday."}


async def test_an_automatic_reply_once_a_period(tmp_path: Path) -> None:
    async with nest(tmp_path, change=changing(user("mia", **AWAY))) as rooms:
        for _ in range(3):
            assert b"Accepted as" in await send(rooms, "mia@example.org")
        (one,) = await waiting(rooms)
        assert (one.address, one.reverse_path) == ("ann@example.com", "")
        assert (await boxes(rooms))["mia"] == 3


@pytest.mark.parametrize(
    ("sender", "extra"),
    [
        ("", b""),
        ("mia@example.org", b""),
        ("ann@example.com", b"List-Id: <l.example.com>\r\n"),
        ("ann@example.com", b"Auto-Submitted: auto-replied\r\n"),
        ("ann@example.com", b"Precedence: bulk\r\n"),
        ("mailer-daemon@example.com", b""),
    ],
)
async def test_no_automatic_reply_to_lists_bounces_or_oneself(
    tmp_path: Path, sender: str, extra: bytes
) -> None:
    async with nest(tmp_path, change=changing(user("mia", **AWAY))) as rooms:
        await send(rooms, "mia@example.org", sender=sender, letter=extra + LETTER)
        assert await waiting(rooms) == []
        assert await boxes(rooms) == {"mia": 1, "tom": 0}


async def test_two_who_are_away_do_not_answer_each_other_for_ever(tmp_path: Path) -> None:
    """N2."""
    letter = LETTER.replace(b"ann@example.com\r\nTo", b"tom@example.org\r\nTo")
    change = changing(user("mia", forward=("mia@example.org",), **AWAY), user("tom", **AWAY))
    async with nest(tmp_path, change=change) as rooms:
        await send(rooms, "mia@example.org", sender="tom@example.org", letter=letter)
        await asyncio.sleep(0.1)
        assert await boxes(rooms) == {"mia": 1, "tom": 1}
        assert b"Auto-Submitted: auto-replied" in await content(rooms, "tom")
        assert await waiting(rooms) == []


async def test_a_full_mailbox_says_so(tmp_path: Path) -> None:
    async with nest(tmp_path, change=changing(user("tom", quota=400))) as rooms:
        assert b"Accepted as" in await send(rooms, "tom@example.org")
        said = await send(rooms, "tom@example.org")
        assert b"452 The mailbox is full" in said
        assert b"Accepted as" in await send(rooms, "team@example.org") or (await boxes(rooms))["tom"] == 1


async def test_a_change_of_the_directory_in_the_middle_of_a_letter_is_seen(tmp_path: Path) -> None:
    """The answer at RCPT may be old; what is filed never follows an old one."""
    from nests import Session

    async with nest(tmp_path) as rooms:
        session = Session(rooms, "smtp")
        await session.settle()
        session.send(b"HELO x\r\nMAIL FROM:<ann@example.com>\r\nRCPT TO:<team@example.org>\r\nDATA\r\n")
        assert b"354" in await session.settle()
        await rooms.store.write(lambda c: aliases.change(c, "team@example.org", ["tom@example.org"]))
        session.send(LETTER + b".\r\n")
        assert b"Accepted as" in await session.settle()
        assert await boxes(rooms) == {"mia": 0, "tom": 1}
        await session.end()


def test_srs_secrets_are_made_once(tmp_path: Path) -> None:
    async def keys() -> tuple[bytes, ...]:
        from hawknest.accounts import settings

        async with nest(tmp_path) as rooms:
            first = await rooms.store.write(settings.srs_keys)
            assert first == await rooms.store.write(settings.srs_keys)
            return first

    (key,) = asyncio.run(keys())
    address = srs.encode(parse_address("a@example.com"), "example.org", (key,), 1e9)
    assert srs.decode(address, (key,), 1e9) == parse_address("a@example.com")
