"""Letters added to the mailboxes of another IMAP server. RFC 9051 §6.3.12, RFC 7888, RFC 4315.

Where the server takes letters without asking to wait, several are under way at once. What it has taken is noted in the store
soon after, with the UID that it got there; a run that is killed may therefore do the last few letters again.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from hawknest.post.carry.bundle import Bundle, bundled
from hawknest.post.carry.filing import marks as marks_of
from hawknest.post.carry.imaphost import ImapError, Session
from hawknest.post.carry.imapin import marks
from hawknest.post.carry.imaptree import Tree, renamed
from hawknest.post.carry.letter import Label, Letter
from hawknest.post.carry.lines import Digest
from hawknest.store import Connection, Store, carried
from hawknest.store.carried import Carriage, Carried
from hawknest.wire.imap.answers import Condition

AHEAD: Final = 10  # letters that are sent before the first is answered for
NOTED: Final = 20  # letters that are noted together
SHORT: Final = 4096  # octets that need not wait with LITERAL- (RFC 7888 §5)
REFUSALS: Final = 20  # in a row, after which it makes no sense to go on


@dataclass(frozen=True, slots=True)
class _Sent:
    tag: int
    label: Label
    octets: int
    digest: bytes


class ImapOut:
    """Adds letters to a server; a sink.

    `others` gives mailboxes the name that the server has for what they are for. `taken` and `refused` count the letters that it took and did not take,
    `words` is what it said to the last of them.
    """

    def __init__(
        self,
        session: Session,
        tree: Tree,
        others: Mapping[str, str],
        *,
        store: Store,
        carriage: Carriage,
    ) -> None:
        self._session = session
        self._tree = tree
        self._others = others
        self._store = store
        self._carriage = carriage
        self._there = {box.raw for box in tree.boxes}
        self._raw: dict[str, bytes] = {}
        self._sent: deque[_Sent] = deque()
        self._noted: list[Carried] = []
        self._seen: list[tuple[str, str]] = []
        self._row = 0  # refusals one after the other
        self.taken = 0
        self.known_before = 0
        self.refused = 0
        self.words = ""

    async def known(self, label: Label) -> bool:
        """Tell whether an earlier run added the letter."""
        mailbox, key = label.mailbox, label.key
        if self._carriage.fresh or (
            await self._store.read(lambda c: carried.marks(c, self._carriage, mailbox, key)) is None
        ):
            return False
        self.known_before += 1
        self._seen.append((mailbox, key))
        if len(self._seen) >= 1000:
            await self.note()
        return True

    async def take(self, letter: Letter) -> None:
        """Send a letter, and hear of earlier ones. Raises ImapError."""
        label = letter.label
        raw = self._raw.get(label.mailbox) or await self._open(label.mailbox)
        async with bundled(letter) as bundle:
            digest = Digest()
            nul = False
            for block in bundle.blocks():
                digest.see(block)
                nul = nul or b"\0" in block
            await self._append(raw, bundle, _Sent(0, label, bundle.size, digest.value()), binary=nul)
        while len(self._sent) >= AHEAD:
            self._heard(await self._session.result(self._sent[0].tag))
        if len(self._noted) >= NOTED:
            await self.note()

    async def finish(self) -> None:
        """Hear of all letters. Raises ImapError."""
        await self._hear_all()
        await self.note()

    async def _append(self, raw: bytes, bundle: Bundle, sent: _Sent, *, binary: bool) -> None:
        known = self._session.capabilities
        plus = "LITERAL+" in known or ("LITERAL-" in known and bundle.size <= SHORT)
        client, label = self._session.client, sent.label
        if not plus:  # what is said next must be about this letter
            await self._hear_all()
        tag = client.append(
            raw,
            marks(label.flags, label.keywords),
            label.at,
            bundle.size,
            waits=not plus,
            binary=binary and "BINARY" in known,
        )
        self._sent.append(replace(sent, tag=tag))
        if not plus and isinstance(said := await self._session.ready(), Condition):
            self._heard(said)
            return
        for block in bundle.blocks():
            client.octets(block)
            await self._session.flush()
        client.end_append()
        await self._session.flush()

    async def _hear_all(self) -> None:
        while self._sent:
            self._heard(await self._session.result(self._sent[0].tag))

    def _heard(self, done: Condition) -> None:
        """Note what became of the oldest letter under way. Raises ImapError."""
        sent = self._sent.popleft()
        if done.kind != "OK":
            self.refused += 1
            self._row += 1
            self.words = done.text or done.kind
            if self._row >= REFUSALS:
                raise ImapError(f"the server takes no more letters: {self.words}")
            return
        self._row = 0
        self.taken += 1
        copy = ".".join(done.arguments) if done.code == "APPENDUID" and len(done.arguments) == 2 else ""
        label = sent.label
        self._noted.append(
            Carried(label.mailbox, label.key, 0, *marks_of(label), sent.octets, sent.digest, copy)
        )

    async def note(self) -> None:
        """Note what was taken so far."""
        noted, seen = self._noted, self._seen
        self._noted, self._seen = [], []

        def write(connection: Connection) -> None:
            carried.see(connection, self._carriage, seen)
            carried.note(connection, self._carriage, noted)

        await self._store.write(write)

    async def _open(self, mailbox: str) -> bytes:
        """Find the server's mailbox for one of ours, or make it. Raises ImapError."""
        raw = self._raw[mailbox] = self._tree.written(renamed(mailbox, self._others))
        if raw not in self._there and raw.upper() != b"INBOX":
            client, session = self._session.client, self._session
            await self._hear_all()
            done = await session.result(client.create(raw))
            if done.kind != "OK" and done.code != "ALREADYEXISTS":
                raise ImapError(f"the server does not make the mailbox {mailbox}: {done.text}")
            await session.result(client.subscribe(raw))
            self._there.add(raw)
        return raw
