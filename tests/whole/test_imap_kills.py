"""Mail programs at work on one account of a real server, which is killed at random moments and started again.

Each program changes letters of its own, among those of the others, and notes what it was told is done. After each kill what
it did last is there or not; everything before that is there, once, and nothing else. All come back by QRESYNC, CONDSTORE or by
reading everything again with what they know from before the kill, and see exactly what is in the store.
"""

import asyncio
import contextlib
import os
import random
import smtplib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

import pytest
from serving import Server

from hawknest.accounts import users
from hawknest.store import Settings as StoreSettings
from hawknest.store import prepare
from imapreader import Reader, TcpWire, Wire
from imaptruth import Truth, stored
from stores import Cluster
from witness import Broken, Flags, numbers_of, set_of

ROUNDS = int(os.environ.get("HAWKNEST_ROUNDS", "3"))
SEED = random.randrange(1 << 30) if ROUNDS > 3 else 1
BOXES = ("INBOX", "Box")
FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "blue", "green")
KINDS: tuple[frozenset[str], ...] = (
    frozenset({"CONDSTORE", "QRESYNC"}),
    frozenset({"CONDSTORE"}),
    frozenset(),
    frozenset({"CONDSTORE", "QRESYNC", "UIDONLY", "IMAP4REV2"}),
)

#: A letter of somebody's: mailbox, token, flags.
Own = tuple[str, str, Flags]


class Player:
    """Somebody with a mail program, and what is known of the letters that are its own."""

    def __init__(self, server: Server, number: int, seed: int) -> None:
        self.mark = f"p{number}."
        self.chance = random.Random(seed)
        self.count = 0
        self.acknowledged = 0
        self.own: dict[tuple[str, int], tuple[str, Flags]] = {}  # by mailbox and UID
        self.maybe: Counter[Own] | None = None  # what is there instead, if the last command was done

        async def wire() -> Wire:
            return await TcpWire.to(server.ports["imap"])

        kind = KINDS[number % len(KINDS)]
        self.reader = Reader(f"k{number}x", kind, wire, "mia@example.org")

    async def play(self) -> None:
        """Do one thing after the other until the server is gone."""
        while await self._enter(self.chance.choice(BOXES)):
            for _ in range(self.chance.randint(3, 12)):
                if not self.reader.connected or not await self.step():
                    break
            if self.maybe is not None:
                return
            if self.chance.random() < 0.3:
                await self.reader.drop()

    async def _enter(self, mailbox: str) -> bool:
        try:
            return await self.reader.enter(mailbox, matching=self.chance.random() < 0.5)
        except OSError:
            return False

    def owned(self) -> Counter[Own]:
        return Counter((box, token, flags) for (box, _), (token, flags) in self.own.items())

    def _choose(self) -> list[int]:
        box = self.reader.mailbox
        mine = [uid for at, uid in self.own if at == box and uid in self.reader.witness.uids()]
        return sorted(self.chance.sample(mine, self.chance.randint(1, min(3, len(mine))))) if mine else []

    async def step(self) -> bool:
        """Do something; whether the server still lives."""
        uids = self._choose()
        what = self.chance.choice("append append store store store copy move remove noop search".split())
        if what == "noop":
            await self.reader.do("NOOP")
        elif what == "search":
            await self.reader.do(f"{'UID ' if self.reader.uid_only else ''}SEARCH KEYWORD blue")
        elif what == "append":
            await self._append()
        elif uids:
            await {"store": self._store, "copy": self._copy, "move": self._move, "remove": self._remove}[
                what
            ](uids)
        return self.reader.connected and await self.reader.learn()

    async def _do(
        self, command: str, after: dict[tuple[str, int], tuple[str, Flags]], new: Iterable[Own] = ()
    ) -> str | None:
        """Do a command after which the own letters are these, and `new`; gives the answer's argument, or None: it was not done."""
        kept = Counter((box, token, flags) for (box, _), (token, flags) in after.items())
        self.maybe = kept + Counter(new)
        done = await self.reader.do(command)
        if done.status == "BYE":
            return None
        self.maybe = None
        if not done.ok:
            return None
        self.acknowledged += 1
        self.own = after
        return done.argument

    async def _append(self) -> None:
        self.count += 1
        token, flags = f"{self.mark}{self.count}", frozenset(self.chance.sample(FLAGS, 2))
        letter = f"Token: {token}\r\nSubject: x\r\n\r\n" + "text\r\n" * self.chance.choice((1, 300))
        box = self.chance.choice(BOXES)
        command = f"APPEND {box} ({' '.join(flags)}) {{{len(letter)}+}}\r\n{letter}"
        said = await self._do(command, dict(self.own), [(box, token, flags)])
        if said is not None:
            self.own[box, int(said.split()[1])] = token, flags

    async def _store(self, uids: list[int]) -> None:
        flags = frozenset(self.chance.sample(FLAGS, 2))
        mode, change = self.chance.choice(_CHANGES)
        silent = self.chance.choice(("", ".SILENT"))
        box, after = self.reader.mailbox, dict(self.own)
        for uid in uids:
            token, old = after[box, uid]
            after[box, uid] = token, change(old, flags)
        said = await self._do(f"UID STORE {set_of(uids)} {mode}{silent} ({' '.join(flags)})", after)
        if said is not None and silent:
            self.reader.silently(uids, lambda old: change(old, flags))

    async def _copy(self, uids: list[int]) -> None:
        await self._bring("COPY", uids, dict(self.own))

    async def _move(self, uids: list[int]) -> None:
        box = self.reader.mailbox
        after = {where: one for where, one in self.own.items() if where[0] != box or where[1] not in uids}
        await self._bring("MOVE", uids, after)

    async def _bring(
        self, verb: str, uids: list[int], after: dict[tuple[str, int], tuple[str, Flags]]
    ) -> None:
        box, to = self.reader.mailbox, self.chance.choice(BOXES)
        brought = [self.own[box, uid] for uid in uids]
        said = await self._do(f"UID {verb} {set_of(uids)} {to}", after, [(to, *one) for one in brought])
        if said is None:
            return
        if verb == "COPY":
            _, old, new = said.split()
            assert numbers_of(old) == uids
            uids = numbers_of(new)
        else:  # MOVE says it before the end
            uids = numbers_of(self.reader.witness.copied.split()[2])
        for uid, one in zip(uids, brought, strict=True):
            self.own[to, uid] = one

    async def _remove(self, uids: list[int]) -> None:
        box, marked = self.reader.mailbox, dict(self.own)
        for uid in uids:
            token, flags = marked[box, uid]
            marked[box, uid] = token, flags | {"\\Deleted"}
        if await self._do(f"UID STORE {set_of(uids)} +FLAGS (\\Deleted)", marked) is None:
            return
        after = {where: one for where, one in marked.items() if where[0] != box or where[1] not in uids}
        await self._do(f"UID EXPUNGE {set_of(uids)}", after)


