"""Letters brought into an account and out of it: none twice, none lost, on both engines."""

import asyncio
import contextlib
import os

import pytest

from carried import Given, label, list_archive, taken
from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.post.carry import names
from hawknest.post.carry.errands import Format, begun, from_files, to_files
from hawknest.post.carry.filing import Filing
from hawknest.post.carry.leaving import leaving
from hawknest.post.carry.letter import carry
from hawknest.post.carry.report import arrived
from hawknest.store import Statement, flags, mailboxes
from hawknest.store.letters import Flag

NOW = 1_800_000_000.0
EMAILS = Statement("SELECT count(*) FROM email")
BLOBS = Statement("SELECT count(*) FROM blob")
PLACED = Statement(
    """SELECT e.received_at, e.flags, e.keywords, p.saved_at, e.lacks FROM email e JOIN placement p ON p.email_id = e.id
       ORDER BY p.uid"""
)


@pytest.fixture
def mia(nest):
    """The account of mia."""

    def make(connection):
        domains.add(connection, "nest.test", NOW)
        return users.add(connection, User(address="mia@nest.test"), None, NOW).id

    return nest.do(make)


async def brought(store, account, source, name="from x", into=""):
    run = await begun(store, account, name)
    filing = Filing(store, run, lambda mailbox: names.placed(mailbox, into), NOW)
    await carry(source, filing, lambda _: None)
    return filing, await arrived(store, run, filing.place_of)


async def count(store, statement=EMAILS):
    return (await store.read(lambda c: c.one(statement)))[0]


LETTERS = (
    (label(key="1"), b"one\r\n"),
    (label("Work/2003", key="1", flags=Flag.SEEN, keywords=("b", "A"), at=5.5), b"two\n"),
    (label("Work/2003", key="2"), b"x" * 300_000),
)


async def test_letters_are_filed_once(nest, mia):
    async with nest.open() as store:
        filing, lines = await brought(store, mia, Given(*LETTERS))
        assert (filing.brought, filing.known_before) == (3, 0)
        assert [(line.mailbox, line.place, line.source.letters, line.equal) for line in lines] == [
            ("INBOX", "INBOX", 1, True),
            ("Work/2003", "Work/2003", 2, True),
        ]
        filing, lines = await brought(store, mia, Given(*LETTERS, (label(key="3"), b"three")))
        assert (filing.brought, filing.known_before) == (1, 3)
        assert [(line.source.letters, line.arrived.letters) for line in lines] == [(2, 2), (2, 2)]
        filing, lines = await brought(store, mia, Given(*LETTERS), "from elsewhere", "Old")
        assert [line.place for line in lines] == ["Old", "Old/Work/2003"]
        rows = await store.read(lambda c: c.all(PLACED))
        assert (5.5, int(Flag.SEEN), "A b", NOW, 2) in rows
        assert await count(store) == 7
        there = await store.read(lambda c: {box.name for box in mailboxes.listing(c, mia)})
        assert {"Work", "Work/2003", "Old", "Old/Work", "Old/Work/2003"} <= there
        assert "Old/Work/2003" in await store.read(lambda c: mailboxes.subscribed(c, mia))


async def test_letters_without_names_are_told_apart_by_their_octets(nest, mia):
    def mbox(*texts):
        return Given(*((label(key=""), text) for text in texts))

    big = os.urandom(200_000)
    async with nest.open() as store:
        filing, _ = await brought(store, mia, mbox(b"a", b"b", b"a", big))
        assert filing.brought == 4
        filing, lines = await brought(store, mia, mbox(b"c", b"a", b"a", b"a", big))
        assert (filing.brought, filing.known_before) == (2, 3)
        assert [(line.source.letters, line.equal) for line in lines] == [(5, True)]
        assert await count(store) == await count(store, BLOBS) == 6
        files = [path for path in store.blobs.files.rglob("*") if path.is_file()]
        assert len(files) == 1


async def test_what_is_gone_here_is_not_brought_again(nest, mia):
    async with nest.open() as store:
        await brought(store, mia, Given(*LETTERS))
        inbox = (await store.read(lambda c: mailboxes.find(c, mia, "INBOX"))).id
        from hawknest.store import expunge

        await store.write(lambda c: expunge.remove(c, mia, inbox, [1]))
        filing, lines = await brought(store, mia, Given(*LETTERS))
        assert filing.brought == 0
        assert [(line.source.letters, line.gone, line.equal) for line in lines] == [
            (0, 1, True),
            (2, 0, True),
        ]


async def test_flags_follow_the_source_unless_they_changed_here(nest, mia):
    def now(flags, *words):
        return Given(*((label(key=str(n), flags=flags, keywords=words), b"letter %d" % n) for n in (1, 2)))

    async def here(store):
        return [(its.flags, its.keywords) for its, _ in (await taken(await leaving(store, mia))).all]

    async with nest.open() as store:
        await brought(store, mia, now(Flag(0)))
        inbox = (await store.read(lambda c: mailboxes.find(c, mia, "INBOX"))).id
        mine = flags.Change(flags.Mode.SET, int(Flag.FLAGGED))
        await store.write(lambda c: flags.change(c, mia, inbox, [(2, 2)], mine))
        filing, _ = await brought(store, mia, now(Flag.SEEN, "work", "A"))
        assert filing.brought == 0
        assert await here(store) == [(Flag.SEEN, ("A", "work")), (Flag.FLAGGED, ())]
        await brought(store, mia, now(Flag.SEEN | Flag.ANSWERED))
        assert await here(store) == [(Flag.SEEN | Flag.ANSWERED, ()), (Flag.FLAGGED, ())]


