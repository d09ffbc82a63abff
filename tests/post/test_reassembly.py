"""Letters that come in parts, on both engines: put together when all are there, and otherwise left as they came."""

import email
import itertools
import os
import random
from pathlib import Path
from typing import Any

import pytest

from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.log import Log
from hawknest.post.reassembly import Reassembly
from hawknest.store import Connection, Statement, Store, StoreFull, expunge, letters, parts
from hawknest.store.blobs import Content
from hawknest.store.letters import Filing
from nests import converse, deliver
from nests import nest as whole_nest
from stores import Nest

NOW = 2_000_000_000.0
DAY = 86400.0
MIA = "mia@example.org"
CORPORA = Path(os.environ.get("HAWKNEST_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
IN_CORPORA = CORPORA / "mailcore2" / "parser" / "input"
WITH_CORPORA = pytest.mark.skipif(not IN_CORPORA.exists(), reason="the corpora are not here")


class House:
    """Mia, who wants parts put together, on an open store."""

    def __init__(self, nest: Nest, store: Store) -> None:
        self.now = NOW
        self.nest = nest
        self.store = store
        self.reassembly = Reassembly(store, Log(), "me", lambda: self.now)
        nest.do(lambda c: domains.add(c, "example.org", NOW))
        nest.do(lambda c: users.add(c, User(address=MIA, reassemble=True), None, NOW))

    async def comes(self, letter: bytes, sender: bytes = b"tom@far.test") -> None:
        """File a letter as a door does."""
        spool = self.store.blobs.spool(f"{random.getrandbits(60):x}", self.store.settings.inline)
        await spool.write(b"Return-Path: <%b>\r\n" % sender + letter)
        content = await spool.finish()

        def job(c: Connection) -> None:
            (blob,) = letters.keep(c, [(content, 1)])
            letters.file(c, [Filing(users.get(c, MIA).id, blob, content.size, "", self.now)])

        self.nest.do(job)

    async def look(self) -> None:
        """Look until nothing more has come."""
        for _ in range(100):
            if not await self.reassembly.look():
                return
        raise AssertionError

    async def inbox(self) -> list[bytes]:
        """What lies in the INBOX, without Return-Path."""
        return await self._read("inbox")

    async def trash(self) -> list[bytes]:
        return await self._read("trash")

    async def _read(self, role: str) -> list[bytes]:
        def question(c: Connection) -> list[Content]:
            row = c.one(Statement("SELECT id FROM mailbox WHERE role = :role"), role=role)
            assert row is not None
            found = [letters.read(c, item.blob_id) for item in letters.listing(c, row[0])]
            return [content for content in found if content]

        read = []
        for content in await self.store.read(question):
            data = content.data
            if content.place:
                data = (self.store.blobs.files / content.place).read_bytes()
            assert data is not None
            assert len(data) == content.size
            read.append(data.partition(b"\r\n")[2])
        return read

    def rows(self) -> int:
        row = self.nest.do(lambda c: c.one(Statement("SELECT count(*) FROM partial")))
        assert row is not None
        return row[0]


@pytest.fixture
def opened(nest: Nest) -> Any:
    """Open the house in a coroutine."""
    return lambda: _Open(nest)


class _Open:
    def __init__(self, nest: Nest) -> None:
        self._nest = nest

    async def __aenter__(self) -> House:
        self._store = Store(self._nest.database, self._nest.directory, self._nest.settings)
        return House(self._nest, self._store)

    async def __aexit__(self, *_: object) -> None:
        await self._store.close()


def part(body: bytes, number: int, total: int = 0, name: bytes = b"a@b") -> bytes:
    says = b"; total=%d" % total if total else b""
    return b'Subject: %d\r\nContent-Type: message/partial; id="%b"; number=%d%b\r\n\r\n%b' % (
        *(number, name, number),
        *(says, body),
    )


INNER = b"Subject: whole\r\nContent-Type: text/plain\r\n\r\n"


def crlf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@WITH_CORPORA
@pytest.mark.parametrize("order", list(itertools.permutations(["151", "92", "138"])), ids="-".join)
async def test_three_parts_in_any_order(opened: Any, order: tuple[str, ...]) -> None:
    async with opened() as house:
        for name in order:
            await house.comes(crlf((IN_CORPORA / "mbox" / "jwz" / name).read_bytes()))
            await house.look()
        (whole,) = await house.inbox()
        read = email.message_from_bytes(whole)
        assert read["From"] == "nsb@thumper.bellcore.com"
        assert read["Subject"] is None  # RFC 2046 §5.2.2.1: that of the enclosed letter, which has none
        assert read.get_content_type() == "image/gif"
        image = read.get_payload(decode=True)
        assert isinstance(image, bytes)
        assert image.startswith(b"GIF87a")
        assert image.rstrip(b"\0").endswith(b";")  # it was padded
        assert len(await house.trash()) == 3
        assert house.rows() == 0


@WITH_CORPORA
@pytest.mark.parametrize(
    ("names", "subject"),
    [
        (("mbox/jwz/51", "mbox/jwz/42"), "Thanks!"),
        (
            ("partial/message-partial.1.msg.txt", "partial/message-partial.2.msg.txt"),
            "{15_3779; Victoria & Cherry}: suzeFan - 2377h003.jpg",
        ),
    ],
)
async def test_two_parts(opened: Any, names: tuple[str, ...], subject: str) -> None:
    async with opened() as house:
        for name in names:
            await house.comes(crlf((IN_CORPORA / name).read_bytes()))
        await house.look()
        (whole,) = await house.inbox()
        read = email.message_from_bytes(whole)
        assert read["Subject"].strip() == subject
        assert read.is_multipart()
        assert all(not one.defects for one in read.walk())


@WITH_CORPORA
async def test_what_lacks_parts_stays(opened: Any) -> None:
    async with opened() as house:
        lone = [crlf((IN_CORPORA / "mbox" / "jwz" / name).read_bytes()) for name in ("24", "25", "92")]
        for letter in lone:
            await house.comes(letter)
        await house.look()
        assert await house.inbox() == lone
        assert house.rows() == 3
        house.now += 8 * DAY
        await house.comes(part(b"x", 9))
        await house.look()
        assert house.rows() == 1
        assert (await house.inbox())[:3] == lone


@pytest.mark.parametrize("inline", [1 << 20, 10])
async def test_a_letter_comes_out_as_it_was_sent(nest: Nest, inline: int) -> None:
    nest.settings = type(nest.settings)(nest.settings.database, nest.settings.readers, inline)
    async with _Open(nest) as house:
        lines = [b"%d%b\r\n" % (number, b"x" * (number % 71)) for number in range(3000)]
        cuts = [0, 3, 4, 900, 2999, 3000]
        bodies = [b"".join(lines[a:b]) for a, b in itertools.pairwise(cuts)]
        letters_of = [
            part((INNER if n == 1 else b"") + body, n, 5 * (n == 5)) for n, body in enumerate(bodies, 1)
        ]
        random.Random(7).shuffle(letters_of)
        for letter in letters_of:
            await house.comes(letter)
        await house.look()
        assert await house.inbox() == [INNER + b"".join(lines)]


async def test_a_letter_of_another_sender_or_id_is_no_part(opened: Any) -> None:
    async with opened() as house:
        await house.comes(part(INNER + b"a\r\n", 1, 2))
        await house.comes(part(b"b\r\n", 2, 2), sender=b"eve@far.test")
        await house.comes(part(b"c\r\n", 2, 2, name=b"other"))
        await house.look()
        assert len(await house.inbox()) == 3
        await house.comes(part(b"d\r\n", 2, 2))
        await house.look()
        assert (await house.inbox())[-1].endswith(b"\r\n\r\na\r\nd\r\n")


async def test_totals_that_differ_and_parts_that_come_twice(opened: Any) -> None:
    async with opened() as house:
        await house.comes(part(INNER + b"a\r\n", 1, 3))
        await house.comes(part(b"forged\r\n", 2, 2))  # says that there are two
        await house.comes(part(INNER + b"twice\r\n", 1, 3))
        await house.comes(part(b"beyond\r\n", 7))
        await house.look()
        assert len(await house.inbox()) == 4
        await house.comes(part(b"b\r\n", 2))
        await house.comes(part(b"c\r\n", 3))
        await house.look()
        found = await house.inbox()
        assert found[-1] == INNER + b"a\r\nb\r\nc\r\n"
        assert [b"forged" in one or b"twice" in one or b"beyond" in one for one in found[:-1]] == [True] * 3
        assert len(await house.trash()) == 3


async def test_ten_thousand_forged_parts_cost_no_memory(opened: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(parts, "KEPT", 20)
    async with opened() as house:
        await house.comes(part(INNER, 1, 10_000))  # more than a letter may have
        for number in range(1, 200):
            house.now += number % 3
            await house.comes(part(b"x", number, name=b"%d" % (number % 50)))
        await house.look()
        assert len(await house.inbox()) == 200
        assert 0 < house.rows() <= 20


async def test_parts_that_are_too_large_together_stay(opened: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(parts, "OCTETS", 100)
    async with opened() as house:
        for number in (1, 2):
            await house.comes(part(INNER + b"x" * 40, number, 2))
        await house.look()
        assert len(await house.inbox()) == 2


async def test_a_full_mailbox_keeps_the_parts(opened: Any) -> None:
    async with opened() as house:
        house.nest.do(lambda c: users.change(c, MIA, quota=400))
        for number in (1, 2):
            await house.comes(part(INNER + b"x" * 40, number, 2))
        await house.look()
        assert len(await house.inbox()) == 2
        assert house.rows() == 0
        assert list((house.nest.directory / "blobs").glob("*/*")) == []


async def test_a_part_that_was_deleted_meanwhile(opened: Any) -> None:
    async with opened() as house:
        await house.comes(part(INNER, 1, 2))
        await house.look()

        def delete(c: Connection) -> None:
            account = users.get(c, MIA).id
            inbox, _, (item,) = letters.inbox(c, account)
            expunge.remove(c, account, inbox, [item.uid])

        house.nest.do(delete)
        await house.comes(part(b"b\r\n", 2, 2))
        await house.look()
        assert len(await house.inbox()) == 1


async def test_a_part_whose_file_is_gone(nest: Nest) -> None:
    nest.settings = type(nest.settings)(nest.settings.database, nest.settings.readers, 10)
    async with _Open(nest) as house:
        await house.comes(part(INNER, 1, 2))
        await house.look()
        for path in (nest.directory / "blobs").glob("*/*"):
            path.unlink()
        await house.comes(part(b"b\r\n", 2, 2))
        await house.look()
        assert house.rows() == 0
        assert len(list((nest.directory / "blobs").glob("*/*"))) == 1
        assert list((nest.directory / "spool").iterdir()) == []


async def test_a_first_part_that_encloses_no_header(opened: Any) -> None:
    async with opened() as house:
        await house.comes(part(b"no blank line\r\n", 1, 1))
        await house.look()
        assert len(await house.inbox()) == 1


async def test_parts_within_parts_end(opened: Any) -> None:
    async with opened() as house:
        letter = INNER
        for _ in range(5):
            letter = part(letter, 1, 1)
        await house.comes(letter)
        await house.look()
        assert len(await house.inbox()) == 1
        assert len(await house.trash()) == 1


async def test_who_does_not_want_it_is_left_alone_until_it_is_switched_on(opened: Any) -> None:
    async with opened() as house:
        house.nest.do(lambda c: users.change(c, MIA, reassemble=False))
        for number in (1, 2):
            await house.comes(part(INNER, number, 2))
        assert not await house.reassembly.look()
        house.nest.do(lambda c: users.change(c, MIA, reassemble=True))
        await house.look()  # what has come in the last days is looked at
        assert len(await house.inbox()) == 1


async def test_many_letters_are_looked_at_in_turn_and_by_one_worker(opened: Any) -> None:
    async with opened() as house:
        await house.comes(part(INNER, 1, 2))
        for _ in range(parts.BATCH + 10):
            await house.comes(b"Subject: x\r\n\r\n")
        await house.comes(part(b"b\r\n", 2, 2))
        other = Reassembly(house.store, Log(), "another", lambda: house.now)
        assert await other.look()
        assert not await house.reassembly.look()  # another has the lease
        house.now += 61
        await house.look()
        assert len(await house.inbox()) == parts.BATCH + 11


async def test_trouble_with_the_store_means_once_more(opened: Any, monkeypatch: Any) -> None:
    async with opened() as house:
        for number in (1, 2):
            await house.comes(part(INNER, number, 2))
        plain = type(house.reassembly)._joined

        async def fail(*_: object) -> None:
            raise StoreFull("no room")

        monkeypatch.setattr(type(house.reassembly), "_joined", fail)
        with pytest.raises(StoreFull):
            await house.reassembly.look()
        monkeypatch.setattr(type(house.reassembly), "_joined", plain)
        await house.look()
        assert len(await house.inbox()) == 1


async def test_by_the_doors(tmp_path: Path) -> None:
    def want(c: Connection) -> None:
        users.change(c, MIA, reassemble=True)

    async with whole_nest(tmp_path, change=want) as rooms:
        await deliver(rooms, part(b"there\r\n", 2, 2))
        await deliver(rooms, part(INNER + b"hello\r\n", 1, 2))
        while await rooms.reassembly.look():
            pass
        said = await converse(
            rooms, "pop3", b"USER mia\r\nPASS sesame street 9\r\nRETR 1\r\nQUIT\r\n", "127.0.0.1"
        )
        assert b"+OK 1 letters" in said
        assert said.count(b"Received:") == 1
        assert b"Subject: whole\r\nContent-Type: text/plain\r\n\r\nhello\r\nthere\r\n.\r\n" in said


@pytest.mark.parametrize(("end", "lacks"), [(b"", 2), (b"\r\n", 0)])
async def test_a_whole_without_a_last_line_end_is_counted_with_it(
    opened: Any, end: bytes, lacks: int
) -> None:
    """RFC 1939 §11: as every letter that POP3 gives."""
    async with opened() as house:
        for number, body in ((1, b"Subject: x\r\n\r\none"), (2, b"two" + end)):
            await house.comes(part(body, number, 2))
        await house.look()

        def inbox(c: Connection) -> list[letters.Item]:
            return letters.inbox(c, users.get(c, MIA).id)[2]

        (item,) = await house.store.read(inbox)
        assert item.lacks == lacks
