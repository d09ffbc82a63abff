"""Letters from and to a real IMAP server, with every way to log in, broken connections, and again."""

import asyncio
import contextlib
import imaplib
from pathlib import Path

import pytest

from carried import Given, label, list_archive, taken
from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.post.carry import errands_imap
from hawknest.post.carry.archives import open_tree
from hawknest.post.carry.box import open_box
from hawknest.post.carry.errands import from_files
from hawknest.post.carry.errands_imap import from_imap, to_imap
from hawknest.post.carry.imaphost import ImapError, Security, Server
from hawknest.post.carry.imaplogin import connect
from hawknest.post.carry.leaving import leaving
from hawknest.post.carry.letter import carry
from hawknest.post.carry.reading import OneMailbox
from hawknest.post.carry.writing import MaildirWriter
from hawknest.store import Statement, mailboxes
from hawknest.store.letters import Flag
from interop.olddovecot import PASSWORD, OldDovecot

pytestmark = pytest.mark.peer
NOW = 1_800_000_000.0
EMAILS = Statement("SELECT count(*) FROM email")


@pytest.fixture(scope="module")
def dovecot():
    with OldDovecot() as server:
        yield server


@pytest.fixture
def accounts(sqlite_nest):
    def make(connection):
        domains.add(connection, "nest.test", NOW)
        made = [
            users.add(connection, User(address=f"{name}@nest.test"), None, NOW) for name in ("mia", "tom")
        ]
        return [user.id for user in made]

    return sqlite_nest.do(make)


def server(dovecot, user="mia", security=Security.NONE, **more):
    port = dovecot.imaps if security is Security.TLS else dovecot.imap
    return Server("localhost", user, more.pop("password", PASSWORD), port, security, **more)


def nobody(_):
    """Nobody is told."""


async def filled(dovecot: OldDovecot, tmp_path: Path, most: int, user: str = "mia") -> list[bytes]:
    """Fill a user's Maildir with letters of the list, flags and folders."""
    found = await taken(OneMailbox(open_tree(list_archive(tmp_path))))
    letters = [octets for _, octets in found.all[:most]]
    folders = ("INBOX", "Gesendet", "Gesendet/2003", "日本語", "Work", "Empty & full")
    home = dovecot.mail / user / "Maildir"
    given = Given(
        *(
            (
                label(
                    folders[n % 5],
                    f"7.{n + 1}",
                    Flag.SEEN if n % 2 else Flag.ANSWERED,
                    ("$Forwarded", "work") if n % 3 == 0 else (),
                    1_000_000_000.0 + n,
                ),
                octets,
            )
            for n, octets in sorted(enumerate(letters), key=lambda pair: pair[0] % 5)
        )
    )
    await carry(given, MaildirWriter(open_box(home, "x")), nobody)
    (home / ".Empty &- full" / "cur").mkdir(parents=True, exist_ok=True)
    dovecot.own()
    return letters


async def test_a_whole_account_comes_in_and_goes_out(dovecot, sqlite_nest, accounts, tmp_path):
    letters = await filled(dovecot, tmp_path, 1200)
    mia, tom = accounts
    async with sqlite_nest.open() as store:
        first = await from_imap(store, mia, server(dovecot), nobody)
        assert (first.carried, first.equal, first.missed) == (1200, True, 0)
        places = {line.mailbox: line.place for line in first.mailboxes}
        assert places == {
            "INBOX": "INBOX",
            "Gesendet": "Sent",
            "Gesendet/2003": "Sent/2003",
            "日本語": "日本語",
            "Work": "Work",
        }
        assert "Empty & full" in await store.read(lambda c: [box.name for box in mailboxes.listing(c, mia)])
        here = await taken(await leaving(store, mia))
        assert sorted(octets for _, octets in here.all) == sorted(letters)
        rows = {octets: its for its, octets in here.all}
        for n, octets in enumerate(letters[:50]):
            its = rows[octets]
            assert its.flags == (Flag.SEEN if n % 2 else Flag.ANSWERED)
            assert its.keywords == (("$Forwarded", "work") if n % 3 == 0 else ())
            assert its.at == 1_000_000_000.0 + n
        again = await from_imap(store, mia, server(dovecot), nobody)
        assert (again.carried, again.known_before, again.equal) == (0, 1200, True)

        out = await to_imap(store, mia, server(dovecot, "tom"), nobody)
        assert (out.carried, out.refused, out.equal) == (1200, 0, True)
        assert all(line.unknown == 0 for line in out.mailboxes)
        assert {line.place for line in out.mailboxes} == {
            "INBOX",
            "Gesendet",
            "Gesendet/2003",
            "日本語",
            "Work",
        }
        out = await to_imap(store, mia, server(dovecot, "tom"), nobody)
        assert (out.carried, out.known_before, out.equal) == (0, 1200, True)
        back = await from_imap(store, tom, server(dovecot, "tom"), nobody, into="Old", skip=["Work"])
        assert (back.carried, back.equal) == (960, True)
        there = await taken(await leaving(store, tom))
        key = {(its.mailbox, its.flags, its.keywords, its.at, octets) for its, octets in there.all}
        assert key == {
            (f"Old/{theirs(its.mailbox)}".removesuffix("/INBOX"), its.flags, its.keywords, its.at, octets)
            for its, octets in here.all
            if its.mailbox != "Work"
        }


