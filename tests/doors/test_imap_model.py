"""Two to five mail programs with random commands on one account, against a naive model: a dictionary a mailbox.

Each program keeps its own view from what it is told (`witness`), and complains when a rule is broken. Who says NOOP, who idles,
and who comes back by QRESYNC, by CONDSTORE or by reading everything again has to see exactly what the model says.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hawknest.accounts import users
from hawknest.accounts.users import User
from hawknest.app.nest import Nest
from hawknest.doors.imap import images
from hawknest.store import Connection
from imapreader import Reader, SessionWire, Wire
from imaptruth import Letter, Truth, stored
from nests import PASSWORD, _secret, converse, deliver, nest
from witness import Done, Flags, numbers_of, set_of

T = TypeVar("T")

KINDS: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"CONDSTORE"}),
    frozenset({"CONDSTORE", "QRESYNC"}),
    frozenset({"IMAP4REV2", "CONDSTORE", "QRESYNC"}),
    frozenset({"CONDSTORE", "UIDONLY"}),
    frozenset({"CONDSTORE", "QRESYNC", "UIDONLY"}),
    frozenset({"IMAP4REV2"}),
)
FLAGS = ("\\Seen", "\\Deleted", "\\Flagged", "blue", "$Junk", "\\Answered")
BOXES = ("INBOX", "Box")
EXPLORING = bool(os.environ.get("HAWKNEST_EXPLORE"))


@dataclass
class Box:
    """A mailbox, naively; modseqs are what the store has counted, once it has."""

    letters: dict[int, Letter] = field(default_factory=dict)
    uidnext: int = 1
    uidvalidity: int = 0
    modseq: int = 0
    gone: dict[int, int] = field(
        default_factory=dict
    )  # UIDs, and the modseq under which each went at the latest
    deleted: bool = False

    def add(self, token: str, flags: Flags) -> int:
        uid, self.uidnext = self.uidnext, self.uidnext + 1
        self.letters[uid] = Letter(token, flags)
        return uid

    def take(self, uids: Iterable[int]) -> list[Letter]:
        return [self.letters.pop(uid) for uid in sorted(uids)]


class Clients(RuleBasedStateMachine):
    """The programs, the model, and what they do."""

    numbers = itertools.count(1)

    def __init__(self, rooms: Nest, runner: asyncio.Runner) -> None:
        super().__init__()
        self.rooms, self.runner = rooms, runner
        self.number = next(Clients.numbers)
        self.user = f"u{self.number}@example.org"
        self.tokens = (f"t{self.number}.{n}" for n in itertools.count(1))
        self.names = itertools.count(1)
        user = User(address=self.user, real_name="U")
        self.account = self.run(self.write(lambda c: users.add(c, user, _secret(), time.time()))).id
        self.boxes: dict[str, Box] = {}
        self.at: dict[str, Box] = {}  # the mailbox that each reader has selected
        self.read_only: set[str] = set()
        self.idling: set[str] = set()
        self.readers: list[Reader] = []

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        return self.runner.get_loop().run_until_complete(what)

    async def write(self, job: Callable[[Connection], T]) -> T:
        return await self.rooms.store.write(job)

    async def stored(self) -> dict[str, Truth]:
        return await self.rooms.store.read(lambda c: stored(c, self.account))

    async def wire(self) -> Wire:
        return SessionWire(self.rooms)

    # Beginning and end

    @initialize(kinds=st.lists(st.sampled_from(KINDS), min_size=2, max_size=5))
    def begin(self, kinds: list[frozenset[str]]) -> None:
        self.readers = [Reader(chr(97 + nth), kind, self.wire, self.user) for nth, kind in enumerate(kinds)]
        for reader in self.readers:
            self.run(reader.connect())
        assert self.run(self.readers[0].do("CREATE Box")).ok
        found = self.run(self.stored())
        for name in BOXES:
            self.boxes[name] = Box(uidvalidity=found[name].mailbox.uidvalidity)
        for _ in range(3):
            self._append(self.readers[0], "INBOX", frozenset())
        for reader in self.readers:
            self._enter(reader, "INBOX")

    def __repr__(self) -> str:
        return "Clients()"

    def teardown(self) -> None:
        for reader in self.readers:
            self.run(reader.drop())

    # What is done

    def _reader(self, data: st.DataObject, *, selected: bool = True, writing: bool = False) -> Reader | None:
        """Choose a program that can do something now."""
        able = [
            reader
            for reader in self.readers
            if reader.connected
            and reader.name not in self.idling
            and (not selected or (reader.mailbox and not self.at[reader.name].deleted))
            and (not writing or reader.name not in self.read_only)
        ]
        return data.draw(st.sampled_from(able)) if able else None

    def _targets(self, data: st.DataObject, reader: Reader) -> tuple[list[int], str] | None:
        """Choose messages of a view: their UIDs, and a command's beginning and set."""
        view = reader.witness.uids()
        if not view:
            return None
        uids = sorted(data.draw(st.sets(st.sampled_from(view), min_size=1, max_size=len(view))))
        if reader.uid_only or data.draw(st.booleans()):
            return uids, f"UID {{}} {set_of(uids)}"
        return uids, f"{{}} {set_of(view.index(uid) + 1 for uid in uids)}"

    def _do(self, reader: Reader, command: str, **how: Any) -> Done:
        done = self.run(reader.do(command, **how))
        assert done.status != "BYE", done
        self._learn(reader)
        return done

    def _learn(self, reader: Reader) -> None:
        if reader.mailbox:
            assert self.run(reader.learn()) or self.at[reader.name].deleted

    @rule(data=st.data(), name=st.sampled_from(BOXES), flags=st.sets(st.sampled_from(FLAGS), max_size=2))
    def append(self, data: st.DataObject, name: str, flags: set[str]) -> None:
        if reader := self._reader(data, selected=False):
            self._append(reader, name, frozenset(flags))

    def _append(self, reader: Reader, name: str, flags: Flags) -> None:
        token = next(self.tokens)
        letter = f"Token: {token}\r\nSubject: x\r\n\r\nbody\r\n"
        done = self._do(reader, f"APPEND {name} ({' '.join(sorted(flags))}) {{{len(letter)}+}}\r\n{letter}")
        if name not in self.boxes:
            assert (done.status, done.code) == ("NO", "TRYCREATE"), done
            return
        box = self.boxes[name]
        uid = box.add(token, flags)
        assert done.code == "APPENDUID", done
        assert done.argument == f"{box.uidvalidity} {uid}", done

    @rule(
        data=st.data(),
        mode=st.sampled_from(("+FLAGS", "-FLAGS", "FLAGS")),
        flags=st.sets(st.sampled_from(FLAGS), min_size=1, max_size=2),
        silent=st.booleans(),
        conditional=st.booleans(),
    )
    def store(self, data: st.DataObject, mode: str, flags: set[str], silent: bool, conditional: bool) -> None:
        reader = self._reader(data, writing=True)
        if reader is None or (targets := self._targets(data, reader)) is None:
            return
        uids, start = targets
        box = self.at[reader.name]
        since, condition = None, ""
        if conditional and "CONDSTORE" in reader.speaks:
            since = data.draw(
                st.sampled_from(sorted({0, *(modseq for _, modseq in reader.known().values())}))
            )
            condition = f"(UNCHANGEDSINCE {since}) "
        words = f"{condition}{mode}{'.SILENT' if silent else ''} ({' '.join(sorted(flags))})"
        done = self.run(reader.do(f"{start.format('STORE')} {words}"))
        assert done.ok, done
        there = [uid for uid in uids if uid in box.letters]
        refused = [uid for uid in there if since is not None and box.letters[uid].modseq > since]
        changed = [uid for uid in there if uid not in refused]
        change = _change(mode, frozenset(flags))
        for uid in changed:
            box.letters[uid].flags = change(box.letters[uid].flags)
        if silent:
            reader.silently(set(uids) - set(refused), change)
        if refused:
            assert done.code == "MODIFIED", done
        else:
            assert not done.code, done
        self._learn(reader)

    @rule(data=st.data(), to=st.sampled_from(BOXES), move=st.booleans())
    def copy(self, data: st.DataObject, to: str, move: bool) -> None:
        reader = self._reader(data, writing=move)
        if reader is None or (targets := self._targets(data, reader)) is None:
            return
        uids, start = targets
        box = self.at[reader.name]
        done = self._do(reader, f"{start.format('MOVE' if move else 'COPY')} {to}")
        if to not in self.boxes:
            assert (done.status, done.code) == ("NO", "TRYCREATE"), done
            return
        assert done.ok, done
        there = [uid for uid in uids if uid in box.letters]
        moved = box.take(there) if move else [box.letters[uid] for uid in there]
        new = [self.boxes[to].add(letter.token, letter.flags) for letter in moved]
        if there and not move:
            validity, old, made = done.argument.split()
            assert int(validity) == self.boxes[to].uidvalidity
            assert (numbers_of(old), numbers_of(made)) == (there, new), done

    @rule(data=st.data(), named=st.booleans())
    def expunge(self, data: st.DataObject, named: bool) -> None:
        reader = self._reader(data, writing=True)
        if reader is None:
            return
        box, uids = self.at[reader.name], reader.witness.uids()
        command = "EXPUNGE"
        if named or reader.uid_only:
            if not uids:
                return
            uids = sorted(data.draw(st.sets(st.sampled_from(uids), min_size=1)))
            command = f"UID EXPUNGE {set_of(uids)}"
        done = self._do(reader, command)
        assert done.ok, done
        box.take([uid for uid in uids if uid in box.letters and "\\Deleted" in box.letters[uid].flags])

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        if reader := self._reader(data):
            box, uids = self.at[reader.name], reader.witness.uids()
            assert self.run(reader.do("CLOSE")).ok
            if reader.name not in self.read_only:
                box.take([u for u in uids if u in box.letters and "\\Deleted" in box.letters[u].flags])

    @rule(data=st.data(), name=st.sampled_from(BOXES), examine=st.booleans(), matching=st.booleans())
    def select(self, data: st.DataObject, name: str, examine: bool, matching: bool) -> None:
        if reader := self._reader(data, selected=False):
            self._enter(reader, name, examine=examine, matching=matching)

    @rule(data=st.data(), name=st.sampled_from(BOXES), matching=st.booleans())
    def come_back(self, data: st.DataObject, name: str, matching: bool) -> None:
        """The connection is lost, and made again."""
        reader = data.draw(st.sampled_from(self.readers))
        self.run(reader.drop())
        self.idling.discard(reader.name)
        if data.draw(st.booleans()):
            self._enter(reader, name, matching=matching)

    def _enter(self, reader: Reader, name: str, *, examine: bool = False, matching: bool = False) -> None:
        went = self.run(reader.enter(name, read_only=examine, matching=matching))
        assert went == (name in self.boxes), (went, name)
        if not went:
            return
        self.at[reader.name] = self.boxes[name]
        (self.read_only.add if examine else self.read_only.discard)(reader.name)
        self._settled()
        self._agree(reader)

    @rule(data=st.data(), seeing=st.booleans(), since=st.booleans())
    def fetch(self, data: st.DataObject, seeing: bool, since: bool) -> None:
        reader = self._reader(data)
        if reader is None or (targets := self._targets(data, reader)) is None:
            return
        uids, start = targets
        box = self.at[reader.name]
        body = "BODY[]" if seeing else "BODY.PEEK[]"
        words = f"{start.format('FETCH')} (UID FLAGS {body})"
        if since and "CONDSTORE" in reader.speaks:
            self._changed_since(data, reader, uids, words)
            return
        done = self.run(reader.do(words))
        assert done.ok or done.code == "EXPUNGEISSUED", done
        there = [uid for uid in uids if uid in box.letters]
        assert done.ok or len(there) < len(uids), done
        for uid in there:
            said = reader.witness.fetched[uid]["BODY[]"].decode()
            assert f"Token: {box.letters[uid].token}\r\n" in said
            if seeing and reader.name not in self.read_only:
                box.letters[uid].flags |= {"\\Seen"}
        self._learn(reader)

    def _changed_since(self, data: st.DataObject, reader: Reader, uids: list[int], words: str) -> None:
        box = self.at[reader.name]
        since = data.draw(st.sampled_from(sorted({1, *(modseq for _, modseq in reader.known().values())})))
        vanished = words.startswith("UID") and "QRESYNC" in reader.speaks
        words = words.replace("BODY[]", "MODSEQ").replace("BODY.PEEK[]", "MODSEQ")
        words += f" (CHANGEDSINCE {since}{' VANISHED' if vanished else ''})"
        view = reader.witness.uids()
        done = self.run(reader.do(words, resync=vanished))
        assert done.ok or done.code == "EXPUNGEISSUED", done
        there = {uid for uid in uids if uid in box.letters}
        expected = {uid for uid in there if box.letters[uid].modseq > since}
        assert expected == set(reader.witness.fetched) & there, (
            expected,
            reader.witness.fetched,
            since,
        )
        if vanished:
            said = set(reader.witness.vanished)
            assert said == {uid for uid in uids if box.gone.get(uid, 0) > since and uid not in view}
        self._learn(reader)

    @rule(
        data=st.data(),
        flag=st.sampled_from(FLAGS),
        how=st.sampled_from(("KEYWORD", "NOT", "OR", "MODSEQ", "UID")),
    )
    def search(self, data: st.DataObject, flag: str, how: str) -> None:
        reader = self._reader(data)
        if reader is None:
            return
        fresh = data.draw(st.booleans())
        if fresh:
            assert self._do(reader, "NOOP").ok
        box, view = self.at[reader.name], reader.witness.uids()
        named = flag[1:].upper() if flag.startswith("\\") else f"KEYWORD {flag}"
        some = set(data.draw(st.sets(st.sampled_from(view)))) if view else set()
        since = data.draw(st.sampled_from(sorted({1, *(modseq for _, modseq in reader.known().values())})))
        if how == "MODSEQ" and "CONDSTORE" not in reader.speaks:
            how = "KEYWORD"
        if not some and how in {"OR", "UID"}:
            how = "NOT"
        key = {
            "KEYWORD": named,
            "NOT": f"NOT {named}",
            "OR": f"OR {named} UID {set_of(some)}",
            "MODSEQ": f"MODSEQ {since}",
            "UID": f"UID {set_of(some)} NOT {named}",
        }[how]
        by_uid = reader.uid_only or data.draw(st.booleans())
        done = self.run(reader.do(f"{'UID ' if by_uid else ''}SEARCH {key}"))
        assert done.ok, done
        found = reader.witness.found if by_uid else [view[number - 1] for number in reader.witness.found]
        assert set(found) <= set(view)
        if fresh:
            wanted = {
                uid
                for uid, letter in box.letters.items()
                if {
                    "KEYWORD": flag in letter.flags,
                    "NOT": flag not in letter.flags,
                    "OR": flag in letter.flags or uid in some,
                    "MODSEQ": letter.modseq >= since,
                    "UID": uid in some and flag not in letter.flags,
                }[how]
            }
            assert set(found) == wanted, (found, wanted, key)
        self._learn(reader)

    @rule(data=st.data())
    def idle(self, data: st.DataObject) -> None:
        if reader := self._reader(data):
            self.run(reader.idle())
            self.idling.add(reader.name)

    @precondition(lambda self: self.idling)
    @rule(data=st.data())
    def idle_no_longer(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.idling)))
        reader = next(reader for reader in self.readers if reader.name == name)
        self.idling.discard(name)
        if not reader.connected:
            return
        done = self.run(reader.done())
        assert done.ok or self.at[name].deleted, done
        self._learn(reader)

    @rule()
    def letter_comes(self) -> None:
        token = next(self.tokens)
        self.run(deliver(self.rooms, f"Token: {token}\r\n\r\nbody\r\n".encode(), self.user))
        self.boxes["INBOX"].add(token, frozenset())

    @rule(data=st.data())
    def pop3_takes(self, data: st.DataObject) -> None:
        uids = sorted(self.boxes["INBOX"].letters)
        if not uids:
            return
        gone = data.draw(st.sets(st.sampled_from(uids), min_size=1, max_size=2))
        lines = [
            f"USER {self.user}",
            f"PASS {PASSWORD}",
            *(f"DELE {uids.index(u) + 1}" for u in gone),
            "QUIT",
        ]
        said = self.run(
            converse(self.rooms, "pop3", "".join(f"{line}\r\n" for line in lines).encode(), "127.0.0.1")
        )
        assert said.endswith(b"+OK Goodbye\r\n"), said
        self.boxes["INBOX"].take(gone)

    @rule(data=st.data(), what=st.sampled_from(("RENAME", "RENAME", "DELETE", "INBOX")))
    def manage(self, data: st.DataObject, what: str) -> None:
        reader = self._reader(data, selected=False)
        if reader is None:
            return
        if "Box" not in self.boxes:
            other = next((name for name in self.boxes if name not in BOXES), None)
            if other and what == "RENAME":
                assert self._do(reader, f"RENAME {other} Box").ok
                self.boxes["Box"] = self.boxes.pop(other)
            else:
                assert self._do(reader, "CREATE Box").ok
                self.boxes["Box"] = Box()
        elif what == "RENAME":
            name = f"Box{next(self.names)}"
            assert self._do(reader, f"RENAME Box {name}").ok
            self.boxes[name] = self.boxes.pop("Box")
        elif what == "DELETE":
            self.boxes.pop("Box").deleted = True
            done = self.run(reader.do("DELETE Box"))
            assert done.ok or reader.witness.closed, done
            self._learn(reader)
        elif len(self.boxes) < 5:
            name = f"Old{next(self.names)}"
            assert self._do(reader, f"RENAME INBOX {name}").ok
            new = self.boxes[name] = Box()
            for letter in self.boxes["INBOX"].take(self.boxes["INBOX"].letters):
                new.add(letter.token, letter.flags)

    # What has to be true after each step

    @rule(data=st.data())
    def all_look(self, data: st.DataObject) -> None:
        """Everybody who can says NOOP."""
        self._settled()
        for reader in self.readers:
            if reader.connected and reader.mailbox and reader.name not in self.idling:
                self._noop(reader)

    @rule(data=st.data())
    def one_looks(self, data: st.DataObject) -> None:
        self._settled()
        if reader := self._reader(data):
            self._noop(reader)

    def _noop(self, reader: Reader) -> None:
        self._do(reader, "NOOP")
        if self.at[reader.name].deleted:
            assert not reader.connected, "its mailbox was deleted, and nobody told"
            return
        self._agree(reader)

    def _agree(self, reader: Reader) -> None:
        box = self.at[reader.name]
        modseqs = "CONDSTORE" in reader.speaks
        known = reader.known()
        if not modseqs:
            known = {uid: (flags, 0) for uid, (flags, _) in known.items()}
        wanted = {uid: (one.flags, one.modseq if modseqs else 0) for uid, one in box.letters.items()}
        if known != wanted:
            said = reader.witness.transcript()
            raise AssertionError(
                f"{reader.name} {sorted(reader.speaks)} knows {known}, right is {wanted}\n{said}"
            )

    def _settled(self) -> None:
        """The store agrees with the model, and gives it modseqs."""
        found = self.run(self.stored())
        names = {name for name in found if found[name].mailbox.role in {"", "inbox"}}
        assert names == set(self.boxes)
        for name, box in self.boxes.items():
            truth = found[name]
            have = {uid: (one.token, one.flags) for uid, one in truth.letters.items()}
            assert have == {uid: (one.token, one.flags) for uid, one in box.letters.items()}, name
            assert truth.mailbox.uidnext == box.uidnext
            assert box.uidvalidity in {0, truth.mailbox.uidvalidity}
            box.uidvalidity = truth.mailbox.uidvalidity
            for uid, letter in truth.letters.items():
                assert letter.modseq >= box.letters[uid].modseq
                box.letters[uid].modseq = letter.modseq
            assert box.modseq <= truth.mailbox.modseq, "HIGHESTMODSEQ went down"
            box.modseq = truth.mailbox.modseq
            for uid in range(1, box.uidnext):
                if uid not in box.letters:
                    box.gone.setdefault(uid, box.modseq)

    def check_invariants(self, *args: Any) -> None:
        super().check_invariants(*args)
        if not self.readers:
            return
        self._settled()
        for reader in self.readers:
            if reader.name in self.idling and reader.connected:
                self.run(self._pushed(reader))

    async def _pushed(self, reader: Reader) -> None:
        """Who idles is told without asking."""
        box = self.at[reader.name]
        assert isinstance(reader._wire, SessionWire)
        ends = time.monotonic() + 5
        while True:
            reader.witness.feed(await reader._wire.session.settle())
            if box.deleted:
                if reader.witness.closed:
                    self.idling.discard(reader.name)
                    return
            else:
                uids = [uid for uid in reader.witness.uids() if uid]
                known = {
                    uid: flags for uid, (flags, _) in reader.known().items() if uid and flags is not None
                }
                if (
                    len(reader.witness.messages) == len(box.letters)
                    and set(uids) <= set(box.letters)
                    and all(box.letters[uid].flags == flags for uid, flags in known.items())
                ):
                    return
            assert time.monotonic() < ends, f"{reader.name} idles, and is not told: {known} {box}"
            await asyncio.sleep(0.001)


def _change(mode: str, flags: Flags) -> Any:
    return {"+FLAGS": lambda old: old | flags, "-FLAGS": lambda old: old - flags, "FLAGS": lambda _: flags}[
        mode
    ]


@pytest.mark.timeout(3600 if EXPLORING else 120)
def test_clients_agree_with_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "ROOM", 0)  # what nobody has open is loaded again,
    monkeypatch.setattr(images, "LONG", 2)  # and from snapshots
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        rooms = runner.run(stack.enter_async_context(nest(tmp_path)))
        try:
            run_state_machine_as_test(
                lambda: Clients(rooms, runner),
                settings=settings(
                    max_examples=1000 if EXPLORING else 40,
                    stateful_step_count=40,
                    deadline=None,
                ),
            )
        finally:
            runner.run(stack.aclose())
