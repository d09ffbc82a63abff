"""Odd IMAP servers, played by a script: late UIDs, letters that go away, refusals, views, and servers that tell little."""

import asyncio
import contextlib
import re

import pytest

from carried import Given, label, taken
from hawknest.accounts import domains, users
from hawknest.accounts.users import User
from hawknest.post.carry import imapin, names
from hawknest.post.carry.errands import begun
from hawknest.post.carry.errands_imap import from_imap, to_imap
from hawknest.post.carry.filing import Filing
from hawknest.post.carry.imaphost import ImapError, Security, Server
from hawknest.post.carry.imaplogin import connect
from hawknest.post.carry.imaptree import look
from hawknest.post.carry.leaving import leaving
from hawknest.post.carry.letter import carry

NOW = 1_800_000_000.0


class Odd:
    """A server of one account: `said` gives the answers to a command's words, in place of the usual ones."""

    def __init__(self, letters, said=None, capability="IMAP4rev1"):
        self.letters = dict(letters)  # by UID
        self.capability = capability
        self.heard: list[str] = []
        self.appended: list[tuple[str, bytes]] = []
        self._said = said or (lambda *_: None)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def server(self):
        return Server("localhost", "mia", "secret", self.port, Security.NONE)

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        writer.write(b"* OK hello\r\n")
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            while line := (await reader.readline()).decode().rstrip("\r\n"):
                tag, _, words = line.partition(" ")
                self.heard.append(words)
                answer = self._said(self, tag, words)
                if answer is None:
                    answer = await self._usual(tag, words, reader, writer)
                writer.write(answer)
                await writer.drain()

    async def _usual(self, tag, words, reader, writer):
        uids = sorted(self.letters)
        done = f"{tag} OK done\r\n".encode()
        verb = words.split()[0]
        if verb == "CAPABILITY":
            return f"* CAPABILITY {self.capability}\r\n".encode() + done
        if verb == "LIST":
            return b'* LIST () "." INBOX\r\n' + done
        if verb == "EXAMINE":
            return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n" % len(uids) + done
        if verb == "FETCH":
            first, last = map(int, re.findall(r"\d+", words)[:2])
            rows = [
                b"* %d FETCH (UID %d FLAGS ())\r\n" % (n, uids[n - 1])
                for n in range(first, min(last, len(uids)) + 1)
            ]
            return b"".join(rows) + done
        if verb == "UID":
            uid = int(words.split()[2])
            return self.letter(uid) + done if uid in self.letters else done
        if verb == "APPEND":
            size = int(re.search(r"\{(\d+)", words)[1])
            if not words.endswith("+}"):
                writer.write(b"+ go\r\n")
            octets = await reader.readexactly(size)
            assert await reader.readline() == b"\r\n"
            self.appended.append((words.split()[1], octets))
        return done

    def letter(self, uid):
        octets = self.letters[uid]
        return b"* 1 FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (uid, len(octets), octets)


@pytest.fixture
def mia(sqlite_nest):
    def make(connection):
        domains.add(connection, "nest.test", NOW)
        return users.add(connection, User(address="mia@nest.test"), None, NOW).id

    return sqlite_nest.do(make)


LETTERS = {uid: b"letter %d\r\n" % uid for uid in range(1, 51)}


def nobody(_):
    """Nobody is told."""


async def read(nest, account, odd, **options):
    async with nest.open() as store:
        outcome = await from_imap(store, account, odd.server, nobody, **options)
        return outcome, (await taken(await leaving(store, account))).by_mailbox()


async def test_a_letter_may_be_named_behind_its_octets(sqlite_nest, mia):
    def late(odd, tag, words):
        if not words.startswith("UID"):
            return None
        uid = int(words.split()[2])
        octets = odd.letters[uid]
        return b"* 1 FETCH (BODY[] {%d}\r\n%b UID %d)\r\n%b OK x\r\n" % (
            len(octets),
            octets,
            uid,
            tag.encode(),
        )

    async with Odd(LETTERS, late) as odd:
        outcome, here = await read(sqlite_nest, mia, odd)
    assert (outcome.carried, outcome.equal) == (50, True)
    assert here["INBOX"] == list(LETTERS.values())