class Stops(Exception):
    """The run is interrupted."""


class Breaking(Given):
    """A source that breaks after some letters."""

    def __init__(self, *letters, after):
        super().__init__(*letters)
        self.after = after

    async def letters(self, known):
        async for letter in super().letters(known):
            if self.after == 0:
                raise Stops
            self.after -= 1
            yield letter


@pytest.mark.parametrize("keyed", [True, False])
async def test_an_interrupted_run_goes_on(nest, mia, keyed):
    many = [(label(key=str(n) if keyed else ""), b"letter %d\r\n" % (n % 900)) for n in range(1000)]
    async with nest.open() as store:
        for after in (1, 250, 300, 100):
            with pytest.raises(Stops):
                await brought(store, mia, Breaking(*many, after=after))
        filing, (line,) = await brought(store, mia, Given(*many))
        assert filing.brought + filing.known_before == 1000
        assert line.equal
        assert line.source.letters == await count(store) == 1000


async def test_a_run_that_is_cancelled_leaves_nothing_half(nest, mia):
    many = [(label(key=str(n)), b"letter %d\r\n" % n * 50) for n in range(3000)]
    async with nest.open() as store:
        for wait in (0.01, 0.05, 0.1):
            task = asyncio.ensure_future(brought(store, mia, Given(*many)))
            await asyncio.sleep(wait)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        _, (line,) = await brought(store, mia, Given(*many))
        assert line.equal
        assert line.source.letters == await count(store) == 3000


async def test_a_letter_that_changed_here_is_noticed(sqlite_nest):
    def make(connection):
        domains.add(connection, "nest.test", NOW)
        return users.add(connection, User(address="mia@nest.test"), None, NOW).id

    account = sqlite_nest.do(make)
    async with sqlite_nest.open() as store:
        await brought(store, account, Given(*LETTERS))
        await store.write(
            lambda c: c.run(Statement("UPDATE blob SET data = :data WHERE size = 5"), data=b"eno\r\n")
        )
        _, lines = await brought(store, account, Given(*LETTERS))
        assert [line.equal for line in lines] == [False, True]


def in_order(found, written_as):
    """What an account has; a Maildir is read in the order of the letters' dates."""
    rows = [(its.mailbox, int(its.at), its.flags, octets) for its, octets in found.all]
    return rows if written_as is Format.MBOX else sorted(rows)


@pytest.mark.parametrize(
    ("written_as", "ending"), [(Format.MAILDIR, ""), (Format.MBOX, ".tgz"), (Format.MAILDIR, ".zip")]
)
async def test_the_archive_of_a_list_in_and_out(sqlite_nest, tmp_path, written_as, ending):
    """Maildir -> nest -> file -> nest -> file: every octet, flag and date."""

    def make(connection):
        domains.add(connection, "nest.test", NOW)
        made = [
            users.add(connection, User(address=f"{name}@nest.test"), None, NOW) for name in ("mia", "tom")
        ]
        return [user.id for user in made]

    source = list_archive(tmp_path)
    mia, tom = sqlite_nest.do(make)
    async with sqlite_nest.open() as store:
        first = await from_files(store, mia, source, lambda _: None, into="Lists/dovecot")
        assert (first.carried, first.equal) == (3237, True)
        out = tmp_path / f"out{ending}"
        done = await to_files(store, mia, "mia@nest.test", out, lambda _: None, written_as=written_as)
        assert (done.carried, done.equal) == (3237, True)
        second = await from_files(store, tom, out, lambda _: None)
        assert (second.carried, second.equal) == (3237, True)
        one = await taken(await leaving(store, mia))
        other = await taken(await leaving(store, tom))
        assert in_order(one, written_as) == in_order(other, written_as)
        if not ending and written_as is Format.MAILDIR:
            again = await to_files(store, mia, "mia@nest.test", out, lambda _: None)
            assert (again.carried, again.equal) == (0, True)


async def test_a_letter_whose_file_is_gone_is_told_of(sqlite_nest, tmp_path):
    def make(connection):
        domains.add(connection, "nest.test", NOW)
        return users.add(connection, User(address="mia@nest.test"), None, NOW).id

    account = sqlite_nest.do(make)
    async with sqlite_nest.open() as store:
        await brought(store, account, Given(*LETTERS))
        (file,) = (path for path in store.blobs.files.rglob("*") if path.is_file())
        file.unlink()
        done = await to_files(store, account, "mia@nest.test", tmp_path / "out", lambda _: None)
        assert (done.carried, done.lost, done.equal) == (2, 1, False)


async def test_only_some_mailboxes_go_out(sqlite_nest, tmp_path):
    def make(connection):
        domains.add(connection, "nest.test", NOW)
        return users.add(connection, User(address="mia@nest.test"), None, NOW).id

    account = sqlite_nest.do(make)
    async with sqlite_nest.open() as store:
        await brought(store, account, Given(*LETTERS))
        found = await taken(await leaving(store, account, ["Work/2003"]))
        assert set(found.by_mailbox()) == {"Work/2003"}
        with pytest.raises(mailboxes.NoSuchMailbox):
            await leaving(store, account, ["Nowhere"])