_CHANGES: tuple[tuple[str, Callable[[Flags, Flags], Flags]], ...] = (
    ("+FLAGS", lambda old, flags: old | flags),
    ("-FLAGS", lambda old, flags: old - flags),
    ("FLAGS", lambda _, flags: flags),
)


class Postman:
    """Letters by SMTP, and which of them were accepted."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.count = 0
        self.accepted: set[str] = set()
        self.begun: set[str] = set()

    def play(self, until: float) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException), self.server.smtp() as smtp:
            while time.monotonic() < until:
                self.count += 1
                token = f"post.{self.count}"
                self.begun.add(token)
                smtp.sendmail("ann@example.com", ["mia@example.org"], f"Token: {token}\r\n\r\nx\r\n")
                self.accepted.add(token)
                time.sleep(0.01)


class House:
    """The server, who plays with it, and what was ever seen in the store."""

    def __init__(self, server: Server, database: str, seed: int, players: int = 4) -> None:
        self.server, self.database = server, database
        self.chance = random.Random(seed)
        self.players = [Player(server, number, seed + number) for number in range(players)]
        self.postman = Postman(server)
        self.used: dict[tuple[int, int], str] = {}  # UIDVALIDITY and UID, and the letter that has or had it
        self.validities: dict[str, int] = {}
        self.uidnext: dict[str, int] = {}

    def truth(self) -> dict[str, Truth]:
        database = prepare(StoreSettings(self.database), self.server.directory, lambda _: None)
        connection = database.connect(readonly=True)
        try:
            found = stored(connection, users.get(connection, "mia@example.org").id)
        finally:
            connection.close()
        return {name: found[name] for name in BOXES}

    async def begin(self) -> None:
        reader = self.players[0].reader
        assert await reader.connect()
        assert (await reader.do("CREATE Box")).ok

    async def play(self, seconds: float) -> None:
        """Let all of them play for a while, and kill the server in the midst of it."""
        tasks = [asyncio.create_task(player.play()) for player in self.players]
        post = asyncio.create_task(asyncio.to_thread(self.postman.play, time.monotonic() + seconds + 5))
        await asyncio.sleep(seconds)
        self.server.kill()
        await asyncio.gather(*tasks)
        await post

    async def leave(self) -> None:
        for player in self.players:
            await player.reader.drop()

    def check_store(self) -> dict[str, Truth]:
        """What was acknowledged is there, what was not is not, and no UID was ever another letter's."""
        truth = self.truth()
        there = Counter(
            (name, letter.token, letter.flags)
            for name, box in truth.items()
            for letter in box.letters.values()
        )
        posted = Counter({own: count for own, count in there.items() if own[1].startswith("post.")})
        assert set(posted.values()) <= {1}
        tokens = {token for _, token, _ in posted}
        assert self.postman.accepted <= tokens <= self.postman.begun
        rest = there - posted
        for player in self.players:
            its = Counter({own: count for own, count in rest.items() if own[1].startswith(player.mark)})
            assert its in (player.owned(), player.maybe), (
                f"{player.mark}: {its} {player.owned()} {player.maybe}"
            )
            for where, (token, _) in player.own.items():
                box = truth[where[0]]
                self._note(box.mailbox.uidvalidity, where[1], token)
            player.maybe = None
            player.own = {
                (name, uid): (letter.token, letter.flags)
                for name, box in truth.items()
                for uid, letter in box.letters.items()
                if letter.token.startswith(player.mark)
            }
        for name, box in truth.items():
            assert self.validities.setdefault(name, box.mailbox.uidvalidity) == box.mailbox.uidvalidity
            assert self.uidnext.get(name, 0) <= box.mailbox.uidnext
            self.uidnext[name] = box.mailbox.uidnext
            for uid, letter in box.letters.items():
                assert uid < box.mailbox.uidnext
                self._note(box.mailbox.uidvalidity, uid, letter.token)
        return truth

    def _note(self, uidvalidity: int, uid: int, token: str) -> None:
        assert self.used.setdefault((uidvalidity, uid), token) == token, "a UID was used twice"

    async def check_views(self, truth: dict[str, Truth]) -> None:
        """Everybody comes back with what it remembers, and sees what is there."""
        for player in self.players:
            for name in BOXES:
                reader = player.reader
                assert await reader.enter(name, matching=self.chance.random() < 0.5)
                await self.agree(reader, truth[name], 0.0)

    async def agree(self, reader: Reader, truth: Truth, patience: float) -> None:
        wanted = {uid: (one.flags, one.modseq) for uid, one in truth.letters.items()}
        ends = time.monotonic() + patience
        while True:
            known = reader.known()
            if "CONDSTORE" not in reader.speaks:
                known = {
                    uid: (flags, wanted[uid][1] if uid in wanted else 0) for uid, (flags, _) in known.items()
                }
            if known == wanted:
                return
            if time.monotonic() > ends:
                more = {uid: (known.get(uid), wanted.get(uid)) for uid in known.keys() | wanted.keys()}
                differ = {uid: both for uid, both in more.items() if both[0] != both[1]}
                raise Broken(f"{reader}: {differ} (known, right)\n{reader.witness.transcript()}")
            await asyncio.sleep(0.02)
            await reader.do("NOOP")
            await reader.learn()