@pytest.mark.parametrize("how", ["nothing", "NIL", "NO"])
async def test_a_letter_that_went_away_is_missed(sqlite_nest, mia, how):
    def gone(_, tag, words):
        if not words.startswith("UID FETCH 30 "):
            return None
        return {
            "nothing": f"{tag} OK x\r\n",
            "NIL": f"* 30 FETCH (UID 30 BODY[] NIL)\r\n{tag} OK x\r\n",
            "NO": f"{tag} NO it is broken\r\n",
        }[how].encode()

    async with Odd(LETTERS, gone) as odd:
        outcome, here = await read(sqlite_nest, mia, odd)
    assert (outcome.carried, outcome.missed, outcome.equal) == (49, 1, False)
    assert len(here["INBOX"]) == 49


async def test_letters_that_are_removed_meanwhile_hide_no_others(sqlite_nest, mia, monkeypatch):
    monkeypatch.setattr(imapin, "PORTION", 10)

    def expunging(odd, tag, words):
        if words.startswith("UID FETCH 10 "):  # the first five go away, after their octets have come
            for uid in range(1, 6):
                del odd.letters[uid]
            return odd.letter(10) + b"* 1 EXPUNGE\r\n" * 5 + f"{tag} OK x\r\n".encode()
        return None

    async with Odd(LETTERS, expunging) as odd:
        outcome, here = await read(sqlite_nest, mia, odd)
    assert (outcome.carried, outcome.missed) == (50, 0)
    assert here["INBOX"] == list(LETTERS.values())


async def test_another_letter_than_was_said_is_not_taken(sqlite_nest, mia):
    def wrong(_, tag, words):
        if words.startswith("UID FETCH 7 "):
            return b"* 1 FETCH (BODY[] {4}\r\nfour UID 9)\r\n" + f"{tag} OK x\r\n".encode()
        return None

    async with Odd(LETTERS, wrong) as odd, sqlite_nest.open() as store:
        with pytest.raises(ImapError, match="another letter"):
            await from_imap(store, mia, odd.server, nobody)


async def test_views_are_left_out_and_closed_mailboxes_told_of(sqlite_nest, mia):
    def said(odd, tag, words):
        if words.startswith("LIST"):
            names_ = (
                ("", "INBOX"),
                ("\\Sent", '"Gesendete Objekte"'),
                ("\\Flagged", "Starred"),
                ("\\Noselect", "Nothing"),
                ("", "Secret"),
                ("", "Shared/tom"),
                ("", "Skipped"),
                ("", '"..%bad*/./&AAA-x"'),
            )
            listed = "".join(f'* LIST ({mark}) "/" {name}\r\n' for mark, name in names_)
            return f"{listed}{tag} OK x\r\n".encode()
        if words.startswith("NAMESPACE"):
            return f'* NAMESPACE (("" "/")) (("Shared/" "/")) NIL\r\n{tag} OK x\r\n'.encode()
        if words == "EXAMINE Secret":
            return f"{tag} NO [NOPERM] not for you\r\n".encode()
        return None

    async with Odd({1: b"one\r\n"}, said, "IMAP4rev1 NAMESPACE SPECIAL-USE") as odd:
        outcome, here = await read(sqlite_nest, mia, odd, skip=["Skipped"])
    assert outcome.closed == ["Secret"]
    assert not outcome.equal
    assert set(here) == {"INBOX", "Sent", ".._bad_/_/_x"}
    assert not [words for words in odd.heard if "Starred" in words or "Shared" in words or "Nothing" in words]


async def test_a_plain_list_where_the_better_is_not_understood(sqlite_nest, mia):
    def said(_, tag, words):
        return f"{tag} BAD what\r\n".encode() if "RETURN" in words else None

    async with Odd(LETTERS, said, "IMAP4rev1 SPECIAL-USE") as odd:
        assert (await read(sqlite_nest, mia, odd))[0].carried == 50