def theirs(name):
    return name.replace("Sent", "Gesendet")


@pytest.mark.parametrize("security", list(Security))
@pytest.mark.parametrize("mechanisms", ["plain", "login", "scram-sha-256", "cram-md5"])
async def test_every_way_to_log_in(security, mechanisms):
    with OldDovecot(mechanisms=mechanisms) as dovecot:
        session = await connect(server(dovecot, security=security, verify=False))
        assert "IMAP4REV1" in session.capabilities
        session.close()
        with pytest.raises(ImapError, match="refuses the login"):
            await connect(server(dovecot, security=security, verify=False, password="wrong"))
        if security is not Security.NONE:
            with pytest.raises(ImapError, match="certificate"):
                await connect(server(dovecot, security=security))


async def test_nobody_there():
    with pytest.raises(ImapError, match="cannot be reached"):
        await connect(Server("localhost", "mia", "x", 1, Security.NONE))


class Cutting:
    """A way to a server that is cut after so many octets, each time a little later."""

    def __init__(self, port: int, after: int) -> None:
        self._port = port
        self.after = after
        self.cuts = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._port)

        async def pipe(source, target, most):
            with contextlib.suppress(OSError):
                while (data := await source.read(65536)) and most > 0:
                    target.write(data)
                    await target.drain()
                    most -= len(data)
            for one in (writer, up_writer):
                one.close()

        most, self.after = self.after, self.after * 3 // 2
        self.cuts += 1
        await asyncio.gather(pipe(reader, up_writer, most), pipe(up_reader, writer, most))


async def test_a_connection_that_breaks_is_made_again(dovecot, sqlite_nest, accounts, tmp_path, monkeypatch):
    monkeypatch.setattr(errands_imap, "PAUSE", 0.01)
    await filled(dovecot, tmp_path, 900, "mia")
    mia, _ = accounts
    async with sqlite_nest.open() as store:
        async with Cutting(dovecot.imap, 400_000) as way:
            done = await from_imap(
                store, mia, Server("localhost", "mia", PASSWORD, way.port, Security.NONE), nobody
            )
            assert way.cuts > 3
        assert done.equal
        count = (await store.read(lambda c: c.one(EMAILS)))[0]
        assert done.carried == count == sum(line.source.letters for line in done.mailboxes)


@pytest.mark.parametrize("capability", ["IMAP4rev1", "IMAP4rev1 LITERAL+", "IMAP4rev1 LITERAL-"])
async def test_a_server_that_can_little(sqlite_nest, accounts, tmp_path, capability):
    mia, tom = accounts
    found = await taken(OneMailbox(open_tree(list_archive(tmp_path))))
    given = Given(*((label(key=f"7.{n}"), octets) for n, (_, octets) in enumerate(found.all[:300])))
    await carry(given, MaildirWriter(open_box(tmp_path / "some", "x")), nobody)
    with OldDovecot(capability=capability) as dovecot:
        async with sqlite_nest.open() as store:
            await from_files(store, mia, tmp_path / "some", nobody)
            done = await to_imap(store, mia, server(dovecot), nobody)
            assert (done.carried, done.refused, done.equal) == (300, 0, True)
            back = await from_imap(store, tom, server(dovecot), nobody)
            assert (back.carried, back.equal) == (300, True)
        with imaplib.IMAP4("127.0.0.1", dovecot.imap) as check:
            check.login("mia", PASSWORD)
            assert check.select("INBOX")[1] == [b"300"]