@contextlib.asynccontextmanager
async def house_of(server: Server, database: str, seed: int, players: int = 4) -> AsyncIterator[House]:
    house = House(server, database, seed, players)
    try:
        server.start()
        await house.begin()
        yield house
    finally:
        await house.leave()
        server.stop()


async def kills(server: Server, database: str, seed: int, rounds: int) -> None:
    async with house_of(server, database, seed) as house:
        for _ in range(rounds):
            await house.play(house.chance.uniform(0.1, 0.8))
            server.start()
            await house.check_views(house.check_store())
        acknowledged = sum(player.acknowledged for player in house.players)
        assert acknowledged > 5 * rounds, "the load was one"


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_kills_sqlite(tmp_path: Path) -> None:
    await kills(Server(tmp_path / "nest"), "", SEED, ROUNDS)


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_kills_postgresql(tmp_path: Path) -> None:
    try:
        cluster = Cluster(fsync=True)
    except FileNotFoundError:
        pytest.skip("Debian's PostgreSQL is not installed")
    try:
        url = cluster.url(cluster.create())
        await kills(Server(tmp_path / "nest", database=url), url, SEED + 1, (ROUNDS + 1) // 2)
    finally:
        cluster.stop()


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_two_workers(tmp_path: Path) -> None:
    """Programs on either worker see what those on the other do, when they ask a little later."""
    server = Server(tmp_path / "nest", workers=2)
    async with house_of(server, "", SEED + 2, 6) as house:
        for _ in range((ROUNDS + 1) // 2):
            await house.play(house.chance.uniform(0.2, 0.8))
            server.start()
            house.check_store()
            for player, name in zip(house.players, BOXES * 3, strict=True):
                assert await player.reader.enter(name)
            for _ in range(4):
                await asyncio.gather(*(player.step() for player in house.players))
            truth = house.check_store()
            for player in house.players:
                await house.agree(player.reader, truth[player.reader.mailbox], 2.0)