async def test_the_password_is_not_sent_where_nobody_may_log_in_with_it(sqlite_nest, mia):
    async with Odd(LETTERS, capability="IMAP4rev1 LOGINDISABLED") as odd, sqlite_nest.open() as store:
        with pytest.raises(ImapError, match="no way to log in"):
            await from_imap(store, mia, odd.server, nobody)
        assert not [words for words in odd.heard if "secret" in words]
        assert "secret" not in repr(odd.server)


async def filled(store, account, letters):
    filing = Filing(store, await begun(store, account, "x"), lambda name: names.placed(name, ""), NOW)
    await carry(Given(*letters), filing, nobody)


@pytest.mark.parametrize("capability", ["IMAP4rev1", "IMAP4rev1 LITERAL+"])
async def test_a_server_that_tells_no_uids_is_not_compared(sqlite_nest, mia, capability):
    letters = [(label(key=str(uid)), octets) for uid, octets in LETTERS.items()]
    async with Odd({}, capability=capability) as odd, sqlite_nest.open() as store:
        await filled(store, mia, letters)
        outcome = await to_imap(store, mia, odd.server, nobody)
        assert (outcome.carried, outcome.equal) == (50, True)
        assert [(line.unknown, line.arrived.letters) for line in outcome.mailboxes] == [(50, 0)]
        assert [octets for _, octets in odd.appended] == list(LETTERS.values())
        again = await to_imap(store, mia, odd.server, nobody)
        assert (again.carried, again.known_before) == (0, 50)


@pytest.mark.parametrize("capability", ["IMAP4rev1", "IMAP4rev1 LITERAL+"])
async def test_letters_that_are_refused_are_told_of(sqlite_nest, mia, capability):
    def refusing(odd, tag, words):
        if not words.startswith("APPEND") or "{10}" not in words:
            return None
        return (
            f"{tag} NO [TOOBIG] not this one\r\n".encode()
        )  # before its octets, as it may where it was asked

    letters = [(label("A.b/c", key=str(uid)), octets) for uid, octets in LETTERS.items()]
    async with Odd({}, refusing, capability) as odd, sqlite_nest.open() as store:
        await filled(store, mia, letters)
        if capability.endswith("+"):
            assert (await to_imap(store, mia, odd.server, nobody)).refused == 0  # nobody asked, all was said
        else:
            outcome = await to_imap(store, mia, odd.server, nobody)
            assert (outcome.carried, outcome.refused, outcome.equal) == (41, 9, False)
            assert outcome.words == "not this one"
        assert {name for name, _ in odd.appended} == {"A_b.c"}
        assert {"CREATE A_b.c", "SUBSCRIBE A_b.c"} <= set(odd.heard)


async def test_a_server_that_takes_nothing_is_left(sqlite_nest, mia):
    def full(_, tag, words):
        return f"{tag} NO [OVERQUOTA] full\r\n".encode() if words.startswith("APPEND") else None

    letters = [(label(key=str(uid)), octets) for uid, octets in LETTERS.items()]
    async with Odd({}, full) as odd, sqlite_nest.open() as store:
        await filled(store, mia, letters)
        with pytest.raises(ImapError, match="takes no more letters: full"):
            await to_imap(store, mia, odd.server, nobody)


@pytest.mark.parametrize("said", [b"", b"220 smtp\r\n", b"* BYE busy\r\n", b"* NO never\r\n"])
async def test_what_is_no_imap_server(said):
    async def serve(_, writer):
        writer.write(said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(ImapError):
        await connect(Server("localhost", "mia", "x", port, Security.NONE))
    server.close()


async def test_names_for_a_server_that_speaks_utf8():
    async with Odd({}, capability="IMAP4rev2") as odd:
        session = await connect(odd.server)
        tree = await look(session)
        session.close()
    assert tree.written("日本/a.b") == "日本.a_b".encode()
    assert tree.written("INBOX") == b"INBOX"
